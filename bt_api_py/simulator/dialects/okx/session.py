"""OKX websocket connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...limits import SlidingLimit
from ..base import Dialect, Session, Transport


class OkxSession(Session):
    """A client of any of the three sockets."""

    def __init__(
        self,
        dialect: Dialect[Any],
        transport: Transport,
        path: str,
        query: Mapping[str, str],
        number: int,
    ) -> None:
        super().__init__(dialect, transport, path, query, number)
        self.socket = path.rsplit("/", 1)[1]
        self.connection = f"{dialect.venue.random.getrandbits(32):08x}"
        self.requests = SlidingLimit(480, 3600.0)
