"""Binance spot streams: what is pushed, and when."""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from ...candles import SECOND, UTC8, Bar, Series, interval
from ...market import ASK, BID, SELL, Level, Trade
from ..base import Dialect
from ..topics import BookTopic, MarketTopic, MergedTopic, Topic, TradesTopic
from .figures import INTERVALS, aggregate_row, book_body, day_figures, kline_row, level_rows, price_text, quantity_text


class Ticker(MarketTopic):
    """`<s>@ticker`."""

    kind = "ticker"
    every_ms = 1000
    names: ClassVar[dict[str, str]] = {
        "s": "symbol", "p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice", "x":
        "prevClosePrice", "c": "lastPrice", "Q": "lastQty", "b": "bidPrice", "B": "bidQty", "a": "askPrice",
        "A": "askQty", "o": "openPrice", "h": "highPrice", "l": "lowPrice", "v": "volume", "q": "quoteVolume",
        "O": "openTime", "C": "closeTime", "F": "firstId", "L": "lastId", "n": "count",
    }  # fmt: skip
    event = "24hrTicker"

    def begin(self) -> None:
        self.seen: tuple[int, int] | None = None

    def news(self, now_ms: int) -> Sequence[Any]:
        state = (self.market.last.id, self.market.update_id)
        if state == self.seen:
            return ()
        self.seen = state
        figures = day_figures(self.market)
        head = {"e": self.event, "E": now_ms}
        return [head | {short: figures[name] for short, name in self.names.items()}]


class MiniTicker(Ticker):
    """`<s>@miniTicker`."""

    names: ClassVar[dict[str, str]] = {
        "s": "symbol", "c": "lastPrice", "o": "openPrice", "h": "highPrice", "l": "lowPrice", "v": "volume",
        "q": "quoteVolume",
    }  # fmt: skip
    event = "24hrMiniTicker"


class MiniTickers(Topic):
    """`!miniTicker@arr`: the symbols that traded since the last push."""

    kind = "ticker"
    every_ms = 1000

    def start(self) -> None:
        self.seen: dict[str, int] = {}

    def news(self, now_ms: int) -> Sequence[Any]:
        rows = []
        venue = self.dialect.venue
        for key, item in venue.instruments.items():
            if item.halted:
                continue
            market = venue.market(key)
            if self.seen.get(key) != market.last.id:
                self.seen[key] = market.last.id
                figures = day_figures(market)
                head = {"e": MiniTicker.event, "E": now_ms}
                rows.append(head | {short: figures[name] for short, name in MiniTicker.names.items()})
        return [rows] if rows else ()


class BookTicker(BookTopic):
    """`<s>@bookTicker`."""

    kind = "bbo"

    def begin(self) -> None:
        super().begin()
        self.seen = self._best()

    def _best(self) -> tuple[Level, Level]:
        return self.market.best(BID), self.market.best(ASK)

    def news(self, now_ms: int) -> Sequence[Any]:
        best = self._best()
        if best == self.seen:
            return ()
        self.seen = best
        market, (bid, ask) = self.market, best
        row = {"u": market.update_id, "s": self.key}
        row |= {"b": price_text(market, bid[0]), "B": quantity_text(market, bid[1])}
        row |= {"a": price_text(market, ask[0]), "A": quantity_text(market, ask[1])}
        return [row]


class Trades(TradesTopic):
    """`<s>@trade`."""

    def news(self, now_ms: int) -> Sequence[Any]:
        return [self._row(trade, now_ms) for trade in self.new_trades()]

    def _row(self, trade: Trade, now_ms: int) -> dict[str, Any]:
        return {
            "e": "trade",
            "E": now_ms,
            "s": self.key,
            "t": trade.id,
            "p": price_text(self.market, trade.price),
            "q": quantity_text(self.market, trade.quantity),
            "T": trade.ms,
            "m": trade.side == SELL,
            "M": True,
        }


