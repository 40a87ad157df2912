"""The account of HTX spot: login, signatures, orders, fills, balances, and the present state by REST."""

from __future__ import annotations

import json
import math
from typing import Any
from urllib.parse import parse_qsl

import pytest

from bt_api_py.containers import BalanceData, OrderData, Topic, TradeData
from bt_api_py.exceptions import (
    AuthenticationError,
    ConfigurationError,
    InvalidSymbolError,
    RateLimitError,
    RequestFailedError,
)
from bt_api_py.exchanges.base import Ack, Answer, Ignored, Refusal, Rejected, Request
from bt_api_py.exchanges.htx import HtxAccount, HtxSpot
from bt_api_py.exchanges.htx.account_rows import STATUS
from bt_api_py.settings import ExchangeSettings

from .accounts import fields, ids, messages, row_of, said, sent, walk

KEY = "demo-access-key-0001"
SECRET = "demo-secret-key-0001"
NOW = 1575546783_456  # 2019-12-05 11:53:03 UTC
SPOT_ACCOUNT = 4401

HEAD = {
    "symbol": "ethusdt",
    "orderId": 9007199254740993,
    "clientOrderId": "mine1",
    "orderSource": "spot-api",
    "orderPrice": "3000",
    "orderSize": "0.5",
    "type": "sell-limit",
}
CREATION = {
    "eventType": "creation",
    **HEAD,
    "accountId": SPOT_ACCOUNT,
    "orderStatus": "submitted",
    "orderCreateTime": 1795300000000,
}
TRADE = {
    "eventType": "trade",
    **HEAD,
    "tradePrice": "3001",
    "tradeVolume": "0.2",
    "tradeId": 771,
    "tradeTime": 1795300000110,
    "aggressor": True,
    "orderStatus": "partial-filled",
    "remainAmt": "0.2",
    "execAmt": "0.3",
}
CANCELLATION = {
    "eventType": "cancellation",
    **HEAD,
    "orderStatus": "partial-canceled",
    "remainAmt": "0.2",
    "execAmt": "0.3",
    "lastActTime": 1795300000400,
}
TRIGGER = {
    "eventType": "trigger",
    "symbol": "ethusdt",
    "clientOrderId": "mine2",
    "orderSide": "buy",
    "orderStatus": "rejected",
    "errCode": 2002,
    "errMessage": "invalid.client.order.id (NT)",
    "lastActTime": 1795300000401,
}
CLEARING = {
    "eventType": "trade",
    "symbol": "ethusdt",
    "orderId": 9007199254740993,
    "orderSide": "sell",
    "orderType": "sell-limit",
    "accountId": SPOT_ACCOUNT,
    "source": "spot-api",
    "orderPrice": "3000",
    "orderSize": "0.5",
    "clientOrderId": "mine1",
    "orderCreateTime": 1795300000000,
    "orderStatus": "partial-filled",
    "tradePrice": "3001",
    "tradeVolume": "0.2",
    "aggressor": False,
    "tradeId": 771,
    "tradeTime": 1795300000110,
    "transactFee": "0.6002",
    "feeCurrency": "usdt",
    "feeDeduct": "0",
    "feeDeductType": "",
}
HELD = {
    "currency": "usdt",
    "accountId": SPOT_ACCOUNT,
    "balance": "1352.1",
    "available": "1000.1",
    "changeType": "order-place",
    "accountType": "trade",
    "changeTime": 1795300000201,
    "seqNum": "86872993928",
}


def account(**settings: Any) -> HtxAccount:
    return HtxAccount(ExchangeSettings(api_key=KEY, secret=SECRET, **settings))


def push(channel: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"action": "push", "ch": channel, "data": row}


def order(row: dict[str, Any]) -> Any:
    return row_of(account(), push("orders#ethusdt", row))


def clearing(**change: Any) -> Any:
    return row_of(account(), push("trade.clearing#ethusdt#0", {**CLEARING, **change}))


# Where, and with what signature


def test_the_public_side_names_it() -> None:
    """The account of HTX spot is found through the exchange."""
    assert HtxSpot.account is HtxAccount
    assert HtxAccount.missing(ExchangeSettings(secret=SECRET)) == ["api_key"]


