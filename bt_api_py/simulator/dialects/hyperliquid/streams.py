"""Hyperliquid streams: what is pushed, and when.

Source: Hyperliquid documentation, "Subscriptions", May 2026. How often contexts and candles come is not documented.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...candles import Bar
from ...contracts import Figures
from ..topics import BookTopic, CandlesTopic, FiguresTopic, Topic, TradesTopic
from .figures import RECENT, best_row, book_row, candle_row, context_row, trade_row

if TYPE_CHECKING:
    from . import HyperliquidSwap


class Contexts(FiguresTopic):
    """`activeAssetCtx`: every second."""

    kind = "ticker"
    every_ms = 1000

    def row(self, figures: Figures) -> Any:
        return {"channel": self.channel, "data": {"coin": self.item.base, "ctx": context_row(self.market, figures)}}


class Trades(TradesTopic):
    """`trades`: the latest ones first, the newest of them at the beginning; then all matches since the last message."""

    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        rows = [trade_row(self.market, trade) for trade in self.new_trades()]
        return [{"channel": self.channel, "data": rows}] if rows else ()

    def welcome(self, now_ms: int) -> Sequence[Any]:
        rows = [trade_row(self.market, trade) for trade in reversed(self.market.trades[-RECENT:])]
        return [{"channel": self.channel, "data": rows}]


class Books(BookTopic):
    """`l2Book`: the best levels, whole, when anything changed."""

    every_ms = 500
    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        self.sent_id = self.market.update_id
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [{"channel": self.channel, "data": book_row(self.market)}]


class BestLevels(BookTopic):
    """`bbo`: the best level of both sides, when one of them changed."""

    greets = True

    def begin(self) -> None:
        super().begin()
        self.sent = best_row(self.market)

    def news(self, now_ms: int) -> Sequence[Any]:
        before, self.sent = self.sent, best_row(self.market)
        return () if before["bbo"] == self.sent["bbo"] else self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [{"channel": self.channel, "data": best_row(self.market)}]


class Candles(CandlesTopic):
    """`candle`: each one that changed, by itself; the running one first."""

    every_ms = 250
    dialect: HyperliquidSwap

    def interval_name(self) -> str:
        return self.name.rsplit(":", 1)[1]

    def news(self, now_ms: int) -> Sequence[Any]:
        return [self._message(bar) for bar, _ in self.changed_bars(now_ms)]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        bar = self.running_bar(now_ms)
        return () if bar is None else [self._message(bar)]

    def _message(self, bar: Bar) -> dict[str, Any]:
        return {"channel": self.channel, "data": candle_row(self.market, bar, self.interval_name(), self.rule)}


CHANNELS: dict[str, type[Topic]] = {
    "activeAssetCtx": Contexts,
    "trades": Trades,
    "l2Book": Books,
    "bbo": BestLevels,
    "candle": Candles,
}
