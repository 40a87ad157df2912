"""KuCoin: spot markets, over the classic API."""

from .account import KucoinAccount
from .spot import KucoinSpot

__all__ = ["KucoinAccount", "KucoinSpot"]