def test_login() -> None:
    """The login is signed over host and path, its values stand plain in it, and its answer is known by its name."""
    side = account()
    assert side.endpoints["account"].url(side.settings) == "wss://api.huobi.pro/ws/v2"
    command = side.login(NOW, ids())
    assert sent(command) == {
        "action": "req",
        "ch": "auth",
        "params": {
            "authType": "api",
            "accessKey": KEY,
            "signatureMethod": "HmacSHA256",
            "signatureVersion": "2.1",
            "timestamp": "2019-12-05T11:53:03",
            "signature": "b/KqbJWEtD2mVvUyloen4OWIcVdVvAE8moLXP9ulsHQ=",
        },
    }
    assert command.names == ("auth",)


QUERY = f"AccessKeyId={KEY}&SignatureMethod=HmacSHA256&SignatureVersion=2&Timestamp=2019-12-05T11%3A53%3A03"


@pytest.mark.parametrize(
    ("url", "path", "signature"),
    [
        ("https://api.huobi.pro", "/v1/account/accounts", "EnAUSoIp6ve3z8yaFBaWoT6foj9Ra4HsXvSxaEgv4FM="),
        ("wss://api.hbdm.com", "/linear-swap-notification", "IveWl+Q3yadiyoU+gthtoKok6vRGwY/FcqtZA225s9c="),
        ("wss://api.hbdm.vn", "/linear-swap-notification", "8GIcNTudwNNmzoncx70SPFKU1Z/FZI1H3JNazDS+irA="),
        ("wss://api.hbdm.com", "/ws/v5/notification", "qHHLQgRfXTK9AdOk6T71TPJ+YpMRgGI6MJqC3yoDlLQ="),
        ("https://API.Huobi.pro:443", "/v1/account/accounts", "EnAUSoIp6ve3z8yaFBaWoT6foj9Ra4HsXvSxaEgv4FM="),
    ],
)
def test_signatures(url: str, path: str, signature: str) -> None:
    """A text has the signature that was computed for it apart; the host counts in lower case and without its port."""
    assert account().signature(url, path, QUERY) == signature


def test_a_rest_call_is_signed_as_it_is_sent() -> None:
    """Without parameters of its own a call carries the signed four, and the signature percent-encoded."""
    side = account()
    call = side.sign(next(side.balances()), NOW)
    assert call.query == f"{QUERY}&Signature=EnAUSoIp6ve3z8yaFBaWoT6foj9Ra4HsXvSxaEgv4FM%3D"
    assert call.headers == {}


def test_parameters_are_sorted_among_those_of_the_signature() -> None:
    """What a call asks for is signed with the rest, in the order of the letters' codes."""
    side = account()
    call = side.sign(next(side.fills_since(500, [])), NOW)
    names = [name for name, _ in parse_qsl(call.query)]
    assert names == [
        "AccessKeyId",
        "SignatureMethod",
        "SignatureVersion",
        "Timestamp",
        "size",
        "start-time",
        "Signature",
    ]
    query, _, signature = call.query.rpartition("&")
    assert dict(parse_qsl(signature))["Signature"] == side.signature(
        "https://api.huobi.pro", "/v1/order/matchresults", query
    )


def test_the_host_that_is_connected_to_is_signed() -> None:
    """With another base the host of that base is signed, its unusual port included."""
    usual, other = account(), account(rest_url="http://127.0.0.1:8080/x", ws_url="ws://127.0.0.1:8080/x")
    call = other.sign(next(other.balances()), NOW)
    query, _, signature = call.query.rpartition("&")
    local = other.signature("http://127.0.0.1:8080", "/v1/account/accounts", query)
    assert dict(parse_qsl(signature))["Signature"] == local
    assert local != usual.signature(usual.rest_url, "/v1/account/accounts", query)
    assert sent(other.login(NOW, ids()))["params"]["signature"] != sent(usual.login(NOW, ids()))["params"]["signature"]


