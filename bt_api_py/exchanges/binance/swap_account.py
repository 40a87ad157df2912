"""Binance USD-M futures: the account of one user.

Events come over a socket whose address holds a listen key, which is fetched before and kept good by REST.

Source: Binance USD-M futures documentation (user data streams, account endpoints), state of 2026-05. Lists of orders
and fills by REST are from general knowledge where the documentation was not at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import field

from ...containers.base import Place, Row
from ...secrets import MASK
from ..account_base import Note
from ..base import PING_FRAME, Channel, Command, Control, Endpoint, Expired, Heartbeat, Ignored, Pages, Rate, Request
from .account import BinanceKey, Lists
from .swap_records import OrderUpdate, Position, RestBalance, RestFill, RestOrder, RestPosition

WEIGHT = Rate(2400, 60, "weight")  # per address and minute
_RENEWED_S = 1800.0  # a listen key is good for an hour


class Inside(msgspec.Struct):
    positions: msgspec.Raw | msgspec.UnsetType = field(name="P", default=msgspec.UNSET)


class Event(msgspec.Struct):
    """What a frame may hold at its top, whichever kind it is."""

    kind: str = field(name="e", default="")
    timestamp: int | None = field(name="E", default=None)
    account: Inside | None = field(name="a", default=None)


class ListenKey(Row):
    key: str = field(name="listenKey")

    def __repr__(self) -> str:
        return f"ListenKey('{MASK}')"


class Renewed(Row):
    """The answer to a renewal needs no reading."""


_event = msgspec.json.Decoder(Event).decode


class AccountUpdate(Channel):
    """A note that balances have changed (which part of them is free, no event tells), and the positions touched."""

    __slots__ = ()

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        event = _event(payload)
        note = [(-1, Note())]
        if event.account is None or event.account.positions is msgspec.UNSET:
            return note, []
        rows, refused = super().read(payload)
        for _, row in rows:
            row.timestamp = event.timestamp
        return [*note, *rows], refused


_NOTE = Channel(None, Note)
_REST_BALANCES = Channel(None, RestBalance, many=True)
_REST_POSITIONS = Channel(None, RestPosition, many=True)
_LISTEN_KEY = Channel(None, ListenKey)
_RENEWAL = Channel(None, Renewed)
_KEY_PATH = "/fapi/v1/listenKey"


class BinanceSwapAccount(BinanceKey):
    """The futures account of one key.

    The address of the socket is the subscription, and the venue sends no snapshot. A key that has run out leaves the
    socket open and silent, after an event that says so.
    """

    name = "BINANCE___SWAP"
    rest = "https://fapi.binance.com"
    testnet_rest = "https://demo-fapi.binance.com"
    lists = Lists("/fapi/v1", "userTrades", RestOrder, RestFill, WEIGHT, open_cost=40, order_cost=1, page_cost=5)
    kinds = ("orders", "fills", "balances", "positions")
    balances_by_rest = True
    renewal = _RENEWED_S
    endpoints = {
        "account": Endpoint(
            "wss://fstream.binance.com",
            "/private/ws",
            Heartbeat(send=PING_FRAME),
            topics_per_socket=1024,
            sends=Rate(8, 1.0),
            connects=Rate(300, 300.0),
            testnet_base="wss://fstream.binancefuture.com",
            lifetime=24 * 3600,
            private=True,
        )
    }
    channels = {
        "ORDER_TRADE_UPDATE": Channel(None, OrderUpdate, ("o",)),
        "ACCOUNT_UPDATE": AccountUpdate(None, Position, ("a", "P"), many=True),
        # The same fills once more, ahead of the orders and without their fees.
        "TRADE_LITE": _NOTE,
        # Orders that wait for a price are orders only when that has come.
        "ALGO_UPDATE": _NOTE,
        "CONDITIONAL_ORDER_TRIGGER_REJECT": _NOTE,
        "ACCOUNT_CONFIG_UPDATE": _NOTE,
        "MARGIN_CALL": _NOTE,
        "STRATEGY_UPDATE": _NOTE,
        "GRID_UPDATE": _NOTE,
    }
    names = tuple(channels)

    @property
    def rest_headers(self) -> Mapping[str, str]:
        return {"X-MBX-APIKEY": self.key("api_key")}

    def ticket_request(self, endpoint_name: str) -> Request:
        return Request(_KEY_PATH, _LISTEN_KEY, rate=WEIGHT, method="POST")

    def admit(self, url: str, ticket: ListenKey) -> str:
        return f"{url}/{ticket.key}"

    def renewal_request(self, endpoint_name: str) -> Request:
        return Request(_KEY_PATH, _RENEWAL, rate=WEIGHT, method="PUT")

    def login(self, now_ms: int, ids: Iterator[int]) -> None:
        return None

    def route(self, payload: bytes) -> str | None:
        kind = _event(payload).kind
        return None if kind in ("", "listenKeyExpired") else kind

    def commands(self, verb: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return []

    def control(self, payload: bytes) -> list[Control]:
        if _event(payload).kind:
            return [Expired("the listen key has run out")]
        return [Ignored("frame without event")]

    def balances(self) -> Pages:
        yield Request("/fapi/v3/balance", _REST_BALANCES, rate=WEIGHT, cost=5, signed=True)

    def positions(self) -> Pages:
        yield Request("/fapi/v3/positionRisk", _REST_POSITIONS, rate=WEIGHT, cost=5, signed=True)
