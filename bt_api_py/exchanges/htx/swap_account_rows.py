"""Records of the account of contracts: orders, fills, balances and positions on cross margin, pushed and by REST.

Source: HTX USDT-margined contracts API documentation (orders, account equity and position updates, trade and account
interfaces), state of 2021-06 to 2026, and recorded messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import field

from ...containers.base import Number, Place
from ...containers.order import OrderStatus
from ..account_base import BalanceRow, FillRow, OrderRow, PositionRow, number_of
from ..base import Channel

STATUS: Mapping[int, OrderStatus] = {
    1: "new",
    2: "new",
    3: "new",
    4: "partial",
    5: "canceled",
    6: "filled",
    7: "canceled",
    11: "new",  # being cancelled
}


class ContractOrder(OrderRow):
    """An order as pushes and lists tell it, in contracts. Only pushes have a time of their own, and trades."""

    venue_symbol: str = field(name="contract_code")
    order_id: str = field(name="order_id_str")
    side: str = field(name="direction")
    order_type: str = field(name="order_price_type")
    quantity: Number = field(name="volume")
    venue_status: int = field(name="status")
    price: Number = None
    own_number: str | int | None = field(name="client_order_id", default=None)
    offset: str | None = None
    filled_quantity: Number = field(name="trade_volume", default=None)
    average_price: Number = field(name="trade_avg_price", default=None)
    cumulative_quote: Number = field(name="trade_turnover", default=None)
    cost: Number = field(name="fee", default=None)
    total_fee_asset: str | None = field(name="fee_asset", default=None)
    is_closing: bool | int | None = field(name="reduce_only", default=None)
    create_time: int | None = field(name="created_at", default=None)
    creation: int | None = field(name="create_date", default=None)  # in lists of the past
    sent_time: int | None = field(name="ts", default=None)
    update_time: Number = None
    cancel_time: int | None = field(name="canceled_at", default=None)
    query_id: int | None = None
    trade: list[ContractMatch] = []

    @property
    def client_order_id(self) -> str | None:
        return str(self.own_number) if self.own_number else None

    @property
    def status(self) -> OrderStatus:
        return STATUS.get(self.venue_status, "unknown")

    @property
    def time_in_force(self) -> str | None:
        word = self.order_type.rpartition("_")[2].upper()
        return word if word in ("IOC", "FOK") else None

    @property
    def reduce_only(self) -> bool | None:
        return None if self.is_closing is None else bool(self.is_closing)

    @property
    def total_fee(self) -> float | None:
        return _paid(self.cost)

    @property
    def timestamp(self) -> int:
        updated = number_of(self.update_time)
        times = (self.sent_time, int(updated) if updated else 0, self.cancel_time, self.create_time, self.creation)
        return next((time for time in times if time), 0)

    @property
    def fills(self) -> list[FillRow]:
        """The fills that caused this record."""
        return [match.of(self) for match in self.trade]

    @property
    def fill(self) -> FillRow | None:
        return self.trade[-1].of(self) if self.trade else None


class ContractMatch(msgspec.Struct):
    """A trade of an order; ``trade_id`` is that of the taker's match, which several of them share."""

    id: str
    quantity: float = field(name="trade_volume")
    price: float = field(name="trade_price")
    timestamp: int = field(name="created_at")
    cost: Number = field(name="trade_fee", default=None)
    fee_asset: str | None = None
    role: str | None = None

    def of(self, order: ContractOrder) -> FillRow:
        """Return the fill of an order."""
        return order.own_fill(
            self.id,
            self.price,
            self.quantity,
            self.timestamp,
            trade_type=self.role,
            fee=_paid(self.cost),
            fee_asset=self.fee_asset,
        )


class ContractOrders(Channel):
    """Pushes of orders: where one tells several trades, all but the last come before it by themselves."""

    __slots__ = ()

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        rows, refused = super().read(payload)
        found: list[tuple[Place, Any]] = []
        for place, row in rows:
            found.extend((place, fill) for fill in row.fills[:-1])
            found.append((place, row))
        return found, refused


class PastMatch(FillRow):
    venue_symbol: str = field(name="contract_code")
    order_id: str = field(name="order_id_str")
    trade_id: str = field(name="id")
    query_id: int
    price: float = field(name="trade_price")
    quantity: float = field(name="trade_volume")
    side: str = field(name="direction")
    timestamp: int = field(name="create_date")
    trade_type: str | None = field(name="role", default=None)
    cost: Number = field(name="trade_fee", default=None)
    fee_asset: str | None = None

    @property
    def fee(self) -> float | None:
        return _paid(self.cost)


class Margin(BalanceRow):
    """The margin of all contracts: what was paid in and realised, and what of it can be taken out."""

    asset: str = field(name="margin_asset")
    total: float = field(name="margin_static")
    free: float = field(name="withdraw_available")
    unrealized_profit: Number = field(name="profit_unreal", default=None)


class ContractPosition(PositionRow):
    """One position; where both sides of a market may be held, each is one of its own."""

    venue_symbol: str = field(name="contract_code")
    direction: str
    volume: float
    mode: str = field(name="position_mode", default="dual_side")
    average_price: Number = field(name="cost_open", default=None)
    unrealized_pnl: Number = field(name="profit_unreal", default=None)
    leverage: Number = field(name="lever_rate", default=None)
    initial_margin: Number = field(name="position_margin", default=None)
    liquidation_price: Number = None
    margin_type: str | None = field(name="margin_mode", default=None)

    @property
    def side(self) -> str | None:
        if self.mode == "single_side":
            return None
        return "long" if self.direction == "buy" else "short"

    @property
    def quantity(self) -> float:
        is_short = self.side is None and self.direction == "sell"
        return -self.volume if is_short and self.volume else self.volume


def _paid(cost: Number) -> float | None:
    """Return a fee with our sign: the venue's is the change of the balance."""
    number = number_of(cost)
    return None if number is None or number != number else -number if number else 0.0
