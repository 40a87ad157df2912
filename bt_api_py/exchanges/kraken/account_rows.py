"""Kraken spot: the records of the account.

Source: Kraken documentation (web socket v2: executions, balances; REST account data), state of 2026-07.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

import msgspec
from msgspec import field

from ...containers.base import Number, Row
from ...containers.order import OrderStatus
from ..account_base import BalanceRow, FillRow, OrderRow, number_of, status_of
from .wire import Moment, asset_of, market_of, milliseconds

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
        return milliseconds(self.time)

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
        fee, asset = _sum(self.fees)
        kind = _LIQUIDITY.get(self.liquidity)
        return self.own_fill(self.trade_id, price, quantity, self.timestamp, trade_type=kind, fee=fee, fee_asset=asset)


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
