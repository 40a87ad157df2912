"""The account of Binance spot: signatures, events, and the present state by REST."""

from __future__ import annotations

import math
from base64 import b64decode
from importlib import import_module
from typing import Any
from urllib.parse import unquote

import pytest

from bt_api_py.containers import BalanceData, OrderData, Topic
from bt_api_py.exceptions import AuthenticationError, ConfigurationError, InvalidSymbolError, RequestFailedError
from bt_api_py.exchanges.base import Ack, Expired, Farewell, Ignored, Refusal, Rejected
from bt_api_py.exchanges.binance import BinanceAccount, BinanceSpot
from bt_api_py.exchanges.binance.account import STATUS
from bt_api_py.settings import ExchangeSettings

from .accounts import fields, ids, messages, row_of, rows_of, said, sent, walk

# The key pair that the venue's documentation uses for its examples.
KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
NOW = 1747385641636

ORDER = {
    "e": "executionReport",
    "E": 1795300000111,
    "s": "ETHUSDT",
    "c": "mine-1",
    "S": "BUY",
    "o": "LIMIT",
    "f": "GTC",
    "q": "0.50000000",
    "p": "3000.00000000",
    "Q": "0.00000000",
    "C": "",
    "x": "NEW",
    "X": "NEW",
    "r": "NONE",
    "i": 9007199254740993,
    "l": "0.00000000",
    "z": "0.00000000",
    "L": "0.00000000",
    "n": "0",
    "N": None,
    "T": 1795300000110,
    "t": -1,
    "m": False,
    "O": 1795300000100,
    "Z": "0.00000000",
}
FILL = {
    **ORDER,
    "x": "TRADE",
    "X": "PARTIALLY_FILLED",
    "l": "0.20000000",
    "z": "0.30000000",
    "L": "2999.50000000",
    "n": "0.00020000",
    "N": "ETH",
    "t": 771,
    "m": True,
    "Z": "899.90000000",
}


def account(**settings: Any) -> BinanceAccount:
    return BinanceAccount(ExchangeSettings(api_key=KEY, secret=SECRET, **settings))


def event(row: dict[str, Any]) -> dict[str, Any]:
    return {"subscriptionId": 0, "event": row}


# Where, and with what signature


def test_the_public_side_names_it() -> None:
    """The account of Binance spot is found through the exchange."""
    assert BinanceSpot.account is BinanceAccount
    assert BinanceAccount.missing(ExchangeSettings(api_key=KEY)) == ["secret"]


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "wss://ws-api.binance.com:443/ws-api/v3"),
        ({"testnet": True}, "wss://ws-api.testnet.binance.vision/ws-api/v3"),
        ({"ws_url": "ws://127.0.0.1:7/x"}, "ws://127.0.0.1:7/x/ws-api/v3"),
    ],
)
def test_address(settings: dict[str, Any], url: str) -> None:
    """The WebSocket API is reached under its own host, the test network's, or the base that the user set."""
    side = account(**settings)
    assert side.endpoints["account"].url(side.settings) == url


def test_login() -> None:
    """One signed request opens the event stream, and nothing is left to subscribe."""
    side = account()
    command = side.login(NOW, ids())
    assert sent(command) == {
        "id": 1,
        "method": "userDataStream.subscribe.signature",
        "params": {
            "apiKey": KEY,
            "timestamp": NOW,
            "signature": "681110a6057ad58657af22f5640fab9dd17418834cdfccdc81be8b0f7b2cde3e",
        },
    }
    assert command.id == "1"
    assert side.subscribe(side.names, ids()) == []
    assert side.unsubscribe(side.names, ids()) == []


SIGNED = [
    (
        "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
        "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
    ),
    (
        f"apiKey={KEY}&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL&symbol=BTCUSDT&timeInForce=GTC"
        "&timestamp=1645423376532&type=LIMIT",
        "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24",
    ),
    (f"apiKey={KEY}&timestamp={NOW}", "681110a6057ad58657af22f5640fab9dd17418834cdfccdc81be8b0f7b2cde3e"),
    (
        f"apiKey={KEY}&recvWindow=5000&timestamp={NOW}",
        "49601ffc5b0122c3c7ee3ea85ef7d6cd76256f5191a57c976418faa32e917653",
    ),
]


@pytest.mark.parametrize(("text", "signature"), SIGNED, ids=range(len(SIGNED)))
def test_signatures(text: str, signature: str) -> None:
    """A text has the signature that the venue's documentation gives it."""
    assert account().signature(text) == signature


