"""Bybit streams: what is pushed, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ...candles import Bar
from ...market import Level, Trade
from ..topics import CandlesTopic, MarketTopic, Topic, TradesTopic, WindowTopic
from .figures import candle_push, day_figures, level_rows, price_text, side_text, size_text

if TYPE_CHECKING:
    from .venue import Bybit

_MOST_TRADES = 1024  # of one frame
_REPEATED_MS = 3_000  # the best levels, when nothing changes


def pushed(topic: Topic, now_ms: int, data: Any, kind: str = "snapshot") -> dict[str, Any]:
    """Return a data frame."""
    return {"topic": topic.name, "ts": now_ms, "type": kind, "data": data}


class Tickers(MarketTopic):
    """`tickers` of spot: whole on change, without best prices; the present state first."""

    kind = "ticker"
    every_ms = 50
    greets = True

    def begin(self) -> None:
        self.seen = self.market.last.id

    def news(self, now_ms: int) -> Sequence[Any]:
        if self.market.last.id == self.seen:
            return ()
        self.seen = self.market.last.id
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        index = price_text(self.market, self.market.index(now_ms)) if self.item.quote.startswith("USD") else ""
        data = day_figures(self.market) | {"usdIndexPrice": index}
        return [pushed(self, now_ms, data) | {"cs": self.market.update_id}]


class Trades(TradesTopic):
    """`publicTrade`: all matches since the last push."""

    dialect: Bybit

    def news(self, now_ms: int) -> Sequence[Any]:
        rows = [self._row(trade) for trade in self.new_trades()]
        parts = (rows[start : start + _MOST_TRADES] for start in range(0, len(rows), _MOST_TRADES))
        return [pushed(self, now_ms, part) for part in parts]

    def _row(self, trade: Trade) -> dict[str, Any]:
        return {
            "T": trade.ms,
            "s": self.key,
            "S": side_text(trade),
            "v": size_text(self.market, trade.quantity),
            "p": price_text(self.market, trade.price),
            **self.dialect.direction,
            "i": self.dialect.house.write_trade_id(trade.id),
            "BT": False,
            "RPI": False,
            "seq": trade.order,
        }


class Candles(CandlesTopic):
    """`kline`: at least a second apart while the bar changes; a bar that is over once more, with the next one."""

    every_ms = 1000
    tells_quiet = True

    def interval_name(self) -> str:
        return self.channel.partition(".")[2]

    def news(self, now_ms: int) -> Sequence[Any]:
        return self._frames(self.changed_bars(now_ms), now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        bar = self.running_bar(now_ms)
        return self._frames([] if bar is None else [(bar, False)], now_ms)

    def _frames(self, bars: Iterable[tuple[Bar, bool]], now_ms: int) -> Sequence[Any]:
        name = self.interval_name()
        rows = [candle_push(self.market, bar, name, self.rule, closed=closed) for bar, closed in bars]
        return [pushed(self, now_ms, rows)] if rows else ()


class Books(WindowTopic):
    """`orderbook.<depth>`: the best levels, then what changed among them; messages are numbered without a hole."""

    greets = True
    dialect: Bybit

    def begin(self) -> None:
        super().begin()
        self.number = self.dialect.numbers.count(self.key, self.depth, self.sent_id)

    def window(self) -> int:
        return int(self.channel.partition(".")[2])

    def news(self, now_ms: int) -> Sequence[Any]:
        changed = self.changed_levels()
        if changed is None:
            return ()
        self.number = self.dialect.numbers.count(self.key, self.depth, self.sent_id)
        return [self.message("delta", *changed, now_ms)]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [self.message("snapshot", *self.sent, now_ms)]

    def message(self, kind: str, bids: Iterable[Level], asks: Iterable[Level], now_ms: int) -> dict[str, Any]:
        """Return a frame of the book."""
        data: dict[str, Any] = {"s": self.key, "b": level_rows(self.market, bids), "a": level_rows(self.market, asks)}
        data |= {"u": self.number, "seq": self.sent_id}
        return pushed(self, now_ms, data, kind) | {"cts": self.market.now_ms}


class FastBooks(Books):
    """`orderbook.50`."""

    every_ms = 20


class Books200(Books):
    """`orderbook.200`."""

    every_ms = 100


class Books1000(Books):
    """`orderbook.1000`."""

    every_ms = 200


class BestLevels(Books):
    """`orderbook.1`: the best level a side, whole on change, and again after three seconds under the same number."""

    every_ms = 10

    def begin(self) -> None:
        super().begin()
        self.sent_ms = self.market.now_ms

    def news(self, now_ms: int) -> Sequence[Any]:
        if not super().news(now_ms) and now_ms - self.sent_ms < _REPEATED_MS:
            return ()
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        self.sent_ms = now_ms
        return super().welcome(now_ms)


CHANNELS: dict[str, type[Topic]] = {
    "tickers": Tickers,
    "publicTrade": Trades,
    "orderbook.1": BestLevels,
    "orderbook.50": FastBooks,
    "orderbook.200": Books200,
    "orderbook.1000": Books1000,
}
