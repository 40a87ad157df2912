"""OKX: every message of its documents becomes what they say."""

from __future__ import annotations

import json
import math
from itertools import count
from typing import Any

import pytest

from bt_api_py.book.sequence import BookKeeper, BookRow
from bt_api_py.containers import BarData, SymbolData, TickerData, Topic, TradeData
from bt_api_py.exceptions import (
    AuthenticationError,
    BookGapError,
    ConfigurationError,
    InvalidSymbolError,
    RateLimitError,
    RequestFailedError,
    UnsupportedError,
)
from bt_api_py.exchanges import exchange_class
from bt_api_py.exchanges.base import (
    Ack,
    Alive,
    Farewell,
    Ignored,
    Refusal,
    Rejected,
    Request,
    Subscription,
    TimeData,
)
from bt_api_py.exchanges.okx import OkxSpot
from bt_api_py.settings import ExchangeSettings

from .material import objects, only, values

TICKER = (
    '{"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"instType":"SPOT","instId":"BTC-USDT",'
    '"last":"88899.9","lastSz":"0.0012","askPx":"88900","askSz":"0.401","bidPx":"88899.9","bidSz":"2.103",'
    '"open24h":"89412.2","high24h":"90100","low24h":"88010","volCcy24h":"678085000.12","vol24h":"7617.05",'
    '"sodUtc0":"89001.1","sodUtc8":"89210.4","ts":"1795219201007"}]}'
)
TRADE = (
    '{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"742000123",'
    '"px":"88899.9","sz":"0.0035","side":"buy","ts":"1795219201019","count":"2","source":"0",'
    '"seqId":363996340}]}'
)
CANDLE = (
    '{"arg":{"channel":"candle1m","instId":"BTC-USDT"},"data":[["1795219200000","88890","88901","88880",'
    '"88899.9","12.331","1096100.11","1096100.11","0"]]}'
)
SNAPSHOT = (
    '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[["88900","0.401",'
    '"0","3"],["88901.2","0.5","0","1"]],"bids":[["88899.9","2.103","0","5"]],"ts":"1795219201000",'
    '"checksum":0,"prevSeqId":-1,"seqId":123456}]}'
)
UPDATE = (
    '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["88901.2","0","0",'
    '"0"]],"bids":[["88899.8","1.2","0","2"]],"ts":"1795219201100","checksum":0,"prevSeqId":123456,'
    '"seqId":123461}]}'
)
BOOKS5 = (
    '{"arg":{"channel":"books5","instId":"BTC-USDT"},"data":[{"asks":[["88900","0.401","0","3"]],"bids":'
    '[["88899.9","2.103","0","5"]],"instId":"BTC-USDT","ts":"1795219201100","seqId":123461}]}'
)
BBO = (
    '{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["88900","0.401","0","3"]],"bids":'
    '[["88899.9","2.103","0","5"]],"ts":"1795219201010","seqId":363996337}]}'
)
BTC = Topic("OKX___SPOT", "trades", "BTCUSDT", "BTC-USDT")


@pytest.fixture
def okx() -> OkxSpot:
    """Return a fresh adapter."""
    return OkxSpot()


def keeper(okx: OkxSpot, name: str) -> BookKeeper:
    """Return the keeper that the channel of a name asks for."""
    book = okx.channel_of(name).book
    assert book is not None
    return BookKeeper(book.rule, checksum=book.checksum, order_count_at=book.order_count_at)


def test_the_exchange_is_found_by_its_name() -> None:
    """The adapter is in the list of venues."""
    assert exchange_class("OKX___SPOT") is OkxSpot


# Data


