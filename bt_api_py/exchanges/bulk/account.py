"""BULK: the account of one public key. Reading needs no secret.

Source: BULK API 1.0.15, chapter "Account stream", and OpenAPI 3.0.10, `/account`, state of 2026-05. The rows of past
orders and fills are read under the names of the stream and under those of the snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import msgspec
from msgspec import field

from ...containers.base import Number, Place
from ...containers.order import OrderStatus
from ...exceptions import AuthenticationError, BtApiError
from ..account_base import (
    BalanceRow,
    FillRow,
    LoginCommand,
    Note,
    OrderRow,
    PositionRow,
    PrivateSide,
    number_of,
    status_of,
)
from ..base import Ack, Channel, Command, Control, Ignored, Pages, Rate, Refusal, Request
from .wire import API, NAME, QUOTE, REST, STATUS, TESTNET_REST, endpoint, envelope, failure, milliseconds, status_word

_PATH = f"{API}/account"
_RATE = Rate(10, 1.0)  # the venue states no limit for REST; a modest one of our own
_TYPES = {"stop": "stop", "takeprofit": "take_profit"}


class _Order(OrderRow):
    """What both spellings of an order have in common; a subclass names the fields."""

    venue_symbol: str
    order_id: str
    venue_status: str
    time: int
    original: float  # negative: a sale
    remaining: float
    filled: Number
    limit_price: Number
    mean_price: Number
    kind_word: str
    tif: str | None
    reduce_only: bool | None
    is_buy: bool | None

    @property
    def timestamp(self) -> int:
        return milliseconds(self.time)

    @property
    def side(self) -> str:
        bought = self.is_buy if self.is_buy is not None else self.original >= 0 and self.remaining >= 0
        return "buy" if bought else "sell"

    @property
    def quantity(self) -> float:
        return abs(self.original)

    @property
    def filled_quantity(self) -> float:
        return abs(number_of(self.filled) or 0.0)

    @property
    def average_price(self) -> float | None:
        return number_of(self.mean_price) or None  # the venue says 0 for none

    @property
    def price(self) -> float | None:
        return number_of(self.limit_price)

    @property
    def order_type(self) -> str:
        return _TYPES.get(self.kind_word.lower(), self.kind_word.lower())

    @property
    def time_in_force(self) -> str | None:
        return self.tif.upper() if self.tif else None

    @property
    def status(self) -> OrderStatus:
        status = status_of(STATUS, status_word(self.venue_status))
        if status == "new" and self.filled_quantity:
            return "partial"
        if status == "partial" and not self.filled_quantity:
            return "new"
        if status == "partial" and self._takes_only and status_word(self.venue_status) == "partiallyfilled":
            return "expired"  # what was not filled at once
        return status

    @property
    def _takes_only(self) -> bool:
        return self.order_type == "market" or (self.tif or "").lower() == "ioc"


class OrderUpdate(_Order):
    venue_symbol: str = field(name="sym")
    order_id: str = field(name="oid")
    venue_status: str = field(name="status")
    time: int = field(name="ts")
    original: float = field(name="origSz")
    remaining: float = field(name="sz", default=0.0)
    filled: Number = field(name="fillSz", default=None)
    limit_price: Number = field(name="px", default=None)
    mean_price: Number = field(name="vwap", default=None)
    kind_word: str = field(name="ot", default="")
    tif: str | None = None
    reduce_only: bool | None = field(name="r", default=None)
    is_buy: bool | None = field(name="isBuy", default=None)


class ListedOrder(_Order):
    venue_symbol: str = field(name="symbol")
    order_id: str = field(name="orderId")
    venue_status: str = field(name="status")
    time: int = field(name="timestamp")
    original: float = field(name="originalSize")
    remaining: float = field(name="size", default=0.0)
    filled: Number = field(name="filledSize", default=None)
    limit_price: Number = field(name="price", default=None)
    mean_price: Number = field(name="vwap", default=None)
    kind_word: str = field(name="orderType", default="")
    tif: str | None = None
    reduce_only: bool | None = field(name="reduceOnly", default=None)
    is_buy: bool | None = field(name="isBuy", default=None)


class Fill(FillRow):
    """A fill. Servers that send no id are given one of what tells it from every other fill of its order."""

    venue_symbol: str = field(name="symbol")
    order_id: str = field(name="orderId")
    price: float
    size: float
    time: int = field(name="timestamp")
    is_buy: bool | None = field(name="isBuy", default=None)
    fee: Number = None
    maker: bool | None = None
    number: str | int | None = field(name="tradeId", default=None)

    client_order_id = None
    fee_asset = QUOTE

    @property
    def trade_id(self) -> str:
        if self.number not in (None, ""):
            return str(self.number)
        return f"{self.order_id}-{self.time}-{self.price!r}-{self.quantity!r}"

    @property
    def span(self) -> None:
        return None

    @property
    def timestamp(self) -> int:
        return milliseconds(self.time)

    @property
    def quantity(self) -> float:
        return abs(self.size)

    @property
    def side(self) -> str:
        bought = self.is_buy if self.is_buy is not None else self.size >= 0
        return "buy" if bought else "sell"

    def sided(self, side: str) -> Fill:
        # By some servers the flag tells the taker's side.
        return msgspec.structs.replace(self, is_buy=side == "buy")

    @property
    def trade_type(self) -> str | None:
        return None if self.maker is None else "maker" if self.maker else "taker"


class Margin(BalanceRow):
    """All money of an account lies in one asset."""

    total: Number = field(name="totalBalance")
    free: Number = field(name="availableBalance")

    asset = QUOTE
    timestamp = None


class Position(PositionRow):
    venue_symbol: str = field(name="symbol")
    quantity: Number = field(name="size")  # negative: short
    average_price: Number = field(name="price", default=None)
    mark_price: Number = field(name="fairPrice", default=None)
    realized_pnl: Number = field(name="realizedPnl", default=None)
    unrealized_pnl: Number = field(name="unrealizedPnl", default=None)
    leverage: Number = None
    liquidation_price: Number = field(name="liquidationPrice", default=None)
    fee: Number = field(name="fees", default=None)
    funding_value: Number = field(name="funding", default=None)
    maintain_margin: Number = field(name="maintenanceMargin", default=None)
    is_isolated: bool | None = field(name="iso", default=None)


class Listed(Channel):
    """Records by REST: a list, of which each may be wrapped in an object of one key, named after its kind.

    With `inside`, the records lie under this key of the only element.
    """

    __slots__ = ("_inside",)

    def __init__(self, row: Any, inside: str = "") -> None:
        super().__init__(None, row, many=True)
        self._inside = inside

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        found = msgspec.json.decode(payload)
        records = [_unwrapped(entry) for entry in (found if isinstance(found, list) else [found])]
        if self._inside:
            records = [record.get(self._inside) for record in records if isinstance(record, dict)]
            records = [each for record in records for each in (record if isinstance(record, list) else [record])]
        return super().read(msgspec.json.encode(records))


def _unwrapped(entry: Any) -> Any:
    if isinstance(entry, dict) and len(entry) == 1:
        [inner] = entry.values()
        return inner if isinstance(inner, dict) else entry
    return entry


def _advised(text: str) -> str:
    return f"{text}; check api_key: it is the public key of an account of this network"


class _Data(msgspec.Struct):
    type: str = ""


class _Frame(msgspec.Struct):
    topic: str = ""
    data: _Data | None = None


_frame = msgspec.json.Decoder(_Frame).decode
_NOTE = Channel(None, Note, ("data",))


class BulkAccount(PrivateSide):
    """The orders, fills, margin and positions of one public key; one subscription brings them all.

    The state with which it begins is the same as by REST, and read there.
    """

    name = NAME
    rest = REST
    testnet_rest = TESTNET_REST
    credentials = ("api_key",)  # the public key of the account
    kinds = ("orders", "fills", "balances", "positions")
    endpoints = {"account": endpoint(private=True)}
    answers_in_order = True
    channels = {
        "orderUpdate": Channel(None, OrderUpdate, ("data",)),
        "fill": Channel(None, Fill, ("data",)),
        "marginUpdate": Channel(None, Margin, ("data",)),
        "positionUpdate": Channel(None, Position, ("data",)),
        **dict.fromkeys(("accountSnapshot", "leverageUpdate", "feeTierUpdate", "order"), _NOTE),
        **dict.fromkeys(("cancelOneRejected", "cancelAllRejected", "liquidation", "adl"), _NOTE),
    }
    names = tuple(channels)
    advice: ClassVar[dict[str, str]] = {}

    def login(self, now_ms: int, ids: Iterator[int]) -> None:
        return None

    def route(self, payload: bytes) -> str | None:
        frame = _frame(payload)
        return frame.data.type if frame.data is not None and frame.topic else None

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        wish = {"method": "subscribe", "subscription": [{"type": "account", "user": self.key("api_key")}]}
        return [LoginCommand(msgspec.json.encode(wish).decode(), tuple(names), str(next(ids)))]

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        wish = {"method": "unsubscribe", "topic": f"account.{self.key('api_key')}"}
        return [LoginCommand(msgspec.json.encode(wish).decode(), tuple(names), str(next(ids)))]

    def control(self, payload: bytes) -> list[Control]:
        frame = envelope(payload)
        match frame.type:
            case "subscriptionResponse" | "unsubscribeResponse":
                return [Ack(name=name) for name in self.names]
            case "error":
                # The account is all that is asked for here.
                return [Refusal(_advised(frame.error.message if frame.error else "no error text"), is_login=True)]
        return [Ignored(frame.type or "frame without type")]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        error = failure(path, status, body)
        if status in (400, 404) and error is not None:
            return AuthenticationError(NAME, _advised(str(error)), topic="account", code=str(status))
        return error

    def balances(self) -> Pages:
        yield self._request("fullAccount", Listed(Margin, "margin"))

    def positions(self) -> Pages:
        yield self._request("fullAccount", Listed(Position, "positions"))

    def open_orders(self) -> Pages:
        yield self._request("openOrders", Listed(ListedOrder))

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        yield self._request("orderHistory", Listed(ListedOrder))

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        # There is no call for one order.
        yield self._request("orderHistory", Listed(ListedOrder))

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        yield self._request("fills", Listed(Fill))

    def _request(self, kind: str, channel: Channel) -> Request:
        body = msgspec.json.encode({"type": kind, "user": self.key("api_key")})
        return Request(_PATH, channel, rate=_RATE, body=body)
