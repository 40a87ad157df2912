"""Hyperliquid websocket connections: market data and accounts on one socket.

Source: Hyperliquid documentation, "WebSocket", "Subscriptions", May 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...account import Account, AccountChange
from ...faults import DATA, Frame
from ...margin import MarginAccount
from ...text import encode
from ..base import Session
from .account_rows import CHANGES, coin, fill_row, order_row, state_row, terms_row

if TYPE_CHECKING:
    from . import HyperliquidSwap

_MOST_PAST = 2000  # fills with which a subscription begins


class HyperliquidSession(Session):
    """A client of the one socket."""

    dialect: HyperliquidSwap

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.watched: dict[str, tuple[str, MarginAccount]] = {}  # by topic: channel and account

    def error(self, words: str) -> None:
        """Send an error: it has no id, and quotes what it is about."""
        self.reply({"channel": "error", "data": words})

    def confirm(self, method: str, subscription: dict[str, Any]) -> None:
        """Confirm a command, with the options that it left out."""
        options = {"nSigFigs": None, "mantissa": None} if subscription["type"] == "l2Book" else {}
        data = {"method": method, "subscription": {**options, **subscription}}
        self.reply({"channel": "subscriptionResponse", "data": data})

    # -- accounts ----------------------------------------------------------------------------------------------

    @property
    def is_private(self) -> bool:
        return bool(self.watched)

    def closed(self) -> None:
        for name in list(self.watched):
            self.forget(name)

    def watch(self, name: str, channel: str, account: MarginAccount) -> None:
        """Tell of an account from now on; of fills and holdings, how it stands."""
        self.watched[name] = channel, account
        account.listeners[self] = None
        if channel == "userFills":
            past = [fill_row(self.dialect, fill) for fill in account.fills()[: -_MOST_PAST - 1 : -1]]
            self._tell(channel, {"isSnapshot": True, "user": account.api_key, "fills": past})
        elif channel == "clearinghouseState":
            self._tell(channel, self._state(account))

    def forget(self, name: str) -> None:
        """Tell of an account no more."""
        known = self.watched.pop(name, None)
        if known is not None and known[1] not in (account for _, account in self.watched.values()):
            known[1].listeners.pop(self, None)

    def changed(self, account: Account, change: AccountChange) -> None:
        """Send what a change means in the venue's words."""
        assert isinstance(account, MarginAccount)  # what every account here is
        order, dialect = change.order, self.dialect
        channels = [channel for channel, known in self.watched.values() if known is account]
        symbol = coin(dialect, order.symbol) if order is not None else ""
        if order is not None and order.last is not None and "userFills" in channels:
            self._tell("userFills", {"user": account.api_key, "fills": [fill_row(dialect, order.last)]}, symbol)
        if order is not None and "orderUpdates" in channels:
            self._tell("orderUpdates", [order_row(order, terms_row(dialect, order))], symbol)
        if "clearinghouseState" in channels:
            self._tell("clearinghouseState", self._state(account))

    def revoked(self, account: Account) -> None:
        """End the connection of an account that is closed."""
        self.end(1008, "account closed")

    def _state(self, account: MarginAccount) -> dict[str, Any]:
        return {"dex": "", "user": account.api_key, "clearinghouseState": state_row(self.dialect, account)}

    def _tell(self, channel: str, data: Any, symbol: str = "") -> None:
        self.push(Frame(encode({"channel": channel, "data": data}), DATA, CHANGES[channel], channel, symbol))
