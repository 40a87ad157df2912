"""Kraken spot: the account of one user.

A token fetched by REST stands for the login; every subscription carries it.

Source: Kraken documentation (web socket v2: executions, balances, authentication; REST: authentication, account data),
state of 2026-07. The paging of closed orders and of fills is from general knowledge.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256, sha512
from typing import Any, ClassVar

import msgspec
from msgspec import field

from ...containers.base import Number, Row, nan
from ...containers.order import OrderStatus
from ...exceptions import BtApiError
from ..account_base import (
    CHECK_SECRET,
    BalanceHint,
    BalanceRow,
    FillRow,
    LoginCommand,
    OrderRow,
    OwnFill,
    PrivateSide,
    SignedCall,
    encoded,
    login_error,
    number_of,
    status_of,
)
from ..base import UNREADABLE, Ack, Channel, Command, Control, Expired, Item, KeyedChannel, Pages, Request
from .wire import ADVICE, PRIVATE_PACE, REST, Moment, asset_of, endpoint, envelope, failure, is_pace, market_of, notice
from .wire import milliseconds as ms_of

_PAGE = 50
_FORM = "application/x-www-form-urlencoded"

STATUS: Mapping[str, OrderStatus] = {
    "pending": "new",
    "pending_new": "new",
    "open": "new",
    "new": "new",
    "partially_filled": "partial",
    "filled": "filled",
    "closed": "filled",
    "canceled": "canceled",
    "expired": "expired",
}
_LIQUIDITY = {"m": "maker", "t": "taker"}


class Fee(msgspec.Struct):
    asset: str
    quantity: Decimal = field(name="qty")


class Execution(OrderRow):
    """One event of an order. Most leave out what was told when it was placed, its market too."""

    is_sparse: ClassVar[bool] = True

    order_id: str
    event: str = field(name="exec_type")
    time: Moment = field(name="timestamp")
    venue_status: str = field(name="order_status", default="")
    venue_symbol: str = field(name="symbol", default="")
    side: str | None = None
    order_type: str | None = None
    quantity: Number = field(name="order_qty", default=None)
    price: Number = field(name="limit_price", default=None)
    time_in_force: str | None = None
    own_id: str = field(name="cl_ord_id", default="")
    own_number: int = field(name="order_userref", default=0)  # 0: none
    filled_quantity: Number = field(name="cum_qty", default=None)
    cumulative_quote: Number = field(name="cum_cost", default=None)
    average_price: Number = field(name="avg_price", default=None)
    trade_id: int | None = None
    fill_quantity: Number = field(name="last_qty", default=None)
    fill_price: Number = field(name="last_price", default=None)
    liquidity: str = field(name="liquidity_ind", default="")
    fees: list[Fee] = []

    @property
    def timestamp(self) -> int:
        return ms_of(self.time)

    @property
    def client_order_id(self) -> str | None:
        return self.own_id or (str(self.own_number) if self.own_number else None)

    @property
    def status(self) -> OrderStatus:
        if self.event == "trade":
            return "partial"
        status = status_of(STATUS, self.venue_status)
        return "partial" if status == "new" and number_of(self.filled_quantity) else status

    @property
    def adds_up(self) -> bool:
        return self.event == "trade" and self.filled_quantity is None

    @property
    def fill(self) -> FillRow | None:
        if self.event != "trade" or self.trade_id is None:
            return None
        price, quantity = number_of(self.fill_price), number_of(self.fill_quantity)
        fee, fee_asset = _sum(self.fees)
        return OwnFill(
            venue_symbol=self.venue_symbol,
            order_id=self.order_id,
            client_order_id=self.client_order_id,
            trade_id=self.trade_id,
            price=nan if price is None else price,
            quantity=nan if quantity is None else quantity,
            side=self.side,
            trade_type=_LIQUIDITY.get(self.liquidity),
            fee=fee,
            fee_asset=fee_asset,
            timestamp=self.timestamp,
        )


def _sum(fees: Sequence[Fee]) -> tuple[float | None, str | None]:
    """Return the fee and its asset; fees in several assets have no sum."""
    asset = fees[0].asset if fees else None
    if any(fee.asset != asset for fee in fees):
        return None, None
    return float(sum(fee.quantity for fee in fees)), asset


class Description(msgspec.Struct):
    pair: str = ""
    side: str | None = field(name="type", default=None)
    order_type: str | None = field(name="ordertype", default=None)
    price: Number = None  # 0 of a market order


class RestOrder(OrderRow):
    """The id is the key under which the order lies."""

    venue_status: str = field(name="status")
    opened_s: Decimal = field(name="opentm")
    told: Description = field(name="descr")
    closed_s: Decimal | None = field(name="closetm", default=None)
    volume: Number = field(name="vol", default=None)
    flags: str = field(name="oflags", default="")
    own_id: str | None = field(name="cl_ord_id", default=None)
    own_number: int | None = field(name="userref", default=None)
    filled_quantity: Number = field(name="vol_exec", default=None)
    cumulative_quote: Number = field(name="cost", default=None)
    average_price: Number = field(name="price", default=None)
    key: str = ""

    order_id = property(lambda self: self.key)
    venue_symbol = property(lambda self: market_of(self.told.pair))
    side = property(lambda self: self.told.side)
    order_type = property(lambda self: self.told.order_type)
    price = property(lambda self: self.told.price)

    @property
    def client_order_id(self) -> str | None:
        return self.own_id or (str(self.own_number) if self.own_number else None)

    @property
    def create_time(self) -> int:
        return int(self.opened_s * 1000)

    @property
    def timestamp(self) -> int:
        return int((self.closed_s or self.opened_s) * 1000)

    @property
    def quantity(self) -> Number:
        return None if "viqc" in self.flags else self.volume  # so much of the quote asset was offered

    @property
    def status(self) -> OrderStatus:
        status = status_of(STATUS, self.venue_status)
        return "partial" if status == "new" and number_of(self.filled_quantity) else status

    def defect(self) -> str | None:
        times = [time for time in (self.opened_s, self.closed_s) if time is not None and not 0 <= time < 10**11]
        return f"time {times[0]}" if times else super().defect()


class RestFill(FillRow):
    """The venue does not say here in which asset the fee was paid: in the quote asset, unless the order asked else."""

    order_id: str = field(name="ordertxid")
    pair: str
    time_s: Decimal = field(name="time")
    trade_id: int
    side: str = field(name="type")
    price: float
    quantity: float = field(name="vol")
    fee: float | None = None
    is_maker: bool | None = field(name="maker", default=None)

    @property
    def venue_symbol(self) -> str:
        return market_of(self.pair)

    @property
    def fee_asset(self) -> str | None:
        return self.venue_symbol.partition("/")[2] or None

    @property
    def trade_type(self) -> str | None:
        return None if self.is_maker is None else "maker" if self.is_maker else "taker"

    @property
    def timestamp(self) -> int:
        return int(self.time_s * 1000)

    def defect(self) -> str | None:
        return super().defect() or (None if 0 <= self.time_s < 10**11 else f"time {self.time_s}")


class RestBalance(BalanceRow):
    """The asset is the key under which the balance lies; one with a suffix such as ``.S`` is not for trading."""

    total: float = field(name="balance")
    locked: float = field(name="hold_trade", default=0.0)
    key: str = ""

    asset = property(lambda self: asset_of(self.key))

    @property
    def counts(self) -> bool:
        return "." not in self.key


class Ticket(Row):
    token: str


_ORDERS = KeyedChannel(None, RestOrder, ("result",))
_OPEN = KeyedChannel(None, RestOrder, ("result", "open"))
_CLOSED = KeyedChannel(None, RestOrder, ("result", "closed"))
_FILLS = KeyedChannel(None, RestFill, ("result", "trades"))
_BALANCES = KeyedChannel(None, RestBalance, ("result",))
_TICKET = Channel(None, Ticket, ("result",))


class KrakenAccount(PrivateSide):
    """The spot orders and the balances of one Kraken key.

    Executions begin with the open orders and are numbered; a number that was left out is an outage. The channel of
    balances tells totals when something was booked, and nothing when an order locks or frees them, so they are read by
    REST when something happened.
    """

    name = "KRAKEN___SPOT"
    rest = REST
    endpoints = {"account": endpoint("wss://ws-auth.kraken.com", 10, 50, private=True)}
    channels = {
        "executions": Channel(None, Execution, ("data",), many=True),
        "balances": Channel(None, BalanceHint, ("data",), many=True),
    }
    names = tuple(channels)
    advice = ADVICE
    cancels = frozenset({"rejected"})
    balances_by_rest = True
    balances_every = 5.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._nonce = 0
        self._token = ""
        self._numbers: dict[str, list[int]] = {}  # by channel, the last number of each socket: there may be two
        self._beginning: set[str] = set()  # channels that were subscribed anew, and whose first number is awaited

    def ticket_request(self, endpoint_name: str) -> Request:
        return Request("/0/private/GetWebSocketsToken", _TICKET, rate=PRIVATE_PACE, signed=True)

    def admit(self, url: str, ticket: Ticket) -> str:
        self._token = ticket.token
        return url

    def login(self, now_ms: int, ids: Iterator[int]) -> None:
        return None

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        # It has to grow with every call of a key, and other programs that use it count in milliseconds too.
        self._nonce = max(now_ms, self._nonce + 1)
        body = encoded({"nonce": str(self._nonce), **request.query}).encode()
        try:
            secret = b64decode(self.key("secret"))
        except ValueError:
            # The cause is left out, since it may quote the secret.
            raise login_error(self.name, "the secret is no Base64 text", "no request made", CHECK_SECRET) from None
        digest = sha256(str(self._nonce).encode() + body).digest()
        signature = b64encode(hmac.digest(secret, request.path.encode() + digest, sha512)).decode()
        headers = {"API-Key": self.key("api_key"), "API-Sign": signature, "Content-Type": _FORM}
        return SignedCall("", headers, body)

    def route(self, payload: bytes) -> str | None:
        frame = envelope(payload)
        return frame.channel if frame.channel in self.channels and not frame.method else None

    def split(self, name: str) -> tuple[str, str, str]:
        return name, "", ""

    def decode(self, payload: bytes, received: float = nan) -> list[Item]:
        if not self._follows(payload):
            # What comes behind a hole may need what was in it; all of it is read with the state.
            return [("", Expired("the venue left out a number on the account's socket"))]
        return super().decode(payload, received)

    def _follows(self, payload: bytes) -> bool:
        """Return whether a frame of data bears the number after the last, on any of the sockets."""
        try:
            frame = envelope(payload)
        except UNREADABLE:
            return True  # and refused already
        number = frame.sequence
        if number is None or frame.channel not in self.channels:
            return True
        known = self._numbers.setdefault(frame.channel, [])
        if number - 1 in known and frame.kind != "snapshot":
            known[known.index(number - 1)] = number
            return True
        if number in known:
            return True  # twice
        is_first = frame.kind == "snapshot" or not known or frame.channel in self._beginning
        if is_first:
            self._beginning.discard(frame.channel)
            self._numbers[frame.channel] = [*known[-1:], number]
        return is_first

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [self._command("subscribe", name, next(ids)) for name in names]

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [self._command("unsubscribe", name, next(ids)) for name in names]

    def _command(self, method: str, name: str, number: int) -> Command:
        params: dict[str, Any] = {"channel": name, "token": self._token}
        if method == "subscribe":
            self._beginning.add(name)
            first = {"snap_orders": True, "snap_trades": False} if name == "executions" else {"snapshot": False}
            params |= first
        text = msgspec.json.encode({"method": method, "params": params, "req_id": number}).decode()
        return LoginCommand(text, (name,), str(number))

    def control(self, payload: bytes) -> list[Control]:
        frame = envelope(payload)
        if frame.method not in ("subscribe", "unsubscribe"):
            return [notice(frame)]
        if frame.success:
            name = frame.result.channel if frame.result else None
            return [Ack(id=frame.id, name=name, time_ms=frame.time_ms)]
        text = frame.error
        if text.startswith("Already subscribed"):
            return [Ack(id=frame.id)]
        if text.startswith("ESession"):
            return [Expired(f"the token is not good any more: {text}")]
        return [self.refusal(text, text, id=frame.id, is_pace=is_pace(text))]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def balances(self) -> Pages:
        yield _asked("BalanceEx", _BALANCES)

    def open_orders(self) -> Pages:
        yield _asked("OpenOrders", _OPEN)

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        yield _asked("QueryOrders", _ORDERS, {"txid": order_id})

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        yield from _pages("ClosedOrders", _CLOSED, {"start": str(since_ms // 1000 - 1), "closetime": "close"})

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        yield from _pages("TradesHistory", _FILLS, {"start": str(since_ms // 1000 - 1)})


def _asked(call: str, channel: Channel, query: dict[str, str] | None = None, cost: int = 1) -> Request:
    return Request(f"/0/private/{call}", channel, query or {}, PRIVATE_PACE, cost, signed=True)


def _pages(call: str, channel: Channel, query: dict[str, str]) -> Pages:
    """Ask for a list, newest first, by position; what is added meanwhile moves the rest back and comes twice."""
    start = 0
    while True:
        rows = yield _asked(call, channel, {**query, "ofs": str(start)}, cost=2)
        if len(rows) < _PAGE:
            return
        start += len(rows)
