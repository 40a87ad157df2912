"""Binance USD-M streams: what is pushed, and when."""

from collections.abc import Sequence
from typing import Any, ClassVar

from ...contracts import RATE_DECIMALS, Figures, Liquidation
from ...market import ASK, BID, Level
from ...text import fixed
from ..topics import BookTopic, FiguresTopic, LiquidationsTopic, Topic
from . import streams as spot
from .figures import INTERVALS, aggregate_row, level_rows, price_text, quantity_text

NUMBERS_PER_CHANGE = 3  # update numbers count over all markets, so those of one have holes
_USDM = {"st": 1}  # which of the two kinds of futures a payload is about


def number_of(update_id: int) -> int:
    """Return the venue's number of an update."""
    return update_id * NUMBERS_PER_CHANGE


def mark_row(symbol: str, decimals: int, figures: Figures, names: dict[str, str]) -> dict[str, Any]:
    """Return the figures of a contract under the names of a stream or of REST."""
    values = {
        "symbol": symbol,
        "mark": fixed(figures.mark_price, decimals),
        "index": fixed(figures.index_price, decimals),
        "settle": fixed(figures.index_price, decimals),
        "rate": fixed(figures.funding_rate, RATE_DECIMALS),
        "due": figures.funding_ms,
    }
    return {name: values[source] for name, source in names.items()}


class Ticker(spot.Ticker):
    """`<s>@ticker`: without best prices."""

    every_ms = 2000
    names: ClassVar[dict[str, str]] = {
        name: source for name, source in spot.Ticker.names.items() if name not in ("b", "B", "a", "A", "x")
    }

    def news(self, now_ms: int) -> Sequence[Any]:
        return [row | _USDM for row in super().news(now_ms)]


class MiniTicker(spot.MiniTicker):
    """`<s>@miniTicker`."""

    every_ms = 500


class BookTicker(spot.BookTicker):
    """`<s>@bookTicker`: with times."""

    def news(self, now_ms: int) -> Sequence[Any]:
        number = self.dialect.sequence_of(self.key)
        head = {"e": "bookTicker", "E": now_ms, "T": now_ms, "ps": self.key}
        return [head | row | {"u": number} | _USDM for row in super().news(now_ms)]


class AggregateTrades(spot.AggregateTrades):
    """`<s>@aggTrade`."""

    every_ms = 100

    def news(self, now_ms: int) -> Sequence[Any]:
        head = {"e": "aggTrade", "E": now_ms, "s": self.key}
        rows = []
        for merged in self.new_merged():
            row = head | aggregate_row(self.market, merged)
            del row["M"]
            rows.append(row | {"nq": row["q"]} | _USDM)
        return rows


class Klines(spot.Klines):
    """`<s>@kline_<interval>`."""

    every_ms = 250


class Depth(BookTopic):
    """`<s>@depth`: what changed in the book, linked to the update before."""

    every_ms = 250

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        before, bids, asks = self.new_changes()
        return [self.row(now_ms, before, sorted(bids.items(), reverse=True), sorted(asks.items()))]

    def row(self, now_ms: int, before: int, bids: Sequence[Level], asks: Sequence[Level]) -> dict[str, Any]:
        """Return an update; its first number is not the one after the last of the update before."""
        previous, last = number_of(before), number_of(self.sent_id)
        row = {"e": "depthUpdate", "E": now_ms, "T": self.market.now_ms, "s": self.key, "ps": self.key}
        row |= {"U": min(previous + 2, last), "u": last, "pu": previous}
        return row | {"b": level_rows(self.market, bids), "a": level_rows(self.market, asks)} | _USDM


class FastDepth(Depth):
    """`<s>@depth@100ms`."""

    every_ms = 100


class SlowDepth(Depth):
    """`<s>@depth@500ms`."""

    every_ms = 500


class PartialDepth(Depth):
    """`<s>@depth<N>`: the best N levels, whole, in the form of an update."""

    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        return self.welcome(now_ms) if self.has_changed else ()

    def welcome(self, now_ms: int) -> Sequence[Any]:
        before, self.sent_id = self.sent_id, self.market.update_id
        count = int(self.channel.removeprefix("depth").partition("@")[0])
        return [self.row(now_ms, before, self.market.levels(BID, count), self.market.levels(ASK, count))]


class FastPartialDepth(PartialDepth):
    """`<s>@depth<N>@100ms`."""

    every_ms = 100


class SlowPartialDepth(PartialDepth):
    """`<s>@depth<N>@500ms`."""

    every_ms = 500


class MarkPrice(FiguresTopic):
    """`<s>@markPrice`: mark price and funding."""

    kind = "mark_price"
    every_ms = 3000
    names: ClassVar[dict[str, str]] = {"s": "symbol", "p": "mark", "i": "index", "P": "settle", "r": "rate", "T": "due"}

    def row(self, figures: Figures) -> Any:
        head = {"e": "markPriceUpdate", "E": figures.ms}
        return head | mark_row(self.key, self.item.price_decimals, figures, self.names) | _USDM


class FastMarkPrice(MarkPrice):
    """`<s>@markPrice@1s`."""

    every_ms = 1000


class ForcedOrders(LiquidationsTopic):
    """`<s>@forceOrder`."""

    def news(self, now_ms: int) -> Sequence[Any]:
        return [self._row(one, now_ms) for one in self.new_liquidations()]

    def _row(self, one: Liquidation, now_ms: int) -> dict[str, Any]:
        quantity = quantity_text(self.market, one.quantity)
        order = {"s": self.key, "S": one.side.upper(), "o": "LIMIT", "f": "IOC", "q": quantity}
        order |= {"p": price_text(self.market, one.price), "ap": price_text(self.market, one.average), "X": "FILLED"}
        last = quantity_text(self.market, one.trades[-1].quantity)
        return {"e": "forceOrder", "E": now_ms, "o": order | {"l": last, "z": quantity, "T": one.ms}} | _USDM


OF_BOOKS = (BookTicker, Depth)  # what the route of books carries

ARRAYS: dict[str, type[Topic]] = {"!miniTicker@arr": spot.MiniTickers}

STREAMS: dict[str, type[Topic]] = {
    r"ticker": Ticker,
    r"miniTicker": MiniTicker,
    r"bookTicker": BookTicker,
    r"aggTrade": AggregateTrades,
    rf"kline_({'|'.join(text for text in INTERVALS if text != '1s')})": Klines,
    r"depth(@250ms)?": Depth,
    r"depth@100ms": FastDepth,
    r"depth@500ms": SlowDepth,
    r"depth(5|10|20)(@250ms)?": PartialDepth,
    r"depth(5|10|20)@100ms": FastPartialDepth,
    r"depth(5|10|20)@500ms": SlowPartialDepth,
    r"markPrice(@3s)?": MarkPrice,
    r"markPrice@1s": FastMarkPrice,
    r"forceOrder": ForcedOrders,
}
