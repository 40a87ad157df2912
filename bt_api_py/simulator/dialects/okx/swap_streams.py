"""OKX streams that only contracts have: what is pushed, and when."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from ...contracts import RATE_DECIMALS, Contract, Figures, Liquidation, liquidation
from ...instruments import Instrument
from ...market import Market
from ...text import plain
from ..topics import FiguresTopic, Topic
from . import streams
from .figures import inst_id, inst_type, price_text, size_decimals, size_text

_FUNDING_MS = 8 * 3_600_000


def figures_of(market: Market) -> Figures:
    """Return the figures of a contract as they are now."""
    return Contract(market).at(market.now_ms)


def mark_row(item: Instrument, figures: Figures) -> dict[str, str]:
    """Return a mark price as channel and REST tell it."""
    price = plain(figures.mark_price, item.price_decimals)
    return {"instType": inst_type(item), "instId": inst_id(item), "markPx": price, "ts": str(figures.ms)}


def funding_row(item: Instrument, figures: Figures) -> dict[str, str]:
    """Return the funding of a contract as channel and REST tell it."""
    return {
        "formulaType": "withRate",
        "fundingRate": plain(figures.funding_rate, RATE_DECIMALS),
        "fundingTime": str(figures.funding_ms),
        "impactValue": "10000",
        "instId": inst_id(item),
        "instType": inst_type(item),
        "interestRate": "0.0001",
        "maxFundingRate": "0.00375",
        "method": "current_period",
        "minFundingRate": "-0.00375",
        "nextFundingRate": "",
        "nextFundingTime": str(figures.funding_ms + _FUNDING_MS),
        "premium": "0",
        "prevFundingTime": str(figures.funding_ms - _FUNDING_MS),
        "settFundingRate": plain(figures.settled_rate, RATE_DECIMALS),
        "settState": "settled",
        "ts": str(figures.ms),
    }


def open_interest_row(item: Instrument, figures: Figures) -> dict[str, str]:
    """Return what is held open, in contracts, in base asset and in money, as channel and REST tell it."""
    value = figures.open_interest * figures.mark_price
    return {
        "instType": inst_type(item),
        "instId": inst_id(item),
        "oi": plain(figures.open_interest, size_decimals(item)),
        "oiCcy": plain(figures.open_interest, item.quantity_decimals),
        "oiUsd": plain(value, item.quantity_decimals + item.price_decimals),
        "ts": str(figures.ms),
    }


class MarkPrice(FiguresTopic):
    """`mark-price`: every 200 ms while it changes; here always."""

    kind = "mark_price"
    every_ms = 200

    def row(self, figures: Figures) -> Any:
        return streams.pushed(self, mark_row(self.item, figures))


class FundingRate(FiguresTopic):
    """`funding-rate`: every 30 to 90 s; here every 30."""

    kind = "funding_rate"
    every_ms = 30_000

    def row(self, figures: Figures) -> Any:
        return streams.pushed(self, funding_row(self.item, figures))


class OpenInterest(FiguresTopic):
    """`open-interest`: every 3 s."""

    kind = "open_interest"
    every_ms = 3_000

    def row(self, figures: Figures) -> Any:
        return streams.pushed(self, open_interest_row(self.item, figures))


class Liquidations(streams.OfProduct):
    """`liquidation-orders`: those of all markets, one message per order."""

    kind = "liquidations"

    def start(self) -> None:
        venue = self.dialect.venue
        self._markets = [venue.watch(key) for key, item in venue.instruments.items() if not item.halted]
        self._seen = {market.instrument.symbol: market.last.id for market in self._markets}

    def stop(self) -> None:
        for market in self._markets:
            self.dialect.venue.unwatch(market.instrument.symbol)

    def news(self, now_ms: int) -> Sequence[Any]:
        return [self._message(market, one) for market in self._markets for one in self._new(market)]

    def _new(self, market: Market) -> list[Liquidation]:
        key = market.instrument.symbol
        fresh = market.trades[market.trade_index(self._seen[key] + 1) :]
        self._seen[key] = market.last.id
        found = (liquidation(list(trades)) for _, trades in groupby(fresh, key=lambda trade: trade.order))
        return [one for one in found if one is not None]

    def _message(self, market: Market, one: Liquidation) -> dict[str, Any]:
        item = market.instrument
        family = f"{item.base}-{item.quote}"
        detail = {
            "bkLoss": "0",
            "bkPx": price_text(market, one.price),
            "ccy": "",
            "posSide": "long" if one.side == "sell" else "short",
            "side": one.side,
            "sz": size_text(market, one.quantity),
            "ts": str(one.ms),
        }
        row = {"details": [detail], "instFamily": family, "instId": inst_id(item), "instType": "SWAP", "uly": family}
        return {"arg": json.loads(self.name), "data": [row]}


CHANNELS: dict[str, type[Topic]] = {
    **streams.CHANNELS,
    "mark-price": MarkPrice,
    "funding-rate": FundingRate,
    "open-interest": OpenInterest,
    "liquidation-orders": Liquidations,
}
