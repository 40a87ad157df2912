"""BULK websocket connections: market data, accounts and trading on one socket.

Source: BULK API 1.0.15, "WebSocket", "Account stream", May 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ...account import Account, AccountChange, AccountFill
from ...faults import DATA, Frame
from ...limits import SlidingLimit
from ...margin import MarginAccount
from ...text import encode
from ..base import Session, Transport
from .account_rows import (
    ADL,
    LIQUIDATION,
    SETTLED_IN,
    account_row,
    fill_row,
    leverage_rows,
    margin_row,
    number,
    order_update,
    position_update,
)  # fmt: skip
from .figures import NS

if TYPE_CHECKING:
    from . import BulkSwap

PING_EVERY_S = 30
MOST_MESSAGES_PER_S = 1000
_KINDS = {  # what a fault calls it
    "orderUpdate": "orders",
    "cancelOneRejected": "orders",
    "cancelAllRejected": "orders",
    "fill": "fills",
    "marginUpdate": "balances",
    "positionUpdate": "positions",
}


class BulkSession(Session):
    """A client of the one socket."""

    dialect: BulkSwap

    def __init__(
        self,
        dialect: BulkSwap,
        transport: Transport,
        path: str,
        query: Mapping[str, str],
        number: int,
    ) -> None:
        super().__init__(dialect, transport, path, query, number)
        self.inbound = SlidingLimit(MOST_MESSAGES_PER_S, 1.0)
        self.next_ping = self.opened + PING_EVERY_S
        self.unanswered: float | None = None  # since when a ping waits for its pong
        self.accounts: dict[str, MarginAccount] = {}  # by topic

    def error(self, words: str) -> None:
        """Send an error that belongs to no request: the venue gives it no id."""
        self.reply({"type": "error", "error": {"message": words}})

    @property
    def is_private(self) -> bool:
        return bool(self.accounts)

    def closed(self) -> None:
        for topic in list(self.accounts):
            self.forget(topic)

    # -- accounts ----------------------------------------------------------------------------------------------

    def watch(self, topic: str, account: MarginAccount) -> None:
        """Tell of an account from now on."""
        self.accounts[topic] = account
        account.listeners[self] = None

    def forget(self, topic: str) -> None:
        """Tell of an account no more."""
        account = self.accounts.pop(topic, None)
        if account is not None:
            account.listeners.pop(self, None)

    def snapshot(self, topic: str) -> None:
        """Send an account as it is."""
        row = {"type": "accountSnapshot"} | account_row(self.dialect, self.accounts[topic])
        payload = {"type": "account", "topic": topic, "data": row}
        self.push(Frame(encode(payload), DATA, "account", "account"))

    def changed(self, account: Account, change: AccountChange) -> None:
        """Send what a change means in the venue's words."""
        assert isinstance(account, MarginAccount)  # what every account here is
        for row in self._rows(account, change):
            self.tell(account, row, _symbol_of(change))

    def tell(self, account: Account, row: Mapping[str, Any], symbol: str = "") -> None:
        """Send one message about an account, if the client listens to it."""
        for topic, known in self.accounts.items():
            if known is account:
                payload = {"type": "account", "data": row, "topic": topic}
                self.push(Frame(encode(payload), DATA, _KINDS.get(row["type"], "account"), "account", symbol))

    def revoked(self, account: Account) -> None:
        """End the connection of an account that is closed."""
        self.end(1008, "account closed")

    def _rows(self, account: MarginAccount, change: AccountChange) -> Iterator[dict[str, Any]]:
        order, position = change.order, change.position
        if order is not None and order.last is not None:
            if order.last.reason in (LIQUIDATION, ADL):
                yield self._forced(order.last, change)
            yield {"type": "fill"} | fill_row(self.dialect, order.last)
        if order is not None:
            yield order_update(self.dialect, order)
        if position is not None and (position.quantity or change.cause != "leverage"):
            yield position_update(self.dialect, account, position)
        if change.cause == "leverage":
            yield {"type": "leverageUpdate", "leverage": leverage_rows(self.dialect, account)}
        if change.balances:
            yield {"type": "marginUpdate"} | margin_row(account)

    def _forced(self, fill: AccountFill, change: AccountChange) -> dict[str, Any]:
        row: dict[str, Any] = {
            "type": fill.reason,
            "symbol": self.dialect.spelled(fill.symbol),
            "price": number(fill.price),
            "size": number(fill.quantity),
            "isBuy": fill.side == "buy",
        }
        if fill.reason == LIQUIDATION:
            after = next(held for held in change.balances if held.asset == SETTLED_IN)
            row |= {"marginPrior": number(change.before[SETTLED_IN].locked), "marginAfter": number(after.locked)}
        words = "margin shortfall" if fill.reason == LIQUIDATION else "underfill residual"
        return row | {"reason": words, "timestamp": fill.ms * NS}


def _symbol_of(change: AccountChange) -> str:
    subject = change.order or change.position
    return subject.symbol if subject is not None else ""
