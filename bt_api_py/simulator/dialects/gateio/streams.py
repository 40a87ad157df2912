"""Gate spot streams: what is pushed, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...candles import Bar
from ...market import ASK, BID, Level
from ..topics import BookTopic, CandlesTopic, MarketTopic, TickersTopic, Topic, TradesTopic, difference
from .figures import candle_row, levels, pair, price, size, ticker_row, trade_row

if TYPE_CHECKING:
    pass


def pushed(topic: Topic, now_ms: int, result: Any) -> dict[str, Any]:
    """Return a frame of data."""
    channel = topic.channel
    return {"time": now_ms // 1000, "time_ms": now_ms, "channel": channel, "event": "update", "result": result}


class Tickers(TickersTopic):
    """`spot.tickers`: once a second when something was traded or quoted; the present state first."""

    every_ms = 1000

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [pushed(self, now_ms, ticker_row(self.market, with_sizes=False))]


class BestOffer(MarketTopic):
    """`spot.book_ticker`: the best prices, as often as they change."""

    kind = "bbo"
    every_ms = 10
    greets = True

    def begin(self) -> None:
        self.seen: Any = None

    def news(self, now_ms: int) -> Sequence[Any]:
        state = (self.market.best(BID), self.market.best(ASK))
        if state == self.seen:
            return ()
        self.seen = state
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        bid, ask = self.market.best(BID), self.market.best(ASK)
        row: dict[str, Any] = {"t": now_ms, "u": self.market.update_id, "s": pair(self.item)}
        row |= {"b": price(self.item, bid[0]), "B": size(self.item, bid[1])}
        row |= {"a": price(self.item, ask[0]), "A": size(self.item, ask[1])}
        return [pushed(self, now_ms, row)]


class Trades(TradesTopic):
    """`spot.trades`: one frame for each match."""

    def news(self, now_ms: int) -> Sequence[Any]:
        return [pushed(self, now_ms, trade_row(self.item, trade)) for trade in self.new_trades()]


class Candles(CandlesTopic):
    """`spot.candlesticks`: every two seconds while something is traded, and once more when a bar is over."""

    every_ms = 2000

    def interval_name(self) -> str:
        return self.name.partition(":")[2].partition(",")[0]

    def news(self, now_ms: int) -> Sequence[Any]:
        return [self._pushed(bar, now_ms, closed=closed) for bar, closed in self.changed_bars(now_ms)]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        bar = self.running_bar(now_ms)
        return () if bar is None else [self._pushed(bar, now_ms, closed=False)]

    def _pushed(self, bar: Bar, now_ms: int, *, closed: bool) -> dict[str, Any]:
        return pushed(self, now_ms, candle_row(self.item, bar, self.interval_name(), closed=closed))


class Kept(BookTopic):
    """`spot.obu`: a whole book of 50 or 400 levels, then what changed in it."""

    greets = True

    def begin(self) -> None:
        super().begin()
        self.stream = self.name.partition(":")[2]
        self.depth = int(self.stream.rpartition(".")[2])
        self.every = 20 if self.depth == 50 else 100
        self.sent = self._sides()

    def _sides(self) -> tuple[list[Level], list[Level]]:
        return self.market.levels(BID, self.depth), self.market.levels(ASK, self.depth)

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        before, number = self.sent, self.sent_id
        self.sent, self.sent_id = self._sides(), self.market.update_id
        bids, asks = (difference(old, new) for old, new in zip(before, self.sent, strict=True))
        row = {"t": now_ms, "s": self.stream, "U": number + 1, "u": self.sent_id}
        return [self._message(now_ms, row | {"b": levels(self.item, bids), "a": levels(self.item, asks)})]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        bids, asks = self.sent
        row = {"t": now_ms, "full": True, "s": self.stream, "u": self.sent_id}
        return [self._message(now_ms, row | {"b": levels(self.item, bids), "a": levels(self.item, asks)})]

    def _message(self, now_ms: int, row: dict[str, Any]) -> dict[str, Any]:
        return {"channel": self.channel, "result": row, "time_ms": now_ms, "event": "update"}


class Changes(BookTopic):
    """`spot.order_book_update`: what changed in the whole book."""

    every_ms = 100

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        before, bids, asks = self.new_changes()
        row = {"t": now_ms, "e": "depthUpdate", "E": now_ms // 1000, "s": pair(self.item)}
        row |= {"U": before + 1, "u": self.sent_id}
        row |= {"b": levels(self.item, bids.items()), "a": levels(self.item, asks.items())}
        return [pushed(self, now_ms, row)]


class Whole(BookTopic):
    """`spot.order_book`: the best levels, whole, on change."""

    every_ms = 100
    greets = True

    def begin(self) -> None:
        super().begin()
        self.count = self.name.split(",")[1]

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        self.sent_id = self.market.update_id
        row: dict[str, Any] = {"t": now_ms, "lastUpdateId": self.sent_id, "s": pair(self.item), "l": self.count}
        for name, side in (("bids", BID), ("asks", ASK)):
            row[name] = levels(self.item, self.market.levels(side, int(self.count)))
        return [pushed(self, now_ms, row)]
