"""KuCoin websocket connections: those of everybody, and those of an account.

Source: KuCoin API documentation, "Websocket: introduction", "Spot private channels", November 2025.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...account import Account, AccountChange
from ...faults import DATA, Frame
from ...limits import SlidingLimit
from ...text import encode
from ..base import Session
from .account_rows import balance_row, order_events

if TYPE_CHECKING:
    from . import KucoinSpot

_ORDERS, _BALANCES = "/spotMarket/tradeOrdersV2", "/account/balance"
PRIVATE_TOPICS = {_ORDERS: "orders", _BALANCES: "balances"}


class KucoinSession(Session):
    """A client that came with a token."""

    dialect: KucoinSpot

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.requests = SlidingLimit(100, 10.0)
        self.heard = self.opened
        self.is_welcomed = False
        self.private: set[str] = set()  # topics of the account that are listened to

    def changed(self, account: Account, change: AccountChange) -> None:
        """Send the frames of a change: orders first, then what they moved."""
        if change.order is not None and _ORDERS in self.private:
            item = self.dialect.venue.instruments[change.order.symbol]
            for row in order_events(change.cause, change.order, item):
                self._push(_ORDERS, "orderChange", row, item.symbol)
        if _BALANCES in self.private:
            for held in change.balances:
                self._push(_BALANCES, "account.balance", balance_row(change, held))

    def revoked(self, account: Account) -> None:
        """End the connection of a key that was taken back."""
        self.end(1000, "token is expired")

    def _push(self, topic: str, subject: str, row: dict[str, Any], symbol: str = "") -> None:
        assert self.account is not None
        frame = {"topic": topic, "type": "message", "subject": subject, "userId": f"{self.account.number:024x}"}
        text = encode(frame | {"channelType": "private", "data": row})
        self.push(Frame(text, DATA, PRIVATE_TOPICS[topic], topic, symbol))
