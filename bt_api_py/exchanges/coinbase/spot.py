"""Coinbase Exchange: market data of its spot markets.

Source: Coinbase Exchange documentation (web socket feed: overview, channels, best practices; REST: products, trades,
candles, pagination, rate limits), state of 2026-11. What was of use of older recordings is read as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter

import msgspec

from ...book.sequence import Unnumbered, Whole
from ...containers import BarData, TickerData, TradeData
from ...exceptions import BtApiError
from ...symbols import SymbolStyle
from ..base import (
    Alive,
    Book,
    Channel,
    Command,
    Control,
    Exchange,
    Expired,
    Ignored,
    Pages,
    Request,
    Subscribed,
    Subscription,
    TimeData,
    batches,
    instruments,
)
from .account import CoinbaseAccount
from .rows import Candle, Depth, Instrument, RestDepth, RestTicker, ServerTime, Ticker, Trade
from .wire import (
    BEAT,
    BOOK,
    CARRIERS,
    PUBLIC_PACE,
    REST,
    REST_HEADERS,
    TESTNET_REST,
    command,
    endpoint,
    ends_socket,
    envelope,
    failure,
    refusal,
    said,
    topic_name,
)

_HEAD = b'{"type":"'
_PRODUCT = b'"product_id":"'
_HEADED = {word: word + b":" for word in (b"ticker", b"match", b"snapshot", b"l2update")}
_TOPICS_PER_COMMAND = 50
_PAGE = 1000  # trades
_BARS = 299  # one less than the venue lists, whether or not it counts both ends

_TICKERS = Channel(TickerData, Ticker)
_TRADES = Channel(TradeData, Trade, contiguous=True)
_BOOKS = Channel(None, Depth, book=Book(Unnumbered()))
_REST_TICKERS = Channel(TickerData, RestTicker)
_REST_TRADES = Channel(TradeData, Trade, many=True, sort=attrgetter("trade_id"))
_REST_BOOKS = Channel(None, RestDepth, book=Book(Whole()))
_REST_CANDLES = Channel(BarData, Candle, many=True, sort=attrgetter("seconds"))
_REST_INSTRUMENTS = instruments(Instrument)
_REST_TIME = Channel(TimeData, ServerTime)


class CoinbaseSpot(Exchange):
    """Spot markets of Coinbase Exchange. The feed has no candles: they are made from trades."""

    name = "COINBASE___SPOT"
    account = CoinbaseAccount
    rest = REST
    testnet_rest = TESTNET_REST
    endpoints = {
        "feed": endpoint(100),
        "books": endpoint(10),  # a book begins with megabytes, which must not hold up trades
        "batches": endpoint(100),  # of tickers: their frames look like those of the tickers themselves
    }
    symbols = SymbolStyle(separator="-")
    intervals = {"1m": "60", "5m": "300", "15m": "900", "1h": "3600", "6h": "21600", "1d": "86400"}
    built = frozenset(intervals)
    channels = {"ticker": _TICKERS, "matches": _TRADES, BOOK: _BOOKS}
    answers_in_order = True

    @property
    def rest_headers(self) -> Mapping[str, str]:
        return REST_HEADERS

    def head(self, payload: bytes) -> bytes | None:
        if not payload.startswith(_HEAD):
            return None
        end = payload.find(b'"', len(_HEAD))
        word = _HEADED.get(payload[len(_HEAD) : end])
        start = payload.find(_PRODUCT, end) + len(_PRODUCT)
        if word is None or start < end:
            return None
        return word + payload[start : payload.find(b'"', start)]

    def route(self, payload: bytes) -> str | None:
        frame = envelope(payload)
        names = [topic_name(channel, frame.product_id) for channel in CARRIERS.get(frame.type, ())]
        if frame.type == BEAT:
            beat = topic_name(BEAT, frame.product_id)
            return beat if beat in self._topics else None
        return next((name for name in names if name in self._topics), names[0] if names else None)

    def split(self, name: str) -> tuple[str, str, str]:
        channel, _, symbol = name.partition(":")
        return channel, symbol, ""

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        return self.place_raw({"ticker": "ticker", "trades": "matches", "depth": BOOK}[kind], venue_symbol)

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        where = {BOOK: "books", "level2": "books", "ticker_batch": "batches"}.get(channel, "feed")
        return Subscription(where, topic_name(channel, venue_symbol))

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        # The heartbeat of a market comes along, so that no socket is ever silent for long.
        return [self._command("subscribe", part, _markets(part), ids) for part in batches(names, _TOPICS_PER_COMMAND)]

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        kept = _markets(list(self._topics))
        unused = {symbol: None for symbol in _markets(names) if symbol not in kept}
        parts = list(batches(names, _TOPICS_PER_COMMAND))
        return [self._command("unsubscribe", part, unused if part is parts[-1] else {}, ids) for part in parts]

    def _command(self, operation: str, names: Sequence[str], beats: Mapping[str, None], ids: Iterator[int]) -> Command:
        wanted: dict[str, dict[str, None]] = {}
        for name in names:
            channel, symbol, _ = self.split(name)
            wanted.setdefault(channel, {})[symbol] = None
        if beats:
            wanted.setdefault(BEAT, {}).update(beats)
        text = msgspec.json.encode(command(operation, wanted)).decode()
        return Command(text, tuple(names), str(next(ids)))

    def control(self, payload: bytes) -> list[Control]:
        frame = envelope(payload)
        match frame.type:
            case "heartbeat":
                return [Alive()]
            case "subscriptions":
                return [Subscribed(frame.names)]
            case "error":
                return [Expired(said(frame)) if ends_socket(frame) else refusal(frame)]
        return [Ignored(frame.type or "frame without a type")]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def ticker_request(self, venue_symbol: str) -> Request:
        return Request(f"/products/{venue_symbol}/ticker", _REST_TICKERS, rate=PUBLIC_PACE)

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        query = {"level": "1" if levels == 1 else "2"}
        return Request(f"/products/{venue_symbol}/book", _REST_BOOKS, query, PUBLIC_PACE)

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        return self._trades(venue_symbol, {"limit": str(min(limit, _PAGE))})

    def _trades(self, venue_symbol: str, query: dict[str, str]) -> Request:
        return Request(f"/products/{venue_symbol}/trades", _REST_TRADES, query, PUBLIC_PACE)

    def trades_between(self, venue_symbol: str, after: int, before: int, since_ms: int) -> Pages:
        limit = min(_PAGE, before - after - 1)
        return self._older(venue_symbol, before, limit, lambda oldest: int(oldest.get_trade_id()) <= after + 1)

    def _older(self, venue_symbol: str, before: int, limit: int, reaches: Callable[[TradeData], bool]) -> Pages:
        """Ask for the trades below an id, newest page first, until the oldest one reaches far enough."""
        older = before
        while True:
            # "after" is a direction, towards older ones, so it is the upper bound.
            trades = yield self._trades(venue_symbol, {"limit": str(limit), "after": str(older)})
            cursor = trades.headers.get("cb-after", "")
            if not trades or reaches(trades[0]) or not cursor.isdecimal() or int(cursor) >= older:
                return
            older = int(cursor)

    def trades_since(self, venue_symbol: str, since_ms: int, before: int) -> Pages:
        return self._older(venue_symbol, before, _PAGE, lambda oldest: oldest.get_timestamp() < since_ms)

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        return Request(f"/products/{venue_symbol}/candles", _REST_CANDLES, {"granularity": interval}, PUBLIC_PACE)

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        step = int(interval) * 1000 * _BARS
        for at in range(start, end + 1, step):
            query = {"granularity": interval, "start": _iso(at), "end": _iso(min(end, at + step - 1))}
            yield Request(f"/products/{venue_symbol}/candles", _REST_CANDLES, query, PUBLIC_PACE)

    def instruments_request(self) -> Request:
        return Request("/products", _REST_INSTRUMENTS, rate=PUBLIC_PACE)

    def time_request(self) -> Request:
        return Request("/time", _REST_TIME, rate=PUBLIC_PACE)


def _markets(names: Sequence[str]) -> dict[str, None]:
    """Return the markets of some topics, each once, in order."""
    found = dict.fromkeys(name.partition(":")[2] for name in names)
    found.pop("", None)
    return found


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
