"""Bybit: the adapters of its products."""

from .spot import BybitSpot
from .swap import BybitSwap

__all__ = ["BybitSpot", "BybitSwap"]
