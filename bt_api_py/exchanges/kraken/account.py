"""Kraken spot: the account of one user.

A token fetched by REST stands for the login; every subscription carries it.

Source: Kraken documentation (web socket v2: executions, balances, authentication; REST: authentication, account data),
state of 2026-07. The paging of closed orders and of fills is from general knowledge.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256, sha512
from typing import Any

import msgspec

from ...containers.base import nan
from ...exceptions import BtApiError
from ..account_base import (
    CHECK_SECRET,
    BalanceHint,
    LoginCommand,
    PrivateSide,
    SignedCall,
    encoded,
    login_error,
)
from ..base import UNREADABLE, Ack, Channel, Command, Control, Expired, Item, KeyedChannel, Pages, Request
from .account_rows import Execution, RestBalance, RestFill, RestOrder, Ticket
from .wire import ADVICE, PRIVATE_PACE, REST, endpoint, envelope, failure, is_pace, notice

_PAGE = 50
_FORM = "application/x-www-form-urlencoded"

_ORDERS = KeyedChannel(None, RestOrder, ("result",))
_OPEN = KeyedChannel(None, RestOrder, ("result", "open"))
_CLOSED = KeyedChannel(None, RestOrder, ("result", "closed"))
_FILLS = KeyedChannel(None, RestFill, ("result", "trades"))
_BALANCES = KeyedChannel(None, RestBalance, ("result",))
_TICKET = Channel(None, Ticket, ("result",))


class KrakenAccount(PrivateSide):
    """The spot orders and the balances of one Kraken key.

    Executions begin with the open orders and are numbered; a number that was left out is an outage. The channel of
    balances tells totals when something was booked, and nothing when an order locks or frees them, so they are read by
    REST when something happened.
    """

    name = "KRAKEN___SPOT"
    rest = REST
    endpoints = {"account": endpoint("wss://ws-auth.kraken.com", 10, 50, private=True)}
    channels = {
        "executions": Channel(None, Execution, ("data",), many=True),
        "balances": Channel(None, BalanceHint, ("data",), many=True),
    }
    names = tuple(channels)
    advice = ADVICE
    cancels = frozenset({"rejected"})
    balances_by_rest = True
    balances_every = 5.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._nonce = 0
        self._token = ""
        self._numbers: dict[str, list[int]] = {}  # by channel, the last number of each socket: there may be two
        self._beginning: set[str] = set()  # channels that were subscribed anew, and whose first number is awaited

    def ticket_request(self, endpoint_name: str) -> Request:
        return Request("/0/private/GetWebSocketsToken", _TICKET, rate=PRIVATE_PACE, signed=True)

    def admit(self, url: str, ticket: Ticket) -> str:
        self._token = ticket.token
        return url

    def login(self, now_ms: int, ids: Iterator[int]) -> None:
        return None

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        # It has to grow with every call of a key, and other programs that use it count in milliseconds too.
        self._nonce = max(now_ms, self._nonce + 1)
        body = encoded({"nonce": str(self._nonce), **request.query}).encode()
        text = self.key("secret")
        try:
            secret = b64decode(text + "=" * (-len(text) % 4))  # what is copied often lacks its end
        except ValueError:
            # The cause is left out, since it may quote the secret.
            raise login_error(self.name, "the secret is no Base64 text", "no request made", CHECK_SECRET) from None
        digest = sha256(str(self._nonce).encode() + body).digest()
        signature = b64encode(hmac.digest(secret, request.path.encode() + digest, sha512)).decode()
        headers = {"API-Key": self.key("api_key"), "API-Sign": signature, "Content-Type": _FORM}
        return SignedCall("", headers, body)

    def route(self, payload: bytes) -> str | None:
        frame = envelope(payload)
        return frame.channel if frame.channel in self.channels and not frame.method else None

    def decode(self, payload: bytes, received: float = nan) -> list[Item]:
        if not self._follows(payload):
            # What comes behind a hole may need what was in it; all of it is read with the state.
            return [("", Expired("the venue left out a number on the account's socket"))]
        return super().decode(payload, received)

    def _follows(self, payload: bytes) -> bool:
        """Return whether a frame of data bears the number after the last, on any of the sockets."""
        try:
            frame = envelope(payload)
        except UNREADABLE:
            return True  # and refused already
        number = frame.sequence
        if number is None or frame.channel not in self.channels:
            return True
        known = self._numbers.setdefault(frame.channel, [])
        if number - 1 in known and frame.kind != "snapshot":
            known[known.index(number - 1)] = number
            return True
        if number in known:
            return True  # twice
        is_first = frame.kind == "snapshot" or not known or frame.channel in self._beginning
        if is_first:
            self._beginning.discard(frame.channel)
            self._numbers[frame.channel] = [*known[-1:], number]
        return is_first

    def command(self, verb: str, name: str, number: int) -> Command:
        params: dict[str, Any] = {"channel": name, "token": self._token}
        if verb == "subscribe":
            self._beginning.add(name)
            first = {"snap_orders": True, "snap_trades": False} if name == "executions" else {"snapshot": False}
            params |= first
        text = msgspec.json.encode({"method": verb, "params": params, "req_id": number}).decode()
        return LoginCommand(text, (name,), str(number))

    def control(self, payload: bytes) -> list[Control]:
        frame = envelope(payload)
        if frame.method not in ("subscribe", "unsubscribe"):
            return [notice(frame)]
        if frame.success:
            name = frame.result.channel if frame.result else None
            return [Ack(id=frame.id, name=name, time_ms=frame.time_ms)]
        text = frame.error
        if text.startswith("Already subscribed"):
            return [Ack(id=frame.id)]
        if text.startswith("ESession"):
            return [Expired(f"the token is not good any more: {text}")]
        return [self.refusal(text, text, id=frame.id, is_pace=is_pace(text))]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def balances(self) -> Pages:
        yield _asked("BalanceEx", _BALANCES)

    def open_orders(self) -> Pages:
        yield _asked("OpenOrders", _OPEN)

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        yield _asked("QueryOrders", _ORDERS, {"txid": order_id})

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        yield from _pages("ClosedOrders", _CLOSED, {"start": str(since_ms // 1000 - 1), "closetime": "close"})

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        yield from _pages("TradesHistory", _FILLS, {"start": str(since_ms // 1000 - 1)})


def _asked(call: str, channel: Channel, query: dict[str, str] | None = None, cost: int = 1) -> Request:
    return Request(f"/0/private/{call}", channel, query or {}, PRIVATE_PACE, cost, signed=True)


def _pages(call: str, channel: Channel, query: dict[str, str]) -> Pages:
    """Ask for a list, newest first, by position; what is added meanwhile moves the rest back and comes twice."""
    start = 0
    while True:
        rows = yield _asked(call, channel, {**query, "ofs": str(start)}, cost=2)
        if len(rows) < _PAGE:
            return
        start += len(rows)
