"""Coinbase Exchange."""

from .spot import CoinbaseSpot

__all__ = ["CoinbaseSpot"]
