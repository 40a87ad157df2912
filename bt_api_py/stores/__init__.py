"""Local copies of what a venue knows, filled by REST and kept by its feed."""

from .monitors import FullTicker, SingleTicker
from .ticker_map import TickerMap

__all__ = ["FullTicker", "SingleTicker", "TickerMap"]
