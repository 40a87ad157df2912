"""Coinbase Exchange: the account of one user.

Source: Coinbase Exchange documentation (web socket feed: authentication, user and balance channels; REST:
authentication, accounts), state of 2026-11. Orders and fills by REST are from general knowledge.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from ...exceptions import BtApiError
from ...symbols import SymbolStyle
from ..account_base import CHECK_SECRET, LoginCommand, PrivateSide, SignedCall, encoded, login_error
from ..base import Ack, Alive, Channel, Command, Control, Expired, Ignored, Pages, Rate, Request
from .account_rows import (
    Activated,
    Changed,
    Done,
    LiveBalance,
    Matched,
    Names,
    Opened,
    Parts,
    Received,
    RestBalance,
    RestFill,
    RestOrder,
)
from .wire import (
    REST,
    REST_HEADERS,
    TESTNET_REST,
    advice,
    command,
    endpoint,
    ends_socket,
    envelope,
    failure,
    milliseconds,
    said,
)

_PACE = Rate(15, 1.0, "private")
_FILLS_PACE = Rate(10, 1.0, "fills")
_PAGE = 100
_LISTED = ("trading", "online")  # markets that can be subscribed, whether or not anything is switched off there

_USER = Channel(None, Received | Opened | Changed | Done | Matched | Activated)
_BALANCE = Channel(None, LiveBalance)
_ORDERS = Channel(None, RestOrder, many=True)
_ORDER = Channel(None, RestOrder)
_FILLS = Channel(None, RestFill, many=True)
_BALANCES = Channel(None, RestBalance, many=True)
_PARTS = Parts(None, RestBalance, many=True)
_TYPES = ("received", "open", "change", "done", "match", "activate")


class CoinbaseAccount(PrivateSide):
    """The orders and the balances of one Coinbase Exchange key.

    The subscription itself is signed and names every market, and every part of the account, which are asked for by REST
    before. The channel of orders begins without the open ones.
    """

    name = "COINBASE___SPOT"
    rest = REST
    testnet_rest = TESTNET_REST
    credentials = ("api_key", "secret", "passphrase")
    endpoints = {"account": endpoint(10, private=True)}
    symbols = SymbolStyle(separator="-")
    channels = {"user": _USER, "balance": _BALANCE}
    names = tuple(channels)
    advice = {}
    answers_in_order = True
    fills_only = True
    cancels = frozenset({"expired", "rejected"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._account_ids: list[str] = []

    @property
    def rest_headers(self) -> Mapping[str, str]:
        return REST_HEADERS

    def hint(self, code: str, text: str) -> str | None:
        return advice(text)

    def ticket_request(self, endpoint_name: str) -> Request:
        return Request("/accounts", _PARTS, rate=_PACE, signed=True)

    def admit(self, url: str, ticket: Names) -> str:
        self._account_ids = ticket.account_ids
        return url

    def login(self, now_ms: int, ids: Iterator[int]) -> Command:
        markets = [market.get_venue_symbol() for market in self.markets if market.get_status() in _LISTED]
        wanted: dict[str, Any] = command("subscribe", {"user": markets})
        wanted["channels"].append({"name": "balance", "account_ids": self._account_ids})
        moment = str(now_ms // 1000)
        wanted |= {
            "signature": self._signature(f"{moment}GET/users/self/verify"),
            "key": self.key("api_key"),
            "passphrase": self.key("passphrase"),
            "timestamp": moment,
        }
        return LoginCommand(msgspec.json.encode(wanted).decode(), ("user",), str(next(ids)))

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        query = encoded(request.query)
        moment = str(now_ms // 1000)
        path = f"{request.path}?{query}" if query else request.path
        headers = {
            "CB-ACCESS-KEY": self.key("api_key"),
            "CB-ACCESS-SIGN": self._signature(f"{moment}GET{path}"),
            "CB-ACCESS-TIMESTAMP": moment,
            "CB-ACCESS-PASSPHRASE": self.key("passphrase"),
        }
        return SignedCall(query, headers)

    def _signature(self, text: str) -> str:
        try:
            secret = b64decode(self.key("secret"))
        except ValueError:
            # The cause is left out, since it may quote the secret.
            raise login_error(self.name, "the secret is no Base64 text", "no request made", CHECK_SECRET) from None
        return b64encode(hmac.digest(secret, text.encode(), sha256)).decode()

    def route(self, payload: bytes) -> str | None:
        kind = envelope(payload).type
        return "user" if kind in _TYPES else "balance" if kind == "balance" else None

    def commands(self, verb: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return []  # the login brought them

    def control(self, payload: bytes) -> list[Control]:
        frame = envelope(payload)
        match frame.type:
            case "heartbeat":
                return [Alive()]
            case "subscriptions":
                return [Ack(name="user")]
            case "error":
                return [Expired(said(frame)) if ends_socket(frame) else self.refusal(said(frame), "")]
        return [Ignored(frame.type or "frame without a type")]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def balances(self) -> Pages:
        yield Request("/accounts", _BALANCES, rate=_PACE, signed=True)

    def open_orders(self) -> Pages:
        for status in ("open", "pending", "active"):
            yield from self._pages("/orders", _ORDERS, {"status": status}, _PACE, 0)

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        # By the time at which they began; those that began earlier are known, and asked for by name.
        yield from self._pages("/orders", _ORDERS, {"status": "done"}, _PACE, since_ms)

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        yield Request(f"/orders/{order_id}", _ORDER, rate=_PACE, signed=True)

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        for symbol in symbols:
            yield from self._pages("/fills", _FILLS, {"product_id": symbol}, _FILLS_PACE, since_ms)

    def _pages(self, path: str, channel: Channel, query: dict[str, str], rate: Rate, since_ms: int) -> Pages:
        """Ask for a list, newest first, as far as the venue's header leads or one that began before the time."""
        query = {**query, "limit": str(_PAGE)}
        cursor = ""
        while True:
            rows = yield Request(path, channel, {**query, "after": cursor} if cursor else query, rate, signed=True)
            older = rows.headers.get("cb-after", "")
            if len(rows) < _PAGE or older in ("", cursor) or (milliseconds(rows[-1].created) or 0) < since_ms:
                return
            cursor = older
