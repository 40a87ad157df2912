"""BULK perpetual futures: market data.

Source: BULK API 1.0.15 (WebSocket guide) and OpenAPI 3.0.10, state of 2026-05.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter

import msgspec

from ...containers import BarData, TickerData
from ...exceptions import BtApiError
from ...symbols import SymbolStyle
from ..base import (
    Ack,
    Channel,
    Command,
    Control,
    Exchange,
    Ignored,
    Pages,
    Rate,
    Refusal,
    Request,
    Subscription,
    instruments,
)
from .account import BulkAccount
from .rows import BOOKS, CANDLES, TICKERS, TRADES, Candle, Instrument, Ticker, WholeBook
from .wire import API, INTERVALS, NAME, QUOTE, REST, TESTNET_REST, endpoint, envelope, failure, topic_name

_TOPIC = b'"topic":"'
_TYPES = {"l2snapshot": "l2Snapshot", "l2delta": "l2Delta", "frontendcontext": "frontendContext"}
_RATE = Rate(10, 1.0)  # the venue states no limit for REST; a modest one of our own
_MOST_BARS = 1000

_REST_TICKER = Channel(TickerData, Ticker)
_REST_BOOK = Channel(None, WholeBook)
_REST_CANDLES = Channel(BarData, Candle, many=True, sort=attrgetter("timestamp"))
_REST_INSTRUMENTS = instruments(Instrument)


class BulkSwap(Exchange):
    """Perpetual futures of BULK, quoted in USDC. The venue tells no time and lists no past trades."""

    name = NAME
    account = BulkAccount
    rest = REST
    testnet_rest = TESTNET_REST
    endpoints = {"public": endpoint()}
    symbols = SymbolStyle(separator="-", is_perpetual=True, quote_names=((QUOTE, "USD"),))
    kinds = ("ticker", "depth", "trades", "klines", "mark_price", "funding_rate", "open_interest")
    intervals = INTERVALS
    answers_in_order = True
    channels = {"ticker": TICKERS, "trades": TRADES, "candle": CANDLES, "l2snapshot": BOOKS}

    def head(self, payload: bytes) -> bytes | None:
        # The topic stands last; answers to commands, which may name one too, begin differently.
        start = payload.rfind(_TOPIC)
        if (
            start < 0
            or payload.startswith(b'{"type":"unsub')
            or payload.find(b'"', start + len(_TOPIC)) != len(payload) - 2
        ):
            return None
        return payload[start:]

    def route(self, payload: bytes) -> str | None:
        frame = envelope(payload)
        return topic_name(frame.topic) if frame.topic and len(frame.data) else None

    def split(self, name: str) -> tuple[str, str, str]:
        channel, _, rest = name.partition(".")
        if channel != "candle":
            return channel, rest, ""
        symbol, _, interval = rest.rpartition(".")
        return channel, symbol, interval

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        channel = {"trades": "trades", "depth": "l2snapshot", "klines": f"candle.{interval}"}.get(kind, "ticker")
        return self.place_raw(channel, venue_symbol)

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        word, _, interval = channel.partition(".")
        return Subscription("public", topic_name(".".join(part for part in (word, venue_symbol, interval) if part)))

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        # One at a time: a refusal names nothing, and is told from others by its turn.
        return [self._command({"method": "subscribe", "subscription": [self._wish(name)]}, name, ids) for name in names]

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [self._command({"method": "unsubscribe", "topic": name}, name, ids) for name in names]

    def _command(self, frame: dict[str, object], name: str, ids: Iterator[int]) -> Command:
        return Command(msgspec.json.encode(frame).decode(), (name,), str(next(ids)))

    def _wish(self, name: str) -> dict[str, str]:
        channel, symbol, interval = self.split(name)
        wish = {"type": _TYPES.get(channel, channel), "symbol": symbol, "interval": interval}
        return {key: value for key, value in wish.items() if value}

    def control(self, payload: bytes) -> list[Control]:
        frame = envelope(payload)
        match frame.type:
            case "subscriptionResponse":
                return [Ack(name=topic_name(topic)) for topic in frame.topics]
            case "unsubscribeResponse":
                return [Ack(name=topic_name(frame.topic))]
            case "error":
                return [Refusal(frame.error.message if frame.error else "no error text")]
        return [Ignored(frame.type or "frame without type")]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(path, status, body)

    def ticker_request(self, venue_symbol: str) -> Request:
        return Request(f"{API}/ticker/{venue_symbol}", _REST_TICKER, rate=_RATE)

    def figure_request(self, kind: str, venue_symbol: str) -> Request:
        return self.ticker_request(venue_symbol)

    def last_trade_request(self, venue_symbol: str) -> Request:
        return self.ticker_request(venue_symbol)

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        query = {"type": "l2Book", "coin": venue_symbol}
        if levels is not None:
            query["nlevels"] = str(levels)
        return Request(f"{API}/l2book", _REST_BOOK, query, _RATE)

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        query = {"symbol": venue_symbol, "interval": interval, "limit": str(min(limit, _MOST_BARS))}
        return Request(f"{API}/klines", _REST_CANDLES, query, _RATE)

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        while start <= end:
            query = {"symbol": venue_symbol, "interval": interval, "startTime": str(start), "endTime": str(end)}
            bars = yield Request(f"{API}/klines", _REST_CANDLES, {**query, "limit": str(_MOST_BARS)}, _RATE)
            if len(bars) < _MOST_BARS:
                return
            start = max(bar.get_timestamp() for bar in bars) + 1

    def instruments_request(self) -> Request:
        return Request(f"{API}/exchangeInfo", _REST_INSTRUMENTS, rate=_RATE)
