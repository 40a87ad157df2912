from __future__ import annotations

import math
from typing import Any

import pytest

from bt_api_py.containers import TradeData, TradeRow


class Match(TradeRow):
    """A trade as an invented venue sends it."""

    trade_id: int | str
    price: float
    quantity: float


@pytest.mark.parametrize(
    ("row", "defect"),
    [
        (Match("1", 2.0, 3.0), None),
        (Match(0, 2.0, 0.0), None),
        (Match("1", math.nan, 3.0), "price nan"),
        (Match("1", math.inf, 3.0), "price inf"),
        (Match("1", 2.0, math.nan), "quantity nan"),
        (Match("1", 2.0, math.inf), "quantity inf"),
        (Match("1", 2.0, -3.0), "quantity -3.0"),
        (Match("", 2.0, 3.0), "empty trade id"),
    ],
)
def test_a_trade_needs_id_price_and_quantity(row: Match, defect: str | None) -> None:
    """A price or quantity that is not finite, a negative quantity and an empty id are defects."""
    assert row.defect() == defect


def test_a_trade_has_exact_id_and_base_units(build: Any, swap: Any) -> None:
    """The id keeps its digits beyond 2**53, the quantity is in base units, the time is a float."""
    trade = build(TradeData, topic=swap, trade_id=9007199254740993, price=8.0, quantity=8.0, side="sell", timestamp=7)
    assert trade.get_trade_id() == "9007199254740993"
    assert trade.get_price() == 8.0
    assert trade.get_quantity() == 2.0
    assert trade.get_side() == "sell"
    assert (type(trade.get_trade_time()), trade.get_trade_time()) == (float, 7.0)


def test_a_market_trade_has_nothing_of_an_order(build: Any) -> None:
    """On a trade of the market everything that belongs to an own order is missing."""
    trade = build(TradeData, trade_id="1", price=1.0, quantity=1.0, side="buy")
    assert trade.get_order_id() is None
    assert trade.get_client_order_id() is None
    assert trade.get_trade_type() is None
    assert math.isnan(trade.get_trade_fee())
    assert trade.get_trade_fee_symbol() is None
