"""Deribit: futures and perpetual contracts, inverse and linear."""

from .swap import DeribitSwap

__all__ = ["DeribitSwap"]
