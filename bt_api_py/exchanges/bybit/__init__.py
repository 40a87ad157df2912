"""Bybit: the adapters of its products."""

from .spot import BybitSpot

__all__ = ["BybitSpot"]
