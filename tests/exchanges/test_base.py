"""What all venues share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_api_py.containers import BarData, SymbolData, Topic, TradeData
from bt_api_py.exceptions import (
    ConfigurationError,
    DataParseError,
    ExchangeNotFoundError,
    UnsupportedError,
)
from bt_api_py.exchanges import ALIASES, EXCHANGES, exchange_class
from bt_api_py.exchanges.base import (
    ColumnChannel,
    Exchange,
    InstrumentRow,
    KeyedChannel,
    Pages,
    Request,
    Selection,
    batches,
)
from bt_api_py.exchanges.binance import BinanceSpot
from bt_api_py.exchanges.gateio import GateioSpot
from bt_api_py.exchanges.htx import HtxSpot
from bt_api_py.exchanges.kraken import KrakenSpot
from bt_api_py.exchanges.okx import OkxSpot
from bt_api_py.settings import ExchangeSettings

TRADE = b'{"stream":"btcusdt@trade","data":{"E":2,"t":7,"p":"1","q":"2","T":1,"m":false}}'
PUBLIC = pytest.mark.parametrize(
    "cls", [BinanceSpot, OkxSpot, HtxSpot, KrakenSpot, GateioSpot], ids=lambda cls: cls.name
)


# The list of venues


def test_every_exchange_is_found() -> None:
    """Each exchange is found by its name, and each alias of one that is there."""
    for name, cls in EXCHANGES.items():
        assert exchange_class(name) is cls
        assert cls.name == name
    for alias, name in ALIASES.items():
        if name in EXCHANGES:
            assert exchange_class(alias) is EXCHANGES[name]


@pytest.mark.parametrize("name", ["OKX__SPOT", "", None, 5, [], "okx___spot"])
def test_an_unknown_exchange(name: Any) -> None:
    """Another name is refused, and the nearest one or all are named."""
    with pytest.raises(ExchangeNotFoundError, match="___SPOT"):
        exchange_class(name)


@PUBLIC
def test_every_topic_has_a_channel_and_an_address(cls: type[Exchange]) -> None:
    """What a user may ask for is at a declared address, in a channel that is read, under a name that is split back."""
    exchange = cls()
    symbol = exchange.symbols.join("BTC", "USDT")
    asked: list[tuple[str, dict[str, Any]]] = [("ticker", {}), ("trades", {})]
    asked += [("klines", {"interval": exchange.venue_interval(word)}) for word in exchange.intervals]
    asked += [("depth", {"levels": levels}) for levels in (1, 5, 20, 100, 1000, None)]
    containers = {"ticker": "TickerData", "trades": "TradeData", "klines": "BarData"}
    for kind, options in asked:
        found = exchange.place(kind, symbol, **options)
        assert found.endpoint in exchange.endpoints
        channel = exchange.channel_of(found.name)
        assert exchange.split(found.name)[1:] == (symbol, options.get("interval", ""))
        assert (channel.container.__name__ if channel.container else "") == containers.get(kind, "")
        assert (channel.book is not None) is (kind == "depth")
        for commands in (
            exchange.subscribe([found.name], count(1)),
            exchange.unsubscribe([found.name], count(1)),
        ):
            assert [command.names for command in commands] == [(found.name,)]


@PUBLIC
@pytest.mark.parametrize("interval", ["7m", "", "1D", None, 60, ["1m"]])
def test_an_unknown_interval(cls: type[Exchange], interval: Any) -> None:
    """An interval that the venue does not have is refused, and those that it has are named."""
    with pytest.raises(ConfigurationError, match=r"1m.*1d") as caught:
        cls().venue_interval(interval)
    assert caught.value.exchange_name == cls.name


def test_a_venue_that_lacks_a_request() -> None:
    """A request that an adapter does not describe is refused with the venue's name."""

    class Bare(Exchange):
        name = "NIMBUS___SPOT"

    bare = Bare()
    for ask in (
        bare.tickers_request,
        bare.instruments_request,
        bare.time_request,
        lambda: bare.ticker_request("A"),
        lambda: bare.book_request("A", 5),
        lambda: bare.trades_request("A", 5),
        lambda: bare.klines_request("A", "1m", 5),
        lambda: bare.ask_snapshot("A", count(1)),
    ):
        with pytest.raises(UnsupportedError, match="NIMBUS___SPOT"):
            ask()


# Topics