def test_a_rest_call_is_signed_as_it_is_sent() -> None:
    """The documentation's order has its signature when its parameters come as a request, and the key is a header."""
    side = account()
    (request,), _ = walk(side, side.balances(), [{"balances": []}])
    query = dict(pair.split("=") for pair in SIGNED[0][0].split("&")[:-1])
    call = side.sign(type(request)("/api/v3/order", request.channel, query, signed=True), 1499827319559)
    assert call.query == f"{SIGNED[0][0]}&signature={SIGNED[0][1]}"
    assert call.headers == {"X-MBX-APIKEY": KEY}


def test_a_market_in_other_letters_is_encoded_before_it_is_signed() -> None:
    """Letters beyond ASCII are percent-encoded in upper case, in what is signed and in what is sent."""
    side = account()
    request = next(side.order("\u5e01\u5b89USDT", "5"))
    query, _, signature = side.sign(request, NOW).query.rpartition("&signature=")
    assert query == f"symbol=%E5%B8%81%E5%AE%89USDT&orderId=5&timestamp={NOW}"
    assert signature == side.signature(query)


PACKAGE = "the package that signs with key pairs is not installed"


def test_a_key_pair_signs_where_the_package_is_installed() -> None:
    """An Ed25519 secret in PEM form signs in Base64, percent-encoded in a query."""
    pytest.importorskip("cryptography", reason=PACKAGE)
    serialization = import_module("cryptography.hazmat.primitives.serialization")
    ed25519 = import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    side = BinanceAccount(ExchangeSettings(api_key=KEY, secret=pem.decode()))
    signature = b64decode(sent(side.login(NOW, ids()))["params"]["signature"])
    private.public_key().verify(signature, f"apiKey={KEY}&timestamp={NOW}".encode())
    query, _, encoded = side.sign(next(side.open_orders()), NOW).query.partition("&signature=")
    assert "=" not in encoded
    assert "/" not in encoded
    decoded = unquote(encoded)
    private.public_key().verify(b64decode(decoded), query.encode())


@pytest.mark.parametrize("text", ["no base64 at all", "AAAA"])
def test_a_private_key_that_is_none_is_not_quoted(text: str) -> None:
    """A damaged private key is a wrong setting, and the error quotes nothing of it."""
    pytest.importorskip("cryptography", reason=PACKAGE)
    pem = f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"
    side = BinanceAccount(ExchangeSettings(api_key=KEY, secret=pem))
    with pytest.raises(ConfigurationError, match="Ed25519") as caught:
        side.login(NOW, ids())
    assert text not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_key_pair_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package that signs, a secret in PEM form is a wrong setting that names the package."""

    def refuse(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("bt_api_py.exchanges.binance.account.import_module", refuse)
    side = BinanceAccount(ExchangeSettings(api_key=KEY, secret="-----BEGIN PRIVATE KEY-----\nhidden\n"))
    with pytest.raises(ConfigurationError, match="pip install 'bt_api_py") as caught:
        side.login(NOW, ids())
    assert "hidden" not in str(caught.value)


# Events


def test_a_new_order() -> None:
    """Every field of an order that was just taken."""
    row = row_of(account(), event(ORDER))
    assert row.kind == "order"
    assert fields(row, ("venue_symbol", "order_id", "client_order_id", "side", "order_type", "time_in_force")) == {
        "venue_symbol": "ETHUSDT",
        "order_id": "9007199254740993",
        "client_order_id": "mine-1",
        "side": "buy",
        "order_type": "limit",
        "time_in_force": "GTC",
    }
    assert fields(row, ("status", "venue_status", "quantity", "create_time", "timestamp", "fill", "awaits_fill")) == {
        "status": "new",
        "venue_status": "NEW",
        "quantity": 0.5,
        "create_time": 1795300000100,
        "timestamp": 1795300000110,
        "fill": None,
        "awaits_fill": None,
    }
    assert row.trade_id is None


def test_a_fill() -> None:
    """An execution moves the order and carries the fill, whose fee is its own."""
    row = row_of(account(), event(FILL))
    order = OrderData(row, Topic("BINANCE___SPOT", "orders"))
    assert (order.get_status(), order.get_filled_quantity(), order.get_cum_quote()) == ("partial", 0.3, 899.9)
    assert order.get_avg_price() == pytest.approx(899.9 / 0.3)
    assert order.get_trade_id() == "771"
    assert math.isnan(order.get_fee())
    fill = row.fill
    assert fill.kind == "fill"
    names = ("order_id", "trade_id", "price", "quantity", "side", "trade_type", "fee", "fee_asset", "client_order_id")
    assert fields(fill, names) == {
        "order_id": row.order_id,
        "trade_id": 771,
        "price": 2999.5,
        "quantity": 0.2,
        "side": "buy",
        "trade_type": "maker",
        "fee": 0.0002,
        "fee_asset": "ETH",
        "client_order_id": "mine-1",
    }
    assert (fill.timestamp, fill.venue_symbol) == (1795300000110, "ETHUSDT")


def test_a_taker_fill_without_fee() -> None:
    """The other side of a trade is a taker's, and no fee asset means that there was no fee."""
    fill = row_of(account(), event({**FILL, "m": False, "n": "0", "N": None})).fill
    assert (fill.trade_type, fill.fee, fill.fee_asset) == ("taker", 0.0, None)


