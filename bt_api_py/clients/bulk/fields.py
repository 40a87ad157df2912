"""Reading the venue's JSON: fields under the names of newer and older servers, numbers that may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

Json = Mapping[str, Any]


def first(row: Json, *names: str) -> Any:
    """Return the first of these fields that is there and not null, else ``None``."""
    for name in names:
        value = row.get(name)
        if value is not None:
            return value
    return None


def number(row: Json, *names: str) -> float:
    """Return a number that must be there.

    Raises:
        ValueError: it is missing, no number, or not finite.
    """
    value = optional(row, *names)
    if value is None:
        raise ValueError(f"no {names[0]!r} in {dict(row)!r}")
    return value


def optional(row: Json, *names: str) -> float | None:
    """Return a number, ``None`` when it is missing or null.

    Raises:
        ValueError: it is no finite number.
    """
    value = first(row, *names)
    if value is None:
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{names[0]} {value!r} is no number") from None
    if not isfinite(found):
        raise ValueError(f"{names[0]} {value!r} is not finite")
    return found


def amount(row: Json, *names: str) -> float:
    """Return a sum that counts as nothing when it is missing."""
    return optional(row, *names) or 0.0


def text(row: Json, *names: str) -> str:
    """Return a text that must be there.

    Raises:
        ValueError: it is missing or empty.
    """
    value = first(row, *names)
    if value is None or value == "":
        raise ValueError(f"no {names[0]!r} in {dict(row)!r}")
    return str(value)


def whole(row: Json, *names: str) -> int:
    """Return a whole number such as a time, 0 when it is missing.

    Raises:
        ValueError: it is no number.
    """
    value = first(row, *names)
    if value is None:
        return 0
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{names[0]} {value!r} is no number") from None


def rows(value: Any) -> list[Any]:
    """Return a list that must be one.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(value, list):
        raise ValueError(f"a list was expected, not {value!r}")
    return value
