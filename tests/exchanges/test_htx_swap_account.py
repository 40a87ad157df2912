"""The account of HTX's contracts: login, orders, fills, margin, positions, and the present state by REST."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from bt_api_py.containers import BalanceData, OrderData, PositionData, Topic, TradeData
from bt_api_py.exceptions import AuthenticationError, RequestFailedError
from bt_api_py.exchanges.base import Ack, Answer, Refusal
from bt_api_py.exchanges.htx import HtxSwap, HtxSwapAccount
from bt_api_py.exchanges.htx.swap_account_rows import STATUS
from bt_api_py.settings import ExchangeSettings

from .accounts import fields, ids, messages, row_of, rows_of, said, sent, walk

KEY, SECRET = "demo-access-key-0001", "demo-secret-key-0001"
NOW = 1575546783_456  # 2019-12-05 11:53:03 UTC
BTC = Topic("HTX___USDT_SWAP", "account", "BTC-USDT", "BTC-USDT", factor=0.001)
MATCH = {
    "trade_fee": -0.0088,
    "fee_asset": "USDT",
    "trade_id": 83619995370,
    "id": "83619995370-959137967397068800-1",
    "trade_volume": 2,
    "trade_price": 88000.5,
    "trade_turnover": 176.001,
    "created_at": 1795300000352,
    "role": "maker",
}
ORDER = {
    "op": "notify",
    "topic": "orders_cross.btc-usdt",
    "ts": 1795300000384,
    "uid": "35930539",
    "symbol": "BTC",
    "contract_code": "BTC-USDT",
    "volume": 5,
    "price": 88000.5,
    "order_price_type": "post_only",
    "direction": "buy",
    "offset": "open",
    "status": 4,
    "lever_rate": 5,
    "order_id": 959137967397068800,
    "order_id_str": "959137967397068800",
    "client_order_id": 77,
    "created_at": 1795300000344,
    "trade_volume": 2,
    "trade_turnover": 176.001,
    "fee": -0.0088,
    "trade_avg_price": 88000.5,
    "trade": [MATCH],
    "canceled_at": 0,
    "fee_asset": "USDT",
    "margin_mode": "cross",
    "reduce_only": 0,
}
POSITION = {
    "contract_code": "BTC-USDT",
    "volume": 3,
    "available": 3,
    "frozen": 0,
    "cost_open": 88100.1,
    "cost_hold": 88100.1,
    "profit_unreal": 0.0175,
    "position_margin": 26.4,
    "lever_rate": 10,
    "direction": "sell",
    "liquidation_price": None,
    "last_price": 88090,
    "margin_mode": "cross",
    "margin_account": "USDT",
    "position_mode": "single_side",
}
MARGIN = {
    "margin_mode": "cross",
    "margin_account": "USDT",
    "margin_asset": "USDT",
    "margin_balance": 1353.2,
    "margin_static": 1352.1,
    "margin_frozen": 12.5,
    "profit_unreal": 1.1,
    "withdraw_available": 1000.1,
}


@pytest.fixture
def side() -> HtxSwapAccount:
    """Return a private side with keys."""
    return HtxSwapAccount(ExchangeSettings(api_key=KEY, secret=SECRET))


def notify(topic: str, *rows: dict[str, Any]) -> dict[str, Any]:
    return {"op": "notify", "topic": topic, "ts": 1795300000500, "event": "snapshot", "data": list(rows), "uid": "1"}


# Where, and with what signature


def test_the_public_side_names_it() -> None:
    """The account of HTX's contracts is found through the exchange, and has positions."""
    assert HtxSwap.account is HtxSwapAccount
    assert HtxSwapAccount.kinds == ("orders", "fills", "balances", "positions")


