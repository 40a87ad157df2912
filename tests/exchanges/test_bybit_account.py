"""The account of Bybit spot: login, signatures, orders, executions, the wallet, and the present state by REST."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from bt_api_py.containers import BalanceData, OrderData, Topic, TradeData
from bt_api_py.exceptions import AuthenticationError, RequestFailedError
from bt_api_py.exchanges.account_base import CHECK_CLOCK, CHECK_KEY, CHECK_RIGHTS, CHECK_SECRET
from bt_api_py.exchanges.base import Ack, Alive, Ignored, Refusal, Rejected, Request
from bt_api_py.exchanges.bybit import BybitAccount, BybitSpot
from bt_api_py.exchanges.bybit.account_rows import STATUS
from bt_api_py.settings import ExchangeSettings

from .accounts import fields, ids, messages, row_of, rows_of, said, sent, walk

KEY, SECRET = "docsKey", "docsSecret"
TOPIC = Topic("BYBIT___SPOT", "account")
ORDER_FRAME = (
    '{"id":"5923240c6880ab-c59f-420b-9adb-3639adc9dd90","topic":"order","creationTime":1672364262474,"data":[{'
    '"category":"spot","symbol":"BTCUSDT","orderId":"1523347543495541248","orderLinkId":"my-1","side":"Buy",'
    '"orderType":"Limit","price":"30000","qty":"0.010","orderStatus":"PartiallyFilled","timeInForce":"GTC",'
    '"avgPrice":"29999.5","leavesQty":"0.006","leavesValue":"180","cumExecQty":"0.004","cumExecValue":"119.998",'
    '"cumExecFee":"0.000004","cumFeeDetail":{"BTC":"0.000004"},"cancelType":"UNKNOWN","rejectReason":"EC_NoError",'
    '"createdTime":"1672364262444","updatedTime":"1672364262457","isLeverage":"0","stopOrderType":"",'
    '"triggerPrice":"","reduceOnly":false,"marketUnit":""}]}'
)
WALLET_FRAME = (
    '{"id":"592324d2bce751-ad38-48eb-8f42-4671d1fb4d4e","topic":"wallet","creationTime":1700034722104,"data":[{'
    '"accountType":"UNIFIED","totalEquity":"10262.91","totalWalletBalance":"9684.46","totalAvailableBalance":'
    '"9556.60","coin":[{"coin":"USDT","equity":"1000.5","usdValue":"1000.4","walletBalance":"1000.5","locked":"120",'
    '"totalOrderIM":"0","totalPositionIM":"0","unrealisedPnl":"0","borrowAmount":"0","spotBorrow":"0",'
    '"availableToWithdraw":""}]}]}'
)
ORDER = json.loads(ORDER_FRAME)["data"][0]
EXECUTION = {
    "category": "spot", "symbol": "BTCUSDT", "orderId": "1523347543495541248", "orderLinkId": "my-1", "side": "Buy",
    "execId": "2290000000900719925", "execPrice": "29999.5", "execQty": "0.004", "execValue": "119.998",
    "execFee": "0.000004", "feeRate": "0.001", "feeCurrency": "BTC", "isMaker": False, "execTime": "1672364262450",
    "execType": "Trade", "leavesQty": "0.006", "orderQty": "0.010", "orderPrice": "30000", "seq": 7961638724,
}  # fmt: skip


@pytest.fixture
def side() -> BybitAccount:
    """Return an account with the documents' key."""
    return BybitAccount(ExchangeSettings(api_key=KEY, secret=SECRET))


def frame(topic: str, *rows: Any) -> dict[str, Any]:
    """Return a push."""
    return {"id": "1", "topic": topic, "creationTime": 1672364262474, "data": list(rows)}


def order_of(side: BybitAccount, /, **changes: Any) -> OrderData:
    """Return the documents' order with some fields changed."""
    return OrderData(row_of(side, frame("order", ORDER | changes)), TOPIC)


def fill_of(side: BybitAccount, /, **changes: Any) -> TradeData:
    """Return the execution with some fields changed."""
    return TradeData(row_of(side, frame("execution", EXECUTION | changes)), TOPIC)