def test_a_ticker(okx: OkxSpot) -> None:
    """Every figure of a ticker is found, and the change is computed, since none is sent."""
    ticker = only(okx, TICKER, 1795219201.107)
    assert type(ticker) is TickerData
    expected = {
        "venue_symbol": "BTC-USDT",
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
    assert ticker.get_price_change() == pytest.approx(-0.573, abs=0.001)
    assert ticker.get_latency_ms() == pytest.approx(100, abs=0.01)
    assert ticker.get_raw_data() == json.loads(TICKER)["data"][0]


def test_a_ticker_with_an_empty_side(okx: OkxSpot) -> None:
    """An empty text is a missing number, and a day without trades has no change."""
    empty = TICKER.replace('"bidPx":"88899.9","bidSz":"2.103"', '"bidPx":"","bidSz":""')
    ticker = only(okx, empty.replace('"open24h":"89412.2"', '"open24h":"0"'))
    assert math.isnan(ticker.get_bid_price())
    assert math.isnan(ticker.get_bid_volume())
    assert math.isnan(ticker.get_price_change())
    assert ticker.get_ask_price() == 88900.0


def test_a_merged_trade(okx: OkxSpot) -> None:
    """A merged trade has the id of its last match and tells the first."""
    trade = only(okx, TRADE)
    assert type(trade) is TradeData
    expected = {
        "trade_id": "742000123",
        "price": 88899.9,
        "quantity": 0.0035,
        "side": "buy",
        "timestamp": 1795219201019,
        "first_trade_id": "742000122",
        "last_trade_id": "742000123",
        "trade_type": None,
    }
    assert values(trade, list(expected)) == expected
    assert trade.get_raw_data() == json.loads(TRADE)["data"][0]


@pytest.mark.parametrize("trade_id", ["900719925474099301", "00042", "12345678901234567890123", "a-7"])
def test_a_trade_id_is_the_exact_text(okx: OkxSpot, trade_id: str) -> None:
    """A trade id is the text that was sent, whatever it looks like."""
    assert only(okx, TRADE.replace("742000123", trade_id)).get_trade_id() == trade_id


@pytest.mark.parametrize(
    ("was", "now"),
    [(',"count":"2"', ""), ('"count":"2"', '"count":"0"'), ('"tradeId":"742000123"', '"tradeId":"a-7"')],
)
def test_a_trade_without_a_usable_count(okx: OkxSpot, was: str, now: str) -> None:
    """Where the number of matches or their id says nothing, no first id is claimed."""
    trade = only(okx, TRADE.replace(was, now))
    assert (trade.get_first_trade_id(), trade.get_last_trade_id()) == (None, None)


def test_a_single_trade(okx: OkxSpot) -> None:
    """The channel of single matches is read like the merged one."""
    text = TRADE.replace('"trades"', '"trades-all"').replace('"count":"2",', "").replace(',"seqId":363996340', "")
    ((name, trade),) = okx.decode(text.encode())
    assert name == "trades-all:BTC-USDT"
    assert (trade.get_trade_id(), trade.get_price()) == ("742000123", 88899.9)


def test_a_running_candle(okx: OkxSpot) -> None:
    """A candle has its end computed and its state from the last figure."""
    ((name, bar),) = okx.decode(CANDLE.encode())
    assert name == "candle1m:BTC-USDT"
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
        "bar_status": False,
    }
    assert values(bar, list(expected)) == expected
    assert math.isnan(bar.get_num_trades())
    assert bar.get_raw_data() == json.loads(CANDLE)["data"][0]


def test_a_closed_candle(okx: OkxSpot) -> None:
    """The figure 1 at the end says that the candle is closed."""
    assert only(okx, CANDLE.replace('"0"]]', '"1"]]')).get_bar_status() is True


def test_a_candle_of_an_older_recording(okx: OkxSpot) -> None:
    """A candle of seven figures has neither a value in quote asset nor a known state."""
    bar = only(okx, CANDLE.replace(',"1096100.11","0"]]', "]]"))
    assert bar.get_volume() == 12.331
    assert math.isnan(bar.get_amount())
    assert bar.get_bar_status() is False