@pytest.mark.parametrize(
    ("host", "signature"),
    [
        ("api.hbdm.com", "IveWl+Q3yadiyoU+gthtoKok6vRGwY/FcqtZA225s9c="),
        ("api.hbdm.vn", "8GIcNTudwNNmzoncx70SPFKU1Z/FZI1H3JNazDS+irA="),
    ],
)
def test_login(host: str, signature: str) -> None:
    """The login is signed over the host that is connected to, and its answer is known by its name."""
    side = HtxSwapAccount(ExchangeSettings(api_key=KEY, secret=SECRET, ws_url=f"wss://{host}"))
    command = side.login(NOW, ids())
    assert sent(command) == {
        "op": "auth",
        "type": "api",
        "AccessKeyId": KEY,
        "SignatureMethod": "HmacSHA256",
        "SignatureVersion": "2",
        "Timestamp": "2019-12-05T11:53:03",
        "Signature": signature,
    }
    assert command is not None
    assert command.names == ("auth",)
    assert SECRET not in repr(command)
    answer = {"op": "auth", "type": "api", "err-code": 0, "ts": 1795219200000, "data": {"user-id": "35930539"}}
    assert said(side, answer) == [Ack(None, "auth")]


def test_a_refused_login(side: HtxSwapAccount) -> None:
    """A refusal names the login and what to look at; one because of the time is no matter of the key."""
    frame = {"op": "auth", "type": "api", "err-code": 2003, "err-msg": "Authentication failed.", "ts": 1}
    [refusal] = said(side, frame)
    assert isinstance(refusal, Refusal)
    assert (refusal.name, refusal.code, refusal.is_login, refusal.is_clock) == ("auth", "2003", True, False)
    assert "check the key" in refusal.detail
    answer = b'{"status":"error","err_code":403,"err_msg":"Incorrect Access key","ts":1}'
    assert isinstance(side.failure("/linear-swap-api/v1/swap_cross_openorders", 200, answer), AuthenticationError)
    late = b'{"status":"error","err_code":403,"err_msg":"Invalid Timestamp","ts":1}'
    error = side.failure("/linear-swap-api/v1/swap_cross_openorders", 200, late)
    assert error is not None
    assert side.is_clock_error(error)


def test_a_call_is_signed_without_its_body(side: HtxSwapAccount) -> None:
    """Only who asks and when stands in the query and is signed; what is asked for is posted."""
    request = next(side.order("BTC-USDT", "959137967397068800"))
    call = side.sign(request, NOW)
    query = dict(parse_qsl(call.query))
    assert set(query) == {"AccessKeyId", "SignatureMethod", "SignatureVersion", "Timestamp", "Signature"}
    assert json.loads(call.body) == {"contract_code": "BTC-USDT", "order_id": "959137967397068800"}
    text = call.query.rpartition("&Signature=")[0]
    assert query["Signature"] == side.signature("https://api.hbdm.com", request.path, text, "POST")
    assert query["Signature"] != side.signature("https://api.hbdm.com", request.path, text)


def test_subscriptions(side: HtxSwapAccount) -> None:
    """Everything is asked for by a wildcard; pings go back as they came, a refused topic is named."""
    names = [sent(command)["topic"] for command in side.subscribe(side.names, ids())]
    assert names == ["orders_cross.*", "positions_cross.*", "accounts_cross.*"]
    [left] = side.unsubscribe(side.names[:1], ids())
    assert sent(left) == {"op": "unsub", "cid": "1", "topic": "orders_cross.*"}
    assert said(side, {"op": "ping", "ts": "1492420473058"}) == [Answer('{"op":"pong","ts":"1492420473058"}')]
    ack = {"op": "sub", "cid": "11", "topic": "orders_cross.*", "ts": 1, "err-code": 0}
    assert said(side, ack) == [Ack("11", "orders_cross.*")]
    [refusal] = said(side, ack | {"err-code": 2010, "err-msg": "Topic error."})
    assert (refusal.id, refusal.name, refusal.is_login) == ("11", "orders_cross.*", False)


# Records


