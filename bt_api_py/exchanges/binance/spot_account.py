"""Binance spot: the account of one user.

Events come over the WebSocket API, which one signed request opens; listen keys are gone since 2026-02.

Source: Binance spot API documentation (web socket API: user data stream requests, request security; user data stream
events; account endpoints), state of 2026-07-21. The account calls of REST are from general knowledge where the
documentation was not at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import msgspec
from msgspec import field

from ...containers.base import Place
from ..account_base import BalanceRow, LoginCommand, Note
from ..base import (
    PING_FRAME,
    Ack,
    Channel,
    Command,
    Control,
    Endpoint,
    Expired,
    Farewell,
    Heartbeat,
    Ignored,
    Pages,
    Rate,
    Request,
)
from .account import BinanceKey, ListedFill, ListedOrder, Lists, Report
from .wire import Fault

WEIGHT = Rate(6000, 60, "weight")  # per address and minute
_TOO_OFTEN = {418, 429}


class InQuote:
    """Orders for so much of the quote asset exist on spot only."""

    @property
    def quantity(self) -> float | None:
        # An order for so much of the quote asset has no quantity in base until it was filled.
        sent: float | None = self.ordered  # type: ignore[attr-defined]
        return sent or None if self.ordered_quote else sent  # type: ignore[attr-defined]

    @property
    def cumulative_quote(self) -> float | None:
        # Below zero the venue says that it does not know, of some orders long ago.
        value: float | None = self.paid  # type: ignore[attr-defined]
        return None if value is None or value < 0 else value


class ExecutionReport(Report, kw_only=True):
    no_fill: ClassVar[int] = -1

    sent_time: int = field(name="E")
    change_time: int | None = field(name="T", default=None)
    create_time: int | None = field(name="O", default=None)
    request_id: str = field(name="c", default="")
    original_id: str = field(name="C", default="")
    ordered: float | None = field(name="q", default=None)
    ordered_quote: float = field(name="Q", default=0.0)
    paid: float | None = field(name="Z", default=None)
    quantity = InQuote.quantity
    cumulative_quote = InQuote.cumulative_quote

    @property
    def client_order_id(self) -> str:
        # A cancellation carries the id of its own request, and the order's beside it.
        return self.original_id or self.request_id

    @property
    def timestamp(self) -> int:
        return self.sent_time if self.change_time is None else self.change_time


class Holding(BalanceRow):
    """The time of it stands beside the list, see `Holdings`."""

    asset: str = field(name="a")
    free: float = field(name="f")
    locked: float = field(name="l")
    timestamp: int | None = None


class Holdings(Channel):
    """The assets that one event touched."""

    __slots__ = ()

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        rows, refused = super().read(payload)
        event = _envelope(payload).event
        for _, row in rows:
            row.timestamp = None if event is None else event.timestamp
        return rows, refused


class RestOrder(ListedOrder):
    ordered: float | None = field(name="origQty", default=None)
    ordered_quote: float = field(name="origQuoteOrderQty", default=0.0)
    paid: float | None = field(name="cummulativeQuoteQty", default=None)  # the venue's own spelling
    quantity = InQuote.quantity
    cumulative_quote = InQuote.cumulative_quote


class RestFill(ListedFill, kw_only=True):
    is_buyer: bool = field(name="isBuyer")
    is_maker: bool = field(name="isMaker")


class RestBalance(BalanceRow):
    asset: str
    free: float
    locked: float


class Event(msgspec.Struct):
    kind: str = field(name="e", default="")
    timestamp: int | None = field(name="E", default=None)


class Envelope(msgspec.Struct):
    """What a frame may hold at its top, whichever kind it is."""

    event: Event | None = None
    id: int | str | None = None
    status: int = 0
    error: Fault | None = None


_envelope = msgspec.json.Decoder(Envelope).decode

_NOTE = Channel(None, Note)
_REST_BALANCES = Channel(None, RestBalance, ("balances",), many=True)
_ENDINGS = ("eventStreamTerminated", "serverShutdown")


class BinanceAccount(BinanceKey):
    """The spot account of one key.

    The login is the subscription: everything comes by it, and the venue sends no snapshot. A balance event names
    only the assets that may have changed.
    """

    name = "BINANCE___SPOT"
    rest = "https://api.binance.com"
    testnet_rest = "https://testnet.binance.vision"
    lists = Lists("/api/v3", "myTrades", RestOrder, RestFill, WEIGHT, open_cost=80, order_cost=4, page_cost=20)
    endpoints = {
        "account": Endpoint(
            "wss://ws-api.binance.com:443",
            "/ws-api/v3",
            Heartbeat(send=PING_FRAME),
            topics_per_socket=1024,
            sends=Rate(4, 1.0),
            connects=Rate(300, 300.0),
            testnet_base="wss://ws-api.testnet.binance.vision",
            lifetime=24 * 3600,
            private=True,
            spares=("wss://ws-api.binance.com:9443",),
        )
    }
    channels = {
        "executionReport": Channel(None, ExecutionReport, ("event",)),
        "outboundAccountPosition": Holdings(None, Holding, ("event", "B"), many=True),
        # A position event with the new balance follows each of these, so their differences must not be added.
        "balanceUpdate": _NOTE,
        "externalLockUpdate": _NOTE,
        "listStatus": _NOTE,
    }
    names = tuple(channels)

    def login(self, now_ms: int, ids: Iterator[int]) -> Command:
        number = next(ids)
        parameters = {"apiKey": self.key("api_key"), "timestamp": str(now_ms)}
        signature = self.signature("&".join(f"{name}={parameters[name]}" for name in sorted(parameters)))
        frame = {
            "id": number,
            "method": "userDataStream.subscribe.signature",
            "params": {"apiKey": parameters["apiKey"], "timestamp": now_ms, "signature": signature},
        }
        return LoginCommand(msgspec.json.encode(frame).decode(), (), str(number))

    def route(self, payload: bytes) -> str | None:
        event = _envelope(payload).event
        return None if event is None or event.kind in _ENDINGS else event.kind

    def commands(self, verb: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return []

    def control(self, payload: bytes) -> list[Control]:
        frame = _envelope(payload)
        if frame.event is not None:
            if frame.event.kind == "serverShutdown":
                return [Farewell("the venue announced a shutdown")]
            return [Expired("the venue ended the event stream")]
        number = None if frame.id is None else str(frame.id)
        if frame.error is not None:
            is_pace = frame.status in _TOO_OFTEN
            refusal = self.refusal(frame.error.msg, str(frame.error.code), id=number, is_pace=is_pace)
            # Without having been asked, the venue says so when a key is withdrawn.
            return [Expired(refusal.detail) if number is None and frame.status == 401 else refusal]
        if frame.status == 200:
            return [Ack(id=number)]
        return [Ignored("frame without event, result or error")]

    def balances(self) -> Pages:
        # What is not listed is zero.
        query = {"omitZeroBalances": "true"}
        yield Request("/api/v3/account", _REST_BALANCES, query, WEIGHT, 20, signed=True)