@pytest.mark.parametrize(
    ("interval", "opened", "closes"),
    [
        ("1s", 1795219200000, 1795219200999),
        ("1h", 1795219200000, 1795222799999),
        ("1d", 1772236800000, 1772323199999),  # 2026-02-28
        ("1w", 1772409600000, 1773014399999),  # 2026-03-02
        ("1M", 1769904000000, 1772323199999),  # 2026-02-01, 28 days
        ("1M", 1706745600000, 1709251199999),  # 2024-02-01, 29 days
        ("3M", 1759276800000, 1767225599999),  # 2025-10-01, into the next year
    ],
)
def test_where_a_candle_ends(okx: OkxSpot, interval: str, opened: int, closes: int) -> None:
    """A candle ends in the last millisecond before the next, months by the calendar."""
    channel = f"candle{okx.venue_interval(interval)}"
    bar = only(okx, CANDLE.replace("candle1m", channel).replace("1795219200000", str(opened)))
    assert (bar.get_interval(), bar.get_close_time()) == (interval, closes)


def test_a_book_and_its_update(okx: OkxSpot) -> None:
    """A snapshot and the update that names it give the book, with the number of orders per level."""
    book = keeper(okx, "books:BTC-USDT")
    first, second = only(okx, SNAPSHOT), only(okx, UPDATE)
    assert isinstance(first, BookRow)
    assert (first.is_snapshot, first.last, first.previous, first.timestamp) == (True, 123456, -1, 1795219201000)
    assert (second.is_snapshot, second.last, second.previous) == (False, 123461, 123456)
    assert book.take(first)
    assert book.take(second)
    state = book.state(None)
    assert [tuple(level) for level in state.bids] == [("88899.9", "2.103", "0", "5"), ("88899.8", "1.2", "0", "2")]
    assert [tuple(level) for level in state.asks] == [("88900", "0.401", "0", "3")]
    assert (state.sequence, state.timestamp, state.order_count_at) == (123461, 1795219201100, 3)


@pytest.mark.parametrize("text", [BOOKS5, BBO])
def test_a_book_that_is_always_whole(okx: OkxSpot, text: str) -> None:
    """Channels of whole books need neither an action nor a number before."""
    ((name, row),) = okx.decode(text.encode())
    book = keeper(okx, name)
    assert book.take(row)
    assert [tuple(level) for level in book.state(5).bids] == [("88899.9", "2.103", "0", "5")]
    assert book.sequence == json.loads(text)["data"][0]["seqId"]


def test_whole_books_go_on_after_the_numbers_restart(okx: OkxSpot) -> None:
    """After maintenance numbers begin anew, and a book with a smaller one is not taken for an old one."""
    book = keeper(okx, "books5:BTC-USDT")
    assert book.take(only(okx, BOOKS5))
    assert not book.take(only(okx, BOOKS5))
    assert book.take(only(okx, BOOKS5.replace("123461", "7")))
    assert book.sequence == 7


def test_a_kept_book_goes_on_after_the_numbers_restart(okx: OkxSpot) -> None:
    """A quiet minute repeats the number, maintenance makes it smaller, and the book lives on."""
    book = keeper(okx, "books:BTC-USDT")
    book.take(only(okx, SNAPSHOT))
    for previous, last in ((123456, 123461), (123461, 123461), (123461, 3), (3, 5)):
        text = UPDATE.replace('"prevSeqId":123456,"seqId":123461', f'"prevSeqId":{previous},"seqId":{last}')
        assert book.take(only(okx, text))
        assert book.sequence == last
    with pytest.raises(BookGapError, match="expected 5, received 123461"):
        book.take(only(okx, UPDATE.replace('"prevSeqId":123456', '"prevSeqId":123461')))


def test_a_missed_restart_of_the_numbers_is_a_gap(okx: OkxSpot) -> None:
    """When the update that restarts the numbers is lost, the small numbers behind it are not taken for old ones."""
    book = keeper(okx, "books:BTC-USDT")
    book.take(only(okx, SNAPSHOT))
    with pytest.raises(BookGapError, match="expected 123456, received 3"):
        book.take(only(okx, UPDATE.replace("123456", "3").replace("123461", "5")))
    assert not book.is_live


