"""The account of BULK: orders, fills, margin, positions, and the present state by REST."""

from __future__ import annotations

from typing import Any

import pytest

from bt_api_py.containers import BalanceData, OrderData, PositionData, Topic, TradeData
from bt_api_py.exceptions import AuthenticationError
from bt_api_py.exchanges.base import Ack, Ignored, Refusal, Rejected
from bt_api_py.exchanges.bulk import BulkAccount, BulkSwap
from bt_api_py.settings import ExchangeSettings

from ..clients.bulk import messages as m
from .accounts import ids, row_of, said, sent, walk

KEY = m.PUBLIC
ABOUT = Topic("BULK___SWAP", "account", "BTCUSDC", "BTC-USD")


@pytest.fixture
def side() -> BulkAccount:
    """Return the account of a public key."""
    return BulkAccount(ExchangeSettings(api_key=KEY))


def order_of(side: BulkAccount, **changes: Any) -> OrderData:
    return OrderData(row_of(side, m.account({**m.ORDER_UPDATE, **changes})), ABOUT)


def test_the_public_side_names_it() -> None:
    """The account is found through the exchange, and a public key is all it needs."""
    assert BulkSwap.account is BulkAccount
    assert BulkAccount.missing(ExchangeSettings()) == ["api_key"]


def test_one_subscription_brings_everything(side: BulkAccount) -> None:
    """The account is asked for by its key, and its one confirmation is that of all records."""
    [command] = side.subscribe(side.names, ids())
    assert sent(command) == {"method": "subscribe", "subscription": [{"type": "account", "user": KEY}]}
    assert KEY not in repr(command)
    assert said(side, {"type": "subscriptionResponse", "topics": [f"account.{KEY}"]}) == [
        Ack(name=name) for name in side.names
    ]
    [command] = side.unsubscribe(side.names, ids())
    assert sent(command) == {"method": "unsubscribe", "topic": f"account.{KEY}"}
    assert side.login(0, ids()) is None
    [refusal] = said(side, {"type": "error", "error": {"message": "no"}})
    assert isinstance(refusal, Refusal)
    assert refusal.is_login
    assert refusal.detail.startswith("no; check api_key")


def test_an_order(side: BulkAccount) -> None:
    """A record of the stream has short names and signed sizes."""
    order = order_of(side)
    assert (order.get_order_id(), order.get_status(), order.get_side()) == ("b", "new", "sell")
    assert (order.get_price(), order.get_quantity(), order.get_filled_quantity()) == (105000.0, 0.25, 0.0)
    assert (order.get_order_type(), order.get_order_time_in_force(), order.get_reduce_only()) == ("limit", "GTC", False)
    assert order.get_timestamp() == m.TIME_NS // 10**6


@pytest.mark.parametrize(
    ("word", "changes", "status"),
    [
        ("placed", {}, "new"),
        ("working", {"fillSz": 0.1}, "partial"),
        ("working", {}, "new"),
        ("resting", {"fillSz": 0.1}, "partial"),
        ("partiallyFilled", {"fillSz": 0.1}, "partial"),
        ("partiallyFilled", {"fillSz": 0.1, "tif": "ioc"}, "expired"),
        ("partiallyFilled", {"fillSz": 0.1, "ot": "market", "tif": None}, "expired"),
        ("filled", {"fillSz": 0.25}, "filled"),
        ("cancelled", {}, "canceled"),
        ("CANCELED", {}, "canceled"),
        ("cancelledIOC", {}, "expired"),
        ("rejectedCrossing", {}, "rejected"),
        ("somethingNew", {}, "unknown"),
    ],
)
def test_statuses(side: BulkAccount, word: str, changes: dict[str, Any], status: str) -> None:
    """The venue's words become the common ones."""
    assert order_of(side, status=word, **changes).get_status() == status


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({"originalSize": -0.1, "size": -0.1}, "sell"), ({}, "buy"), ({"isBuy": False}, "sell"), ({"isBuy": True}, "buy")],
)
def test_a_listed_order(side: BulkAccount, changes: dict[str, Any], expected: str) -> None:
    """A record by REST has long names; its side is told by a flag or by the sign."""
    _, [row] = walk(side, side.open_orders(), [[{"openOrder": {**m.LISTED_ORDER, **changes}}]])
    order = OrderData(row, ABOUT)
    assert (order.get_side(), order.get_quantity(), order.get_price()) == (expected, 0.1, 102000.0)