def test_subscriptions() -> None:
    """Each of the three subscriptions names all markets and is asked for by a command of its own."""
    side = account()
    commands = side.subscribe(side.names, ids())
    assert [sent(command) for command in commands] == [
        {"action": "sub", "ch": "orders#*"},
        {"action": "sub", "ch": "trade.clearing#*#0"},
        {"action": "sub", "ch": "accounts.update#2"},
    ]
    assert [command.names for command in commands] == [(name,) for name in side.names]
    (command,) = side.unsubscribe(["orders#*"], ids())
    assert sent(command) == {"action": "unsub", "ch": "orders#*"}


# Orders


def test_a_new_order() -> None:
    """Every field of an order that was just taken."""
    row = order(CREATION)
    assert (row.kind, row.fill, row.awaits_fill, row.venue_symbol) == ("order", None, None, "ethusdt")
    item = OrderData(row, Topic("HTX___SPOT", "orders"))
    assert (item.get_order_id(), item.get_client_order_id()) == ("9007199254740993", "mine1")
    assert (item.get_side(), item.get_order_type(), item.get_price(), item.get_quantity()) == (
        "sell",
        "limit",
        3000.0,
        0.5,
    )
    assert (item.get_status(), item.get_order_status()) == ("new", "submitted")
    assert (item.get_create_time(), item.get_timestamp()) == (1795300000000, 1795300000000)
    assert item.get_trade_id() is None


def test_an_execution() -> None:
    """An execution moves the order and announces a fill, whose fee comes apart."""
    row = order(TRADE)
    item = OrderData(row, Topic("HTX___SPOT", "orders"))
    assert (item.get_status(), item.get_filled_quantity(), item.get_timestamp()) == ("partial", 0.3, 1795300000110)
    assert (row.awaits_fill, item.get_trade_id()) == ("771", "771")
    names = ("order_id", "trade_id", "price", "quantity", "side", "trade_type", "fee", "timestamp")
    assert fields(row.fill, names) == {
        "order_id": "9007199254740993",
        "trade_id": 771,
        "price": 3001.0,
        "quantity": 0.2,
        "side": "sell",
        "trade_type": "taker",
        "fee": None,
        "timestamp": 1795300000110,
    }


def test_a_cancellation_keeps_what_was_filled() -> None:
    """A partly filled order that is cancelled is cancelled, and what was filled stays."""
    row = order(CANCELLATION)
    assert (row.status, row.filled_quantity, row.timestamp) == ("canceled", "0.3", 1795300000400)
    assert (row.fill, row.awaits_fill) == (None, None)


def test_a_conditional_order_that_failed() -> None:
    """An order that never got a number is known by one's own id, and has a side and no type."""
    row = order(TRIGGER)
    assert fields(row, ("order_id", "client_order_id", "side", "order_type", "status", "timestamp")) == {
        "order_id": "mine2",
        "client_order_id": "mine2",
        "side": "buy",
        "order_type": None,
        "status": "rejected",
        "timestamp": 1795300000401,
    }
    assert order({**TRIGGER, "eventType": "deletion", "orderStatus": "canceled"}).status == "canceled"


def test_a_market_order_that_buys() -> None:
    """What is told in the quote asset is no base quantity: it is the value, and the fill has the quantity."""
    head = {name: value for name, value in TRADE.items() if name not in ("orderSize", "orderPrice")}
    row = order({**head, "type": "buy-market", "orderValue": "1000", "execAmt": "600.2", "remainAmt": "399.8"})
    item = OrderData(row, Topic("HTX___SPOT", "orders"))
    assert (item.get_side(), item.get_order_type(), item.get_cum_quote()) == ("buy", "market", 600.2)
    assert math.isnan(item.get_quantity())
    assert math.isnan(item.get_filled_quantity())
    assert math.isnan(item.get_avg_price())
    assert (row.fill.quantity, row.fill.side) == (0.2, "buy")


def test_a_market_order_that_sells() -> None:
    """A market order that sells is told in the base asset."""
    row = order({**TRADE, "type": "sell-market"})
    assert (row.quantity, row.filled_quantity, row.cumulative_quote) == ("0.5", "0.3", None)