def test_a_cancellation_keeps_the_orders_own_id() -> None:
    """When an order is cancelled its client id is the original one, not that of the request to cancel."""
    row = row_of(account(), event({**ORDER, "x": "CANCELED", "X": "CANCELED", "c": "cancel-9", "C": "mine-1"}))
    assert (row.client_order_id, row.status, row.fill) == ("mine-1", "canceled", None)


@pytest.mark.parametrize("execution", ["REJECTED", "TRADE_PREVENTION", "EXPIRED", "REPLACED"])
def test_without_a_quantity_there_is_no_fill(execution: str) -> None:
    """An event that filled nothing has no fill, even if it carries a number where trade ids stand."""
    row = row_of(account(), event({**ORDER, "x": execution, "t": 5}))
    assert (row.fill, row.trade_id) == (None, None)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("NEW", "new"),
        ("PENDING_NEW", "new"),
        ("PARTIALLY_FILLED", "partial"),
        ("FILLED", "filled"),
        ("CANCELED", "canceled"),
        ("PENDING_CANCEL", "canceled"),
        ("REJECTED", "rejected"),
        ("EXPIRED", "expired"),
        ("EXPIRED_IN_MATCH", "expired"),
        ("A_NEW_WORD", "unknown"),
    ],
)
def test_status(word: str, status: str) -> None:
    """Each of the venue's words has its normalised one, and a new word is unknown."""
    assert row_of(account(), event({**ORDER, "X": word})).status == status
    assert (word in STATUS) == (status != "unknown")


@pytest.mark.parametrize(("sent_quantity", "quantity"), [("0.00000000", None), ("0.01500000", 0.015)])
def test_an_order_for_an_amount_of_the_quote_asset(sent_quantity: str, quantity: float | None) -> None:
    """An order for so much money has no base quantity until the venue gives one."""
    row = row_of(account(), event({**ORDER, "o": "MARKET", "q": sent_quantity, "Q": "50.00000000"}))
    assert (row.quantity, row.order_type) == (quantity, "market")


def test_an_order_with_the_least_that_makes_one() -> None:
    """Fields that the venue may leave out are missing, and the order is still read."""
    least = {"e": "executionReport", "E": 1, "s": "ETHBTC", "x": "NEW", "X": "NEW", "i": 3}
    row = row_of(account(), event(least))
    order = OrderData(row, Topic("BINANCE___SPOT", "orders"))
    assert (order.get_side(), order.get_client_order_id(), order.get_timestamp()) == (None, None, 1)
    assert math.isnan(order.get_quantity())
    assert math.isnan(order.get_cum_quote())


@pytest.mark.parametrize("missing", ["s", "X", "i", "E"])
def test_an_order_without_what_makes_one_is_refused(missing: str) -> None:
    """An event without market, status, id or time is refused, not guessed."""
    (row,) = rows_of(account(), event({key: value for key, value in ORDER.items() if key != missing}))
    assert type(row) is Rejected


