"""KuCoin spot streams: what is pushed, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ...market import ASK, BID, Change
from ..topics import BookTopic, CandlesTopic, MarketTopic, TickersTopic, Topic, TradesTopic
from .figures import candle_row, level, levels, match_row, price, size, snapshot_row, ticker_row


class Tickers(TickersTopic):
    """`/market/ticker`: last trade and best prices."""

    every_ms = 100
    greets = False

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [pushed(self.name, "trade.ticker", ticker_row(self.market, now_ms))]


class Snapshots(TickersTopic):
    """`/market/snapshot`: the figures of 24 hours."""

    every_ms = 2000
    greets = False

    def welcome(self, now_ms: int) -> Sequence[Any]:
        row = {"sequence": str(self.market.update_id), "data": snapshot_row(self.market, now_ms)}
        return [pushed(self.name, "trade.snapshot", row)]


class Trades(TradesTopic):
    """`/market/match`: one frame for each match."""

    def news(self, now_ms: int) -> Sequence[Any]:
        return [pushed(self.name, "trade.l3match", match_row(self.item, trade)) for trade in self.new_trades()]


class Candles(CandlesTopic):
    """`/market/candles`: the running bar with its trades, and the last state of one that is over without saying so."""

    greets = False

    def interval_name(self) -> str:
        return self.name.partition("_")[2]

    def news(self, now_ms: int) -> Sequence[Any]:
        rows = [candle_row(self.item, bar, now_ms) for bar, _ in self.changed_bars(now_ms)]
        return [pushed(self.name, "trade.candles.update", row) for row in rows]


class BestOffer(MarketTopic):
    """`/spotMarket/level1`: the best level of each side when one changes."""

    kind = "depth"
    every_ms = 10

    def begin(self) -> None:
        self.seen: Any = None

    def news(self, now_ms: int) -> Sequence[Any]:
        bid, ask = self.market.best(BID), self.market.best(ASK)
        if (bid, ask) == self.seen:
            return ()
        self.seen = bid, ask
        row = {"asks": level(self.item, ask), "bids": level(self.item, bid), "timestamp": now_ms}
        return [pushed(self.name, "level1", row)]


class _Whole(BookTopic):
    """The best levels, whole, when one of them changes."""

    every_ms = 100
    count: ClassVar[int]

    def begin(self) -> None:
        self.seen: Any = None

    def news(self, now_ms: int) -> Sequence[Any]:
        sides = self.market.levels(BID, self.count), self.market.levels(ASK, self.count)
        if sides == self.seen:
            return ()
        self.seen = sides
        bids, asks = (levels(self.item, side) for side in sides)
        return [pushed(self.name, "level2", {"asks": asks, "bids": bids, "timestamp": now_ms})]


class FiveLevels(_Whole):
    """`/spotMarket/level2Depth5`."""

    count = 5


class FiftyLevels(_Whole):
    """`/spotMarket/level2Depth50`."""

    count = 50


class Changes(BookTopic):
    """`/market/level2`: every change in the whole book, with its number."""

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        changes, before = self.market.changes_after(self.sent_id), self.sent_id
        self.sent_id = self.market.update_id
        bids, asks = ([self._row(one) for one in changes if one.side == side] for side in (BID, ASK))
        row = {
            "changes": {"asks": asks, "bids": bids},
            "sequenceEnd": self.sent_id,
            "sequenceStart": before + 1,
            "symbol": self.name.partition(":")[2],
            "time": now_ms,
        }
        return [pushed(self.name, "trade.l2update", row)]

    def _row(self, change: Change) -> list[str]:
        return [price(self.item, change.price), size(self.item, change.quantity), str(change.id)]


def pushed(topic: str, subject: str, data: Any) -> dict[str, Any]:
    """Return a frame of data."""
    return {"topic": topic, "type": "message", "subject": subject, "data": data}


STREAMS: dict[str, type[Topic]] = {
    "/market/ticker": Tickers,
    "/market/snapshot": Snapshots,
    "/market/match": Trades,
    "/market/candles": Candles,
    "/market/level2": Changes,
    "/spotMarket/level1": BestOffer,
    "/spotMarket/level2Depth5": FiveLevels,
    "/spotMarket/level2Depth50": FiftyLevels,
}
