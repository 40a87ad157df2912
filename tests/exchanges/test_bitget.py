"""Bitget: every message of its documents becomes what they say."""

from __future__ import annotations

import json
import math
from itertools import count
from typing import Any

import pytest

from bt_api_py.book.checksum import Crc32
from bt_api_py.book.orderbook import OrderBook
from bt_api_py.book.sequence import BookKeeper
from bt_api_py.containers import BarData, SymbolData, TickerData, Topic, TradeData
from bt_api_py.exceptions import (
    AuthenticationError,
    BookGapError,
    ChecksumError,
    InvalidSymbolError,
    RateLimitError,
    RequestFailedError,
)
from bt_api_py.exchanges import exchange_class
from bt_api_py.exchanges.base import Ack, Alive, Page, Refusal, Rejected, Request, Subscription
from bt_api_py.exchanges.bitget import BitgetSpot
from bt_api_py.settings import ExchangeSettings

from .material import objects, only, values

TICKER = (
    '{"action":"snapshot","arg":{"instType":"SPOT","channel":"ticker","instId":"BTCUSDT"},"data":[{"instId":"BTCUSDT",'
    '"lastPr":"43528.19","open24h":"42267.78","high24h":"44490.00","low24h":"41401.53","change24h":"0.03879",'
    '"bidPr":"43528","askPr":"43528.01","bidSz":"0.0334","askSz":"0.1917","baseVolume":"15002.4216",'
    '"quoteVolume":"648006446.7164","openUtc":"44071.18","changeUtc24h":"-0.01232","ts":"1701842994338"}],'
    '"ts":1701842994341}'
)
TRADE = (
    '{"action":"update","arg":{"instType":"SPOT","channel":"trade","instId":"BTCUSDT"},"data":[{"ts":"1701910980366",'
    '"price":"43854.01","size":"0.0535","side":"buy","tradeId":"1116461060594286593"}],"ts":1701910980730}'
)
SNAPSHOT = (
    '{"action":"snapshot","arg":{"instType":"SPOT","channel":"books","instId":"BTCUSDT"},"data":[{"asks":[["43528.01",'
    '"0.1917"]],"bids":[["43527.99","0.5000"]],"checksum":0,"seq":123,"ts":"1730332800391"}],"ts":1730332800436}'
)
UPDATE = (
    '{"action":"update","arg":{"instType":"SPOT","channel":"books","instId":"BTCUSDT"},"data":[{"asks":[],'
    '"bids":[["43527.50","0"]],"checksum":1073441524,"seq":124,"ts":"1730332859981"}],"ts":1730332859983}'
)
CANDLES = (
    '{"action":"snapshot","arg":{"instType":"SPOT","channel":"candle1m","instId":"BTCUSDT"},"data":[["1701871620000",'
    '"44080.23","44080.23","44028.5","44028.51","9.9287","437404.105512","437404.105512"],["1701871680000","44028.51",'
    '"44108.11","44028.5","44108.11","17.139","755436.870643","755436.870643"]],"ts":1701901610417}'
)
INSTRUMENT = {
    "symbol": "BTCUSDT",
    "baseCoin": "BTC",
    "quoteCoin": "USDT",
    "minTradeAmount": "0",
    "maxTradeAmount": "10000000000",
    "takerFeeRate": "0.002",
    "makerFeeRate": "0.002",
    "pricePrecision": "2",
    "quantityPrecision": "6",
    "quotePrecision": "8",
    "status": "online",
    "minTradeUSDT": "1",
    "buyLimitPriceRatio": "0.05",
    "sellLimitPriceRatio": "0.05",
}
BTC = Topic("BITGET___SPOT", "trades", "BTC-USDT", "BTCUSDT")


@pytest.fixture
def bitget() -> BitgetSpot:
    """Return a fresh adapter."""
    return BitgetSpot()


def read(bitget: BitgetSpot, request: Request, data: Any) -> list[Any]:
    """Return the objects of a REST answer."""
    answer = {"code": "00000", "msg": "success", "requestTime": 1713294492511, "data": data}
    found, refused = bitget.read(request, json.dumps(answer).encode(), BTC)
    assert refused == []
    return found


def book_frame(number: int | None, bids: Any = (), asks: Any = (), checksum: int = 0, action: str = "update") -> str:
    """Return a frame of the book of BTCUSDT."""
    row: dict[str, Any] = {"asks": asks, "bids": bids, "checksum": checksum, "ts": "1"}
    row |= {} if number is None else {"seq": number}
    argument = {"instType": "SPOT", "channel": "books", "instId": "BTCUSDT"}
    return json.dumps({"action": action, "arg": argument, "data": [row], "ts": 1})