def test_balances() -> None:
    """Each asset of a position event is a record with the event's time."""
    frame = event(
        {
            "e": "outboundAccountPosition",
            "E": 1795300000222,
            "u": 1795300000221,
            "B": [{"a": "USDT", "f": "1000.10", "l": "352.00"}, {"a": "ETH", "f": "0", "l": "0"}],
        }
    )
    dollars, ether = rows_of(account(), frame)
    assert (dollars.kind, dollars.counts) == ("balance", True)
    item = BalanceData(dollars, Topic("BINANCE___SPOT", "balances"))
    assert (item.get_asset(), item.get_free_balance(), item.get_locked_balance()) == ("USDT", 1000.1, 352.0)
    assert item.get_total_balance() == 1352.1
    assert (dollars.timestamp, ether.timestamp) == (1795300000222, 1795300000222)
    assert (ether.asset, ether.free) == ("ETH", 0.0)


def test_a_damaged_balance_costs_only_itself() -> None:
    """One unreadable asset is refused, and the others of the same event are kept."""
    held = [{"a": "USDT", "f": "much", "l": "0"}, {"a": "ETH", "f": "2", "l": "1"}, {"a": "", "f": "2", "l": "1"}]
    rows = rows_of(account(), event({"e": "outboundAccountPosition", "E": 7, "u": 7, "B": held}))
    assert [getattr(row, "asset", None) for row in rows] == ["ETH", None, None]
    assert [type(row) for row in rows[1:]] == [Rejected, Rejected]


@pytest.mark.parametrize("kind", ["balanceUpdate", "externalLockUpdate", "listStatus"])
def test_events_that_need_nothing_done(kind: str) -> None:
    """A difference that a position event repeats, or the state of an order list, changes nothing by itself."""
    assert row_of(account(), event({"e": kind, "E": 1, "a": "BTC", "d": "100", "T": 1})).kind == "note"


def test_an_unknown_event_is_ignored() -> None:
    """An event of a kind that came later than this adapter is counted, not refused."""
    assert said(account(), event({"e": "somethingNew", "E": 1})) == [Ignored("somethingNew")]


# What frames without data say


def test_answers() -> None:
    """A login that succeeded is acknowledged under its own number."""
    assert said(account(), {"id": 1, "status": 200, "result": {"subscriptionId": 0}, "rateLimits": []}) == [Ack("1")]


@pytest.mark.parametrize(
    ("code", "is_login", "is_clock", "hint"),
    [
        (-1002, True, False, "permit reading"),
        (-1021, False, True, "check the clock"),
        (-1022, True, False, "check the secret"),
        (-2008, True, False, "check the key"),
        (-2014, True, False, "check the key"),
        (-2015, True, False, "is this address allowed"),
        (-1100, False, False, ""),
    ],
)
def test_a_refused_login(code: int, is_login: bool, is_clock: bool, hint: str) -> None:
    """A refusal tells a wrong clock from wrong credentials, and says what to look at."""
    frame = {"id": 4, "status": 400, "error": {"code": code, "msg": "No."}}
    (refusal,) = said(account(), frame)
    assert (refusal.id, refusal.code, refusal.is_pace) == ("4", str(code), False)
    assert (refusal.is_login, refusal.is_clock) == (is_login, is_clock)
    assert refusal.detail.startswith("No.")
    assert hint in refusal.detail


@pytest.mark.parametrize("status", [418, 429])
def test_too_many_requests(status: int) -> None:
    """A refusal because of the pace is worth another try."""
    frame = {"id": 4, "status": status, "error": {"code": -1003, "msg": "Too many requests", "data": {"retryAfter": 9}}}
    (refusal,) = said(account(), frame)
    assert type(refusal) is Refusal
    assert (refusal.is_pace, refusal.is_login) == (True, False)


def test_a_withdrawn_key() -> None:
    """An error that nobody asked for, about the key, means that the subscription is over."""
    (item,) = said(account(), {"id": None, "status": 401, "error": {"code": -2015, "msg": "Invalid API-key"}})
    assert type(item) is Expired
    assert "Invalid API-key" in item.detail


def test_the_end_of_the_stream() -> None:
    """A stream that the venue ended is over although the socket stands."""
    (item,) = said(account(), event({"e": "eventStreamTerminated", "E": 1}))
    assert type(item) is Expired


def test_an_announced_shutdown() -> None:
    """The venue's announcement that it will close the socket is understood in the form of this socket."""
    (item,) = said(account(), {"event": {"e": "serverShutdown", "E": 1}})
    assert type(item) is Farewell


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b'{"event":7}', b'{"id":[]}', b"\xff", b"[" * 100_000])
def test_garbage(payload: bytes) -> None:
    """A frame that makes no sense is refused and raises nothing."""
    ((name, item),) = account().decode(payload)
    assert (name, type(item)) == ("", Rejected)


