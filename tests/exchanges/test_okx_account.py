"""The account of OKX spot: login, signatures, orders, balances, and the present state by REST."""

from __future__ import annotations

import math
from typing import Any

import pytest

from bt_api_py.containers import BalanceData, OrderData, Topic
from bt_api_py.exceptions import AuthenticationError, InvalidSymbolError, RateLimitError, RequestFailedError
from bt_api_py.exchanges.base import Ack, Alive, Farewell, Ignored, Refusal, Rejected
from bt_api_py.exchanges.okx import OkxSpot
from bt_api_py.exchanges.okx.account import OkxAccount
from bt_api_py.exchanges.okx.account_rows import STATUS
from bt_api_py.settings import ExchangeSettings

from .accounts import fields, ids, messages, row_of, rows_of, said, sent, walk

# The key that the venue's documentation uses for its examples; the passphrase is ours.
KEY = "985d5b66-57ce-40fb-b714-afc0b9787083"
SECRET = "22582BD0CFF14C41EDBF1AB98506286D"
PASSPHRASE = "open-sesame-7"
NOW = 1704876947_123

ORDER = {
    "instType": "SPOT",
    "instId": "ETH-USDT",
    "ordId": "2497956918703120999",
    "clOrdId": "mine1",
    "px": "3000",
    "sz": "0.5",
    "ordType": "limit",
    "side": "sell",
    "tgtCcy": "",
    "accFillSz": "0",
    "avgPx": "",
    "fillPx": "",
    "fillSz": "0",
    "tradeId": "",
    "fillTime": "",
    "fillFee": "0",
    "fillFeeCcy": "",
    "execType": "",
    "state": "live",
    "cancelSource": "",
    "reduceOnly": "false",
    "cTime": "1795300000000",
    "uTime": "1795300000100",
}
FILL = {
    **ORDER,
    "state": "partially_filled",
    "accFillSz": "0.3",
    "avgPx": "3001.5",
    "fillPx": "3002",
    "fillSz": "0.2",
    "tradeId": "9007199254740993",
    "fillTime": "1795300000222",
    "fillFee": "-0.6004",
    "fillFeeCcy": "USDT",
    "execType": "T",
    "uTime": "1795300000223",
}


def account(**settings: Any) -> OkxAccount:
    return OkxAccount(ExchangeSettings(api_key=KEY, secret=SECRET, passphrase=PASSPHRASE, **settings))


def orders(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"arg": {"channel": "orders", "instType": "SPOT", "uid": "77"}, "data": list(rows)}


def order_of(row: dict[str, Any]) -> OrderData:
    return OrderData(row_of(account(), orders(row)), Topic("OKX___SPOT", "orders"))


# Where, and with what signature


def test_the_public_side_names_it() -> None:
    """The account of OKX spot is found through the exchange, and asks for a passphrase too."""
    assert OkxSpot.account is OkxAccount
    assert OkxAccount.missing(ExchangeSettings(api_key=KEY, secret=SECRET)) == ["passphrase"]


@pytest.mark.parametrize(
    ("settings", "url", "headers"),
    [
        ({}, "wss://ws.okx.com:8443/ws/v5/private", {}),
        ({"testnet": True}, "wss://wspap.okx.com:8443/ws/v5/private", {"x-simulated-trading": "1"}),
        ({"private_ws_url": "wss://wseea.okx.com:8443"}, "wss://wseea.okx.com:8443/ws/v5/private", {}),
    ],
)
def test_address(settings: dict[str, Any], url: str, headers: dict[str, str]) -> None:
    """The private socket has its path under the base, and demo trading is told to REST by a header."""
    side = account(**settings)
    assert side.endpoints["account"].url(side.settings) == url
    assert side.rest_headers == headers


