"""HTX (formerly Huobi): spot, and contracts that settle in USDT."""

from .account import HtxAccount
from .spot import HtxSpot
from .swap import HtxSwap
from .swap_account import HtxSwapAccount

__all__ = ["HtxAccount", "HtxSpot", "HtxSwap", "HtxSwapAccount"]
