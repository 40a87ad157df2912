"""Public figures of derivatives: mark price, funding, liquidations, open interest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from .base import Container, Row

_INFINITY = float("inf")


class FigureData(Container):
    """Base of the figures of a contract, each of which replaces the one before.

    Venues like to tell several of them in one record; then every one that it tells makes an object of its own.
    """

    field: ClassVar[str]  # of the record, without which there is no such object

    def figure(self) -> float:
        """Return the figure as the venue counts it; ``nan`` when the record does not tell it."""
        return self._number(self.field)


class MarkPriceData(FigureData):
    """The prices by which a contract is valued, as opposed to traded."""

    event = "MarkPriceEvent"
    kind = "mark_price"
    field = "mark_price"

    def get_mark_price(self) -> float:
        """Return the price that decides profit and liquidation, quote asset per base asset."""
        return self._number("mark_price")

    def get_index_price(self) -> float:
        """Return the price of the underlying, quote asset per base asset."""
        return self._number("index_price")

    def get_settlement_price(self) -> float:
        """Return the expected settlement price, quote asset per base asset."""
        return self._number("settlement_price")

    get_mark_price_symbol_name = Container.get_venue_symbol

    def _summary(self) -> Iterable[tuple[str, Any]]:
        yield "mark_price", self.get_mark_price()
        yield "index_price", self.get_index_price()
        yield "timestamp", self.get_timestamp()


class FundingRateData(FigureData):
    """What longs pay to shorts. Rates are fractions per funding interval: 0.0001 is 0.01 %."""

    event = "FundingEvent"
    kind = "funding_rate"
    field = "current_funding_rate"

    def get_current_funding_rate(self) -> float:
        """Return the rate of the running interval, a fraction; positive when longs pay."""
        return self._number("current_funding_rate")

    def get_current_funding_time(self) -> int:
        """Return when the running interval is settled, milliseconds since 1970 UTC; 0 when missing."""
        return self._time("current_funding_time")

    def get_next_funding_rate(self) -> float:
        """Return the predicted rate of the next interval, a fraction."""
        return self._number("next_funding_rate")

    def get_next_funding_time(self) -> int:
        """Return when the next interval is settled, milliseconds since 1970 UTC; 0 when missing."""
        return self._time("next_funding_time")

    def get_pre_funding_rate(self) -> float:
        """Return the rate that was settled last, a fraction."""
        return self._number("pre_funding_rate")

    def get_pre_funding_time(self) -> int:
        """Return when the last rate was settled, milliseconds since 1970 UTC; 0 when missing."""
        return self._time("pre_funding_time")

    def get_max_funding_rate(self) -> float:
        """Return the highest rate allowed, a fraction."""
        return self._number("max_funding_rate")

    def get_min_funding_rate(self) -> float:
        """Return the lowest rate allowed, a fraction."""
        return self._number("min_funding_rate")

    def get_settlement_funding_rate(self) -> float:
        """Return the rate being settled, or settled last, as the venue states it, a fraction."""
        return self._number("settlement_funding_rate")

    def get_settlement_status(self) -> str | None:
        """Return how far settlement is in the venue's word, OKX ``"processing"`` or ``"settled"``."""
        return self._text("settlement_status")

    def get_method(self) -> str | None:
        """Return how the rate is set in the venue's word, OKX ``"current_period"`` or ``"next_period"``."""
        return self._text("method")

    get_funding_rate_symbol_name = Container.get_venue_symbol

    def _summary(self) -> Iterable[tuple[str, Any]]:
        yield "current_funding_rate", self.get_current_funding_rate()
        yield "next_funding_time", self.get_next_funding_time()
        yield "timestamp", self.get_timestamp()


class LiquidationRow(Row):
    """Base of the liquidation records: `timestamp`, `price`, `quantity` and `side` make a liquidation."""

    def defect(self) -> str | None:
        price, quantity = self.price, self.quantity  # type: ignore[attr-defined]  # declared by each venue's record
        if not -_INFINITY < price < _INFINITY:
            return f"price {price!r}"
        return None if 0 <= quantity < _INFINITY else f"quantity {quantity!r}"


class LiquidationData(Container):
    """One position that the venue closed by force."""

    event = "LiquidationWarningEvent"
    kind = "liquidations"

    def get_price(self) -> float:
        """Return the price of the liquidation order, quote asset per base asset."""
        return self._number("price")

    def get_quantity(self) -> float:
        """Return the quantity of the liquidation order, base asset."""
        return self._quantity("quantity")

    get_size = get_quantity

    def get_side(self) -> str | None:
        """Return the side of the liquidation order: ``"sell"`` closes a long position."""
        return self._text("side")

    def get_position_side(self) -> str | None:
        """Return the position that is closed, ``"long"`` or ``"short"``, as sent or as the side implies."""
        position = self._text("position_side")
        return position or {"sell": "long", "buy": "short"}.get(self.get_side() or "")

    get_pos_side = get_position_side

    def get_bankruptcy_price(self) -> float:
        """Return the price at which the margin is used up, quote asset per base asset."""
        return self._number("bankruptcy_price")

    def _summary(self) -> Iterable[tuple[str, Any]]:
        yield "side", self.get_side()
        yield "quantity", self.get_quantity()
        yield "price", self.get_price()
        yield "timestamp", self.get_timestamp()


class OpenInterestData(FigureData):
    """How much of a contract is held open, all positions of one side together."""

    event = "OpenInterestEvent"
    kind = "open_interest"
    field = "open_interest"

    def get_open_interest(self) -> float:
        """Return the open quantity, base asset."""
        return self._quantity("open_interest")

    def get_open_interest_ccy(self) -> float:
        """Return the open quantity in base asset as the venue converts it, otherwise `get_open_interest`."""
        amount = self._number("open_interest_ccy")
        return amount if amount == amount else self.get_open_interest()

    def _summary(self) -> Iterable[tuple[str, Any]]:
        yield "open_interest", self.get_open_interest()
        yield "timestamp", self.get_timestamp()


FIGURES: Mapping[str, type[FigureData]] = {cls.kind: cls for cls in (MarkPriceData, FundingRateData, OpenInterestData)}