def answer(*rows: Any, cursor: str | None = "") -> dict[str, Any]:
    """Return a list by REST."""
    result = {"category": "spot", "list": list(rows), "nextPageCursor": cursor}
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 1672364262500}


# Where, and with what signature


def test_the_public_side_names_it() -> None:
    """The account of Bybit spot is found through the exchange, on a socket of all categories."""
    assert BybitSpot.account is BybitAccount
    assert BybitAccount.missing(ExchangeSettings()) == ["api_key", "secret"]
    real, test = (BybitAccount(ExchangeSettings(testnet=testnet)) for testnet in (False, True))
    assert real.endpoints["account"].url(real.settings) == "wss://stream.bybit.com/v5/private"
    assert test.endpoints["account"].url(test.settings) == "wss://stream-testnet.bybit.com/v5/private"
    assert test.rest_url == "https://api-testnet.bybit.com"


def test_a_login(side: BybitAccount) -> None:
    """The login is good for ten seconds from the venue's time, and signed: the documents' example."""
    command = side.login(1700000000000, iter([10001]))
    assert sent(command) == {
        "req_id": "10001",
        "op": "auth",
        "args": [KEY, 1700000010000, "d51817983ecf72a2b0064aef381aabd5243f8f697230847a9a59c760a6436971"],
    }
    assert (command.names, command.id) == (("auth",), "10001")


def test_a_signed_call(side: BybitAccount) -> None:
    """Time, key, window and the query as it is sent are signed: the documents' example."""
    request = Request("/v5/order/realtime", BybitAccount.rest_orders, {"category": "spot", "symbol": "BTCUSDT"})
    call = side.sign(request, 1700000000000)
    assert call.query == "category=spot&symbol=BTCUSDT"
    assert call.headers == {
        "X-BAPI-API-KEY": KEY,
        "X-BAPI-TIMESTAMP": "1700000000000",
        "X-BAPI-RECV-WINDOW": "5000",
        "X-BAPI-SIGN": "dfadd7ab56cdaf47dfc1f0ca1383938195e169406d47619e5c18846bbb60ce69",
    }


def test_a_cursor_is_signed_as_it_is_sent(side: BybitAccount) -> None:
    """What has to be encoded is signed encoded."""
    request = Request("/v5/order/history", BybitAccount.rest_orders, {"category": "spot", "cursor": "a=1&b"})
    call = side.sign(request, 1700000000000)
    assert call.query == "category=spot&cursor=a%3D1%26b"
    assert call.headers["X-BAPI-SIGN"] == side._signature(f"1700000000000{KEY}5000{call.query}")


def test_subscriptions(side: BybitAccount) -> None:
    """Topics of this category are asked for one by one, since one that is refused would cost all of a command."""
    commands = side.subscribe(side.names, ids())
    assert [sent(command) for command in commands] == [
        {"req_id": "1", "op": "subscribe", "args": ["order.spot"]},
        {"req_id": "2", "op": "subscribe", "args": ["execution.spot"]},
        {"req_id": "3", "op": "subscribe", "args": ["wallet"]},
    ]
    assert (commands[0].names, commands[0].id) == (("order.spot",), "1")
    [back] = side.unsubscribe(["wallet"], ids())
    assert sent(back) == {"req_id": "1", "op": "unsubscribe", "args": ["wallet"]}


def test_nothing_shows_a_secret(side: BybitAccount) -> None:
    """Neither credentials nor a signature stand in the repr of anything that holds them."""
    command = side.login(1700000000000, ids())
    call = side.sign(next(side.open_orders()), 1700000000000)
    shown = "".join(map(repr, (side.settings, command, call, vars(side))))
    for hidden in (KEY, SECRET, sent(command)["args"][2], call.headers["X-BAPI-SIGN"]):
        assert hidden not in shown


# Orders


