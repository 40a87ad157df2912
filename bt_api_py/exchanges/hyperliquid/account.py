"""Hyperliquid: the account of one address. Reading needs no secret.

Source: Hyperliquid API documentation (websocket subscriptions, info endpoint), state of 2026-05. How many fills a list
holds, and the answers for one order, are from general knowledge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec
from msgspec import field

from ...exceptions import AuthenticationError, BtApiError, RequestFailedError
from ..account_base import LoginCommand, PrivateSide
from ..base import Channel, Command, Control, Pages, Refusal
from .account_rows import Fill, Holdings, Margin, OpenOrders, Order, Position
from .wire import NAME, REST, TESTNET_REST, commands, control, endpoint, envelope, failure, info

_MOST_FILLS = 2000  # of one list

_OPEN_ORDERS = OpenOrders()
_ORDERS = Channel(None, Order, many=True)
_ORDER = Channel(None, Order, ("order",))
_FILLS = Channel(None, Fill, many=True)
_MARGIN = Channel(None, Margin)
_POSITIONS = Channel(None, Position, ("assetPositions",), many=True)

_NO_ORDER = b'"unknownOid"'
_NOT_FOUND = 404
_UNPROCESSABLE = 422
_ADVICE = "check account_id: it is the address of a master or sub-account, 0x and 40 hexadecimal digits"


class _Fills(msgspec.Struct):
    is_past: bool = field(name="isSnapshot", default=False)


_fills = msgspec.json.Decoder(_Fills).decode


class HyperliquidAccount(PrivateSide):
    """The orders, fills, margin and positions of one address.

    Orders and fills are subscribed apart; margin and positions come together. The fills with which a subscription
    begins are those of the past, which are read by REST.
    """

    name = NAME
    rest = REST
    testnet_rest = TESTNET_REST
    credentials = ("account_id",)
    kinds = ("orders", "fills", "balances", "positions")
    endpoints = {"account": endpoint(private=True)}
    channels = {
        "orderUpdates": Channel(None, Order, ("data",), many=True),
        "userFills": Channel(None, Fill, ("data", "fills"), many=True),
        "clearinghouseState": Channel(None, Holdings, ("data", "clearinghouseState")),
    }
    names = tuple(channels)
    advice: ClassVar[dict[str, str]] = {}
    cancels = frozenset({"expired"})

    def login(self, now_ms: int, ids: Iterator[int]) -> None:
        return None

    def route(self, payload: bytes) -> str | None:
        frame = envelope(payload)
        if frame.channel not in self.channels or (frame.channel == "userFills" and _fills(frame.data).is_past):
            return None
        return frame.channel

    def split(self, name: str) -> tuple[str, str, str]:
        return name, "", ""

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return self._commands("subscribe", names, ids)

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return self._commands("unsubscribe", names, ids)

    def _commands(self, method: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        made = commands(method, names, ids, {"user": self.key("account_id")})
        return [LoginCommand(command.payload, command.names, command.id) for command in made]

    def control(self, payload: bytes) -> list[Control]:
        said = control(envelope(payload))
        if isinstance(said, Refusal):
            # The account is all that is asked for here; what the venue quotes is left out.
            return [Refusal(f"{said.detail.partition('{')[0].strip(': ')}; {_ADVICE}", is_login=True)]
        return [said]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        if status < 400 and _NO_ORDER in body[:100]:
            return RequestFailedError(NAME, path, "no such order", _NOT_FOUND)
        error = failure(path, status, body)
        if error is not None and status == _UNPROCESSABLE:
            return AuthenticationError(NAME, f"{error}; {_ADVICE}", topic="account", code=str(status))
        return error

    def balances(self) -> Pages:
        yield info("clearinghouseState", _MARGIN, 20, user=self.key("account_id"))

    def positions(self) -> Pages:
        yield info("clearinghouseState", _POSITIONS, 20, user=self.key("account_id"))

    def open_orders(self) -> Pages:
        yield info("frontendOpenOrders", _OPEN_ORDERS, 20, user=self.key("account_id"))

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        yield info("historicalOrders", _ORDERS, 20, user=self.key("account_id"))

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        yield info("orderStatus", _ORDER, 2, user=self.key("account_id"), oid=int(order_id))

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        while True:
            wanted = {"user": self.key("account_id"), "startTime": since_ms}
            fills = yield info("userFillsByTime", _FILLS, 20, **wanted)
            newest = max((fill.timestamp for fill in fills), default=since_ms)
            if len(fills) < _MOST_FILLS or newest == since_ms:
                return
            since_ms = newest
