"""Bybit spot: every public message of its documents becomes what they say."""

from __future__ import annotations

import json
import math
from itertools import count
from typing import Any

import pytest

from bt_api_py.book.sequence import BookKeeper
from bt_api_py.containers import BarData, SymbolData, TickerData, Topic, TradeData
from bt_api_py.exceptions import (
    AuthenticationError,
    BookGapError,
    InvalidSymbolError,
    RateLimitError,
    RequestFailedError,
)
from bt_api_py.exchanges import exchange_class
from bt_api_py.exchanges.base import Ack, Alive, Refusal, Rejected, Subscription
from bt_api_py.exchanges.bybit import BybitSpot, BybitSwap

from .accounts import messages
from .material import objects, only, values

TICKER = (
    '{"topic":"tickers.BTCUSDT","ts":1673853746003,"type":"snapshot","cs":2588407389,"data":{"symbol":"BTCUSDT",'
    '"lastPrice":"21109.77","highPrice24h":"21426.99","lowPrice24h":"20575","prevPrice24h":"20704.93",'
    '"volume24h":"6780.866843","turnover24h":"141946527.22907118","price24hPcnt":"0.0196",'
    '"usdIndexPrice":"21120.2400136"}}'
)
TRADE = (
    '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":1672304486865,"s":"BTCUSDT",'
    '"S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"20f43950-d8dd-5b31-9112-a178eb6023af","BT":false,'
    '"RPI":false,"seq":1783284617}]}'
)
SNAPSHOT = (
    '{"topic":"orderbook.50.BTCUSDT","ts":1672304484978,"type":"snapshot","data":{"s":"BTCUSDT","b":[["16493.50",'
    '"0.006"],["16493.00","0.100"]],"a":[["16611.00","0.029"],["16612.00","0.213"]],"u":18521288,"seq":7961638724},'
    '"cts":1672304484976}'
)
DELTA = (
    '{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1687940967466,"data":{"s":"BTCUSDT","b":[["30247.20",'
    '"30.028"],["30240.00","0"]],"a":[["30248.70","0"],["30249.30","0.892"]],"u":177400507,"seq":66544703342},'
    '"cts":1687940967464}'
)
CANDLE = (
    '{"topic":"kline.5.BTCUSDT","data":[{"start":1672324800000,"end":1672325099999,"interval":"5","open":"16649.5",'
    '"close":"16677","high":"16677","low":"16608","volume":"2.081","turnover":"34666.4005","confirm":false,'
    '"timestamp":1672324988882}],"ts":1672324988882,"type":"snapshot"}'
)
INSTRUMENT = (
    '{"symbol":"BTCUSDT","baseCoin":"BTC","quoteCoin":"USDT","innovation":"0","status":"Trading",'
    '"marginTrading":"utaOnly","lotSizeFilter":{"basePrecision":"0.000001","quotePrecision":"0.00000001",'
    '"minOrderQty":"0.000048","maxOrderQty":"71.73956243","minOrderAmt":"1","maxOrderAmt":"2000000"},'
    '"priceFilter":{"tickSize":"0.01"}}'
)
BTC = Topic("BYBIT___SPOT", "trades", "BTC-USDT", "BTCUSDT")


@pytest.fixture
def bybit() -> BybitSpot:
    """Return a fresh adapter."""
    return BybitSpot()


def read(bybit: BybitSpot, request: Any, result: Any) -> list[Any]:
    """Return the objects of a REST answer."""
    answer = {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 1672304487000}
    found, refused = bybit.read(request, json.dumps(answer).encode(), BTC)
    assert refused == []
    return found


def book_frame(number: int, kind: str = "delta", bids: Any = (), asks: Any = ()) -> str:
    """Return a frame of the book of BTCUSDT."""
    data = {"s": "BTCUSDT", "b": bids, "a": asks, "u": number, "seq": number * 7}
    return json.dumps({"topic": "orderbook.50.BTCUSDT", "ts": 1, "type": kind, "data": data, "cts": 1})


def keeper(bybit: BybitSpot, name: str) -> BookKeeper:
    """Return the keeper that the channel of a name asks for."""
    book = bybit.channel_of(name).book
    assert book is not None
    return BookKeeper(book.rule, depth=book.depth)


