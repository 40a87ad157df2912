"""HTX contract notifications of an account: log in, orders, positions, margin.

Source: HTX USDT-margined contracts API reference, "Orders and Accounts WebSocket Interfaces", 2021 to 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...account import Account, AccountChange, AccountPosition
from ...contracts import mark_price
from ...faults import DATA, Frame
from ...margin import MarginAccount
from ...text import encode
from ..base import Request, UnknownTopicError
from .keys import RefusedError, check_request
from .swap_account_rows import margin_rows, order_push, position_row
from .swap_session import NotificationSession

_KINDS = {"orders_cross": "orders", "positions_cross": "positions", "accounts_cross": "balances"}
_PRIVATE = re.compile(r"(orders_cross|positions_cross|accounts_cross)\.(.+)")
_ALL = "*"
_REGULAR_S = 5.0
_MOST_CONNECTIONS = 30
_EVENTS = {"place": "order.open", "fill": "order.match", "cancel": "order.cancel"}


class AccountSession(NotificationSession):
    """A client of the notifications that may show a key."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._channels: dict[str, str] = {}  # by word: symbol's key or *
        self._pushed = self.opened

    def command(self, message: Mapping[str, Any], operation: str, topic: str) -> None:
        match = _PRIVATE.fullmatch(topic)
        if match is None:
            super().command(message, operation, topic)
        elif self.account is None:
            self.answer(message, 2002, "Authentication required.")
        elif operation == "unsub":
            if self._channels.pop(match[1], None) is None:
                self.answer(message, 2012, "Topic not subscribed.")
            else:
                self.answer(message)
        elif self.is_too_often():
            self.answer(message, 2004, "Number of visits exceeds limit.")
        else:
            self._listen(message, *match.groups())

    def _listen(self, message: Mapping[str, Any], word: str, name: str) -> None:
        key = name
        if name != _ALL and word != "accounts_cross":
            try:
                key = self.dialect.instrument(name.upper()).symbol
            except UnknownTopicError:
                self.answer(message, 2011, "Contract doesn't exist.")
                return
        if key in self.dialect.venue.faults.rejected:
            self.answer(message, 2011, "Contract doesn't exist.")
            return
        self._channels[word] = key
        self.dialect.venue.stats.subscribes += 1
        self.answer(message)
        self._tell_all(word, "init")

    def log_in(self, message: Mapping[str, Any]) -> None:
        """Check a login; one that fails ends the connection."""
        try:
            if self.account is not None:
                self.answer(message, 2005, "Connection has been authenticated.")
                return
            fields = {name: text for name, text in message.items() if isinstance(text, str)}
            signed = {name: text for name, text in fields.items() if name not in ("op", "type", "cid")}
            account = check_request(self.dialect, Request("GET", self.path, signed, "", {"host": self.host}, b""))
        except RefusedError as error:
            self.answer(message, 2003, f"Authentication failed. {error}")
            self.end(1000, "auth fail")
            return
        others = [one for one in self.dialect.sessions if isinstance(one, AccountSession)]
        if sum(one.account is account for one in others) >= _MOST_CONNECTIONS:
            self.dialect.venue.stats.breaches["connections per user"] += 1
            self.answer(message, 2030, "Exceeds connection limit of single user.")
            return
        self.listen(account)
        self.answer(message, data={"user-id": self._uid})

    @property
    def _uid(self) -> str:
        assert self.account is not None
        return str(35_930_538 + self.account.number)

    # -- pushes ------------------------------------------------------------------------------------------------

    def push_regularly(self, now: float) -> None:
        """Send margin and positions as they are, as the venue does beside the events."""
        if self.account is not None and now - self._pushed >= _REGULAR_S:
            self._pushed = now
            for word in self._channels:
                self._tell_all(word, "snapshot")

    def _tell_all(self, word: str, event: str) -> None:
        assert self.account is not None
        if word == "positions_cross":
            self._tell_positions(event, self.account.positions())
        elif word == "accounts_cross":
            self._tell_margin(event)

    def changed(self, account: Account, change: AccountChange) -> None:
        """Send the pushes of a change."""
        event = _EVENTS.get(change.cause, "order.close" if change.order is not None else "snapshot")
        order = change.order
        if order is not None and self._concerns("orders_cross", order.symbol):
            item = self.dialect.venue.instruments[order.symbol]
            self._send("orders_cross", order_push(order, item, self._uid, change.ms), order.symbol)
        if change.position is not None:
            self._tell_positions(event, [change.position])
        if change.balances and "accounts_cross" in self._channels:
            self._tell_margin(event)

    def revoked(self, account: Account) -> None:
        """End the connection of a key that was taken back."""
        self.end(1000, "auth fail")

    def _concerns(self, word: str, symbol: str) -> bool:
        return self._channels.get(word) in (_ALL, symbol)

    def _tell_positions(self, event: str, positions: list[AccountPosition]) -> None:
        rows = []
        for held in positions:
            if self._concerns("positions_cross", held.symbol):
                market = self.dialect.venue.market(held.symbol)
                rows.append(position_row(held, market.instrument, mark_price(market)))
        if rows:
            self._notify("positions_cross", event, rows)

    def _tell_margin(self, event: str) -> None:
        assert isinstance(self.account, MarginAccount)
        asset = self._channels["accounts_cross"]
        self._notify("accounts_cross", event, margin_rows(self.account, "" if asset == _ALL else asset))

    def _notify(self, word: str, event: str, rows: list[dict[str, Any]]) -> None:
        head = {"op": "notify", "topic": word, "ts": self.dialect.venue.server_ms(), "event": event}
        self._send(word, head | {"data": rows, "uid": self._uid})

    def _send(self, word: str, payload: Mapping[str, Any], symbol: str = "") -> None:
        self.push(Frame(encode(payload), DATA, _KINDS[word], word, symbol))
