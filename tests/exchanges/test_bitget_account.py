"""Bitget's account side: the vectors, events and answers of its documents, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from bt_api_py.exceptions import AuthenticationError, RequestFailedError
from bt_api_py.exchanges.account_base import CHECK_CLOCK, CHECK_KEY, CHECK_PASSPHRASE, CHECK_SECRET
from bt_api_py.exchanges.base import Ack, Alive, Refusal, Request
from bt_api_py.exchanges.bitget import BitgetAccount, BitgetSpot
from bt_api_py.settings import ExchangeSettings

from .accounts import fields, ids, messages, row_of, rows_of, said, sent, walk

KEY, SECRET, PHRASE = "docsKey", "docsSecret", "docsPass"
ORDER = {
    "instId": "BTCUSDT", "orderId": "1171779081105780739", "clientOid": "a2330139", "price": "35100",
    "newSize": "0.5000", "size": "17550.0", "notional": "17550.0", "orderType": "limit", "force": "gtc", "side": "buy",
    "fillPrice": "35100", "tradeId": "1171775539946528779", "baseVolume": "0.1", "fillTime": "1715098979937",
    "fillFee": "-0.0001", "fillFeeCoin": "BTC", "tradeScope": "T", "accBaseVolume": "0.1", "priceAvg": "35100",
    "status": "partially_filled", "cTime": "1715099824215", "uTime": "1715099824300",
    "feeDetail": [{"feeCoin": "BTC", "fee": "-0.0001"}], "enterPointSource": "API",
}  # fmt: skip
OPEN = {
    "userId": "1", "symbol": "btcusdt", "orderId": "2222222", "clientOid": "xxxxxxx", "priceAvg": "34829.12",
    "size": "1", "orderType": "limit", "side": "buy", "status": "new", "basePrice": "0", "baseVolume": "0",
    "quoteVolume": "0", "enterPointSource": "WEB", "cTime": "1622697148000", "tpslType": "normal",
    "triggerPrice": None,
}  # fmt: skip
PAST = {
    "userId": "1", "symbol": "ETHUSDT", "orderId": "1098394690472521728", "clientOid": "x", "price": "0",
    "size": "20.0000000000000000", "orderType": "market", "side": "buy", "status": "filled",
    "priceAvg": "1598.1000000000000000", "baseVolume": "0.0125000000000000", "quoteVolume": "19.9762500000000000",
    "enterPointSource": "WEB", "feeDetail": '{"newFees":{"c":0,"d":0,"deduction":false,"r":-0.112079256}}',
    "orderSource": "market", "cTime": "1698736299656", "uTime": "1698736300363", "tpslType": "normal",
    "cancelReason": "", "triggerPrice": None,
}  # fmt: skip
FILL = {
    "userId": "1", "symbol": "BTCUSDT", "orderId": "12345678910", "tradeId": "12345678911", "orderType": "market",
    "side": "buy", "priceAvg": "13000", "size": "0.0007", "amount": "9.1",
    "feeDetail": {"deduction": "no", "feeCoin": "BTC", "totalDeductionFee": "", "totalFee": "-0.0000007"},
    "tradeScope": "taker", "cTime": "1695865232579", "uTime": "1695865233027",
}  # fmt: skip
BALANCE = {
    "coin": "USDT", "available": "19.14", "frozen": "7", "locked": "0", "limitAvailable": "0", "uTime": "1701931970487",
}  # fmt: skip


@pytest.fixture
def side() -> BitgetAccount:
    return BitgetAccount(ExchangeSettings(api_key=KEY, secret=SECRET, passphrase=PHRASE))


def frame(channel: str, *rows: Any, **about: str) -> dict[str, Any]:
    arg = {"instType": "SPOT", "channel": channel, **(about or {"instId": "default"})}
    return {"action": "snapshot", "arg": arg, "data": list(rows), "ts": 1715099824310}


def answer(*rows: Any) -> dict[str, Any]:
    return {"code": "00000", "msg": "success", "requestTime": 1695808949356, "data": list(rows)}


# Signatures


def test_a_login(side: BitgetAccount) -> None:
    """A login is signed over the time in whole seconds: the documents' example."""
    command = side.login(1700000000999, ids())
    assert sent(command) == {
        "op": "login",
        "args": [
            {
                "apiKey": KEY,
                "passphrase": PHRASE,
                "timestamp": "1700000000",
                "sign": "sEMkcbvEouLHY0ycH8KC+ehgPuMAz2ph35SPpL2Tf7M=",
            }
        ],
    }
    assert not any(secret in repr(command) for secret in (KEY, PHRASE, "sEMkcbvEou"))
    assert said(side, {"event": "login", "code": 0, "msg": ""}) == [Ack(name="login")]


