"""Coinbase feed channels: what is pushed, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ...market import ASK, BID, Level
from ..topics import BookTopic, Topic, TradesTopic
from .figures import level_rows, match_row, moment, price_text, product_id, product_row, size_text, ticker_row

_SIDES = {BID: "buy", ASK: "sell"}


class Tickers(TradesTopic):
    """`ticker`: after matches, those of a moment together; the present state first."""

    kind = "ticker"
    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        return [ticker_row(self.market)] if self.new_trades() else ()

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [ticker_row(self.market)]


class TickerBatches(Tickers):
    """`ticker_batch`: the same, at most every five seconds."""

    every_ms = 5_000


class Matches(TradesTopic):
    """`matches`: one push per match; the last one of the past first."""

    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        return [match_row(self.market, trade, "match") for trade in self.new_trades()]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [match_row(self.market, self.market.last, "last_match")]


class Books(BookTopic):
    """`level2_batch`: a snapshot, then what changed, every 50 ms. No number, no checksum."""

    every_ms = 50
    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        _, bids, asks = self.new_changes()
        changes = [*self._changes(BID, bids.items()), *self._changes(ASK, asks.items())]
        return [self._message("l2update", now_ms, {"changes": changes})]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        market = self.market
        sides = {"bids": level_rows(market, market.levels(BID)), "asks": level_rows(market, market.levels(ASK))}
        return [self._message("snapshot", now_ms, sides)]

    def _changes(self, side: int, levels: Iterable[Level]) -> list[list[str]]:
        market = self.market
        return [[_SIDES[side], price_text(market, price), size_text(market, lots)] for price, lots in levels]

    def _message(self, kind: str, now_ms: int, content: dict[str, Any]) -> dict[str, Any]:
        return {"type": kind, "product_id": product_id(self.item)} | content | {"time": moment(now_ms)}


class Status(Topic):
    """`status`: every market and asset, again and again."""

    kind = "status"
    every_ms = 5_000
    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        items = list(self.dialect.venue.instruments.values())
        assets = sorted({asset for item in items for asset in (item.base, item.quote)})
        currencies = [{"id": asset, "name": asset, "status": "online"} for asset in assets]
        return [{"type": "status", "currencies": currencies, "products": [product_row(item) for item in items]}]


CHANNELS: dict[str, type[Topic]] = {
    "ticker": Tickers,
    "ticker_batch": TickerBatches,
    "matches": Matches,
    "level2_batch": Books,
    "status": Status,
}
