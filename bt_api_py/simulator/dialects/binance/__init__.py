"""Binance: spot, and futures settled in stable coins (USD-M)."""

from .spot import BinanceSpot
from .swap import BinanceSwap

__all__ = ["BinanceSpot", "BinanceSwap"]
