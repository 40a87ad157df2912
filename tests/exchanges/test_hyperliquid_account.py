"""The account of Hyperliquid: orders, fills, margin, positions, and the present state by REST."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bt_api_py.containers import BalanceData, OrderData, PositionData, Topic, TradeData
from bt_api_py.exceptions import AuthenticationError, RequestFailedError
from bt_api_py.exchanges.base import Ack, Alive, Ignored, Refusal, Rejected
from bt_api_py.exchanges.hyperliquid import HyperliquidAccount, HyperliquidSwap
from bt_api_py.settings import ExchangeSettings

from .accounts import ids, messages, row_of, rows_of, said, sent, walk
from .material import values

ADDRESS = "0x15f43d1f2dee81424afd891943262aa90f22cc2a"
ABOUT = Topic("HYPERLIQUID___SWAP", "account", "BTCUSDC", "BTC")
TERMS = {
    "coin": "BTC", "side": "B", "limitPx": "30000.0", "sz": "0.001", "oid": 7456484275, "timestamp": 1710163596492,
    "origSz": "0.001", "cloid": "0x1234567890abcdef1234567890abcdef",
}  # fmt: skip
ORDER = {"order": TERMS, "status": "open", "statusTimestamp": 1710163596493}
FILL = {
    "coin": "BTC", "px": "95000.0", "sz": "0.01", "side": "B", "time": 1736378720623, "startPosition": "0.0",
    "dir": "Open Long", "closedPnl": "0.0", "hash": "0x0", "oid": 7456484275, "crossed": True, "fee": "0.33",
    "feeToken": "USDC", "tid": 118906512037719, "cloid": None,
}  # fmt: skip
POSITION = {
    "coin": "ETH", "cumFunding": {"allTime": "514.085417", "sinceChange": "0.0", "sinceOpen": "-1.5"},
    "entryPx": "2986.3", "leverage": {"rawUsd": "-95.059824", "type": "isolated", "value": 20},
    "liquidationPx": "2866.26936529", "marginUsed": "4.967826", "maxLeverage": 50, "positionValue": "100.02765",
    "returnOnEquity": "-0.0026789", "szi": "-0.0335", "unrealizedPnl": "-0.0134",
}  # fmt: skip
STATE = {
    "marginSummary": {
        "accountValue": "1736.030875", "totalNtlPos": "24094.9691", "totalRawUsd": "-22358.938225",
        "totalMarginUsed": "963.798764",
    },
    "withdrawable": "772.232111",
    "assetPositions": [{"type": "oneWay", "position": POSITION}],
    "time": 1700000000000,
}  # fmt: skip


@pytest.fixture
def side() -> HyperliquidAccount:
    """Return the account of an address."""
    return HyperliquidAccount(ExchangeSettings(account_id=ADDRESS))


def order_of(side: HyperliquidAccount, terms: dict[str, Any] | None = None, **changes: Any) -> OrderData:
    record = {**ORDER, "order": {**TERMS, **(terms or {})}, **changes}
    return OrderData(row_of(side, {"channel": "orderUpdates", "data": [record]}), ABOUT)


def fills_of(side: HyperliquidAccount, *changes: dict[str, Any], **more: Any) -> list[TradeData]:
    data = {"user": ADDRESS, "fills": [{**FILL, **change} for change in changes], **more}
    return [TradeData(row, ABOUT) for row in rows_of(side, {"channel": "userFills", "data": data})]


def test_the_public_side_names_it() -> None:
    """The account is found through the exchange, and an address is all it needs."""
    assert HyperliquidSwap.account is HyperliquidAccount
    assert HyperliquidAccount.missing(ExchangeSettings()) == ["account_id"]
    assert HyperliquidAccount.missing(ExchangeSettings(account_id=ADDRESS)) == []


def test_three_subscriptions(side: HyperliquidAccount) -> None:
    """Orders, fills and holdings are asked for by the address, and confirmed by their types."""
    commands = side.subscribe(side.names, ids())
    assert [sent(command) for command in commands] == [
        {"method": "subscribe", "subscription": {"type": name, "user": ADDRESS}}
        for name in ("orderUpdates", "userFills", "clearinghouseState")
    ]
    assert ADDRESS not in repr(commands)
    answer = {"method": "subscribe", "subscription": {"type": "userFills", "user": ADDRESS, "aggregateByTime": None}}
    assert said(side, {"channel": "subscriptionResponse", "data": answer}) == [Ack(name="userFills")]
    assert sent(side.unsubscribe(["userFills"], ids())[0])["method"] == "unsubscribe"
    assert side.login(0, ids()) is None


def test_a_refusal_says_what_to_look_at_and_quotes_nothing(side: HyperliquidAccount) -> None:
    """Whatever is refused here is refused for the address, which is not repeated."""
    quoted = json.dumps({"method": "subscribe", "subscription": {"type": "userFills", "user": "nobody"}})
    text = f"Error parsing JSON into valid websocket request: {quoted}"
    [refusal] = said(side, {"channel": "error", "data": text})
    assert isinstance(refusal, Refusal)
    assert refusal.is_login
    assert refusal.detail.startswith("Error parsing JSON into valid websocket request; check account_id")
    assert "nobody" not in refusal.detail
    known = 'Already subscribed: {"type":"userFills","user":"0x"}'
    assert said(side, {"channel": "error", "data": known}) == [Ack(name="userFills")]


def test_an_order(side: HyperliquidAccount) -> None:
    """B is a buy; what is told beside the original quantity is what is left."""
    order = order_of(side, {"sz": "0.0004", "origSz": "0.0010"})
    expected = {
        "order_id": "7456484275",
        "client_order_id": "0x1234567890abcdef1234567890abcdef",
        "side": "buy",
        "price": 30000.0,
        "quantity": 0.001,
        "filled_quantity": 0.0006,
        "status": "partial",
        "timestamp": 1710163596493,
        "venue_symbol": "BTC",
    }
    order_values = values(order, [name for name in expected if name != "venue_symbol"])
    assert order_values | {"venue_symbol": order.get_venue_symbol()} == expected


@pytest.mark.parametrize(
    ("word", "left", "status", "filled"),
    [
        ("open", "0.001", "new", 0.0),
        ("open", "0.0004", "partial", 0.0006),
        ("accepted", "0.001", "new", 0.0),
        ("triggered", "0.001", "new", 0.0),
        ("filled", "0.0", "filled", 0.001),
        ("filled", "0.001", "filled", 0.001),
        ("canceled", "0.0004", "canceled", 0.0006),
        ("marginCanceled", "0.001", "canceled", 0.0),
        ("reduceOnlyCanceled", "0.001", "canceled", 0.0),
        ("someNewReasonCanceled", "0.001", "canceled", 0.0),
        ("scheduledCancel", "0.001", "canceled", 0.0),
        ("rejected", "0.001", "rejected", 0.0),
        ("tickRejected", "0.001", "rejected", 0.0),
        ("iocCancelRejected", "0.001", "rejected", 0.0),
        ("somethingNew", "0.001", "unknown", 0.0),
    ],
)
def test_statuses(side: HyperliquidAccount, word: str, left: str, status: str, filled: float) -> None:
    """The venue's words become the common ones, by their ending where they are many."""
    order = order_of(side, {"sz": left}, status=word)
    assert (order.get_status(), order.get_filled_quantity()) == (status, filled)


