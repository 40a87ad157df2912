"""Records of an account of Deribit: orders, fills, balances and positions, as channels and REST tell them.

Source: Deribit API v2 documentation (user changes, user portfolio, trading and account methods), state of 2026-01.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import field

from ...containers.base import Number, Side
from ...containers.order import OrderStatus
from ..account_base import BalanceRow, FillRow, OrderRow, PositionRow, number_of, status_of
from .units import in_base, is_inverse

_STATUS: Mapping[str, OrderStatus] = {
    "open": "new",
    "untriggered": "new",
    "triggered": "new",
    "filled": "filled",
    "cancelled": "canceled",
    "rejected": "rejected",
}
_IN_FORCE = {
    "good_til_cancelled": "GTC",
    "good_til_day": "GTD",
    "fill_or_kill": "FOK",
    "immediate_or_cancel": "IOC",
}
_LIQUIDITY = {"M": "maker", "T": "taker"}
_SIGNS = {"buy": 1, "sell": -1, "zero": 0}


class Order(OrderRow):
    """An order. What is ordered of an inverse contract is counted at its limit, what is filled at the mean price."""

    venue_symbol: str = field(name="instrument_name")
    order_id: str
    venue_status: str = field(name="order_state")
    side: Side = field(name="direction")
    order_type: str
    timestamp: int = field(name="last_update_timestamp")
    create_time: int = field(name="creation_timestamp")
    amount: Number = None
    filled_amount: Number = None  # orders that wait for a trigger have none
    limit: Number = field(name="price", default=None)  # a word for market orders
    mean: Number = field(name="average_price", default=None)
    label: str = ""
    in_force: str = field(name="time_in_force", default="")
    reduce_only: bool | None = None
    commission: Number = None

    @property
    def client_order_id(self) -> str | None:
        return self.label or None

    @property
    def price(self) -> float | None:
        return _figure(self.limit)

    @property
    def average_price(self) -> float | None:
        return _figure(self.mean)

    @property
    def quantity(self) -> float | None:
        return self._in_base(self.amount, self.price or self.average_price)

    @property
    def filled_quantity(self) -> float | None:
        return self._in_base(self.filled_amount, self.average_price or self.price) or 0.0

    def _in_base(self, amount: Number, price: float | None) -> float | None:
        told = number_of(amount)
        if told is None or (price is None and is_inverse(self.venue_symbol)):
            return None
        return in_base(self.venue_symbol, told, price or 0.0)

    @property
    def status(self) -> OrderStatus:
        status = status_of(_STATUS, self.venue_status)
        return "partial" if status == "new" and self.filled_quantity else status

    @property
    def time_in_force(self) -> str | None:
        return _IN_FORCE.get(self.in_force)

    @property
    def total_fee(self) -> Number:
        return self.commission

    @property
    def total_fee_asset(self) -> str:
        """What the contract settles in, which the venue leaves out here."""
        base, _, quote = self.venue_symbol.partition("-")[0].partition("_")
        return quote or base


class Fill(FillRow):
    """A fill; its fee is negative where it is a rebate."""

    venue_symbol: str = field(name="instrument_name")
    trade_id: str
    order_id: str
    side: Side = field(name="direction")
    price: float
    amount: float
    timestamp: int
    label: str = ""
    liquidity: str = ""
    fee: Number = None
    fee_asset: str | None = field(name="fee_currency", default=None)

    @property
    def quantity(self) -> float:
        return in_base(self.venue_symbol, self.amount, self.price)

    @property
    def client_order_id(self) -> str | None:
        return self.label or None

    @property
    def trade_type(self) -> str | None:
        return _LIQUIDITY.get(self.liquidity)


class Balance(BalanceRow):
    """One currency. Across currencies, more of one may be available than there is of it: that is another's."""

    asset: str = field(name="currency")
    equity: Number = None
    balance: Number = None
    available: Number = field(name="available_funds", default=None)

    @property
    def total(self) -> float | None:
        equity = number_of(self.equity)
        return number_of(self.balance) if equity is None else equity

    @property
    def free(self) -> float | None:
        available, total = number_of(self.available), self.total
        return available if available is None or total is None else min(available, total)


class Position(PositionRow):
    """A position in one direction; the size has a sign in some messages and none in others."""

    venue_symbol: str = field(name="instrument_name")
    direction: Literal["buy", "sell", "zero"]
    size: Number = None
    size_in_base: Number = field(name="size_currency", default=None)
    average_price: Number = None
    mark_price: Number = None
    liquidation_price: Number = field(name="estimated_liquidation_price", default=None)
    unrealized_pnl: Number = field(name="floating_profit_loss", default=None)
    realized_pnl: Number = field(name="realized_profit_loss", default=None)
    leverage: Number = None
    initial_margin: Number = None
    maintain_margin: Number = field(name="maintenance_margin", default=None)

    @property
    def quantity(self) -> float | None:
        told = self.size_in_base if is_inverse(self.venue_symbol) else self.size
        found = number_of(told)
        if found is None and (amount := number_of(self.size)) is not None:
            found = in_base(self.venue_symbol, amount, number_of(self.mark_price) or 0.0)
        return None if found is None else abs(found) * _SIGNS[self.direction]


def _figure(value: Number) -> float | None:
    """Return a price; ``None`` for a word, and for 0, which stands for none."""
    found = number_of(value)
    return found if found and found == found else None