@pytest.mark.parametrize("action", ["", '"action":"refresh",'])
def test_an_update_must_say_that_it_is_one(okx: OkxSpot, action: str) -> None:
    """On a channel of updates, a frame that does not say what it is does not replace the book."""
    text = UPDATE.replace('"action":"update",', action)
    assert isinstance(only(okx, text), Rejected)


def test_a_frame_holds_one_book(okx: OkxSpot) -> None:
    """A frame without a book, or with two, is refused."""
    assert isinstance(only(okx, '{"arg":{"channel":"books5","instId":"A-B"},"data":[]}'), Rejected)
    frame = json.loads(BOOKS5)
    frame["data"] *= 2
    assert isinstance(only(okx, json.dumps(frame)), Rejected)


# Rows that cannot be used


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("px", "NaN"),
        ("px", ""),
        ("px", None),
        ("px", "inf"),
        ("px", [1]),
        ("sz", "-1"),
        ("sz", "nan"),
        ("side", "BUY"),
        ("side", ""),
        ("ts", "soon"),
        ("ts", None),
        ("tradeId", ""),
        ("tradeId", None),
    ],
)
def test_a_bad_trade_costs_only_itself(okx: OkxSpot, field: str, value: Any) -> None:
    """Of three trades in a frame the unusable one is refused with its place, the others are kept."""
    frame = json.loads(TRADE)
    rows = [{**frame["data"][0], "tradeId": str(place)} for place in range(3)]
    rows[1] = {**rows[1], field: value}
    first, last, refused = objects(okx, json.dumps({**frame, "data": rows}))
    assert (first.get_trade_id(), last.get_trade_id()) == ("0", "2")
    assert (first.get_raw_data(), last.get_raw_data()) == (rows[0], rows[2])
    assert isinstance(refused, Rejected)
    assert "row 1" in refused.detail


@pytest.mark.parametrize("field", ["px", "sz", "side", "ts", "tradeId"])
def test_a_trade_that_lacks_a_field(okx: OkxSpot, field: str) -> None:
    """A trade without one of the fields that make it is refused."""
    frame = json.loads(TRADE)
    del frame["data"][0][field]
    assert isinstance(only(okx, json.dumps(frame)), Rejected)


@pytest.mark.parametrize("place", range(1, 5))
def test_a_candle_without_a_price(okx: OkxSpot, place: int) -> None:
    """A candle whose open, high, low or close is no number is refused."""
    frame = json.loads(CANDLE)
    frame["data"][0][place] = "NaN"
    assert isinstance(only(okx, json.dumps(frame)), Rejected)


# What else a frame says


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pong", Alive()),
        (
            '{"id":"1512","event":"subscribe","arg":{"channel":"tickers","instId":"BTC-USDT"},"connId":"accb8e21"}',
            Ack("1512", "tickers:BTC-USDT"),
        ),
        (
            '{"id":"1513","event":"unsubscribe","arg":{"channel":"tickers","instId":"BTC-USDT"},"connId":"a"}',
            Ack("1513", "tickers:BTC-USDT"),
        ),
        ('{"event":"subscribe","arg":{"channel":"status"}}', Ack(None, "status")),
        ('{"arg":{"channel":"trades","instId":"A-B"},"event":"subscribe"}', Ack(None, "trades:A-B")),
        (
            '{"id":"1514","event":"error","code":"60012","msg":"Invalid request: {\\"op\\": \\"subscribe\\", '
            '\\"argss\\":[]}","connId":"accb8e21"}',
            Refusal('Invalid request: {"op": "subscribe", "argss":[]}', "1514", None, "60012"),
        ),
        (
            '{"event":"channel-conn-count-error","channel":"orders","connCount":"30","connId":"a4d3ae55"}',
            Refusal("too many connections", None, "orders", "channel-conn-count-error"),
        ),
        ('{"event":"channel-conn-count","channel":"orders","connCount":"2","connId":"abcd1234"}', Alive()),
        ('{"event":"error","code":"60014","msg":"often"}', Refusal("often", code="60014", is_pace=True)),
        (
            '{"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. '
            'Please reconnect.","connId":"a4d3ae55"}',
            Farewell("The connection will soon be closed for a service upgrade. Please reconnect."),
        ),
        ('{"event":"notice","code":"1","msg":"hello"}', Ignored("notice 1")),
        ("{}", Ignored("frame without data or event")),
        ('{"arg":{"channel":"trades","instId":"A-B"}}', Ignored("frame without data or event")),
        ('{"arg":{"channel":"funding-rate","instId":"A-B"},"data":[{}]}', Ignored("funding-rate:A-B")),
    ],
)
def test_frames_without_data(okx: OkxSpot, text: str, expected: object) -> None:
    """Answers, errors, notices and signs of life are told apart."""
    assert only(okx, text) == expected


