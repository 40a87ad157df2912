"""Bitget private websocket: login, orders, account.

Source: Bitget API v2 documentation, "Websocket login", "Order channel", "Account channel", April 2026.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...account import Account, AccountChange
from ...faults import DATA, Frame
from ...text import encode
from ..base import UnknownTopicError
from .account_rows import balance_row, order_push
from .keys import RefusedError, check_login
from .session import BitgetSession

PRIVATE_PATH = "/v2/ws/private"
_EVERYTHING = "default"
_KINDS = {"orders": "orders", "account": "balances"}
_ABOUT = {"orders": "instId", "account": "coin"}  # what an argument names


class PrivateSession(BitgetSession):
    """A client of the private socket."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.account: Account | None = None
        self._about: dict[str, str] = {}  # by channel, what was asked for: one market or asset, or everything

    @property
    def is_private(self) -> bool:
        return self.account is not None

    def closed(self) -> None:
        if self.account is not None:
            self.account.listeners.pop(self, None)

    def log_in(self, args: Sequence[Any]) -> None:
        """Check a login; one that fails ends the connection."""
        try:
            self.account = check_login(self.dialect, args[0])
        except RefusedError as error:
            self.refuse(error.code, str(error))
            self.end(1000, "login failed")
            return
        self.account.listeners[self] = None
        self.reply({"event": "login", "code": 0, "msg": ""})

    def act(self, operation: str, arg: Mapping[str, Any]) -> None:
        if self.account is None:
            self.refuse(30004, "User needs to log in", {"arg": arg}, {"op": operation})
            return
        channel = str(arg.get("channel"))
        if operation == "unsubscribe":
            self._about.pop(channel, None)
            self.reply({"event": operation, "arg": arg})
            return
        about = str(arg.get(_ABOUT.get(channel, ""), ""))
        if channel not in _KINDS or arg.get("instType") != "SPOT" or not self._exists(channel, about):
            raise UnknownTopicError(channel)
        self._about[channel] = about
        self.dialect.venue.stats.subscribes += 1
        self.reply({"event": operation, "arg": arg})
        if channel == "account":
            self._push(channel, [balance_row(held) for held in self.account.balances().values() if held.total])

    def _exists(self, channel: str, about: str) -> bool:
        return about == _EVERYTHING or channel == "account" or about in self.dialect.venue.instruments

    def changed(self, account: Account, change: AccountChange) -> None:
        """Send the pushes of a change."""
        if "orders" in self._about and change.order is not None and self._wants("orders", change.order.symbol):
            self._push("orders", [order_push(change.order)], change.order.symbol)
        if "account" in self._about:
            rows = [balance_row(held) for held in change.balances if self._wants("account", held.asset)]
            if rows:
                self._push("account", rows)

    def _wants(self, channel: str, name: str) -> bool:
        return self._about[channel] in (_EVERYTHING, name)

    def revoked(self, account: Account) -> None:
        """End the connection of a key that was taken back."""
        self.end(1000, "key deleted")

    def _push(self, channel: str, rows: Sequence[Any], symbol: str = "") -> None:
        arg = {"instType": "SPOT", "channel": channel, _ABOUT[channel]: self._about[channel]}
        payload = {"action": "snapshot", "arg": arg, "data": rows, "ts": self.dialect.venue.server_ms()}
        self.push(Frame(encode(payload), DATA, _KINDS[channel], channel, symbol))