@pytest.mark.parametrize(
    ("word", "side", "order_type", "in_force"),
    [
        ("buy-limit", "buy", "limit", None),
        ("sell-limit-maker", "sell", "limit_maker", None),
        ("buy-ioc", "buy", "ioc", "IOC"),
        ("sell-limit-fok", "sell", "limit_fok", "FOK"),
        ("sell-market", "sell", "market", None),
    ],
)
def test_types(word: str, side: str, order_type: str, in_force: str | None) -> None:
    """The venue's type is the side and the kind of an order, and how long it stays."""
    row = order({**CREATION, "type": word})
    assert (row.side, row.order_type, row.time_in_force) == (side, order_type, in_force)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("created", "new"),
        ("pre-submitted", "new"),
        ("submitted", "new"),
        ("partial-filled", "partial"),
        ("filled", "filled"),
        ("canceled", "canceled"),
        ("partial-canceled", "canceled"),
        ("rejected", "rejected"),
        ("thinking", "unknown"),
    ],
)
def test_status(word: str, status: str) -> None:
    """Each of the venue's words has its normalised one, and a new word is unknown."""
    row = order({**CREATION, "orderStatus": word})
    assert (row.status, row.venue_status) == (status, word)
    assert (word in STATUS) == (status != "unknown")


def test_ids_may_be_texts() -> None:
    """An id is the same whether the venue sends a number or a text."""
    row = order({**TRADE, "orderId": "9007199254740993", "tradeId": "771"})
    assert (row.order_id, row.awaits_fill) == ("9007199254740993", "771")


def test_a_push_without_its_action() -> None:
    """Some pushes come without saying that they are one."""
    assert row_of(account(), {"ch": "orders#ethusdt", "data": CREATION}).status == "new"


@pytest.mark.parametrize(
    "row",
    [
        {**TRADE, "tradePrice": "x"},
        {name: value for name, value in TRADE.items() if name != "tradeVolume"},
        {**TRIGGER, "clientOrderId": ""},
        {**CREATION, "symbol": ""},
        {name: value for name, value in CREATION.items() if name != "orderStatus"},
    ],
    ids=["price", "quantity", "id", "symbol", "status"],
)
def test_an_order_without_what_makes_one_is_refused(row: dict[str, Any]) -> None:
    """An execution without price or quantity, or an order without id, market or status, is refused."""
    assert type(order(row)) is Rejected


# Fills


def test_a_fill() -> None:
    """The clearing of a fill tells everything about it."""
    row = clearing()
    names = ("kind", "venue_symbol", "order_id", "client_order_id", "trade_id", "price", "quantity", "side")
    assert fields(row, names) == {
        "kind": "fill",
        "venue_symbol": "ethusdt",
        "order_id": "9007199254740993",
        "client_order_id": "mine1",
        "trade_id": 771,
        "price": 3001.0,
        "quantity": 0.2,
        "side": "sell",
    }
    item = TradeData(row, Topic("HTX___SPOT", "fills"))
    assert (item.get_trade_type(), item.get_fee(), item.get_trade_fee_symbol()) == ("maker", 0.6002, "USDT")
    assert (item.get_timestamp(), item.get_trade_id()) == (1795300000110, "771")


@pytest.mark.parametrize(
    ("change", "fee", "asset"),
    [
        ({"transactFee": "-0.1"}, -0.1, "USDT"),
        ({"feeDeduct": "0.05", "feeDeductType": "ht"}, 0.05, "HT"),
        ({"feeDeduct": "", "feeDeductType": ""}, 0.6002, "USDT"),
        ({"feeDeduct": "much", "feeDeductType": "ht"}, 0.6002, "USDT"),
    ],
)
def test_fees(change: dict[str, str], fee: float, asset: str) -> None:
    """A rebate is negative, and a fee that was paid in another asset is told in that one."""
    row = clearing(**change)
    assert (row.fee, row.fee_asset) == (fee, asset)


@pytest.mark.parametrize("change", [{"tradePrice": "x"}, {"tradeVolume": "-1"}, {"tradeId": ""}, {"tradeTime": None}])
def test_a_fill_without_what_makes_one_is_refused(change: dict[str, Any]) -> None:
    """A fill without price, quantity, id or time is refused."""
    assert type(clearing(**change)) is Rejected


