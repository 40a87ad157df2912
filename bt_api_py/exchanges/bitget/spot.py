"""Bitget spot: market data.

Source: Bitget API v2 documentation (web socket introduction and public channels, market endpoints), state of 2026-04.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter

from ...book.checksum import Crc32
from ...book.sequence import Unnumbered, Whole
from ...containers import BarData, TickerData, TradeData
from ...containers.trade import number_of
from ...exceptions import BtApiError
from ...symbols import SymbolStyle
from ..base import (
    Alive,
    Book,
    Channel,
    Command,
    Control,
    Exchange,
    Pages,
    Rate,
    Refusal,
    Request,
    Subscription,
    TimeData,
    batches,
    instruments,
)
from .account import BitgetAccount
from .rows import (
    BookFrame,
    Candle,
    FromHistory,
    Instrument,
    PastTrade,
    RestBook,
    RestCandle,
    RestTicker,
    ServerTime,
    Ticker,
    Trade,
)
from .wire import (
    ARGS_PER_COMMAND,
    NO_TOPIC,
    PONG,
    PRODUCT,
    REST,
    TOO_OFTEN,
    command,
    demo_header,
    endpoint,
    envelope,
    failure,
    notice,
)

_ARGUMENT = b',"arg":{'
_PACE = Rate(20, 1.0)  # per address and path
_SLOW_PACE = Rate(10, 1.0)
_LEVELS = (1, 5, 15)  # of the books that are sent whole
_DEEPEST_LIST = 150  # levels a side by REST
_LATEST_TRADES = 500
_PAGE = 1000

_WHOLE = Channel(None, BookFrame, book=Book(Whole()))
_REST_TICKERS = Channel(TickerData, RestTicker, ("data",), many=True)
_REST_BOOK = Channel(None, RestBook, ("data",))
_REST_TRADES = Channel(TradeData, Trade, ("data",), many=True, newest_first=True)
_REST_CANDLES = Channel(BarData, RestCandle, ("data",), many=True, sort=attrgetter("timestamp"))
_REST_INSTRUMENTS = instruments(Instrument, "data")
_REST_TIME = Channel(TimeData, ServerTime, ("data",))


class BitgetSpot(Exchange):
    """Spot markets of Bitget.

    Bars of six hours and more open at midnight UTC, as users expect, and not at the venue's own UTC+8. The kept book is
    held to its checksum, which covers 25 levels a side.
    """

    name = "BITGET___SPOT"
    account = BitgetAccount
    rest = REST
    endpoints = {"public": endpoint("public", 50)}  # fewer than 50 are advised, 1000 are the limit
    symbols = SymbolStyle()
    intervals = {
        **{word: word for word in ("1m", "3m", "5m", "15m", "30m")},
        **{word: word.upper() for word in ("1h", "4h")},
        **{word: word.upper() + "utc" for word in ("6h", "12h", "1d", "3d", "1w", "1M")},
    }
    channels = {
        "ticker": Channel(TickerData, Ticker, ("data",), many=True),
        "trade": FromHistory(TradeData, Trade, PastTrade, newest_first=True),
        "candle": FromHistory(BarData, Candle, Candle, sort=attrgetter("timestamp")),
        "books": Channel(None, BookFrame, book=Book(Unnumbered(), checksum=Crc32(25))),
        **{f"books{count}": _WHOLE for count in _LEVELS},
    }

    @property
    def rest_headers(self) -> Mapping[str, str]:
        return demo_header(self.settings)

    def head(self, payload: bytes) -> bytes | None:
        start = payload.find(_ARGUMENT, 0, 40)
        end = payload.find(b'},"data":', start + len(_ARGUMENT), 160)
        return payload[start:end] if 0 <= start < end else None

    def route(self, payload: bytes) -> str | None:
        if payload == PONG:
            return None
        frame = envelope(payload)
        return frame.arg.name if frame.arg is not None and frame.has_data else None

    def split(self, name: str) -> tuple[str, str, str]:
        word, _, symbol = name.partition(":")
        if word.startswith("candle"):
            return "candle", symbol, word.removeprefix("candle")
        return word, symbol, ""

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        most = next((count for count in _LEVELS if levels is not None and levels <= count), "")
        channel = {
            "ticker": "ticker",
            "trades": "trade",
            "klines": f"candle{interval}",
            "depth": f"books{most}",
        }[kind]
        return self.place_raw(channel, venue_symbol)

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        return Subscription("public", f"{channel}:{venue_symbol}" if venue_symbol else channel)

    def commands(self, verb: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        # The venue gives no numbers to commands: each argument is answered by itself.
        return [
            Command(command(verb, list(map(_argument, part))), tuple(part), str(next(ids)))
            for part in batches(names, ARGS_PER_COMMAND)
        ]

    def control(self, payload: bytes) -> list[Control]:
        if payload == PONG:
            return [Alive()]
        frame = envelope(payload)
        name = frame.arg.name if frame.arg is not None else None
        if frame.event != "error":
            return [notice(frame, name)]
        code = str(frame.code)
        # The code covers both; a channel that is known to exist leaves the market.
        is_symbol = code == NO_TOPIC and name is not None and self._is_known(name)
        is_pace = code in TOO_OFTEN
        return [Refusal(frame.msg, name=name, code=code, is_symbol=is_symbol, is_pace=is_pace, is_partial=True)]

    def _is_known(self, name: str) -> bool:
        channel, _, interval = self.split(name)
        return channel in self.channels and (not interval or interval in self.intervals.values())

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def ticker_request(self, venue_symbol: str) -> Request:
        return _market("tickers", _REST_TICKERS, _PACE, symbol=venue_symbol)

    def tickers_request(self) -> Request:
        return _market("tickers", _REST_TICKERS, _PACE)

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        count = _DEEPEST_LIST if levels is None else min(levels, _DEEPEST_LIST)
        return _market("orderbook", _REST_BOOK, _PACE, symbol=venue_symbol, type="step0", limit=str(count))

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        count = str(min(limit, _LATEST_TRADES))
        return _market("fills", _REST_TRADES, _SLOW_PACE, symbol=venue_symbol, limit=count)

    def trades_between(self, venue_symbol: str, after: int, before: int, since_ms: int) -> Pages:
        trades = yield self.trades_request(venue_symbol, _LATEST_TRADES)
        while trades and (oldest := number_of(trades[0].get_trade_id())) is not None and oldest > after:
            before = min(oldest, before)
            query = {"symbol": venue_symbol, "limit": str(_PAGE), "idLessThan": str(before)}
            trades = yield _market("fills-history", _REST_TRADES, _SLOW_PACE, **query)

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        return _candles(venue_symbol, interval, limit=str(min(limit, _PAGE)))

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        # Whether the two times themselves belong to the list is not documented.
        earliest, latest = str(start - 1), end + 1
        while latest > start:
            query = {"startTime": earliest, "endTime": str(latest), "limit": str(_PAGE)}
            bars = yield _candles(venue_symbol, interval, **query)
            if len(bars) < _PAGE or bars[0].get_timestamp() >= latest:
                return
            latest = bars[0].get_timestamp()

    def instruments_request(self) -> Request:
        return Request("/api/v2/spot/public/symbols", _REST_INSTRUMENTS, rate=_PACE)

    def time_request(self) -> Request:
        return Request("/api/v2/public/time", _REST_TIME, rate=_PACE)


def _argument(name: str) -> dict[str, str]:
    """Return what a command says of a topic."""
    channel, _, symbol = name.partition(":")
    argument = {"instType": PRODUCT, "channel": channel}
    return argument | {"instId": symbol} if symbol else argument


def _market(call: str, channel: Channel, pace: Rate, **query: str) -> Request:
    """Return a call for market data."""
    return Request(f"/api/v2/spot/market/{call}", channel, query, pace)


def _candles(venue_symbol: str, interval: str, **query: str) -> Request:
    """Return a call for bars, whose intervals REST spells in another way."""
    word = interval if interval.endswith("utc") else interval.replace("m", "min").lower()
    return _market("candles", _REST_CANDLES, _PACE, symbol=venue_symbol, granularity=word, **query)
