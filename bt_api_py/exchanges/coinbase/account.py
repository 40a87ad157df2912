"""Coinbase Exchange: the account of one user.

Source: Coinbase Exchange documentation (web socket feed: authentication, user and balance channels; REST:
authentication, accounts), state of 2026-11. Orders and fills by REST are from general knowledge, and so are the
messages of the balance channel.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from math import isfinite
from typing import Any, ClassVar

import msgspec
from msgspec import field

from ...containers.base import Number, Place, Row, Side
from ...containers.order import OrderStatus
from ...exceptions import BtApiError
from ...symbols import SymbolStyle
from ..account_base import (
    CHECK_SECRET,
    BalanceRow,
    FillRow,
    Kind,
    LoginCommand,
    Note,
    OrderRow,
    OwnFill,
    PrivateSide,
    SignedCall,
    encoded,
    login_error,
    number_of,
    status_of,
)
from ..base import Ack, Alive, Channel, Command, Control, Expired, Ignored, Pages, Rate, Request
from .wire import (
    REST,
    REST_HEADERS,
    TESTNET_REST,
    Moment,
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

_DONE: Mapping[str, OrderStatus] = {"filled": "filled", "canceled": "canceled"}
_OPEN: Mapping[str, OrderStatus] = {"pending": "new", "open": "new", "active": "new", "rejected": "rejected"}
_LIQUIDITY = {"M": "maker", "T": "taker"}


class Event(OrderRow, kw_only=True):
    """What the channel tells of an order, one type of message for each step."""

    venue_symbol: str = field(name="product_id")
    time: Moment

    @property
    def timestamp(self) -> int | None:
        return milliseconds(self.time)


class Later(Event, kw_only=True):
    """A step after the first: it does not tell again what was ordered."""

    continues: ClassVar[bool] = True

    order_id: str


class Received(Event, kw_only=True, tag_field="type", tag="received"):
    """The venue took an order. One for so much money has no size."""

    status: ClassVar[OrderStatus] = "new"

    order_id: str
    side: Side
    order_type: str
    quantity: Number = field(name="size", default=None)
    price: Number = None
    client_order_id: str | None = field(name="client_oid", default=None)

    @property
    def create_time(self) -> int | None:
        return self.timestamp


class Opened(Later, kw_only=True, tag_field="type", tag="open"):
    """What is left of an order rests in the book."""

    status: ClassVar[OrderStatus] = "new"

    remaining_quantity: Number = field(name="remaining_size", default=None)


class Changed(Later, kw_only=True, tag_field="type", tag="change"):
    """What is left of an order was made more, or less, or has another price."""

    status: ClassVar[OrderStatus] = "new"
    amends: ClassVar[bool] = True

    remaining_quantity: Number = field(name="new_size", default=None)
    old_price: Number = field(name="price", default=None)
    new_price: Number = None

    @property
    def price(self) -> Number:
        return self.old_price if self.new_price in (None, "") else self.new_price


class Done(Later, kw_only=True, tag_field="type", tag="done"):
    reason: str = ""
    remaining_size: Number = None

    @property
    def status(self) -> OrderStatus:
        return status_of(_DONE, self.reason)

    @property
    def remaining_quantity(self) -> Number:
        return 0 if self.reason == "filled" else self.remaining_size


class Matched(Event, kw_only=True, tag_field="type", tag="match"):
    """A fill of an order; its side is the maker's, and whoever is told a maker's rate is the maker."""

    status: ClassVar[OrderStatus] = "partial"
    continues: ClassVar[bool] = True

    trade_id: int
    maker_order_id: str
    taker_order_id: str
    fill_price: float = field(name="price")
    size: float
    maker_side: Side = field(name="side")
    maker_user_id: str | None = None
    maker_fee_rate: Number = None
    taker_fee_rate: Number = None

    @property
    def adds_up(self) -> bool:
        return True

    @property
    def is_maker(self) -> bool:
        return self.maker_fee_rate is not None or self.maker_user_id is not None

    @property
    def order_id(self) -> str:
        return self.maker_order_id if self.is_maker else self.taker_order_id

    @property
    def side(self) -> Side:
        if self.is_maker:
            return self.maker_side
        return "buy" if self.maker_side == "sell" else "sell"

    @property
    def fill(self) -> FillRow:
        rate = number_of(self.maker_fee_rate if self.is_maker else self.taker_fee_rate)
        return OwnFill(
            venue_symbol=self.venue_symbol,
            order_id=self.order_id,
            trade_id=self.trade_id,
            price=self.fill_price,
            quantity=self.size,
            side=self.side,
            trade_type="maker" if self.is_maker else "taker",
            fee=None if rate is None else _product(self.fill_price, self.size, rate),
            fee_asset=_quote(self.venue_symbol),
            timestamp=self.timestamp or 0,
        )


class Activated(Note, kw_only=True, tag_field="type", tag="activate"):
    """A stop order waits for its price; when that is reached it is received like any other."""


class LiveBalance(BalanceRow):
    """What an asset's part of the account holds now; one that cannot be understood says at least that it changed."""

    asset: str = field(name="currency", default="")
    free: Number = field(name="available", default=None)
    locked: Number = field(name="holds", default=None)
    time: Moment | None = field(name="timestamp", default=None)

    @property
    def timestamp(self) -> int | None:
        return milliseconds(self.time)

    @property
    def kind(self) -> Kind:  # type: ignore[override]  # of this message, and not of all
        amounts = number_of(self.free), number_of(self.locked)
        is_whole = self.asset and all(amount is not None and isfinite(amount) for amount in amounts)
        return "balance" if is_whole else "hint"

    def defect(self) -> str | None:
        return None


