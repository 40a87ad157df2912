"""Deribit: futures and perpetual contracts, inverse and linear."""

from .account import DeribitAccount
from .swap import DeribitSwap

__all__ = ["DeribitAccount", "DeribitSwap"]