@pytest.fixture
def keeper(bitget: BitgetSpot) -> BookKeeper:
    """Return the keeper that the channel of whole books asks for."""
    book = bitget.channels["books"].book
    assert book is not None
    return BookKeeper(book.rule, depth=book.depth, checksum=book.checksum)


def trade_row(number: int, **changes: str) -> dict[str, str]:
    """Return a trade as REST lists it."""
    row = {"symbol": "BTCUSDT", "tradeId": str(number), "side": "buy", "price": "2", "size": "1", "ts": str(number)}
    return row | changes


def test_the_exchange_is_found_by_its_name() -> None:
    """The adapter is in the list of venues."""
    assert exchange_class("BITGET___SPOT") is BitgetSpot


# Streams


def test_a_ticker(bitget: BitgetSpot) -> None:
    """Figures are those of 24 hours; the change, sent as a fraction, is told in percent."""
    ticker = only(bitget, TICKER)
    assert type(ticker) is TickerData
    expected = {
        "timestamp": 1701842994338,
        "last_price": 43528.19,
        "bid_price": 43528.0,
        "bid_volume": 0.0334,
        "ask_price": 43528.01,
        "ask_volume": 0.1917,
        "open_price": 42267.78,
        "high_price": 44490.0,
        "low_price": 41401.53,
        "volume": 15002.4216,
        "turnover_24h": 648006446.7164,
        "venue_symbol": "BTCUSDT",
    }
    assert values(ticker, list(expected)) == expected
    assert ticker.get_price_change() == pytest.approx(3.879)
    assert ticker.get_price_change_abs() == pytest.approx(43528.19 - 42267.78)


def test_a_trade(bitget: BitgetSpot) -> None:
    """The side is the taker's, and the id the text that was sent."""
    trade = only(bitget, TRADE)
    assert type(trade) is TradeData
    expected = {
        "trade_id": "1116461060594286593",
        "timestamp": 1701910980366,
        "price": 43854.01,
        "quantity": 0.0535,
        "side": "buy",
    }
    assert values(trade, list(expected)) == expected


def test_trades_come_in_the_order_in_which_they_happened(bitget: BitgetSpot) -> None:
    """A frame begins with its newest trade; of the list that a subscription begins with, the newest one counts."""
    frame = json.loads(TRADE)
    older = frame["data"][0] | {"tradeId": "1116461060594286001", "side": "sell"}
    frame["data"].append(older)
    numbers = [trade.get_trade_id() for trade in objects(bitget, json.dumps(frame))]
    assert numbers == ["1116461060594286001", "1116461060594286593"]
    past = only(bitget, json.dumps(frame | {"action": "snapshot"}))
    assert (past.get_trade_id(), past.get_raw_data()) == ("1116461060594286593", frame["data"][0])


def test_one_bad_trade_costs_itself(bitget: BitgetSpot) -> None:
    """A side that does not exist costs its record, and no other one of the frame."""
    frame = json.loads(TRADE)
    frame["data"].append(frame["data"][0] | {"side": "neither"})
    good, bad = objects(bitget, json.dumps(frame))
    assert (type(good), type(bad)) == (TradeData, Rejected)


def test_a_candle(bitget: BitgetSpot) -> None:
    """Of the list that a subscription begins with, the newest bar counts; the venue never says that one is closed."""
    bar = only(bitget, CANDLES)
    assert type(bar) is BarData
    expected = {
        "timestamp": 1701871680000,
        "close_time": 1701871739999,
        "interval": "1m",
        "open": 44028.51,
        "high": 44108.11,
        "low": 44028.5,
        "close": 44108.11,
        "volume": 17.139,
        "amount": 755436.870643,
        "bar_status": False,
    }
    assert values(bar, list(expected)) == expected
    assert len(objects(bitget, CANDLES.replace('"action":"snapshot"', '"action":"update"'))) == 2


# Books


@pytest.mark.parametrize(
    ("bids", "asks", "expected"),
    [
        (
            [("43527.99", "0.5000"), ("43527.50", "1.2000"), ("43527.00", "0.0100")],
            [("43528.01", "0.1917"), ("43528.10", "0.0030")],
            2095190321,
        ),
        ([("43527.99", "0.0200")], [("43528.01", "0.1917")], -2125977111),
    ],
)
def test_vectors_of_the_checksum(bids: Any, asks: Any, expected: int) -> None:
    """Levels alternate, a side that has run out is skipped, zeros are kept, and the number has a sign."""
    book = OrderBook()
    book.load(bids, asks)
    assert Crc32(25)(book) == expected