@pytest.mark.parametrize(
    ("channel", "is_symbol"), [("trades", True), ("candle1m", True), ("candle7m", False), ("prices", False)]
)
def test_what_is_to_blame_for_an_unknown_topic(okx: OkxSpot, channel: str, is_symbol: bool) -> None:
    """The error for a wrong channel or market names its topic; with a channel that exists, the market is wrong."""
    refusal = only(
        okx,
        '{"event":"error","code":"60018","msg":"Wrong URL or channel:' + channel + ",instId:NOPE-USDT doesn't "
        'exist. Please use the correct URL, channel and parameters referring to API document.","connId":"2b5d"}',
    )
    assert (refusal.name, refusal.is_symbol) == (f"{channel}:NOPE-USDT", is_symbol)


# Where topics are and how they are asked for


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("ticker", {}, ("public", "tickers:BTC-USDT")),
        ("trades", {}, ("public", "trades:BTC-USDT")),
        ("klines", {"interval": "1Dutc"}, ("business", "candle1Dutc:BTC-USDT")),
        ("depth", {"levels": 1}, ("public", "books5:BTC-USDT")),
        ("depth", {"levels": 5}, ("public", "books5:BTC-USDT")),
        ("depth", {"levels": 6}, ("books", "books:BTC-USDT")),
        ("depth", {"levels": None}, ("books", "books:BTC-USDT")),
    ],
)
def test_where_a_topic_is(okx: OkxSpot, kind: str, options: dict[str, Any], expected: tuple[str, str]) -> None:
    """Candles are on the business socket, and books with more than five levels are kept from updates."""
    assert okx.place(kind, "BTC-USDT", **options) == Subscription(*expected)


@pytest.mark.parametrize(
    ("channel", "symbol", "expected"),
    [
        ("trades-all", "BTC-USDT", ("business", "trades-all:BTC-USDT")),
        ("mark-price-candle1m", "BTC-USDT", ("business", "mark-price-candle1m:BTC-USDT")),
        ("books-l2-tbt", "BTC-USDT", ("books", "books-l2-tbt:BTC-USDT")),
        ("status", "", ("public", "status")),
    ],
)
def test_where_a_channel_of_the_venue_is(okx: OkxSpot, channel: str, symbol: str, expected: tuple[str, str]) -> None:
    """A channel by the venue's own name is sent to the socket that has it."""
    assert okx.place_raw(channel, symbol) == Subscription(*expected)


def test_one_command_asks_for_many_topics(okx: OkxSpot) -> None:
    """A command names its topics in the venue's form and carries an id."""
    (command,) = okx.subscribe(["tickers:BTC-USDT", "books:BTC-USDT"], count(1512))
    assert json.loads(command.payload) == {
        "id": "1512",
        "op": "subscribe",
        "args": [
            {"channel": "tickers", "instId": "BTC-USDT"},
            {"channel": "books", "instId": "BTC-USDT"},
        ],
    }
    assert (command.id, command.names) == ("1512", ("tickers:BTC-USDT", "books:BTC-USDT"))
    (command,) = okx.unsubscribe(["candle1Dutc:BTC-USDT"], count(1))
    assert json.loads(command.payload)["op"] == "unsubscribe"