def test_fills(side: HyperliquidAccount) -> None:
    """A fill has its order, its fee, negative for a rebate, and says maker or taker."""
    taker, maker = fills_of(side, {}, {"tid": 7, "side": "A", "crossed": False, "fee": "-0.01"})
    assert (taker.get_trade_id(), taker.get_order_id()) == ("118906512037719", "7456484275")
    assert (taker.get_price(), taker.get_quantity(), taker.get_side()) == (95000.0, 0.01, "buy")
    assert (taker.get_trade_fee(), taker.get_trade_fee_symbol(), taker.get_trade_type()) == (0.33, "USDC", "taker")
    assert (maker.get_side(), maker.get_trade_fee(), maker.get_trade_type()) == ("sell", -0.01, "maker")
    [row] = rows_of(side, {"channel": "userFills", "data": {"user": ADDRESS, "fills": [FILL]}})
    assert row.sided("sell").side == "sell"


def test_fills_of_the_past_are_left_out(side: HyperliquidAccount) -> None:
    """The first frame tells what happened before, which is read by REST as far as it is wanted."""
    data = {"isSnapshot": True, "user": ADDRESS, "fills": [FILL]}
    assert said(side, {"channel": "userFills", "data": data}) == [Alive()]


def test_a_fill_without_an_id_gets_one(side: HyperliquidAccount) -> None:
    """What tells fills of an order apart makes an id, the same every time."""
    bare = {key: value for key, value in FILL.items() if key != "tid"}
    frame = {"channel": "userFills", "data": {"fills": [bare, bare, {**bare, "sz": "0.02"}]}}
    first, again, other = (row.trade_id for row in rows_of(side, frame))
    assert first == again != other


