"""Bybit v5: spot."""

from .spot import BybitSpot

__all__ = ["BybitSpot"]
