"""Binance: spot, and futures settled in stable coins (USD-M)."""

from .spot import BinanceSpot
from .spot_account import BinanceAccount
from .swap import BinanceSwap
from .swap_account import BinanceSwapAccount

__all__ = ["BinanceAccount", "BinanceSpot", "BinanceSwap", "BinanceSwapAccount"]
