"""Vega: the records of a party, of REST and of streams alike.

Source: Vega v0.79.0, data node API v2 and protocol buffers, state of 2024-10.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import field

from ...containers.base import Number, Place, Row, Side
from ...containers.order import OrderStatus
from ..account_base import BalanceHint, BalanceRow, FillRow, OrderRow, PositionRow, status_of
from ..base import Channel, Scale, ScaledRow
from ..scale import scaled
from .rows import OfTrade, milliseconds
from .wire import ORDER_ERROR, ORDER_STATUS, ORDER_TYPE, SIDE, TIME_IN_FORCE, frame

_STATUS: dict[str, OrderStatus] = {
    "ACTIVE": "new",
    "PARKED": "new",  # a pegged order in an auction
    "EXPIRED": "expired",
    "CANCELLED": "canceled",
    "FILLED": "filled",
    "REJECTED": "rejected",
    "PARTIALLY_FILLED": "expired",  # what was left of an order that may not rest
}
_AT_ONCE = ("IOC", "FOK")


class Order(ScaledRow, OrderRow):
    fills_apart = True

    order_id: str = field(name="id")
    venue_symbol: str = field(name="marketId")
    side_word: int | str = field(name="side", default=0)
    price: Any = None
    quantity: Any = field(name="size", default="0")
    left: Any = field(name="remaining", default="0")
    tif_word: int | str = field(name="timeInForce", default=0)
    type_word: int | str = field(name="type", default=0)
    created: int = field(name="createdAt", default=0)
    updated: int = field(name="updatedAt", default=0)
    status_word: int | str = field(name="status", default=0)
    reason: int | str = 0
    client_order_id: str = field(name="reference", default="")
    reduce_only: bool = field(name="reduceOnly", default=False)

    prices = ("price",)
    quantities = ("quantity", "left")

    def defect(self) -> str | None:
        return super().defect() or self.without("quantity", "left")

    @property
    def timestamp(self) -> int | None:
        return milliseconds(self.updated) or self.create_time

    @property
    def create_time(self) -> int | None:
        return milliseconds(self.created)

    @property
    def side(self) -> str | None:
        return _side(self.side_word)

    @property
    def order_type(self) -> str:
        return ORDER_TYPE.read(self.type_word).removeprefix("TYPE_").lower()

    @property
    def time_in_force(self) -> str:
        return TIME_IN_FORCE.read(self.tif_word).removeprefix("TIME_IN_FORCE_")

    @property
    def filled_quantity(self) -> Decimal:
        filled: Decimal = self.quantity - self.left
        return filled

    @property
    def venue_status(self) -> str:
        return ORDER_STATUS.read(self.status_word).removeprefix("STATUS_")

    @property
    def status(self) -> OrderStatus:
        if self.venue_status != "STOPPED":
            return status_of(_STATUS, self.venue_status)
        if ORDER_ERROR.read(self.reason) != ORDER_ERROR.unspecified:
            return "rejected"
        return "expired" if self.time_in_force in _AT_ONCE else "canceled"


def _side(word: int | str) -> Side | None:
    name = SIDE.read(word)
    return "buy" if name == "SIDE_BUY" else "sell" if name == "SIDE_SELL" else None


class Fees(msgspec.Struct):
    """What one side of a trade pays; the fee for the maker goes to the other side."""

    maker: Number = field(name="makerFee", default=None)
    infrastructure: Number = field(name="infrastructureFee", default=None)
    liquidity: Number = field(name="liquidityFee", default=None)

    def total(self, places: int) -> Decimal:
        """Return the sum."""
        return sum((scaled(fee, places) for fee in (self.maker, self.infrastructure, self.liquidity)), Decimal())


class Fill(OfTrade, FillRow):
    """A trade of the party; which side is its own is told by `taken_by`."""

    buyer: str = ""
    seller: str = ""
    buy_order: str = field(name="buyOrder", default="")
    sell_order: str = field(name="sellOrder", default="")
    buyer_fee: Fees | None = field(name="buyerFee", default=None)
    seller_fee: Fees | None = field(name="sellerFee", default=None)
    side: Side = "buy"
    fee: Decimal | None = None
    fee_asset: str | None = None

    client_order_id = None

    def taken_by(self, party: str, scale: Scale) -> None:
        """Take the side of a party."""
        self.side = "buy" if self.buyer == party else "sell"
        own, other = self.buyer_fee, self.seller_fee
        if self.side == "sell":
            own, other = other, own
        if own is None:
            return
        earned = other.maker if other is not None and self.trade_type == "maker" else None
        self.fee = own.total(scale.money) - scaled(earned, scale.money)
        self.fee_asset = scale.asset

    @property
    def order_id(self) -> str:
        return self.buy_order if self.side == "buy" else self.sell_order

    @property
    def trade_type(self) -> str:
        return "taker" if self.taker_side == self.side else "maker"


class Position(ScaledRow, PositionRow):
    venue_symbol: str = field(name="marketId")
    quantity: Any = field(name="openVolume", default="0")  # negative: short
    average_price: Any = field(name="averageEntryPrice", default=None)
    realized_pnl: Any = field(name="realisedPnl", default=None)
    unrealized_pnl: Any = field(name="unrealisedPnl", default=None)
    updated: int = field(name="updatedAt", default=0)

    prices = ("average_price",)
    quantities = ("quantity",)
    moneys = ("realized_pnl", "unrealized_pnl")

    @property
    def timestamp(self) -> int | None:
        return milliseconds(self.updated)

    def defect(self) -> str | None:
        return super().defect() or self.without("quantity")


class Moved(BalanceHint):
    """An account changed; it is one of several that make a balance, and tells nothing of the others."""

    asset: str


class Held(Row):
    """One of the accounts of a party."""

    asset: str
    balance: Any = "0"
    kind_word: int | str = field(name="type", default=0)


class Balance(BalanceRow):
    """What a party holds of an asset, all its accounts together."""

    asset: str
    free: Decimal = Decimal()
    locked: Decimal = Decimal()


class PartyChannel(Channel):
    """Records of a party that changed. Those that there are at the beginning are read by REST, and newer there."""

    __slots__ = ()

    def __init__(self, row: Any, key: str) -> None:
        super().__init__(None, row, ("result", "updates", key), many=True)

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        return ([], []) if frame(payload).held == "snapshot" else super().read(payload)
