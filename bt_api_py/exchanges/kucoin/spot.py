"""KuCoin spot: market data.

Source: KuCoin API documentation (web socket spot public channels, order book of level 2; REST spot market data), state
of 2025-11.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from operator import attrgetter

from ...book.sequence import Spanning, Whole
from ...containers import BarData, TickerData, TradeData
from ...containers.bar import bar_end
from ...symbols import SymbolStyle
from ..base import (
    Book,
    Channel,
    Command,
    Pages,
    Request,
    Subscription,
    TimeData,
    batches,
    instruments,
)
from .account import KucoinAccount
from .rows import (
    BestOffer,
    Candle,
    Instrument,
    RestBook,
    RestCandle,
    RestTicker,
    ServerTime,
    Snapshot,
    Ticker,
    Trade,
    Update,
)
from .wire import PACE, SYMBOLS_PER_COMMAND, KucoinSide, command, endpoint, envelope

_TOPIC = b'"topic":"'
_TICKER = "ticker"
_TOLD_TOGETHER = ("/market/snapshot", "/market/ticker")  # what makes a ticker
_ONE_BY_ONE = ("/market/snapshot", "/market/candles")
_CANDLES = "/market/candles"
_CHANGES = "/market/level2"
_WHOLE = {1: "/spotMarket/level1", 5: "/spotMarket/level2Depth5", 50: "/spotMarket/level2Depth50"}
_REACH = 100  # levels of a book that are told without a key
_MOST_BARS = 1500

_REST_TICKER = Channel(TickerData, RestTicker, ("data",))
_REST_TICKERS = Channel(TickerData, RestTicker, ("data", "ticker"), many=True)
_REST_BOOK = Channel(None, RestBook, ("data",))
_REST_TRADES = Channel(TradeData, Trade, ("data",), many=True, sort=attrgetter("number"))
_REST_CANDLES = Channel(BarData, RestCandle, ("data",), many=True, sort=attrgetter("opened_s"))
_REST_INSTRUMENTS = instruments(Instrument, "data")
_REST_TIME = Channel(TimeData, ServerTime)


class KucoinSpot(KucoinSide):
    """Spot markets of KuCoin."""

    name = "KUCOIN___SPOT"
    account = KucoinAccount
    ticket_path = "/api/v1/bullet-public"
    # The venue takes 100 of its topics on a socket, and a ticker is two of them.
    endpoints = {"market": endpoint(100), "ticker": endpoint(50)}
    symbols = SymbolStyle(separator="-")
    intervals = {
        **{f"{minutes}m": f"{minutes}min" for minutes in (1, 3, 5, 15, 30)},
        **{f"{hours}h": f"{hours}hour" for hours in (1, 2, 4, 6, 8, 12)},
        "1d": "1day",
        "1w": "1week",
        "1M": "1month",
    }
    channels = {
        _TICKER: Channel(TickerData, Ticker, ("data",), patches=True),
        "/market/match": Channel(TradeData, Trade, ("data",)),
        _CANDLES: Channel(BarData, Candle, ("data",)),
        _WHOLE[1]: Channel(None, BestOffer, ("data",), book=Book(Whole(), depth=1)),
        _WHOLE[5]: Channel(None, Snapshot, ("data",), book=Book(Whole(), depth=5)),
        _WHOLE[50]: Channel(None, Snapshot, ("data",), book=Book(Whole(), depth=50)),
        _CHANGES: Channel(None, Update, ("data",), book=Book(Spanning(), rest_numbers=True, reach=_REACH)),
    }

    def head(self, payload: bytes) -> bytes | None:
        start = payload.find(_TOPIC)
        if start < 0:
            return None
        head = payload[start : payload.find(b'"', start + len(_TOPIC)) + 1]
        return None if head.endswith(b':all"') else head

    def route(self, payload: bytes) -> str | None:
        frame = envelope(payload)
        if frame.type != "message":
            return None
        channel, _, symbol = frame.topic.partition(":")
        if channel not in _TOLD_TOGETHER or frame.topic in self._topics:
            return frame.topic
        return f"{_TICKER}:{frame.subject if symbol == 'all' else symbol}"

    def split(self, name: str) -> tuple[str, str, str]:
        word, _, rest = name.partition(":")
        symbol, _, interval = rest.partition("_")
        return word, symbol, interval

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        channel = {
            "ticker": _TICKER,
            "trades": "/market/match",
            "klines": f"{_CANDLES}_{interval}",
            "depth": next((name for count, name in _WHOLE.items() if levels is not None and levels <= count), _CHANGES),
        }[kind]
        return self.place_raw(channel, venue_symbol)

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        word, _, interval = channel.partition("_")
        where = _TICKER if word == _TICKER else "market"
        option = f"_{interval}" if interval else ""
        return Subscription(where, f"{word}:{venue_symbol}{option}" if venue_symbol else channel)

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return _commands("subscribe", names, ids)

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return _commands("unsubscribe", names, ids)

    def ticker_request(self, venue_symbol: str) -> Request:
        return Request("/api/v1/market/stats", _REST_TICKER, {"symbol": venue_symbol}, PACE, 15)

    def tickers_request(self) -> Request:
        return Request("/api/v1/market/allTickers", _REST_TICKERS, rate=PACE, cost=15)

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        count = 20 if levels is not None and levels <= 20 else _REACH
        query = {"symbol": venue_symbol}
        return Request(f"/api/v1/market/orderbook/level2_{count}", _REST_BOOK, query, PACE, 4)

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        # The latest hundred, without a way to ask for others.
        return Request("/api/v1/market/histories", _REST_TRADES, {"symbol": venue_symbol}, PACE, 3)

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        return _klines(venue_symbol, interval, {})

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        span = (_MOST_BARS - 1) * (bar_end(0, self.user_interval(interval)) + 1)
        while start <= end:
            until = min(end, start + span)
            # A second later, since the end may or may not belong to what is listed.
            yield _klines(venue_symbol, interval, {"startAt": str(start // 1000), "endAt": str(until // 1000 + 1)})
            start = until + 1

    def instruments_request(self) -> Request:
        return Request("/api/v2/symbols", _REST_INSTRUMENTS, rate=PACE, cost=4)

    def time_request(self) -> Request:
        return Request("/api/v1/timestamp", _REST_TIME, rate=PACE, cost=3)


def _klines(venue_symbol: str, interval: str, query: dict[str, str]) -> Request:
    query = {"symbol": venue_symbol, "type": interval, **query}
    return Request("/api/v1/market/candles", _REST_CANDLES, query, PACE, 3)


def _commands(kind: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
    by_channel: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_channel[name.partition(":")[0]].append(name)
    commands = []
    for word, alike in by_channel.items():
        for channel in _TOLD_TOGETHER if word == _TICKER else (word,):
            for part in batches(alike, 1 if channel in _ONE_BY_ONE else SYMBOLS_PER_COMMAND):
                symbols = ",".join(symbol for name in part if (symbol := name.partition(":")[2]))
                topic = f"{channel}:{symbols}" if symbols else channel
                commands.append(command(kind, topic, part, next(ids)))
    return commands
