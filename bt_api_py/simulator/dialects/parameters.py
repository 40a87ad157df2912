"""How the REST sides of the venues read their parameters, and refuse requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .base import whole

_FAR = 1 << 62


class RestError(Exception):
    """A request that a venue answers with an error: its number or its word for it, words, and the HTTP status."""

    def __init__(self, code: int | str, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.code: Any = code
        self.status = status


class Numbers:
    """Reads whole numbers of a query; `refused` makes the venue's error of a parameter that is none."""

    def __init__(self, refused: Callable[[str], Exception], high: int = _FAR) -> None:
        self._refused = refused
        self._high = high

    def __call__(
        self,
        query: Mapping[str, str],
        name: str,
        default: int | None = None,
        high: int | None = None,
        low: int = 0,
    ) -> int | None:
        """Return a parameter inside low … high, what is too large as `high`; `default` when it is absent."""
        try:
            return whole(query.get(name), default, low, self._high if high is None else high)
        except ValueError:
            raise self._refused(name) from None
