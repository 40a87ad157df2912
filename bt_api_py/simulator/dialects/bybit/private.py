"""Bybit private websocket: login, order, execution, wallet, position.

Source: Bybit v5 documentation, "Connect", "Private streams", July 2026.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...account import Account, AccountChange
from ...faults import DATA, Frame
from ...margin import MarginAccount
from ...text import encode
from ..parameters import RestError
from .account_rows import execution_row, order_row, position_row, wallet_row
from .keys import check_login
from .session import BybitSession

if TYPE_CHECKING:
    from .venue import Bybit

PRIVATE_PATH = "/v5/private"
_KINDS = {"order": "orders", "execution": "fills", "wallet": "balances", "position": "positions"}
_CATEGORIES = ("spot", "linear", "inverse", "option")
_NAMES = {"wallet", *(f"{word}{end}" for word in _KINDS for end in ("", *(f".{one}" for one in _CATEGORIES)))}


class PrivateSession(BybitSession):
    """A client of the private socket."""

    dialect: Bybit

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._names: dict[str, None] = {}

    def pong(self, message: Mapping[str, Any]) -> dict[str, Any]:
        number, now = message.get("req_id", ""), str(self.dialect.venue.server_ms())
        return {"op": "pong", "args": [now], "req_id": number, "conn_id": self.connection}

    # -- requests ----------------------------------------------------------------------------------------------

    def log_in(self, args: Any) -> None:
        """Check a login."""
        answer = {"op": "auth", "connId": self.connection}
        try:
            self.listen(check_login(self.dialect, args))
        except RestError as error:
            self.reply(answer | {"success": False, "retCode": error.code, "retMsg": str(error)})
            return
        self.reply({"success": True, "ret_msg": "", "op": "auth", "conn_id": self.connection})

    def subscribe(self, message: Mapping[str, Any], names: Sequence[str]) -> None:
        """Take subscriptions, all or none of them; none begins with the present state."""
        words = self._objection(names)
        if words:
            self.dialect.refuse(self, message, words)
            return
        self._names |= dict.fromkeys(names)
        self.dialect.venue.stats.subscribes += len(names)
        self.dialect.acknowledge(self, message)

    def _objection(self, names: Sequence[str]) -> str:
        if self.account is None:
            return "Request not authorized"
        for name in names:
            if name not in _NAMES:
                return f"error:handler not found,topic:{name}"
        if len({"." in name for name in names if name != "wallet"}) > 1:
            return "error:topics of one category and of all of them in one request"
        return ""

    def unsubscribe(self, message: Mapping[str, Any], names: Sequence[str]) -> None:
        """End subscriptions."""
        for name in names:
            self._names.pop(name, None)
        self.dialect.acknowledge(self, message)

    # -- pushes ------------------------------------------------------------------------------------------------

    def changed(self, account: Account, change: AccountChange) -> None:
        """Send the pushes of a change."""
        dialect, order = self.dialect, change.order
        if order is not None:
            self._send("order", [order_row(order, dialect.category)], change, order.symbol)
            if order.last is not None:
                self._send("execution", [execution_row(order.last, order, dialect.category)], change, order.symbol)
        if change.balances:
            self._send("wallet", [wallet_row(account, change.balances, dialect.markets_of(account))], change)
        symbol = order.symbol if order is not None else change.position.symbol if change.position is not None else ""
        if symbol and isinstance(account, MarginAccount):
            # A position is told with every order, also where it is what it was.
            row = position_row(account.position_of(symbol), dialect.venue.market(symbol), "entryPrice")
            self._send("position", [row], change, symbol)

    def revoked(self, account: Account) -> None:
        """End the connection of a key that was taken back."""
        self.end(1000, "API key deleted")

    def _send(self, word: str, rows: Sequence[dict[str, Any]], change: AccountChange, symbol: str = "") -> None:
        assert self.account is not None
        name = next((one for one in (word, f"{word}.{self.dialect.category}") if one in self._names), None)
        if name is None:
            return
        number = f"{592_324 + self.account.number}-{change.number}-{word}"
        payload = {"id": number, "topic": name, "creationTime": self.dialect.venue.server_ms(), "data": rows}
        self.push(Frame(encode(payload), DATA, _KINDS[word], word, symbol))
