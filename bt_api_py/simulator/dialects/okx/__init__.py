"""OKX: spot, and perpetual contracts that settle in the quote asset."""

from .spot import OkxSpot
from .swap import OkxSwap

__all__ = ["OkxSpot", "OkxSwap"]