def test_the_exchange_is_found_by_its_name() -> None:
    """The adapter is in the list of venues."""
    assert exchange_class("BYBIT___SPOT") is BybitSpot


# Streams


def test_a_ticker_has_no_best_prices_and_a_change_in_percent(bybit: BybitSpot) -> None:
    """The change, sent as a fraction, is told in percent; what spot does not send is no number."""
    ticker = only(bybit, TICKER)
    assert type(ticker) is TickerData
    expected = {
        "timestamp": 1673853746003,
        "last_price": 21109.77,
        "open_price": 20704.93,
        "high_price": 21426.99,
        "low_price": 20575.0,
        "volume": 6780.866843,
        "turnover_24h": 141946527.22907118,
    }
    assert values(ticker, list(expected)) == expected
    assert ticker.get_price_change() == pytest.approx(1.96)
    assert ticker.get_price_change_abs() == pytest.approx(404.84)
    assert all(map(math.isnan, (ticker.get_bid_price(), ticker.get_ask_price())))


def test_a_trade_has_the_takers_side_and_an_opaque_id(bybit: BybitSpot) -> None:
    """The id is the text that was sent, and nothing is concluded from it."""
    trade = only(bybit, TRADE)
    assert type(trade) is TradeData
    expected = {
        "trade_id": "20f43950-d8dd-5b31-9112-a178eb6023af",
        "timestamp": 1672304486865,
        "price": 16578.5,
        "quantity": 0.001,
        "side": "buy",
    }
    assert values(trade, list(expected)) == expected
    numeric = only(bybit, TRADE.replace("20f43950-d8dd-5b31-9112-a178eb6023af", "2290000000900719925"))
    assert (numeric.get_trade_id(), numeric.get_first_trade_id()) == ("2290000000900719925", None)


def test_one_bad_trade_costs_itself(bybit: BybitSpot) -> None:
    """A side that does not exist costs its record, and no other one of the frame."""
    frame = json.loads(TRADE)
    frame["data"].append(frame["data"][0] | {"S": "Neither", "i": "x"})
    good, bad = objects(bybit, json.dumps(frame))
    assert (type(good), type(bad)) == (TradeData, Rejected)


def test_a_candle_says_whether_it_is_closed(bybit: BybitSpot) -> None:
    """A candle is closed when the venue confirms it; no number of trades is told."""
    bar = only(bybit, CANDLE)
    assert type(bar) is BarData
    expected = {
        "timestamp": 1672324800000,
        "close_time": 1672325099999,
        "interval": "5m",
        "open": 16649.5,
        "high": 16677.0,
        "low": 16608.0,
        "close": 16677.0,
        "volume": 2.081,
        "amount": 34666.4005,
        "bar_status": False,
    }
    assert values(bar, list(expected)) == expected
    assert only(bybit, CANDLE.replace('"confirm":false', '"confirm":true')).get_bar_status() is True


# Books


def test_a_snapshot_and_an_update(bybit: BybitSpot) -> None:
    """Both literal frames are read, whatever the order of their keys; the time is that of the matching engine."""
    snapshot, delta = only(bybit, SNAPSHOT), only(bybit, DELTA)
    assert (snapshot.is_snapshot, snapshot.last, snapshot.timestamp) == (True, 18521288, 1672304484976)
    assert snapshot.bids == [("16493.50", "0.006"), ("16493.00", "0.100")]
    assert (delta.is_snapshot, delta.previous, delta.last) == (False, 177400506, 177400507)
    assert delta.asks == [("30248.70", "0"), ("30249.30", "0.892")]


def test_updates_count_by_one(bybit: BybitSpot) -> None:
    """The next number is applied, an old one left out, and a jump is a hole after which there is no book."""
    book = keeper(bybit, "orderbook.50.BTCUSDT")
    assert book.take(only(bybit, book_frame(7, "snapshot", [["10", "1"]], [["11", "1"]])))
    assert book.take(only(bybit, book_frame(8, bids=[["10", "0"], ["9", "2"]])))
    assert not book.take(only(bybit, book_frame(8, bids=[["9.5", "2"]])))
    assert book.book.bids.top(5) == [("9", "2")]
    with pytest.raises(BookGapError, match="expected 8"):
        book.take(only(bybit, book_frame(10)))
    assert not book.is_live