def test_the_documented_order(side: BybitAccount) -> None:
    """Every field of the documents' order is what their table says."""
    row = row_of(side, json.loads(ORDER_FRAME))
    assert (row.kind, row.venue_symbol, row.fill, row.awaits_fill) == ("order", "BTCUSDT", None, None)
    order = OrderData(row, TOPIC)
    assert (order.get_order_id(), order.get_client_order_id()) == ("1523347543495541248", "my-1")
    assert (order.get_side(), order.get_order_type(), order.get_order_time_in_force()) == ("buy", "limit", "GTC")
    assert (order.get_price(), order.get_quantity(), order.get_filled_quantity()) == (30000.0, 0.01, 0.004)
    assert (order.get_status(), order.get_order_status()) == ("partial", "PartiallyFilled")
    assert (order.get_avg_price(), order.get_reduce_only()) == (29999.5, False)
    assert (order.get_create_time(), order.get_timestamp()) == (1672364262444, 1672364262457)
    assert (row.total_fee, row.total_fee_asset) == ("0.000004", "BTC")


@pytest.mark.parametrize("topic", ["order", "order.spot"])
def test_a_topic_under_either_name(side: BybitAccount, topic: str) -> None:
    """A topic of one category is understood under its own name and under that of all categories."""
    [(name, row)] = side.decode(json.dumps(frame(topic, ORDER)).encode())
    assert (name, row.order_id) == ("order.spot", ORDER["orderId"])


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("New", "new"),
        ("Untriggered", "new"),
        ("Triggered", "new"),
        ("PartiallyFilled", "partial"),
        ("Filled", "filled"),
        ("Cancelled", "canceled"),
        ("PartiallyFilledCanceled", "canceled"),
        ("Deactivated", "canceled"),
        ("Rejected", "rejected"),
        ("Thinking", "unknown"),
    ],
)
def test_status(side: BybitAccount, word: str, status: str) -> None:
    """Each of the venue's words has its normalised one; none says that an order expired."""
    order = order_of(side, orderStatus=word)
    assert (order.get_status(), order.get_order_status()) == (status, word)
    assert (word in STATUS) == (status != "unknown")
    assert side.cancels == {"expired"}


@pytest.mark.parametrize(
    ("change", "quantity"),
    [
        ({"side": "Buy"}, None),
        ({"side": "Buy", "marketUnit": "quoteCoin"}, None),
        ({"side": "Buy", "marketUnit": "baseCoin"}, 0.01),
        ({"side": "Sell"}, 0.01),
        ({"side": "Sell", "marketUnit": "quoteCoin"}, None),
        ({"side": "Buy", "orderStatus": "Filled", "cumExecQty": "0.02"}, 0.02),
    ],
)
def test_quantity_of_a_market_order(side: BybitAccount, change: dict[str, str], quantity: float | None) -> None:
    """A market order for an amount of money has no base quantity until it was filled."""
    found = order_of(side, orderType="Market", price="", timeInForce="IOC", **change).get_quantity()
    assert found == quantity if quantity is not None else math.isnan(found)


@pytest.mark.parametrize("text", ["", "0", None])
def test_no_mean_price_before_the_first_fill(side: BybitAccount, text: str | None) -> None:
    """An empty text, a zero and a null stand for no mean price."""
    assert math.isnan(order_of(side, avgPrice=text).get_avg_price())


def test_fees_in_several_assets_are_no_sum(side: BybitAccount) -> None:
    """Where an order cost several assets, or nothing yet, the order tells no fee; its fills do."""
    for detail in ({"BTC": "0.1", "MNT": "2"}, {}, None):
        row = row_of(side, frame("order", ORDER | {"cumFeeDetail": detail}))
        assert (row.total_fee, row.total_fee_asset) == (None, None)


@pytest.mark.parametrize(
    "change", [{"orderId": ""}, {"symbol": ""}, {"side": "Neither"}, {"updatedTime": ""}, {"orderStatus": None}]
)
def test_a_record_without_what_makes_it_is_refused(side: BybitAccount, change: dict[str, Any]) -> None:
    """An order without id, market, side, time or status is refused, and its neighbour is not."""
    found = rows_of(side, frame("order", ORDER | change, ORDER))
    assert sorted(type(row).__name__ for row in found) == ["Order", "Rejected"]


# Executions


