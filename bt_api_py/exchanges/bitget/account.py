"""Bitget spot: the account of one user.

Source: Bitget API v2 documentation (login, orders and account channels, spot trade and account endpoints), state of
2026-04.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

from ...exceptions import BtApiError
from ..account_base import LoginCommand, PrivateSide, SignedCall, encoded, pages_back
from ..base import Ack, Alive, Channel, Command, Control, Pages, Rate, Request
from .account_rows import Balance, ListedFill, ListedOrder, Order
from .wire import (
    ADVICE,
    PONG,
    PRODUCT,
    REST,
    TOO_OFTEN,
    command,
    demo_header,
    endpoint,
    envelope,
    failure,
    notice,
)

_PAGE = 100
_PACE = Rate(20, 1.0)  # per user and path
_SLOW_PACE = Rate(10, 1.0)
_ALL = {"orders": "instId", "account": "coin"}  # what is given as "default" for everything

_ORDERS = Channel(None, ListedOrder, ("data",), many=True)
_FILLS = Channel(None, ListedFill, ("data",), many=True)


class BitgetAccount(PrivateSide):
    """The spot orders and balances of one Bitget key.

    The channel of orders begins without the open ones. An order that expired or was thrown out ends as cancelled.
    """

    name = "BITGET___SPOT"
    rest = REST
    credentials = ("api_key", "secret", "passphrase")
    endpoints = {"account": endpoint("private", 50, private=True)}
    channels = {
        "orders": Channel(None, Order, ("data",), many=True),
        "account": Channel(None, Balance, ("data",), many=True),
    }
    names = tuple(channels)
    advice = ADVICE
    cancels = frozenset({"expired", "rejected"})

    @property
    def rest_headers(self) -> Mapping[str, str]:
        return demo_header(self.settings)

    def login(self, now_ms: int, ids: Iterator[int]) -> Command:
        moment = str(now_ms // 1000)  # here in seconds, in REST calls in milliseconds
        argument = {
            "apiKey": self.key("api_key"),
            "passphrase": self.key("passphrase"),
            "timestamp": moment,
            "sign": self._signature(f"{moment}GET/user/verify"),
        }
        # The venue's answer carries no number: it is known by its name.
        return LoginCommand(command("login", [argument]), ("login",), str(next(ids)))

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        query = encoded(request.query)
        path = f"{request.path}?{query}" if query else request.path
        headers = {
            "ACCESS-KEY": self.key("api_key"),
            "ACCESS-PASSPHRASE": self.key("passphrase"),
            "ACCESS-TIMESTAMP": str(now_ms),
            "ACCESS-SIGN": self._signature(f"{now_ms}GET{path}"),
            "Content-Type": "application/json",
            "locale": "en-US",
        }
        return SignedCall(query, headers)

    def _signature(self, text: str) -> str:
        return b64encode(hmac.digest(self.key("secret").encode(), text.encode(), sha256)).decode()

    def route(self, payload: bytes) -> str | None:
        if payload == PONG:
            return None
        frame = envelope(payload)
        return frame.arg.channel if frame.arg is not None and frame.has_data else None

    def command(self, verb: str, name: str, number: int) -> Command:
        argument = {"instType": PRODUCT, "channel": name, _ALL[name]: "default"}
        return Command(command(verb, [argument]), (name,), str(number))

    def control(self, payload: bytes) -> list[Control]:
        if payload == PONG:
            return [Alive()]
        frame = envelope(payload)
        name = frame.arg.channel if frame.arg is not None else None
        code = str(frame.code)
        match frame.event:
            case "login" if code in ("", "0"):
                return [Ack(name="login")]
            case "login" | "error":
                return [self.refusal(frame.msg, code, name=name, is_pace=code in TOO_OFTEN)]
        return [notice(frame, name)]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def balances(self) -> Pages:
        # What is not listed is zero.
        yield _ask("account/assets", self.channels["account"], _SLOW_PACE)

    def open_orders(self) -> Pages:
        return pages_back(_ask("trade/unfilled-orders", _ORDERS, limit=str(_PAGE)), "idLessThan", "order_id", _PAGE)

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        yield _ask("trade/orderInfo", _ORDERS, orderId=order_id)

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        # All markets at once; the list holds what is over, by the time at which it began.
        request = _ask("trade/history-orders", _ORDERS, startTime=str(since_ms), limit=str(_PAGE))
        return pages_back(request, "idLessThan", "order_id", _PAGE)

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        request = _ask("trade/fills", _FILLS, _SLOW_PACE, startTime=str(since_ms), limit=str(_PAGE))
        return pages_back(request, "idLessThan", "trade_id", _PAGE)


def _ask(call: str, channel: Channel, pace: Rate = _PACE, **query: str) -> Request:
    """Return a signed call."""
    return Request(f"/api/v2/spot/{call}", channel, query, pace, signed=True)
