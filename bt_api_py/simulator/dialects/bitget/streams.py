"""Bitget streams: what is pushed, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ...candles import Bar
from ...market import ASK, BID, Level
from ..topics import BookTopic, CandlesTopic, TickersTopic, Topic, TradesTopic
from .figures import argument, candle_row, checksum, levels, ticker_row, trade_row

if TYPE_CHECKING:
    from . import BitgetSpot

_PAST_TRADES = 50
_PAST_BARS = 100


def pushed(topic: Topic, now_ms: int, action: str, rows: Sequence[Any]) -> dict[str, Any]:
    """Return a data frame."""
    return {"action": action, "arg": argument(topic.name), "data": rows, "ts": now_ms}


class Tickers(TickersTopic):
    """`ticker`: always whole, on change; the present state first."""

    every_ms = 200

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [pushed(self, now_ms, "snapshot", [ticker_row(self.market)])]


class Trades(TradesTopic):
    """`trade`: what was traded before, then all matches since the last push; the newest come first."""

    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        rows = [trade_row(self.item, trade) for trade in reversed(self.new_trades())]
        return [pushed(self, now_ms, "update", rows)] if rows else ()

    def welcome(self, now_ms: int) -> Sequence[Any]:
        past = reversed(self.market.trades[-_PAST_TRADES:])
        return [pushed(self, now_ms, "snapshot", [trade_row(self.item, trade) for trade in past])]


class Candles(CandlesTopic):
    """`candle<interval>`: bars of the past, the oldest first, then the running one on change."""

    every_ms = 500
    dialect: BitgetSpot

    def interval_name(self) -> str:
        return self.channel.removeprefix("candle")

    def news(self, now_ms: int) -> Sequence[Any]:
        rows = [self._row(bar) for bar, _ in self.changed_bars(now_ms)]
        return [pushed(self, now_ms, "update", rows)] if rows else ()

    def welcome(self, now_ms: int) -> Sequence[Any]:
        past = self.series.filled(self.series.back_from(now_ms, _PAST_BARS), now_ms)
        return [pushed(self, now_ms, "snapshot", [self._row(bar) for bar in past])]

    def _row(self, bar: Bar) -> list[str]:
        return candle_row(self.item, bar)


class Books(BookTopic):
    """`books`: the whole book, then what changed in it, with a number and a checksum."""

    every_ms = 150
    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        _, bids, asks = self.new_changes()
        changes = (sorted(bids.items(), reverse=True), sorted(asks.items()))
        return [pushed(self, now_ms, "update", [self.row(*changes, checksum(self.market))])]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [pushed(self, now_ms, "snapshot", [self.row(self.market.levels(BID), self.market.levels(ASK), 0)])]

    def row(self, bids: Iterable[Level], asks: Iterable[Level], check: int) -> dict[str, Any]:
        """Return what a frame tells of the book; a checksum of 0 is none."""
        sides = {"asks": levels(self.item, asks), "bids": levels(self.item, bids)}
        return sides | {"checksum": check, "seq": self.sent_id, "ts": str(self.market.now_ms)}


class FewLevels(Books):
    """`books5` and `books15`: the best levels, always whole, on change."""

    def begin(self) -> None:
        super().begin()
        self.count = int(self.channel.removeprefix("books"))
        self.seen: Any = None

    def news(self, now_ms: int) -> Sequence[Any]:
        best = (self.market.levels(BID, self.count), self.market.levels(ASK, self.count))
        if best == self.seen:
            return ()
        self.seen = best
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        self.sent_id = self.market.update_id
        best = (self.market.levels(BID, self.count), self.market.levels(ASK, self.count))
        return [pushed(self, now_ms, "snapshot", [self.row(*best, 0)])]


class BestLevels(FewLevels):
    """`books1`: the best level a side, faster than the others."""

    every_ms = 50


CHANNELS: dict[str, type[Topic]] = {
    "ticker": Tickers,
    "trade": Trades,
    "books": Books,
    "books1": BestLevels,
    "books5": FewLevels,
    "books15": FewLevels,
}