# The present state by REST

REST_ORDER = {
    "symbol": "ETHUSDT",
    "orderId": 12,
    "orderListId": -1,
    "clientOrderId": "mine-2",
    "price": "3000.00",
    "origQty": "1.0",
    "executedQty": "0.4",
    "cummulativeQuoteQty": "1199.2",
    "status": "PARTIALLY_FILLED",
    "timeInForce": "GTC",
    "type": "LIMIT",
    "side": "SELL",
    "time": 1795300000000,
    "updateTime": 1795300000500,
    "isWorking": True,
    "origQuoteOrderQty": "0.000000",
}
REST_FILL = {
    "symbol": "ETHUSDT",
    "id": 700,
    "orderId": 12,
    "price": "2998.0",
    "qty": "0.4",
    "quoteQty": "1199.2",
    "commission": "1.1992",
    "commissionAsset": "USDT",
    "time": 1795300000400,
    "isBuyer": False,
    "isMaker": True,
}


def test_open_orders() -> None:
    """The open orders of all markets come by one call, each with what the stream tells as well."""
    side = account()
    (request,), (row,) = walk(side, side.open_orders(), [[REST_ORDER]])
    assert (request.path, request.query, request.cost, request.signed) == ("/api/v3/openOrders", {}, 80, True)
    assert (row.kind, row.fill, row.order_id, row.client_order_id) == ("order", None, "12", "mine-2")
    order = OrderData(row, Topic("BINANCE___SPOT", "orders"))
    assert (order.get_status(), order.get_side(), order.get_quantity(), order.get_price()) == (
        "partial",
        "sell",
        1.0,
        3000.0,
    )
    assert (order.get_filled_quantity(), order.get_avg_price()) == (0.4, pytest.approx(2998))
    assert (order.get_timestamp(), order.get_create_time()) == (1795300000500, 1795300000000)


def test_one_order() -> None:
    """One order is asked for by its market and id, and its answer is a list of one."""
    side = account()
    (request,), (row,) = walk(side, side.order("ETHUSDT", "12"), [{**REST_ORDER, "cummulativeQuoteQty": "-1"}])
    assert (request.path, request.query) == ("/api/v3/order", {"symbol": "ETHUSDT", "orderId": "12"})
    assert request.signed
    assert row.cumulative_quote is None


def test_orders_since() -> None:
    """Orders are asked for market by market; a full page is followed by the one after its last id."""
    side = account()
    full = [{**REST_ORDER, "orderId": number} for number in range(1, 1001)]
    requests, rows = walk(side, side.orders_since(500, ["ETHUSDT", "BTCUSDT"]), [full, [], []])
    assert [request.path for request in requests] == ["/api/v3/allOrders"] * 3
    assert [request.query for request in requests] == [
        {"symbol": "ETHUSDT", "startTime": "500", "limit": "1000"},
        {"symbol": "ETHUSDT", "orderId": "1001", "limit": "1000"},
        {"symbol": "BTCUSDT", "startTime": "500", "limit": "1000"},
    ]
    assert len(rows) == 1000
    assert all(request.signed and request.cost == 20 for request in requests)


def test_a_venue_that_repeats_a_page_is_asked_no_further() -> None:
    """A full page without a new id ends the walk."""
    side = account()
    full = [{**REST_ORDER, "orderId": number} for number in range(1, 1001)]
    requests, _ = walk(side, side.orders_since(500, ["ETHUSDT"]), [full, full])
    assert len(requests) == 2


def test_fills_since() -> None:
    """Own fills are asked for by time, then by id, and carry side, maker flag and fee."""
    side = account()
    full = [{**REST_FILL, "id": number} for number in range(1000)]
    requests, rows = walk(side, side.fills_since(500, ["ETHUSDT"]), [full, [{**REST_FILL, "id": 1000}]])
    assert [request.path for request in requests] == ["/api/v3/myTrades"] * 2
    assert [request.query for request in requests] == [
        {"symbol": "ETHUSDT", "startTime": "500", "limit": "1000"},
        {"symbol": "ETHUSDT", "fromId": "1000", "limit": "1000"},
    ]
    names = ("kind", "venue_symbol", "trade_id", "order_id", "price", "quantity", "side", "trade_type", "fee")
    assert fields(rows[-1], names) == {
        "kind": "fill",
        "venue_symbol": "ETHUSDT",
        "trade_id": 1000,
        "order_id": "12",
        "price": 2998.0,
        "quantity": 0.4,
        "side": "sell",
        "trade_type": "maker",
        "fee": 1.1992,
    }
    assert (rows[-1].fee_asset, rows[-1].timestamp) == ("USDT", 1795300000400)