def test_login() -> None:
    """The login is signed over whole seconds, and its answer is known by its name."""
    command = account().login(NOW, ids())
    assert sent(command) == {
        "op": "login",
        "args": [
            {
                "apiKey": KEY,
                "passphrase": PASSPHRASE,
                "timestamp": "1704876947",
                "sign": "5/36BgGV6m/6pmdc20zdqk0mzF5ZalmzzPD2fo3wavU=",
            }
        ],
    }
    assert command.names == ("login",)


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("1704876947GET/users/self/verify", "5/36BgGV6m/6pmdc20zdqk0mzF5ZalmzzPD2fo3wavU="),
        ("1538054050GET/users/self/verify", "+LdIr8lkkvhr5hoA3g9TMC0+uQJ849ftAcocA/ouu4M="),
        (
            "2020-12-08T09:08:57.715ZGET/api/v5/account/balance?ccy=BTC",
            "HiZhvSfMtWJA3uUIVXV3a/bSXNPCWvYFXoGCVS8V4zY=",
        ),
        (
            "2020-12-08T09:08:57.715ZPOST/api/v5/account/set-leverage"
            '{"instId":"BTC-USDT","lever":"5","mgnMode":"isolated"}',
            "eCnnCgWLjlQ9XnpUkrcny3qNq3WW/81KNrDr/XR6Xv8=",
        ),
    ],
)
def test_signatures(text: str, signature: str) -> None:
    """A text has the signature that was computed for it apart."""
    assert account()._signature(text) == signature


def test_a_rest_call_is_signed_with_its_query() -> None:
    """The time is a date with milliseconds, and the query that is sent is the one that was signed."""
    side = account()
    request = type(next(side.balances()))("/api/v5/account/balance", side.channels["account"], {"ccy": "BTC"})
    call = side.sign(request, 1607418537715)
    assert call.query == "ccy=BTC"
    assert call.headers == {
        "OK-ACCESS-KEY": KEY,
        "OK-ACCESS-PASSPHRASE": PASSPHRASE,
        "OK-ACCESS-TIMESTAMP": "2020-12-08T09:08:57.715Z",
        "OK-ACCESS-SIGN": "HiZhvSfMtWJA3uUIVXV3a/bSXNPCWvYFXoGCVS8V4zY=",
    }


def test_a_rest_call_without_query() -> None:
    """Without parameters nothing follows the path, neither in what is signed nor in what is sent."""
    side = account()
    call = side.sign(next(side.balances()), 1607418537005)
    assert call.query == ""
    assert call.headers["OK-ACCESS-TIMESTAMP"] == "2020-12-08T09:08:57.005Z"
    text = "2020-12-08T09:08:57.005ZGET/api/v5/account/balance"
    assert call.headers["OK-ACCESS-SIGN"] == side._signature(text)


def test_subscriptions() -> None:
    """Each channel is asked for by a command of its own: spot orders, and balances when they change."""
    side = account()
    commands = side.subscribe(side.names, ids())
    assert [sent(command) for command in commands] == [
        {"id": "1", "op": "subscribe", "args": [{"channel": "orders", "instType": "SPOT"}]},
        {"id": "2", "op": "subscribe", "args": [{"channel": "account", "extraParams": '{"updateInterval":"0"}'}]},
    ]
    assert [(command.names, command.id) for command in commands] == [(("orders",), "1"), (("account",), "2")]
    (command,) = side.unsubscribe(["orders"], ids())
    assert sent(command)["op"] == "unsubscribe"


# Orders


def test_a_new_order() -> None:
    """Every field of an order that was just taken."""
    row = row_of(account(), orders(ORDER))
    assert (row.kind, row.fill, row.awaits_fill) == ("order", None, None)
    order = OrderData(row, Topic("OKX___SPOT", "orders"))
    assert (order.get_order_id(), order.get_client_order_id()) == ("2497956918703120999", "mine1")
    assert (order.get_side(), order.get_order_type(), order.get_price(), order.get_quantity()) == (
        "sell",
        "limit",
        3000.0,
        0.5,
    )
    assert (order.get_status(), order.get_order_status(), order.get_filled_quantity()) == ("new", "live", 0.0)
    assert math.isnan(order.get_avg_price())
    assert (order.get_create_time(), order.get_timestamp()) == (1795300000000, 1795300000100)
    assert (order.get_trade_id(), order.get_reduce_only(), order.get_order_time_in_force()) == (None, False, None)
    assert row.venue_symbol == "ETH-USDT"


def test_a_fill() -> None:
    """An execution moves the order and carries the fill; a fee that is paid is positive."""
    row = row_of(account(), orders(FILL))
    order = OrderData(row, Topic("OKX___SPOT", "orders"))
    assert (order.get_status(), order.get_filled_quantity(), order.get_avg_price()) == ("partial", 0.3, 3001.5)
    names = ("kind", "venue_symbol", "order_id", "client_order_id", "trade_id", "price", "quantity", "side")
    assert fields(row.fill, names) == {
        "kind": "fill",
        "venue_symbol": "ETH-USDT",
        "order_id": "2497956918703120999",
        "client_order_id": "mine1",
        "trade_id": "9007199254740993",
        "price": 3002.0,
        "quantity": 0.2,
        "side": "sell",
    }
    assert fields(row.fill, ("trade_type", "fee", "fee_asset", "timestamp")) == {
        "trade_type": "taker",
        "fee": 0.6004,
        "fee_asset": "USDT",
        "timestamp": 1795300000222,
    }


