"""Deribit: the account of one user.

Source: Deribit API v2 documentation (authentication, user channels, trading and account methods), state of 2026-01.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import count
from operator import attrgetter
from typing import Any

from ...containers.base import Place
from ...exceptions import BtApiError
from ...settings import ExchangeSettings
from ..account_base import CHECK_CLOCK, LoginCommand, PrivateSide, SignedCall, encoded
from ..base import Channel, Command, Control, Pages, Request
from .account_rows import Balance, Fill, Order, Position
from .units import STYLE
from .wire import (
    ADVICE,
    NAME,
    PACE,
    REST,
    TESTNET_REST,
    call,
    commands,
    control,
    endpoint,
    envelope,
    failure,
    is_pace,
)

_PAGE = 1000
_FAR_MS = "4102444800000"  # the year 2100: the end of a list by time has to be named
_KIND = "future"  # perpetual ones included
_SETTLED_IN = ("BTC", "ETH", "USDC", "USDT")  # where the list of contracts is out of reach
_ORDERS = Channel(None, Order, ("result",), many=True)
_ORDER = Channel(None, Order, ("result",))
_FILLS = Channel(None, Fill, ("result", "trades"), many=True)
_BALANCES = Channel(None, Balance, ("result", "summaries"), many=True)
_POSITIONS = Channel(None, Position, ("result",), many=True)


class Changes(Channel):
    """What happened at one moment: fills, then the orders that they moved, then the positions."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        super().__init__(None, Order, ("params", "data", "orders"), many=True)
        rows = {"trades": Fill, "orders": Order, "positions": Position}
        self._parts = [Channel(None, row, ("params", "data", name), many=True) for name, row in rows.items()]

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        found: list[tuple[Place, Any]] = []
        refused: list[str] = []
        for part in self._parts:
            rows, reasons = part.read(payload)
            found += rows
            refused += reasons
        return found, refused


class DeribitAccount(PrivateSide):
    """The orders and positions of one Deribit key in futures, perpetual ones included, and its balances.

    A login is good for the socket that it came by, and for a while: the socket is replaced before that is over.
    """

    name = NAME
    rest = REST
    testnet_rest = TESTNET_REST
    kinds = ("orders", "fills", "balances", "positions")
    endpoints = {"account": endpoint(private=True)}
    symbols = STYLE
    channels = {
        "user.changes": Changes(),
        "user.portfolio": Channel(None, Balance, ("params", "data")),
    }
    names = (f"user.changes.{_KIND}.any.raw", "user.portfolio.any")
    advice = ADVICE
    cancels = frozenset({"expired"})

    def __init__(self, settings: ExchangeSettings | None = None) -> None:
        super().__init__(settings)
        self._nonces = count(1)

    def login(self, now_ms: int, ids: Iterator[int]) -> Command:
        number, nonce = next(ids), self._nonce()
        params = {
            "grant_type": "client_signature",
            "client_id": self.key("api_key"),
            "timestamp": now_ms,
            "nonce": nonce,
            "data": "",
            "signature": self._signature(now_ms, nonce, ""),
        }
        return LoginCommand(call("public/auth", params, number), ("login",), str(number))

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        query, nonce = encoded(request.query), self._nonce()
        path = f"{request.path}?{query}" if query else request.path
        signature = self._signature(now_ms, nonce, f"GET\n{path}\n\n")
        shown = f"id={self.key('api_key')},ts={now_ms},nonce={nonce},sig={signature}"
        return SignedCall(query, {"Authorization": f"deri-hmac-sha256 {shown}"})

    def _nonce(self) -> str:
        return f"{next(self._nonces):08d}"

    def _signature(self, now_ms: int, nonce: str, data: str) -> str:
        return hmac.digest(self.key("secret").encode(), f"{now_ms}\n{nonce}\n{data}".encode(), sha256).hex()

    def hint(self, code: str, text: str) -> str | None:
        return CHECK_CLOCK if "timestamp" in text else super().hint(code, text)

    def route(self, payload: bytes) -> str | None:
        return envelope(payload).topic

    def split(self, name: str) -> tuple[str, str, str]:
        return ".".join(name.split(".")[:2]), "", ""

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return commands("private/subscribe", names, ids)

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return commands("private/unsubscribe", names, ids)

    def control(self, payload: bytes) -> list[Control]:
        frame = envelope(payload)
        if frame.error is None:
            return [control(frame)]
        fault = frame.error
        return [self.refusal(fault.detail, str(fault.code), id=frame.number, is_pace=is_pace(fault))]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def balances(self) -> Pages:
        yield _ask("get_account_summaries", _BALANCES)

    def positions(self) -> Pages:
        yield _ask("get_positions", _POSITIONS, currency="any", kind=_KIND)

    def open_orders(self) -> Pages:
        yield _ask("get_open_orders", _ORDERS, kind=_KIND)

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        yield _ask("get_order_state", _ORDER, order_id=order_id)

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        # Newest first, and by the currency of settlement. What ended half an hour ago is listed no more.
        for currency in self._currencies():
            offset = 0
            while True:
                query = {"currency": currency, "kind": _KIND, "include_unfilled": "true"}
                query |= {"count": str(_PAGE), "offset": str(offset)}
                rows = yield _ask("get_order_history_by_currency", _ORDERS, **query)
                if len(rows) < _PAGE or rows[-1].timestamp < since_ms:
                    break
                offset += _PAGE

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        for currency in self._currencies():
            start = since_ms
            while True:
                query = {"currency": currency, "kind": _KIND, "start_timestamp": str(start), "end_timestamp": _FAR_MS}
                query |= {"count": str(_PAGE), "sorting": "asc"}
                rows = yield _ask("get_user_trades_by_currency_and_time", _FILLS, **query)
                last = max(map(attrgetter("timestamp"), rows), default=start)
                if len(rows) < _PAGE or last == start:
                    break
                start = last  # fills of that very moment come twice

    def _currencies(self) -> Sequence[str]:
        """Return what the listed contracts settle in."""
        found = {asset for market in self.markets if (asset := market.get_settle_asset())}
        return sorted(found) or _SETTLED_IN


def _ask(method: str, channel: Channel, **query: str) -> Request:
    return Request(f"/api/v2/private/{method}", channel, query, PACE, signed=True)
