"""What a venue says about one of its markets."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from .base import Container


class SymbolData(Container):
    """One instrument: its assets, steps, least quantities and status."""

    event = "SymbolEvent"

    def get_base_asset(self) -> str:
        """Return the asset that is bought and sold, upper case."""
        return str(self._required("base")).upper()

    def get_quote_asset(self) -> str:
        """Return the asset that prices are counted in, upper case."""
        return str(self._required("quote")).upper()

    @property
    def aliases(self) -> tuple[str, ...]:
        """Further names of the market, where the venue has them."""
        names: tuple[str, ...] = getattr(self._row, "aliases", ())
        return tuple(name for name in names if name)

    def get_price_unit(self) -> float:
        """Return the tick size: the least step between two prices."""
        return self._number("tick_size")

    get_tick_size = get_price_unit

    def get_qty_unit(self) -> float:
        """Return the lot size: the least step between two quantities, base asset."""
        return self._quantity("lot_size")

    get_lot_size = get_qty_unit

    def get_price_digital(self) -> int | None:
        """Return the number of decimals of the tick size; ``None`` when the venue sends none."""
        return _decimals(getattr(self._row, "tick_size", None))

    def get_qty_digital(self) -> int | None:
        """Return the number of decimals of the lot size in the venue's unit; ``None`` when it sends none."""
        return _decimals(getattr(self._row, "lot_size", None))

    def get_min_qty(self) -> float:
        """Return the least quantity of an order, base asset."""
        return self._quantity("min_quantity")

    def get_max_qty(self) -> float:
        """Return the greatest quantity of an order, base asset."""
        return self._quantity("max_quantity")

    def get_min_price(self) -> float:
        """Return the least price of an order."""
        return self._number("min_price")

    def get_max_price(self) -> float:
        """Return the greatest price of an order."""
        return self._number("max_price")

    def get_min_notional(self) -> float:
        """Return the least value of an order, quote asset."""
        return self._number("min_notional")

    def get_contract_multiplier(self) -> float:
        """Return the base units of one contract; 1 on spot, and where contracts are counted in base units."""
        return self._topic.factor

    def get_contract_type(self) -> str | None:
        """Return ``"perpetual"``, ``"future"`` for a dated contract, or ``None`` on spot."""
        return self._text("contract_type")

    def get_settle_asset(self) -> str | None:
        """Return the asset that profit, loss and margin are counted in, upper case; ``None`` on spot."""
        asset = self._text("settle_asset")
        return None if asset is None else asset.upper()

    def get_delivery_time(self) -> int:
        """Return when a dated contract ends, milliseconds since 1970 UTC; 0 for others."""
        return self._time("delivery_time")

    def get_maintain_margin_percent(self) -> float:
        """Return the least margin of a position, percent of its value, as the venue states it."""
        return self._number("maintain_margin_percent")

    def get_required_margin_percent(self) -> float:
        """Return the margin that opens a position, percent of its value, as the venue states it."""
        return self._number("required_margin_percent")

    def get_status(self) -> str:
        """Return ``"trading"`` when orders match now, otherwise the venue's own word in lower case."""
        return "trading" if self.is_trading() else str(getattr(self._row, "status", "unknown")).lower()

    def is_trading(self) -> bool:
        """Return whether the market is open."""
        return bool(getattr(self._row, "is_trading", True))

    def _summary(self) -> Iterable[tuple[str, Any]]:
        yield "tick_size", self.get_price_unit()
        yield "lot_size", self.get_qty_unit()
        yield "status", self.get_status()


def _decimals(step: Any) -> int | None:
    if step in (None, ""):
        return None
    exponent = Decimal(str(step)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else None
