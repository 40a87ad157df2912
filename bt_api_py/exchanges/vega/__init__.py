"""Vega: derivatives of a chain of their own, read from a data node."""

from .future import VegaFuture

__all__ = ["VegaFuture"]