def test_holdings(side: HyperliquidAccount) -> None:
    """All money is one asset: its worth with the positions, and what could be taken out; a short one is negative."""
    data = {"dex": "", "user": ADDRESS, "clearinghouseState": STATE}
    row = row_of(side, {"channel": "clearinghouseState", "data": data})
    assert row.kind == "holdings"
    [balance] = [BalanceData(each, ABOUT) for each in row.balances]
    expected = {"asset": "USDC", "total_balance": 1736.030875, "free_balance": 772.232111, "timestamp": 1700000000000}
    assert values(balance, list(expected)) == expected
    assert balance.get_locked_balance() == pytest.approx(963.798764)
    [position] = [PositionData(each, ABOUT) for each in row.positions]
    expected = {
        "quantity": -0.0335,
        "side": "short",
        "avg_price": 2986.3,
        "unrealized_pnl": -0.0134,
        "liquidation_price": 2866.26936529,
        "leverage": 20.0,
        "is_isolated": True,
        "position_initial_margin": 4.967826,
        "position_funding_value": -1.5,
    }
    assert values(position, list(expected)) == expected
    assert row.positions[0].venue_symbol == "ETH"


def test_a_position_without_prices(side: HyperliquidAccount) -> None:
    """Entry and liquidation price may be null."""
    bare = {"coin": "BTC", "szi": "0.5", "entryPx": None, "liquidationPx": None}
    _, [row] = walk(side, side.positions(), [{**STATE, "assetPositions": [{"position": bare}]}])
    position = PositionData(row, ABOUT)
    assert position.get_quantity() == 0.5
    assert str(position.get_avg_price()) == str(position.get_liquidation_price()) == "nan"


def test_the_present_state(side: HyperliquidAccount) -> None:
    """Every list is asked for by the address, unsigned; lists tell what kind of order it is."""
    asked, [margin] = walk(side, side.balances(), [STATE])
    assert (asked[0].path, asked[0].signed) == ("/info", False)
    assert json.loads(asked[0].body) == {"type": "clearinghouseState", "user": ADDRESS}
    assert (margin.total, margin.free) == ("1736.030875", "772.232111")
    listed = {**TERMS, "orderType": "Stop Market", "tif": "Gtc", "reduceOnly": True, "sz": "0.0005"}
    asked, [row] = walk(side, side.open_orders(), [[listed]])
    assert json.loads(asked[0].body)["type"] == "frontendOpenOrders"
    order = OrderData(row, ABOUT)
    assert (order.get_order_type(), order.get_order_time_in_force(), order.get_reduce_only()) == (
        "stop_market", "GTC", True,
    )  # fmt: skip
    assert (order.get_status(), order.get_timestamp()) == ("partial", 1710163596492)
    asked, [row] = walk(side, side.orders_since(5, ()), [[{**ORDER, "order": listed, "status": "canceled"}]])
    assert json.loads(asked[0].body)["type"] == "historicalOrders"
    assert (row.status, row.timestamp) == ("canceled", 1710163596493)
    asked, [row] = walk(side, side.order("BTC", "7456484275"), [{"status": "order", "order": ORDER}])
    assert json.loads(asked[0].body) == {"type": "orderStatus", "user": ADDRESS, "oid": 7456484275}
    assert row.order_id == "7456484275"


