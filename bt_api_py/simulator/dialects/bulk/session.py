"""BULK websocket connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...limits import SlidingLimit
from ..base import Dialect, Session, Transport

PING_EVERY_S = 30
MOST_MESSAGES_PER_S = 1000


class BulkSession(Session):
    """A client of the one socket that carries market data, accounts and trading."""

    def __init__(
        self,
        dialect: Dialect[Any],
        transport: Transport,
        path: str,
        query: Mapping[str, str],
        number: int,
    ) -> None:
        super().__init__(dialect, transport, path, query, number)
        self.inbound = SlidingLimit(MOST_MESSAGES_PER_S, 1.0)
        self.next_ping = self.opened + PING_EVERY_S
        self.unanswered: float | None = None  # since when a ping waits for its pong

    def error(self, words: str) -> None:
        """Send an error that belongs to no request: the venue gives it no id."""
        self.reply({"type": "error", "error": {"message": words}})
