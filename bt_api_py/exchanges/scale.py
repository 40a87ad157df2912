"""Whole numbers of the wire that count units of 10**-places, for venues whose markets each have places of their own."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import ClassVar

import msgspec

from ..containers.base import Row

_LONGEST = 80  # digits of a number: the largest that venues have are of 256 bits


class Scale(msgspec.Struct, frozen=True):
    """How many decimal places the numbers of a market have: a price of 655 with one place is 65.5.

    Attributes:
        price, quantity: of its prices and quantities; may be negative, -1 counts tens.
        money: of profits and fees, in the asset that the market settles in.
        asset: this asset.
    """

    price: int = 0
    quantity: int = 0
    money: int = 0
    asset: str = ""


class ScaledRow(Row):
    """Base of records that count in the units of their market: the fields that each kind of number is in.

    A record names its market by `venue_symbol`, or leaves that to the topic it belongs to. `defect` is asked before
    its numbers have their places.
    """

    prices: ClassVar[tuple[str, ...]] = ()
    quantities: ClassVar[tuple[str, ...]] = ()
    moneys: ClassVar[tuple[str, ...]] = ()

    def scale_by(self, scale: Scale) -> None:
        """Give every number its places; one that is none becomes ``None``."""
        for names, places in (
            (self.prices, scale.price),
            (self.quantities, scale.quantity),
            (self.moneys, scale.money),
        ):
            for name in names:
                setattr(self, name, scaled_or_none(getattr(self, name), places))

    def without(self, *names: str) -> str | None:
        """Return why the record cannot be used: one of these fields is no number; ``None`` when all are."""
        for name in names:
            value = getattr(self, name)
            if value in (None, "") or scaled_or_none(value, 0) is None:
                return f"{name} {str(value)[:_LONGEST]!r}"
        return None


def scaled(value: object, places: int) -> Decimal:
    """Return a number of the wire as it is meant, exact; what was left out is 0.

    Raises:
        ValueError: it is no number.
    """
    if value is None or value == "":
        return Decimal(0)
    text = str(value)
    try:
        # Averages, such as the price of an entry, may come with digits behind the point.
        number = Decimal(text) if isinstance(value, str | int | Decimal) and len(text) <= _LONGEST else Decimal("nan")
    except InvalidOperation:
        number = Decimal("nan")
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or abs(exponent) > _LONGEST:
        raise ValueError(f"no number: {text[:_LONGEST]!r}")
    exponent -= places
    # Not `scaleb`, which rounds to the context's precision; and no exponent above zero, which is written with an E.
    return Decimal((sign, digits + (0,) * exponent, min(exponent, 0)))


def scaled_or_none(value: object, places: int) -> Decimal | None:
    """Return the same, ``None`` for what was left out or is no number."""
    if value is None or value == "":
        return None
    try:
        return scaled(value, places)
    except ValueError:
        return None