def test_a_snapshot_and_an_update(bitget: BitgetSpot) -> None:
    """Both literal frames are read; levels keep the texts that were sent."""
    snapshot, update = only(bitget, SNAPSHOT), only(bitget, UPDATE)
    assert (snapshot.is_snapshot, snapshot.last, snapshot.timestamp) == (True, 123, 1730332800391)
    assert (snapshot.bids, snapshot.asks) == ([("43527.99", "0.5000")], [("43528.01", "0.1917")])
    assert (update.is_snapshot, update.last, update.checksum) == (False, 124, 1073441524)
    assert update.bids == [("43527.50", "0")]


def test_a_book_that_holds_to_its_checksum(bitget: BitgetSpot, keeper: BookKeeper) -> None:
    """An update with the true checksum is applied; one with another has the book built anew."""
    keeper.take(only(bitget, SNAPSHOT))
    levels = [["43527.50", "1.2000"], ["43527.00", "0.0100"]]
    assert keeper.take(only(bitget, book_frame(130, levels, [["43528.10", "0.0030"]], 2095190321)))
    assert (keeper.sequence, keeper.state(1).checksum) == (130, 2095190321)
    with pytest.raises(ChecksumError, match="2095190321"):
        keeper.take(only(bitget, book_frame(131, [["43527.00", "0.0200"]], (), 2095190321)))
    assert not keeper.is_live


def test_numbers_of_a_book_grow_by_any_step(bitget: BitgetSpot, keeper: BookKeeper) -> None:
    """What the snapshot holds, and what comes twice, is left out; an update that comes too late ends the book."""
    keeper.take(only(bitget, book_frame(500, [["10", "1"]], [["11", "1"]], action="snapshot")))
    assert not keeper.take(only(bitget, book_frame(490, [["9", "5"]])))
    assert keeper.take(only(bitget, book_frame(517, [["9", "2"]])))
    assert not keeper.take(only(bitget, book_frame(517, [["9", "7"]])))
    assert keeper.book.bids.top(5) == [("10", "1"), ("9", "2")]
    with pytest.raises(BookGapError, match="517 was followed by 510"):
        keeper.take(only(bitget, book_frame(510)))


def test_a_book_without_numbers(bitget: BitgetSpot, keeper: BookKeeper) -> None:
    """Older frames have no numbers; some markets send their book without a list around it."""
    keeper.take(only(bitget, book_frame(None, [["10", "1"]], [["11", "1"]], action="snapshot")))
    assert keeper.take(only(bitget, book_frame(None, [["9", "2"]])))
    assert keeper.sequence is None
    bare = json.loads(SNAPSHOT)
    bare["data"] = bare["data"][0]
    assert only(bitget, json.dumps(bare)).bids == [("43527.99", "0.5000")]
    bare["data"] = []
    assert type(only(bitget, json.dumps(bare))) is Rejected


# Names, commands and answers


@pytest.mark.parametrize(
    ("levels", "channel"),
    [(1, "books1"), (5, "books5"), (15, "books15"), (16, "books"), (20, "books"), (None, "books")],
)
def test_a_book_is_the_smallest_that_serves(bitget: BitgetSpot, levels: int | None, channel: str) -> None:
    """Few levels are sent whole, more are kept."""
    assert bitget.place("depth", "BTCUSDT", levels=levels) == Subscription("public", f"{channel}:BTCUSDT")


def test_long_bars_open_at_midnight_utc(bitget: BitgetSpot) -> None:
    """A day is the venue's day in UTC, and REST spells intervals in its own way."""
    words = {"1m": "1min", "30m": "30min", "1h": "1h", "4h": "4h", "6h": "6Hutc", "1d": "1Dutc", "1M": "1Mutc"}
    for interval, spelled in words.items():
        venue_interval = bitget.venue_interval(interval)
        assert bitget.split(bitget.place("klines", "BTCUSDT", interval=venue_interval).name)[2] == venue_interval
        assert bitget.klines_request("BTCUSDT", venue_interval, 5).query["granularity"] == spelled


def test_a_command_has_fifty_arguments_at_most(bitget: BitgetSpot) -> None:
    """Many topics share a command, each with the product that it is of."""
    names = [f"ticker:A{number}USDT" for number in range(60)]
    made = bitget.subscribe(names, count(1))
    assert [len(command.names) for command in made] == [50, 10]
    [given] = bitget.unsubscribe(["ticker:BTCUSDT"], count(9))
    assert json.loads(given.payload) == {
        "op": "unsubscribe",
        "args": [{"instType": "SPOT", "channel": "ticker", "instId": "BTCUSDT"}],
    }
    assert [command.names for command in bitget.subscribe(["orders"], count(1))] == [("orders",)]


