"""Deribit streams: what is pushed, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...candles import Bar
from ...contracts import Contract
from ...market import ASK, BID, Level
from ..topics import BookTopic, CandlesTopic, MarketTopic, TickersTopic, Topic, TradesTopic, difference
from .figures import amount, best_figures, candle_figures, levels, price, ticker_row, trade_row
from .rpc import subscription

if TYPE_CHECKING:
    from . import DeribitSwap


def pushed(topic: Topic, data: Any) -> dict[str, Any]:
    """Return a data frame."""
    return subscription(topic.name, data)


class Often:
    """The pace ``100ms``."""

    every_ms = 100


class Seldom:
    """The pace ``agg2``."""

    every_ms = 1000


class Tickers(Often, MarketTopic):
    """`ticker`: all figures; the present state first."""

    kind = "ticker"
    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [pushed(self, ticker_row(self.market, now_ms))]


class SlowTickers(Seldom, Tickers):
    pass


class Quotes(TickersTopic):
    """`quote`: the best prices, as often as they change."""

    kind = "bbo"

    def welcome(self, now_ms: int) -> Sequence[Any]:
        head = {"timestamp": now_ms, "instrument_name": self.item.name}
        return [pushed(self, head | best_figures(self.market))]


class Trades(Often, TradesTopic):
    """`trades`: all matches since the last push."""

    def news(self, now_ms: int) -> Sequence[Any]:
        fresh = self.new_trades()
        if not fresh:
            return ()
        figures = Contract(self.market).at(now_ms)
        return [pushed(self, [trade_row(self.item, trade, figures) for trade in fresh])]


class SlowTrades(Seldom, Trades):
    pass


class Candles(Often, CandlesTopic):
    """`chart.trades`: the running bar when something was traded; a bar that is over once more, with the next one."""

    dialect: DeribitSwap

    def interval_name(self) -> str:
        return self.name.rpartition(".")[2]

    def news(self, now_ms: int) -> Sequence[Any]:
        return [self._row(bar) for bar, _ in self.changed_bars(now_ms)]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        bar = self.running_bar(now_ms)
        return [self._row(bar)] if bar is not None else ()

    def _row(self, bar: Bar) -> dict[str, Any]:
        return pushed(self, {"tick": bar.open_ms, **candle_figures(self.item, bar)})


class Books(Often, BookTopic):
    """`book.<instrument>.<pace>`: the whole book, then what changed in it; an update names the one before."""

    greets = True

    def begin(self) -> None:
        super().begin()
        self.sent = self._sides()

    def _sides(self) -> tuple[list[Level], list[Level]]:
        return self.market.levels(BID), self.market.levels(ASK)

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        before, previous = self.sent, self.sent_id
        self.sent, self.sent_id = self._sides(), self.market.update_id
        bids, asks = (self._rows(difference(old, new), dict(old)) for old, new in zip(before, self.sent, strict=True))
        return [self._message(now_ms, "change", previous, bids, asks)]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        bids, asks = (self._rows(side, {}) for side in self.sent)
        return [self._message(now_ms, "snapshot", None, bids, asks)]

    def _rows(self, changes: Sequence[Level], known: dict[int, int]) -> list[list[Any]]:
        return [
            [
                "delete" if not lots else "change" if ticks in known else "new",
                price(self.item, ticks),
                amount(self.item, lots, ticks),
            ]
            for ticks, lots in changes
        ]

    def _message(self, now_ms: int, kind: str, previous: int | None, bids: Any, asks: Any) -> dict[str, Any]:
        head = {"type": kind, "instrument_name": self.item.name, "timestamp": now_ms}
        numbers = {"change_id": self.sent_id, "prev_change_id": previous}
        return pushed(self, head | numbers | {"bids": bids, "asks": asks})


class SlowBooks(Seldom, Books):
    pass


class WholeBooks(Often, BookTopic):
    """`book.<instrument>.none.<depth>.<pace>`: the best levels, whole, on change."""

    greets = True

    def begin(self) -> None:
        super().begin()
        self.depth = int(self.name.split(".")[3])

    def news(self, now_ms: int) -> Sequence[Any]:
        return self.welcome(now_ms) if self.has_changed else ()

    def welcome(self, now_ms: int) -> Sequence[Any]:
        self.sent_id = self.market.update_id
        head = {"instrument_name": self.item.name, "timestamp": now_ms, "change_id": self.sent_id}
        sides = {"bids": self.market.levels(BID, self.depth), "asks": self.market.levels(ASK, self.depth)}
        return [pushed(self, head | {name: levels(self.item, side) for name, side in sides.items()})]


class SlowWholeBooks(Seldom, WholeBooks):
    pass


BOOKS: dict[str, type[Topic]] = {"100ms": Books, "agg2": SlowBooks}
WHOLE_BOOKS: dict[str, type[Topic]] = {"100ms": WholeBooks, "agg2": SlowWholeBooks}
CHANNELS: dict[tuple[str, str], type[Topic]] = {
    ("ticker", "100ms"): Tickers,
    ("ticker", "agg2"): SlowTickers,
    ("trades", "100ms"): Trades,
    ("trades", "agg2"): SlowTrades,
    ("quote", ""): Quotes,
}
