"""Binance spot: the account of one user.

Events come over the WebSocket API, which one signed request opens; listen keys are gone since 2026-02.

Source: Binance spot API documentation (web socket API: user data stream requests, request security; user data stream
events; account endpoints), state of 2026-07-21. The account calls of REST are from general knowledge where the
documentation was not at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import field

from ...containers.base import Number, Place, nan
from ..account_base import BalanceRow, FillRow, LoginCommand, Note, OwnFill
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
from .account import AnyOrder, BinanceKey, ListedFill, ListedOrder, since
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


class ExecutionReport(AnyOrder):
    """One change of an order. A fee is that of this one fill, so it goes with the fill and not with the order."""

    venue_symbol: str = field(name="s")
    order_number: int = field(name="i")
    venue_status: str = field(name="X")
    sent_time: int = field(name="E")
    change_time: int | None = field(name="T", default=None)
    create_time: int | None = field(name="O", default=None)
    request_id: str = field(name="c", default="")
    original_id: str = field(name="C", default="")
    side_word: str | None = field(name="S", default=None)
    type_word: str | None = field(name="o", default=None)
    time_in_force: str | None = field(name="f", default=None)
    price: Number = field(name="p", default=None)
    ordered: float | None = field(name="q", default=None)
    ordered_quote: float = field(name="Q", default=0.0)
    filled_quantity: Number = field(name="z", default=None)
    paid: float | None = field(name="Z", default=None)
    fill_id: int = field(name="t", default=-1)
    fill_quantity: float = field(name="l", default=0.0)
    fill_price: float = field(name="L", default=nan)
    fill_fee: float | None = field(name="n", default=None)
    fill_fee_asset: str | None = field(name="N", default=None)
    is_maker: bool = field(name="m", default=False)
    quantity = InQuote.quantity
    cumulative_quote = InQuote.cumulative_quote

    @property
    def client_order_id(self) -> str:
        # A cancellation carries the id of its own request, and the order's beside it.
        return self.original_id or self.request_id

    @property
    def timestamp(self) -> int:
        return self.sent_time if self.change_time is None else self.change_time

    @property
    def trade_id(self) -> int | None:
        return self.fill_id if self.fill_id >= 0 and self.fill_quantity > 0 else None

    @property
    def fill(self) -> FillRow | None:
        if self.trade_id is None:
            return None
        return OwnFill(
            venue_symbol=self.venue_symbol,
            order_id=self.order_id,
            client_order_id=self.client_order_id or None,
            trade_id=self.trade_id,
            price=self.fill_price,
            quantity=self.fill_quantity,
            side=self.side,
            trade_type="maker" if self.is_maker else "taker",
            fee=self.fill_fee,
            fee_asset=self.fill_fee_asset,
            timestamp=self.timestamp,
        )


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
_REST_ORDER = Channel(None, RestOrder)
_REST_ORDERS = Channel(None, RestOrder, many=True)
_REST_FILLS = Channel(None, RestFill, many=True)
_REST_BALANCES = Channel(None, RestBalance, ("balances",), many=True)
_ORDER, _FILL = ("orderId", "order_number"), ("fromId", "trade_id")
_ENDINGS = ("eventStreamTerminated", "serverShutdown")


class BinanceAccount(BinanceKey):
    """The spot account of one key.

    The login is the subscription: everything comes by it, and the venue sends no snapshot. A balance event names
    only the assets that may have changed.
    """

    name = "BINANCE___SPOT"
    rest = "https://api.binance.com"
    testnet_rest = "https://testnet.binance.vision"
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

    def open_orders(self) -> Pages:
        yield Request("/api/v3/openOrders", _REST_ORDERS, rate=WEIGHT, cost=80, signed=True)

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        query = {"symbol": venue_symbol, "orderId": order_id}
        yield Request("/api/v3/order", _REST_ORDER, query, WEIGHT, 4, signed=True)

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        for symbol in symbols:
            yield from since("/api/v3/allOrders", _REST_ORDERS, symbol, since_ms, number=_ORDER, weight=WEIGHT, cost=20)

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        for symbol in symbols:
            yield from since("/api/v3/myTrades", _REST_FILLS, symbol, since_ms, number=_FILL, weight=WEIGHT, cost=20)
