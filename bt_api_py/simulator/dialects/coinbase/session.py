"""Coinbase websocket connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...limits import BucketLimit
from ..base import Dialect, Session, Transport


class CoinbaseSession(Session):
    """A client of the feed, of which there is one for all."""

    def __init__(
        self,
        dialect: Dialect[Any],
        transport: Transport,
        path: str,
        query: Mapping[str, str],
        number: int,
    ) -> None:
        super().__init__(dialect, transport, path, query, number)
        self.requests = BucketLimit(10, 1000)
        self.beats: dict[str, float] = {}  # by the key of a market: when its next heartbeat is due
        self.has_asked = False  # for anything; who does not is sent away