def test_balances_by_rest() -> None:
    """The balances that are not zero come by one call."""
    side = account()
    answer = {"updateTime": 5, "balances": [{"asset": "BTC", "free": "1.5", "locked": "0.5"}]}
    (request,), (row,) = walk(side, side.balances(), [answer])
    assert (request.path, request.query, request.cost) == ("/api/v3/account", {"omitZeroBalances": "true"}, 20)
    assert fields(row, ("kind", "asset", "free", "locked")) == {
        "kind": "balance",
        "asset": "BTC",
        "free": 1.5,
        "locked": 0.5,
    }


def test_failures() -> None:
    """An answer is an error of the kind that says what to do."""
    side = account()
    path = "/api/v3/account"
    assert side.failure(path, 200, b"{}") is None
    clock = side.failure(path, 400, b'{"code":-1021,"msg":"Timestamp outside of the recvWindow."}')
    key = side.failure(path, 401, b'{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}')
    for error, hint in ((clock, "check the clock"), (key, "is this address allowed")):
        assert type(error) is AuthenticationError
        assert hint in str(error)
    assert side.is_clock_error(clock)
    assert not side.is_clock_error(key)
    other = side.failure(path, 400, b'{"code":-2013,"msg":"Order does not exist."}')
    assert type(other) is RequestFailedError
    assert other.code == "-2013"
    assert not side.is_clock_error(other)
    assert type(side.failure(path, 400, b'{"code":-1121,"msg":"Invalid symbol."}')) is InvalidSymbolError
    assert type(side.failure(path, 502, b"<html>")) is RequestFailedError


# Secrets


def test_nothing_shows_a_secret() -> None:
    """Neither key nor secret nor signature stands in the repr of anything that holds them."""
    rich = pytest.importorskip("rich.pretty")
    side = account()
    command = side.login(NOW, ids())
    request = next(side.open_orders())
    call = side.sign(request, NOW)
    shown = [repr(item) + str(item) + rich.pretty_repr(item) for item in (side, side.settings, command, request, call)]
    shown.append(repr(side.failure("/p", 401, b'{"code":-2015,"msg":"no"}')))
    for hidden in (KEY, SECRET, sent(command)["params"]["signature"], call.query.rpartition("=")[2]):
        assert not [text for text in shown if hidden in text]


# Recorded messages


def test_recorded_orders_and_balances() -> None:
    """No recorded event of the spot account is refused, and each order says what was sent."""
    side = account()
    seen = 0
    for channel in ("orders", "orders.templated", "balances", "balances.templated"):
        for message in messages("binance_spot", channel):
            row = message.get("event") or (message["data"] if "stream" in message else message)
            if row["e"] not in side.names:
                continue  # events of another product that were filed with these
            seen += 1
            for item in rows_of(side, event(row)):
                assert type(item) is not Rejected
                if item.kind == "order":
                    assert (item.order_id, item.venue_status) == (str(row["i"]), row["X"])
                    assert item.status != "unknown"
                    assert (item.fill is not None) == (float(row.get("l", 0)) > 0 and row["t"] >= 0)
    assert seen >= 20


def test_recorded_answers() -> None:
    """Recorded answers of the WebSocket API are acknowledgements, and recorded account answers are read whole."""
    side = account()
    for message in messages("binance_spot", "ws_api"):
        (item,) = said(side, message)
        assert type(item) is Ack
    answers = messages("binance_spot", "http")
    holdings = [answer for answer in answers if isinstance(answer, dict) and "balances" in answer]
    assert holdings
    for answer in holdings:
        _, rows = walk(side, side.balances(), [answer])
        assert [row.asset for row in rows] == [entry["asset"] for entry in answer["balances"]]
    orders = [
        answer for answer in answers if isinstance(answer, list) and answer and "cummulativeQuoteQty" in answer[0]
    ]
    for answer in [answer for answer in orders if "updateTime" in answer[0]]:
        _, rows = walk(side, side.open_orders(), [answer])
        assert [row.status for row in rows] == [STATUS[entry["status"]] for entry in answer]
