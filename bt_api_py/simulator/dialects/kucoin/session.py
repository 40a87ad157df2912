"""KuCoin websocket connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...limits import SlidingLimit
from ..base import Session

if TYPE_CHECKING:
    from . import KucoinSpot


class KucoinSession(Session):
    """A client that came with a token."""

    dialect: KucoinSpot

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.requests = SlidingLimit(100, 10.0)
        self.heard = self.opened
        self.is_welcomed = False