def test_number_one_is_a_new_beginning(bybit: BybitSpot) -> None:
    """After a restart of the service the numbers begin with 1: that frame replaces the book, whatever its type."""
    book = keeper(bybit, "orderbook.50.BTCUSDT")
    book.take(only(bybit, book_frame(900, "snapshot", [["10", "1"]], [["11", "1"]])))
    assert book.take(only(bybit, book_frame(1, "delta", [["20", "1"]], [["21", "1"]])))
    assert (book.book.bids.top(5), book.sequence) == ([("20", "1")], 1)
    assert book.take(only(bybit, book_frame(2, asks=[["21", "3"]])))


def test_the_best_levels_may_be_repeated(bybit: BybitSpot) -> None:
    """The best levels are whole each time; the repetition after three seconds is left out, an update refused."""
    frame = book_frame(60001, "snapshot", [["10", "1"]], []).replace("orderbook.50", "orderbook.1")
    book = keeper(bybit, "orderbook.1.BTCUSDT")
    assert book.take(only(bybit, frame))
    assert not book.take(only(bybit, frame))
    assert type(only(bybit, frame.replace('"snapshot"', '"delta"'))) is Rejected


# Names, commands and answers


def test_where_topics_are_found(bybit: BybitSpot) -> None:
    """Each kind has its channel, and a book the smallest that holds the levels asked for."""
    asked = {"levels": None}
    for levels, depth in ((1, 1), (2, 50), (50, 50), (51, 200), (500, 1000), (5000, 1000), (None, 1000)):
        asked["levels"] = levels
        assert bybit.place("depth", "BTCUSDT", **asked) == Subscription("public", f"orderbook.{depth}.BTCUSDT")
    assert bybit.place("klines", "BTCUSDT", interval="D").name == "kline.D.BTCUSDT"
    assert bybit.split("kline.D.BTCUSDT") == ("kline", "BTCUSDT", "D")
    assert bybit.split("orderbook.rpi.BTCUSDT") == ("orderbook.rpi", "BTCUSDT", "")


def test_commands_have_ten_arguments_at_most(bybit: BybitSpot) -> None:
    """Spot refuses a command with more than ten names, so there are several."""
    names = [f"publicTrade.A{number}USDT" for number in range(25)]
    made = bybit.subscribe(names, count(1))
    assert [len(command.names) for command in made] == [10, 10, 5]
    assert json.loads(made[2].payload) == {"req_id": "3", "op": "subscribe", "args": names[20:]}
    assert json.loads(bybit.unsubscribe(names[:1], count(9))[0].payload)["op"] == "unsubscribe"


def test_the_documented_commands(bybit: BybitSpot) -> None:
    """What is sent is what the documents show; of a ping, its number is left out, which nobody needs."""
    [asked] = bybit.subscribe(["orderbook.50.BTCUSDT", "publicTrade.BTCUSDT"], count(10001))
    assert asked.payload == (
        '{"req_id":"10001","op":"subscribe","args":["orderbook.50.BTCUSDT","publicTrade.BTCUSDT"]}'
    )
    [given] = bybit.unsubscribe(["publicTrade.BTCUSDT"], count(10002))
    assert given.payload == '{"req_id":"10002","op":"unsubscribe","args":["publicTrade.BTCUSDT"]}'
    heartbeat = bybit.endpoints["public"].heartbeat
    assert (heartbeat.send, heartbeat.within) == ('{"op":"ping"}', 20)


