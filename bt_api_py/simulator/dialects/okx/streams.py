"""OKX streams of all products: what is pushed, and when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ...candles import Bar
from ...market import ASK, BID, Level
from ..topics import BookTopic, MarketTopic, MergedTopic, Topic, TradesTopic
from .figures import candle_row, inst_id, level_rows, match_row, price_text, size_text, ticker_row
from .rest import instrument_rows

if TYPE_CHECKING:
    from .venue import Okx

_HEARTBEAT_MS = 60_000


def pushed(topic: Topic, row: Any) -> dict[str, Any]:
    return {"arg": json.loads(topic.name), "data": [row]}


class Tickers(MarketTopic):
    """`tickers`: on change, at most every 100 ms; the present state first."""

    kind = "ticker"
    every_ms = 100
    greets = True

    def begin(self) -> None:
        self.seen: tuple[Any, ...] = ()

    def news(self, now_ms: int) -> Sequence[Any]:
        state = (self.market.last.id, self.market.best(BID), self.market.best(ASK))
        if state == self.seen:
            return ()
        self.seen = state
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [pushed(self, ticker_row(self.market))]


class MergedTrades(MergedTopic):
    """`trades`: one push per taker order and price."""

    dialect: Okx

    def news(self, now_ms: int) -> Sequence[Any]:
        sequence = self.dialect.sequence(self.key, self.market.update_id)
        market = self.market
        return [
            pushed(
                self,
                {
                    "instId": inst_id(market.instrument),
                    "tradeId": str(row.last_id),
                    "px": price_text(market, row.price),
                    "sz": size_text(market, row.quantity),
                    "side": row.side,
                    "ts": str(row.ms),
                    "count": str(row.last_id - row.first_id + 1),
                    "source": "0",
                    "seqId": sequence,
                },
            )
            for row in self.new_merged()
        ]


class AllTrades(TradesTopic):
    """`trades-all`: one push per match."""

    def news(self, now_ms: int) -> Sequence[Any]:
        return [pushed(self, _all_row(match_row(self.market, trade))) for trade in self.new_trades()]


def _all_row(row: dict[str, str]) -> dict[str, str]:
    return {name: row[name] for name in ("instId", "tradeId", "px", "sz", "side", "ts", "source")}


class Candles(TradesTopic):
    """`candle<bar>`: at least 1 s apart while the bar changes, and once more when it closes."""

    kind = "klines"
    every_ms = 1000
    greets = True
    dialect: Okx

    def begin(self) -> None:
        super().begin()
        self.rule = self.dialect.intervals[self.channel.removeprefix("candle")]
        self.series = self.market.series(self.rule)
        self.open_ms = self.rule.open_of(self.market.now_ms)

    def news(self, now_ms: int) -> Sequence[Any]:
        open_ms = self.rule.open_of(now_ms)
        traded = bool(self.new_trades())
        rows = []
        if open_ms != self.open_ms:
            rows = [self._row(bar, closed=True) for bar in self.series.between(self.open_ms, open_ms - 1)]
            self.open_ms = open_ms
        bar_now = self.series.bars.get(open_ms)
        if traded and bar_now is not None:
            rows.append(self._row(bar_now, closed=False))
        return rows

    def welcome(self, now_ms: int) -> Sequence[Any]:
        bar = self.series.bars.get(self.rule.open_of(now_ms))
        return [self._row(bar, closed=False)] if bar is not None else ()

    def _row(self, bar: Bar, closed: bool) -> dict[str, Any]:
        return pushed(self, candle_row(self.market, bar, closed))


class Books(BookTopic):
    """`books`: a snapshot, then what changed, chained by prevSeqId; an empty update after 60 s of rest."""

    every_ms = 100
    greets = True
    dialect: Okx

    def begin(self) -> None:
        super().begin()
        self.sent_sequence = self.dialect.sequence(self.key, self.sent_id)
        self.sent_ms = self.market.now_ms

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            if now_ms - self.sent_ms < _HEARTBEAT_MS:
                return ()
            return [self._message("update", [], [], now_ms, self.sent_sequence)]
        previous = self.sent_sequence
        _, bids, asks = self.new_changes()
        self.sent_sequence = self.dialect.sequence(self.key, self.sent_id)
        return [self._message("update", sorted(bids.items(), reverse=True), sorted(asks.items()), now_ms, previous)]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        market = self.market
        return [self._message("snapshot", market.levels(BID), market.levels(ASK), now_ms, -1)]

    def _message(
        self, action: str, bids: Iterable[Level], asks: Iterable[Level], now_ms: int, previous: int
    ) -> dict[str, Any]:
        self.sent_ms = now_ms
        return {
            "arg": json.loads(self.name),
            "action": action,
            "data": [
                {
                    "asks": level_rows(self.market, asks),
                    "bids": level_rows(self.market, bids),
                    "ts": str(now_ms),
                    "checksum": 0,
                    "prevSeqId": previous,
                    "seqId": self.sent_sequence,
                }
            ],
        }


class FiveLevels(BookTopic):
    """`books5`: the best five levels, whole, on change; repeated after 60 s without change."""

    every_ms = 100
    greets = True
    count = 5
    dialect: Okx

    def begin(self) -> None:
        super().begin()
        self.seen: Any = None
        self.sent_ms = self.market.now_ms

    def news(self, now_ms: int) -> Sequence[Any]:
        state = (self.market.levels(BID, self.count), self.market.levels(ASK, self.count))
        if state == self.seen and now_ms - self.sent_ms < _HEARTBEAT_MS:
            return ()
        self.seen = state
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        self.sent_ms = now_ms
        market = self.market
        row: dict[str, Any] = {
            "asks": level_rows(market, market.levels(ASK, self.count)),
            "bids": level_rows(market, market.levels(BID, self.count)),
        }
        if self.count > 1:
            row["instId"] = inst_id(market.instrument)
        row |= {"ts": str(now_ms), "seqId": self.dialect.sequence(self.key, market.update_id)}
        return [pushed(self, row)]


class BestOffer(FiveLevels):
    """`bbo-tbt`: the best level a side, as often as it changes."""

    kind = "bbo"
    every_ms = 10
    count = 1


class OfProduct(Topic):
    """A channel of all markets of a product."""

    dialect: Okx


class Instruments(OfProduct):
    """`instruments`: the list once, on arrival."""

    kind = "instruments"
    greets = True

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [
            {"arg": json.loads(self.name), "data": instrument_rows(self.dialect, {"instType": self.dialect.product})}
        ]


CHANNELS: dict[str, type[Topic]] = {
    "tickers": Tickers,
    "trades": MergedTrades,
    "trades-all": AllTrades,
    "books": Books,
    "books5": FiveLevels,
    "bbo-tbt": BestOffer,
    "instruments": Instruments,
}
