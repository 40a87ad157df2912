"""Depth records for the tests: every number that a venue may send, and none that it must."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bt_api_py.book.sequence import BookRow

Levels = Sequence[Sequence[Any]]


class Sent(BookRow, kw_only=True):
    """A depth record of an invented venue."""

    bids: Levels = ()
    asks: Levels = ()
    first: int | None = None
    last: int | None = None
    previous: int | None = None
    timestamp: int | None = None
    checksum: int | None = None
    is_snapshot: bool = False
