"""Records of a spot account of Bitget: orders, fills and balances, as channels and REST tell them.

Source: Bitget API v2 documentation (orders and account channels, spot trade and account endpoints), state of 2026-04.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import field

from ...containers.base import Number
from ...containers.order import OrderStatus
from ..account_base import BalanceRow, FillRow, OrderEvent, SizedOrder, number_of, paid, status_of, time_of

STATUS: Mapping[str, OrderStatus] = {
    "live": "new",
    "new": "new",
    "init": "new",
    "not_trigger": "new",
    "partially_filled": "partial",
    "filled": "filled",
    "cancelled": "canceled",
    "canceled": "canceled",
}
_IN_FORCE = {"gtc": "GTC", "ioc": "IOC", "fok": "FOK", "post_only": "PO"}
_LIQUIDITY = {"T": "taker", "M": "maker", "taker": "taker", "maker": "maker"}


class Fee(msgspec.Struct):
    """What an order cost in one asset: the change of the balance, negative when paid."""

    asset: str = field(name="feeCoin", default="")
    change: Number = field(name="fee", default=None)


class OfOrder(SizedOrder):
    """What is concluded alike from both records of an order."""

    @property
    def status(self) -> OrderStatus:
        row: Any = self
        return status_of(STATUS, row.venue_status)

    @property
    def time_in_force(self) -> str | None:
        row: Any = self
        return _IN_FORCE.get(row.force.lower())


class Order(OfOrder, OrderEvent):
    """An order as the channel tells it, with the fill that caused the record."""

    venue_symbol: str = field(name="instId")
    order_id: str = field(name="orderId")
    venue_status: str = field(name="status")
    timestamp: int = field(name="uTime")
    side: str
    order_type: str = field(name="orderType")
    force: str = ""
    size: Number = field(name="newSize", default=None)  # the field "size" is money where base is bought
    price: Number = None
    filled_quantity: Number = field(name="accBaseVolume", default=None)
    mean_price: Number = field(name="priceAvg", default=None)
    create_time: Number = field(name="cTime", default=None)
    client_order_id: str | None = field(name="clientOid", default=None)
    trade_id: str = field(name="tradeId", default="")
    fill_quantity: Number = field(name="baseVolume", default=None)
    fill_price: Number = field(name="fillPrice", default=None)
    fill_time: Number = field(name="fillTime", default=None)
    fill_fee: Number = field(name="fillFee", default=None)
    fill_fee_asset: str | None = field(name="fillFeeCoin", default=None)
    liquidity: str = field(name="tradeScope", default="")
    fees: Sequence[Fee] = field(name="feeDetail", default=())

    @property
    def average_price(self) -> float | None:
        return number_of(self.mean_price) or None

    @property
    def total_fee(self) -> float | None:
        return None if self.total_fee_asset is None else paid(self.fees[0].change)

    @property
    def total_fee_asset(self) -> str | None:
        """The asset of all fees so far; ``None`` when there is none, or several."""
        return self.fees[0].asset or None if len(self.fees) == 1 else None

    @property
    def trade_type(self) -> str | None:
        return _LIQUIDITY.get(self.liquidity)


class ListedOrder(OfOrder):
    """An order as REST lists it. The list of open orders has other names for its price and for what was paid."""

    symbol: str
    order_id: str = field(name="orderId")
    venue_status: str = field(name="status")
    begun: int = field(name="cTime")
    side: str
    order_type: str = field(name="orderType")
    force: str = ""
    size: Number = None
    limit: Number = field(name="price", default=None)
    filled_quantity: Number = field(name="baseVolume", default=None)
    mean_price: Number = field(name="priceAvg", default=None)
    open_mean_price: Number = field(name="basePrice", default=None)  # of open orders, whose "priceAvg" is the limit
    changed: Number = field(name="uTime", default=None)
    client_order_id: str | None = field(name="clientOid", default=None)

    @property
    def venue_symbol(self) -> str:
        return self.symbol.upper()

    @property
    def create_time(self) -> int:
        return self.begun

    @property
    def timestamp(self) -> int:
        return time_of(self.changed, self.begun)

    @property
    def price(self) -> float | None:
        return number_of(self.mean_price if self.limit is None else self.limit) or None

    @property
    def average_price(self) -> float | None:
        return number_of(self.open_mean_price if self.limit is None else self.mean_price) or None


class FillCost(msgspec.Struct):
    asset: str = field(name="feeCoin", default="")
    change: Number = field(name="totalFee", default=None)


class ListedFill(FillRow):
    symbol: str
    order_id: str = field(name="orderId")
    trade_id: str = field(name="tradeId")
    price: float = field(name="priceAvg")
    quantity: float = field(name="size")
    side: str
    timestamp: int = field(name="cTime")
    liquidity: str = field(name="tradeScope", default="")
    cost: FillCost = field(name="feeDetail", default_factory=FillCost)

    @property
    def venue_symbol(self) -> str:
        return self.symbol.upper()

    @property
    def trade_type(self) -> str | None:
        return _LIQUIDITY.get(self.liquidity)

    @property
    def fee(self) -> float | None:
        return paid(self.cost.change)

    @property
    def fee_asset(self) -> str | None:
        return self.cost.asset or None


class Balance(BalanceRow):
    """One asset; what orders hold is frozen, and what else is held is locked."""

    asset: str = field(name="coin")
    free: Number = field(name="available", default=None)
    frozen: Number = None
    held: Number = field(name="locked", default=None)
    changed: Number = field(name="uTime", default=None)

    @property
    def locked(self) -> float:
        return (number_of(self.frozen) or 0.0) + (number_of(self.held) or 0.0)

    @property
    def timestamp(self) -> int | None:
        return time_of(self.changed, 0) or None
