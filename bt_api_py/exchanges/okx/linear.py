"""Contracts that can be told in base asset, and those that cannot."""

from __future__ import annotations


def is_linear(venue_symbol: str) -> bool:
    """Return whether one contract is worth so much of the base asset, and not so many dollars."""
    return not venue_symbol.endswith("-USD-SWAP")
