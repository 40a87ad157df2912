"""Hyperliquid perpetual contracts: market data.

Source: Hyperliquid API documentation (websocket subscriptions, info endpoint for perpetuals), state of 2026-05.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from operator import attrgetter

from ...book.sequence import Whole
from ...containers import (
    BarData,
    FundingRateData,
    MarkPriceData,
    OpenInterestData,
    TickerData,
    TradeData,
)
from ...exceptions import BtApiError
from ...symbols import SymbolStyle
from ..base import Book, Channel, Command, Control, Exchange, Forms, Pages, Request, Subscription, instruments
from .account import HyperliquidAccount
from .rows import BestLevels, Candle, Contexts, Instrument, Ticker, Trade, Trades, WholeBook
from .wire import (
    NAME,
    QUOTE,
    REST,
    TESTNET_REST,
    commands,
    control,
    endpoint,
    envelope,
    failure,
    info,
    split_name,
    subject,
    topic_name,
)

_HEAD = re.compile(rb'\{"channel":"\w+","data":\[?\{"coin":"[^"\\]+"')
_DEPTH = 20  # levels a side of a whole book
_MOST_BARS = 5000
_MINUTE_MS, _DAY_MS = 60_000, 86_400_000
_LENGTHS = {
    **{f"{minutes}m": minutes * _MINUTE_MS for minutes in (1, 3, 5, 15, 30)},
    **{f"{hours}h": hours * 60 * _MINUTE_MS for hours in (1, 2, 4, 8, 12)},
    **{"1d": _DAY_MS, "3d": 3 * _DAY_MS, "1w": 7 * _DAY_MS, "1M": 31 * _DAY_MS},
}
_FIGURES = {"mark_price": MarkPriceData, "funding_rate": FundingRateData, "open_interest": OpenInterestData}
_CHANNEL_OF = {"trades": "trades", "klines": "candle", "depth": "l2Book"}

_REST_TICKERS = Contexts(TickerData)
_REST_BOOK = Channel(None, WholeBook)
_REST_TRADES = Trades(TradeData, Trade, many=True)
_REST_CANDLES = Channel(BarData, Candle, many=True, sort=attrgetter("timestamp"))
_REST_INSTRUMENTS = instruments(Instrument, "universe")


class HyperliquidSwap(Exchange):
    """Perpetual contracts of Hyperliquid, quoted in USDC and named by their base asset alone."""

    name = NAME
    account = HyperliquidAccount
    rest = REST
    testnet_rest = TESTNET_REST
    endpoints = {"public": endpoint()}
    heads_lead = True
    symbols = SymbolStyle(is_perpetual=True, only_quote=QUOTE)
    kinds = ("ticker", "depth", "trades", "klines", *_FIGURES)
    intervals = {word: word for word in _LENGTHS}
    is_timed = True
    answers_in_order = True
    channels = {
        "activeAssetCtx": Channel(TickerData, Ticker, ("data",)),
        "trades": Trades(TradeData, Trade, ("data",), many=True, begins_with_past=True),
        "candle": Forms(BarData, Candle, ("data",), ((), True), ((), False)),
        "l2Book": Channel(None, WholeBook, ("data",), book=Book(Whole(), depth=_DEPTH, order_count_at=2)),
        "bbo": Channel(None, BestLevels, ("data",), book=Book(Whole(), depth=1, order_count_at=2)),
    }

    def head(self, payload: bytes) -> bytes | None:
        found = _HEAD.match(payload)
        return None if found is None else found[0]

    def route(self, payload: bytes) -> str | None:
        return subject(envelope(payload))

    def split(self, name: str) -> tuple[str, str, str]:
        return split_name(name)

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        channel = "bbo" if kind == "depth" and levels == 1 else _CHANNEL_OF.get(kind, "activeAssetCtx")
        return Subscription("public", topic_name(channel, venue_symbol, interval))

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        word, _, interval = channel.partition(":")
        return Subscription("public", topic_name(word, venue_symbol, interval))

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return commands("subscribe", names, ids)

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return commands("unsubscribe", names, ids)

    def control(self, payload: bytes) -> list[Control]:
        return [control(envelope(payload))]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(path, status, body)

    def ticker_request(self, venue_symbol: str) -> Request:
        return info("metaAndAssetCtxs", Contexts(TickerData, venue_symbol), 20)

    def tickers_request(self) -> Request:
        return info("metaAndAssetCtxs", _REST_TICKERS, 20)

    def figure_request(self, kind: str, venue_symbol: str) -> Request:
        return info("metaAndAssetCtxs", Contexts(_FIGURES[kind], venue_symbol), 20)

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        return info("l2Book", _REST_BOOK, 2, coin=venue_symbol)

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        # The venue does not say how many it lists; 20 more of them weigh one more.
        return info("recentTrades", _REST_TRADES, 25, coin=venue_symbol)

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        count = min(limit, _MOST_BARS)
        start, end = self.now_ms - count * _LENGTHS[interval], self.now_ms + _DAY_MS  # clocks may differ
        return self._candles(venue_symbol, interval, start, end, count)

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        # A list that is too long is cut at its older end.
        while end >= start:
            count = min(_MOST_BARS, (end - start) // _LENGTHS[interval] + 1)
            bars = yield self._candles(venue_symbol, interval, start, end, count)
            if len(bars) < _MOST_BARS:
                return
            end = bars[0].get_timestamp() - 1

    def _candles(self, venue_symbol: str, interval: str, start: int, end: int, count: int) -> Request:
        wanted = {"coin": venue_symbol, "interval": interval, "startTime": max(0, start), "endTime": end}
        return info("candleSnapshot", _REST_CANDLES, 21 + count // 60, req=wanted)

    def instruments_request(self) -> Request:
        return info("meta", _REST_INSTRUMENTS, 20)
