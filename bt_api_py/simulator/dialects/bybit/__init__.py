"""Bybit v5: spot, and linear contracts."""

from .spot import BybitSpot
from .swap import BybitSwap

__all__ = ["BybitSpot", "BybitSwap"]
