"""BULK: perpetual futures on one websocket, market data and accounts."""

from .account import BulkAccount
from .swap import BulkSwap

__all__ = ["BulkAccount", "BulkSwap"]
