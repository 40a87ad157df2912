"""Streams of Bybit's contracts that spot has not, or has in another form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...contracts import RATE_DECIMALS, Contract, Liquidation
from ...market import Market
from ...text import fixed
from ..topics import LiquidationsTopic, MarketTopic, Topic
from . import streams as spot
from .figures import best_figures, day_figures, price_text, size_text
from .streams import pushed


def ticker_figures(market: Market, ms: int) -> dict[str, str]:
    """Return all figures of a contract as they are at that time."""
    figures = Contract(market).at(ms)
    value = market.instrument.price_decimals + market.instrument.quantity_decimals
    return {
        **day_figures(market),
        "markPrice": price_text(market, figures.mark_price),
        "indexPrice": price_text(market, figures.index_price),
        "openInterest": size_text(market, figures.open_interest),
        "openInterestValue": fixed(figures.open_interest * figures.mark_price, value, 2),
        "fundingIntervalHour": "8",
        "nextFundingTime": str(figures.funding_ms),
        "fundingRate": fixed(figures.funding_rate, RATE_DECIMALS),
        **best_figures(market),
    }


class Tickers(MarketTopic):
    """`tickers` of contracts: whole at first, then the figures that changed."""

    kind = "ticker"
    every_ms = 100
    greets = True

    def begin(self) -> None:
        self.sent = ticker_figures(self.market, self.market.now_ms)

    def news(self, now_ms: int) -> Sequence[Any]:
        before, self.sent = self.sent, ticker_figures(self.market, now_ms)
        changed = {name: text for name, text in self.sent.items() if before[name] != text}
        return [self._message("delta", {"symbol": self.key} | changed, now_ms)] if changed else ()

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [self._message("snapshot", self.sent, now_ms)]

    def _message(self, kind: str, figures: dict[str, str], now_ms: int) -> dict[str, Any]:
        return pushed(self, now_ms, figures, kind) | {"cs": self.market.update_id}


class Liquidations(LiquidationsTopic):
    """`allLiquidation`: every one, by the side of its position."""

    every_ms = 500

    def news(self, now_ms: int) -> Sequence[Any]:
        rows = [self._row(one) for one in self.new_liquidations()]
        return [pushed(self, now_ms, rows)] if rows else ()

    def _row(self, one: Liquidation) -> dict[str, Any]:
        position = "Buy" if one.side == "sell" else "Sell"
        quantity, price = size_text(self.market, one.quantity), price_text(self.market, one.price)
        return {"T": one.ms, "s": self.key, "S": position, "v": quantity, "p": price}


CHANNELS: dict[str, type[Topic]] = {**spot.CHANNELS, "tickers": Tickers, "allLiquidation": Liquidations}
