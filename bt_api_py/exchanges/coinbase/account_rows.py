"""The records of Coinbase Exchange's accounts, as the feed and REST send them.

Source: Coinbase Exchange documentation (web socket feed: user and balance channels; REST: accounts), state of 2026-11.
Orders and fills by REST are from general knowledge, and so are the messages of the balance channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any, ClassVar

from msgspec import field

from ...containers.base import Number, Place, Row, Side
from ...containers.order import OrderStatus
from ..account_base import BalanceRow, FillRow, Kind, Note, OrderRow, number_of, status_of
from ..base import Channel
from .wire import Moment, milliseconds

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
        return self.own_fill(
            self.trade_id,
            self.fill_price,
            self.size,
            self.timestamp,
            trade_type="maker" if self.is_maker else "taker",
            fee=None if rate is None else _product(self.fill_price, self.size, rate),
            fee_asset=_quote(self.venue_symbol),
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


def _product(*factors: float) -> float:
    """Return an exact product: the figures are decimal."""
    product = Decimal(1)
    for factor in factors:
        product *= Decimal(str(factor))
    return float(product)


def _quote(venue_symbol: str) -> str:
    """Return the asset in which fees are paid."""
    return venue_symbol.rpartition("-")[2]