def test_an_order_with_its_fill(side: HtxSwapAccount) -> None:
    """A push tells the order and the trade that changed it; fees are told as changes of the balance."""
    row = row_of(side, ORDER)
    order = OrderData(row, BTC)
    assert (order.get_quantity(), order.get_filled_quantity()) == (0.005, 0.002)
    expected = {
        "order_id": "959137967397068800",
        "client_order_id": "77",
        "side": "buy",
        "order_type": "post_only",
        "status": "partial",
        "price": 88000.5,
        "avg_price": 88000.5,
        "timestamp": 1795300000384,
    }
    assert {name: getattr(order, f"get_{name}")() for name in expected} == expected
    assert (row.total_fee, row.total_fee_asset, row.reduce_only) == (0.0088, "USDT", False)
    fill = TradeData(row.fill, BTC)
    expected = {
        "trade_id": "83619995370-959137967397068800-1",
        "price": 88000.5,
        "quantity": 0.002,
        "side": "buy",
        "trade_type": "maker",
        "trade_fee": 0.0088,
        "trade_fee_symbol": "USDT",
        "order_id": "959137967397068800",
        "timestamp": 1795300000352,
    }
    assert {name: getattr(fill, f"get_{name}")() for name in expected} == expected


def test_several_trades_in_one_push(side: HtxSwapAccount) -> None:
    """All trades of a push are told, the earlier ones before the order."""
    frame = ORDER | {"trade": [MATCH | {"id": "a"}, MATCH | {"id": "b"}, MATCH | {"id": "c"}], "trade_volume": 5}
    first, second, order = rows_of(side, frame)
    assert [row.trade_id for row in (first, second, order.fill)] == ["a", "b", "c"]
    assert (first.kind, order.kind) == ("fill", "order")


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (1, "new"),
        (3, "new"),
        (4, "partial"),
        (5, "canceled"),
        (6, "filled"),
        (7, "canceled"),
        (11, "new"),
        (99, "unknown"),
    ],
)
def test_statuses(side: HtxSwapAccount, number: int, status: str) -> None:
    """A cancelled order is the same with and without a fill, and one that is being cancelled is still open."""
    assert row_of(side, ORDER | {"status": number, "trade": []}).status == status
    assert set(STATUS) == {1, 2, 3, 4, 5, 6, 7, 11}


@pytest.mark.parametrize(("word", "expected"), [("ioc", "IOC"), ("optimal_5_fok", "FOK"), ("limit", None)])
def test_time_in_force(side: HtxSwapAccount, word: str, expected: str | None) -> None:
    """How long an order stands is the end of its type."""
    assert row_of(side, ORDER | {"order_price_type": word}).time_in_force == expected


def test_an_order_that_cannot_be_used(side: HtxSwapAccount) -> None:
    """An order without an id, or with a trade without a price, is refused."""
    for change in ({"order_id_str": ""}, {"trade": [MATCH | {"trade_price": None}]}):
        [(_, item)] = side.decode(json.dumps(ORDER | change).encode())
        assert type(item).__name__ == "Rejected"


def test_margin(side: HtxSwapAccount) -> None:
    """The total leaves out what positions would bring now, and what can be taken out is free."""
    held = BalanceData(row_of(side, notify("accounts_cross", MARGIN)), BTC)
    assert held.get_asset() == "USDT"
    assert (held.get_total_balance(), held.get_free_balance()) == (1352.1, 1000.1)
    assert held.get_locked_balance() == pytest.approx(352.0)
    assert held.get_unrealized_profit() == 1.1


def test_positions(side: HtxSwapAccount) -> None:
    """In one-way mode a position to sell is negative; where both sides may be held, each is one of its own."""
    position = PositionData(row_of(side, notify("positions_cross", POSITION)), BTC)
    assert position.get_quantity() == pytest.approx(-0.003)
    expected = {
        "side": "short",
        "avg_price": 88100.1,
        "unrealized_pnl": 0.0175,
        "leverage": 10.0,
        "margin_type": "cross",
    }
    assert {name: getattr(position, f"get_{name}")() for name in expected} == expected
    hedged = POSITION | {"position_mode": "dual_side"}
    rows = rows_of(side, notify("positions_cross", hedged, hedged | {"direction": "buy"}))
    assert [PositionData(row, BTC).get_quantity() for row in rows] == pytest.approx([-0.003, 0.003])
    assert len({row.key for row in rows}) == 2


