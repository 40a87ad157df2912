"""Bitget: spot."""

from .account import BitgetAccount
from .spot import BitgetSpot

__all__ = ["BitgetAccount", "BitgetSpot"]
