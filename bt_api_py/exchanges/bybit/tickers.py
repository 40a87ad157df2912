"""Bybit's tickers, which for contracts tell mark price, funding and open interest besides.

Source: Bybit API v5 documentation (web socket public channels, market endpoints), state of 2026-07.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Literal, Self

import msgspec
from msgspec import field

from ...containers.base import Number, Row
from ..base import PatchRow


class Figures(Row):
    """The figures of a ticker under the names that frames and lists share."""

    last_price: Number = field(name="lastPrice", default=None)
    open_price: Number = field(name="prevPrice24h", default=None)
    high_price: Number = field(name="highPrice24h", default=None)
    low_price: Number = field(name="lowPrice24h", default=None)
    volume: Number = field(name="volume24h", default=None)
    turnover: Number = field(name="turnover24h", default=None)
    price_change_fraction: Number = field(name="price24hPcnt", default=None)


class BestFigures(Figures):
    """Besides, the best prices."""

    bid_price: Number = field(name="bid1Price", default=None)
    bid_quantity: Number = field(name="bid1Size", default=None)
    ask_price: Number = field(name="ask1Price", default=None)
    ask_quantity: Number = field(name="ask1Size", default=None)


class ContractFigures(BestFigures):
    """Besides, mark price, funding and open interest."""

    mark_price: Number = field(name="markPrice", default=None)
    index_price: Number = field(name="indexPrice", default=None)
    open_interest: Number = field(name="openInterest", default=None)
    current_funding_rate: Number = field(name="fundingRate", default=None)
    current_funding_time: Number = field(name="nextFundingTime", default=None)


class Ticker(Row):
    """A ticker of spot, always whole; the best prices are told by REST only."""

    data: Figures
    timestamp: int = field(name="ts")
    last_price = property(attrgetter("data.last_price"))
    open_price = property(attrgetter("data.open_price"))
    high_price = property(attrgetter("data.high_price"))
    low_price = property(attrgetter("data.low_price"))
    volume = property(attrgetter("data.volume"))
    turnover = property(attrgetter("data.turnover"))
    price_change_fraction = property(attrgetter("data.price_change_fraction"))


class ContractTicker(Ticker, PatchRow, kw_only=True):
    """A ticker of a contract: whole once, then what changed."""

    data: ContractFigures
    kind: Literal["snapshot", "delta"] = field(name="type")
    sequence: int = field(name="cs", default=0)
    bid_price = property(attrgetter("data.bid_price"))
    bid_quantity = property(attrgetter("data.bid_quantity"))
    ask_price = property(attrgetter("data.ask_price"))
    ask_quantity = property(attrgetter("data.ask_quantity"))
    mark_price = property(attrgetter("data.mark_price"))
    index_price = property(attrgetter("data.index_price"))
    open_interest = property(attrgetter("data.open_interest"))
    current_funding_rate = property(attrgetter("data.current_funding_rate"))
    current_funding_time = property(attrgetter("data.current_funding_time"))

    def completed(self, before: Self | None) -> Self | None:
        if self.kind == "snapshot":
            return self
        if before is None or (self.sequence, self.timestamp) < (before.sequence, before.timestamp):
            return None  # the older one came by a second socket
        told = {name: value for name in _FIGURES if (value := getattr(self.data, name)) is not None}
        return msgspec.structs.replace(self, data=msgspec.structs.replace(before.data, **told))


_FIGURES = ContractFigures.__struct_fields__


class RestTicker(BestFigures, kw_only=True):
    """A ticker of a list; its time stands beside the list, see `DatedChannel`."""

    venue_symbol: str = field(name="symbol")
    timestamp: int | None = None


class RestContract(ContractFigures, kw_only=True):
    venue_symbol: str = field(name="symbol")
    timestamp: int | None = None
