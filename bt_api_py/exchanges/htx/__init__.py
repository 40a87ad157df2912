"""HTX (formerly Huobi): spot, and contracts that settle in USDT."""

from .account import HtxAccount
from .spot import HtxSpot
from .swap import HtxSwap

__all__ = ["HtxAccount", "HtxSpot", "HtxSwap"]
