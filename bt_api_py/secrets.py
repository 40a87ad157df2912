"""Texts that must not be seen: keys, secrets, passphrases."""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from typing import Any, NoReturn

MASK = "***"


class Secret:
    """A text that shows itself only to who asks for it by name.

    Its `str`, `repr` and formats are ``***``; it can be neither pickled nor copied into JSON. A callable is asked each
    time, so that a key may live in a vault and change.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str | Callable[[], str]) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        value = self._value
        return value if isinstance(value, str) else str(value())

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret('{MASK}')"

    def __format__(self, spec: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        ours, theirs = self._value, other._value
        if isinstance(ours, str) and isinstance(theirs, str):
            return compare_digest(ours.encode(), theirs.encode())
        return ours is theirs

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")

    def __deepcopy__(self, memo: dict[int, Any]) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")