class AggregateTrades(MergedTopic):
    """`<s>@aggTrade`."""

    def news(self, now_ms: int) -> Sequence[Any]:
        head = {"e": "aggTrade", "E": now_ms, "s": self.key}
        return [head | aggregate_row(self.market, row) for row in self.new_merged()]


class Klines(TradesTopic):
    """`<s>@kline_<interval>`, pushed when trades change the bar, and once more when it is final."""

    kind = "klines"
    every_ms = 2000

    def __init__(self, dialect: "Dialect[Any]", name: str, channel: str, key: str) -> None:
        text, _, zone = channel.removeprefix("kline_").partition("@")
        self.text = text
        self.rule = interval(text, UTC8 if zone else 0)
        super().__init__(dialect, name, channel, key)

    def begin(self) -> None:
        super().begin()
        self.series: Series = self.market.series(self.rule)
        self.open_ms = self.rule.open_of(self.market.now_ms)

    def tick(self, now_ms: int) -> None:
        fast = 1000 if self.rule.length_ms == SECOND else self.every_ms
        slot = now_ms // self.dialect.pace(fast)
        if slot == self._last_slot and self.rule.open_of(now_ms) == self.open_ms:
            return
        self._last_slot = -1  # the slot was judged here; a bar that closes is news at once
        super().tick(now_ms)
        self._last_slot = slot

    def news(self, now_ms: int) -> Sequence[Any]:
        open_ms = self.rule.open_of(now_ms)
        traded = bool(self.new_trades())
        rows = []
        if open_ms != self.open_ms:
            for bar in self.series.between(self.open_ms, open_ms - 1):
                rows.append(self._row(bar, now_ms, final=True))
            self.open_ms = open_ms
        bar_now = self.series.bars.get(open_ms)
        if traded and bar_now is not None:
            rows.append(self._row(bar_now, now_ms, final=False))
        return rows

    def _row(self, bar: Bar, now_ms: int, final: bool) -> dict[str, Any]:
        market = self.market
        row = kline_row(market, bar, self.rule)
        k = {"t": row[0], "T": row[6], "s": self.key, "i": self.text, "f": bar.first_id, "L": bar.last_id}
        k |= {"o": row[1], "c": row[4], "h": row[2], "l": row[3], "v": row[5], "n": row[8], "x": final}
        k |= {"q": row[7], "V": row[9], "Q": row[10], "B": "0"}
        return {"e": "kline", "E": now_ms, "s": self.key, "k": k}


class Depth(BookTopic):
    """`<s>@depth` and `<s>@depth@100ms`: what changed in the book."""

    every_ms = 1000

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        before, bids, asks = self.new_changes()
        row = {"e": "depthUpdate", "E": now_ms, "s": self.key, "U": before + 1, "u": self.sent_id}
        row["b"] = level_rows(self.market, sorted(bids.items(), reverse=True))
        row["a"] = level_rows(self.market, sorted(asks.items()))
        return [row]


class FastDepth(Depth):
    """`<s>@depth@100ms`."""

    every_ms = 100


class PartialDepth(BookTopic):
    """`<s>@depth<N>`: the best N levels, whole."""

    every_ms = 1000
    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        self.sent_id = self.market.update_id
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        count = int(re.findall(r"\d+", self.channel)[0])
        return [book_body(self.market, count)]


class FastPartialDepth(PartialDepth):
    """`<s>@depth<N>@100ms`."""

    every_ms = 100


STREAMS: dict[str, type[Topic]] = {
    r"ticker": Ticker,
    r"miniTicker": MiniTicker,
    r"bookTicker": BookTicker,
    r"trade": Trades,
    r"aggTrade": AggregateTrades,
    rf"kline_({'|'.join(INTERVALS)})(@\+08:00)?": Klines,
    r"depth(@1000ms)?": Depth,
    r"depth@100ms": FastDepth,
    r"depth(5|10|20)(@1000ms)?": PartialDepth,
    r"depth(5|10|20)@100ms": FastPartialDepth,
}