def test_an_execution(side: BybitAccount) -> None:
    """A fill has one's own side, and a fee that is positive when it is paid."""
    fill = fill_of(side)
    assert (fill.get_trade_id(), fill.get_order_id()) == ("2290000000900719925", "1523347543495541248")
    assert (fill.get_client_order_id(), fill.get_side(), fill.get_trade_type()) == ("my-1", "buy", "taker")
    assert (fill.get_price(), fill.get_quantity(), fill.get_timestamp()) == (29999.5, 0.004, 1672364262450)
    assert (fill.get_trade_fee(), fill.get_trade_fee_symbol()) == (0.000004, "BTC")


@pytest.mark.parametrize(
    ("side_word", "fee", "asset"),
    [("Buy", "0.1", "BTC"), ("Sell", "0.1", "USDT"), ("Buy", "-0.1", "USDT"), ("Sell", "-0.1", "BTC")],
)
def test_the_asset_of_a_fee_that_is_not_told(side: BybitAccount, side_word: str, fee: str, asset: str) -> None:
    """Fees are taken of what is received, and rebates are given in the other asset."""
    change = {"side": side_word, "execFee": fee, "isMaker": True}
    fill = fill_of(side, feeCurrency="", **change)
    assert (fill.get_trade_fee_symbol(), fill.get_trade_fee(), fill.get_trade_type()) == (asset, float(fee), "maker")
    assert fill_of(side, feeCurrency="MNT", **change).get_trade_fee_symbol() == "MNT"


@pytest.mark.parametrize("word", ["Trade", "AdlTrade", "BustTrade", "Delivery", "BlockTrade", "Funding", "Settle"])
def test_only_trades_are_fills(side: BybitAccount, word: str) -> None:
    """An execution that pays funding is none of one's fills."""
    found = rows_of(side, frame("execution", EXECUTION | {"execType": word}))
    assert len(found) == (word not in ("Funding", "Settle"))


# The wallet


def test_the_documented_wallet(side: BybitAccount) -> None:
    """What orders and positions need is locked, the rest free; the time is that of the frame."""
    held = BalanceData(row_of(side, json.loads(WALLET_FRAME)), TOPIC)
    assert (held.get_asset(), held.get_timestamp()) == ("USDT", 1700034722104)
    assert (held.get_total_balance(), held.get_locked_balance(), held.get_free_balance()) == (1000.5, 120.0, 880.5)
    assert held.get_unrealized_profit() == 0.0


@pytest.mark.parametrize(
    ("change", "locked"),
    [
        ({"locked": "0.1", "totalOrderIM": "0.2", "totalPositionIM": "0.3"}, 0.6),
        ({"locked": "", "totalOrderIM": "", "totalPositionIM": ""}, 0.0),
        ({"locked": None, "totalOrderIM": "5"}, 5.0),
    ],
)
def test_what_is_locked(side: BybitAccount, change: dict[str, Any], locked: float) -> None:
    """Orders on spot and margin of contracts add up, exactly; an empty text is nothing."""
    plain = json.loads(WALLET_FRAME)
    plain["data"][0]["coin"][0].update(change)
    held = BalanceData(row_of(side, plain), TOPIC)
    assert held.get_locked_balance() == locked
    assert held.get_free_balance() == pytest.approx(1000.5 - locked)


def test_a_coin_that_makes_no_sense(side: BybitAccount) -> None:
    """A coin without a name is refused; an amount that is no number is not told."""
    plain = json.loads(WALLET_FRAME)
    [coin] = plain["data"][0]["coin"]
    plain["data"][0]["coin"] = [coin | {"coin": ""}, coin | {"locked": "much"}]
    good, bad = rows_of(side, plain)
    assert type(bad) is Rejected
    assert math.isnan(BalanceData(good, TOPIC).get_locked_balance())


# What frames without data say


@pytest.mark.parametrize(
    "frame",
    [
        '{"success":true,"ret_msg":"","op":"auth","conn_id":"cejreaspqfh3sjdnldmg-p"}',
        '{"op":"auth","success":true,"retCode":0,"retMsg":"","connId":"cejreaspqfm9se7usbrg-2xh"}',
    ],
)
def test_a_login_that_was_accepted(side: BybitAccount, frame: str) -> None:
    """Both spellings of the answer to a login are known by its name."""
    assert said(side, json.loads(frame)) == [Ack(name="auth")]


