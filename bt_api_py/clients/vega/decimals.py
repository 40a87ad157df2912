"""Numbers of the network, which are whole, and numbers as people write them. Exact both ways.

Source: Vega v0.79.0, protocol buffers: decimal places of markets, positions and assets.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation, localcontext

from ...exchanges.scale import scaled

Number = Decimal | int | float | str

_PRECISION = 200  # digits; more than any number of the network has


def convert_to_decimals(places: int, number: int | str) -> Decimal:
    """Return a whole number of the network as a decimal one: 1500 with 3 places is 1.500.

    Args:
        places: may be negative; -1 counts tens.

    Raises:
        ValueError: `number` is no number.
    """
    return scaled(number, places)


def convert_from_decimals(places: int, number: Number) -> int:
    """Return a decimal number as a whole one of the network: 4.35 with 2 places is 435.

    A float counts as what it is written as.

    Raises:
        ValueError: it has more decimal places than that, or is no number.
    """
    value = _decimal(number)
    with localcontext(prec=_PRECISION):
        moved = value.scaleb(places)
        if moved != moved.to_integral_value():
            raise ValueError(f"{number} has more than {places} decimal places; round it first")
    return int(moved)


def round_to_tick(price: Number, tick: Number, side: str) -> Decimal:
    """Return the nearest price on a tick that is no better for the market: lower for a buy, higher for a sell.

    Raises:
        ValueError: no number, a tick that is not above zero, or no side.
    """
    if side not in ("SIDE_BUY", "SIDE_SELL"):
        raise ValueError(f"no side {side!r}; there are SIDE_BUY and SIDE_SELL")
    step = _decimal(tick)
    if step <= 0:
        raise ValueError(f"no tick: {tick}")
    with localcontext(prec=_PRECISION):
        count = _decimal(price) / step
        rounding = ROUND_FLOOR if side == "SIDE_BUY" else ROUND_CEILING
        return count.to_integral_value(rounding) * step


def _decimal(number: Number) -> Decimal:
    try:
        value = Decimal(str(number))
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite() or abs(value.adjusted()) > _PRECISION // 2:
        raise ValueError(f"no number: {str(number)[:40]!r}")
    return value
