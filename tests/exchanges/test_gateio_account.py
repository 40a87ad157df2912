"""Gate's account side: the vectors, events and answers of its documents, one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bt_api_py.exceptions import AuthenticationError
from bt_api_py.exchanges.account_base import CHECK_CLOCK, CHECK_KEY, CHECK_SECRET
from bt_api_py.exchanges.base import Ack, Refusal, Request
from bt_api_py.exchanges.gateio import GateioAccount, GateioSpot
from bt_api_py.settings import ExchangeSettings

from .accounts import fields, ids, messages, row_of, rows_of, said, walk

KEY, SECRET = "docsKey", "docsSecret"
ORDER = {
    "id": "399123456", "text": "t-my1", "create_time": "1694655225", "update_time": "1694655225",
    "currency_pair": "BTC_USDT", "type": "limit", "account": "spot", "side": "sell", "amount": "0.0001",
    "price": "26253.3", "time_in_force": "gtc", "left": "0.0001", "filled_amount": "0", "filled_total": "0",
    "avg_deal_price": "0", "fee": "0", "fee_currency": "USDT", "point_fee": "0", "gt_fee": "0", "rebated_fee": "0",
    "rebated_fee_currency": "USDT", "create_time_ms": "1694655225315", "update_time_ms": "1694655225315",
    "user": 3497082, "event": "put", "stp_id": 0, "stp_act": "-", "finish_as": "open", "biz_info": "-",
    "amend_text": "-",
}  # fmt: skip


@pytest.fixture
def side() -> GateioAccount:
    return GateioAccount(ExchangeSettings(api_key=KEY, secret=SECRET))


def frame(channel: str, *rows: Any) -> dict[str, Any]:
    return {"time": 1694655225, "time_ms": 1694655225315, "channel": channel, "event": "update", "result": list(rows)}


def test_a_signed_subscription(side: GateioAccount) -> None:
    """Every command carries its own signature over channel, event and time: the documents' example."""
    side.now_ms = 1700000000999
    orders, fills, balances = side.subscribe(side.names, iter([3, 4, 5]))
    assert json.loads(orders.payload) == {
        "time": 1700000000, "id": 3, "channel": "spot.orders", "event": "subscribe", "payload": ["!all"],
        "auth": {
            "method": "api_key", "KEY": KEY,
            "SIGN": "16cc382258bc220028d48eeb73aba854ae9e1cf931ce5a0c7d956c38e3a4e7e2"
                    "b2e5b99fb580baa7e0f3437bd7f014d90dcb1edf77b5e2e05f65beab9e68f27c",
        },
    }  # fmt: skip
    assert json.loads(fills.payload)["payload"] == ["!all"]
    assert "payload" not in json.loads(balances.payload)
    [back] = side.unsubscribe(["spot.orders"], ids())
    assert json.loads(back.payload)["auth"]["SIGN"] != json.loads(orders.payload)["auth"]["SIGN"]
    assert KEY not in repr((orders, fills, balances, back))
    assert side.login(1, ids()) is None


def test_a_signed_request(side: GateioAccount) -> None:
    """A request is signed with its method, path, query, the digest of no body, and the time: the documents' example."""
    request = Request("/api/v4/spot/accounts", GateioSpot.channels["spot.tickers"], {"currency": "USDT"})
    call = side.sign(request, 1700000000123)
    assert (call.query, call.body) == ("currency=USDT", b"")
    assert call.headers == {
        "KEY": KEY,
        "Timestamp": "1700000000",
        "SIGN": "c5b0bd7c5537eb56e11f297d03869ec5275c75722595dcae6a68d1e5c4d6756525dc883e722038f4d73b02290843d3664"
        "0b24fa738aa52229571e3a6c6098a6d",
    }