@pytest.mark.parametrize(
    ("change", "trade_type", "fee"),
    [
        ({"execType": "M", "fillFee": "0.1"}, "maker", -0.1),
        ({"execType": "", "fillFee": "0"}, None, 0.0),
        ({"execType": "T", "fillFee": ""}, "taker", None),
    ],
)
def test_fees(change: dict[str, str], trade_type: str | None, fee: float | None) -> None:
    """A rebate is negative, and a fee that was not sent is missing, not zero."""
    fill = row_of(account(), orders({**FILL, **change})).fill
    assert (fill.trade_type, fill.fee) == (trade_type, fee)
    assert math.copysign(1, fill.fee or 1) == (-1 if fee and fee < 0 else 1)


def test_a_fill_without_a_time_of_its_own() -> None:
    """Where the fill has no time, that of the change stands for it."""
    assert row_of(account(), orders({**FILL, "fillTime": ""})).fill.timestamp == 1795300000223


@pytest.mark.parametrize("change", [{"fillSz": "0"}, {"fillSz": ""}, {"tradeId": ""}])
def test_without_quantity_or_id_there_is_no_fill(change: dict[str, str]) -> None:
    """A market order may report itself as filled once more, with nothing filled."""
    assert row_of(account(), orders({**FILL, **change, "state": "filled"})).fill is None


@pytest.mark.parametrize("change", [{"fillPx": ""}, {"fillPx": "x"}, {"ordId": ""}, {"instId": ""}, {"uTime": "x"}])
def test_a_record_without_what_makes_it_is_refused(change: dict[str, str]) -> None:
    """A fill without a price, or an order without id, market or time, is refused, and its neighbour is not."""
    good, bad = rows_of(account(), orders({**FILL, **change}, ORDER))
    assert good.order_id == ORDER["ordId"]
    assert type(bad) is Rejected


@pytest.mark.parametrize(
    ("state", "source", "status"),
    [
        ("live", "", "new"),
        ("partially_filled", "", "partial"),
        ("filled", "", "filled"),
        ("filled", "14", "filled"),
        ("canceled", "", "canceled"),
        ("canceled", "1", "canceled"),
        ("canceled", "13", "expired"),
        ("canceled", "14", "expired"),
        ("canceled", "31", "rejected"),
        ("mmp_canceled", "", "canceled"),
        ("thinking", "", "unknown"),
    ],
)
def test_status(state: str, source: str, status: str) -> None:
    """Each of the venue's words has its normalised one; why an order was cancelled may change it."""
    order = order_of({**ORDER, "state": state, "cancelSource": source})
    assert (order.get_status(), order.get_order_status()) == (status, state)
    assert (state in STATUS) == (status != "unknown")


@pytest.mark.parametrize(
    ("change", "quantity"),
    [
        ({"side": "buy"}, None),
        ({"side": "buy", "tgtCcy": "quote_ccy"}, None),
        ({"side": "buy", "tgtCcy": "base_ccy"}, 0.5),
        ({"side": "sell"}, 0.5),
        ({"side": "sell", "tgtCcy": "quote_ccy"}, None),
        ({"side": "buy", "state": "partially_filled", "accFillSz": "0.01"}, None),
        ({"side": "buy", "state": "filled", "accFillSz": "0.02"}, 0.02),
        ({"side": "buy", "ordType": "limit"}, 0.5),
    ],
)
def test_quantity_of_a_market_order(change: dict[str, str], quantity: float | None) -> None:
    """A market order for an amount of money has no base quantity until it was filled."""
    found = order_of({**ORDER, "px": "", "ordType": "market", **change}).get_quantity()
    assert found == quantity if quantity is not None else math.isnan(found)


@pytest.mark.parametrize(("word", "in_force"), [("fok", "FOK"), ("ioc", "IOC"), ("optimal_limit_ioc", "IOC")])
def test_time_in_force(word: str, in_force: str) -> None:
    """The type of an order says how long it stays."""
    assert order_of({**ORDER, "ordType": word}).get_order_time_in_force() == in_force


