"""Vega: derivatives of a chain of their own, read from a data node."""

from .account import VegaAccount
from .future import VegaFuture

__all__ = ["VegaAccount", "VegaFuture"]
