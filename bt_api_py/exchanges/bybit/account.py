"""Bybit: the account of one user, as far as spot and contracts agree, and that of spot.

Source: Bybit API v5 documentation (private web socket channel, authentication, order, execution, wallet and position
topics and their endpoints), state of 2026-07. The paging of lists is from general knowledge.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import ClassVar

import msgspec

from ...exceptions import BtApiError
from ..account_base import LoginCommand, PrivateSide, SignedCall, encoded
from ..base import Ack, Channel, Command, Control, Pages, Refusal, Request, Selection
from .account_rows import Balance, Fill, Order
from .wire import (
    ADVICE,
    PACE,
    REST,
    TESTNET_REST,
    DatedChannel,
    command,
    control,
    endpoint,
    envelope,
    failure,
    next_page,
)

LIST = ("result", "list")
_LOGIN = "auth"
_LOGIN_VALID_MS = 10_000
_CALL_VALID_MS = "5000"
_PAGE = "50"
_MOST_PAGES = 200
_WALLET = DatedChannel(None, Balance, (*LIST, "*", "coin"), many=True)


class BybitKey(PrivateSide):
    """The orders, fills and balances of one Bybit key, in one category.

    To declare: `category`, `rest_orders` and `rest_fills`, how those lists are read. No stream begins with the present
    state. The wallet is one for all categories.
    """

    category: ClassVar[str]
    rest_orders: ClassVar[Channel]
    rest_fills: ClassVar[Channel]
    rest = REST
    testnet_rest = TESTNET_REST
    endpoints = {"account": endpoint("private", 100, private=True)}
    advice = ADVICE
    cancels = frozenset({"expired"})

    def login(self, now_ms: int, ids: Iterator[int]) -> Command:
        number, expires = str(next(ids)), now_ms + _LOGIN_VALID_MS
        arguments = [self.key("api_key"), expires, self._signature(f"GET/realtime{expires}")]
        # Not every answer carries the number: it is known by its name, too.
        text = msgspec.json.encode({"req_id": number, "op": _LOGIN, "args": arguments}).decode()
        return LoginCommand(text, (_LOGIN,), number)

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        query, key, moment = encoded(request.query), self.key("api_key"), str(now_ms)
        headers = {
            "X-BAPI-API-KEY": key,
            "X-BAPI-TIMESTAMP": moment,
            "X-BAPI-RECV-WINDOW": _CALL_VALID_MS,
            "X-BAPI-SIGN": self._signature(f"{moment}{key}{_CALL_VALID_MS}{query}"),
        }
        return SignedCall(query, headers)

    def _signature(self, text: str) -> str:
        return hmac.digest(self.key("secret").encode(), text.encode(), sha256).hex()

    def route(self, payload: bytes) -> str | None:
        # A topic of one category may come under its own name or under that of all categories.
        topic = envelope(payload).topic
        return next((name for name in self.names if topic in (name, self.split(name)[0])), topic) or None

    def split(self, name: str) -> tuple[str, str, str]:
        return name.partition(".")[0], "", ""

    def command(self, verb: str, name: str, number: int) -> Command:
        return command(verb, (name,), number)

    def control(self, payload: bytes) -> list[Control]:
        frame = envelope(payload)
        said = control(frame)
        is_login = _LOGIN in (frame.op, frame.request.op if frame.request else "")
        if isinstance(said, Refusal):
            refusal = self.refusal(said.detail, said.code, id=said.id, name=_LOGIN if is_login else said.name)
            # A login may be refused without a code.
            return [msgspec.structs.replace(refusal, is_login=not refusal.is_clock) if is_login else refusal]
        return [Ack(said.id, _LOGIN)] if isinstance(said, Ack) and is_login else [said]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def balances(self) -> Pages:
        query = {"accountType": "UNIFIED"}
        yield Request("/v5/account/wallet-balance", _WALLET, query, PACE, signed=True)

    def open_orders(self) -> Pages:
        yield from self.pages("order/realtime", self.rest_orders)

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        # The first list has open orders and the latest of those that are over.
        for call in ("order/realtime", "order/history"):
            rows = yield self._ask(call, self.rest_orders, symbol=venue_symbol, orderId=order_id)
            if rows:
                return

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        # By the time at which they began; those that began earlier are known, and asked for by name.
        yield from self.pages("order/history", self.rest_orders, begins="create_time", since_ms=since_ms)

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        yield from self.pages("execution/list", self.rest_fills, begins="timestamp", since_ms=since_ms)

    def pages(self, call: str, channel: Channel, *, begins: str = "", since_ms: int = 0, **query: str) -> Pages:
        """Ask for a list, newest first, back to a record whose time `begins` lies before `since_ms`."""
        cursor = ""
        for _ in range(_MOST_PAGES):
            place = {"cursor": cursor} if cursor else {}
            rows = yield self._ask(call, channel, **query, limit=_PAGE, **place)
            before, cursor = cursor, next_page(rows.body)
            is_reached = bool(begins and rows) and (getattr(rows[-1], begins) or 0) < since_ms
            if is_reached or cursor in ("", before):
                return

    def _ask(self, call: str, channel: Channel, **query: str) -> Request:
        return Request(f"/v5/{call}", channel, {"category": self.category, **query}, PACE, signed=True)


class BybitAccount(BybitKey):
    """The spot orders of one Bybit key, and its wallet."""

    name = "BYBIT___SPOT"
    category = "spot"
    rest_orders = Channel(None, Order, LIST, many=True)
    rest_fills = Selection(None, Fill, LIST, only="is_trade")
    channels = {
        "order": Channel(None, Order, ("data",), many=True),
        "execution": Selection(None, Fill, ("data",), only="is_trade"),
        "wallet": DatedChannel(None, Balance, ("data", "*", "coin"), many=True),
    }
    names = ("order.spot", "execution.spot", "wallet")
