"""HTX private websocket (`/ws/v2`): log in, orders, fills with fees, balances. Plain text, unlike the others.

Source: HTX spot API reference, "Websocket Asset and Order", 2021, with later client reports.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ...account import Account, AccountChange
from ...faults import DATA, Frame
from ...limits import SlidingLimit
from ...text import encode
from ..base import UnknownTopicError, parse_object
from .account_rows import balance_pushes, clearing_push, order_push
from .keys import RefusedError, check_login
from .session import HtxSession

if TYPE_CHECKING:
    from .spot import HtxSpot

PRIVATE_PATH = "/ws/v2"
_MOST_CONNECTIONS = 10  # per key
_REQUESTS_PER_S = 50
_ENDS = ("cancel", "expire")
_ALL = "*"


class PrivateSession(HtxSession):
    """A client of the private socket."""

    dialect: HtxSpot
    ping_every_s: ClassVar[int] = 20

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.is_binary = False
        self.requests = SlidingLimit(_REQUESTS_PER_S, 1.0)
        self._channels: dict[str, tuple[str, str, str]] = {}  # by channel: topic, symbol's key or *, mode

    def ask(self, stamp: int) -> None:
        """Send a ping in this socket's form."""
        self.reply({"action": "ping", "data": {"ts": stamp}})

    def end_unanswered(self) -> None:
        """End a connection whose client left pings unanswered."""
        self.end(1003, "time out close")

    # -- requests ----------------------------------------------------------------------------------------------

    def received(self, text: str) -> None:
        try:
            message = parse_object(text)
        except ValueError:
            self._refuse({}, 2001, "invalid.json")
            return
        action, channel = message.get("action"), message.get("ch")
        if action == "pong":
            data = message.get("data")
            if isinstance(data, dict):
                self.answered(data.get("ts"))
        elif not self.requests.allow(self.dialect.venue.now()):
            self.dialect.venue.stats.breaches["requests per second"] += 1
            self._refuse(message, 4000, "too.many.request")
        elif action == "req" and channel == "auth":
            self._log_in(message)
        elif action not in ("sub", "unsub"):
            self._refuse(message, 2001, "invalid.action")
        elif self.account is None:
            self._refuse(message, 2002, "invalid.auth.state")
        elif action == "sub":
            self._subscribe(message, str(channel))
        elif self._channels.pop(str(channel), None) is None:
            self._refuse(message, 2001, "invalid.ch")
        else:
            self._accept(message)

    def _log_in(self, message: Mapping[str, Any]) -> None:
        try:
            if self.account is not None:
                raise RefusedError(2002, "invalid.auth.state")
            account = check_login(self.dialect, message.get("params"), self.host, self.path)
            others = [one for one in self.dialect.sessions if isinstance(one, PrivateSession)]
            if sum(one.account is account for one in others) >= _MOST_CONNECTIONS:
                self.dialect.venue.stats.breaches["connections per key"] += 1
                raise RefusedError(4000, "too.many.connection")
        except RefusedError as error:
            self._refuse(message, error.code, str(error))
            return
        self.listen(account)
        self._accept(message)

    def _subscribe(self, message: Mapping[str, Any], channel: str) -> None:
        try:
            parsed = self._parsed(channel)
        except UnknownTopicError as error:
            self._refuse(message, 2001, str(error))
            return
        is_new = channel not in self._channels
        self._channels[channel] = parsed
        self._accept(message)
        if is_new:
            self.dialect.venue.stats.subscribes += 1
            self._greet(channel, parsed)

    def _parsed(self, channel: str) -> tuple[str, str, str]:
        match = re.fullmatch(r"accounts\.update(?:#([012]))?", channel)
        if match is not None:
            return "balances", _ALL, match[1] or "0"
        match = re.fullmatch(r"(?:(orders)|trade\.clearing)#([^#]+)(?:#([01]))?", channel)
        if match is None or (match[1] and match[3]):
            raise UnknownTopicError("invalid.ch")
        symbol = match[2]
        if symbol != _ALL:
            try:
                symbol = self.dialect.instrument(symbol).symbol
            except UnknownTopicError:
                raise UnknownTopicError("invalid.symbol") from None
            if symbol in self.dialect.venue.faults.rejected:
                raise UnknownTopicError("invalid.symbol")
        return "orders" if match[1] else "fills", symbol, match[3] or "0"

    def _accept(self, message: Mapping[str, Any]) -> None:
        self.reply({"action": message["action"], "code": 200, "ch": message["ch"], "data": {}})

    def _refuse(self, message: Mapping[str, Any], code: int, words: str) -> None:
        named = {name: message[name] for name in ("action", "ch") if name in message}
        head = {"action": named["action"]} if "action" in named else {}
        tail = {"ch": named["ch"]} if "ch" in named else {}
        self.reply(head | {"code": code} | tail | {"message": words})

    # -- pushes ------------------------------------------------------------------------------------------------

    def _greet(self, channel: str, parsed: tuple[str, str, str]) -> None:
        """Send the balances as they are; orders and fills have no beginning."""
        topic, _, mode = parsed
        if topic == "balances" and self.account is not None:
            last = self.account.changes[-1]
            held = tuple(self.account.balances().values())
            present = AccountChange(last.number, "open", last.ms, balances=held)
            for row in balance_pushes(self.account, present, mode, is_first=True):
                self._push(topic, channel, row)

    def changed(self, account: Account, change: AccountChange) -> None:
        """Send the pushes of a change."""
        order = change.order
        for channel, (topic, key, mode) in list(self._channels.items()):
            if topic == "balances":
                for row in balance_pushes(account, change, mode, is_first=False):
                    self._push(topic, channel, row)
            elif order is not None and key in (_ALL, order.symbol):
                # what comes over a wildcard names the symbol in its channel
                named = channel.replace(f"#{_ALL}", f"#{order.symbol.lower()}")
                if topic == "orders":
                    self._push(topic, named, order_push(change, order, account), order.symbol)
                elif change.cause == "fill" or (mode == "1" and change.cause in _ENDS):
                    self._push(topic, named, clearing_push(change, order, account), order.symbol)

    def revoked(self, account: Account) -> None:
        """End the connection of a key that was taken back."""
        self.end(1000, "auth.fail")

    def _push(self, topic: str, channel: str, row: Mapping[str, Any], symbol: str = "") -> None:
        payload = encode({"action": "push", "ch": channel, "data": row})
        self.push(Frame(payload, DATA, topic, channel.partition("#")[0], symbol))
