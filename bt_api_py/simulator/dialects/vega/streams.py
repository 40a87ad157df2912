"""Vega's public streams: what is pushed, and when. A stream of several markets tells of all that have news at once.

Source: Vega data node v0.79.0, API v2, streams, October 2024.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qs

from ...candles import Bar
from ..topics import BookTopic, MarketTopic, Topic, TradesTopic
from .figures import book_row, candle_row, data_row, level_rows, parse_candle_id, trade_row
from .listing import market_id
from .messages import CANDLE, DEPTH, MARKET_DATA, TRADE, Message, Row, streamed

if TYPE_CHECKING:
    from . import VegaFuture


class _Data(MarketTopic):
    """What one market is like, when that has changed."""

    def begin(self) -> None:
        self.told = self._state()

    def news(self, now_ms: int) -> Sequence[Row]:
        state = self._state()
        if state == self.told:
            return ()
        self.told = state
        return [data_row(self.market)]

    def _state(self) -> tuple[int, int]:
        return self.market.update_id, self.market.last.id


class _Books(BookTopic):
    """The whole book of one market, when it has changed."""

    def news(self, now_ms: int) -> Sequence[Row]:
        if not self.has_changed:
            return ()
        self.sent_id = self.market.update_id
        return [book_row(self.market)]


class _BookUpdates(BookTopic):
    """What has changed in the book of one market."""

    def news(self, now_ms: int) -> Sequence[Row]:
        if not self.has_changed:
            return ()
        before, bids, asks = self.new_changes()
        row = {
            "marketId": market_id(self.item),
            "buy": level_rows(self.item, bids.items()),
            "sell": level_rows(self.item, asks.items()),
            "sequenceNumber": str(self.sent_id),
            "previousSequenceNumber": str(before),
        }
        return [row]


class _Matches(TradesTopic):
    """The matches in one market."""

    def news(self, now_ms: int) -> Sequence[Row]:
        return [trade_row(self.item, trade) for trade in self.new_trades()]


class _Markets(Topic):
    """The news of the markets that its name lists."""

    dialect: VegaFuture
    part: ClassVar[type[MarketTopic]]
    message: ClassVar[Message]
    field: ClassVar[str]

    def start(self) -> None:
        numbers = parse_qs(self.name.partition("?")[2])["marketIds"]
        keys = [self.dialect.market(number).symbol for number in numbers]
        self.parts = [self.part(self.dialect, self.name, self.channel, key) for key in keys]

    def stop(self) -> None:
        for part in self.parts:
            part.stop()

    def news(self, now_ms: int) -> Sequence[Any]:
        rows = [row for part in self.parts for row in part.news(now_ms)]
        return [{"result": {self.field: streamed(self.message, rows)}}] if rows else ()


class MarketData(_Markets):
    """`markets/data`."""

    kind = "ticker"
    every_ms = 200
    part, message, field = _Data, MARKET_DATA, "marketData"


class Depth(_Markets):
    """`markets/depth`."""

    kind = "depth"
    every_ms = 500
    part, message, field = _Books, DEPTH, "marketDepth"


class DepthUpdates(_Markets):
    """`markets/depth/updates`."""

    kind = "depth"
    part, message, field = _BookUpdates, DEPTH, "update"


class Trades(_Markets):
    """`trades`."""

    kind = "trades"
    part, message, field = _Matches, TRADE, "trades"


class Candles(TradesTopic):
    """`candle/data`: a candle when it begins, still without prices, and whenever it has changed."""

    kind = "klines"
    every_ms = 200

    def begin(self) -> None:
        super().begin()
        self.rule, _ = parse_candle_id(parse_qs(self.name.partition("?")[2])["candleId"][0])
        self.series = self.market.series(self.rule)
        self.open_ms = self.rule.open_of(self.market.now_ms)

    def news(self, now_ms: int) -> Sequence[Any]:
        first, self.open_ms = self.open_ms, self.rule.open_of(now_ms)
        bars = list(self.series.between(first, now_ms)) if self.new_trades() else []
        if self.open_ms != first and self.open_ms not in self.series.bars:
            bars.append(Bar(self.open_ms, 0, 0, 0, 0))
        return [{"result": {"candle": CANDLE.streamed(candle_row(self.market, self.rule, bar))}} for bar in bars]


CHANNELS: dict[str, type[Topic]] = {
    "markets/data": MarketData,
    "markets/depth": Depth,
    "markets/depth/updates": DepthUpdates,
    "trades": Trades,
    "candle/data": Candles,
}