# Balances


def held(side: HtxAccount, **change: Any) -> Any:
    return row_of(side, push("accounts.update#2", {**HELD, **change}))


def test_balances() -> None:
    """An asset is told with its total and what is free of it."""
    row = held(account())
    item = BalanceData(row, Topic("HTX___SPOT", "balances"))
    assert (row.kind, row.counts, item.get_asset()) == ("balance", True, "USDT")
    assert (item.get_total_balance(), item.get_free_balance(), item.get_locked_balance()) == (1352.1, 1000.1, 352.0)
    assert (item.get_timestamp(), item.get_account_type()) == (1795300000201, "trade")
    assert item.get_account_id() == str(SPOT_ACCOUNT)


def test_the_first_balances_have_no_time() -> None:
    """What is sent at the beginning says neither why nor when it changed."""
    assert held(account(), changeType=None, changeTime=None).timestamp is None


def test_only_the_trading_part_of_an_account_counts() -> None:
    """What was borrowed is no balance of the spot account."""
    assert not held(account(), accountType="loan").counts


def test_only_one_account_counts() -> None:
    """Once the spot account is known, by its settings or by REST, the others do not count."""
    named = account(account_id="77")
    assert not held(named).counts
    assert held(named, accountId=77).counts
    asked = account()
    assert held(asked, accountId=9).counts
    walk(asked, asked.balances(), ACCOUNTS)
    assert not held(asked, accountId=9).counts
    assert held(asked).counts


@pytest.mark.parametrize("change", [{"balance": None}, {"available": "x"}, {"currency": ""}])
def test_half_a_balance_is_refused(change: dict[str, Any]) -> None:
    """A balance without its asset or one of its figures is refused."""
    assert type(held(account(), **change)) is Rejected


# What frames without data say


def test_ping() -> None:
    """What is in a ping goes back as it came, number or text."""
    side = account()
    assert side.decode(b'{"action":"ping","data":{"ts":1575537778295}}') == [
        ("", Answer('{"action":"pong","data":{"ts":1575537778295}}'))
    ]
    (item,) = said(side, {"action": "ping", "data": {"ts": "7"}})
    assert json.loads(item.payload) == {"action": "pong", "data": {"ts": "7"}}


def test_answers() -> None:
    """Login and subscriptions are acknowledged under the names that they were asked for."""
    side = account()
    assert said(side, {"action": "req", "code": 200, "ch": "auth", "data": {}}) == [Ack(name="auth")]
    for name in side.names:
        assert said(side, {"action": "sub", "code": 200, "ch": name, "data": {}}) == [Ack(name=name)]


@pytest.mark.parametrize(
    ("code", "message", "is_login", "is_clock", "hint"),
    [
        (2002, "auth.fail", True, False, "the key, the secret and the clock"),
        (2002, "auth.fail: invalid timestamp", False, True, "check the clock"),
        (2000, "invalid.ip", True, False, "is this address allowed"),
        (2002, "invalid.auth.state", False, False, ""),
        (2001, "missing.param.auth", False, False, ""),
    ],
)
def test_a_refused_login(code: int, message: str, is_login: bool, is_clock: bool, hint: str) -> None:
    """A refusal says whether credentials are at fault, and what to look at."""
    (refusal,) = said(account(), {"action": "req", "code": code, "ch": "auth", "message": message})
    assert (type(refusal), refusal.name, refusal.code) == (Refusal, "auth", str(code))
    assert (refusal.is_login, refusal.is_clock, refusal.is_pace) == (is_login, is_clock, False)
    assert refusal.detail.startswith(message)
    assert hint in refusal.detail


@pytest.mark.parametrize(
    ("code", "message"), [(4000, "too.many.connection"), (4000, "too.many.request"), (429, "too many connections")]
)
def test_too_many(code: int, message: str) -> None:
    """A refusal because of the pace is worth another try."""
    (refusal,) = said(account(), {"action": "sub", "code": code, "ch": "orders#*", "message": message})
    assert (refusal.name, refusal.is_pace, refusal.is_login) == ("orders#*", True, False)


