"""Binance market-stream connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ...limits import SlidingLimit
from ..base import Dialect, Session, Transport


class BinanceSession(Session):
    """A stream connection: raw (`/ws`) or combined (`/stream`)."""

    messages_per_second: ClassVar[int] = 5
    ping_every_s: ClassVar[float] = 20
    pong_within_s: ClassVar[float] = 60

    def __init__(
        self,
        dialect: Dialect[Any],
        transport: Transport,
        path: str,
        query: Mapping[str, str],
        number: int,
    ) -> None:
        super().__init__(dialect, transport, path, query, number)
        self.combined = path.endswith("/stream")
        self.inbound = SlidingLimit(self.messages_per_second, 1.0)
        self.next_ping = self.opened + self.ping_every_s
        self.unanswered: dict[bytes, float] = {}


class SwapSession(BinanceSession):
    """A connection to futures: the venue pings rarely, and waits long for the pong."""

    messages_per_second = 10
    ping_every_s = 180
    pong_within_s = 600

    @property
    def route(self) -> str:
        """The route of the address; empty for the old addresses without one."""
        first = self.path.split("/")[1]
        return first if first in ("public", "market", "private") else ""
