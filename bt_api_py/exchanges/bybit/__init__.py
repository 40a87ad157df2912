"""Bybit: the adapters of its products."""

from .account import BybitAccount
from .spot import BybitSpot
from .swap import BybitSwap
from .swap_account import BybitSwapAccount

__all__ = ["BybitAccount", "BybitSpot", "BybitSwap", "BybitSwapAccount"]
