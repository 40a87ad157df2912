"""Deribit websocket connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...account import Account, AccountChange
from ...faults import DATA, Frame
from ...limits import BucketLimit
from ...text import encode
from ..base import Session
from ..topics import Topic
from .private import KINDS, told
from .rpc import subscription

if TYPE_CHECKING:
    from . import DeribitSwap


class DeribitSession(Session):
    """A client, whose heartbeat begins when it asks for one."""

    dialect: DeribitSwap

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.commands = BucketLimit(3.3, 10)
        self.joining: dict[str, Topic] = {}  # what the command at hand has subscribed
        self.is_asked = False  # by a test request that was not answered yet
        self.private: dict[str, None] = {}  # channels of the account
        self._every_s: int | None = None
        self._next_beat = 0.0

    def start_heartbeat(self, every_s: int | None) -> None:
        """Send a heartbeat every so often from now on."""
        self._every_s = every_s
        self._next_beat = self.dialect.venue.now() + (every_s or 0)

    def is_due(self, now: float) -> bool:
        """Tell whether it is time for a heartbeat."""
        return self._every_s is not None and now >= self._next_beat

    def beat(self) -> None:
        """Send a heartbeat, and a test request that has to be answered before the next one."""
        assert self._every_s is not None, "it was asked for"
        self._next_beat += self._every_s
        self.is_asked = True
        for kind in ("heartbeat", "test_request"):
            self.reply({"jsonrpc": "2.0", "method": "heartbeat", "params": {"type": kind}})

    def settle(self) -> None:
        """Let what was subscribed begin, behind the answer to the command."""
        for name, topic in self.joining.items():
            self.dialect.join(self, name, topic)
        self.joining.clear()

    def changed(self, account: Account, change: AccountChange) -> None:
        """Send what the private channels tell of a change."""
        for name in list(self.private):
            word = name.split(".")[1]
            for data in told(self.dialect, account, change, name):
                symbol = change.order.symbol if change.order is not None else ""
                self.push(Frame(encode(subscription(name, data)), DATA, KINDS[word], name, symbol))
