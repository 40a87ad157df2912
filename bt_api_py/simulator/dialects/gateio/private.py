"""Gate private channels: orders, own trades and balances.

Source: Gate API v4 documentation, "Orders channel", "User trades channel", "Spot balance channel", April 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...account import Account, AccountChange
from ...faults import DATA, Frame
from ...text import encode
from .account_rows import balance_rows, order_row, trade_row
from .figures import pair

if TYPE_CHECKING:
    from . import GateioSpot
    from .session import GateioSession

PRIVATE_CHANNELS = {"spot.orders": "orders", "spot.usertrades": "fills", "spot.balances": "balances"}


class Subscriptions:
    """The private channels of one connection."""

    def __init__(self, dialect: GateioSpot, session: GateioSession, account: Account) -> None:
        self._dialect = dialect
        self._session = session
        self.account = account
        self.pairs: dict[str, set[str]] = {}  # by channel, which pairs; "!all" for all
        session.listen(account)

    def changed(self, change: AccountChange) -> None:
        """Send the frames of a change."""
        order = change.order
        if order is not None:
            item = self._dialect.venue.instruments[order.symbol]
            if order.last is not None and self._wants("spot.usertrades", pair(item)):
                self._send("spot.usertrades", [trade_row(order.last, item, self.account.number)], item.symbol)
            if self._wants("spot.orders", pair(item)):
                self._send("spot.orders", [order_row(order, item, self.account.number)], item.symbol)
        if change.balances and "spot.balances" in self.pairs:
            self._send("spot.balances", balance_rows(change, self.account.number))

    def _wants(self, channel: str, name: str) -> bool:
        return bool(self.pairs.get(channel, set()) & {"!all", name})

    def _send(self, channel: str, rows: Sequence[dict[str, Any]], symbol: str = "") -> None:
        now = self._dialect.venue.server_ms()
        payload = {"time": now // 1000, "time_ms": now, "channel": channel, "event": "update", "result": rows}
        self._session.push(Frame(encode(payload), DATA, PRIVATE_CHANNELS[channel], channel, symbol))
