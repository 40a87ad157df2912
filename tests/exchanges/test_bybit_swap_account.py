"""The account of Bybit's linear contracts: orders, executions and positions, and the present state by REST."""

from __future__ import annotations

from typing import Any

import pytest

from bt_api_py.containers import OrderData, PositionData, Topic, TradeData
from bt_api_py.exchanges.base import Rejected
from bt_api_py.exchanges.bybit import BybitSwap, BybitSwapAccount
from bt_api_py.settings import ExchangeSettings

from .accounts import ids, messages, row_of, rows_of, sent, walk

BTC = Topic("BYBIT___SWAP", "account", "BTCUSDT", "BTCUSDT")
ORDER = {
    "category": "linear", "symbol": "BTCUSDT", "orderId": "5cf98598-39a7-459e-97bf-76ca765ee020", "orderLinkId": "",
    "side": "Sell", "orderType": "Market", "price": "", "qty": "0.100", "orderStatus": "Filled", "timeInForce": "IOC",
    "avgPrice": "30000.50", "cumExecQty": "0.100", "cumFeeDetail": {"USDT": "1.65"}, "createdTime": "1672364262444",
    "updatedTime": "1672364262457", "reduceOnly": True, "positionIdx": 0,
}  # fmt: skip
EXECUTION = {
    "category": "linear", "symbol": "BTCUSDT", "orderId": "f6e324ff", "orderLinkId": "", "side": "Sell",
    "execId": "7e2ae69c-4edf-5800-a352-893d52b446aa", "execPrice": "30000.5", "execQty": "0.1", "execValue": "3000.05",
    "execFee": "1.65", "feeRate": "0.00055", "isMaker": False, "execTime": "1672364174443", "execType": "Trade",
}  # fmt: skip
POSITION = {
    "category": "linear", "symbol": "BTCUSDT", "side": "Sell", "size": "0.03", "positionIdx": 0,
    "entryPrice": "90000", "markPrice": "90010", "positionValue": "2700", "leverage": "10", "liqPrice": "",
    "positionIM": "270.1", "positionMM": "13.5", "unrealisedPnl": "-0.3", "curRealisedPnl": "-0.5",
    "cumRealisedPnl": "12", "positionStatus": "Normal", "updatedTime": "1697682317038", "seq": 4688002127,
}  # fmt: skip


@pytest.fixture
def side() -> BybitSwapAccount:
    """Return an account."""
    return BybitSwapAccount(ExchangeSettings(api_key="key", secret="secret"))


def frame(topic: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """Return a push."""
    return {"id": "1", "topic": topic, "creationTime": 1697682317044, "data": list(rows)}


def answer(*rows: dict[str, Any]) -> dict[str, Any]:
    """Return a list by REST, all on one page."""
    result = {"category": "linear", "list": list(rows), "nextPageCursor": ""}
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 1697682317999}


def held(side: BybitSwapAccount, /, **changes: Any) -> PositionData:
    """Return the position with some fields changed."""
    return PositionData(row_of(side, frame("position", POSITION | changes)), BTC)


def test_what_is_subscribed(side: BybitSwapAccount) -> None:
    """Orders, executions and positions are those of linear contracts; the wallet is one for all."""
    assert BybitSwap.account is BybitSwapAccount
    asked = [name for command in side.subscribe(side.names, ids()) for name in sent(command)["args"]]
    assert asked == ["order.linear", "execution.linear", "wallet", "position.linear"]


def test_an_order_is_counted_in_base_asset(side: BybitSwapAccount) -> None:
    """An order to buy or sell at the market's price has a quantity, too."""
    for word in ("Buy", "Sell"):
        row = row_of(side, frame("order.linear", ORDER | {"side": word, "orderStatus": "New"}))
        order = OrderData(row, BTC)
        assert (order.get_quantity(), order.get_reduce_only(), order.get_position_side()) == (0.1, True, None)
        assert (row.total_fee, row.total_fee_asset) == ("1.65", "USDT")


@pytest.mark.parametrize(
    ("symbol", "asset"),
    [("BTCUSDT", "USDT"), ("BTCUSDT-26DEC25", "USDT"), ("BTCPERP", "USDC"), ("BTC-26DEC25", "USDC")],
)
def test_fees_are_in_the_asset_of_settlement(side: BybitSwapAccount, symbol: str, asset: str) -> None:
    """Where the asset of a fee is not told, the name of the contract tells it, whichever the side."""
    for word in ("Buy", "Sell"):
        fill = TradeData(row_of(side, frame("execution", EXECUTION | {"symbol": symbol, "side": word})), BTC)
        assert (fill.get_trade_fee(), fill.get_trade_fee_symbol(), fill.get_side()) == (1.65, asset, word.lower())


