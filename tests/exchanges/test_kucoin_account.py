"""KuCoin's account side: the vectors, events and answers of its documents, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from bt_api_py.exceptions import AuthenticationError
from bt_api_py.exchanges.account_base import CHECK_CLOCK, CHECK_KEY, CHECK_PASSPHRASE, CHECK_RIGHTS, CHECK_SECRET
from bt_api_py.exchanges.base import Ack, Expired
from bt_api_py.exchanges.kucoin import KucoinAccount
from bt_api_py.settings import ExchangeSettings

from .accounts import fields, ids, row_of, said, sent, walk

KEY, SECRET, PHRASE = "docsKey", "docsSecret", "docsPass"
SIGNED_PHRASE = "Iei8Cc6Snxw9m+5pYpBttYlxR7B3/P1fftwippzRO50="
ORDERS, BALANCES = "/spotMarket/tradeOrdersV2", "/account/balance"
OPEN = {
    "canceledSize": "0", "clientOid": "5c52e11203aa677f33e493fb", "filledSize": "0",
    "orderId": "6720ecd9ec71f4000747731a", "orderTime": 1730211033305, "orderType": "limit", "originSize": "0.00001",
    "price": "50000", "remainSize": "0.00001", "side": "buy", "size": "0.00001", "status": "open",
    "symbol": "BTC-USDT", "ts": 1730211033335000000, "type": "open",
}  # fmt: skip
MATCH = {
    "clientOid": "c1", "filledSize": "0.00001", "orderId": "6720ecd9", "orderTime": 1730211033305,
    "orderType": "limit", "originSize": "0.00001", "price": "50000", "remainSize": "0", "side": "buy",
    "size": "0.00001", "status": "match", "symbol": "BTC-USDT", "ts": 1730211040000000000, "type": "match",
    "matchPrice": "50000", "matchSize": "0.00001", "tradeId": "11067996711960577", "feeType": "makerFee",
    "liquidity": "maker",
}  # fmt: skip
BALANCE = {
    "accountId": "548674591753", "currency": "USDT", "total": "21.13", "available": "20.13", "hold": "1.001",
    "availableChange": "-0.5005", "holdChange": "0.5005",
    "relationContext": {"symbol": "BTC-USDT", "orderId": "6721d063"}, "relationEvent": "trade.hold",
    "relationEventId": "354689988084000", "time": "1730269283892",
}  # fmt: skip
LISTED = {
    "id": "6720ecd9", "clientOid": "c1", "symbol": "BTC-USDT", "type": "limit", "side": "buy", "price": "70000",
    "size": "0.00002", "funds": "1.4", "dealSize": "0.00001", "dealFunds": "0.677176", "fee": "0.000677176",
    "feeCurrency": "USDT", "timeInForce": "GTC", "cancelExist": False, "active": True, "createdAt": 1729577515444,
    "lastUpdatedAt": 1729577515481,
}  # fmt: skip
FILL = {
    "id": 19814995255305, "symbol": "BTC-USDT", "tradeId": 11067996711960577, "orderId": "6720ecd9", "side": "buy",
    "liquidity": "maker", "price": "67717.6", "size": "0.00001", "funds": "0.677176", "fee": "0.000677176",
    "feeRate": "0.001", "feeCurrency": "USDT", "type": "limit", "createdAt": 1729577515473,
}  # fmt: skip


@pytest.fixture
def side() -> KucoinAccount:
    return KucoinAccount(ExchangeSettings(api_key=KEY, secret=SECRET, passphrase=PHRASE))


def frame(topic: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"topic": topic, "type": "message", "subject": "s", "userId": "u", "channelType": "private", "data": data}


def answer(data: Any) -> dict[str, Any]:
    return {"code": "200000", "data": data}


# Signatures


def test_the_ticket_is_signed(side: KucoinAccount) -> None:
    """The call for a token carries the signatures of the documents' example, and shows none of them."""
    request = side.ticket_request("account")
    assert (request.path, request.method, request.signed) == ("/api/v1/bullet-private", "POST", True)
    call = side.sign(request, 1700000000000)
    assert (call.query, call.body) == ("", b"")
    assert call.headers == {
        "KC-API-KEY": KEY,
        "KC-API-SIGN": "w0ZBD/guydqTgAQFkXYZlRa/0jCvFYEH2dgGSwSEjes=",
        "KC-API-TIMESTAMP": "1700000000000",
        "KC-API-PASSPHRASE": SIGNED_PHRASE,
        "KC-API-KEY-VERSION": "2",
    }
    assert not any(secret in repr(call) for secret in (KEY, PHRASE, SIGNED_PHRASE))


