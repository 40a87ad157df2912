"""OKX private websocket: login, orders, account, positions, balance_and_position.

Source: OKX v5 documentation, "WebSocket login", "Connection count limit", "Order channel", "Account channel",
"Positions channel", "Balance and position channel", July 2026.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...account import Account, AccountBalance, AccountChange, AccountPosition
from ...contracts import mark_price
from ...faults import DATA, Frame
from ...text import decimal_text, encode
from ..base import UnknownTopicError
from .account_rows import account_row, light_position_row, order_push, position_row, total_usd
from .figures import inst_id, inst_type
from .keys import RefusedError, check_login
from .session import OkxSession

if TYPE_CHECKING:
    from .venue import Okx

PRIVATE_PATH = "/ws/v5/private"
_KINDS = {"orders": "orders", "account": "balances", "positions": "positions", "balance_and_position": "balances"}
_INST_TYPES = ("ANY", "SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION")
_PAGE = 10  # currencies, or positions, in one push of a snapshot
_REGULAR_S = 5.0
_MOST_CONNECTIONS = 30  # per channel and account
_CHANGED_CASH = ("fill", "transfer")
_EVENTS = {"fill": "filled", "transfer": "transferred"}


class _Subscription:
    """One argument that a client subscribed to."""

    def __init__(self, arg: Mapping[str, Any], every_s: float | None, now: float) -> None:
        self.arg = arg
        self.channel: str = arg["channel"]
        self.every_s = every_s  # between regular pushes; None: only on events
        self.pushed = now
        self.is_muted = False  # one connection too many: acknowledged, and silent


class PrivateSession(OkxSession):
    """A client of the private socket."""

    dialect: Okx

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._subscriptions: dict[str, _Subscription] = {}

    def listens_to(self, channel: str, account: Account) -> bool:
        """Tell whether this connection counts for a channel of an account."""
        return self.account is account and any(one.channel == channel for one in self._subscriptions.values())

    # -- requests ----------------------------------------------------------------------------------------------

    def log_in(self, message: Mapping[str, Any], arg: Any) -> None:
        """Check a login; one that fails ends the connection."""
        if self.account is not None:
            self.dialect.refuse(self, message, "60010", "User already logged in")
            return
        try:
            self.listen(check_login(self.dialect, arg))
        except RefusedError as error:
            self.dialect.refuse(self, message, error.code, str(error))
            self.end(4001, "Login failed")
            return
        self.reply({"event": "login", "code": "0", "msg": "", "connId": self.connection})

    def subscribe(self, message: Mapping[str, Any], arg: Mapping[str, Any]) -> None:
        """Take a subscription, then send what the channel begins with."""
        if self.account is None:
            self.dialect.refuse(self, message, "60011", "Please log in")
            return
        try:
            subscription = self._checked(arg)
        except UnknownTopicError:
            self.dialect.refuse_channel(self, message, arg)
            return
        except ValueError:
            self.dialect.refuse(self, message, "60013", "Invalid args")
            return
        name = _name(arg)
        is_new = name not in self._subscriptions
        if is_new:
            self._subscriptions[name] = subscription
            self.dialect.venue.stats.subscribes += 1
        self.dialect.acknowledge(self, message, arg)
        if is_new:
            self._count(subscription)
            if not subscription.is_muted:
                self._snapshot(subscription)

    def unsubscribe(self, message: Mapping[str, Any], arg: Mapping[str, Any]) -> None:
        """End a subscription."""
        self._subscriptions.pop(_name(arg), None)
        self.dialect.acknowledge(self, message, arg)

    def _checked(self, arg: Mapping[str, Any]) -> _Subscription:
        channel = arg["channel"]
        if channel not in _KINDS:
            raise UnknownTopicError(channel)
        if channel in ("orders", "positions") and arg.get("instType") not in _INST_TYPES:
            raise ValueError(arg.get("instType"))
        if "instId" in arg:
            item = self.dialect.instrument(str(arg["instId"]))
            if item.symbol in self.dialect.venue.faults.rejected:
                raise UnknownTopicError(item.symbol)
        every_s = _REGULAR_S if channel in ("account", "positions") else None
        if "extraParams" in arg:
            extra = json.loads(arg["extraParams"])  # text inside the JSON
            interval = int(extra.get("updateInterval", _REGULAR_S * 1000))
            every_s = interval / 1000 if interval else None
        return _Subscription(arg, every_s, self.dialect.venue.now())

    def _count(self, subscription: _Subscription) -> None:
        """Tell how many connections the account has on a channel; one too many gets no data."""
        assert self.account is not None
        channel, account = subscription.channel, self.account
        sessions = self.dialect.sessions
        count = sum(1 for one in sessions if isinstance(one, PrivateSession) and one.listens_to(channel, account))
        subscription.is_muted = count > _MOST_CONNECTIONS
        event = "channel-conn-count-error" if subscription.is_muted else "channel-conn-count"
        told = str(min(count, _MOST_CONNECTIONS))
        self.reply({"event": event, "channel": channel, "connCount": told, "connId": self.connection})

    # -- pushes ------------------------------------------------------------------------------------------------

    def push_regularly(self, now: float) -> None:
        """Send the present state where that is due, as the venue does beside the events."""
        for one in list(self._subscriptions.values()):
            if one.every_s is not None and now - one.pushed >= one.every_s:
                one.pushed = now
                if not one.is_muted:
                    self._snapshot(one)

    def changed(self, account: Account, change: AccountChange) -> None:
        """Send the pushes of a change."""
        for one in list(self._subscriptions.values()):
            if one.is_muted:
                continue
            if one.channel == "orders" and change.order is not None:
                item = self.dialect.venue.instruments[change.order.symbol]
                if _concerns(one.arg, inst_type(item), inst_id(item)):
                    self._send(one, {"data": [order_push(change.order, item)]}, item.symbol)
            elif one.channel == "account" and change.balances:
                held = [row for row in change.balances if one.arg.get("ccy") in (None, "", row.asset)]
                if held:
                    self._send(one, {"eventType": "event_update", "data": [self._account_row(held, change.ms)]})
            elif one.channel == "positions" and change.position is not None:
                rows = self._position_rows(one, [change.position], change.ms)
                if rows:
                    self._send(one, {"eventType": "event_update", "data": rows})
            elif one.channel == "balance_and_position":
                moved = list(change.balances) if change.cause in _CHANGED_CASH else []
                positions = [change.position] if change.position is not None else []
                if moved or positions:
                    event = _EVENTS.get(change.cause, "filled")
                    self._send(one, {"data": [self._light_row(event, change.ms, moved, positions, change)]})

    def revoked(self, account: Account) -> None:
        """End the connection of a key that was taken back."""
        self.end(4007, "API key changed")

    def _snapshot(self, one: _Subscription) -> None:
        assert self.account is not None
        now = self.dialect.venue.server_ms()
        held = [row for row in self.account.balances().values() if row.total]
        if one.channel == "account":
            chosen = [row for row in held if one.arg.get("ccy") in (None, "", row.asset)]
            self._send_pages(one, [self._account_row(part, now) for part in _pages(chosen)])
        elif one.channel == "positions":
            pages = _pages(self._position_rows(one, self.account.positions(), now))
            for number, part in enumerate(pages, 1):
                paging = {"eventType": "snapshot", "curPage": number, "lastPage": number == len(pages)}
                self._send(one, paging | {"data": part})
        elif one.channel == "balance_and_position":
            self._send(one, {"data": [self._light_row("snapshot", now, held, self.account.positions(), None)]})

    def _send_pages(self, one: _Subscription, rows: Sequence[Any]) -> None:
        for number, row in enumerate(rows, 1):
            paging = {"eventType": "snapshot", "curPage": number, "lastPage": number == len(rows)}
            self._send(one, paging | {"data": [row]})

    def _account_row(self, held: Sequence[AccountBalance], ms: int) -> dict[str, Any]:
        assert self.account is not None
        total = total_usd(self.account.balances().values(), self.dialect.venue.instruments)
        return account_row(held, total, ms)

    def _position_rows(self, one: _Subscription, positions: Sequence[AccountPosition], ms: int) -> list[dict[str, Any]]:
        """Return the rows of those positions that were subscribed to."""
        rows = []
        for held in positions:
            market = self.dialect.venue.market(held.symbol)
            item = market.instrument
            if _concerns(one.arg, inst_type(item), inst_id(item)):
                rows.append(position_row(held, item, mark_price(market), ms))
        return rows

    def _light_row(
        self,
        event: str,
        ms: int,
        held: Sequence[AccountBalance],
        positions: Sequence[AccountPosition],
        change: AccountChange | None,
    ) -> dict[str, Any]:
        order = change.order if change is not None else None
        instruments = self.dialect.venue.instruments
        trades = []
        if order is not None and order.last is not None:
            trades = [{"instId": inst_id(instruments[order.symbol]), "tradeId": order.last.trade_id}]
        cash = [{"ccy": row.asset, "cashBal": decimal_text(row.total), "uTime": str(row.ms)} for row in held]
        return {
            "pTime": str(ms),
            "eventType": event,
            "balData": cash,
            "posData": [light_position_row(row, instruments[row.symbol]) for row in positions],
            "trades": trades,
        }

    def _send(self, one: _Subscription, payload: dict[str, Any], symbol: str = "") -> None:
        assert self.account is not None
        arg = dict(one.arg) | {"uid": str(77_982_378_738_415_878 + self.account.number)}
        self.push(Frame(encode({"arg": arg} | payload), DATA, _KINDS[one.channel], one.channel, symbol))


def _concerns(arg: Mapping[str, Any], product: str, name: str) -> bool:
    family = "-".join(name.split("-")[:2])
    return (
        arg.get("instType") in ("ANY", product)
        and arg.get("instId") in (None, "", name)
        and arg.get("instFamily") in (None, "", family)
    )


def _pages(rows: Sequence[Any]) -> list[Sequence[Any]]:
    return [rows[start : start + _PAGE] for start in range(0, max(1, len(rows)), _PAGE)]


def _name(arg: Mapping[str, Any]) -> str:
    return json.dumps(arg, sort_keys=True)
