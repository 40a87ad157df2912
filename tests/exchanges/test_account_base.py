"""What all private sides share, and what no private side may do whatever its venue sends."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest

from bt_api_py.containers import PositionData, Topic
from bt_api_py.exchanges.account_base import PrivateSide, encoded, number_of, status_of, time_of
from bt_api_py.exchanges.base import Rejected
from bt_api_py.settings import ExchangeSettings

from . import test_binance_account as binance
from . import test_binance_swap_account as swap
from . import test_htx_account as htx
from . import test_okx_account as okx

FRAMES: list[tuple[PrivateSide, dict[str, Any]]] = [
    *((binance.account(), binance.event(row)) for row in (binance.ORDER, binance.FILL)),
    (
        binance.account(),
        binance.event({"e": "outboundAccountPosition", "E": 1, "u": 1, "B": [{"a": "BTC", "f": "1", "l": "2"}]}),
    ),
    *((swap.account(), frame) for frame in (swap.ORDER, swap.FILL, swap.UPDATE)),
    *((okx.account(), okx.orders(row)) for row in (okx.ORDER, okx.FILL)),
    (okx.account(), okx.balances(okx.HELD)),
    *((htx.account(), htx.push("orders#x", row)) for row in (htx.CREATION, htx.TRADE, htx.CANCELLATION, htx.TRIGGER)),
    (htx.account(), htx.push("trade.clearing#x#0", htx.CLEARING)),
    (htx.account(), htx.push("accounts.update#2", htx.HELD)),
]
ANY = Topic("ANY___SWAP", "positions")
ODD = ["", None, "x", "nan", "-inf", "1e999", -1, 0, 1e300, True, [], {}, "0", "9" * 5000]
READ = [
    *("order_id", "client_order_id", "side", "order_type", "price", "quantity", "status", "venue_status"),
    *("filled_quantity", "average_price", "cumulative_quote", "time_in_force", "reduce_only", "create_time"),
    *("timestamp", "trade_id", "trade_type", "fee", "fee_asset", "asset", "free", "locked", "total", "counts"),
    *("fill", "awaits_fill", "venue_symbol", "account_type", "account_id"),
]


def damaged(value: Any) -> Iterator[Any]:
    """Yield a frame with one value after another replaced by each odd one, or left out."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        whole = value[key]
        for odd in ODD:
            value[key] = odd
            yield value
        value[key] = whole
        if isinstance(value, dict):
            rest = {name: entry for name, entry in value.items() if name != key}
            del value[key]
            yield value
            value.clear()
            value.update({**rest, key: whole})
        if isinstance(whole, (dict, list)):
            for _ in damaged(whole):
                yield value


@pytest.mark.parametrize(("side", "frame"), FRAMES, ids=range(len(FRAMES)))
def test_whatever_a_venue_sends_raises_nothing(side: PrivateSide, frame: dict[str, Any]) -> None:
    """A frame with any one value damaged is read or refused, and every figure of what was read can be looked at."""
    copy = json.loads(json.dumps(frame))
    count = 0
    for odd in damaged(copy):
        count += 1
        for name, item in side.decode(json.dumps(odd).encode(), 0.0):
            if not name or type(item) is Rejected:
                continue
            assert item.kind in ("order", "fill", "balance", "position", "note")
            for field in READ:
                getattr(item, field, None)
            if item.kind == "position":
                assert math.isfinite(PositionData(item, ANY).get_quantity())
            fill = item if item.kind == "fill" else getattr(item, "fill", None)
            if fill is not None:
                assert math.isfinite(fill.price)
                assert math.isfinite(fill.quantity)
                assert isinstance(fill.order_id, str)
    assert count > 50
    assert copy == frame


@pytest.mark.parametrize("side", [binance.account(), okx.account(), htx.account()], ids=lambda side: side.name)
def test_what_is_declared(side: PrivateSide) -> None:
    """A private side has one socket that logs in, and a channel for each name that is subscribed there."""
    assert list(side.endpoints) == [side.endpoint_name]
    assert side.endpoints[side.endpoint_name].private
    assert {side.split(name)[0] for name in side.names} == set(side.channels)
    assert all(channel.container is None for channel in side.channels.values())
    assert side.kinds == ("orders", "fills", "balances")
    assert list(side.positions()) == []


def test_a_key_that_is_not_set() -> None:
    """A credential that is not set is missing, and asking for it fails."""
    side = type(binance.account())(ExchangeSettings(api_key="k"))
    assert side.key("api_key") == "k"
    with pytest.raises(KeyError):
        side.key("secret")


def test_encoding() -> None:
    """A query keeps its order, and is percent-encoded in upper case without exception."""
    assert encoded({"b": "a b/c:d+~", "a": "ü"}) == "b=a%20b%2Fc%3Ad%2B~&a=%C3%BC"
    assert encoded({}) == ""


def test_numbers_and_times() -> None:
    """What is missing is missing, what is none is nan, and a time that is none gives way to another."""
    assert [number_of(value) for value in (None, "", "0.50", 2, 1e300)] == [None, None, 0.5, 2.0, 1e300]
    assert math.isnan(number_of("much") or 0)
    assert [time_of(value, 7) for value in (None, "", "0", "x", "nan", "1e999", "5", 6.0)] == [7] * 6 + [5, 6]
    assert status_of({"a": "new"}, "a") == "new"
    assert status_of({"a": "new"}, None) == "unknown"