def test_no_command_is_longer_than_the_venue_reads(okx: OkxSpot) -> None:
    """A thousand topics are asked for in commands of less than 64 KB, each topic once."""
    names = [f"mark-price-candle15m:LONGBASENAME{number}-LONGQUOTENAME" for number in range(1000)]
    commands = okx.subscribe(names, count(1))
    assert [name for command in commands for name in command.names] == names
    assert max(len(command.payload) for command in commands) < 64 * 1024
    assert len({command.id for command in commands}) == len(commands)


def test_a_channel_without_a_market(okx: OkxSpot) -> None:
    """The list of markets is asked for by product, other channels of the venue by their name."""
    (command,) = okx.subscribe(["instruments", "status"], count(1))
    assert json.loads(command.payload)["args"] == [
        {"channel": "instruments", "instType": "SPOT"},
        {"channel": "status"},
    ]


def test_every_interval(okx: OkxSpot) -> None:
    """The venue's intervals are all offered, from six hours on those that open at midnight UTC."""
    offered = "1s 1m 3m 5m 15m 30m 1H 2H 4H 6Hutc 12Hutc 1Dutc 2Dutc 3Dutc 5Dutc 1Wutc 1Mutc 3Mutc"
    assert list(okx.intervals.values()) == offered.split()
    assert [okx.user_interval(okx.venue_interval(word)) for word in okx.intervals] == list(okx.intervals)
    with pytest.raises(ConfigurationError, match="8h"):
        okx.venue_interval("8h")


def test_addresses(okx: OkxSpot) -> None:
    """The sockets are the venue's, its demo hosts, or below the base that the user names."""
    urls = {endpoint.url(okx.settings) for endpoint in okx.endpoints.values()}
    assert urls == {"wss://ws.okx.com:8443/ws/v5/public", "wss://ws.okx.com:8443/ws/v5/business"}
    business = okx.endpoints["business"]
    assert business.url(ExchangeSettings(testnet=True)) == "wss://wspap.okx.com:8443/ws/v5/business"
    own = ExchangeSettings(ws_url="ws://127.0.0.1:9/OKX___SPOT")
    assert business.url(own) == "ws://127.0.0.1:9/OKX___SPOT/ws/v5/business"


def test_the_heartbeat_is_a_text_in_time(okx: OkxSpot) -> None:
    """Every socket is kept alive by the text ping, sooner than the venue's cut after 30 s."""
    for endpoint in okx.endpoints.values():
        assert endpoint.heartbeat.send == "ping"
        assert endpoint.heartbeat.within is not None
        assert endpoint.heartbeat.within < 30


def test_no_more_books_on_a_socket_than_advised(okx: OkxSpot) -> None:
    """Kept books go to sockets of fewer than 30 topics."""
    for channel in ("books", "books-l2-tbt", "books50-l2-tbt"):
        assert okx.endpoints[okx.place_raw(channel, "BTC-USDT").endpoint].topics_per_socket < 30


# REST


