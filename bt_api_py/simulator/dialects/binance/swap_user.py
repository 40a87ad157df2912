"""Binance USD-M user streams: a socket whose address holds a listen key.

Source: USD-M futures documentation, "User Data Streams", May 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...account import Account, AccountChange
from ...faults import DATA, Frame
from ...text import encode
from .session import SwapSession
from .swap_account_rows import account_update, order_update

if TYPE_CHECKING:
    from .swap import BinanceSwap


class SwapUserSession(SwapSession):
    """The events of one account. A key that is nobody's opens a socket like any other, and nothing comes."""

    dialect: BinanceSwap

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.listen_key = self.query.get("listenKey") or self.path.rpartition("/")[2]
        account = self.dialect.holder(self.listen_key)
        if account is not None:
            self.listen(account)
            self.dialect.venue.stats.subscribes += 1

    def changed(self, account: Account, change: AccountChange) -> None:
        """Send the events of a change: orders that only rest or end leave the balances untold."""
        if change.order is not None:
            self._event("orders", order_update(change, change.order), change.order.symbol)
        if change.cause in ("fill", "transfer", "position"):
            self._event("balances", account_update(change))

    def revoked(self, account: Account) -> None:
        """End what belongs to a key that was taken back."""
        self.expire()

    def expire(self) -> None:
        """Say that the listen key has run out; the socket stays open, and silent."""
        self.reply(
            self._framed({"e": "listenKeyExpired", "E": self.dialect.venue.server_ms(), "listenKey": self.listen_key})
        )
        self.closed()

    def _event(self, topic: str, event: dict[str, Any], symbol: str = "") -> None:
        self.push(Frame(encode(self._framed(event)), DATA, topic, event["e"], symbol))

    def _framed(self, event: dict[str, Any]) -> dict[str, Any]:
        return {"stream": self.listen_key, "data": event} if self.combined else event