# Balances

HELD = {
    "ccy": "usdt",
    "eq": "1352.1",
    "cashBal": "1352.1",
    "availBal": "1000.1",
    "availEq": "",
    "frozenBal": "352",
    "uTime": "1795300000199",
}


def balances(*held: dict[str, Any]) -> dict[str, Any]:
    return {
        "arg": {"channel": "account", "uid": "77"},
        "eventType": "snapshot",
        "curPage": 1,
        "lastPage": True,
        "data": [{"uTime": "1795300000200", "totalEq": "1", "details": list(held)}],
    }


def test_balances() -> None:
    """Each asset of an account event is a record with its own time."""
    rows = rows_of(account(), balances(HELD, {**HELD, "ccy": "ETH", "availBal": "", "availEq": "3", "frozenBal": ""}))
    items = [BalanceData(row, Topic("OKX___SPOT", "balances")) for row in rows]
    assert [row.kind for row in rows] == ["balance", "balance"]
    first, second = items
    assert (first.get_asset(), first.get_free_balance(), first.get_locked_balance(), first.get_total_balance()) == (
        "USDT",
        1000.1,
        352.0,
        1352.1,
    )
    assert first.get_timestamp() == 1795300000199
    assert (second.get_asset(), second.get_free_balance()) == ("ETH", 3.0)


def test_an_empty_account() -> None:
    """An account that holds nothing is no error."""
    assert rows_of(account(), balances()) == []


def test_a_balance_without_asset_is_refused() -> None:
    """A balance of nothing costs only itself."""
    good, bad = rows_of(account(), balances({**HELD, "ccy": ""}, HELD))
    assert (good.asset, type(bad)) == ("usdt", Rejected)


# What frames without data say


def test_answers() -> None:
    """Login and subscriptions are acknowledged under the names that they were asked for."""
    side = account()
    assert said(side, {"event": "login", "code": "0", "msg": "", "connId": "a"}) == [Ack(name="login")]
    ack = {"id": "2", "event": "subscribe", "arg": {"channel": "account"}, "connId": "a"}
    assert said(side, ack) == [Ack("2", "account")]
    ack = {"id": "1", "event": "subscribe", "arg": {"channel": "orders", "instType": "SPOT"}, "connId": "a"}
    assert said(side, ack) == [Ack("1", "orders")]
    assert side.decode(b"pong") == [("", Alive())]


@pytest.mark.parametrize(
    ("code", "is_login", "is_clock", "hint"),
    [
        ("60001", True, False, "check the key"),
        ("60002", True, False, "check the secret"),
        ("60003", True, False, "check the passphrase"),
        ("60004", False, True, "check the clock"),
        ("60005", True, False, "check the key"),
        ("60006", False, True, "check the clock"),
        ("60007", True, False, "check the secret"),
        ("60009", True, False, "permit reading"),
        ("60024", True, False, "check the passphrase"),
        ("60032", True, False, "region"),
        ("60012", False, False, ""),
    ],
)
def test_a_refused_login(code: str, is_login: bool, is_clock: bool, hint: str) -> None:
    """A refusal tells a wrong clock from wrong credentials, and says what to look at."""
    (refusal,) = said(account(), {"event": "error", "code": code, "msg": "No.", "connId": "a"})
    assert type(refusal) is Refusal
    assert (refusal.code, refusal.is_login, refusal.is_clock, refusal.is_pace) == (code, is_login, is_clock, False)
    assert refusal.detail.startswith("No.")
    assert hint in refusal.detail


def test_too_many_requests() -> None:
    """A refusal because of the pace is worth another try, under the number of what was refused."""
    (refusal,) = said(account(), {"id": "7", "event": "error", "code": "60014", "msg": "Requests too frequent"})
    assert (refusal.id, refusal.is_pace, refusal.is_login) == ("7", True, False)


def test_too_many_connections() -> None:
    """After its acknowledgement a channel may still be refused, by name; below the limit that is a sign of life."""
    side = account()
    frame = {"event": "channel-conn-count-error", "channel": "orders", "connCount": "30", "connId": "a"}
    (refusal,) = said(side, frame)
    assert (type(refusal), refusal.name, refusal.id) == (Refusal, "orders", None)
    assert said(side, {**frame, "event": "channel-conn-count", "connCount": "2"}) == [Alive()]