def test_an_object_carries_the_callers_spelling() -> None:
    """A bound name gives objects the caller's topic; unbound, the venue's own words."""
    exchange = BinanceSpot()
    assert exchange.decode(TRADE)[0][1].get_symbol() == "BTCUSDT"
    exchange.bind("btcusdt@trade", Topic(exchange.name, "trades", "BTC/USDT", "BTCUSDT", factor=0.5))
    trade = exchange.decode(TRADE)[0][1]
    assert (trade.get_symbol(), trade.get_venue_symbol(), trade.get_quantity()) == ("BTC/USDT", "BTCUSDT", 1.0)
    exchange.unbind("btcusdt@trade")
    assert exchange.decode(TRADE)[0][1].get_symbol() == "BTCUSDT"
    exchange.unbind("never bound")


def test_adapters_share_nothing() -> None:
    """What is bound in one adapter is unknown to another of the same exchange."""
    one, other = BinanceSpot(), BinanceSpot()
    one.bind("btcusdt@trade", Topic(one.name, "trades", "mine", "BTCUSDT"))
    assert other.decode(TRADE)[0][1].get_symbol() == "BTCUSDT"


def test_endless_new_names_do_not_fill_the_memory() -> None:
    """However many names a socket brings in, the table of known ones stays small."""
    exchange = BinanceSpot()
    most = 0
    for number in range(60_000):
        exchange.decode(TRADE.replace(b"btcusdt", b"x%d" % number))
        most = max(most, len(exchange._routes))
    assert most <= 50_000


FRAMES = [
    (BinanceSpot, TRADE, b"btcusdt", (b"btcusdt", b"btcusdc", b"btcusd", b"xbtcusdt")),
    (BinanceSpot, TRADE, b"@trade", (b"@trade", b"@aggTrade")),
    (
        OkxSpot,
        b'{"arg":{"channel":"candle1m","instId":"BTC-USDT"},"data":[["1","1","1","1","1","1"]]}',
        b"BTC-USDT",
        (b"BTC-USDT", b"BTC-USDC", b"BTC-USD", b"XBTC-USDT"),
    ),
    (
        OkxSpot,
        b'{"arg":{"channel":"candle1m","instId":"BTC-USDT"},"data":[["1","1","1","1","1","1"]]}',
        b"candle1m",
        (b"candle1m", b"candle1Mutc", b"candle1M", b"candle15m"),
    ),
    (
        HtxSpot,
        b'{"ch":"market.btcusdt.kline.1min","ts":1,"tick":{"id":1,"open":1,"close":1,"low":1,"high":1,'
        b'"amount":1,"vol":1,"count":1}}',
        b"btcusdt.kline.1min",
        (b"btcusdt.kline.1min", b"btcusdc.kline.1min", b"btcusdt.kline.1mon", b"btcusdt.kline.15min"),
    ),
]


@pytest.mark.parametrize(("cls", "frame", "part", "others"), FRAMES)
def test_names_that_are_nearly_alike(cls: type[Exchange], frame: bytes, part: bytes, others: tuple[bytes, ...]) -> None:
    """Names that differ in a letter stay apart, when they are new and when they are known."""
    exchange = cls()
    for _ in range(2):
        names = [exchange.decode(frame.replace(part, other))[0][0].encode() for other in others]
        assert len(set(names)) == len(others)
        for name, other in zip(names, others, strict=True):
            assert other in name


def test_a_name_with_an_escape_is_read_in_full() -> None:
    """Two names that begin alike up to an escaped quote are two names."""
    exchange = HtxSpot()
    frame = '{"ch":"market.a\\"%s.bbo","tick":{"seqId":1,"ask":1,"askSize":1,"bid":1,"bidSize":1,"quoteTime":1}}'
    names = [exchange.decode((frame % word).encode())[0][0] for word in ("b", "c", "b")]
    assert names == ['market.a"b.bbo', 'market.a"c.bbo', 'market.a"b.bbo']


# REST


def test_rest_addresses() -> None:
    """REST goes to the venue, to its test network, or to the base that the user names."""
    assert BinanceSpot().rest_url == "https://api.binance.com"
    assert BinanceSpot(ExchangeSettings(testnet=True)).rest_url == "https://testnet.binance.vision"
    assert BinanceSpot(ExchangeSettings(rest_url="https://own/")).rest_url == "https://own"