@pytest.mark.parametrize(
    ("request_", "path", "query"),
    [
        (OkxSpot().ticker_request("BTC-USDT"), "ticker", {"instId": "BTC-USDT"}),
        (OkxSpot().tickers_request(), "tickers", {"instType": "SPOT"}),
        (OkxSpot().book_request("BTC-USDT", 20), "books", {"instId": "BTC-USDT", "sz": "20"}),
        (OkxSpot().book_request("BTC-USDT", 400), "books", {"instId": "BTC-USDT", "sz": "400"}),
        (OkxSpot().book_request("BTC-USDT", 401), "books-full", {"instId": "BTC-USDT", "sz": "401"}),
        (OkxSpot().book_request("BTC-USDT", None), "books-full", {"instId": "BTC-USDT", "sz": "5000"}),
        (OkxSpot().book_request("BTC-USDT", 9999), "books-full", {"instId": "BTC-USDT", "sz": "5000"}),
        (OkxSpot().trades_request("BTC-USDT", 9999), "trades", {"instId": "BTC-USDT", "limit": "500"}),
        (
            OkxSpot().klines_request("BTC-USDT", "1Dutc", 500),
            "candles",
            {"instId": "BTC-USDT", "bar": "1Dutc", "limit": "300"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_requests(request_: Request, path: str, query: dict[str, str]) -> None:
    """Requests name the path and stay within the largest page."""
    assert (request_.path, request_.query) == (f"/api/v5/market/{path}", query)


@pytest.mark.parametrize(
    ("request_", "limit"),
    [
        (OkxSpot().ticker_request("A"), 20),
        (OkxSpot().tickers_request(), 20),
        (OkxSpot().book_request("A", 400), 40),
        (OkxSpot().book_request("A", None), 10),
        (OkxSpot().trades_request("A", 1), 100),
        (OkxSpot().klines_request("A", "1m", 1), 40),
        (OkxSpot().instruments_request(), 20),
        (OkxSpot().time_request(), 10),
    ],
    ids=lambda value: value.path if isinstance(value, Request) else "",
)
def test_rates(request_: Request, limit: int) -> None:
    """Each path has its own budget per two seconds."""
    assert (request_.rate.count, request_.rate.per_s, request_.budget) == (limit, 2.0, request_.path)


def test_a_ticker_by_rest(okx: OkxSpot) -> None:
    """Tickers by REST name their own market."""
    body = json.dumps({"code": "0", "msg": "", "data": json.loads(TICKER)["data"]}).encode()
    (ticker,), refused = okx.read(okx.tickers_request(), body, Topic("OKX___SPOT", "ticker"))
    assert (ticker.get_symbol(), ticker.get_last_price(), ticker.get_origin(), refused) == (
        "BTC-USDT",
        88899.9,
        "snapshot",
        [],
    )


def test_a_book_by_rest(okx: OkxSpot) -> None:
    """A book by REST is whole and has no number, with four figures a level or three."""
    text = (
        '{"code":"0","msg":"","data":[{"asks":[["88900","0.401","0","3"]],"bids":[["88899.9","2.103","0","5"]],'
        '"ts":"1795219201000"}]}'
    )
    full = text.replace('"0","3"', '"3"').replace('"0","5"', '"5"')
    for levels, body in ((400, text), (None, full)):
        request = okx.book_request("BTC-USDT", levels)
        (row,), _ = okx.read(request, body.encode(), BTC)
        assert (row.is_snapshot, row.last, row.timestamp) == (True, None, 1795219201000)
        assert request.channel.book is not None
        place = request.channel.book.order_count_at
        assert place is not None
        assert (row.bids[0][:2], row.bids[0][place]) == (("88899.9", "2.103"), "5")


def test_trades_by_rest_are_oldest_first(okx: OkxSpot) -> None:
    """The venue lists the newest first; ids are ordered by number and not by text."""
    row = '{"instId":"BTC-USDT","side":"buy","sz":"0.0035","px":"88899.9","source":"0","tradeId":"%s","ts":"%s"}'
    rows = ",".join(row % (number, 1795219201019) for number in (1000, 999, 998))
    body = f'{{"code":"0","msg":"","data":[{rows}]}}'.encode()
    trades, _ = okx.read(okx.trades_request("BTC-USDT", 3), body, BTC, origin="backfill")
    assert [trade.get_trade_id() for trade in trades] == ["998", "999", "1000"]
    assert [trade.get_raw_data()["tradeId"] for trade in trades] == ["998", "999", "1000"]
    assert {trade.get_origin() for trade in trades} == {"backfill"}
    assert trades[0].get_first_trade_id() is None


def test_candles_by_rest_are_oldest_first(okx: OkxSpot) -> None:
    """The venue lists the newest candle, the running one, first."""
    older = '["1795219140000","88880","88895","88870","88890","7.1","631000","631000","1"]'
    body = f'{{"code":"0","msg":"","data":[{CANDLE[CANDLE.index("[[") + 1 : -2]},{older}]}}'.encode()
    bars, _ = okx.read(okx.klines_request("BTC-USDT", "1m", 2), body, BTC)
    assert [(bar.get_timestamp(), bar.get_bar_status()) for bar in bars] == [
        (1795219140000, True),
        (1795219200000, False),
    ]


def test_instruments(okx: OkxSpot) -> None:
    """A market has assets, steps and a status; the row of a contract, which names no assets, is refused."""
    spot = (
        '{"instType":"SPOT","instId":"BTC-USDT","instFamily":"","uly":"","baseCcy":"BTC","quoteCcy":"USDT",'
        '"tickSz":"0.1","lotSz":"0.00000001","minSz":"0.00001","maxLmtSz":"9999999999","state":"live"}'
    )
    swap = spot.replace('"BTC"', '""').replace('"BTC-USDT"', '"BTC-USDT-SWAP"')
    resting = spot.replace('"live"', '"suspend"').replace("BTC", "ETH")
    body = f'{{"code":"0","msg":"","data":[{spot},{swap},{resting}]}}'.encode()
    (btc, eth), refused = okx.read(okx.instruments_request(), body, Topic("OKX___SPOT", "instruments"))
    assert type(btc) is SymbolData
    expected = {
        "venue_symbol": "BTC-USDT",
        "base_asset": "BTC",
        "quote_asset": "USDT",
        "tick_size": 0.1,
        "price_digital": 1,
        "lot_size": 1e-8,
        "qty_digital": 8,
        "min_qty": 1e-5,
        "max_qty": 9999999999.0,
        "status": "trading",
        "contract_multiplier": 1.0,
    }
    assert values(btc, list(expected)) == expected
    assert (eth.get_venue_symbol(), eth.get_status(), eth.is_trading()) == ("ETH-USDT", "suspend", False)
    assert refused == ["no base in row 1"]


def test_the_clock(okx: OkxSpot) -> None:
    """The venue's clock is in milliseconds."""
    body = b'{"code":"0","msg":"","data":[{"ts":"1795219200123"}]}'
    (clock,), _ = okx.read(okx.time_request(), body, Topic("OKX___SPOT", "time"))
    assert type(clock) is TimeData
    assert clock.get_timestamp() == 1795219200123


def test_what_the_venue_does_not_have(okx: OkxSpot) -> None:
    """A snapshot cannot be asked for, and an unknown channel is named."""
    with pytest.raises(UnsupportedError, match="OKX___SPOT"):
        okx.ask_snapshot("books:BTC-USDT", count(1))
    with pytest.raises(UnsupportedError, match="funding-rate"):
        okx.channel_of("funding-rate:BTC-USDT")


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        ("51001", InvalidSymbolError, False),
        ("50011", RateLimitError, True),
        ("50113", AuthenticationError, False),
        ("50101", AuthenticationError, False),
        ("50001", RequestFailedError, True),
        ("50026", RequestFailedError, True),
        ("51000", RequestFailedError, False),
    ],
)
def test_failures(okx: OkxSpot, status: int, code: str, kind: type[Exception], retryable: bool) -> None:
    """An error is one with HTTP 200 as well, and its code says which and whether another try may help."""
    body = f'{{"code":"{code}","msg":"what it says","data":[]}}'.encode()
    error = okx.failure("/api/v5/market/books", status, body)
    assert type(error) is kind
    assert "what it says" in str(error)
    assert error.retryable is retryable


def test_what_is_no_failure(okx: OkxSpot) -> None:
    """Code 0 is a success, and an answer that is no JSON is one only with an error status."""
    assert okx.failure("/p", 200, b'{"code":"0","msg":"","data":[]}') is None
    assert okx.failure("/p", 200, b"<html>") is None
    assert isinstance(okx.failure("/p", 502, b"<html>"), RequestFailedError)
    assert isinstance(okx.failure("/p", 502, b"[" * 100_000), RequestFailedError)