@pytest.mark.parametrize(
    ("frame", "meaning"),
    [
        ("pong", Alive()),
        (
            '{"event":"subscribe","arg":{"instType":"SPOT","channel":"ticker","instId":"BTCUSDT"}}',
            Ack(name="ticker:BTCUSDT"),
        ),
        (
            '{"event":"unsubscribe","arg":{"instType":"SPOT","channel":"candle1m","instId":"BTCUSDT"}}',
            Ack(name="candle1m:BTCUSDT"),
        ),
        (
            '{"event":"error","arg":{"instType":"SPOT","channel":"ticker","instId":"FOOUSDT"},"code":30001,'
            '"msg":"instType:SPOT,channel:ticker,instId:FOOUSDT doesn\'t exist","op":"subscribe"}',
            Refusal(
                "instType:SPOT,channel:ticker,instId:FOOUSDT doesn't exist",
                name="ticker:FOOUSDT",
                code="30001",
                is_symbol=True,
                is_partial=True,
            ),
        ),
        (
            '{"event":"error","arg":{"instType":"SPOT","channel":"nothing","instId":"BTCUSDT"},"code":"30001","msg":"no"}',
            Refusal("no", name="nothing:BTCUSDT", code="30001", is_partial=True),
        ),
        (
            '{"event":"error","code":30006,"msg":"request too many"}',
            Refusal("request too many", code="30006", is_pace=True, is_partial=True),
        ),
    ],
)
def test_answers(bitget: BitgetSpot, frame: str, meaning: Any) -> None:
    """Each argument of a command is answered by itself, under its own name."""
    assert only(bitget, frame) == meaning


def test_a_socket_is_pinged_while_it_sends(bitget: BitgetSpot) -> None:
    """The venue counts pings, not its own messages; ten messages a second, pings included, are the limit."""
    endpoint = bitget.endpoints["public"]
    assert (endpoint.heartbeat.send, endpoint.heartbeat.within, endpoint.heartbeat.is_steady) == ("ping", 30, True)
    assert endpoint.sends.count / endpoint.sends.per_s < 10
    assert endpoint.lifetime == 86_400


def test_demo_trading(bitget: BitgetSpot) -> None:
    """Demo trading has sockets of its own, and by REST a header."""
    demo = BitgetSpot(ExchangeSettings(testnet=True))
    assert demo.endpoints["public"].url(demo.settings) == "wss://wspap.bitget.com/v2/ws/public"
    assert (demo.rest_url, demo.rest_headers) == ("https://api.bitget.com", {"PAPTRADING": "1"})
    assert bitget.rest_headers == {}


# REST


def test_an_instrument(bitget: BitgetSpot) -> None:
    """Steps are told by their decimals, the least value in USDT; a market that is not online does not trade."""
    halted = INSTRUMENT | {"symbol": "OLDBTC", "baseCoin": "OLD", "quoteCoin": "BTC", "status": "halt"}
    market, other = read(bitget, bitget.instruments_request(), [INSTRUMENT, halted])
    assert type(market) is SymbolData
    expected = {
        "venue_symbol": "BTCUSDT",
        "base_asset": "BTC",
        "quote_asset": "USDT",
        "price_unit": 0.01,
        "qty_unit": 1e-06,
        "min_notional": 1.0,
        "status": "trading",
    }
    assert values(market, list(expected)) == expected
    assert other.get_status() == "halt"
    assert math.isnan(other.get_min_notional())


def test_a_ticker_by_rest(bitget: BitgetSpot) -> None:
    """The list has other names for the market and the price of 24 hours ago."""
    row = json.loads(TICKER)["data"][0]
    row |= {"symbol": row.pop("instId"), "open": row.pop("open24h"), "usdtVolume": "1"}
    [ticker] = read(bitget, bitget.ticker_request("BTCUSDT"), [row])
    assert (ticker.get_open_price(), ticker.get_venue_symbol()) == (42267.78, "BTCUSDT")
    assert bitget.tickers_request().query == {}


def test_a_book_by_rest(bitget: BitgetSpot) -> None:
    """The list of levels has a time and no number, and is never asked for too many."""
    data = {
        "asks": [["26274.9", "0.0009"], ["26275.0", "0.0500"]],
        "bids": [["26274.8", "0.0009"], ["26274.7", "0.0027"]],
        "ts": "1695710946294",
    }
    [row] = read(bitget, bitget.book_request("BTCUSDT", None), data)
    assert (row.is_snapshot, row.timestamp, row.last) == (True, 1695710946294, None)
    assert row.asks[1] == ("26275.0", "0.0500")
    assert bitget.book_request("BTCUSDT", None).query["limit"] == "150"


