"""Bybit websocket connections."""

from __future__ import annotations

from typing import Any

from ..base import Session


class BybitSession(Session):
    """A client of a public socket."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.connection = f"{self.dialect.venue.random.getrandbits(64):016x}"
        self.heard = self.opened
