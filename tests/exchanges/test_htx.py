"""HTX: every message of its documents becomes what they say."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from bt_api_py.book.sequence import BookKeeper
from bt_api_py.containers import BarData, SymbolData, TickerData, Topic, TradeData
from bt_api_py.exceptions import (
    AuthenticationError,
    BookGapError,
    ConfigurationError,
    InvalidSymbolError,
    RateLimitError,
    RequestFailedError,
)
from bt_api_py.exchanges import exchange_class
from bt_api_py.exchanges.base import Ack, Answer, Ignored, Refusal, Rejected, Request, Subscription
from bt_api_py.exchanges.htx import HtxSpot
from bt_api_py.settings import ExchangeSettings

from .material import objects, only, values

TICKER = (
    '{"ch":"market.btcusdt.ticker","ts":1795219201007,"tick":{"open":89412.2,"high":90100,"low":88010,'
    '"close":88899.9,"amount":7617.05,"vol":678085000.12,"count":448737,"bid":88899.9,"bidSize":2.103,'
    '"ask":88900,"askSize":0.401,"lastPrice":88899.9,"lastSize":0.0012}}'
)
DETAIL = (
    '{"ch":"market.btcusdt.detail","ts":1795219201007,"tick":{"id":273956868110,"low":88010,"high":90100,'
    '"open":89412.2,"close":88899.9,"vol":678085000.12,"amount":7617.05,"version":273956868110,'
    '"count":448737}}'
)
BBO = (
    '{"ch":"market.btcusdt.bbo","ts":1795219201010,"tick":{"seqId":137005210233,"ask":88900,'
    '"askSize":0.401,"bid":88899.9,"bidSize":2.103,"quoteTime":1795219201009,"symbol":"btcusdt"}}'
)
TRADE = (
    '{"ch":"market.btcusdt.trade.detail","ts":1795219201021,"tick":{"id":137005445109,"ts":1795219201019,'
    '"data":[{"id":137005445109359286710000000,"ts":1795219201019,"tradeId":102523573486,"amount":0.0035,'
    '"price":88899.9,"direction":"buy"}]}}'
)
KLINE = (
    '{"ch":"market.btcusdt.kline.1min","ts":1795219202003,"tick":{"id":1795219200,"open":88890,'
    '"close":88899.9,"low":88880,"high":88901,"amount":12.331,"vol":1096100.11,"count":122}}'
)
STEP0 = (
    '{"ch":"market.btcusdt.depth.step0","ts":1795219201100,"tick":{"bids":[[88899.9,2.103]],"asks":'
    '[[88900,0.401]],"version":136998124622,"ts":1795219201098}}'
)
REFRESH = (
    '{"ch":"market.btcusdt.mbp.refresh.20","ts":1795219201100,"tick":{"seqNum":100020142010,"bids":'
    '[[88899.9,2.103]],"asks":[[88900,0.401]]}}'
)
UPDATE = (
    '{"ch":"market.btcusdt.mbp.150","ts":1795219201200,"tick":{"seqNum":104998984994,'
    '"prevSeqNum":104998984977,"bids":[],"asks":[[88901.2,0.0]]}}'
)
REPLY = (
    '{"id":"12","rep":"market.btcusdt.mbp.150","status":"ok","ts":1795219201150,"data":{"seqNum":'
    '104998984977,"bids":[[88899.9,2.103]],"asks":[[88900,0.401]]}}'
)
BTC = Topic("HTX___SPOT", "trades", "BTCUSDT", "btcusdt", "1m")
DAY = 86_400_000


@pytest.fixture
def htx() -> HtxSpot:
    """Return a fresh adapter."""
    return HtxSpot()


def keeper(htx: HtxSpot, name: str) -> BookKeeper:
    """Return the keeper that the channel of a name asks for."""
    book = htx.channel_of(name).book
    assert book is not None
    return BookKeeper(book.rule, depth=book.depth)


def test_the_exchange_is_found_by_its_name() -> None:
    """The adapter is in the list of venues."""
    assert exchange_class("HTX___SPOT") is HtxSpot


# Data


def test_a_ticker(htx: HtxSpot) -> None:
    """Every figure is found; the base volume is called amount, the time lies outside."""
    ticker = only(htx, TICKER, 1795219201.107)
    assert type(ticker) is TickerData
    expected = {
        "venue_symbol": "btcusdt",
        "timestamp": 1795219201007,
        "last_price": 88899.9,
        "last_volume": 0.0012,
        "bid_price": 88899.9,
        "bid_volume": 2.103,
        "ask_price": 88900.0,
        "ask_volume": 0.401,
        "open_price": 89412.2,
        "high_price": 90100.0,
        "low_price": 88010.0,
        "volume": 7617.05,
        "turnover_24h": 678085000.12,
    }
    assert values(ticker, list(expected)) == expected
    assert ticker.get_price_change_abs() == pytest.approx(-512.3)
    assert ticker.get_latency_ms() == pytest.approx(100, abs=0.01)
    assert ticker.get_raw_data() == json.loads(TICKER)


def test_the_figures_of_a_day(htx: HtxSpot) -> None:
    """The channel of daily figures has no best prices."""
    ticker = only(htx, DETAIL)
    expected = {"last_price": 88899.9, "open_price": 89412.2, "volume": 7617.05, "timestamp": 1795219201007}
    assert values(ticker, list(expected)) == expected
    assert math.isnan(ticker.get_bid_price())
    assert math.isnan(ticker.get_last_volume())


def test_best_prices(htx: HtxSpot) -> None:
    """The channel of best prices has the time of the quote and no last price."""
    ticker = only(htx, BBO)
    expected = {
        "bid_price": 88899.9,
        "bid_volume": 2.103,
        "ask_price": 88900.0,
        "ask_volume": 0.401,
        "timestamp": 1795219201009,
    }
    assert values(ticker, list(expected)) == expected
    assert math.isnan(ticker.get_last_price())


def test_a_trade(htx: HtxSpot) -> None:
    """The id is tradeId and not the obsolete one of 27 digits, which is kept in the raw data."""
    trade = only(htx, TRADE)
    assert type(trade) is TradeData
    expected = {
        "trade_id": "102523573486",
        "price": 88899.9,
        "quantity": 0.0035,
        "side": "buy",
        "timestamp": 1795219201019,
    }
    assert values(trade, list(expected)) == expected
    assert trade.get_raw_data()["id"] == 137005445109359286710000000
    assert trade.get_raw_data() == json.loads(TRADE)["tick"]["data"][0]


def test_trades_are_put_in_order(htx: HtxSpot) -> None:
    """The trades of one frame come in the order of their ids, each with its own row."""
    frame = json.loads(TRADE)
    frame["tick"]["data"] = [{**frame["tick"]["data"][0], "tradeId": number} for number in (10, 9, 11)]
    trades = objects(htx, json.dumps(frame))
    assert [trade.get_trade_id() for trade in trades] == ["9", "10", "11"]
    assert [trade.get_raw_data()["tradeId"] for trade in trades] == [9, 10, 11]


def test_a_candle(htx: HtxSpot) -> None:
    """The time of a candle is in seconds on the wire; its end is computed and no state is claimed."""
    ((name, bar),) = htx.decode(KLINE.encode())
    assert name == "market.btcusdt.kline.1min"
    assert type(bar) is BarData
    expected = {
        "interval": "1m",
        "timestamp": 1795219200000,
        "close_time": 1795219259999,
        "open": 88890.0,
        "high": 88901.0,
        "low": 88880.0,
        "close": 88899.9,
        "volume": 12.331,
        "amount": 1096100.11,
        "num_trades": 122,
        "bar_status": False,
    }
    assert values(bar, list(expected)) == expected
    assert bar.get_raw_data() == json.loads(KLINE)["tick"]


@pytest.mark.parametrize(
    ("interval", "opened", "length"),
    [
        ("1h", 1795219200, 3_600_000),
        ("1d", 1772208000, DAY),  # 2026-02-27 16:00 UTC, midnight in UTC+8
        ("1w", 1772380800, 7 * DAY),  # 2026-03-01 16:00 UTC, a Monday in UTC+8
        ("1M", 1769875200, 28 * DAY),  # 2026-01-31 16:00 UTC, the first of February in UTC+8
        ("1M", 1772294400, 31 * DAY),  # the first of March
        ("1y", 1767196800, 365 * DAY),  # 2025-12-31 16:00 UTC
        ("1y", 1704038400, 366 * DAY),  # 2023-12-31 16:00 UTC, before a leap year
    ],
)
def test_where_a_candle_ends(htx: HtxSpot, interval: str, opened: int, length: int) -> None:
    """A candle ends before the next one opens, months and years by the calendar of UTC+8."""
    channel = f"kline.{htx.venue_interval(interval)}"
    bar = only(htx, KLINE.replace("kline.1min", channel).replace('"id":1795219200', f'"id":{opened}'))
    assert bar.get_interval() == interval
    assert bar.get_close_time() == opened * 1000 + length - 1


def test_a_whole_book(htx: HtxSpot) -> None:
    """A whole book has its own time and number, and replaces what was there."""
    row = only(htx, STEP0)
    assert (row.last, row.timestamp) == (136998124622, 1795219201098)
    book = keeper(htx, "market.btcusdt.depth.step0")
    assert book.take(row)
    assert not book.take(row)
    state = book.state(None)
    assert state.bids == [(Decimal("88899.9"), Decimal("2.103"))]
    assert state.asks == [(Decimal("88900"), Decimal("0.401"))]


def test_a_refreshed_book(htx: HtxSpot) -> None:
    """A refreshed book takes its time from the frame."""
    row = only(htx, REFRESH)
    book = keeper(htx, "market.btcusdt.mbp.refresh.20")
    assert book.take(row)
    assert (book.sequence, book.state(1).timestamp) == (100020142010, 1795219201100)


def test_a_book_of_updates(htx: HtxSpot) -> None:
    """The answer to a request and the updates after it give the book, under one name."""
    name = "market.btcusdt.mbp.150"
    book = keeper(htx, name)
    (got, update), (answered, reply) = htx.decode(UPDATE.encode())[0], htx.decode(REPLY.encode())[0]
    assert (got, answered) == (name, name)
    assert (update.is_snapshot, reply.is_snapshot) == (False, True)
    assert not book.take(update)
    assert book.wants_snapshot
    assert book.take(reply)
    assert (book.is_live, book.sequence) == (True, 104998984994)
    assert book.state(None).asks == [(Decimal("88900"), Decimal("0.401"))]


def test_a_level_keeps_its_exact_value(htx: HtxSpot) -> None:
    """Two spellings of one number are one level, and two numbers that a float cannot tell apart are two."""
    book = keeper(htx, "market.btcusdt.depth.step0")
    levels = "[[9.7E-4,1],[0.00097,2],[88899.900000000001,3],[88899.9000000000011,4]]"
    book.take(only(htx, STEP0.replace("[[88899.9,2.103]]", levels).replace("[[88900,0.401]]", "[]")))
    bids = book.state(None).bids
    assert sorted(bids) == [
        (Decimal("0.00097"), Decimal(2)),
        (Decimal("88899.900000000001"), Decimal(3)),
        (Decimal("88899.9000000000011"), Decimal(4)),
    ]


def test_a_side_may_be_missing(htx: HtxSpot) -> None:
    """An update without one of its sides leaves that side alone."""
    row = only(htx, UPDATE.replace('"bids":[],', ""))
    assert (list(row.bids), row.asks) == ([], [(Decimal("88901.2"), Decimal("0.0"))])


# Rows that cannot be used


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", "NaN"),
        ("price", ""),
        ("price", None),
        ("price", {}),
        ("amount", -1),
        ("amount", "inf"),
        ("direction", "BUY"),
        ("ts", 1.5),
        ("tradeId", None),
        ("tradeId", "x"),
    ],
)
def test_a_bad_trade_costs_only_itself(htx: HtxSpot, field: str, value: Any) -> None:
    """Of three trades in a frame the unusable one is refused with its place, the others are kept."""
    frame = json.loads(TRADE)
    rows = [{**frame["tick"]["data"][0], "tradeId": place} for place in range(3)]
    rows[1] = {**rows[1], field: value}
    frame["tick"]["data"] = rows
    first, last, refused = objects(htx, json.dumps(frame))
    assert (first.get_trade_id(), last.get_trade_id()) == ("0", "2")
    assert (first.get_raw_data(), last.get_raw_data()) == (rows[0], rows[2])
    assert isinstance(refused, Rejected)
    assert "row 1" in refused.detail


@pytest.mark.parametrize("name", ["open", "high", "low", "close", "id"])
def test_a_candle_that_lacks_a_field(htx: HtxSpot, name: str) -> None:
    """A candle without one of the fields that make it is refused."""
    frame = json.loads(KLINE)
    del frame["tick"][name]
    assert isinstance(only(htx, json.dumps(frame)), Rejected)


@pytest.mark.parametrize("levels", ['[["NaN"]]x', "[[null,1]]", "[88899.9]", "{}", "[[1e,2]]"])
def test_a_book_that_is_none(htx: HtxSpot, levels: str) -> None:
    """A book whose levels are no numbers is refused as a whole."""
    assert isinstance(only(htx, STEP0.replace("[[88899.9,2.103]]", levels)), Rejected)


def test_a_book_without_levels(htx: HtxSpot) -> None:
    """A frame of a book channel that holds none is refused."""
    assert isinstance(only(htx, '{"ch":"market.btcusdt.mbp.150","ts":1}'), Rejected)


# What else a frame says


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"ping":1492420473027}', Answer('{"pong":1492420473027}')),
        ('{"ping":"1492420473058"}', Answer('{"pong":"1492420473058"}')),
        (
            '{"id":"7","status":"ok","subbed":"market.btcusdt.kline.1min","ts":1795219200500}',
            Ack("7", "market.btcusdt.kline.1min"),
        ),
        (
            '{"id":1,"status":"ok","subbed":"market.trioeth.depth.step0","ts":1618678070653}',
            Ack("1", "market.trioeth.depth.step0"),
        ),
        (
            '{"id":"8","status":"ok","unsubbed":"market.btcusdt.kline.1min","ts":1795219200900}',
            Ack("8", "market.btcusdt.kline.1min"),
        ),
        (
            '{"status":"error","ts":1795219201100,"id":"10","err-code":"bad-request",'
            '"err-msg":"invalid symbol nosuchpair"}',
            Refusal("invalid symbol nosuchpair", "10", None, "bad-request", is_symbol=True),
        ),
        (
            '{"status":"error","ts":1,"err-code":"bad-request","err-msg":"invalid topic market.a.mbp.150."}',
            Refusal("invalid topic market.a.mbp.150.", None, "market.a.mbp.150", "bad-request"),
        ),
        (
            '{"status":"error","id":"4","err-code":"bad-request","err-msg":"429 too many request"}',
            Refusal("429 too many request", "4", None, "bad-request", is_pace=True),
        ),
        (
            '{"id":"9","rep":"market.btcusdt.kline.1min","status":"ok","ts":1795219201000,"data":[]}',
            Ignored("answer to a request"),
        ),
        ("{}", Ignored("frame without channel or status")),
        (
            '{"ch":"market.tickers","status":"ok","ts":1,"data":[{"symbol":"btcusdt"}]}',
            Ignored("market.tickers"),
        ),
    ],
)
def test_frames_without_data(htx: HtxSpot, text: str, expected: object) -> None:
    """Pings are answered with the same number or text; answers and errors are told apart."""
    assert only(htx, text) == expected


def test_a_refused_request_is_no_book(htx: HtxSpot) -> None:
    """The answer to a request that failed is a refusal with the id of the request."""
    text = REPLY.replace('"status":"ok"', '"status":"error","err-code":"bad-request","err-msg":"no"')
    assert only(htx, text) == Refusal("no", "12", None, "bad-request")


# Where topics are and how they are asked for


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("ticker", {}, ("market", "market.btcusdt.ticker")),
        ("trades", {}, ("market", "market.btcusdt.trade.detail")),
        ("klines", {"interval": "60min"}, ("market", "market.btcusdt.kline.60min")),
        ("depth", {"levels": 1}, ("market", "market.btcusdt.mbp.refresh.20")),
        ("depth", {"levels": 20}, ("market", "market.btcusdt.mbp.refresh.20")),
        ("depth", {"levels": 21}, ("feed", "market.btcusdt.mbp.150")),
        ("depth", {"levels": 150}, ("feed", "market.btcusdt.mbp.150")),
        ("depth", {"levels": 151}, ("feed", "market.btcusdt.mbp.400")),
        ("depth", {"levels": None}, ("feed", "market.btcusdt.mbp.400")),
    ],
)
def test_where_a_topic_is(htx: HtxSpot, kind: str, options: dict[str, Any], expected: tuple[str, str]) -> None:
    """Books of updates are on a socket of their own."""
    assert htx.place(kind, "btcusdt", **options) == Subscription(*expected)
    assert htx.channel_of(expected[1]).path is not None


def test_where_a_channel_of_the_venue_is(htx: HtxSpot) -> None:
    """A channel by the venue's own name is sent to the socket that has it."""
    assert htx.place_raw("mbp.5", "btcusdt") == Subscription("feed", "market.btcusdt.mbp.5")
    assert htx.place_raw("mbp.refresh.5", "btcusdt") == Subscription("market", "market.btcusdt.mbp.refresh.5")
    assert htx.place_raw("tickers", "") == Subscription("market", "market.tickers")


