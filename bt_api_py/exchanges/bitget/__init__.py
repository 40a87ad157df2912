"""Bitget: spot."""

from .spot import BitgetSpot

__all__ = ["BitgetSpot"]