@pytest.mark.parametrize(
    ("frame", "code", "hint"),
    [
        (
            '{"op":"auth","success":false,"retCode":10003,"retMsg":"Invalid apikey",'
            '"connId":"cejreaspqfm9se7usbrg-3ab"}',
            "10003",
            CHECK_KEY,
        ),
        ('{"success":false,"retCode":10004,"ret_msg":"error sign","op":"auth","conn_id":"1"}', "10004", CHECK_SECRET),
        ('{"success":false,"retCode":10005,"retMsg":"Permission denied","op":"auth"}', "10005", CHECK_RIGHTS),
        ('{"success":false,"retCode":10010,"retMsg":"Unmatched IP","op":"auth"}', "10010", CHECK_RIGHTS),
        ('{"success":false,"retCode":10002,"retMsg":"time window","op":"auth"}', "10002", CHECK_CLOCK),
        ('{"success":false,"ret_msg":"Failed to authenticate","op":"auth","conn_id":"24068148"}', "", ""),
        ('{"success":false,"ret_msg":"error:USVC1111","conn_id":"e7","request":{"op":"auth","args":[]}}', "", ""),
    ],
)
def test_a_login_that_was_refused(side: BybitAccount, frame: str, code: str, hint: str) -> None:
    """A refused login ends the streams, also without a code; one that is a matter of the clock does not."""
    [refusal] = said(side, json.loads(frame))
    assert type(refusal) is Refusal
    is_clock = hint == CHECK_CLOCK
    assert (refusal.name, refusal.code, refusal.is_login, refusal.is_clock) == ("auth", code, not is_clock, is_clock)
    assert hint in refusal.detail


@pytest.mark.parametrize(
    ("frame", "meaning"),
    [
        ('{"op":"pong","args":["1675418560633"],"req_id":"2","conn_id":"a"}', Alive()),
        ('{"success":true,"ret_msg":"","conn_id":"a","req_id":"1","op":"subscribe"}', Ack(id="1")),
        (
            '{"success":false,"ret_msg":"error:handler not found,topic:order.spot","conn_id":"a","req_id":"1",'
            '"op":"subscribe"}',
            Refusal("error:handler not found,topic:order.spot", id="1", name="order.spot"),
        ),
        ('{"conn_id":"a"}', Ignored("frame without topic or op")),
    ],
)
def test_other_answers(side: BybitAccount, frame: str, meaning: Any) -> None:
    """Answers to subscriptions and pings are those of public sockets."""
    assert said(side, json.loads(frame)) == [meaning]


@pytest.mark.parametrize("payload", [b"", b"[]", b"{", b'{"topic":7}', b"\xff", b"[" * 100_000])
def test_garbage(side: BybitAccount, payload: bytes) -> None:
    """A frame that makes no sense is refused and raises nothing."""
    ((name, item),) = side.decode(payload)
    assert (name, type(item)) == ("", Rejected)


# The present state by REST


def test_open_orders_come_in_pages(side: BybitAccount) -> None:
    """A list goes on at the venue's cursor, which it sends encoded, until there is none."""
    answers = [answer(ORDER, cursor="page_token%3D39380%26"), answer(ORDER | {"orderId": "5"}, cursor="")]
    requests, rows = walk(side, side.open_orders(), answers)
    assert [request.query for request in requests] == [
        {"category": "spot", "limit": "50"},
        {"category": "spot", "limit": "50", "cursor": "page_token=39380&"},
    ]
    assert {(request.path, request.signed) for request in requests} == {("/v5/order/realtime", True)}
    assert side.sign(requests[1], 1).query.endswith("cursor=page_token%3D39380%26")
    assert [row.order_id for row in rows] == [ORDER["orderId"], "5"]


@pytest.mark.parametrize("cursor", ["", None, "again"])
def test_a_cursor_that_leads_nowhere_ends_the_walk(side: BybitAccount, cursor: str | None) -> None:
    """A list ends without a cursor, and where it leads back to itself."""
    answers = [answer(ORDER, cursor="again"), answer(ORDER, cursor=cursor)]
    requests, _ = walk(side, side.open_orders(), answers)
    assert len(requests) == 2


