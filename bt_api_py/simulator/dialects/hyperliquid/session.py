"""Hyperliquid websocket connections.

Source: Hyperliquid documentation, "WebSocket", May 2026.
"""

from __future__ import annotations

from typing import Any

from ..base import Session


class HyperliquidSession(Session):
    """A client of the one socket."""

    def error(self, words: str) -> None:
        """Send an error: it has no id, and quotes what it is about."""
        self.reply({"channel": "error", "data": words})

    def confirm(self, method: str, subscription: dict[str, Any]) -> None:
        """Confirm a command, with the options that it left out."""
        options = {"nSigFigs": None, "mantissa": None} if subscription["type"] == "l2Book" else {}
        data = {"method": method, "subscription": {**options, **subscription}}
        self.reply({"channel": "subscriptionResponse", "data": data})