def test_a_position(side: BybitSwapAccount) -> None:
    """The only position of a market has the sign of its direction; what it needs is its own margin."""
    position = held(side)
    expected = {
        "quantity": -0.03,
        "side": "short",
        "avg_price": 90000.0,
        "mark_price": 90010.0,
        "unrealized_pnl": -0.3,
        "realized_pnl": -0.5,
        "leverage": 10.0,
        "position_initial_margin": 270.1,
        "maintain_margin": 13.5,
        "timestamp": 1697682317038,
    }
    assert {name: getattr(position, f"get_{name}")() for name in expected} == expected
    assert str(position.get_liquidation_price()) == "nan"


def test_a_flat_position(side: BybitSwapAccount) -> None:
    """An empty side and a size of nothing say that nothing is held, under the key of what was held."""
    flat = {"side": "", "size": "0", "entryPrice": "0", "updatedTime": ""}
    position = held(side, **flat)
    assert (position.get_quantity(), position.get_side()) == (0.0, "net")
    rows = rows_of(side, frame("position.linear", POSITION, POSITION | {"side": "Buy"}, POSITION | flat))
    assert len({row.key for row in rows}) == 1


def test_both_sides_of_a_market(side: BybitSwapAccount) -> None:
    """Positions that are held apart by side have keys of their own, whatever their side says when nothing is held."""
    long, short, flat = rows_of(
        side,
        frame(
            "position",
            POSITION | {"side": "Buy", "positionIdx": 1},
            POSITION | {"side": "Sell", "positionIdx": 2},
            POSITION | {"side": "", "size": "0", "positionIdx": 2},
        ),
    )
    assert [PositionData(row, BTC).get_quantity() for row in (long, short, flat)] == [0.03, -0.03, 0.0]
    assert long.key != short.key == flat.key


@pytest.mark.parametrize("change", [{"symbol": ""}, {"size": "much"}, {"size": ""}, {"side": "Neither"}])
def test_a_position_that_makes_no_sense_is_refused(side: BybitSwapAccount, change: dict[str, str]) -> None:
    """A position without market, size or side is refused, and its neighbour is not."""
    found = rows_of(side, frame("position", POSITION | change, POSITION))
    assert sorted(type(row).__name__ for row in found) == ["Position", "Rejected"]


def test_the_present_state(side: BybitSwapAccount) -> None:
    """Open orders and positions are asked for by asset of settlement; a list has another name for the mean price."""
    listed = {name: value for name, value in POSITION.items() if name != "entryPrice"} | {"avgPrice": "90000"}
    requests, [row] = walk(side, side.positions(), [answer(listed), answer()])
    assert [(request.path, request.query["settleCoin"]) for request in requests] == [
        ("/v5/position/list", "USDT"),
        ("/v5/position/list", "USDC"),
    ]
    assert all(request.query["category"] == "linear" for request in requests)
    assert (PositionData(row, BTC).get_avg_price(), PositionData(row, BTC).get_quantity()) == (90000.0, -0.03)
    requests, rows = walk(side, side.open_orders(), [answer(ORDER), answer()])
    assert [request.query["settleCoin"] for request in requests] == ["USDT", "USDC"]
    assert [row.order_id for row in rows] == [ORDER["orderId"]]
    [request], _ = walk(side, side.orders_since(0, []), [answer()])
    assert request.query == {"category": "linear", "limit": "50"}


# Recorded messages


@pytest.mark.parametrize(("channel", "least"), [("orders", 8), ("fills", 2), ("positions", 2)])
def test_recorded_messages(side: BybitSwapAccount, channel: str, least: int) -> None:
    """Every recorded message of version 5 becomes the records that it holds."""
    topics = {"orders": "order", "fills": "execution", "positions": "position"}
    seen = 0
    for message in messages("bybit", channel):
        if message.get("topic") != topics[channel] or "E" in message["data"][0]:  # another topic, or version 3
            continue
        rows = rows_of(side, message)
        assert [row.venue_symbol for row in rows] == [plain["symbol"] for plain in message["data"]]
        for row, plain in zip(rows, message["data"], strict=True):
            assert type(row) is not Rejected
            if channel == "positions":
                assert (abs(row.quantity), row.average_price) == (float(plain["size"]), plain["entryPrice"])
                continue
            assert (row.order_id, row.side) == (plain["orderId"], plain["side"].lower())
            assert channel == "fills" or (row.status != "unknown" and row.venue_status == plain["orderStatus"])
        seen += len(rows)
    assert seen >= least


def test_recorded_lists(side: BybitSwapAccount) -> None:
    """Recorded lists of orders and positions are read whole."""
    seen = {"cumExecQty": 0, "positionIdx": 0}
    for body in messages("bybit", "http"):
        listed = (body.get("result") or {}).get("list", [])
        if not listed or "symbol" not in listed[0]:
            continue
        if "cumExecQty" in listed[0]:
            _, rows = walk(side, side.order("X", "1"), [body])
            assert [row.order_id for row in rows] == [plain["orderId"] for plain in listed]
            seen["cumExecQty"] += len(rows)
        elif "positionIdx" in listed[0]:
            _, rows = walk(side, side.positions(), [body, answer()])
            assert [row.average_price for row in rows] == [plain["avgPrice"] for plain in listed]
            seen["positionIdx"] += len(rows)
    assert min(seen.values()) >= 3
