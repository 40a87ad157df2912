"""Coinbase Exchange."""

from .account import CoinbaseAccount
from .spot import CoinbaseSpot

__all__ = ["CoinbaseAccount", "CoinbaseSpot"]
