"""KuCoin: spot markets, over the classic API."""

from .spot import KucoinSpot

__all__ = ["KucoinSpot"]
