"""Hyperliquid: the adapter of its perpetual contracts."""

from .swap import HyperliquidSwap

__all__ = ["HyperliquidSwap"]
