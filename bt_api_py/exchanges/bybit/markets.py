"""What the markets of all of Bybit's categories share.

Source: Bybit API v5 documentation (web socket public channels, market endpoints), state of 2026-07.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from ...exceptions import BtApiError
from ..base import Channel, Command, Control, Exchange, Pages, Refusal, Request, Subscription, batches
from .channels import (
    DEPTHS,
    INTERVALS,
    REST_BOOK,
    REST_CANDLES,
    REST_INSTRUMENTS,
    REST_TICKERS,
    REST_TIME,
    REST_TRADES,
)
from .wire import ARGS_PER_COMMAND, PACE, REST, TESTNET_REST, command, control, envelope, failure

_PAGE = 1000


class BybitMarkets(Exchange):
    """Markets of one category. The same text may name a market in several of them."""

    rest = REST
    testnet_rest = TESTNET_REST
    mark = b'","'
    heads_lead = True
    intervals = INTERVALS
    category: ClassVar[str]
    longest_trades: ClassVar[int]  # that a list of trades may have

    def route(self, payload: bytes) -> str | None:
        frame = envelope(payload)
        return frame.topic if frame.topic and len(frame.data) else None

    def split(self, name: str) -> tuple[str, str, str]:
        word, _, symbol = name.rpartition(".")
        if word.startswith("kline."):
            return "kline", symbol, word.removeprefix("kline.")
        return (word, symbol, "") if word else (name, "", "")

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        most = DEPTHS[-1] if levels is None else levels
        channel = {
            "ticker": "tickers",
            "trades": "publicTrade",
            "klines": f"kline.{interval}",
            "depth": f"orderbook.{next((depth for depth in (1, *DEPTHS) if most <= depth), DEPTHS[-1])}",
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
        return self.ask("tickers", REST_TICKERS, symbol=venue_symbol)

    def tickers_request(self) -> Request:
        return self.ask("tickers", REST_TICKERS)

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        most = DEPTHS[-1] if levels is None else min(levels, DEPTHS[-1])
        return self.ask("orderbook", REST_BOOK, symbol=venue_symbol, limit=str(most))

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        return self.ask("recent-trade", REST_TRADES, symbol=venue_symbol, limit=str(min(limit, self.longest_trades)))

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        query = {"symbol": venue_symbol, "interval": interval, "limit": str(min(limit, _PAGE))}
        return self.ask("kline", REST_CANDLES, **query)

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        # A list that is too long is cut at its older end.
        while end >= start:
            query = {"symbol": venue_symbol, "interval": interval, "start": str(start), "end": str(end)}
            bars = yield self.ask("kline", REST_CANDLES, **query, limit=str(_PAGE))
            if len(bars) < _PAGE:
                return
            end = bars[0].get_timestamp() - 1

    def instruments_request(self) -> Request:
        return self.ask("instruments-info", REST_INSTRUMENTS)

    def time_request(self) -> Request:
        return Request("/v5/market/time", REST_TIME, rate=PACE)