def test_trades_by_rest(bitget: BitgetSpot) -> None:
    """The newest stand first, and the list of the past writes the side large."""
    rows = [trade_row(9, side="Sell"), trade_row(7)]
    trades = read(bitget, bitget.trades_request("BTCUSDT", 9000), rows)
    assert [(trade.get_trade_id(), trade.get_side()) for trade in trades] == [("7", "buy"), ("9", "sell")]
    assert bitget.trades_request("BTCUSDT", 9000).query == {"symbol": "BTCUSDT", "limit": "500"}


def test_trades_are_asked_for_back_to_the_last_known_one(bitget: BitgetSpot) -> None:
    """Pages go back by id, no further than the hole and at once behind its end, until the known trade is seen."""
    pages = bitget.trades_between("BTCUSDT", 100, 500, 0)
    request = next(pages)
    assert request.path.endswith("/fills")
    request = pages.send(Page(read(bitget, request, [trade_row(900), trade_row(700)])))
    assert request.path.endswith("/fills-history")
    assert request.query == {"symbol": "BTCUSDT", "limit": "1000", "idLessThan": "500"}
    request = pages.send(Page(read(bitget, request, [trade_row(490), trade_row(300)])))
    assert request.query["idLessThan"] == "300"
    with pytest.raises(StopIteration):
        pages.send(Page(read(bitget, request, [trade_row(290), trade_row(100)])))


def test_bars_by_rest(bitget: BitgetSpot) -> None:
    """Of the two last figures the one that fits price and volume is the turnover, whichever stands first."""
    row = ["1701871620000", "0.0338", "0.034", "0.0337", "0.0339", "100", "301000", "3.38"]
    found = read(bitget, bitget.klines_request("ETHBTC", "1m", 2), [row, [*row[:6], row[7], row[6]]])
    assert [bar.get_amount() for bar in found] == [3.38, 3.38]
    assert bitget.klines_request("BTCUSDT", "1m", 5000).query["limit"] == "1000"


def test_bars_between_two_times_are_asked_for_in_pages(bitget: BitgetSpot) -> None:
    """A full page is followed by one that ends where it began; a short one is the last."""
    pages = bitget.klines_between("BTCUSDT", "1m", 60_000, 2000 * 60_000)
    request = next(pages)
    assert request.query == {
        "symbol": "BTCUSDT",
        "granularity": "1min",
        "startTime": "59999",
        "endTime": "120000001",
        "limit": "1000",
    }
    rows = [[str(number * 60_000), "1", "1", "1", "1", "1", "1", "1"] for number in range(1001, 2001)]
    request = pages.send(Page(read(bitget, request, rows)))
    assert request.query["endTime"] == str(1001 * 60_000)
    with pytest.raises(StopIteration):
        pages.send(Page(read(bitget, request, rows[:3])))


def test_the_clock(bitget: BitgetSpot) -> None:
    """The venue tells milliseconds."""
    [time] = read(bitget, bitget.time_request(), {"serverTime": "1688008631614"})
    assert time.get_timestamp() == 1688008631614


@pytest.mark.parametrize(
    ("status", "code", "kind", "retryable"),
    [
        (400, "40034", InvalidSymbolError, False),
        (429, "429", RateLimitError, True),
        (400, "40009", AuthenticationError, False),
        (400, "40012", AuthenticationError, False),
        (400, "40017", RequestFailedError, False),
        (200, "40015", RequestFailedError, True),
    ],
)
def test_failures(bitget: BitgetSpot, status: int, code: str, kind: type[Exception], retryable: bool) -> None:
    """The code of an error says which it is and whether another try may help."""
    body = f'{{"code":"{code}","msg":"what it says","requestTime":1,"data":null}}'.encode()
    error = bitget.failure("/api/v2/spot/market/tickers", status, body)
    assert type(error) is kind
    assert "what it says" in str(error)
    assert error.retryable is retryable


def test_what_is_no_failure(bitget: BitgetSpot) -> None:
    """Code 00000 is a success, and an answer that is no JSON is one only with an error status."""
    assert bitget.failure("/p", 200, b'{"code":"00000","msg":"success","data":[]}') is None
    assert bitget.failure("/p", 200, b"<html>") is None
    assert isinstance(bitget.failure("/p", 502, b"<html>"), RequestFailedError)