def test_an_order(side: GateioAccount) -> None:
    """Every field of an order has its place."""
    order = row_of(side, frame("spot.orders", ORDER))
    names = ("order_id", "client_order_id", "venue_symbol", "side", "order_type", "status", "time_in_force")
    assert fields(order, names) == {
        "order_id": "399123456", "client_order_id": "t-my1", "venue_symbol": "BTC_USDT", "side": "sell",
        "order_type": "limit", "status": "new", "time_in_force": "GTC",
    }  # fmt: skip
    assert (order.price, order.quantity, order.filled_quantity) == ("26253.3", 0.0001, 0.0)
    assert (order.timestamp, order.create_time) == (1694655225315, 1694655225315)
    assert (order.total_fee, order.total_fee_asset) == ("0", "USDT")
    assert row_of(side, frame("spot.orders", {**ORDER, "text": "apiv4"})).client_order_id is None


@pytest.mark.parametrize(
    ("event", "finish_as", "filled", "status"),
    [
        ("put", "open", "0", "new"), ("update", "open", "0.00004", "partial"), ("finish", "filled", "0.0001", "filled"),
        ("finish", "cancelled", "0", "canceled"), ("finish", "stp", "0.00004", "canceled"),
        ("finish", "liquidate_cancelled", "0", "canceled"), ("finish", "small", "0", "canceled"),
        ("finish", "depth_not_enough", "0", "canceled"), ("finish", "trader_not_enough", "0", "canceled"),
        ("finish", "-", "0", "canceled"), ("finish", "ioc", "0.0001", "filled"),
        ("finish", "ioc", "0.00004", "canceled"),
        ("finish", "poc", "0", "rejected"), ("finish", "fok", "0", "rejected"),
        ("finish", "fok", "0.00004", "canceled"),
        ("finish", "something new", "0", "canceled"), ("put", "something new", "0", "unknown"),
    ],
)  # fmt: skip
def test_the_table_of_statuses(side: GateioAccount, event: str, finish_as: str, filled: str, status: str) -> None:
    """What ended an order decides its status; the event alone does not."""
    left = f"{0.0001 - float(filled):.5f}"
    row = {**ORDER, "event": event, "finish_as": finish_as, "filled_amount": filled, "left": left}
    assert row_of(side, frame("spot.orders", row)).status == status


def test_an_order_in_money(side: GateioAccount) -> None:
    """A market order that buys is counted in the quote asset: its quantity shows when it is filled."""
    bought = {**ORDER, "type": "market", "side": "buy", "amount": "100", "left": "20", "event": "update"}
    partial = row_of(side, frame("spot.orders", {**bought, "filled_amount": "0.004", "filled_total": "80"}))
    assert (partial.quantity, partial.filled_quantity, partial.status) == (None, 0.004, "partial")
    told = {**bought, "filled_total": "80", "avg_deal_price": "20000"}
    del told["filled_amount"]
    assert row_of(side, frame("spot.orders", told)).filled_quantity == 0.004
    done = {**bought, "event": "finish", "finish_as": "filled", "left": "0", "filled_amount": "0.005"}
    assert row_of(side, frame("spot.orders", done)).quantity == 0.005
    limit = {**ORDER, "left": "0.00004"}
    del limit["filled_amount"]
    assert row_of(side, frame("spot.orders", limit)).filled_quantity == 0.00006


def test_a_fill(side: GateioAccount) -> None:
    """A fill carries its order, its fee and whether it was a maker's; one record may come without a list."""
    row = {
        "id": 5736713, "user_id": 1, "order_id": "30784428", "currency_pair": "BTC_USDT", "create_time": 1605176741,
        "create_time_ms": "1605176741763.484", "side": "sell", "amount": "1", "role": "taker", "price": "10000",
        "fee": "0.002", "fee_currency": "USDT", "point_fee": "0", "gt_fee": "0", "text": "t-mine",
    }  # fmt: skip
    names = ("trade_id", "order_id", "venue_symbol", "side", "price", "quantity", "trade_type", "fee", "fee_asset")
    for shape in (frame("spot.usertrades", row), {**frame("spot.usertrades"), "result": row}):
        fill = row_of(side, shape)
        assert fields(fill, names) == {
            "trade_id": 5736713, "order_id": "30784428", "venue_symbol": "BTC_USDT", "side": "sell", "price": 10000.0,
            "quantity": 1.0, "trade_type": "taker", "fee": 0.002, "fee_asset": "USDT",
        }  # fmt: skip
        assert (fill.timestamp, fill.client_order_id) == (1605176741763, "t-mine")