def test_a_refused_subscription() -> None:
    """A refusal of one market concerns the subscription to all."""
    (refusal,) = said(account(), {"action": "sub", "code": 2001, "ch": "orders#nosuch", "message": "invalid.symbol"})
    assert (refusal.name, refusal.code, refusal.is_login) == ("orders#*", "2001", False)


def test_something_new() -> None:
    """A frame of a kind that came later than this adapter is counted, not refused."""
    side = account()
    (item,) = said(side, {"action": "wave", "ch": "orders#*"})
    assert type(item) is Ignored
    (item,) = said(side, push("points.update", {"x": 1}))
    assert item == Ignored("points.update")


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b'{"ch":7}', b"\xff", b"[" * 100_000, b'{"action":[]}'])
def test_garbage(payload: bytes) -> None:
    """A frame that makes no sense is refused and raises nothing."""
    ((name, item),) = account().decode(payload)
    assert (name, type(item)) == ("", Rejected)


# The present state by REST

ACCOUNTS = [
    {
        "status": "ok",
        "data": [
            {"id": 9, "type": "margin", "subtype": "ethusdt", "state": "working"},
            {"id": SPOT_ACCOUNT, "type": "spot", "subtype": "", "state": "working"},
        ],
    },
    {
        "status": "ok",
        "data": {
            "id": SPOT_ACCOUNT,
            "type": "spot",
            "state": "working",
            "list": [
                {"currency": "usdt", "type": "trade", "balance": "1000.1"},
                {"currency": "usdt", "type": "frozen", "balance": "352"},
                {"currency": "eth", "type": "trade", "balance": "0"},
                {"currency": "eth", "type": "frozen", "balance": "0"},
                {"currency": "btc", "type": "frozen", "balance": "0.5"},
                {"currency": "btc", "type": "lock", "balance": "7"},
            ],
        },
    },
]
REST_ORDER = {
    "id": 12,
    "symbol": "ethusdt",
    "account-id": SPOT_ACCOUNT,
    "client-order-id": "mine3",
    "amount": "1.0",
    "price": "3000.00",
    "created-at": 1795300000000,
    "type": "sell-limit",
    "field-amount": "0.4",
    "field-cash-amount": "1199.2",
    "field-fees": "1.1992",
    "finished-at": 0,
    "canceled-at": 0,
    "source": "spot-api",
    "state": "partial-filled",
}


def test_balances_by_rest() -> None:
    """The spot account is looked up, and its two records of an asset make one; what is zero is left out."""
    side = account()
    requests, rows = walk(side, side.balances(), ACCOUNTS)
    assert [request.path for request in requests] == [
        "/v1/account/accounts",
        f"/v1/account/accounts/{SPOT_ACCOUNT}/balance",
    ]
    assert all(request.signed for request in requests)
    assert {row.kind for row in rows} == {"balance"}
    counted = [row for row in rows if row.counts]
    assert [(row.asset, row.free, row.locked) for row in counted] == [("usdt", 1000.1, 352.0), ("btc", 0.0, 0.5)]


def test_a_named_account_is_not_looked_up() -> None:
    """With an account of one's own choice there is nothing to look up."""
    side = account(account_id="77")
    (request,), _ = walk(side, side.balances(), [ACCOUNTS[1]])
    assert request.path == "/v1/account/accounts/77/balance"


def test_a_key_without_a_spot_account() -> None:
    """Without a spot account the error says what can be set."""
    side = account()
    pages = side.balances()
    next(pages)
    with pytest.raises(ConfigurationError, match="account_id"):
        pages.send([])