def test_a_fill(side: BulkAccount) -> None:
    """A fill has its order, its fee in USDC, and says maker or taker."""
    fill = TradeData(row_of(side, m.account(m.FILL)), ABOUT)
    assert (fill.get_order_id(), fill.get_price(), fill.get_quantity(), fill.get_side()) == ("a", 102000.0, 0.05, "buy")
    assert (fill.get_trade_fee(), fill.get_trade_fee_symbol(), fill.get_trade_type()) == (0.35, "USDC", "taker")
    assert fill.get_trade_id()


def test_ids_of_fills(side: BulkAccount) -> None:
    """The venue's id goes first; without one, what tells fills of an order apart makes one, the same every time."""
    assert row_of(side, m.account({**m.FILL, "tradeId": 77})).trade_id == "77"
    made = [row_of(side, m.account({**m.FILL, **change})).trade_id for change in ({}, {}, {"size": 0.06})]
    assert made[0] == made[1] != made[2]
    assert row_of(side, m.account(m.FILL)).sided("sell").side == "sell"


def test_margin_and_positions(side: BulkAccount) -> None:
    """All money lies in USDC; a position is signed."""
    balance = BalanceData(row_of(side, m.account(m.MARGIN_UPDATE)), ABOUT)
    assert (balance.get_asset(), balance.get_total_balance(), balance.get_free_balance()) == ("USDC", 100500.0, 95000.0)
    assert balance.get_locked_balance() == 5500.0
    position = PositionData(row_of(side, m.account({**m.POSITION_UPDATE, "size": -0.5})), ABOUT)
    assert (position.get_quantity(), position.get_side(), position.get_avg_price()) == (-0.5, "short", 100000.0)
    assert (position.get_leverage(), position.get_liquidation_price(), position.get_is_isolated()) == (
        5.0, 95000.0, False,
    )  # fmt: skip
    assert (position.get_mark_price(), position.get_maintain_margin(), position.get_position_fee()) == (
        101000.0, 1000.0, 10.0,
    )  # fmt: skip


@pytest.mark.parametrize("data", [m.ACCOUNT, m.LEVERAGE_UPDATE, m.CANCEL_REJECTED])
def test_what_needs_nothing_done(side: BulkAccount, data: dict[str, Any]) -> None:
    """The first state is read by REST, and other records change no order."""
    assert row_of(side, m.account(data)).kind == "note"


def test_what_is_not_known(side: BulkAccount) -> None:
    """A new kind of record is left out and told; a damaged one is refused."""
    assert side.decode(b'{"type":"account","topic":"account.x","data":{"type":"news"}}') == [("", Ignored("news"))]
    [(_, item)] = side.decode(b'{"type":"account","topic":"account.x","data":{"type":"fill","price":"x"}}')
    assert isinstance(item, Rejected)


def test_the_present_state(side: BulkAccount) -> None:
    """Margin and positions lie in the whole account, wrapped or not; every call posts the key and is unsigned."""
    inner = {"margin": m.MARGIN, "positions": [m.POSITION], "openOrders": [], "leverageSettings": []}
    for answer in ([{"fullAccount": inner}], [inner], inner):
        asked, [margin] = walk(side, side.balances(), [answer])
        assert margin.total == 100000.0
        _, [position] = walk(side, side.positions(), [answer])
        assert position.quantity == 0.5
    assert asked[0].path == "/api/v1/account"
    assert asked[0].body == b'{"type":"fullAccount","user":"%s"}' % KEY.encode()
    assert not asked[0].signed


def test_the_past(side: BulkAccount) -> None:
    """Past orders and fills are whole lists; one order is looked for in the same list."""
    for pages, kind in ((side.orders_since(0, []), b"orderHistory"), (side.order("BTC-USD", "a"), b"orderHistory")):
        asked, [order] = walk(side, pages, [[m.LISTED_ORDER]])
        assert kind in asked[0].body
        assert order.order_id == "a"
    asked, [fill] = walk(side, side.fills_since(0, []), [[{"fill": m.FILL}]])
    assert b'"fills"' in asked[0].body
    assert fill.order_id == "a"


@pytest.mark.parametrize("status", [400, 404])
def test_a_key_that_nobody_has(side: BulkAccount, status: int) -> None:
    """The venue's refusal of a key says what to look at, and does not show it."""
    error = side.failure("/api/v1/account", status, b'{"message":"unknown account"}')
    assert isinstance(error, AuthenticationError)
    assert "check api_key" in str(error)
    assert KEY not in str(error)
