"""BULK streams: what is pushed, and when.

Source: BULK API 1.0.15, "WebSocket streams", May 2026.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs

from ...market import BID, Level
from ..topics import BookTopic, MarketTopic, Topic, TradesTopic
from .figures import NS, book_row, bucket_of, candle_row, context_row, depth, risk_row, ticker_row, trade_rows

if TYPE_CHECKING:
    from . import BulkSwap

_FIRST_CANDLES = 5000


class _Market(MarketTopic):
    """A stream of one symbol. Its name may go on with `?` and options that the wire does not show."""

    dialect: BulkSwap

    @property
    def symbol(self) -> str:
        return self.dialect.wire_symbol(self.item)

    @property
    def options(self) -> Mapping[str, str]:
        return {name: values[0] for name, values in parse_qs(self.name.partition("?")[2]).items()}

    def pushed(self, **data: Any) -> dict[str, Any]:
        """Return a message of this stream."""
        return {"type": self.channel, "data": data, "topic": self.name.partition("?")[0]}


class Tickers(_Market):
    """`ticker`: every 200 ms."""

    kind = "ticker"
    every_ms = 200

    def news(self, now_ms: int) -> Sequence[Any]:
        return [self.pushed(ticker=ticker_row(self.market, self.symbol, self.dialect.oracles.get(self.key)))]


class Trades(_Market, TradesTopic):
    """`trades`: one message per taker order, one row per match."""

    def news(self, now_ms: int) -> Sequence[Any]:
        return [self.pushed(trades=trade_rows(self.market, self.symbol, trades)) for trades in self.new_orders()]


class Snapshots(_Market):
    """`l2Snapshot`: the whole book every 200 ms, or as much of it as the client wants. Its times are in ms."""

    kind = "depth"
    every_ms = 200

    def begin(self) -> None:
        self.count = int(self.options["nlevels"]) if "nlevels" in self.options else None
        self.bucket = bucket_of(self.item, float(self.options["aggregation"])) if "aggregation" in self.options else 1

    def news(self, now_ms: int) -> Sequence[Any]:
        levels = depth(self.market, self.count, self.bucket)
        return [self.pushed(book=book_row(self.market, self.symbol, "snapshot", levels, now_ms))]


class Deltas(_Market, BookTopic):
    """`l2Delta`: the book, then every change of a level by itself. No numbers; its times are in ns, as recorded."""

    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        changes = self.market.changes_after(self.sent_id)
        self.sent_id = self.market.update_id
        return [
            self._message("delta", _on_side(change.side, (change.price, change.quantity)), change.ms)
            for change in changes
        ]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [self._message("snapshot", depth(self.market, None, 1), now_ms)]

    def _message(self, update: str, levels: tuple[Sequence[Level], Sequence[Level]], ms: int) -> dict[str, Any]:
        return self.pushed(book=book_row(self.market, self.symbol, update, levels, ms * NS))


def _on_side(side: int, level: Level) -> tuple[Sequence[Level], Sequence[Level]]:
    return ([level], []) if side == BID else ([], [level])


class Candles(_Market, TradesTopic):
    """`candle`: the past in one message, then what changed; the last one of a list is the one that runs."""

    kind = "klines"
    greets = True
    push_ms: ClassVar[int] = 10_000

    def begin(self) -> None:
        super().begin()
        self.rule = self.dialect.intervals[self.name.rsplit(".", 1)[1]]
        self.series = self.market.series(self.rule)
        self.open_ms = self.rule.open_of(self.market.now_ms)
        self._pushed_slot = self._slot(self.market.now_ms)

    def _slot(self, now_ms: int) -> int:
        return now_ms // self.dialect.pace(self.push_ms)

    def news(self, now_ms: int) -> Sequence[Any]:
        slot = self._slot(now_ms)
        if slot == self._pushed_slot or not self.new_trades():
            return ()
        self._pushed_slot = slot
        first, self.open_ms = self.open_ms, self.rule.open_of(now_ms)
        return self._list(first, now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return self._list(self.series.back_from(now_ms, _FIRST_CANDLES), now_ms)

    def _list(self, first_ms: int, now_ms: int) -> Sequence[Any]:
        rows = [candle_row(self.market, bar, self.rule) for bar in self.series.between(first_ms, now_ms)]
        return [self.pushed(candles=rows)] if rows else ()


class QuickCandles(Candles):
    """`candle` of 10 s: at once."""

    push_ms = 0


class Risk(_Market):
    """`risk`: the cached state, then anew with the minute."""

    kind = "risk"
    greets = True
    every_ms = 0

    def begin(self) -> None:
        self.minute = self.market.now_ms // 60_000

    def news(self, now_ms: int) -> Sequence[Any]:
        if now_ms // 60_000 == self.minute:
            return ()
        self.minute = now_ms // 60_000
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [self.pushed(risk=risk_row(self.market, self.symbol))]


class FrontendContext(Topic):
    """`frontendContext`: all symbols every 2 s."""

    kind = "context"
    every_ms = 2000
    dialect: BulkSwap

    def news(self, now_ms: int) -> Sequence[Any]:
        venue = self.dialect.venue
        rows = [
            context_row(venue.market(item.symbol), self.dialect.wire_symbol(item))
            for item in venue.instruments.values()
        ]
        return [{"type": self.channel, "data": {"frontendContext": rows}, "topic": self.name}]


CHANNELS: dict[str, type[Topic]] = {
    "ticker": Tickers,
    "trades": Trades,
    "l2Snapshot": Snapshots,
    "l2Delta": Deltas,
    "candle": Candles,
    "risk": Risk,
    "frontendContext": FrontendContext,
}