def test_an_open_order_of_the_shortest_list(side: HyperliquidAccount) -> None:
    """Without the original quantity, what is left is all that is known to be ordered."""
    bare = {key: value for key, value in TERMS.items() if key not in ("origSz", "cloid")}
    _, [row] = walk(side, side.open_orders(), [[bare]])
    assert (row.quantity, row.filled_quantity, row.status, row.client_order_id) == (0.001, 0.0, "new", None)


def test_fills_by_time_are_read_in_pages(side: HyperliquidAccount) -> None:
    """A full page is followed by one from its newest fill on."""
    page = [{**FILL, "tid": number, "time": 1000 + number} for number in range(2000)]
    asked, rows = walk(side, side.fills_since(1000, ()), [page, [{**FILL, "time": 5000}]])
    assert [json.loads(request.body)["startTime"] for request in asked] == [1000, 2999]
    assert len(rows) == 2001


def test_failures(side: HyperliquidAccount) -> None:
    """An order that the venue forgot is not found; a body that it does not understand holds no address."""
    error = side.failure("/info", 200, b'{"status":"unknownOid"}')
    assert isinstance(error, RequestFailedError)
    assert (error.status_code, error.retryable) == (404, False)
    assert side.failure("/info", 200, b"[]") is None
    refused = side.failure("/info", 422, b"Failed to deserialize the JSON body into the target type")
    assert isinstance(refused, AuthenticationError)
    assert "check account_id" in str(refused)


@pytest.mark.parametrize(
    ("channel", "data"),
    [
        ("orderUpdates", [{**ORDER, "order": {**TERMS, "sz": "NaN"}}]),
        ("orderUpdates", [{**ORDER, "order": {**TERMS, "sz": "much"}}]),
        ("orderUpdates", [{**ORDER, "order": {**TERMS, "coin": ""}}]),
        ("userFills", {"fills": [{**FILL, "px": "x"}]}),
        ("clearinghouseState", {"clearinghouseState": {**STATE, "assetPositions": [{"position": {"coin": ""}}]}}),
    ],
)
def test_what_cannot_be_used(side: HyperliquidAccount, channel: str, data: Any) -> None:
    """A damaged record is refused."""
    [(_, item)] = side.decode(json.dumps({"channel": channel, "data": data}).encode())
    assert isinstance(item, Rejected)


def test_other_channels_are_left_out(side: HyperliquidAccount) -> None:
    """What was not asked for is no record of this account."""
    assert said(side, {"channel": "webData2", "data": {}}) == [Alive()]
    assert said(side, {"data": {}}) == [Ignored("frame without channel")]


def test_recorded_messages(side: HyperliquidAccount) -> None:
    """Recorded messages of the account become records, each with what makes it one."""
    seen = 0
    for name in ("orders", "fills", "balances", "control"):
        for message in messages("hyperliquid", name):
            if message.get("channel") not in side.names:
                continue
            items = side.decode(json.dumps(message).encode())
            assert items
            assert not any(isinstance(item, (Rejected, Ignored)) for _, item in items)
            seen += 1
    assert seen == 4
