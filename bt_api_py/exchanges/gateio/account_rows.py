"""Gate spot: the records of the account.

Source: Gate API v4 documentation (spot web socket: orders, user trades, balances; REST spot), state of 2026-04.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import field

from ...containers.base import Number
from ...containers.order import OrderStatus
from ..account_base import BalanceRow, FillRow, SizedOrder, number_of, time_of

_IN_FORCE = {"gtc": "GTC", "ioc": "IOC", "poc": "PO", "fok": "FOK"}


class Order(SizedOrder):
    """An order as the channel and REST tell it; its fee is that of all its fills."""

    order_id: str = field(name="id")
    venue_symbol: str = field(name="currency_pair")
    side: str
    order_type: str = field(name="type", default="limit")
    text: str = ""  # one's own id begins with "t-"; another word tells by which way the order came
    size: Number = field(name="amount", default=None)
    price: Number = None
    left: Number = None
    filled_amount: Number = None
    cumulative_quote: Number = field(name="filled_total", default=None)
    average_price: Number = field(name="avg_deal_price", default=None)
    in_force: str = field(name="time_in_force", default="")
    total_fee: Number = field(name="fee", default=None)
    total_fee_asset: str | None = field(name="fee_currency", default=None)
    event: str = ""  # of the channel
    state: str = field(name="status", default="")  # of REST
    finish_as: str = ""
    created_ms: Number = field(name="create_time_ms", default=None)
    updated_ms: Number = field(name="update_time_ms", default=None)

    @property
    def timestamp(self) -> int:
        return time_of(self.updated_ms, time_of(self.created_ms, 0))

    @property
    def create_time(self) -> int:
        return time_of(self.created_ms, 0)

    @property
    def client_order_id(self) -> str | None:
        return self.text if self.text.startswith("t-") else None

    @property
    def time_in_force(self) -> str | None:
        return _IN_FORCE.get(self.in_force)

    @property
    def venue_status(self) -> str:
        return self.finish_as or self.state

    @property
    def filled_quantity(self) -> float | None:
        told = number_of(self.filled_amount)
        if told is not None:
            return told
        if self.is_money:
            value, price = number_of(self.cumulative_quote), number_of(self.average_price)
            return None if value is None or price is None else value / price if price else 0.0
        amount, left = number_of(self.size), number_of(self.left)
        return None if amount is None or left is None else float(Decimal(repr(amount)) - Decimal(repr(left)))

    @property
    def status(self) -> OrderStatus:
        if self.finish_as in ("", "open") and self.event != "finish" and self.state in ("", "open"):
            return "partial" if self.filled_quantity else "new"
        match self.finish_as:
            case "filled":
                return "filled"
            case "ioc":
                return "canceled" if number_of(self.left) else "filled"
            case "poc" | "fok":
                return "canceled" if self.filled_quantity else "rejected"
        if self.state == "closed" and not self.finish_as:
            return "filled"
        # Whatever else ended it, nothing more will be filled.
        return "canceled" if self.event == "finish" or self.state in ("cancelled", "closed") else "unknown"


class Fill(FillRow):
    number: int = field(name="id")
    order_id: str
    venue_symbol: str = field(name="currency_pair")
    side: str
    price: float
    quantity: float = field(name="amount")
    moment_ms: Decimal = field(name="create_time_ms")
    trade_type: str | None = field(name="role", default=None)
    fee: float | None = None
    fee_asset: str | None = field(name="fee_currency", default=None)
    text: str = ""

    @property
    def trade_id(self) -> int:
        return self.number

    @property
    def timestamp(self) -> int:
        return int(self.moment_ms)

    @property
    def client_order_id(self) -> str | None:
        return self.text if self.text.startswith("t-") else None

    def defect(self) -> str | None:
        return super().defect() or (None if 0 <= self.moment_ms < 10**14 else f"time {self.moment_ms}")


class Balance(BalanceRow):
    asset: str = field(name="currency")
    total: Number = None
    free: Number = field(name="available", default=None)
    locked: Number = field(name="freeze", default=None)
    timestamp: int | None = field(name="timestamp_ms", default=None)


class Account(BalanceRow):
    asset: str = field(name="currency")
    free: float = field(name="available")
    locked: float