def test_one_command_per_topic(htx: HtxSpot) -> None:
    """Every topic is asked for, given back and requested in a message of its own, with its own id."""
    names = ["market.btcusdt.kline.1min", "market.ethusdt.bbo"]
    first, second = htx.subscribe(names, count(7))
    assert json.loads(first.payload) == {"sub": names[0], "id": "7"}
    assert json.loads(second.payload) == {"sub": names[1], "id": "8"}
    assert (second.id, second.names) == ("8", (names[1],))
    (command,) = htx.unsubscribe(names[:1], count(8))
    assert json.loads(command.payload) == {"unsub": names[0], "id": "8"}
    (command,) = htx.ask_snapshot("market.btcusdt.mbp.150", count(12))
    assert json.loads(command.payload) == {"req": "market.btcusdt.mbp.150", "id": "12"}
    assert (command.id, command.names) == ("12", ("market.btcusdt.mbp.150",))


def test_every_interval(htx: HtxSpot) -> None:
    """The venue's intervals are all offered under the words that users know."""
    assert htx.intervals == {
        "1m": "1min",
        "5m": "5min",
        "15m": "15min",
        "30m": "30min",
        "1h": "60min",
        "4h": "4hour",
        "1d": "1day",
        "1w": "1week",
        "1M": "1mon",
        "1y": "1year",
    }
    with pytest.raises(ConfigurationError, match="3m"):
        htx.venue_interval("3m")


