"""KuCoin spot: the records of the account.

Source: KuCoin API documentation (web socket spot private channels; fills and accounts by REST), state of 2025-11.
Orders by REST are from general knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import field

from ...containers.base import Number, Row
from ...containers.order import OrderStatus
from ..account_base import BalanceRow, FillRow, OrderRow, number_of, status_of

_STATUS: Mapping[str, OrderStatus] = {
    "received": "new",
    "open": "new",
    "match": "partial",
    "filled": "filled",
    "canceled": "canceled",
}
_TRADING = ("trade.", "trade_hf.")  # what changes the balances of the account that trades
_NS_IN_MS = 1_000_000


class AnyOrder(OrderRow):
    """What events and REST records of an order share. To buy at the market's price, money may be offered."""

    @property
    def quantity(self) -> float | None:
        told = number_of(self.size)  # type: ignore[attr-defined]  # declared by both
        # How much of the base asset some money buys shows when it is spent, and not before.
        return told or (self.filled_quantity if self.status == "filled" else None)  # type: ignore[attr-defined]

    @property
    def price(self) -> float | None:
        return number_of(self.limit) or None  # type: ignore[attr-defined]  # a market order has none, or 0


class Order(AnyOrder):
    """One step of an order. The match that led to it is told without its fee, and therefore read by REST."""

    fills_apart = True

    venue_symbol: str = field(name="symbol")
    order_id: str = field(name="orderId")
    step: str = field(name="type")
    side: str
    order_type: str = field(name="orderType")
    time_ns: int = field(name="ts")
    create_time: int | None = field(name="orderTime", default=None)
    client_order_id: str = field(name="clientOid", default="")
    limit: Number = field(name="price", default=None)
    size: Number = None
    filled_quantity: float = field(name="filledSize", default=0.0)
    left: Number = field(name="remainSize", default=None)
    left_money: Number = field(name="remainFunds", default=None)

    @property
    def timestamp(self) -> int:
        return self.time_ns // _NS_IN_MS

    @property
    def venue_status(self) -> str:
        return self.step

    @property
    def status(self) -> OrderStatus:
        if self.step == "update":
            return "partial" if self.filled_quantity else "new"
        if self.step == "match" and self._is_used_up:
            return "filled"  # an event that says so follows
        return status_of(_STATUS, self.step)

    @property
    def _is_used_up(self) -> bool:
        return number_of(self.left if number_of(self.size) else self.left_money) == 0


class ListedOrder(AnyOrder):
    venue_symbol: str = field(name="symbol")
    order_id: str = field(name="id")
    side: str
    order_type: str = field(name="type")
    is_open: bool = field(name="active")
    create_time: int = field(name="createdAt")
    update_time: int | None = field(name="lastUpdatedAt", default=None)
    client_order_id: str | None = field(name="clientOid", default=None)
    limit: Number = field(name="price", default=None)
    size: Number = None
    filled_quantity: float = field(name="dealSize", default=0.0)
    cumulative_quote: Number = field(name="dealFunds", default=None)
    total_fee: Number = field(name="fee", default=None)
    total_fee_asset: str | None = field(name="feeCurrency", default=None)
    time_in_force: str | None = field(name="timeInForce", default=None)
    is_canceled: bool = field(name="cancelExist", default=False)

    @property
    def timestamp(self) -> int:
        return self.update_time or self.create_time

    @property
    def status(self) -> OrderStatus:
        if self.is_open:
            return "partial" if self.filled_quantity else "new"
        return "canceled" if self.is_canceled else "filled"


class Fill(FillRow):
    venue_symbol: str = field(name="symbol")
    order_id: str = field(name="orderId")
    trade_id: str | int = field(name="tradeId")
    price: float
    quantity: float = field(name="size")
    side: str
    timestamp: int = field(name="createdAt")
    trade_type: str | None = field(name="liquidity", default=None)
    fee: float | None = None
    fee_asset: str | None = field(name="feeCurrency", default=None)


class Balance(BalanceRow):
    """What is held of one asset in one of the user's accounts, told when it changes."""

    asset: str = field(name="currency")
    total: float
    free: float = field(name="available")
    locked: float = field(name="hold")
    timestamp: int | None = field(name="time", default=None)
    cause: str = field(name="relationEvent", default="")

    @property
    def counts(self) -> bool:
        return self.cause.startswith(_TRADING)


class ListedBalance(BalanceRow):
    asset: str = field(name="currency")
    account_type: str = field(name="type")
    total: float = field(name="balance")
    free: float = field(name="available")
    locked: float = field(name="holds")

    @property
    def counts(self) -> bool:
        return self.account_type == "trade"


class Markets(Row):
    """The markets in which orders are open."""

    venue_symbols: list[str] = field(name="symbols")