@pytest.mark.parametrize(
    ("frame", "meaning"),
    [
        ('{"success":true,"ret_msg":"pong","conn_id":"1","op":"ping"}', Alive()),
        ('{"success":true,"ret_msg":"pong","conn_id":"1","req_id":"","op":"ping"}', Alive()),
        ('{"op":"pong","args":["1675418560633"],"req_id":"2","conn_id":"1"}', Alive()),
        (
            '{"success":true,"ret_msg":"subscribe","conn_id":"2324d924-aa4d-45b0-a858-7b8be29ab52b","req_id":"10001",'
            '"op":"subscribe"}',
            Ack(id="10001"),
        ),
        (
            '{"success":true,"ret_msg":"","conn_id":"3cd84cb1-4d06-4a05-930a-2efe5fc70f0f","req_id":"10001",'
            '"op":"subscribe"}',
            Ack(id="10001"),
        ),
        (
            '{"success":true,"conn_id":"a","data":{"failTopics":[],"successTopics":["b"]},"type":"COMMAND_RESP"}',
            Ack(),
        ),
        (
            '{"success":false,"ret_msg":"error:handler not found,topic:orderbook.7.BTCUSDT",'
            '"conn_id":"cejreaspqfm9se7usbrg-2xh","req_id":"10001","op":"subscribe"}',
            Refusal("error:handler not found,topic:orderbook.7.BTCUSDT", id="10001", name="orderbook.7.BTCUSDT"),
        ),
        (
            '{"success":true,"ret_msg":"","conn_id":"7188110e-6908-41e9-b863-6365127e92ad","req_id":"10002",'
            '"op":"unsubscribe"}',
            Ack(id="10002"),
        ),
        (
            '{"success":false,"ret_msg":"error:already subscribed,topic:tickers.BTCUSDT","req_id":"4",'
            '"op":"subscribe"}',
            Ack(name="tickers.BTCUSDT"),
        ),
    ],
)
def test_answers(bybit: BybitSpot, frame: str, meaning: Any) -> None:
    """Answers of every product are understood."""
    assert only(bybit, frame) == meaning


@pytest.mark.parametrize(
    ("text", "name", "is_symbol"),
    [
        ("error:handler not found,topic:kline.5.NOSUCH", "kline.5.NOSUCH", True),
        ("Invalid topic: publicTrade.NOSUCH", "publicTrade.NOSUCH", True),
        ("something else", None, False),
    ],
)
def test_refusals(bybit: BybitSpot, text: str, name: str | None, is_symbol: bool) -> None:
    """A refusal names the topic where the venue does; of a channel that exists it is the market that does not."""
    frame = {"success": False, "ret_msg": text, "conn_id": "1", "req_id": "10001", "op": "subscribe"}
    assert only(bybit, json.dumps(frame)) == Refusal(text, id="10001", name=name, is_symbol=is_symbol)


# REST


def test_a_ticker_by_rest_has_best_prices(bybit: BybitSpot) -> None:
    """The list tells the best prices that the stream leaves out, and has the time of its answer."""
    row = json.loads(TICKER)["data"] | {"bid1Price": "21109.7", "bid1Size": "2", "ask1Price": "21109.8"}
    [ticker] = read(bybit, bybit.ticker_request("BTCUSDT"), {"category": "spot", "list": [row]})
    expected = {"bid_price": 21109.7, "bid_volume": 2.0, "ask_price": 21109.8, "timestamp": 1672304487000}
    assert values(ticker, list(expected)) == expected


def test_lists_are_put_in_order(bybit: BybitSpot) -> None:
    """Trades and bars are listed newest first, and handed out oldest first."""
    row = {"execId": "b", "symbol": "BTCUSDT", "price": "2", "size": "1", "side": "Sell", "time": "1672304486865"}
    rows = [row, row | {"execId": "a"}, row | {"execId": "0", "time": "1672304486000"}]
    trades = read(bybit, bybit.trades_request("BTCUSDT", 1000), {"category": "spot", "list": rows})
    assert [trade.get_trade_id() for trade in trades] == ["0", "a", "b"]
    assert (trades[0].get_side(), trades[0].get_timestamp()) == ("sell", 1672304486000)
    bars = [["1670608860000", "3", "4", "1", "2", "5", "10"], ["1670608800000", "1", "2", "1", "2", "3", "6"]]
    found = read(bybit, bybit.klines_request("BTCUSDT", "1", 2), {"category": "spot", "list": bars})
    assert [bar.get_timestamp() for bar in found] == [1670608800000, 1670608860000]
    assert (found[1].get_high(), found[1].get_low(), found[1].get_amount()) == (4.0, 1.0, 10.0)


def test_calls_keep_to_the_venues_limits(bybit: BybitSpot) -> None:
    """Every call names the category, without which the venue means contracts, and no list is asked for too long."""
    assert bybit.trades_request("BTCUSDT", 500).query == {"category": "spot", "symbol": "BTCUSDT", "limit": "60"}
    assert bybit.book_request("BTCUSDT", None).query["limit"] == "1000"
    assert bybit.klines_request("BTCUSDT", "D", 5000).query["limit"] == "1000"
    assert bybit.instruments_request().query == {"category": "spot"}