def test_a_balance(side: GateioAccount) -> None:
    """Available is free, freeze is locked; older frames leave the latter out."""
    row = {
        "timestamp": "1667556323", "timestamp_ms": "1667556323730", "user": "1000001", "currency": "USDT",
        "change": "0", "total": "222244.38", "available": "222239.38", "freeze": "5", "freeze_change": "5",
        "change_type": "order-create",
    }  # fmt: skip
    balance = row_of(side, frame("spot.balances", row))
    assert fields(balance, ("asset", "free", "locked", "total", "timestamp")) == {
        "asset": "USDT", "free": "222239.38", "locked": "5", "total": "222244.38", "timestamp": 1667556323730
    }  # fmt: skip


def test_recorded_events(side: GateioAccount) -> None:
    """Every recorded event of an account is understood."""
    for kind in ("orders", "balances"):
        for message in messages("gateio_spot", kind):
            assert rows_of(side, message)


@pytest.mark.parametrize(
    ("message", "hint", "is_clock"),
    [
        ('{"label":"INVALID_KEY","message":"Invalid key provided"}\n', CHECK_KEY, False),
        ('{"label":"INVALID_SIGNATURE","message":"Signature mismatch"}', CHECK_SECRET, False),
        ('{"label":"REQUEST_EXPIRED","message":"too late"}', CHECK_CLOCK, True),
        ("auth failed", CHECK_KEY, False),
    ],
)
def test_a_refused_key(side: GateioAccount, message: str, hint: str, is_clock: bool) -> None:
    """The text of an error may be JSON; it says what to look at."""
    [refusal] = said(
        side,
        {"id": 3, "channel": "spot.orders", "event": "subscribe", "error": {"code": 4, "message": message}},
    )
    assert isinstance(refusal, Refusal)
    assert hint in refusal.detail
    assert (refusal.is_clock, refusal.is_login) == (is_clock, not is_clock)


def test_an_acknowledgement(side: GateioAccount) -> None:
    """An answer names its channel."""
    answer = {"id": 3, "channel": "spot.balances", "event": "subscribe", "error": None, "result": {"status": "success"}}
    assert said(side, answer) == [Ack(id="3", name="spot.balances")]


def test_the_present_state(side: GateioAccount) -> None:
    """Open orders are grouped by markets; finished ones and fills come by pages; balances in one list."""
    rest = {key: value for key, value in ORDER.items() if key != "event"} | {"status": "open"}
    groups = [{"currency_pair": "BTC_USDT", "total": 1, "orders": [rest]}, {"currency_pair": "A_B", "orders": [rest]}]
    [request], orders = walk(side, side.open_orders(), [groups])
    assert (request.path, request.signed, len(orders)) == ("/api/v4/spot/open_orders", True, 2)
    assert orders[0].status == "new"
    ended = {**rest, "status": "cancelled", "finish_as": "cancelled"}
    requests, found = walk(side, side.orders_since(1700000000999, []), [[ended] * 100, [ended]])
    assert [each.query for each in requests] == [
        {"status": "finished", "from": "1700000000", "page": page, "limit": "100"} for page in ("1", "2")
    ]
    assert {order.status for order in found} == {"canceled"}
    [request], [order] = walk(
        side, side.order("BTC_USDT", "399123456"), [{**ended, "status": "closed", "finish_as": "filled"}]
    )
    assert (request.path, request.query) == ("/api/v4/spot/orders/399123456", {"currency_pair": "BTC_USDT"})
    assert order.status == "filled"
    [request], [balance] = walk(side, side.balances(), [[{"currency": "BTC", "available": "1.5", "locked": "0.5"}]])
    assert (request.path, balance.free, balance.locked) == ("/api/v4/spot/accounts", 1.5, 0.5)


def test_errors_of_rest(side: GateioAccount) -> None:
    """A time stamp that is too old is a matter of the clock."""
    error = side.failure("/api/v4/spot/accounts", 403, b'{"label":"REQUEST_EXPIRED","message":"gap"}')
    assert isinstance(error, AuthenticationError)
    assert side.is_clock_error(error)
