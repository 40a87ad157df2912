"""Hyperliquid: the records of an account.

Source: Hyperliquid API documentation (websocket subscriptions, info endpoint), state of 2026-05. The lists of orders by
REST are from general knowledge and recorded public messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any, Literal

import msgspec
from msgspec import field

from ...containers.base import Number, Place, Row, Side
from ...containers.order import OrderStatus
from ..account_base import BalanceRow, FillRow, HoldingsRow, OrderRow, PositionRow
from ..base import Channel
from .rows import side_of
from .wire import QUOTE

_OPEN = "open"
_STATUS: dict[str, OrderStatus] = {
    **dict.fromkeys((_OPEN, "accepted", "triggered"), "new"),
    "filled": "filled",
    "canceled": "canceled",
    "scheduledCancel": "canceled",
    "rejected": "rejected",
}
_ENDINGS: dict[str, OrderStatus] = {"Canceled": "canceled", "Rejected": "rejected"}


def status_of(word: str) -> OrderStatus:
    """Return what a word means; the many reasons for an end are told apart by how they begin."""
    if word in _STATUS:
        return _STATUS[word]
    return next((status for ending, status in _ENDINGS.items() if word.endswith(ending)), "unknown")


class Terms(Row):
    """What is ordered, and what is left of it. The stream leaves out the last three."""

    coin: str
    letter: Literal["B", "A"] = field(name="side")
    price: Number = field(name="limitPx")
    left: Decimal = field(name="sz")
    number: int = field(name="oid")
    placed_at: int = field(name="timestamp")
    original: Decimal | None = field(name="origSz", default=None)
    client_number: str | None = field(name="cloid", default=None)
    type_words: str | None = field(name="orderType", default=None)
    tif: str | None = None
    reduce_only: bool | None = field(name="reduceOnly", default=None)

    @property
    def ordered(self) -> Decimal:
        """The quantity that was ordered."""
        return self.left if self.original is None else self.original


class Order(OrderRow):
    """An order; the quantity that it tells is the one that is left."""

    terms: Terms = field(name="order")
    venue_status: str = field(name="status")
    timestamp: int = field(name="statusTimestamp")
    venue_symbol = property(attrgetter("terms.coin"))
    price = property(attrgetter("terms.price"))
    create_time = property(attrgetter("terms.placed_at"))
    client_order_id = property(attrgetter("terms.client_number"))
    reduce_only = property(attrgetter("terms.reduce_only"))

    def defect(self) -> str | None:
        for quantity in (self.terms.left, self.terms.ordered):
            if not quantity.is_finite():
                return f"quantity {quantity}"
        return super().defect()

    @property
    def order_id(self) -> str:
        return str(self.terms.number)

    @property
    def side(self) -> Side:
        return side_of(self.terms.letter)

    @property
    def quantity(self) -> float:
        return float(self.terms.ordered)

    @property
    def filled_quantity(self) -> float:
        ordered = self.terms.ordered
        return float(ordered if self.venue_status == "filled" else ordered - self.terms.left)

    @property
    def order_type(self) -> str | None:
        words = self.terms.type_words
        return words.lower().replace(" ", "_") if words else None

    @property
    def time_in_force(self) -> str | None:
        return self.terms.tif.upper() if self.terms.tif else None

    @property
    def status(self) -> OrderStatus:
        status = status_of(self.venue_status)
        return "partial" if status == "new" and self.filled_quantity else status


class OpenOrders(Channel):
    """The list of open orders: their terms alone."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(None, Terms, many=True)

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        found, refused = super().read(payload)
        usable, defects = self._usable((place, Order(terms, _OPEN, terms.placed_at)) for place, terms in found)
        return usable, refused + defects


class Fill(FillRow):
    """A fill. Old servers gave it no id: it gets one of what tells it from every other fill of its order."""

    venue_symbol: str = field(name="coin")
    price: float = field(name="px")
    quantity: float = field(name="sz")
    letter: Literal["B", "A"] = field(name="side")
    timestamp: int = field(name="time")
    order_number: int = field(name="oid")
    number: int | None = field(name="tid", default=None)
    client_order_id: str | None = field(name="cloid", default=None)
    crossed: bool | None = None
    fee: Number = None  # negative: a rebate
    fee_asset: str = field(name="feeToken", default=QUOTE)

    @property
    def order_id(self) -> str:
        return str(self.order_number)

    @property
    def trade_id(self) -> str:
        if self.number is not None:
            return str(self.number)
        return f"{self.order_id}-{self.timestamp}-{self.price!r}-{self.quantity!r}"

    @property
    def side(self) -> Side:
        return side_of(self.letter)

    def sided(self, side: str) -> Fill:
        return msgspec.structs.replace(self, letter="B" if side == "buy" else "A")

    @property
    def trade_type(self) -> str | None:
        return None if self.crossed is None else "taker" if self.crossed else "maker"


class Leverage(msgspec.Struct):
    type: str | None = None
    value: Number = None


class Funding(msgspec.Struct):
    since_open: Number = field(name="sinceOpen", default=None)


class PositionFigures(msgspec.Struct):
    coin: str
    quantity: Number = field(name="szi")  # negative: short
    average_price: Number = field(name="entryPx", default=None)
    unrealized_pnl: Number = field(name="unrealizedPnl", default=None)
    liquidation_price: Number = field(name="liquidationPx", default=None)
    margin: Number = field(name="marginUsed", default=None)
    leverage: Leverage = field(default_factory=Leverage)
    funding: Funding = field(name="cumFunding", default_factory=Funding)


class Position(PositionRow):
    figures: PositionFigures = field(name="position")
    venue_symbol = property(attrgetter("figures.coin"))
    quantity = property(attrgetter("figures.quantity"))
    average_price = property(attrgetter("figures.average_price"))
    unrealized_pnl = property(attrgetter("figures.unrealized_pnl"))
    liquidation_price = property(attrgetter("figures.liquidation_price"))
    position_initial_margin = property(attrgetter("figures.margin"))
    leverage = property(attrgetter("figures.leverage.value"))
    margin_type = property(attrgetter("figures.leverage.type"))
    funding_value = property(attrgetter("figures.funding.since_open"))


class Sums(msgspec.Struct):
    value: Number = field(name="accountValue")


class Margin(BalanceRow):
    """The money of an account, all of it in one asset: its worth with all positions, and what could be taken out."""

    sums: Sums = field(name="marginSummary")
    timestamp: int = field(name="time")
    free: Number = field(name="withdrawable", default=None)
    total = property(attrgetter("sums.value"))

    asset = QUOTE


class Holdings(HoldingsRow):
    """Margin and positions as they are together."""

    sums: Sums = field(name="marginSummary")
    timestamp: int = field(name="time")
    free: Number = field(name="withdrawable", default=None)
    positions: list[Position] = field(name="assetPositions", default=[])

    @property
    def balances(self) -> list[Margin]:
        return [Margin(self.sums, self.timestamp, self.free)]
