"""Kraken websocket connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...account import Account
from ...limits import SlidingLimit
from ..base import Session

if TYPE_CHECKING:
    from . import KrakenSpot
    from .private import Subscriptions


class KrakenSession(Session):
    """A client of the public or the private host, which differ in their names only."""

    dialect: KrakenSpot

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.requests = SlidingLimit(20, 1.0)
        self.heard = self.opened
        self.private: Subscriptions | None = None

    @property
    def is_subscribed(self) -> bool:
        """Tell whether there is anything to wait for here."""
        return bool(self.topics) or (self.private is not None and bool(self.private.channels))

    def changed(self, account: Account, change: Any) -> None:
        """Pass on what happened to an account."""
        if self.private is not None:
            self.private.changed(account, change)
