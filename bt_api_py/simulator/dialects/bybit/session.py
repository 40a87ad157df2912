"""Bybit websocket connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..base import Session

if TYPE_CHECKING:
    from .venue import Bybit


class BybitSession(Session):
    """A client of a public socket."""

    dialect: Bybit

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.connection = f"{self.dialect.venue.random.getrandbits(64):016x}"
        self.heard = self.opened

    def pong(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a ping."""
        return self.dialect.pong(self, message)
