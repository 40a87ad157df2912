"""A websocket of Vega's data node: one stream, from its opening to its end.

Source: Vega data node v0.79.0, API v2, streams, October 2024.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base import Session
from .errors import NodeError

if TYPE_CHECKING:
    from . import VegaFuture


class VegaSession(Session):
    """A client of one stream."""

    dialect: VegaFuture

    def fail(self, error: NodeError) -> None:
        """Send an error, after which the node closes."""
        self.reply({"error": error.body})
        self.end(1000)