def test_bars_between_two_times_are_asked_for_in_pages(bybit: BybitSpot) -> None:
    """A full page was cut at its older end, so the next one ends before it."""
    pages = bybit.klines_between("BTCUSDT", "1", 0, 2000 * 60_000)
    first = next(pages)
    assert (first.query["start"], first.query["end"]) == ("0", "120000000")
    rows = [[str(number * 60_000), "1", "1", "1", "1", "0", "0"] for number in range(2000, 1000, -1)]
    second = pages.send(read(bybit, first, {"list": rows}))  # type: ignore[arg-type]
    assert second.query["end"] == str(1001 * 60_000 - 1)
    with pytest.raises(StopIteration):
        pages.send(read(bybit, second, {"list": rows[:3]}))  # type: ignore[arg-type]


def test_an_instrument(bybit: BybitSpot) -> None:
    """Steps and bounds of a market are found where spot has them."""
    [market] = read(bybit, bybit.instruments_request(), {"list": [json.loads(INSTRUMENT)], "nextPageCursor": ""})
    assert type(market) is SymbolData
    expected = {
        "base_asset": "BTC",
        "quote_asset": "USDT",
        "price_unit": 0.01,
        "qty_unit": 0.000001,
        "min_qty": 0.000048,
        "max_qty": 71.73956243,
        "min_notional": 1.0,
        "status": "trading",
        "contract_type": None,
    }
    assert values(market, list(expected)) == expected


def test_the_clock(bybit: BybitSpot) -> None:
    """The clock is that of the answer, in milliseconds."""
    [time] = read(bybit, bybit.time_request(), {"timeSecond": "1672304487", "timeNano": "1672304487000000000"})
    assert time.get_timestamp() == 1672304487000


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (403, b"access too frequent", RateLimitError),
        (403, b"<html>blocked</html>", RequestFailedError),
        (200, b'{"retCode":10006,"retMsg":"Too many visits!"}', RateLimitError),
        (200, b'{"retCode":10029,"retMsg":"symbol invalid"}', InvalidSymbolError),
        (200, b'{"retCode":10003,"retMsg":"API key is invalid."}', AuthenticationError),
        (200, b'{"retCode":10001,"retMsg":"params error"}', RequestFailedError),
        (200, b'{"retCode":10016,"retMsg":"Server error."}', RequestFailedError),
        (200, b'{"retCode":0,"retMsg":"OK","result":{}}', type(None)),
    ],
)
def test_errors(bybit: BybitSpot, status: int, body: bytes, error: type) -> None:
    """Most errors come with a good status; an address that is turned away has to wait for ten minutes."""
    found = bybit.failure("/v5/market/tickers", status, body)
    assert type(found) is error
    if body == b"access too frequent":
        assert isinstance(found, RateLimitError)
        assert found.retry_after == 600
    if b"10016" in body:
        assert found is not None
        assert found.retryable


# Recorded messages


@pytest.mark.parametrize("cls", [BybitSpot, BybitSwap])
def test_recorded_messages(cls: type[BybitSpot | BybitSwap]) -> None:
    """Every recorded frame of a channel that is offered is read; books of one level had updates in older days."""
    seen = 0
    for channel in ("ticker", "trades", "depth", "klines", "liquidations"):
        for frame in messages("bybit", channel):
            name = frame.get("topic", "")
            is_old = name.startswith("orderbook.1.") and frame["type"] == "delta"
            if is_old or cls().split(name)[0] not in cls.channels or "BTC-6JAN23" in name:
                continue
            exchange = cls()
            if frame["type"] == "delta" and name.startswith("tickers."):
                objects(exchange, json.dumps(frame | {"type": "snapshot"}))
            found = exchange.decode(json.dumps(frame).encode())
            rows = frame["data"] if isinstance(frame["data"], list) else [frame["data"]]
            assert [each for each, _ in found] == [name] * len(rows)
            assert not [item for _, item in found if type(item) is Rejected]
            seen += len(rows)
    assert seen >= 14
