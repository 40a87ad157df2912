"""OKX: spot, and perpetual contracts that settle in the quote asset."""

from .account import OkxAccount
from .spot import OkxSpot
from .swap import OkxSwap
from .swap_account import OkxSwapAccount

__all__ = ["OkxAccount", "OkxSpot", "OkxSwap", "OkxSwapAccount"]
