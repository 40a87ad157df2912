"""Hyperliquid: the adapter of its perpetual contracts, and of accounts there."""

from .account import HyperliquidAccount
from .swap import HyperliquidSwap

__all__ = ["HyperliquidAccount", "HyperliquidSwap"]