class RestOrder(OrderRow):
    venue_symbol: str = field(name="product_id")
    order_id: str = field(name="id")
    venue_status: str = field(name="status")
    created: Moment = field(name="created_at")
    done: Moment | None = field(name="done_at", default=None)
    done_reason: str = ""
    side: str | None = None
    order_type: str | None = field(name="type", default=None)
    quantity: Number = field(name="size", default=None)
    price: Number = None
    filled_quantity: Number = field(name="filled_size", default=None)
    cumulative_quote: Number = field(name="executed_value", default=None)
    time_in_force: str | None = None
    client_order_id: str | None = field(name="client_oid", default=None)

    @property
    def status(self) -> OrderStatus:
        if self.venue_status == "done":
            return status_of(_DONE, self.done_reason)
        status = status_of(_OPEN, self.venue_status)
        return "partial" if status == "new" and number_of(self.filled_quantity) else status

    @property
    def create_time(self) -> int | None:
        return milliseconds(self.created)

    @property
    def timestamp(self) -> int:
        return milliseconds(self.done) or milliseconds(self.created) or 0


class RestFill(FillRow):
    venue_symbol: str = field(name="product_id")
    order_id: str
    trade_id: int
    price: float
    quantity: float = field(name="size")
    side: str
    created: Moment = field(name="created_at")
    liquidity: str = ""
    fee: float | None = None

    @property
    def fee_asset(self) -> str:
        return _quote(self.venue_symbol)

    @property
    def trade_type(self) -> str | None:
        return _LIQUIDITY.get(self.liquidity)

    @property
    def timestamp(self) -> int:
        return milliseconds(self.created) or 0


class RestBalance(BalanceRow):
    """Every asset that the venue knows is listed; those of which nothing is held count as left out."""

    asset: str = field(name="currency")
    account_id: str = field(name="id", default="")
    free: Number = field(name="available", default=None)
    locked: Number = field(name="hold", default=None)
    total: Number = field(name="balance", default=None)

    @property
    def counts(self) -> bool:
        return any(map(number_of, (self.free, self.locked, self.total)))


class Names(Row):
    """The names of all parts of the account, one for each asset."""

    account_ids: list[str]


class Parts(Channel):
    """The list of balances, read for the names alone."""

    __slots__ = ()

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        rows, refused = super().read(payload)
        return [(-1, Names([row.account_id for _, row in rows if row.account_id]))], refused


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

    def split(self, name: str) -> tuple[str, str, str]:
        return name, "", ""

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return []  # the login brought them

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return []

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


def _product(*factors: float) -> float:
    """Return an exact product: the figures are decimal."""
    product = Decimal(1)
    for factor in factors:
        product *= Decimal(str(factor))
    return float(product)


def _quote(venue_symbol: str) -> str:
    """Return the asset in which fees are paid."""
    return venue_symbol.rpartition("-")[2]
