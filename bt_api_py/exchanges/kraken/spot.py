"""Kraken spot: market data.

Source: Kraken documentation (web socket v2: ticker, trade, book with its checksum guide, ohlc, instrument; REST market
data), state of 2026-07.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from ...book.checksum import DigitsCrc32
from ...book.sequence import Unnumbered
from ...containers import BarData, SymbolData, TickerData, TradeData
from ...containers.base import Topic
from ...exceptions import BtApiError
from ...symbols import SymbolStyle
from ..base import (
    UNREADABLE,
    Ack,
    Book,
    Channel,
    Command,
    Control,
    Exchange,
    KeyedChannel,
    Pages,
    Rate,
    Refusal,
    Request,
    Subscription,
    TimeData,
    batches,
)
from .account import KrakenAccount
from .rows import (
    BookFrame,
    Candle,
    Instrument,
    ListedTicker,
    RestBook,
    RestCandle,
    RestTicker,
    RestTrade,
    ServerTime,
    Ticker,
    Trade,
)
from .wire import NO_MARKET, PUBLIC_PACE, RENAMED, REST, Envelope, endpoint, envelope, failure, is_pace, notice, pair_of

_HEAD = b'{"channel":"'
_SYMBOL = b',"data":[{"symbol":"'
_SYMBOLS_PER_COMMAND = 100  # no cap is documented
_DEPTHS = (10, 25, 100, 500, 1000)
_PAGE = 1000
_LONGEST_LIST = 500  # levels a side by REST

_TICKERS = Channel(TickerData, Ticker, ("data",), many=True)
_TRADES = Channel(TradeData, Trade, ("data",), many=True, contiguous=True)
_CANDLES = Channel(BarData, Candle, ("data",), many=True)
_REST_TICKER = KeyedChannel(TickerData, RestTicker, ("result",))
_REST_TICKERS = KeyedChannel(TickerData, ListedTicker, ("result",))
_REST_BOOK = KeyedChannel(None, RestBook, ("result",))
_REST_TRADES = KeyedChannel(TradeData, RestTrade, ("result",), many=True, sort=attrgetter("trade_id"))
_REST_CANDLES = KeyedChannel(BarData, RestCandle, ("result",), many=True, sort=attrgetter("opened_s"))
_REST_INSTRUMENTS = KeyedChannel(SymbolData, Instrument, ("result",))
_REST_TIME = Channel(TimeData, ServerTime, ("result",))


class _First(msgspec.Struct):
    """What names the topic in the first record of a frame; all of them are about one market."""

    symbol: str = ""
    interval: int = 0


_firsts = msgspec.json.Decoder(list[_First]).decode


def _book(depth: int) -> Channel:
    return Channel(None, BookFrame, book=Book(Unnumbered(), depth=depth, checksum=DigitsCrc32(10)))


class KrakenSpot(Exchange):
    """Spot markets of Kraken.

    A frame of a book does not tell its depth, so each depth has sockets of its own; a book without numbers is held to
    its checksum, which covers ten levels a side. No bar is ever marked as closed.
    """

    name = "KRAKEN___SPOT"
    account = KrakenAccount
    rest = REST
    endpoints = {
        "market": endpoint("wss://ws.kraken.com", 200, 100),
        **{f"book-{depth}": endpoint("wss://ws.kraken.com", 100, 100) for depth in _DEPTHS},
    }
    heads_lead = True
    symbols = SymbolStyle(separator="/", renamed=RENAMED)
    intervals = {
        **{f"{minutes}m": str(minutes) for minutes in (1, 5, 15, 30)},
        "1h": "60",
        "4h": "240",
        "1d": "1440",
        "1w": "10080",
        "15d": "21600",
    }
    channels = {
        "ticker": _TICKERS,
        "trade": _TRADES,
        "ohlc": _CANDLES,
        **{f"book-{depth}": _book(depth) for depth in _DEPTHS},
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._books: dict[str, str] = {}  # symbol -> the name, with the depth, of the book on this socket

    def bind(self, name: str, topic: Topic) -> None:
        super().bind(name, topic)
        if name.startswith("book-"):
            self._books[name.partition(":")[2]] = name

    def unbind(self, name: str) -> None:
        super().unbind(name)
        symbol = name.partition(":")[2]
        if self._books.get(symbol) == name:
            del self._books[symbol]

    def head(self, payload: bytes) -> bytes | None:
        # A candle's interval stands behind its symbol.
        if not payload.startswith(_HEAD) or payload.startswith(b"ohlc", len(_HEAD)):
            return None
        start = payload.find(_SYMBOL, len(_HEAD), 80)
        return None if start < 0 else payload[: payload.find(b'"', start + len(_SYMBOL)) + 1]

    def route(self, payload: bytes) -> str | None:
        frame = envelope(payload)
        if frame.method or frame.channel in ("", "heartbeat", "status"):
            return None
        try:
            first = next(iter(_firsts(frame.data)), _First())
        except UNREADABLE:  # an object, as of the channel of instruments
            first = _First()
        return self._name(frame.channel, first.symbol, interval=first.interval)

    def _name(self, channel: str, symbol: str, *, depth: int = 0, interval: int = 0) -> str:
        if channel == "book" and not depth:
            return self._books.get(symbol, f"book-{_DEPTHS[0]}:{symbol}")
        option = depth or interval
        return f"{channel}{f'-{option}' if option else ''}{f':{symbol}' if symbol else ''}"

    def split(self, name: str) -> tuple[str, str, str]:
        word, _, symbol = name.partition(":")
        channel, _, interval = word.partition("-")
        return (channel, symbol, interval) if channel == "ohlc" else (word, symbol, "")

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        most = _DEPTHS[-1] if levels is None else levels
        channel = {
            "ticker": "ticker",
            "trades": "trade",
            "klines": f"ohlc-{interval}",
            "depth": f"book-{next((depth for depth in _DEPTHS if most <= depth), _DEPTHS[-1])}",
        }[kind]
        return self.place_raw(channel, venue_symbol)

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        where = channel if channel in self.endpoints else "market"
        return Subscription(where, f"{channel}:{venue_symbol}" if venue_symbol else channel)

    def commands(self, verb: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        by_channel: dict[str, list[str]] = defaultdict(list)
        for name in names:
            by_channel[name.partition(":")[0]].append(name)
        commands = []
        for word, alike in by_channel.items():
            channel, _, option = word.partition("-")
            for part in batches(alike, _SYMBOLS_PER_COMMAND):
                number = next(ids)
                params: dict[str, Any] = {"channel": channel}
                if symbols := [symbol for name in part if (symbol := name.partition(":")[2])]:
                    params["symbol"] = symbols
                if option:
                    params["depth" if channel == "book" else "interval"] = int(option) if option.isdecimal() else option
                if verb == "subscribe" and channel == "ohlc":
                    params["snapshot"] = False  # bars of long ago
                frame = {"method": verb, "params": params, "req_id": number}
                commands.append(Command(msgspec.json.encode(frame).decode(), tuple(part), str(number)))
        return commands

    def control(self, payload: bytes) -> list[Control]:
        frame = envelope(payload)
        if frame.method not in ("subscribe", "unsubscribe"):
            return [notice(frame)]
        if not frame.success:
            return [self._refusal(frame)]
        topic = frame.result
        if topic is None:
            return [Ack(id=frame.id)]
        name = self._name(topic.channel, topic.symbol, depth=topic.depth, interval=topic.interval)
        return [Ack(id=frame.id, name=name)]

    def _refusal(self, frame: Envelope) -> Control:
        text = frame.error
        if text.startswith("Already subscribed"):
            return Ack(id=frame.id)
        is_symbol = text.startswith(NO_MARKET)
        symbol = frame.symbol or (text.removeprefix(NO_MARKET).strip() if is_symbol else "")
        return Refusal(
            text,
            id=frame.id,
            symbol=symbol or None,
            is_symbol=is_symbol,
            is_pace=is_pace(text),
            is_partial=True,  # every market of a command is answered by itself
        )

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def ticker_request(self, venue_symbol: str) -> Request:
        return Request("/0/public/Ticker", _REST_TICKER, {"pair": pair_of(venue_symbol)}, PUBLIC_PACE)

    def tickers_request(self) -> Request:
        return Request("/0/public/Ticker", _REST_TICKERS, rate=PUBLIC_PACE)

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        count = _LONGEST_LIST if levels is None else min(levels, _LONGEST_LIST)
        return Request("/0/public/Depth", _REST_BOOK, {"pair": pair_of(venue_symbol), "count": str(count)}, PUBLIC_PACE)

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        return _of_pair("Trades", _REST_TRADES, venue_symbol, {"count": str(min(limit, _PAGE))})

    def trades_between(self, venue_symbol: str, after: int, before: int, since_ms: int) -> Pages:
        # The list is by time, in nanoseconds, and begins behind the one that is given.
        last = after
        while True:
            query = {"count": str(_PAGE), "since": str(since_ms * 1_000_000 - 1)}
            trades = yield _of_pair("Trades", _REST_TRADES, venue_symbol, query)
            newest = int(trades[-1].get_trade_id()) if trades else last
            if len(trades) < _PAGE or newest >= before - 1 or newest <= last:
                return
            last, since_ms = newest, trades[-1].get_timestamp()

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        return _of_pair("OHLC", _REST_CANDLES, venue_symbol, {"interval": interval})

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        # Whatever is asked for, no more than the latest 720 bars are to be had.
        query = {"interval": interval, "since": str(start // 1000 - 1)}
        yield _of_pair("OHLC", _REST_CANDLES, venue_symbol, query)

    def instruments_request(self) -> Request:
        return Request("/0/public/AssetPairs", _REST_INSTRUMENTS, rate=PUBLIC_PACE)

    def time_request(self) -> Request:
        return Request("/0/public/Time", _REST_TIME, rate=PUBLIC_PACE)


def _of_pair(call: str, channel: Channel, venue_symbol: str, query: Mapping[str, str]) -> Request:
    """Return a call that the venue counts for each market by itself."""
    pair = pair_of(venue_symbol)
    return Request(f"/0/public/{call}", channel, {"pair": pair, **query}, Rate(1, 1.0, f"{call} {pair}"))
