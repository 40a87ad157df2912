"""HTX (formerly Huobi)."""

from .account import HtxAccount
from .spot import HtxSpot

__all__ = ["HtxAccount", "HtxSpot"]