@PUBLIC
@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[]", b"7", b"[" * 100_000, b'{"data":{}}', b'{"tick":[]}'])
def test_an_answer_that_is_none(cls: type[Exchange], body: bytes) -> None:
    """An answer that is not understood is one kind of error, or its records are refused."""
    exchange = cls()
    topic = Topic(exchange.name, "any", "BTCUSDT", "btcusdt")
    for request in (
        exchange.ticker_request("btcusdt"),
        exchange.tickers_request(),
        exchange.book_request("btcusdt", 5),
        exchange.trades_request("btcusdt", 5),
        exchange.klines_request("btcusdt", "1m", 5),
        exchange.instruments_request(),
        exchange.time_request(),
    ):
        exchange.failure(request.path, 500, body)
        found: list[Any] = []
        with suppress(DataParseError):
            found, _ = exchange.read(request, body, topic)
        assert found == []


def pages_of(pages: Pages, answer: Any, most: int = 20) -> Iterator[Request]:
    """Walk through the pages that are asked for."""
    request = next(pages, None)
    for _ in range(most):
        if request is None:
            return
        yield request
        try:
            request = pages.send(answer(request))
        except StopIteration:
            return
    raise AssertionError("there is no end of pages")


class Archive:
    """A venue's list of trades and bars, answered page by page in its own manner."""

    def __init__(self, exchange: Exchange, newest: int) -> None:
        self.exchange = exchange
        self.newest = newest

    def trades(self, request: Request) -> list[TradeData]:
        """Return a page of trades, oldest first."""
        query = request.query
        limit = int(query["limit"])
        if "fromId" in query:
            ids = range(int(query["fromId"]), min(int(query["fromId"]) + limit, self.newest + 1))
        else:
            older = int(query.get("after", self.newest + 1))
            ids = range(max(1, older - limit), older)
        row = request.channel.row
        return [self._trade(row, number) for number in ids]

    def _trade(self, row: Any, number: int) -> TradeData:
        fields: dict[str, Any] = {"timestamp": number, "price": 1.0, "quantity": 1.0}
        if isinstance(self.exchange, OkxSpot):
            fields |= {"trade_id": str(number), "side": "buy"}
        else:
            fields |= {"trade_id": number, "buyer_is_maker": False}
        return TradeData(row(**fields), Topic(self.exchange.name, "trades"))

    def bars(self, request: Request) -> list[BarData]:
        """Return a page of bars of one minute, oldest first."""
        query = request.query
        limit = int(query["limit"])
        minute = 60_000
        if "startTime" in query:
            first = -(-int(query["startTime"]) // minute)
            opened = range(first, min(int(query["endTime"]) // minute + 1, first + limit))
        else:
            older = -(-int(query["after"]) // minute)
            opened = range(max(0, older - limit), older)
        topic = Topic(self.exchange.name, "klines", interval="1m")
        rest = (0.0, 0.0, 0.0, 0.0, 0.0)
        if isinstance(self.exchange, OkxSpot):
            return [BarData(request.channel.row(at * minute, *rest), topic) for at in opened]
        rows = [request.channel.row(at * minute, *rest, at * minute + minute - 1, 0.0, 0, 0, 0) for at in opened]
        return [BarData(row, topic) for row in rows]


@pytest.mark.parametrize("cls", [BinanceSpot, OkxSpot], ids=lambda cls: cls.name)
@pytest.mark.parametrize(("after", "before"), [(9_000, 9_050), (7_950, 9_001), (9_990, 10_000), (5, 6), (8_000, 8_002)])
def test_missing_trades_are_asked_for(cls: type[Exchange], after: int, before: int) -> None:
    """Page by page, every trade between two ids is fetched."""
    exchange = cls()
    archive = Archive(exchange, 10_000)
    found: set[int] = set()

    def answer(request: Request) -> list[TradeData]:
        page = archive.trades(request)
        found.update(int(trade.get_trade_id()) for trade in page)
        return page

    for request in pages_of(exchange.trades_between("BTC-USDT", after, before, 0), answer, most=200):
        assert "BTC-USDT" in request.query.values()
    assert found >= set(range(after + 1, before))


@pytest.mark.parametrize("cls", [BinanceSpot, OkxSpot], ids=lambda cls: cls.name)
@pytest.mark.parametrize("bars", [1, 300, 301, 2_500])
def test_missing_bars_are_asked_for(cls: type[Exchange], bars: int) -> None:
    """Page by page, every bar of a span of time is fetched."""
    exchange = cls()
    archive = Archive(exchange, 0)
    start = 29_000_000 * 60_000
    found: set[int] = set()

    def answer(request: Request) -> list[BarData]:
        page = archive.bars(request)
        found.update(bar.get_timestamp() for bar in page)
        return page

    pages = exchange.klines_between("BTC-USDT", "1m", start, start + (bars - 1) * 60_000)
    assert list(pages_of(pages, answer))
    assert found >= {start + number * 60_000 for number in range(bars)}


@PUBLIC
def test_an_empty_page_is_the_last(cls: type[Exchange]) -> None:
    """When a venue has nothing more, nothing more is asked for."""
    exchange = cls()
    for pages in (exchange.trades_between("a", 1, 9, 0), exchange.klines_between("a", "1m", 0, 9)):
        assert len(list(pages_of(pages, lambda request: []))) == 1


def test_a_trade_id_of_other_letters_ends_no_back_fill_with_an_error() -> None:
    """Ids that are no numbers give no span, and the pages come to an end."""
    okx = OkxSpot()
    row = okx.channels["trades"].row
    for trade_id in ("x-7", "9" * 5000, "٣"):
        record = row(timestamp=1, trade_id=trade_id, price=1.0, quantity=1.0, side="buy")
        assert record.span is None or len(record.span) == 2
        trade = TradeData(record, Topic(okx.name, "trades"))
        pages = okx.trades_between("BTC-USDT", 1, 9, 0)
        next(pages)
        try:
            assert pages.send([trade]).query["instId"] == "BTC-USDT"
        except StopIteration:
            continue


# Small tools


@given(items=st.lists(st.text(max_size=3), max_size=30), size=st.integers(1, 7))
def test_batches(items: list[str], size: int) -> None:
    """Parts are full but for the last, and joined they are the whole."""
    parts = list(batches(items, size))
    assert [item for part in parts for item in part] == items
    assert all(len(part) == size for part in parts[:-1])
    assert all(parts)


# Records under keys that are data


class Listed(InstrumentRow):
    base: str
    quote: str
    key: str = ""
    venue_symbol = property(lambda self: self.key)


class Price(msgspec.Struct, array_like=True):
    price: float

    def defect(self) -> str | None:
        return None if self.price > 0 else "no price"


def test_a_record_knows_its_key() -> None:
    """Each object gets the key under which it lies, a bad one costs itself, and the raw record is found again."""
    request = Request("/list", KeyedChannel(SymbolData, Listed, ("result",)))
    body = b'{"result":{"AB":{"base":"A","quote":"B"},"X":{"base":1},"CD":{"base":"C","quote":"D"},"last":"5"}}'
    found, refused = BinanceSpot().read(request, body, Topic("E___SPOT", "symbols"))
    assert [market.get_venue_symbol() for market in found] == ["AB", "CD"]
    assert found[1].get_raw_data() == {"base": "C", "quote": "D"}
    assert len(refused) == 1
    assert "in row X" in refused[0]


def test_lists_under_keys_are_one_list() -> None:
    """The records of all lists come together, each with its place, and a cursor beside them is left out."""
    channel = KeyedChannel(None, Price, ("result",), many=True, sort=lambda row: row.price)
    body = b'{"result":{"AB":[[3],[1],[0],["x"]],"last":5,"CD":[[2]]}}'
    rows, refused = channel.read(body)
    assert [(place, row.price) for place, row in rows] == [(("AB", 1), 1), (("CD", 0), 2), (("AB", 0), 3)]
    assert len(refused) == 2


# Records of which only some count, and records in columns


class Columned(msgspec.Struct):
    base: str
    quote: str
    venue_symbol: str

    def defect(self) -> str | None:
        return None if self.base else "no base"


def test_records_in_columns() -> None:
    """The n-th entries make the n-th record, a bad one costs itself, and the raw record is put together again."""
    request = Request("/list", ColumnChannel(SymbolData, Columned, ("result",)))
    body = (
        b'{"result":{"base":["A",1,"","C"],"quote":["B","B","B","D"],"venue_symbol":["w","x","y","z"],"status":"ok"}}'
    )
    found, refused = BinanceSpot().read(request, body, Topic("E___SPOT", "symbols"))
    assert [market.get_venue_symbol() for market in found] == ["w", "z"]
    assert found[1].get_raw_data() == {"base": "C", "quote": "D", "venue_symbol": "z"}
    assert [reason[-5:] for reason in refused] == ["row 1", "row 2"]
    assert ColumnChannel(SymbolData, Columned, ("result",)).read(b'{"result":{"status":"no_data"}}') == ([], [])


def test_only_some_records_count() -> None:
    """What is left out is no refusal, and what counts keeps its place."""

    class Offered(Price):
        @property
        def is_cheap(self) -> bool:
            return self.price < 2

    rows, refused = Selection(None, Offered, ("result",), only="is_cheap").read(b'{"result":[[3],[1],["x"],[0],[1.5]]}')
    assert [(place, row.price) for place, row in rows] == [(1, 1), (4, 1.5)]
    assert len(refused) == 2