def test_a_signed_request(side: BitgetAccount) -> None:
    """A call is signed over milliseconds, method, path and query as it is sent: the documents' example."""
    request = Request("/api/v2/spot/account/assets", BitgetSpot.channels["ticker"], {"coin": "USDT"})
    call = side.sign(request, 1700000000000)
    assert (call.query, call.body) == ("coin=USDT", b"")
    assert call.headers == {
        "ACCESS-KEY": KEY,
        "ACCESS-PASSPHRASE": PHRASE,
        "ACCESS-TIMESTAMP": "1700000000000",
        "ACCESS-SIGN": "tM0C8orDNa5oWkHj849FEYbzwbGKtvPDlHWcEVzAEAA=",
        "Content-Type": "application/json",
        "locale": "en-US",
    }
    without = side.sign(Request("/api/v2/spot/account/assets", BitgetSpot.channels["ticker"]), 1700000000000)
    assert without.headers["ACCESS-SIGN"] != call.headers["ACCESS-SIGN"]


def test_what_is_subscribed(side: BitgetAccount) -> None:
    """Orders of all markets and all balances, each by a command of its own."""
    orders, account = side.subscribe(side.names, ids())
    assert sent(orders)["args"] == [{"instType": "SPOT", "channel": "orders", "instId": "default"}]
    assert sent(account)["args"] == [{"instType": "SPOT", "channel": "account", "coin": "default"}]
    [back] = side.unsubscribe(["orders"], ids())
    assert sent(back)["op"] == "unsubscribe"
    assert side.endpoints["account"].url(side.settings) == "wss://ws.bitget.com/v2/ws/private"


# Events


def test_an_order(side: BitgetAccount) -> None:
    """Every field of an order has its place, and its quantity is in base asset."""
    order = row_of(side, frame("orders", ORDER, instId="BTCUSDT"))
    names = ("order_id", "client_order_id", "venue_symbol", "side", "order_type", "status", "time_in_force")
    assert fields(order, names) == {
        "order_id": "1171779081105780739", "client_order_id": "a2330139", "venue_symbol": "BTCUSDT", "side": "buy",
        "order_type": "limit", "status": "partial", "time_in_force": "GTC",
    }  # fmt: skip
    assert (order.price, order.quantity, order.filled_quantity) == ("35100", 0.5, "0.1")
    assert (order.average_price, order.timestamp, order.create_time) == (35100.0, 1715099824300, "1715099824215")
    assert (order.total_fee, order.total_fee_asset) == (0.0001, "BTC")


def test_the_fill_in_an_order(side: BitgetAccount) -> None:
    """The fill that caused a record is told whole, with its fee."""
    fill = row_of(side, frame("orders", ORDER)).fill
    names = ("trade_id", "order_id", "venue_symbol", "side", "price", "quantity", "trade_type", "fee", "fee_asset")
    assert fields(fill, names) == {
        "trade_id": "1171775539946528779", "order_id": "1171779081105780739", "venue_symbol": "BTCUSDT", "side": "buy",
        "price": 35100.0, "quantity": 0.1, "trade_type": "taker", "fee": 0.0001, "fee_asset": "BTC",
    }  # fmt: skip
    assert fill.timestamp == 1715098979937
    live = {key: value for key, value in ORDER.items() if key not in ("tradeId", "baseVolume", "fillPrice")}
    placed = row_of(side, frame("orders", live | {"status": "live", "priceAvg": "0", "feeDetail": []}))
    assert (placed.fill, placed.average_price, placed.total_fee) == (None, None, None)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("live", "new"), ("new", "new"), ("init", "new"), ("not_trigger", "new"), ("partially_filled", "partial"),
        ("filled", "filled"), ("cancelled", "canceled"), ("canceled", "canceled"), ("something", "unknown"),
    ],
)  # fmt: skip
def test_the_table_of_statuses(side: BitgetAccount, word: str, status: str) -> None:
    """Each of the venue's words has one meaning."""
    assert row_of(side, frame("orders", ORDER | {"status": word})).status == status