def test_open_orders() -> None:
    """Open orders come five hundred at a time; their figures have names of their own."""
    side = account()
    renamed = {name.replace("field-", "filled-"): value for name, value in REST_ORDER.items()}
    full = [{**renamed, "id": number} for number in range(1000, 500, -1)]
    answers = [{"status": "ok", "data": full}, {"status": "ok", "data": [renamed]}]
    requests, rows = walk(side, side.open_orders(), answers)
    assert [request.path for request in requests] == ["/v1/order/openOrders"] * 2
    assert [request.query for request in requests] == [
        {"size": "500"},
        {"size": "500", "from": "501", "direct": "next"},
    ]
    assert all(request.signed for request in requests)
    item = OrderData(rows[-1], Topic("HTX___SPOT", "orders"))
    assert (item.get_order_id(), item.get_client_order_id(), item.get_status()) == ("12", "mine3", "partial")
    assert (item.get_side(), item.get_quantity(), item.get_price()) == ("sell", 1.0, 3000.0)
    assert (item.get_filled_quantity(), item.get_avg_price()) == (0.4, pytest.approx(2998))
    assert (item.get_timestamp(), item.get_create_time()) == (1795300000000, 1795300000000)


def test_a_venue_that_repeats_a_page_is_asked_no_further() -> None:
    """A full page that ends where the last one did ends the walk."""
    side = account()
    full = {"status": "ok", "data": [{**REST_ORDER, "id": number} for number in range(1000, 500, -1)]}
    requests, _ = walk(side, side.open_orders(), [full, full])
    assert len(requests) == 2


def test_one_order() -> None:
    """One order is asked for by its id in the path, under the budget of all such calls."""
    side = account()
    ended = {**REST_ORDER, "state": "canceled", "finished-at": 1795300000900, "canceled-at": 1795300000800}
    (request,), (row,) = walk(side, side.order("ethusdt", "12"), [{"status": "ok", "data": ended}])
    assert (request.path, request.budget, request.signed) == ("/v1/order/orders/12", "order", True)
    assert (row.status, row.filled_quantity, row.timestamp) == ("canceled", 0.4, 1795300000900)


@pytest.mark.parametrize(("state", "quantity"), [("partial-filled", None), ("filled", 0.4)])
def test_a_market_order_that_buys_by_rest(state: str, quantity: float | None) -> None:
    """By REST the filled quantity is in base; the ordered one shows when the order is filled."""
    side = account()
    bought = {**REST_ORDER, "type": "buy-market", "amount": "1199.2", "state": state}
    _, (row,) = walk(side, side.order("ethusdt", "12"), [{"status": "ok", "data": bought}])
    assert (row.quantity, row.filled_quantity, row.cumulative_quote) == (quantity, 0.4, 1199.2)


def test_orders_since() -> None:
    """Past orders of all markets come from one list."""
    side = account()
    (request,), (row,) = walk(side, side.orders_since(500, ["ethusdt"]), [{"status": "ok", "data": [REST_ORDER]}])
    assert (request.path, request.query) == ("/v1/order/history", {"start-time": "500", "size": "1000"})
    assert (request.signed, row.kind, side.lists_by_market) == (True, "order", False)


def test_fills_since() -> None:
    """Own fills of all markets come page by page, with side, maker word and fee."""
    side = account()
    fill = {
        "id": 29553,
        "symbol": "ethusdt",
        "order-id": 12,
        "match-id": 59335,
        "trade-id": 771,
        "price": "3001",
        "filled-amount": "0.2",
        "filled-fees": "0.6002",
        "fee-currency": "usdt",
        "filled-points": "0.0",
        "fee-deduct-currency": "",
        "role": "maker",
        "type": "sell-limit",
        "source": "spot-api",
        "created-at": 1795300000110,
    }
    full = [{**fill, "id": number, "trade-id": number} for number in range(1500, 1000, -1)]
    deducted = {**fill, "filled-points": "0.3", "fee-deduct-currency": "ht"}
    answers = [{"status": "ok", "data": full}, {"status": "ok", "data": [fill, deducted]}]
    requests, rows = walk(side, side.fills_since(500, []), answers)
    assert [request.query for request in requests] == [
        {"start-time": "500", "size": "500"},
        {"start-time": "500", "size": "500", "from": "1001", "direct": "next"},
    ]
    assert {request.path for request in requests} == {"/v1/order/matchresults"}
    names = ("kind", "venue_symbol", "trade_id", "order_id", "price", "quantity", "side", "trade_type", "fee")
    assert fields(rows[-2], names) == {
        "kind": "fill",
        "venue_symbol": "ethusdt",
        "trade_id": 771,
        "order_id": "12",
        "price": 3001.0,
        "quantity": 0.2,
        "side": "sell",
        "trade_type": "maker",
        "fee": 0.6002,
    }
    assert (rows[-2].fee_asset, rows[-2].timestamp) == ("USDT", 1795300000110)
    assert (rows[-1].fee, rows[-1].fee_asset) == (0.3, "HT")


