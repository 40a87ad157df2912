"""Contracts that can be told in base asset, and those that cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...containers.base import Place
from ..base import Channel


def is_linear(venue_symbol: str) -> bool:
    """Return whether one contract is worth so much of the base asset, and not so many dollars."""
    return not venue_symbol.endswith("-USD-SWAP")


class LinearOnly(Channel):
    """Records, each of which says by `is_linear` whether it is one of ours; the others are left out."""

    __slots__ = ()

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        rows, refused = super().read(payload)
        return [(place, row) for place, row in rows if row.is_linear], refused
