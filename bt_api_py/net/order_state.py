"""What is known of an order: its records and its fills, put together by exact arithmetic."""

from __future__ import annotations

from decimal import Decimal
from math import isclose, nan
from typing import Any

import msgspec

from ..containers.order import OrderStatus

FORWARD = {"new": 0, "unknown": 0, "partial": 1, "filled": 2, "canceled": 2, "rejected": 2, "expired": 2}
OVER = 2


class Order(msgspec.Struct):
    """What is known of an order, from all records about it."""

    venue_symbol: str
    order_id: str
    timestamp: int | None = None
    client_order_id: str | None = None
    side: str | None = None
    order_type: str | None = None
    time_in_force: str | None = None
    price: Any = None
    quantity: Any = None
    status: str = "new"
    venue_status: str | None = None
    filled_quantity: float = 0.0
    average_price: Any = None
    cumulative_quote: Any = None
    reduce_only: Any = None
    position_side: str | None = None
    trade_id: str | None = None
    create_time: int | None = None
    update_time: int | None = None
    fee: Decimal | float | None = None  # exact where it is a sum
    fee_asset: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing can change any more."""
        return FORWARD[self.status] == OVER


class Sums(msgspec.Struct):
    """What the known fills of an order add up to, exactly."""

    quantity: Decimal = Decimal()  # as the venue counts it
    earlier: Decimal = Decimal()  # filled beside them, as far as the venue told: before the first one known
    value: Decimal = Decimal()  # quote asset
    fee: Decimal | None = Decimal()  # None: a fill told none, or they are in several assets
    fee_asset: str | None = None

    def add(self, row: Any, factor: float) -> None:
        """Count a fill; `factor` is what one of the venue's units is worth in base asset."""
        quantity = Decimal(str(row.quantity))
        self.quantity += quantity
        self.value += Decimal(str(row.price)) * quantity * Decimal(str(factor))
        fee = getattr(row, "fee", None)
        if self.fee is None or number_or_none(fee) is None or self.fee_asset not in (None, row.fee_asset):
            self.fee = None
        else:
            self.fee += Decimal(str(fee))
            self.fee_asset = row.fee_asset


# The others are sums over fills, and no order record changes them.
_ORDER_FIELDS = tuple(name for name in Order.__struct_fields__ if name not in ("order_id", "fee", "fee_asset"))


def number_or_none(value: Any) -> float | None:
    """Return a number; ``None`` when it is missing, or none."""
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if number == number else None


def filled_by(row: Any, known: Order | None, sums: Sums | None) -> float:
    """Return the quantity filled so far: as the record says, else by the fills, else as it was.

    ``nan`` when the record tells of another value than the known fills have.
    """
    told = number_or_none(getattr(row, "filled_quantity", None))
    if told is not None:
        return told
    left = _remaining(row)
    if left is not None and known is not None and number_or_none(known.quantity):
        return known.filled_quantity if row.amends else float(Decimal(str(known.quantity)) - left)
    if row.status == "new":
        return 0.0  # however many of its fills are known already
    if row.adds_up and sums is not None:
        return float(sums.quantity + sums.earlier)
    value = number_or_none(getattr(row, "cumulative_quote", None)) or 0.0
    if known is not None and value <= (number_or_none(known.cumulative_quote) or 0.0):
        return known.filled_quantity
    if value and (sums is None or not isclose(float(sums.value), value, rel_tol=1e-9)):
        return nan
    if sums is not None:
        return float(sums.quantity)
    return 0.0 if known is None else known.filled_quantity


def _remaining(row: Any) -> Decimal | None:
    """Return the quantity that is not filled, where a record tells that."""
    left = getattr(row, "remaining_quantity", None)
    return None if number_or_none(left) is None else Decimal(str(left))


def _quantity(row: Any, known: Order | None) -> Any:
    """Return what a record says is ordered."""
    left = _remaining(row) if row.amends else None
    if left is None or known is None or known.filled_quantity != known.filled_quantity:
        return getattr(row, "quantity", None)
    return float(left + Decimal(str(known.filled_quantity)))


def is_amended(row: Any, known: Order) -> bool:
    """Return whether a record that is no step forward changes the order itself: its price or its quantity."""
    told = {"price": getattr(row, "price", None), "quantity": _quantity(row, known)}
    for name, value in told.items():
        new, old = number_or_none(value), number_or_none(getattr(known, name))
        if new and new != old:  # market orders have a price of 0 in some lists, and none in others
            return True
    return False


def merged(row: Any, status: OrderStatus, known: Order | None, sums: Sums | None) -> Order:
    """Return what is known of an order after a record: what the record leaves out stays as it was.

    Sums over fills are told when they are those of all its fills, and not otherwise.
    """
    values: dict[str, Any] = {}
    for name in _ORDER_FIELDS:
        value = _quantity(row, known) if name == "quantity" else getattr(row, name, None)
        if value in (None, "") and known is not None and name != "trade_id":
            value = getattr(known, name)
        if value is not None and value != "":
            values[name] = value
    values["status"] = status
    filled = values["filled_quantity"] = filled_by(row, known, sums)
    is_whole = sums is not None and float(sums.quantity) == filled
    if sums is not None and sums.fee is not None and is_whole:
        values |= {"fee": sums.fee, "fee_asset": sums.fee_asset}
    elif filled and (told := number_or_none(getattr(row, "total_fee", None))) is not None:
        values |= {"fee": told, "fee_asset": getattr(row, "total_fee_asset", None)}
    if all(number_or_none(getattr(row, name, None)) is None for name in ("average_price", "cumulative_quote")):
        values["cumulative_quote"] = sums.value if sums is not None and is_whole else None
        values.pop("average_price", None)
    return Order(order_id=str(row.order_id), **values)
