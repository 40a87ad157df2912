"""Bitget websocket connections."""

from __future__ import annotations

from typing import Any

from ...limits import SlidingLimit
from ..base import Session


class BitgetSession(Session):
    """A client of a socket, which has to ping and may not be hasty."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.messages = SlidingLimit(10, 1.0)
        self.requests = SlidingLimit(240, 3600.0)
        self.pinged = self.opened
