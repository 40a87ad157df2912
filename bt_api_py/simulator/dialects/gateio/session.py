"""Gate websocket connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...account import Account, AccountChange
from ..base import Session

if TYPE_CHECKING:
    from . import GateioSpot
    from .private import Subscriptions


class GateioSession(Session):
    """A client, who may ask for public and for private channels on one connection."""

    dialect: GateioSpot

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.connection = f"{self.dialect.venue.random.getrandbits(64):016x}"
        self.private: Subscriptions | None = None

    def changed(self, account: Account, change: AccountChange) -> None:
        """Pass on what happened to an account."""
        if self.private is not None:
            self.private.changed(change)