def error(code: str, text: str) -> bytes:
    return json.dumps({"status": "error", "err-code": code, "err-msg": text, "data": None}).encode()


def test_failures() -> None:
    """An answer is an error of the kind that says what to do, though its status is that of success."""
    side = account()
    path = "/v1/account/accounts"
    assert side.failure(path, 200, b'{"status":"ok","data":[]}') is None
    clock = side.failure(path, 200, error("api-signature-not-valid", "Signature not valid: invalid timestamp"))
    key = side.failure(path, 200, error("api-signature-not-valid", "Signature not valid: Incorrect Access key"))
    for found, hint in ((clock, "check the clock"), (key, "check the key, the secret and the clock")):
        assert type(found) is AuthenticationError
        assert hint in str(found)
    assert side.is_clock_error(clock)
    assert not side.is_clock_error(key)
    missing = side.failure(path, 200, error("base-record-invalid", "record invalid"))
    assert type(missing) is RequestFailedError
    assert missing.code == "base-record-invalid"
    assert type(side.failure(path, 200, error("invalid-parameter", "invalid symbol"))) is InvalidSymbolError
    assert type(side.failure(path, 200, error("bad-request", "429 too many request"))) is RateLimitError
    assert type(side.failure(path, 502, b"<html>")) is RequestFailedError


# Secrets


def test_nothing_shows_a_secret() -> None:
    """Neither key nor secret nor signature stands in the repr of anything that holds them."""
    rich = pytest.importorskip("rich.pretty")
    side = account()
    command = side.login(NOW, ids())
    request: Request = next(side.open_orders())
    call = side.sign(request, NOW)
    shown = [repr(item) + str(item) + rich.pretty_repr(item) for item in (side, side.settings, command, request, call)]
    shown.append(repr(side.failure("/p", 200, error("api-signature-not-valid", "no"))))
    for hidden in (KEY, SECRET, sent(command)["params"]["signature"], call.query.rpartition("=")[2]):
        assert not [text for text in shown if hidden in text]


# Recorded messages


def test_recorded_messages() -> None:
    """No recorded message of the spot account is refused, and each record says what was sent."""
    side = account()
    seen = 0
    for channel in ("orders", "fills", "balances"):
        for message in messages("htx_spot", channel):
            if "action" not in message or len(message["data"]) < 4:
                continue  # of a swap, or shortened by who quoted it
            seen += 1
            row, plain = row_of(side, message), message["data"]
            assert type(row) is not Rejected
            if row.kind == "balance":
                assert (row.asset, row.free, row.counts) == (plain["currency"], float(plain["available"]), True)
                continue
            assert (row.order_id, row.venue_symbol) == (str(plain["orderId"]), plain["symbol"])
            if row.kind == "order":
                assert (row.venue_status, row.awaits_fill) == (plain["orderStatus"], str(plain["tradeId"]))
                assert row.status != "unknown"
            else:
                assert (row.price, row.fee) == (float(plain["tradePrice"]), float(plain["transactFee"]))
    assert seen >= 4


def test_recorded_answers() -> None:
    """Recorded answers to commands are understood, and recorded orders by REST are read."""
    side = account()
    for message in messages("htx_spot", "control"):
        if "action" in message:
            (item,) = said(side, message)
            assert type(item) is (Ack if message["code"] == 200 else Refusal)
            assert item.name in (*side.names, "auth")
    bodies = messages("htx_spot", "http.templated")
    orders = [body for body in bodies if isinstance(body.get("data"), dict) and "field-amount" in body["data"]]
    assert len(orders) >= 3
    for body in orders:
        _, (row,) = walk(side, side.order("x", "1"), [body])
        assert (row.status, row.order_id) == (STATUS[body["data"]["state"]], str(body["data"]["id"]))
