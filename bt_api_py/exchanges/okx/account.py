"""OKX: the account of one user, as far as spot and swaps agree, and that of spot.

Source: OKX API v5 documentation (login, orders channel, account channel, trade and account endpoints), state of
2026-07. The paging of past orders and fills is from general knowledge.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import ClassVar

import msgspec

from ...exceptions import BtApiError
from ...symbols import SymbolStyle
from ..account_base import LoginCommand, PrivateSide, SignedCall, encoded, pages_back
from ..base import Ack, Alive, Channel, Command, Control, Pages, Rate, Request
from .account_rows import Balance, Order, PastFill
from .wire import ADVICE, PONG, TOO_OFTEN, demo_header, endpoint, envelope, failure, notice

PAGE = 100
_PACE = Rate(60, 2.0)  # per user and path
_SLOW_PACE = Rate(40, 2.0)
BALANCE_PACE = Rate(10, 2.0)


class OkxKey(PrivateSide):
    """The orders and balances of one OKX key, of one product. To declare: `product` and `rest_fills`.

    The channel of orders begins without the open ones. A balance event names only the assets that changed.
    """

    product: ClassVar[str]  # the venue's word, instType
    rest_fills: ClassVar[Channel]  # how the list of fills is read
    full_page: ClassVar[int] = PAGE  # records; a list that has fewer is the last
    rest = "https://openapi.okx.com"
    credentials = ("api_key", "secret", "passphrase")
    endpoints = {"account": endpoint("private", 100, private=True)}
    advice = ADVICE

    @property
    def rest_headers(self) -> Mapping[str, str]:
        return demo_header(self.settings)

    def login(self, now_ms: int, ids: Iterator[int]) -> Command:
        moment = str(now_ms // 1000)  # here in seconds, in REST calls as a date
        argument = {
            "apiKey": self.key("api_key"),
            "passphrase": self.key("passphrase"),
            "timestamp": moment,
            "sign": self._signature(f"{moment}GET/users/self/verify"),
        }
        # The venue's answer carries no number: it is known by its name.
        text = msgspec.json.encode({"op": "login", "args": [argument]}).decode()
        return LoginCommand(text, ("login",), str(next(ids)))

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        query = encoded(request.query)
        seconds, milliseconds = divmod(now_ms, 1000)
        moment = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z"
        path = f"{request.path}?{query}" if query else request.path
        headers = {
            "OK-ACCESS-KEY": self.key("api_key"),
            "OK-ACCESS-PASSPHRASE": self.key("passphrase"),
            "OK-ACCESS-TIMESTAMP": moment,
            "OK-ACCESS-SIGN": self._signature(f"{moment}GET{path}"),
        }
        return SignedCall(query, headers)

    def _signature(self, text: str) -> str:
        return b64encode(hmac.digest(self.key("secret").encode(), text.encode(), sha256)).decode()

    def route(self, payload: bytes) -> str | None:
        return None if payload == PONG else envelope(payload).topic

    def command(self, verb: str, name: str, number: int) -> Command:
        # One at a time, since a refusal names nothing but the number.
        argument = {"channel": name}
        if name != "account":
            argument["instType"] = self.product
        if name != "orders":
            argument["extraParams"] = '{"updateInterval":"0"}'  # when something changed, and not every few seconds
        text = msgspec.json.encode({"id": str(number), "op": verb, "args": [argument]}).decode()
        return Command(text, (name,), str(number))

    def control(self, payload: bytes) -> list[Control]:
        if payload == PONG:
            return [Alive()]
        frame = envelope(payload)
        number = None if frame.id is None else str(frame.id)
        name = frame.arg.name if frame.arg is not None else None
        code = str(frame.code)
        match frame.event:
            case "subscribe" | "unsubscribe":
                return [Ack(id=number, name=name)]
            case "login" if code in ("", "0"):
                return [Ack(id=number, name="login")]
            case "login" | "error":
                return [self.refusal(frame.msg, code, id=number, name=name, is_pace=code in TOO_OFTEN)]
        return [notice(frame)]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def balances(self) -> Pages:
        # What is not listed is zero.
        yield Request("/api/v5/account/balance", self.channels["account"], rate=BALANCE_PACE, signed=True)

    def open_orders(self) -> Pages:
        return self._pages("/api/v5/trade/orders-pending", self.channels["orders"], {}, _PACE, "order_id")

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        query = {"instId": venue_symbol, "ordId": order_id}
        yield Request("/api/v5/trade/order", self.channels["orders"], query, _PACE, signed=True)

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        # All markets at once; the list holds what is over, by the time at which it began.
        begin = {"begin": str(since_ms)}
        orders = self.channels["orders"]
        return self._pages("/api/v5/trade/orders-history", orders, begin, _SLOW_PACE, "order_id")

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        return self._pages("/api/v5/trade/fills", self.rest_fills, {"begin": str(since_ms)}, _PACE, "bill_id")

    def _pages(self, path: str, channel: Channel, query: dict[str, str], rate: Rate, number: str) -> Pages:
        """Ask for a list, newest first: "after" means older than."""
        query = {"instType": self.product, **query, "limit": str(PAGE)}
        return pages_back(Request(path, channel, query, rate, signed=True), "after", number, self.full_page)


class OkxAccount(OkxKey):
    """The spot orders and the balances of one OKX key."""

    name = "OKX___SPOT"
    product = "SPOT"
    symbols = SymbolStyle(separator="-")
    channels = {
        "orders": Channel(None, Order, ("data",), many=True),
        "account": Channel(None, Balance, ("data", "*", "details"), many=True),
    }
    names = tuple(channels)
    rest_fills = Channel(None, PastFill, ("data",), many=True)