def test_an_order_in_money(side: BitgetAccount) -> None:
    """A market order that buys is counted in the quote asset: its quantity shows when it is filled."""
    bought = ORDER | {"orderType": "market", "newSize": "500.0000"}
    del bought["price"]
    partial = row_of(side, frame("orders", bought))
    assert (partial.quantity, partial.filled_quantity, partial.price) == (None, "0.1", None)
    assert row_of(side, frame("orders", bought | {"status": "filled"})).quantity == 0.1
    sold = row_of(side, frame("orders", bought | {"side": "sell", "newSize": "0.5"}))
    assert sold.quantity == 0.5


def test_fees_in_two_assets_are_no_sum(side: BitgetAccount) -> None:
    """Where part of the fee was paid in another asset, no total is told; the fills tell each."""
    both = [{"feeCoin": "BTC", "fee": "-0.0001"}, {"feeCoin": "BGB", "fee": "-0.2"}]
    order = row_of(side, frame("orders", ORDER | {"feeDetail": both}))
    assert (order.total_fee, order.total_fee_asset) == (None, None)


def test_a_balance(side: BitgetAccount) -> None:
    """Available is free; what is frozen and what is locked is locked."""
    balance = row_of(side, frame("account", BALANCE, coin="default"))
    assert fields(balance, ("asset", "free", "locked", "timestamp")) == {
        "asset": "USDT", "free": "19.14", "locked": 7.0, "timestamp": 1701931970487,
    }  # fmt: skip
    other = row_of(side, frame("account", BALANCE | {"locked": "2", "uTime": None}))
    assert (other.locked, other.timestamp) == (9.0, None)


def test_recorded_messages(side: BitgetAccount) -> None:
    """The recorded messages of spot are understood: no order, one balance, and acknowledgements by channel."""
    spot = [data for data in messages("bitget", "orders") if data["arg"]["instType"] == "SPOT"]
    assert [rows_of(side, data) for data in spot] == [[]]
    [held] = [data for data in messages("bitget", "balances") if data["arg"]["instType"] == "SPOT"]
    assert row_of(side, held).asset == "USDT"
    events = [data for data in messages("bitget", "control") if data.get("event") in ("login", "error")]
    answered = [item for data in events for item in said(side, data)]
    assert answered == [
        Refusal(f"Invalid request (code 30005); {CHECK_KEY}", code="30005", is_login=True),
        Ack(name="login"),
    ]
    [own] = [data for data in messages("bitget", "control") if (data.get("arg") or {}).get("channel") == "account"]
    assert said(side, own) == [Ack(name="account")]


# Answers


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (30005, CHECK_KEY), (30011, CHECK_KEY), ("30012", CHECK_PASSPHRASE), (30015, CHECK_SECRET),
    ],
)  # fmt: skip
def test_a_refused_login(side: BitgetAccount, code: int | str, hint: str) -> None:
    """A refusal of the keys says what to look at; a code may be a number or a text."""
    [refusal] = said(side, {"event": "error", "code": code, "msg": "no"})
    assert (refusal.is_login, refusal.is_clock, refusal.detail) == (True, False, f"no (code {code}); {hint}")


@pytest.mark.parametrize("code", [30013, 30014])
def test_a_login_at_the_wrong_time(side: BitgetAccount, code: int) -> None:
    """A time that the venue does not accept is no reason to doubt the keys."""
    [refusal] = said(side, {"event": "error", "code": code, "msg": "expired"})
    assert (refusal.is_login, refusal.is_clock) == (False, True)
    assert CHECK_CLOCK in refusal.detail


def test_other_answers(side: BitgetAccount) -> None:
    """A pong is a sign of life; a refused channel is named by its argument."""
    assert side.decode(b"pong") == [("", Alive())]
    arg = {"instType": "SPOT", "channel": "orders", "instId": "default"}
    [refusal] = said(side, {"event": "error", "arg": arg, "code": 30001, "msg": "no", "op": "subscribe"})
    assert refusal == Refusal("no (code 30001)", name="orders", code="30001")
    [pace] = said(side, {"event": "error", "code": 30006, "msg": "slow down"})
    assert pace.is_pace


