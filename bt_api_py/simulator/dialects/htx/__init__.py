"""HTX: spot, and contracts that settle in USDT."""

from .spot import HtxSpot
from .swap import HtxSwap

__all__ = ["HtxSpot", "HtxSwap"]