def test_a_query_is_signed_with_its_path(side: KucoinAccount) -> None:
    """What is asked for belongs to what is signed, as it is sent; the passphrase's signature is always the same."""
    [request], _ = walk(side, side.balances(), [answer([])])
    call = side.sign(request, 1700000000000)
    # HMAC-SHA256 of 1700000000000GET/api/v1/accounts?type=trade
    assert (call.query, call.headers["KC-API-SIGN"]) == ("type=trade", "K+D7/6Xf3JKH1Ji+5BVQdHAemT8pgG26gb0Yg7MEZJc=")
    assert call.headers["KC-API-PASSPHRASE"] == SIGNED_PHRASE


def test_what_is_subscribed(side: KucoinAccount) -> None:
    """The token is the login; orders and balances are asked for as private, each by itself."""
    assert side.login(1700000000000, ids()) is None
    orders, balances = side.subscribe(side.names, ids())
    told = {"id": "1", "type": "subscribe", "topic": ORDERS, "privateChannel": True, "response": True}
    assert sent(orders) == told
    assert sent(balances) == told | {"id": "2", "topic": BALANCES}
    [back] = side.unsubscribe([ORDERS], ids())
    assert sent(back)["type"] == "unsubscribe"


# Events


def test_an_open_order(side: KucoinAccount) -> None:
    """Every field of an order has its place; its time is in nanoseconds."""
    order = row_of(side, frame(ORDERS, OPEN))
    names = ("order_id", "client_order_id", "venue_symbol", "side", "order_type", "status", "price", "quantity")
    assert fields(order, names) == {
        "order_id": "6720ecd9ec71f4000747731a", "client_order_id": "5c52e11203aa677f33e493fb",
        "venue_symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "status": "new", "price": 50000.0,
        "quantity": 0.00001,
    }  # fmt: skip
    assert (order.filled_quantity, order.timestamp, order.create_time) == (0.0, 1730211033335, 1730211033305)


def test_a_match_is_told_without_its_fill(side: KucoinAccount) -> None:
    """A match has no fee, so its fill comes by REST; one that leaves nothing has filled the order."""
    order = row_of(side, frame(ORDERS, MATCH))
    assert (order.fill, order.fills_apart, side.fills_by_rest) == (None, True, True)
    assert (order.status, order.filled_quantity) == ("filled", 0.00001)
    part = row_of(side, frame(ORDERS, MATCH | {"size": "0.00003", "remainSize": "0.00002"}))
    assert (part.status, part.quantity) == ("partial", 0.00003)


@pytest.mark.parametrize(
    ("step", "filled", "status"),
    [
        ("received", "0", "new"), ("open", "0", "new"), ("update", "0", "new"), ("update", "0.00001", "partial"),
        ("filled", "0.00002", "filled"), ("canceled", "0.00001", "canceled"), ("something", "0", "unknown"),
    ],
)  # fmt: skip
def test_the_table_of_statuses(side: KucoinAccount, step: str, filled: str, status: str) -> None:
    """Each kind of event has one meaning."""
    order = row_of(side, frame(ORDERS, OPEN | {"type": step, "filledSize": filled, "size": "0.00002"}))
    assert (order.status, order.quantity) == (status, 0.00002)


def test_an_order_in_money(side: KucoinAccount) -> None:
    """Where money is offered the quantity is known when it is spent."""
    bought = {key: value for key, value in MATCH.items() if key not in ("size", "originSize", "remainSize", "price")}
    bought |= {"orderType": "market", "funds": "1"}
    part = row_of(side, frame(ORDERS, bought | {"remainFunds": "0.5"}))
    assert (part.status, part.quantity, part.price) == ("partial", None, None)
    whole = row_of(side, frame(ORDERS, bought | {"remainFunds": "0"}))
    assert (whole.status, whole.quantity) == ("filled", 0.00001)


def test_a_balance(side: KucoinAccount) -> None:
    """What is on hold is locked; only the account that trades counts."""
    balance = row_of(side, frame(BALANCES, BALANCE))
    assert fields(balance, ("asset", "free", "locked", "total", "timestamp", "counts")) == {
        "asset": "USDT", "free": 20.13, "locked": 1.001, "total": 21.13, "timestamp": 1730269283892, "counts": True,
    }  # fmt: skip
    for event, counts in (("trade_hf.hold", True), ("main.deposit", False), ("margin.hold", False)):
        assert row_of(side, frame(BALANCES, BALANCE | {"relationEvent": event})).counts is counts


# Answers