def test_an_announced_upgrade() -> None:
    """The venue's announcement that it will close the socket is understood; another notice is ignored."""
    side = account()
    (item,) = said(side, {"event": "notice", "code": "64008", "msg": "The connection will soon be closed."})
    assert type(item) is Farewell
    (item,) = said(side, {"event": "notice", "code": "1", "msg": "Hello."})
    assert type(item) is Ignored


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b'{"arg":7}', b"pon", b"\xff", b"[" * 100_000])
def test_garbage(payload: bytes) -> None:
    """A frame that makes no sense is refused and raises nothing."""
    ((name, item),) = account().decode(payload)
    assert (name, type(item)) == ("", Rejected)


# The present state by REST


def answer(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"code": "0", "msg": "", "data": list(rows)}


def test_open_orders() -> None:
    """Open orders come a hundred at a time, each page older than the last order of the one before."""
    side = account()
    full = [{**ORDER, "ordId": str(number)} for number in range(300, 200, -1)]
    requests, rows = walk(side, side.open_orders(), [answer(*full), answer({**FILL, "ordId": "5"})])
    assert [request.path for request in requests] == ["/api/v5/trade/orders-pending"] * 2
    assert [request.query for request in requests] == [
        {"instType": "SPOT", "limit": "100"},
        {"instType": "SPOT", "limit": "100", "after": "201"},
    ]
    assert all(request.signed for request in requests)
    assert len(rows) == 101
    assert (rows[-1].order_id, rows[-1].status, rows[-1].filled_quantity) == ("5", "partial", "0.3")


def test_a_venue_that_repeats_a_page_is_asked_no_further() -> None:
    """A full page that ends where the last one did ends the walk."""
    side = account()
    full = answer(*[{**ORDER, "ordId": str(number)} for number in range(300, 200, -1)])
    requests, _ = walk(side, side.open_orders(), [full, full])
    assert len(requests) == 2


def test_one_order() -> None:
    """One order is asked for by its market and id."""
    side = account()
    (request,), (row,) = walk(side, side.order("ETH-USDT", "5"), [answer({**ORDER, "ordId": "5", "state": "filled"})])
    assert (request.path, request.query) == ("/api/v5/trade/order", {"instId": "ETH-USDT", "ordId": "5"})
    assert (request.signed, row.status) == (True, "filled")


def test_orders_since() -> None:
    """Past orders of all markets come from one list."""
    side = account()
    (request,), (row,) = walk(side, side.orders_since(500, ["ETH-USDT", "BTC-USDT"]), [answer(ORDER)])
    assert request.path == "/api/v5/trade/orders-history"
    assert request.query == {"instType": "SPOT", "begin": "500", "limit": "100"}
    assert (request.signed, row.kind) == (True, "order")
    assert not side.lists_by_market


def test_fills_since() -> None:
    """Own fills come page by page with side, maker flag and a fee of our sign."""
    side = account()
    fill = {
        "instType": "SPOT",
        "instId": "ETH-USDT",
        "tradeId": "77",
        "ordId": "5",
        "clOrdId": "mine1",
        "billId": "900",
        "fillPx": "3002",
        "fillSz": "0.2",
        "side": "buy",
        "execType": "M",
        "feeCcy": "ETH",
        "fee": "-0.0002",
        "ts": "1795300000300",
        "fillTime": "1795300000299",
    }
    full = [{**fill, "billId": str(number)} for number in range(1000, 900, -1)]
    requests, rows = walk(side, side.fills_since(500, []), [answer(*full), answer(fill)])
    assert [request.query for request in requests] == [
        {"instType": "SPOT", "begin": "500", "limit": "100"},
        {"instType": "SPOT", "begin": "500", "limit": "100", "after": "901"},
    ]
    assert {request.path for request in requests} == {"/api/v5/trade/fills"}
    names = ("kind", "venue_symbol", "trade_id", "order_id", "price", "quantity", "side", "trade_type", "fee")
    assert fields(rows[-1], names) == {
        "kind": "fill",
        "venue_symbol": "ETH-USDT",
        "trade_id": "77",
        "order_id": "5",
        "price": 3002.0,
        "quantity": 0.2,
        "side": "buy",
        "trade_type": "maker",
        "fee": 0.0002,
    }
    assert (rows[-1].timestamp, rows[-1].fee_asset) == (1795300000299, "ETH")


