"""Kraken spot streams: what is pushed, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...market import ASK, BID
from ..topics import BookTopic, MarketTopic, Topic, TradesTopic, difference
from .figures import candle_row, checksum, levels, pair_row, ticker_row, time_text, trade_row, ws_symbol

if TYPE_CHECKING:
    from . import KrakenSpot

_RECENT_TRADES = 50
_RECENT_BARS = 100


def _pushed(channel: str, kind: str, rows: Any) -> dict[str, Any]:
    return {"channel": channel, "type": kind, "data": rows}


class Tickers(MarketTopic):
    """`ticker`: with every trade, or with every change of the best prices; the present state first."""

    kind = "ticker"
    greets = True

    def begin(self) -> None:
        self.is_of_quotes = self.channel == "ticker-bbo"
        self.seen = self._state()

    def _state(self) -> Any:
        if self.is_of_quotes:
            return self.market.best(BID), self.market.best(ASK)
        return self.market.last.id

    def news(self, now_ms: int) -> Sequence[Any]:
        state = self._state()
        if state == self.seen:
            return ()
        self.seen = state
        return [_pushed("ticker", "update", [ticker_row(self.market)])]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [_pushed("ticker", "snapshot", [ticker_row(self.market)])]


class Trades(TradesTopic):
    """`trade`: all matches since the last push in one frame."""

    def news(self, now_ms: int) -> Sequence[Any]:
        rows = [trade_row(self.item, trade) for trade in self.new_trades()]
        return [_pushed("trade", "update", rows)] if rows else ()


class RecentTrades(Trades):
    """`trade` with `snapshot`: the latest ones first."""

    greets = True

    def welcome(self, now_ms: int) -> Sequence[Any]:
        recent = self.market.trades[-_RECENT_TRADES:]
        return [_pushed("trade", "snapshot", [trade_row(self.item, trade) for trade in recent])]


class Candles(TradesTopic):
    """`ohlc`: every bar in which something was traded since the last push; nothing says that one is closed."""

    kind = "klines"
    dialect: KrakenSpot

    def begin(self) -> None:
        super().begin()
        self.minutes = self.channel.partition("-")[2]
        self.rule = self.dialect.intervals[self.minutes]
        self.series = self.market.series(self.rule)

    def news(self, now_ms: int) -> Sequence[Any]:
        opened = sorted({self.rule.open_of(trade.ms) for trade in self.new_trades()})
        return [self._message("update", opened, now_ms)] if opened else ()

    def _message(self, kind: str, opened: Sequence[int], now_ms: int) -> dict[str, Any]:
        rows = [
            candle_row(self.item, self.series.bars[open_ms], self.minutes, self.rule.next_of(open_ms))
            for open_ms in opened
        ]
        return {"channel": "ohlc", "type": kind, "timestamp": time_text(now_ms), "data": rows}


class RecentCandles(Candles):
    """`ohlc` with `snapshot`: the latest bars first."""

    greets = True

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [self._message("snapshot", list(self.series.bars)[-_RECENT_BARS:], now_ms)]


class Books(BookTopic):
    """`book`: the best levels, then what changed among them. A level that is only pushed out is not mentioned."""

    greets = True

    def begin(self) -> None:
        super().begin()
        self.depth = int(self.channel.partition("-")[2])
        self.sent = self._sides()

    def _sides(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        return self.market.levels(BID, self.depth), self.market.levels(ASK, self.depth)

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        before, self.sent = self.sent, self._sides()
        self.sent_id = self.market.update_id
        changes = [
            [change for change in difference(old, new) if change[1] or not self._is_there(side, change[0])]
            for side, old, new in zip((BID, ASK), before, self.sent, strict=True)
        ]
        return [self._message("update", changes[0], changes[1], now_ms)] if any(changes) else ()

    def _is_there(self, side: int, price: int) -> bool:
        worst = self.sent[side][-1][0]
        return price < worst if side == BID else price > worst

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [self._message("snapshot", *self.sent, now_ms)]

    def _message(self, kind: str, bids: Any, asks: Any, now_ms: int) -> dict[str, Any]:
        row = {
            "symbol": ws_symbol(self.item),
            "bids": levels(self.item, bids),
            "asks": levels(self.item, asks),
            "checksum": checksum(self.item, *self.sent),
            "timestamp": time_text(now_ms),
        }
        return _pushed("book", kind, [row])


class Instruments(Topic):
    """`instrument`: the list once, on arrival; its data is an object."""

    kind = "instruments"
    greets = True

    def welcome(self, now_ms: int) -> Sequence[Any]:
        items = list(self.dialect.venue.instruments.values())
        names = sorted({asset for item in items for asset in (item.base, item.quote)})
        assets = [
            {"id": name, "status": "enabled", "precision": 10, "precision_display": 5, "borrowable": False}
            for name in names
        ]
        return [_pushed("instrument", "snapshot", {"assets": assets, "pairs": [pair_row(item) for item in items]})]