def test_recorded_messages(side: HtxSwapAccount) -> None:
    """The recorded order and the recorded position are read."""
    [order] = [frame for frame in messages("htx_usdt_swap", "orders") if frame["topic"] == "orders_cross.ltc-usdt"]
    row = row_of(side, order)
    assert fields(row, ["order_id", "status", "side", "client_order_id", "total_fee"]) == {
        "order_id": "959137967397068800",
        "status": "filled",
        "side": "sell",
        "client_order_id": None,
        "total_fee": 0.006476,
    }
    assert (row.fill.trade_id, row.fill.trade_type) == ("83619995370-959137967397068800-1", "taker")
    [position] = messages("htx_usdt_swap", "positions")
    assert fields(row_of(side, position), ["venue_symbol", "side", "quantity"]) == {
        "venue_symbol": "BTC-USDT",
        "side": "long",
        "quantity": 1.0,
    }


# The present state


def test_what_is_asked_at_once(side: HtxSwapAccount) -> None:
    """Margin and positions are one call each, out of one budget."""
    [request], [margin] = walk(side, side.balances(), [{"status": "ok", "data": [MARGIN], "ts": 1}])
    assert (request.path, request.signed) == ("/linear-swap-api/v1/swap_cross_account_info", True)
    assert (request.budget, request.rate.count, request.rate.per_s) == ("account", 72, 3.0)
    assert margin.total == 1352.1
    [request], [position] = walk(side, side.positions(), [{"status": "ok", "data": [POSITION], "ts": 1}])
    assert request.path == "/linear-swap-api/v1/swap_cross_position_info"
    assert position.quantity == -3


def test_open_orders_in_pages(side: HtxSwapAccount) -> None:
    """A full page is followed by another one."""
    listed = {name: value for name, value in ORDER.items() if name not in ("op", "topic", "ts", "trade", "uid")}
    page = {"status": "ok", "data": {"orders": [listed] * 50, "total_page": 2}}
    requests, rows = walk(side, side.open_orders(), [page, {"status": "ok", "data": {"orders": [listed]}}])
    assert [json.loads(request.body) for request in requests] == [
        {"page_index": 1, "page_size": 50},
        {"page_index": 2, "page_size": 50},
    ]
    assert (len(rows), rows[0].status, rows[0].timestamp) == (51, "partial", 1795300000344)


def test_the_past_is_read_by_market(side: HtxSwapAccount) -> None:
    """Past orders and fills are listed oldest first from the last one on, no further back than the venue allows."""
    side.login(1795300000000, ids())
    past = {name: value for name, value in ORDER.items() if name not in ("op", "topic", "ts", "trade", "created_at")}
    past |= {"create_date": 1795200000000, "query_id": 7, "status": 6}
    answers = [{"code": 200, "data": [past]}, {"code": 200, "data": []}]
    requests, [order] = walk(side, side.orders_since(1795290000000, ["BTC-USDT"]), answers)
    first, second = (json.loads(request.body) for request in requests)
    assert first == {
        "contract": "BTC-USDT",
        "trade_type": 0,
        "type": 1,
        "status": "0",
        "start_time": 1795290000000,
        "direct": "next",
    }
    assert second == first | {"from_id": 7}
    assert (order.status, order.timestamp) == ("filled", 1795200000000)
    fill = MATCH | {"contract_code": "BTC-USDT", "order_id_str": "9", "direction": "sell", "query_id": 3}
    fill["create_date"] = fill.pop("created_at")
    requests, [row] = walk(side, side.fills_since(1, ["BTC-USDT"]), [{"code": 200, "data": [fill]}] * 1 + [answers[1]])
    assert json.loads(requests[0].body)["start_time"] == 1795300000000 - 47 * 3_600_000
    assert fields(row, ["trade_id", "side", "fee", "quantity"]) == {
        "trade_id": MATCH["id"],
        "side": "sell",
        "fee": 0.0088,
        "quantity": 2.0,
    }


def test_failures_of_the_past(side: HtxSwapAccount) -> None:
    """Lists of the past tell an error by `code` and `msg`."""
    error = side.failure("/linear-swap-api/v3/swap_cross_hisorders", 200, b'{"code":1067,"msg":"Illegal parameter"}')
    assert isinstance(error, RequestFailedError)
    assert (error.code, "Illegal parameter" in str(error)) == ("1067", True)