def test_what_a_socket_answers(side: KucoinAccount) -> None:
    """An acknowledgement bears the number of its command; an old token asks for a new one."""
    assert said(side, {"id": "1545910660739", "type": "ack"}) == [Ack(id="1545910660739")]
    expired = {"id": "1", "type": "error", "code": 401, "data": "token is expired"}
    assert said(side, expired) == [Expired("token is expired")]


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("400001", CHECK_KEY), ("400002", CHECK_CLOCK), ("400003", CHECK_KEY), ("400004", CHECK_PASSPHRASE),
        ("400005", CHECK_SECRET), ("400006", CHECK_RIGHTS), ("400007", CHECK_RIGHTS),
    ],
)  # fmt: skip
def test_a_refused_call(side: KucoinAccount, code: str, hint: str) -> None:
    """A refused signature says what to look at, and a wrong time is known as one."""
    error = side.failure("/api/v1/accounts", 401, f'{{"code":"{code}","msg":"no"}}'.encode())
    assert isinstance(error, AuthenticationError)
    assert hint in str(error)
    assert side.is_clock_error(error) is (hint == CHECK_CLOCK)


# The present state


def test_open_orders(side: KucoinAccount) -> None:
    """They are listed market by market, after the markets that have some; these are no orders."""
    pages = side.open_orders()
    first = next(pages)
    assert (first.path, first.query) == ("/api/v1/hf/orders/active/symbols", {})
    answers = [answer({"symbols": ["BTC-USDT", "ETH-USDT"]}), answer([LISTED]), answer([])]
    requests, rows = walk(side, side.open_orders(), answers)
    assert [request.query for request in requests[1:]] == [{"symbol": "BTC-USDT"}, {"symbol": "ETH-USDT"}]
    order = rows[1]
    assert (order.status, order.quantity, order.filled_quantity, order.price) == ("partial", 0.00002, 0.00001, 70000.0)
    assert (order.total_fee, order.cumulative_quote, order.timestamp) == ("0.000677176", "0.677176", 1729577515481)


def test_past_orders(side: KucoinAccount) -> None:
    """A full page says where the next one goes on; what was cancelled in part is cancelled."""
    page = [LISTED | {"id": str(number), "active": False} for number in range(100)]
    over = LISTED | {"active": False, "cancelExist": True}
    answers = [answer({"items": page, "lastId": 77}), answer({"items": [over], "lastId": 76})]
    requests, orders = walk(side, side.orders_since(1729577000000, ["BTC-USDT"]), answers)
    query = {"symbol": "BTC-USDT", "startAt": "1729577000000", "limit": "100"}
    assert [request.query for request in requests] == [query, query | {"lastId": "77"}]
    assert (orders[0].status, orders[-1].status, len(orders)) == ("filled", "canceled", 101)


def test_one_order(side: KucoinAccount) -> None:
    """An order is asked for by its id and its market."""
    [request], [order] = walk(side, side.order("BTC-USDT", "6720ecd9"), [answer(LISTED)])
    assert (request.path, request.query) == ("/api/v1/hf/orders/6720ecd9", {"symbol": "BTC-USDT"})
    assert order.order_id == "6720ecd9"


def test_fills(side: KucoinAccount) -> None:
    """Fills carry the fees, and are listed by market and time or by order."""
    [request], [fill] = walk(side, side.fills_of("BTC-USDT", "6720ecd9"), [answer({"items": [FILL], "lastId": 1})])
    assert (request.path, request.signed) == ("/api/v1/hf/fills", True)
    assert request.query == {"symbol": "BTC-USDT", "orderId": "6720ecd9", "limit": "100"}
    names = ("trade_id", "order_id", "side", "price", "quantity", "trade_type", "fee", "fee_asset", "timestamp")
    assert fields(fill, names) == {
        "trade_id": 11067996711960577, "order_id": "6720ecd9", "side": "buy", "price": 67717.6, "quantity": 0.00001,
        "trade_type": "maker", "fee": 0.000677176, "fee_asset": "USDT", "timestamp": 1729577515473,
    }  # fmt: skip
    since, _ = walk(side, side.fills_since(1729577000000, ["BTC-USDT"]), [answer({"items": [], "lastId": 0})])
    assert since[0].query == {"symbol": "BTC-USDT", "startAt": "1729577000000", "limit": "100"}


def test_balances_by_rest(side: KucoinAccount) -> None:
    """Of several accounts the one that trades counts."""
    row = {"id": "1", "currency": "USDT", "type": "trade", "balance": "21.131", "available": "20.13", "holds": "1.001"}
    _, [traded, kept] = walk(side, side.balances(), [answer([row, row | {"type": "main"}])])
    assert (traded.free, traded.locked, traded.total) == (20.13, 1.001, 21.131)
    assert (traded.counts, kept.counts) == (True, False)