def test_balances_by_rest() -> None:
    """Balances have one form by REST and by the stream."""
    side = account()
    (request,), (row,) = walk(side, side.balances(), [answer({"uTime": "1", "details": [HELD]})])
    assert (request.path, request.query, request.signed) == ("/api/v5/account/balance", {}, True)
    assert (row.kind, row.asset, row.free, row.locked) == ("balance", "usdt", "1000.1", "352")


def test_failures() -> None:
    """An answer is an error of the kind that says what to do."""
    side = account()
    path = "/api/v5/account/balance"
    assert side.failure(path, 200, b'{"code":"0","msg":"","data":[]}') is None
    clock = side.failure(path, 401, b'{"code":"50102","msg":"Timestamp request expired"}')
    environment = side.failure(path, 401, b'{"code":"50101","msg":"APIKey does not match current environment."}')
    address = side.failure(path, 401, b'{"code":"50110","msg":"Your IP is not included"}')
    passphrase = side.failure(path, 401, b'{"code":"50105","msg":"OK-ACCESS-PASSPHRASE incorrect"}')
    hints = {"check the clock": clock, "environment?": environment, "is this address": address, "phrase": passphrase}
    for hint, error in hints.items():
        assert type(error) is AuthenticationError
        assert hint in str(error)
        assert side.is_clock_error(error) == (error is clock)
    other = side.failure(path, 200, b'{"code":"51603","msg":"Order does not exist","data":[]}')
    assert type(other) is RequestFailedError
    assert other.code == "51603"
    assert type(side.failure(path, 429, b'{"code":"50011","msg":"Too Many Requests"}')) is RateLimitError
    assert type(side.failure(path, 200, b'{"code":"51001","msg":"Instrument ID"}')) is InvalidSymbolError
    assert type(side.failure(path, 502, b"<html>")) is RequestFailedError


# Secrets


def test_nothing_shows_a_secret() -> None:
    """Neither credentials nor a signature stand in the repr of anything that holds them."""
    rich = pytest.importorskip("rich.pretty")
    side = account()
    command = side.login(NOW, ids())
    request = next(side.open_orders())
    call = side.sign(request, NOW)
    shown = [repr(item) + str(item) + rich.pretty_repr(item) for item in (side, side.settings, command, request, call)]
    shown.append(repr(side.failure("/p", 401, b'{"code":"50111","msg":"Invalid OK-ACCESS-KEY"}')))
    signatures = (sent(command)["args"][0]["sign"], call.headers["OK-ACCESS-SIGN"])
    for hidden in (KEY, SECRET, PASSPHRASE, *signatures):
        assert not [text for text in shown if hidden in text]


# Recorded messages


def test_recorded_messages() -> None:
    """No recorded message of the private channels is refused, and each record says what was sent."""
    side = account()
    seen = {"orders": 0, "account": 0}
    for channel in ("orders", "balances", "balances.templated"):
        for message in messages("okx", channel):
            name = message["arg"]["channel"]
            if name not in seen:
                continue  # other channels that were filed with these
            rows = rows_of(side, message)
            assert not [row for row in rows if type(row) is Rejected]
            seen[name] += len(rows)
            if name == "orders":
                for row, plain in zip(rows, message["data"], strict=True):
                    assert (row.order_id, row.venue_status, row.side) == (plain["ordId"], plain["state"], plain["side"])
                    assert row.status != "unknown"
                    assert (row.fill is not None) == (float(plain["fillSz"]) > 0)
    assert seen["orders"] >= 6
    assert seen["account"] >= 2


def test_recorded_answers() -> None:
    """Recorded lists of orders and balances are read whole, and recorded answers to commands are understood."""
    side = account()
    lists = [body["data"] for body in messages("okx", "http") if isinstance(body.get("data"), list)]
    held = [rows for rows in lists if rows and "details" in rows[0]]
    listed = [rows for rows in lists if rows and {"ordId", "accFillSz", "instId"} <= set(rows[0])]
    assert held
    assert listed
    for rows in held:
        _, found = walk(side, side.balances(), [answer(*rows)])
        assert len(found) == sum(len(row["details"]) for row in rows)
    for rows in listed:
        _, found = walk(side, side.order("X", "1"), [answer(*rows)])
        assert [row.order_id for row in found] == [row["ordId"] for row in rows]
    for message in messages("okx", "control"):
        assert [type(item) for item in said(side, message)] in ([Ack], [Refusal])
