"""Kraken private channels: executions and balances.

Source: Kraken documentation, "Executions", "Balances", July 2026.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...account import Account, AccountChange
from ...faults import DATA, Frame
from ...text import encode
from .account_rows import balance_row, event_rows, ledger_rows, snapshot_row

if TYPE_CHECKING:
    from . import KrakenSpot
    from .session import KrakenSession

PRIVATE_CHANNELS = {"executions": "orders", "balances": "balances"}


class Subscriptions:
    """The private channels of one connection; each counts its own frames."""

    def __init__(self, dialect: KrakenSpot, session: KrakenSession, account: Account) -> None:
        self._dialect = dialect
        self._session = session
        self._account = account
        self.channels: dict[str, int] = {}  # with the number of the last frame
        session.listen(account)

    def subscribe(self, message: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        """Take a subscription, then send what the channel begins with."""
        channel = params["channel"]
        if channel in self.channels:
            self._dialect.refuse(self._session, message, f"Already subscribed to {channel}")
            return
        self.channels[channel] = 0
        self._dialect.venue.stats.subscribes += 1
        wants_snapshot = params.get("snap_orders" if channel == "executions" else "snapshot", True)
        if channel == "executions":
            told: dict[str, Any] = {"maxratecount": 125, "snap_orders": wants_snapshot, "snap_trades": False}
        else:
            told = {"snapshot": wants_snapshot}
        self._dialect.acknowledge(self._session, message, {"channel": channel, **told})
        rows: list[dict[str, Any]] = []
        instruments = self._dialect.venue.instruments
        if channel == "balances":
            rows = [balance_row(held) for held in self._account.balances().values() if held.total]
        elif wants_snapshot:
            rows = [snapshot_row(order, instruments[order.symbol]) for order in self._account.orders(is_open=True)]
        if wants_snapshot:
            self._send(channel, "snapshot", rows)

    def unsubscribe(self, message: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        """End a subscription."""
        self.channels.pop(params["channel"], None)
        self._dialect.acknowledge(self._session, message, {"channel": params["channel"]})

    def changed(self, account: Account, change: AccountChange) -> None:
        """Send the frames of a change."""
        order = change.order
        if "executions" in self.channels and order is not None:
            item = self._dialect.venue.instruments[order.symbol]
            for row in event_rows(change.cause, order, item):
                self._send("executions", "update", [row], item.symbol)
        if "balances" in self.channels:
            rows = ledger_rows(change)
            if rows:
                self._send("balances", "update", rows)

    def _send(self, channel: str, kind: str, rows: Sequence[dict[str, Any]], symbol: str = "") -> None:
        self.channels[channel] += 1
        payload = {"channel": channel, "type": kind, "data": rows, "sequence": self.channels[channel]}
        self._session.push(Frame(encode(payload), DATA, PRIVATE_CHANNELS[channel], channel, symbol))