def test_addresses(htx: HtxSpot) -> None:
    """The sockets are the venue's, or below the base that the user names."""
    urls = {name: endpoint.url(htx.settings) for name, endpoint in htx.endpoints.items()}
    assert urls == {"market": "wss://api.huobi.pro/ws", "feed": "wss://api.huobi.pro/feed"}
    own = ExchangeSettings(ws_url="wss://api-aws.huobi.pro")
    assert htx.endpoints["feed"].url(own) == "wss://api-aws.huobi.pro/feed"


def test_the_venue_pings(htx: HtxSpot) -> None:
    """We send no ping, a silent socket is dead, and requests keep their distance of 100 ms."""
    for endpoint in htx.endpoints.values():
        assert (endpoint.heartbeat.send, endpoint.heartbeat.silence) == (None, 15)
    sends = htx.endpoints["feed"].sends
    assert sends.per_s / sends.count >= 0.1
    assert sends.count == 1


# REST


@pytest.mark.parametrize(
    ("request_", "path", "query"),
    [
        (HtxSpot().ticker_request("btcusdt"), "/market/detail/merged", {"symbol": "btcusdt"}),
        (HtxSpot().tickers_request(), "/market/tickers", {}),
        (HtxSpot().book_request("a", None), "/market/depth", {"symbol": "a", "type": "step0"}),
        (HtxSpot().book_request("a", 21), "/market/depth", {"symbol": "a", "type": "step0"}),
        (HtxSpot().book_request("a", 20), "/market/depth", {"symbol": "a", "type": "step0", "depth": "20"}),
        (HtxSpot().book_request("a", 3), "/market/depth", {"symbol": "a", "type": "step0", "depth": "5"}),
        (HtxSpot().trades_request("a", 9999), "/market/history/trade", {"symbol": "a", "size": "2000"}),
        (
            HtxSpot().klines_request("a", "60min", 7),
            "/market/history/kline",
            {"symbol": "a", "period": "60min", "size": "7"},
        ),
        (HtxSpot().instruments_request(), "/v1/common/symbols", {}),
        (HtxSpot().time_request(), "/v1/common/timestamp", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_requests(request_: Request, path: str, query: dict[str, str]) -> None:
    """Requests name the path, stay within the largest page and within ten a second on that path."""
    assert (request_.path, request_.query) == (path, query)
    assert (request_.rate.count, request_.rate.per_s, request_.budget) == (10, 1.0, path)


def test_a_ticker_by_rest(htx: HtxSpot) -> None:
    """In the ticker of one market the best price and its quantity stand in one list."""
    body = (
        b'{"ch":"market.btcusdt.detail.merged","status":"ok","ts":1795219201007,"tick":{"id":272156789143,'
        b'"version":272156789143,"open":89412.2,"close":88899.9,"low":88010,"high":90100,"amount":7617.05,'
        b'"vol":678085000.12,"count":420573,"bid":[88899.9,2.103],"ask":[88900,0.401]}}'
    )
    (ticker,), _ = htx.read(htx.ticker_request("btcusdt"), body, BTC)
    expected = {
        "symbol": "BTCUSDT",
        "last_price": 88899.9,
        "bid_price": 88899.9,
        "bid_volume": 2.103,
        "ask_price": 88900.0,
        "ask_volume": 0.401,
        "volume": 7617.05,
        "timestamp": 1795219201007,
    }
    assert values(ticker, list(expected)) == expected
    (ticker,), _ = htx.read(htx.ticker_request("btcusdt"), body.replace(b"[88899.9,2.103]", b"[]"), BTC)
    assert math.isnan(ticker.get_bid_price())


def test_all_tickers_by_rest(htx: HtxSpot) -> None:
    """The tickers of the whole market name their market and take the time of receipt."""
    body = (
        b'{"status":"ok","ts":1795219201007,"data":[{"symbol":"btcusdt","open":89412.2,"high":90100,'
        b'"low":88010,"close":88899.9,"amount":7617.05,"vol":678085000.12,"count":448737,"bid":88899.9,'
        b'"bidSize":2.103,"ask":88900,"askSize":0.401}]}'
    )
    (ticker,), _ = htx.read(htx.tickers_request(), body, Topic("HTX___SPOT", "ticker"), 1795219201.5)
    expected = {
        "symbol": "btcusdt",
        "last_price": 88899.9,
        "bid_price": 88899.9,
        "ask_volume": 0.401,
        "volume": 7617.05,
        "turnover_24h": 678085000.12,
        "timestamp": 1795219201500,
    }
    assert values(ticker, list(expected)) == expected


def test_a_book_by_rest(htx: HtxSpot) -> None:
    """A book by REST is whole."""
    body = (
        b'{"ch":"market.btcusdt.depth.step0","status":"ok","ts":1795219201100,"tick":{"ts":1795219201098,'
        b'"version":136107114472,"bids":[[88899.9,2.103]],"asks":[[88900,0.401]]}}'
    )
    (row,), _ = htx.read(htx.book_request("btcusdt", None), body, BTC)
    assert (row.is_snapshot, row.last, row.timestamp) == (True, 136107114472, 1795219201098)
    assert row.bids == [(Decimal("88899.9"), Decimal("2.103"))]


def test_trades_by_rest(htx: HtxSpot) -> None:
    """Trades lie in groups, newest first; they come oldest first, each with its own row and exact id."""
    row = '{"id":136108764379348426910000000,"ts":%d,"trade-id":%d,"amount":0.0035,"price":88899.9,"direction":"buy"}'
    groups = [[(1019, 102523573486), (1019, 102523573485)], [], [(1001, 102523573484)]]
    text = ",".join(
        '{"id":136108764379,"ts":1795219201019,"data":[' + ",".join(row % entry for entry in group) + "]}"
        for group in groups
    )
    body = f'{{"ch":"market.btcusdt.trade.detail","status":"ok","ts":1,"data":[{text}]}}'.encode()
    trades, refused = htx.read(htx.trades_request("btcusdt", 3), body, BTC)
    assert [trade.get_trade_id() for trade in trades] == ["102523573484", "102523573485", "102523573486"]
    assert [trade.get_raw_data()["trade-id"] for trade in trades] == [102523573484, 102523573485, 102523573486]
    assert (trades[0].get_timestamp(), refused) == (1001, [])


def test_a_bad_trade_by_rest(htx: HtxSpot) -> None:
    """An unusable trade in a group costs only itself."""
    good = '{"ts":1,"trade-id":5,"amount":1,"price":2,"direction":"buy"}'
    body = f'{{"data":[{{"data":[{good.replace("2", "null")}]}},{{"data":[{good}]}}]}}'.encode()
    (trade,), (refused,) = htx.read(htx.trades_request("btcusdt", 3), body, BTC)
    assert (trade.get_trade_id(), trade.get_raw_data()) == ("5", json.loads(good))
    assert "row 0" in refused


def test_candles_by_rest_are_oldest_first(htx: HtxSpot) -> None:
    """The venue lists the newest candle first."""
    row = '{"id":%d,"open":88890,"close":88899.9,"low":88880,"high":88901,"amount":12.331,"vol":1096100.11,"count":122}'
    body = f'{{"ch":"x","status":"ok","ts":1,"data":[{row % 1795219200},{row % 1795219140}]}}'.encode()
    bars, _ = htx.read(htx.klines_request("btcusdt", "1min", 2), body, BTC)
    assert [bar.get_timestamp() for bar in bars] == [1795219140000, 1795219200000]


def test_instruments(htx: HtxSpot) -> None:
    """Steps are powers of ten; a market is open when it is online and open to this interface."""
    row = (
        '{"base-currency":"btc","quote-currency":"usdt","price-precision":2,"amount-precision":6,'
        '"symbol-partition":"main","symbol":"btcusdt","state":"online","value-precision":8,'
        '"limit-order-min-order-amt":0.000001,"limit-order-max-order-amt":1000,"sell-market-min-order-amt":'
        '0.0001,"sell-market-max-order-amt":100,"buy-market-max-order-value":1000000,"min-order-value":10,'
        '"api-trading":"enabled"}'
    )
    closed = row.replace("btc", "eth").replace('"enabled"', '"disabled"')
    damaged = row.replace('"price-precision":2', '"price-precision":-1')
    body = f'{{"status":"ok","data":[{row},{closed},{damaged}]}}'.encode()
    (btc, eth), refused = htx.read(htx.instruments_request(), body, Topic("HTX___SPOT", "instruments"))
    assert type(btc) is SymbolData
    expected = {
        "venue_symbol": "btcusdt",
        "base_asset": "BTC",
        "quote_asset": "USDT",
        "tick_size": 0.01,
        "price_digital": 2,
        "lot_size": 1e-6,
        "qty_digital": 6,
        "min_qty": 1e-6,
        "max_qty": 1000.0,
        "min_notional": 10.0,
        "status": "trading",
    }
    assert values(btc, list(expected)) == expected
    assert (eth.get_venue_symbol(), eth.is_trading()) == ("ethusdt", False)
    assert len(refused) == 1


def test_the_clock(htx: HtxSpot) -> None:
    """The venue's clock is in milliseconds."""
    (clock,), _ = htx.read(htx.time_request(), b'{"status":"ok","data":1795219200123}', BTC)
    assert clock.get_timestamp() == 1795219200123


@pytest.mark.parametrize(
    ("code", "text", "kind", "retryable"),
    [
        ("invalid-parameter", "invalid symbol", InvalidSymbolError, False),
        ("base-symbol-error", "The symbol is invalid", InvalidSymbolError, False),
        ("bad-request", "429 too many request", RateLimitError, True),
        ("base-request-exceed-frequency-limit", "slow down", RateLimitError, True),
        ("api-signature-not-valid", "Signature not valid", AuthenticationError, False),
        ("gateway-internal-error", "later", RequestFailedError, True),
        ("bad-request", "invalid size", RequestFailedError, False),
    ],
)
def test_failures(htx: HtxSpot, code: str, text: str, kind: type[Exception], retryable: bool) -> None:
    """Errors come with HTTP 200; code and text say which one, and whether another try may help."""
    body = f'{{"status":"error","err-code":"{code}","err-msg":"{text}","ts":1795219201100}}'.encode()
    error = htx.failure("/market/depth", 200, body)
    assert type(error) is kind
    assert text in str(error)
    assert error.retryable is retryable


def test_failures_of_newer_paths(htx: HtxSpot) -> None:
    """Newer paths answer with a number instead of a status."""
    error = htx.failure("/v2/x", 200, b'{"code":2002,"message":"invalid field value in currency"}')
    assert isinstance(error, RequestFailedError)
    assert (error.code, error.retryable) == ("2002", False)
    assert isinstance(htx.failure("/v2/x", 200, b'{"code":429,"message":"wait"}'), RateLimitError)


def test_what_is_no_failure(htx: HtxSpot) -> None:
    """A status of ok is a success, and an answer that is no JSON is one only with an error status."""
    assert htx.failure("/p", 200, b'{"status":"ok","data":[]}') is None
    assert htx.failure("/p", 200, b'{"code":200,"data":[]}') is None
    assert htx.failure("/p", 200, b"<html>") is None
    assert isinstance(htx.failure("/p", 504, b"<html>"), RequestFailedError)
    assert isinstance(htx.failure("/p", 504, b"{}"), RequestFailedError)


def test_updates_that_do_not_follow(htx: HtxSpot) -> None:
    """An update that names another one before it ends the book, and the next snapshot builds it anew."""
    book = keeper(htx, "market.btcusdt.mbp.150")
    book.take(only(htx, UPDATE))
    book.take(only(htx, REPLY))
    later = UPDATE.replace('"prevSeqNum":104998984977', '"prevSeqNum":104998984999').replace("4994", "5009")
    with pytest.raises(BookGapError, match="104998984994"):
        book.take(only(htx, later))
    assert (book.is_live, book.wants_snapshot) == (False, True)
    assert book.take(only(htx, REPLY.replace("104998984977", "104998984999")))
    assert book.sequence == 104998985009
