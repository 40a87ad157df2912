"""Trades of a market, and one's own fills."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

import msgspec

from .base import Container, Row, Side, nan

_INFINITY = float("inf")
_MOST = sys.float_info.max
_Finite = Annotated[float, msgspec.Meta(ge=-_MOST, le=_MOST)]
_Quantity = Annotated[float, msgspec.Meta(ge=0, le=_MOST)]
_Text = Annotated[str, msgspec.Meta(min_length=1)]
_MOST_DIGITS = 40  # an id that is longer is a text; Python refuses to read numbers of thousands of digits


class TradeRow(Row):
    """Base of the trade records: `timestamp`, `trade_id`, `price`, `quantity` and `side` make a trade.

    The id of a venue that has none is ``None``. Ids that do not tell which trade came first are not `ordered`; those
    that grow by any step are `sparse`, so that a jump tells nothing. Ids beside which a number that grows by one stands
    are `numbered_apart`.
    """

    ordered: ClassVar[bool] = True
    sparse: ClassVar[bool] = False
    numbered_apart: ClassVar[bool] = False
    # Where a decoder checks these types, `defect` has nothing to find.
    checks: ClassVar[dict[str, dict[Any, Any]]] = {
        "price": {float: _Finite},
        "quantity": {float: _Quantity},
        "trade_id": {int: int, str: _Text},
    }

    def defect(self) -> str | None:
        price, quantity = self.price, self.quantity  # type: ignore[attr-defined]  # declared by each venue's record
        if not -_INFINITY < price < _INFINITY:
            return f"price {price!r}"
        if not 0 <= quantity < _INFINITY:
            return f"quantity {quantity!r}"
        return None if self.trade_id != "" else "empty trade id"  # type: ignore[attr-defined]

    @property
    def span(self) -> tuple[int, int] | None:
        """The first and the last number that this record stands for; ``None`` where ids are no numbers."""
        number = self.trade_id  # type: ignore[attr-defined]
        if number is None or not self.ordered:
            return None
        if type(number) is not int:
            number = number_of(number)
        return None if number is None else (number, number)

    @property
    def is_past(self) -> bool:
        """Whether a feed tells it as the last trade before the subscription, where it does that."""
        return False


def number_of(trade_id: str) -> int | None:
    """Return a venue's id as a number; ``None`` where it is none."""
    return int(trade_id) if trade_id.isdecimal() and len(trade_id) <= _MOST_DIGITS else None


class TradeData(Container):
    """One trade. Its side is the taker's on a market stream, and that of one's own order on an own fill."""

    event = "TradeEvent"
    kind = "trades"

    def get_price(self) -> float:
        """Return the price, quote asset per base asset."""
        return float(self._row.price)

    get_trade_price = get_price

    def get_quantity(self) -> float:
        """Return the quantity, base asset."""
        return float(self._row.quantity) * self._topic.factor

    get_trade_volume = get_quantity
    get_trade_qty = get_quantity
    get_qty = get_quantity

    def get_side(self) -> Side:
        """Return ``"buy"`` or ``"sell"``: the taker's side; on an own fill, the side of one's own order."""
        side: Side = self._required("side")
        return side

    get_trade_side = get_side

    def get_trade_time(self) -> float:
        """Return the time of execution at the venue as a float, milliseconds."""
        return self.get_server_time()

    def get_trade_id(self) -> str:
        """Return the venue's id, exact; empty where the venue gives trades none."""
        return self._text("trade_id") or ""

    def get_trade_type(self) -> str | None:
        """Return ``"maker"`` or ``"taker"`` on an own fill, otherwise ``None``."""
        return self._text("trade_type")

    def get_order_id(self) -> str | None:
        """Return the id of one's own order; ``None`` on a market stream."""
        return self._text("order_id")

    def get_client_order_id(self) -> str | None:
        """Return one's own id of the order; ``None`` on a market stream."""
        return self._text("client_order_id")

    def get_trade_fee(self) -> float:
        """Return the fee of an own fill in `get_trade_fee_symbol`; positive is paid, negative is a rebate."""
        return self._number("fee")

    get_fee = get_trade_fee

    def get_trade_fee_symbol(self) -> str | None:
        """Return the asset the fee was paid in."""
        return self._text("fee_asset")

    def get_trade_offset(self) -> str | None:
        """Return ``"open"`` or ``"close"`` where a futures venue says so."""
        return self._text("offset")

    def get_trade_accumulate_volume(self) -> float:
        """Return the filled quantity of the order so far, base asset."""
        return self._quantity("accumulated_quantity")

    def get_first_trade_id(self) -> str | None:
        """Return the first of the merged trades, where the venue aggregates."""
        return self._text("first_trade_id")

    def get_last_trade_id(self) -> str | None:
        """Return the last of the merged trades, where the venue aggregates."""
        return self._text("last_trade_id")

    def _summary(self) -> Iterable[tuple[str, Any]]:
        row = self._row
        yield "side", getattr(row, "side", None)
        yield "quantity", getattr(row, "quantity", nan)
        yield "price", getattr(row, "price", nan)
        yield "trade_id", self._text("trade_id")
        yield "timestamp", self.get_timestamp()

    get_trade_symbol_name = Container.get_venue_symbol
