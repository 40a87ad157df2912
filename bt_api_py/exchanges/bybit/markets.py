"""What the markets of all of Bybit's categories share.

Source: Bybit API v5 documentation (web socket public channels, market endpoints), state of 2026-07.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import ClassVar

import msgspec

from ...book.sequence import Linked, Whole
from ...containers import BarData, TickerData, TradeData
from ...exceptions import BtApiError
from ..base import (
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
from .listing import Instrument
from .rows import Candle, KeptFrame, RestBook, RestCandle, RestTrade, ServerTime, Trade, WholeFrame
from .tickers import RestTicker
from .wire import ARGS_PER_COMMAND, PACE, REST, TESTNET_REST, DatedChannel, command, control, envelope, failure

_HEAD = b'{"topic":"'
_DEPTHS = (50, 200, 1000)
_PAGE = 1000

INTERVALS = {
    **{f"{minutes}m": str(minutes) for minutes in (1, 3, 5, 15, 30)},
    **{f"{hours}h": str(hours * 60) for hours in (1, 2, 4, 6, 12)},
    "1d": "D",
    "1w": "W",
    "1M": "M",
}

CHANNELS = {
    "publicTrade": Channel(TradeData, Trade, ("data",), many=True),
    "kline": Channel(BarData, Candle, ("data",), many=True),
    # The best levels are sent again after three seconds without a change, under the same number.
    "orderbook.1": Channel(None, WholeFrame, book=Book(Whole(may_restart=True))),
    **{f"orderbook.{depth}": Channel(None, KeptFrame, book=Book(Linked(), depth=depth)) for depth in _DEPTHS},
}

_REST_TICKERS = DatedChannel(TickerData, RestTicker, ("result", "list"), many=True)
_REST_BOOK = Channel(None, RestBook, ("result",))
_REST_TRADES = Channel(TradeData, RestTrade, ("result", "list"), many=True, newest_first=True)
_REST_CANDLES = Channel(BarData, RestCandle, ("result", "list"), many=True, sort=attrgetter("timestamp"))
_REST_INSTRUMENTS = instruments(Instrument, "result", "list")
_REST_TIME = Channel(TimeData, ServerTime)


class BybitMarkets(Exchange):
    """Markets of one category. The same text may name a market in several of them."""

    rest = REST
    testnet_rest = TESTNET_REST
    intervals = INTERVALS
    category: ClassVar[str]
    longest_trades: ClassVar[int]  # that a list of trades may have

    def head(self, payload: bytes) -> bytes | None:
        if not payload.startswith(_HEAD):
            return None
        end = payload.find(b'"', len(_HEAD))
        return payload[: end + 1] if end > 0 else None

    def route(self, payload: bytes) -> str | None:
        frame = envelope(payload)
        return frame.topic if frame.topic and len(frame.data) else None

    def split(self, name: str) -> tuple[str, str, str]:
        word, _, symbol = name.rpartition(".")
        if word.startswith("kline."):
            return "kline", symbol, word.removeprefix("kline.")
        return (word, symbol, "") if word else (name, "", "")

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        most = _DEPTHS[-1] if levels is None else levels
        channel = {
            "ticker": "tickers",
            "trades": "publicTrade",
            "klines": f"kline.{interval}",
            "depth": f"orderbook.{next((depth for depth in (1, *_DEPTHS) if most <= depth), _DEPTHS[-1])}",
        }[kind]
        return self.place_raw(channel, venue_symbol)

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        return Subscription("public", f"{channel}.{venue_symbol}" if venue_symbol else channel)

    def commands(self, verb: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [command(verb, part, next(ids)) for part in batches(names, ARGS_PER_COMMAND)]

    def control(self, payload: bytes) -> list[Control]:
        said = control(envelope(payload))
        if isinstance(said, Refusal) and said.name is not None:
            # The same words are said of a channel and of a market; of a channel that exists, the market is left.
            word, _, interval = self.split(said.name)
            is_known = word in self.channels and (not interval or interval in self.intervals.values())
            said = msgspec.structs.replace(said, is_symbol=is_known)
        return [said]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def ask(self, call: str, channel: Channel, **query: str) -> Request:
        """Return a call for market data of this category."""
        return Request(f"/v5/market/{call}", channel, {"category": self.category, **query}, PACE)

    def ticker_request(self, venue_symbol: str) -> Request:
        return self.ask("tickers", _REST_TICKERS, symbol=venue_symbol)

    def tickers_request(self) -> Request:
        return self.ask("tickers", _REST_TICKERS)

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        most = _DEPTHS[-1] if levels is None else min(levels, _DEPTHS[-1])
        return self.ask("orderbook", _REST_BOOK, symbol=venue_symbol, limit=str(most))

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        return self.ask("recent-trade", _REST_TRADES, symbol=venue_symbol, limit=str(min(limit, self.longest_trades)))

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        query = {"symbol": venue_symbol, "interval": interval, "limit": str(min(limit, _PAGE))}
        return self.ask("kline", _REST_CANDLES, **query)

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        # A list that is too long is cut at its older end.
        while end >= start:
            query = {"symbol": venue_symbol, "interval": interval, "start": str(start), "end": str(end)}
            bars = yield self.ask("kline", _REST_CANDLES, **query, limit=str(_PAGE))
            if len(bars) < _PAGE:
                return
            end = bars[0].get_timestamp() - 1

    def instruments_request(self) -> Request:
        return self.ask("instruments-info", _REST_INSTRUMENTS)

    def time_request(self) -> Request:
        return Request("/v5/market/time", _REST_TIME, rate=PACE)
