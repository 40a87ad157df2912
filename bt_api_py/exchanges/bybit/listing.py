"""The records of Bybit's lists of markets.

Source: Bybit API v5 documentation (market endpoints: instruments), state of 2026-07.
"""

from __future__ import annotations

from operator import attrgetter

import msgspec
from msgspec import field

from ..base import InstrumentRow


class Lots(msgspec.Struct):
    """Steps and bounds of quantities: `basePrecision` and `minOrderAmt` on spot, the other names on contracts."""

    base_precision: str | None = field(name="basePrecision", default=None)
    step: str | None = field(name="qtyStep", default=None)
    least: str | None = field(name="minOrderQty", default=None)
    most: str | None = field(name="maxOrderQty", default=None)
    least_amount: str | None = field(name="minOrderAmt", default=None)
    least_notional: str | None = field(name="minNotionalValue", default=None)


class Prices(msgspec.Struct):
    tick_size: str | None = field(name="tickSize", default=None)
    min_price: str | None = field(name="minPrice", default=None)
    max_price: str | None = field(name="maxPrice", default=None)


class Instrument(InstrumentRow):
    venue_symbol: str = field(name="symbol")
    base: str = field(name="baseCoin")
    quote: str = field(name="quoteCoin")
    status: str
    lots: Lots = field(name="lotSizeFilter", default_factory=Lots)
    prices: Prices = field(name="priceFilter", default_factory=Prices)
    tick_size = property(attrgetter("prices.tick_size"))
    min_price = property(attrgetter("prices.min_price"))
    max_price = property(attrgetter("prices.max_price"))
    min_quantity = property(attrgetter("lots.least"))
    max_quantity = property(attrgetter("lots.most"))

    @property
    def lot_size(self) -> str | None:
        return self.lots.step or self.lots.base_precision

    @property
    def min_notional(self) -> str | None:
        return self.lots.least_notional or self.lots.least_amount

    @property
    def is_trading(self) -> bool:
        return self.status == "Trading"


class ContractInstrument(Instrument, kw_only=True):
    kind: str = field(name="contractType", default="")
    settle_asset: str | None = field(name="settleCoin", default=None)
    ends_at: int = field(name="deliveryTime", default=0)

    @property
    def contract_type(self) -> str | None:
        if self.kind.endswith("Perpetual"):
            return "perpetual"
        return "future" if self.kind.endswith("Futures") else None

    @property
    def delivery_time(self) -> int:
        return self.ends_at if self.contract_type == "future" else 0