@pytest.mark.parametrize(
    ("code", "hint"), [("40009", CHECK_SECRET), ("40012", CHECK_PASSPHRASE), ("40008", CHECK_CLOCK)]
)
def test_a_refused_call(side: BitgetAccount, code: str, hint: str) -> None:
    """A refused signature says what to look at, and a wrong time is known as one."""
    body = f'{{"code":"{code}","msg":"no","requestTime":1,"data":null}}'.encode()
    error = side.failure("/api/v2/spot/account/assets", 400, body)
    assert isinstance(error, AuthenticationError)
    assert hint in str(error)
    assert side.is_clock_error(error) is (hint == CHECK_CLOCK)
    other = side.failure("/p", 400, b'{"code":"40017","msg":"Parameter verification failed","data":null}')
    assert type(other) is RequestFailedError


# The present state


def test_open_orders(side: BitgetAccount) -> None:
    """The list of open orders calls the limit a mean, and the mean otherwise; markets may be in small letters."""
    [request], [order] = walk(side, side.open_orders(), [answer(OPEN)])
    assert (request.path, request.query) == ("/api/v2/spot/trade/unfilled-orders", {"limit": "100"})
    assert (order.venue_symbol, order.price, order.average_price) == ("BTCUSDT", 34829.12, None)
    assert (order.status, order.quantity, order.timestamp) == ("new", 1.0, 1622697148000)
    partial = OPEN | {"status": "partially_filled", "basePrice": "34800", "baseVolume": "0.4"}
    _, [row] = walk(side, side.open_orders(), [answer(partial)])
    assert (row.price, row.average_price, row.filled_quantity) == (34829.12, 34800.0, "0.4")


def test_past_orders(side: BitgetAccount) -> None:
    """The list of the past tells the limit as such; a full page is followed by the one behind its last order."""
    page = [PAST | {"orderId": str(number)} for number in range(300, 200, -1)]
    requests, orders = walk(side, side.orders_since(1698736000000, ()), [answer(*page), answer(PAST)])
    assert requests[0].query == {"startTime": "1698736000000", "limit": "100"}
    assert requests[1].query == {"startTime": "1698736000000", "limit": "100", "idLessThan": "201"}
    assert len(orders) == 101
    assert (orders[0].price, orders[0].average_price, orders[0].quantity) == (None, 1598.1, 0.0125)
    assert (orders[0].status, orders[0].timestamp, orders[0].create_time) == ("filled", 1698736300363, 1698736299656)


def test_one_order(side: BitgetAccount) -> None:
    """An order is asked for by its id; one that the venue has forgotten is an empty list."""
    [request], [order] = walk(side, side.order("ETHUSDT", "1098394690472521728"), [answer(PAST)])
    assert (request.path, request.query) == ("/api/v2/spot/trade/orderInfo", {"orderId": "1098394690472521728"})
    assert order.order_id == "1098394690472521728"
    assert walk(side, side.order("ETHUSDT", "1"), [answer()])[1] == []


def test_past_fills(side: BitgetAccount) -> None:
    """Fills are listed by their own numbers, each with its fee."""
    [request], [fill] = walk(side, side.fills_since(1695865000000, ()), [answer(FILL)])
    assert request.query == {"startTime": "1695865000000", "limit": "100"}
    names = ("trade_id", "order_id", "venue_symbol", "side", "price", "quantity", "trade_type", "fee", "fee_asset")
    assert fields(fill, names) == {
        "trade_id": "12345678911", "order_id": "12345678910", "venue_symbol": "BTCUSDT", "side": "buy",
        "price": 13000.0, "quantity": 0.0007, "trade_type": "taker", "fee": 0.0000007, "fee_asset": "BTC",
    }  # fmt: skip
    assert fill.timestamp == 1695865232579


def test_all_balances(side: BitgetAccount) -> None:
    """Balances are one list, signed like every call of the account."""
    [request], [balance] = walk(side, side.balances(), [answer(BALANCE)])
    assert (request.path, request.signed, balance.asset) == ("/api/v2/spot/account/assets", True, "USDT")


def test_demo_trading() -> None:
    """A key of demo trading has a socket of its own, and by REST a header."""
    demo = BitgetAccount(ExchangeSettings(testnet=True))
    assert demo.endpoints["account"].url(demo.settings) == "wss://wspap.bitget.com/v2/ws/private"
    assert demo.rest_headers == {"PAPTRADING": "1"}
