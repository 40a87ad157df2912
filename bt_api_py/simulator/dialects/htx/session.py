"""HTX websocket connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ...limits import SlidingLimit
from ..base import Dialect, Session, Transport


class HtxSession(Session):
    """A client of `/ws` or `/feed`."""

    ping_every_s: ClassVar[int] = 5

    def __init__(
        self,
        dialect: Dialect[Any],
        transport: Transport,
        path: str,
        query: Mapping[str, str],
        number: int,
    ) -> None:
        super().__init__(dialect, transport, path, query, number)
        self.next_ping = self.opened + self.ping_every_s
        self.pings: list[int] = []  # unanswered
        self.requests = SlidingLimit(1, 0.1)

    def ask(self, stamp: int) -> None:
        """Send a ping."""
        self.reply({"ping": stamp})

    def end_unanswered(self) -> None:
        """End a connection whose client left pings unanswered."""
        self.end(1003, f"ping check expired, session: {self.number}")
