"""Gate spot: the account of one user.

There is no login: every subscription is signed. Orders, fills and balances come by channels of their own.

Source: Gate API v4 documentation (spot web socket: authentication, orders, user trades, balances; REST spot and its
signature), state of 2026-04. The lists of open orders, of finished ones and of own trades by REST are from general
knowledge.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from hashlib import sha512
from typing import Any

import msgspec

from ...exceptions import BtApiError
from ..account_base import (
    LoginCommand,
    PrivateSide,
    SignedCall,
    encoded,
)
from ..base import Ack, Channel, Command, Control, Pages, Request
from .account_rows import Account, Balance, Fill, Order
from .wire import ADVICE, ALREADY, PACE, REST, TESTNET_REST, Results, endpoint, envelope, failure, label_of, notice

_PAGE = 100
_NO_BODY = sha512().hexdigest()
_ORDER = Channel(None, Order)
_ORDERS = Channel(None, Order, many=True)
_OPEN = Channel(None, Order, ("*", "orders"), many=True)  # grouped by markets
_FILLS = Channel(None, Fill, many=True)
_ACCOUNTS = Channel(None, Account, many=True)


class GateioAccount(PrivateSide):
    """The spot orders and the balances of one Gate key. No channel begins with the present state."""

    name = "GATEIO___SPOT"
    rest = REST
    testnet_rest = TESTNET_REST
    is_timed = True
    endpoints = {"account": endpoint(private=True)}
    channels = {
        "spot.orders": Results(None, Order),
        "spot.usertrades": Results(None, Fill),
        "spot.balances": Results(None, Balance),
    }
    names = tuple(channels)
    advice = ADVICE
    cancels = frozenset({"expired"})

    def login(self, now_ms: int, ids: Iterator[int]) -> None:
        return None

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        query, moment = encoded(request.query), str(now_ms // 1000)
        signature = self._signature(f"GET\n{request.path}\n{query}\n{_NO_BODY}\n{moment}")
        return SignedCall(query, {"KEY": self.key("api_key"), "SIGN": signature, "Timestamp": moment})

    def _signature(self, text: str) -> str:
        return hmac.digest(self.key("secret").encode(), text.encode(), sha512).hex()

    def route(self, payload: bytes) -> str | None:
        frame = envelope(payload)
        return frame.channel if frame.is_data else None

    def command(self, verb: str, name: str, number: int) -> Command:
        moment = self.now_ms // 1000
        frame: dict[str, Any] = {"time": moment, "id": number, "channel": name, "event": verb}
        if name != "spot.balances":
            frame["payload"] = ["!all"]
        signature = self._signature(f"channel={name}&event={verb}&time={moment}")
        frame["auth"] = {"method": "api_key", "KEY": self.key("api_key"), "SIGN": signature}
        return LoginCommand(msgspec.json.encode(frame).decode(), (name,), str(number))

    def control(self, payload: bytes) -> list[Control]:
        frame = envelope(payload)
        if frame.event not in ("subscribe", "unsubscribe"):
            return [notice(frame)]
        if frame.error is None:
            return [Ack(id=frame.number, name=frame.channel)]
        label, text = label_of(frame.error)
        if text.startswith(ALREADY):
            return [Ack(id=frame.number, name=frame.channel)]
        return [self.refusal(text, label, id=frame.number, name=frame.channel)]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def balances(self) -> Pages:
        yield _asked("accounts", _ACCOUNTS)

    def open_orders(self) -> Pages:
        page = 1
        while True:
            query = {"page": str(page), "limit": str(_PAGE)}
            rows = yield _asked("open_orders", _OPEN, query)
            if len(rows) < _PAGE:
                return
            page += 1

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        yield _asked(f"orders/{order_id}", _ORDER, {"currency_pair": venue_symbol})

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        yield from _pages("orders", _ORDERS, {"status": "finished", "from": str(since_ms // 1000)})

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        yield from _pages("my_trades", _FILLS, {"from": str(since_ms // 1000)})


def _asked(call: str, channel: Channel, query: dict[str, str] | None = None) -> Request:
    return Request(f"/api/v4/spot/{call}", channel, query or {}, PACE, signed=True)


def _pages(call: str, channel: Channel, query: dict[str, str]) -> Pages:
    """Ask for a list by pages, newest first; what is added meanwhile moves the rest back and comes twice."""
    page = 1
    while True:
        rows = yield _asked(call, channel, {**query, "page": str(page), "limit": str(_PAGE)})
        if len(rows) < _PAGE:
            return
        page += 1
