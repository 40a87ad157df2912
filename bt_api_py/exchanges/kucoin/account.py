"""KuCoin spot: the account of one user.

Source: KuCoin API documentation (signature, private token, web socket spot private channels; fills and accounts by
REST), state of 2025-11. The lists of orders by REST, how lists go on, and what calls weigh are from general knowledge.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import field

from ..account_base import PrivateSide, SignedCall, encoded
from ..base import UNREADABLE, Answers, Channel, Command, Pages, Rate, Request
from .account_rows import Balance, Fill, ListedBalance, ListedOrder, Markets, Order
from .wire import ADVICE, KucoinSide, command, endpoint, envelope

_ORDERS, _BALANCES = "/spotMarket/tradeOrdersV2", "/account/balance"
_PAGE = 100
# Weights of one user; 4000 and 2000 are allowed.
_TRADING = Rate(3600, 30.0, "spot")
_HOLDINGS = Rate(1800, 30.0, "management")

_ORDER = Channel(None, ListedOrder, ("data",))
_LISTED = Channel(None, ListedOrder, ("data",), many=True)
_PAST = Channel(None, ListedOrder, ("data", "items"), many=True)
_FILLS = Channel(None, Fill, ("data", "items"), many=True)
_ACCOUNTS = Channel(None, ListedBalance, ("data",), many=True)
_MARKETS = Channel(None, Markets, ("data",))


class _Place(msgspec.Struct):
    last: int | str = field(name="lastId", default="")


class _Paged(msgspec.Struct):
    data: _Place


_paged = msgspec.json.Decoder(_Paged).decode


class KucoinAccount(KucoinSide, PrivateSide):
    """The spot orders and the balances of one KuCoin key. The token that opens the socket is what logs in.

    Matches come without fees, so the fills of an order are read by REST. An order that lapsed or was thrown out ends
    as canceled.
    """

    name = "KUCOIN___SPOT"
    ticket_path = "/api/v1/bullet-private"
    credentials = ("api_key", "secret", "passphrase")
    endpoints = {"account": endpoint(100, private=True)}
    channels = {
        _ORDERS: Channel(None, Order, ("data",)),
        _BALANCES: Channel(None, Balance, ("data",)),
    }
    names = tuple(channels)
    advice = ADVICE
    lists_by_market = True
    fills_by_rest = True
    cancels = frozenset({"expired", "rejected"})

    def ticket_request(self, endpoint_name: str) -> Request:
        return msgspec.structs.replace(super().ticket_request(endpoint_name), rate=_TRADING, signed=True)

    def login(self, now_ms: int, ids: Iterator[int]) -> None:
        return None

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        query = encoded(request.query)
        path = f"{request.path}?{query}" if query else request.path
        headers = {
            "KC-API-KEY": self.key("api_key"),
            "KC-API-SIGN": self._signature(f"{now_ms}{request.method or 'GET'}{path}"),
            "KC-API-TIMESTAMP": str(now_ms),
            "KC-API-PASSPHRASE": self._signature(self.key("passphrase")),
            "KC-API-KEY-VERSION": "2",
        }
        return SignedCall(query, headers)

    def _signature(self, text: str) -> str:
        return b64encode(hmac.digest(self.key("secret").encode(), text.encode(), sha256)).decode()

    def route(self, payload: bytes) -> str | None:
        frame = envelope(payload)
        return frame.topic if frame.type == "message" else None

    def command(self, verb: str, name: str, number: int) -> Command:
        return command(verb, name, (name,), number, private=True)

    def balances(self) -> Pages:
        # What is not listed is zero.
        yield Request("/api/v1/accounts", _ACCOUNTS, {"type": "trade"}, _HOLDINGS, 5, signed=True)

    def open_orders(self) -> Answers:
        found: list[Any] = []
        for markets in (yield _ask("orders/active/symbols", _MARKETS)):
            for symbol in markets.venue_symbols:
                found += yield _ask("orders/active", _LISTED, symbol=symbol)
        return found

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        yield _ask(f"orders/{order_id}", _ORDER, symbol=venue_symbol)

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        # By the time at which they began; what was known before is asked for by its id.
        for symbol in symbols:
            yield from _pages(_ask("orders/done", _PAST, symbol=symbol, startAt=str(since_ms), limit=str(_PAGE)))

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        for symbol in symbols:
            yield from _pages(_ask("fills", _FILLS, symbol=symbol, startAt=str(since_ms), limit=str(_PAGE)))

    def fills_of(self, venue_symbol: str, order_id: str) -> Pages:
        yield from _pages(_ask("fills", _FILLS, symbol=venue_symbol, orderId=order_id, limit=str(_PAGE)))


def _ask(call: str, channel: Channel, **query: str) -> Request:
    return Request(f"/api/v1/hf/{call}", channel, query, _TRADING, 2, signed=True)


def _pages(request: Request) -> Pages:
    """Ask for a list, newest first; each answer says where the next one goes on."""
    last = ""
    while True:
        place = {"lastId": last} if last else {}
        rows = yield msgspec.structs.replace(request, query=request.query | place)
        before, last = last, _place_after(rows.body)
        if len(rows) < _PAGE or last in ("", before):
            return


def _place_after(body: bytes) -> str:
    try:
        return str(_paged(body).data.last)
    except UNREADABLE:
        return ""