def test_past_orders_and_fills_are_read_back_to_a_time(side: BybitAccount) -> None:
    """Lists of the past begin with the newest, and are left at the first record that is older."""
    requests, rows = walk(side, side.orders_since(1672364262445, []), [answer(ORDER, cursor="more")])
    assert (requests[0].path, len(rows)) == ("/v5/order/history", 1)
    older, newer = EXECUTION | {"execTime": "1672364262000"}, EXECUTION | {"execTime": "1672364263000"}
    funding = newer | {"execType": "Funding"}
    answers = [answer(newer, cursor="2"), answer(funding, cursor="3"), answer(older, cursor="4")]
    requests, rows = walk(side, side.fills_since(1672364262001, []), answers)
    assert [request.query.get("cursor") for request in requests] == [None, "2", "3"]
    assert {request.path for request in requests} == {"/v5/execution/list"}
    assert [row.timestamp for row in rows] == [1672364263000, 1672364262000]


def test_one_order(side: BybitAccount) -> None:
    """An order that is not among the latest is looked for among those that are long over."""
    query = {"category": "spot", "symbol": "BTCUSDT", "orderId": "5"}
    requests, rows = walk(side, side.order("BTCUSDT", "5"), [answer(ORDER | {"orderId": "5"})])
    assert [(request.path, request.query) for request in requests] == [("/v5/order/realtime", query)]
    requests, rows = walk(side, side.order("BTCUSDT", "5"), [answer(), answer(ORDER | {"orderId": "5"})])
    assert [(request.path, request.query) for request in requests][1] == ("/v5/order/history", query)
    assert [row.order_id for row in rows] == ["5"]


def test_the_wallet_by_rest(side: BybitAccount) -> None:
    """The wallet by REST has the form of the stream, and the time of the answer."""
    [request], [row] = walk(side, side.balances(), [answer(*json.loads(WALLET_FRAME)["data"])])
    assert (request.path, request.query, request.signed) == (
        "/v5/account/wallet-balance",
        {"accountType": "UNIFIED"},
        True,
    )
    assert fields(row, ("kind", "asset", "total", "locked", "timestamp")) == {
        "kind": "balance",
        "asset": "USDT",
        "total": "1000.5",
        "locked": 120.0,
        "timestamp": 1672364262500,
    }


def test_failures(side: BybitAccount) -> None:
    """An answer is an error of the kind that says what to do."""
    path = "/v5/order/realtime"
    for code, hint in ((10002, CHECK_CLOCK), (10003, CHECK_KEY), (10004, CHECK_SECRET), (10010, CHECK_RIGHTS)):
        error = side.failure(path, 200, json.dumps({"retCode": code, "retMsg": "No."}).encode())
        assert type(error) is AuthenticationError
        assert hint in str(error)
        assert side.is_clock_error(error) == (code == 10002)
    other = side.failure(path, 200, b'{"retCode":110001,"retMsg":"order not exists or too late to cancel"}')
    assert type(other) is RequestFailedError
    assert other.code == "110001"


# Recorded messages


def test_recorded_answers_to_commands(side: BybitAccount) -> None:
    """Every recorded answer to a command is understood."""
    for message in messages("bybit", "control"):
        assert not [item for item in said(side, message) if type(item) in (Rejected, Ignored)]


def test_recorded_wallets(side: BybitAccount) -> None:
    """Every coin of recorded wallets is read, by the stream and by REST."""
    seen = 0
    for message in messages("bybit", "balances"):
        coins = [coin for account in message["data"] for coin in account["coin"]]
        rows = rows_of(side, message)
        assert [(row.asset, row.total) for row in rows] == [(coin["coin"], coin["walletBalance"]) for coin in coins]
        assert all(math.isfinite(BalanceData(row, TOPIC).get_free_balance()) for row in rows)
        seen += len(rows)
    assert seen >= 8
    listed = [body for body in messages("bybit", "http") if "walletBalance" in json.dumps(body)]
    assert len(listed) >= 3
    for body in listed:
        coins = [coin["coin"] for account in body["result"]["list"] for coin in account["coin"]]
        _, rows = walk(side, side.balances(), [body])
        assert [row.asset for row in rows] == coins
