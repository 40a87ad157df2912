"""OKX streams of all products: what is pushed, and when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ...candles import Bar
from ...market import ASK, BID, Level
from ..topics import BookTopic, CandlesTopic, MergedTopic, TickersTopic, Topic, TradesTopic
from .figures import candle_row, inst_id, level_rows, match_row, price_text, size_text, ticker_row
from .rest import instrument_rows

if TYPE_CHECKING:
    from .venue import Okx

_HEARTBEAT_MS = 60_000


def pushed(topic: Topic, row: Any) -> dict[str, Any]:
    return {"arg": json.loads(topic.name), "data": [row]}


class Tickers(TickersTopic):
    """`tickers`: on change, at most every 100 ms; the present state first."""

    every_ms = 100

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


class Candles(CandlesTopic):
    """`candle<bar>`: at least 1 s apart while the bar changes, and once more when it closes."""

    every_ms = 1000
    dialect: Okx

    def interval_name(self) -> str:
        return self.channel.removeprefix("candle")

    def news(self, now_ms: int) -> Sequence[Any]:
        return [self._row(bar, closed) for bar, closed in self.changed_bars(now_ms)]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        bar = self.running_bar(now_ms)
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
