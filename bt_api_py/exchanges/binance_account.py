"""Binance spot: the account of one user.

Events come over the WebSocket API, which one signed request opens; listen keys are gone since 2026-02.

Source: Binance spot API documentation (web socket API: user data stream requests, request security; user data stream
events; account endpoints), state of 2026-07-21. The account calls of REST are from general knowledge where the
documentation was not at hand.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from importlib import import_module
from typing import Any

import msgspec
from msgspec import field

from ..containers.base import Number, Place, nan
from ..containers.order import OrderStatus
from ..exceptions import BtApiError, ConfigurationError
from .account_base import (
    BalanceRow,
    FillRow,
    LoginCommand,
    Note,
    OrderRow,
    OwnFill,
    PrivateSide,
    SignedCall,
    encoded,
    status_of,
)
from .base import (
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
from .binance_wire import ADVICE, WEIGHT, Fault, failure

_PAGE = 1000
_TOO_OFTEN = {418, 429}
_PEM = "-----BEGIN "

STATUS: Mapping[str, OrderStatus] = {
    "NEW": "new",
    "PENDING_NEW": "new",
    "PARTIALLY_FILLED": "partial",
    "FILLED": "filled",
    "CANCELED": "canceled",
    "PENDING_CANCEL": "canceled",
    "REJECTED": "rejected",
    "EXPIRED": "expired",
    "EXPIRED_IN_MATCH": "expired",  # self-trade prevention
}


class AnyOrder(OrderRow):
    """What an event and a REST record of an order share, whatever their fields are called."""

    @property
    def order_id(self) -> str:
        return str(self.order_number)  # type: ignore[attr-defined]  # declared by both

    @property
    def side(self) -> str | None:
        word: str | None = self.side_word  # type: ignore[attr-defined]
        return word.lower() if word else None

    @property
    def order_type(self) -> str | None:
        word: str | None = self.type_word  # type: ignore[attr-defined]
        return word.lower() if word else None

    @property
    def status(self) -> OrderStatus:
        return status_of(STATUS, self.venue_status)  # type: ignore[attr-defined]

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


class RestOrder(AnyOrder):
    venue_symbol: str = field(name="symbol")
    order_number: int = field(name="orderId")
    venue_status: str = field(name="status")
    timestamp: int = field(name="updateTime")
    create_time: int | None = field(name="time", default=None)
    client_order_id: str | None = field(name="clientOrderId", default=None)
    side_word: str | None = field(name="side", default=None)
    type_word: str | None = field(name="type", default=None)
    time_in_force: str | None = field(name="timeInForce", default=None)
    price: Number = None
    ordered: float | None = field(name="origQty", default=None)
    ordered_quote: float = field(name="origQuoteOrderQty", default=0.0)
    filled_quantity: Number = field(name="executedQty", default=None)
    paid: float | None = field(name="cummulativeQuoteQty", default=None)  # the venue's own spelling


class RestFill(FillRow):
    venue_symbol: str = field(name="symbol")
    trade_id: int = field(name="id")
    order_number: int = field(name="orderId")
    price: float
    quantity: float = field(name="qty")
    timestamp: int = field(name="time")
    is_buyer: bool = field(name="isBuyer")
    is_maker: bool = field(name="isMaker")
    fee: float | None = field(name="commission", default=None)
    fee_asset: str | None = field(name="commissionAsset", default=None)

    @property
    def order_id(self) -> str:
        return str(self.order_number)

    @property
    def side(self) -> str:
        return "buy" if self.is_buyer else "sell"

    @property
    def trade_type(self) -> str:
        return "maker" if self.is_maker else "taker"


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
_ENDINGS = ("eventStreamTerminated", "serverShutdown")


class BinanceAccount(PrivateSide):
    """The spot account of one Binance key: HMAC, or Ed25519 when the secret is a private key in PEM form.

    The login is the subscription: everything comes by it, and the venue sends no snapshot. A balance event names
    only the assets that may have changed.
    """

    name = "BINANCE___SPOT"
    rest = "https://api.binance.com"
    testnet_rest = "https://testnet.binance.vision"
    used_weight_header = "X-MBX-USED-WEIGHT-1M"
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
    advice = ADVICE
    lists_by_market = True

    def login(self, now_ms: int, ids: Iterator[int]) -> Command:
        number = next(ids)
        parameters = {"apiKey": self.key("api_key"), "timestamp": str(now_ms)}
        signature = self._signature("&".join(f"{name}={parameters[name]}" for name in sorted(parameters)))
        frame = {
            "id": number,
            "method": "userDataStream.subscribe.signature",
            "params": {"apiKey": parameters["apiKey"], "timestamp": now_ms, "signature": signature},
        }
        return LoginCommand(msgspec.json.encode(frame).decode(), (), str(number))

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        query = encoded({**request.query, "timestamp": str(now_ms)})
        signature = encoded({"signature": self._signature(query)})
        return SignedCall(f"{query}&{signature}", {"X-MBX-APIKEY": self.key("api_key")})

    def _signature(self, text: str) -> str:
        secret = self.key("secret")
        if secret.lstrip().startswith(_PEM):
            return _ed25519(secret.strip().encode(), text.encode(), self.name)
        return hmac.new(secret.encode(), text.encode(), sha256).hexdigest()

    def route(self, payload: bytes) -> str | None:
        event = _envelope(payload).event
        return None if event is None or event.kind in _ENDINGS else event.kind

    def split(self, name: str) -> tuple[str, str, str]:
        return name, "", ""

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return []

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
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

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

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
            yield from _since("/api/v3/allOrders", _REST_ORDERS, symbol, since_ms, "orderId", "order_number")

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        for symbol in symbols:
            yield from _since("/api/v3/myTrades", _REST_FILLS, symbol, since_ms, "fromId", "trade_id")


def _since(path: str, channel: Channel, symbol: str, since_ms: int, parameter: str, number: str) -> Pages:
    """Ask for one market's records: the first page by time, the next ones from the number after the last."""
    start, last = {"startTime": str(since_ms)}, -1
    while True:
        query = {"symbol": symbol, **start, "limit": str(_PAGE)}
        rows = yield Request(path, channel, query, WEIGHT, 20, signed=True)
        newest = max((getattr(row, number) for row in rows), default=last)
        if len(rows) < _PAGE or newest <= last:
            return
        start, last = {parameter: str(newest + 1)}, newest


def _ed25519(pem: bytes, text: bytes, exchange_name: str) -> str:
    """Return the signature of a text in Base64.

    Raises:
        ConfigurationError: the package that signs is not installed, or the key cannot be used. The cause is left out,
            since it may quote the key.
    """
    try:
        serialization = import_module("cryptography.hazmat.primitives.serialization")
        kind = import_module("cryptography.hazmat.primitives.asymmetric.ed25519").Ed25519PrivateKey
        unsupported = import_module("cryptography.exceptions").UnsupportedAlgorithm
    except ImportError:
        raise ConfigurationError(
            "a secret in PEM form needs another package: pip install 'bt_api_py[ed25519]'", exchange_name=exchange_name
        ) from None
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (TypeError, ValueError, unsupported):
        key = None
    if not isinstance(key, kind):
        raise ConfigurationError(
            "the secret begins like a private key, but is no unencrypted Ed25519 one", exchange_name=exchange_name
        )
    return b64encode(key.sign(text)).decode()
