"""Gate spot: market data.

Source: Gate API v4 documentation (spot web socket, its announcements on ``spot.obu`` and on whole books; REST spot),
state of 2026-04.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import field

from ...book.sequence import Linked, Spanning, Whole
from ...containers import BarData, TickerData, TradeData
from ...containers.bar import bar_end
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
    Pages,
    Refusal,
    Request,
    Subscription,
    TimeData,
    batches,
    instruments,
)
from .account import GateioAccount
from .rows import (
    BookTicker,
    Candle,
    Figures,
    Instrument,
    RestBook,
    RestCandle,
    ServerTime,
    Snapshot,
    Ticker,
    Trade,
    Update,
)
from .wire import ALREADY, NO_MARKET, PACE, REST, TESTNET_REST, Results, endpoint, envelope, failure, label_of, notice

_CHANNEL = b'"channel":"'
# Where in a frame its market stands; the channels left out want more to be known.
_MARKET_AT = {
    b"spot.tickers": b'"currency_pair":"',
    b"spot.trades": b'"currency_pair":"',
    b"spot.obu": b'"s":"',
    b"spot.order_book_update": b'"s":"',
}
_SHARED = ("spot.tickers", "spot.trades", "spot.book_ticker")  # many markets in one command
_MARKETS_PER_COMMAND = 50
_DEPTHS = (50, 400)  # of the books that are kept
_LEVELS = (5, 10, 20, 50, 100)  # of those that are sent whole
_PAGE = 1000
_MOST_PAGES = 100

_CANDLES = Results(BarData, Candle)
_REST_TICKERS = Channel(TickerData, Figures, many=True)
_REST_BOOK = Channel(None, RestBook)
_REST_TRADES = Channel(TradeData, Trade, many=True, sort=attrgetter("number"))
_REST_CANDLES = Channel(BarData, RestCandle, many=True, sort=attrgetter("opened_s"))
_REST_INSTRUMENTS = instruments(Instrument)
_REST_TIME = Channel(TimeData, ServerTime)


class _First(msgspec.Struct):
    """What names the topic in a record, under whichever key."""

    pair: str = field(name="currency_pair", default="")
    stream: str = field(name="s", default="")
    candle: str = field(name="n", default="")
    levels: str = field(name="l", default="")


_first = msgspec.json.Decoder(_First | list[_First]).decode


class GateioSpot(Exchange):
    """Spot markets of Gate.

    Trades have ids that count all markets; holes are judged by the number within the market that stands beside them.
    """

    name = "GATEIO___SPOT"
    account = GateioAccount
    rest = REST
    testnet_rest = TESTNET_REST
    is_timed = True
    endpoints = {"market": endpoint()}
    symbols = SymbolStyle(separator="_")
    intervals = {
        **{word: word for word in ("10s", "1m", "5m", "15m", "30m", "1h", "4h", "8h", "1d")},
        "1w": "7d",
    }
    channels = {
        "spot.tickers": Channel(TickerData, Ticker),
        "spot.book_ticker": Results(TickerData, BookTicker),
        "spot.trades": Results(TradeData, Trade, contiguous=True),
        "spot.candlesticks": _CANDLES,
        **{f"spot.obu.{depth}": Results(None, Update, book=Book(Linked(), depth=depth)) for depth in _DEPTHS},
        "spot.order_book_update": Results(None, Update, book=Book(Spanning(), rest_numbers=True)),
        **{f"spot.order_book.{count}": Results(None, Snapshot, book=Book(Whole())) for count in _LEVELS},
    }

    def head(self, payload: bytes) -> bytes | None:
        start = payload.find(_CHANNEL, 0, 80) + len(_CHANNEL)
        channel = payload[start : payload.find(b'"', start)]
        mark = _MARKET_AT.get(channel)
        found = payload.find(mark, start) if mark is not None else -1
        if mark is None or found < 0:
            return None
        begin = found + len(mark)
        return channel + payload[begin - 1 : payload.find(b'"', begin)]

    def route(self, payload: bytes) -> str | None:
        frame = envelope(payload)
        if not frame.is_data:
            return None
        try:
            found = _first(frame.result)
        except UNREADABLE:
            found = _First()
        first = next(iter(found), _First()) if isinstance(found, list) else found
        return _name(frame.channel, first)

    def split(self, name: str) -> tuple[str, str, str]:
        word, _, symbol = name.partition(":")
        if word.startswith("spot.candlesticks."):
            return "spot.candlesticks", symbol, word.removeprefix("spot.candlesticks.")
        return word, symbol, ""

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        channel = {
            "ticker": "spot.tickers",
            "trades": "spot.trades",
            "klines": f"spot.candlesticks.{interval}",
            "depth": f"spot.obu.{50 if levels is not None and levels <= 50 else 400}",
        }[kind]
        return self.place_raw(channel, venue_symbol)

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        return Subscription("market", f"{channel}:{venue_symbol}" if venue_symbol else channel)

    def commands(self, verb: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        commands = []
        for channel in _SHARED:
            alike = [name for name in names if name.startswith(f"{channel}:")]
            for part in batches(alike, _MARKETS_PER_COMMAND):
                pairs = [name.partition(":")[2] for name in part]
                commands.append(self._command(verb, channel, pairs, part, next(ids)))
        for name in names:
            word, _, symbol = name.partition(":")
            if word not in _SHARED:
                channel, payload = _payload(word, symbol)
                commands.append(self._command(verb, channel, payload, [name], next(ids)))
        return commands

    def _command(self, event: str, channel: str, payload: Sequence[str], names: Sequence[str], number: int) -> Command:
        frame: dict[str, Any] = {"time": self.now_ms // 1000, "id": number, "channel": channel, "event": event}
        if payload:
            frame["payload"] = payload
        return Command(msgspec.json.encode(frame).decode(), tuple(names), str(number))

    def control(self, payload: bytes) -> list[Control]:
        frame = envelope(payload)
        if frame.event not in ("subscribe", "unsubscribe"):
            return [notice(frame)]
        if frame.error is None:
            return [Ack(id=frame.number)]
        label, text = label_of(frame.error)
        if text.startswith(ALREADY):
            return [Ack(id=frame.number)]
        is_symbol = text.startswith(NO_MARKET)
        symbol = text.removeprefix(NO_MARKET).strip(": ") if is_symbol else ""
        return [Refusal(text, id=frame.number, symbol=symbol or None, code=label, is_symbol=is_symbol)]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def ticker_request(self, venue_symbol: str) -> Request:
        return Request("/api/v4/spot/tickers", _REST_TICKERS, {"currency_pair": venue_symbol}, PACE)

    def tickers_request(self) -> Request:
        return Request("/api/v4/spot/tickers", _REST_TICKERS, rate=PACE)

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        limit = _PAGE if levels is None else min(max(levels, 1), _PAGE)
        query = {"currency_pair": venue_symbol, "limit": str(limit), "with_id": "true"}
        return Request("/api/v4/spot/order_book", _REST_BOOK, query, PACE)

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        query = {"currency_pair": venue_symbol, "limit": str(min(limit, _PAGE))}
        return Request("/api/v4/spot/trades", _REST_TRADES, query, PACE)

    def trades_between(self, venue_symbol: str, after: int, before: int, since_ms: int) -> Pages:
        # The list is by time, newest first; what is added meanwhile moves the rest back and comes twice.
        query = {"currency_pair": venue_symbol, "limit": str(_PAGE), "from": str(since_ms // 1000)}
        for page in range(1, _MOST_PAGES + 1):
            trades = yield Request("/api/v4/spot/trades", _REST_TRADES, {**query, "page": str(page)}, PACE)
            oldest = trades[0].get_first_trade_id() if trades else None
            if len(trades) < _PAGE or oldest is None or int(oldest) <= after + 1:
                return

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        query = {"currency_pair": venue_symbol, "interval": interval, "limit": str(min(limit, _PAGE))}
        return Request("/api/v4/spot/candlesticks", _REST_CANDLES, query, PACE)

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        span = (_PAGE - 1) * (bar_end(0, self.user_interval(interval)) + 1)
        while start <= end:
            until = min(end, start + span)
            query = {"currency_pair": venue_symbol, "interval": interval}
            query |= {"from": str(start // 1000), "to": str(until // 1000)}
            yield Request("/api/v4/spot/candlesticks", _REST_CANDLES, query, PACE)
            start = until + 1

    def instruments_request(self) -> Request:
        return Request("/api/v4/spot/currency_pairs", _REST_INSTRUMENTS, rate=PACE)

    def time_request(self) -> Request:
        return Request("/api/v4/spot/time", _REST_TIME, rate=PACE)


def _name(channel: str, first: _First) -> str:
    """Return the name of the topic that a record belongs to."""
    if channel == "spot.candlesticks":
        interval, _, symbol = first.candle.partition("_")
        return f"{channel}.{interval}:{symbol}"
    if channel == "spot.obu":  # ob.BTC_USDT.50
        symbol, _, depth = first.stream.removeprefix("ob.").rpartition(".")
        return f"{channel}.{depth}:{symbol}"
    if channel == "spot.order_book":
        return f"{channel}.{first.levels}:{first.stream}"
    symbol = first.pair or first.stream
    return f"{channel}:{symbol}" if symbol else channel


def _payload(word: str, symbol: str) -> tuple[str, list[str]]:
    """Return the venue's channel of a topic, and what is asked for there."""
    channel, _, option = word.rpartition(".")
    match channel:
        case "spot.candlesticks":
            return channel, [option, symbol]
        case "spot.obu":
            return channel, [f"ob.{symbol}.{option}"]
        case "spot.order_book":
            return channel, [symbol, option, "100ms"]
    if word == "spot.order_book_update":
        return word, [symbol, "100ms"]
    return word, [symbol] if symbol else []
