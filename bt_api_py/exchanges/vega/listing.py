"""Vega: what a node lists, markets and assets.

Source: Vega v0.79.0, data node API v2 and protocol buffers, state of 2024-10.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import field

from ...containers.base import Row
from ..base import InstrumentRow, Request, Scale
from ..scale import scaled, scaled_or_none
from .wire import API, LONGEST_PAGE, MARKET_STATE, PACE, TRADING_MODE, ListChannel


class Details(msgspec.Struct):
    symbol: str = ""
    decimals: int = 0


class Asset(Row):
    asset_id: str = field(name="id")
    details: Details

    def defect(self) -> str | None:
        return None if self.asset_id and self.details.symbol else "no id, or no symbol"


_ASSETS = ListChannel(None, Asset, "assets")


def assets_request() -> Request:
    """Return the call for the assets of the network."""
    return Request(f"{API}/assets", _ASSETS, {"pagination.first": str(LONGEST_PAGE)}, PACE)


class Product(msgspec.Struct):
    """What is traded: a contract that settles in an asset, or one asset for another."""

    settlement: str = field(name="settlementAsset", default="")
    quote_name: str = field(name="quoteName", default="")
    quote: str = field(name="quoteAsset", default="")


class Instrument(msgspec.Struct):
    code: str
    future: Product | None = None
    perpetual: Product | None = None
    spot: Product | None = None


class Tradable(msgspec.Struct):
    instrument: Instrument


class Market(InstrumentRow):
    venue_symbol: str = field(name="id")
    tradable: Tradable = field(name="tradableInstrument")
    price_places: int = field(name="decimalPlaces", default=0)
    quantity_places: int = field(name="positionDecimalPlaces", default=0)
    mode: int | str = field(name="tradingMode", default=0)
    state: int | str = 0
    tick: Any = field(name="tickSize", default="1")
    money: Asset | None = None  # what it settles in, known when the assets are

    def defect(self) -> str | None:
        defect = super().defect()
        if defect is None and max(abs(self.price_places), abs(self.quantity_places)) > 80:
            return "decimal places without end"
        return defect

    @property
    def _instrument(self) -> Instrument:
        return self.tradable.instrument

    @property
    def _product(self) -> Product:
        found = self._instrument
        return found.perpetual or found.future or found.spot or Product()

    @property
    def money_id(self) -> str:
        """The id of the asset that profits and fees are counted in."""
        return self._product.settlement or self._product.quote

    @property
    def base(self) -> str:
        base, slash, _ = self._instrument.code.partition("/")
        return base if slash else base.removesuffix(self._product.quote_name) or base

    @property
    def quote(self) -> str:
        return self._product.quote_name or self._instrument.code.partition("/")[2]

    @property
    def aliases(self) -> tuple[str, ...]:
        return (self._instrument.code,)

    @property
    def contract_type(self) -> str | None:
        if self._instrument.perpetual is not None:
            return "perpetual"
        return "future" if self._instrument.future is not None else None

    @property
    def settle_asset(self) -> str | None:
        return self.money.details.symbol if self.money is not None and self.contract_type else None

    @property
    def tick_size(self) -> Decimal | None:
        return scaled_or_none(self.tick, self.price_places)

    @property
    def lot_size(self) -> Decimal:
        return scaled(1, self.quantity_places)

    @property
    def is_trading(self) -> bool:
        return self.status == "CONTINUOUS"

    @property
    def status(self) -> str:
        """What the market does while it is active, otherwise what has become of it."""
        state = MARKET_STATE.read(self.state).removeprefix("STATE_")
        return TRADING_MODE.read(self.mode).removeprefix("TRADING_MODE_") if state == "ACTIVE" else state

    @property
    def scale(self) -> Scale | None:
        if self.money is None:
            return None
        details = self.money.details
        return Scale(self.price_places, self.quantity_places, details.decimals, details.symbol)
