"""Whole numbers of ticks and lots as the text and the numbers that venues send."""

from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

_REMEMBERED = 50_000  # a book repeats most of its prices and quantities in every message
_encoder = msgspec.json.Encoder(decimal_format="number")


def fixed(number: int, decimals: int, width: int = 8) -> str:
    """Return number / 10**decimals with exactly `width` decimals, cut off (not rounded) if there are more."""
    if decimals < width:
        number *= 10 ** (width - decimals)
    elif decimals > width:
        number = abs(number) // 10 ** (decimals - width) * (1 if number >= 0 else -1)
    sign = "-" if number < 0 else ""
    whole, rest = divmod(abs(number), 10**width)
    return f"{sign}{whole}.{rest:0{width}d}" if width else f"{sign}{whole}"


@lru_cache(_REMEMBERED)
def plain(number: int, decimals: int) -> str:
    """Return number / 10**decimals without superfluous zeros: 88900, 0.0035; decimals of -1 count in tens."""
    text = fixed(number, decimals, max(decimals, 0))
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(_REMEMBERED)
def exact(number: int, decimals: int) -> Decimal:
    """Return number / 10**decimals as a decimal without superfluous zeros."""
    return Decimal(plain(number, decimals))


def decimal_text(number: Decimal | None) -> str:
    """Return a number without superfluous zeros; empty when there is none."""
    if number is None:
        return ""
    return f"{number.normalize():f}" if number else "0"


def encode(payload: Any) -> bytes:
    """Return a payload as JSON; decimals become JSON numbers with all their digits."""
    return _encoder.encode(payload)
