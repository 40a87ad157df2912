"""Numbers as short texts."""

from __future__ import annotations

import math
from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def price(value: float, like: float = math.nan) -> str:
    """Return a price with as many decimals as its size calls for, or that of the price `like`."""
    if not math.isfinite(value):
        return "-"
    size = abs(like) if math.isfinite(like) else abs(value)
    decimals = 2 if size >= 1000 else 4 if size >= 1 else 6 if size >= 0.01 else 10
    return f"{value:,.{decimals}f}"


def quantity(value: float) -> str:
    """Return a quantity, thousands separated."""
    if not math.isfinite(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:,.4f}"


def percent(value: float) -> str:
    """Return a signed percentage."""
    return f"{value:+.2f}%" if math.isfinite(value) else "-"


def age(seconds: float | None) -> str:
    """Return how long ago something was."""
    if seconds is None:
        return "-"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


def milliseconds(value: float) -> str:
    """Return a duration in milliseconds."""
    return f"{value:.1f} ms" if math.isfinite(value) else "-"


def sparkline(values: Sequence[float]) -> str:
    """Return one block character per value; the lowest and the highest of them span the scale."""
    if not values:
        return ""
    low, high = min(values), max(values)
    step = (high - low) / (len(_BARS) - 1)
    return "".join(_BARS[round((value - low) / step)] if step else _BARS[3] for value in values)
