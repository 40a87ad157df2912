"""The records of an account: orders, fills, balances, positions.

Pure like `channel`: a venue's own records declare their fields under these names.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, ClassVar, Literal

import msgspec

from ..containers.base import Number, Row, nan
from ..containers.order import OrderStatus
from ..containers.trade import TradeRow

Kind = Literal["order", "fill", "balance", "position", "holdings", "hint", "note"]


class OrderRow(Row):
    """Base of the order records. A venue declares those of these names that it sends:

    ``venue_symbol``, ``order_id``, ``client_order_id``, ``side`` (``"buy"``/``"sell"``), ``order_type``, ``price``,
    ``quantity``, ``status`` (normalised, see `OrderStatus`), ``venue_status``, ``filled_quantity`` (base, cumulative)
    or ``remaining_quantity``, ``average_price``, ``cumulative_quote``, ``time_in_force``, ``reduce_only``,
    ``create_time``, ``timestamp`` (ms, of this change), ``total_fee`` and ``total_fee_asset`` (of all its fills so
    far). ``order_id`` is a text, also where the venue sends a number.
    """

    kind: ClassVar[Kind] = "order"
    continues: ClassVar[bool] = False  # tells a step of an order that was told before, and not what was ordered
    amends: ClassVar[bool] = False  # `remaining_quantity` is new: what is ordered is that and what is filled
    fills_apart: ClassVar[bool] = False  # by another socket or by REST: an order may come before fills that it counts
    is_sparse: ClassVar[bool] = False  # later records leave out what an earlier one told, even the market

    def defect(self) -> str | None:
        row: Any = self
        if not row.order_id:
            return "no order id"
        if not row.venue_symbol and not self.is_sparse:
            return "no symbol"
        fill = self.fill
        return None if fill is None else fill.defect()

    @property
    def adds_up(self) -> bool:
        """Whether the record tells a fill and no sum, so that the quantity filled has to be added up."""
        return False

    @property
    def fill(self) -> FillRow | None:
        """The fill that caused this record, where the venue tells it here; without its fee if that comes apart."""
        return None

    def own_fill(
        self,
        trade_id: str | int,
        price: float | None,
        quantity: float | None,
        timestamp: int | None,
        *,
        trade_type: str | None,
        fee: float | None = None,
        fee_asset: str | None = None,
    ) -> FillRow:
        """Return a fill of this order; without a price or a quantity it is one that cannot be used."""
        row: Any = self
        return OwnFill(
            venue_symbol=row.venue_symbol,
            order_id=row.order_id,
            client_order_id=getattr(row, "client_order_id", None) or None,
            trade_id=trade_id,
            price=nan if price is None else price,
            quantity=nan if quantity is None else quantity,
            side=row.side,
            trade_type=trade_type,
            fee=fee,
            fee_asset=fee_asset or None,
            timestamp=timestamp or 0,
        )

    @property
    def awaits_fill(self) -> str | None:
        """The id of a fill that comes apart and carries the fee, where the venue splits the two."""
        return None


class SizedOrder(OrderRow):
    """Base of the order records with one `size` for what is offered: money, where one buys at the market's price.

    Declared besides: ``size``, ``filled_quantity`` and, where the venue tells it, ``size_unit`` with the two words for
    it.
    """

    in_base: ClassVar[str] = "base"
    in_quote: ClassVar[str] = "quote"

    @property
    def is_money(self) -> bool:
        """Whether so much of the quote asset is offered."""
        row: Any = self
        if row.order_type != "market":
            return False
        unit = getattr(row, "size_unit", "")
        return bool(unit == self.in_quote or (row.side == "buy" and unit != self.in_base))

    @property
    def quantity(self) -> float | None:
        row: Any = self
        if not self.is_money:
            return number_of(row.size)
        # How much of the base asset that is shows when it is spent, and not before.
        return number_of(row.filled_quantity) if row.status == "filled" else None


class OrderEvent(SizedOrder):
    """Base of the order records that carry the fill which caused them.

    Declared besides: ``trade_id``, ``fill_price``, ``fill_quantity``, ``fill_time``, ``fill_fee`` (the change of the
    balance), ``fill_fee_asset`` and ``trade_type``.
    """

    @property
    def fill(self) -> FillRow | None:
        row: Any = self
        quantity = number_of(row.fill_quantity)
        if not row.trade_id or not quantity:
            return None
        return self.own_fill(
            row.trade_id,
            number_of(row.fill_price),
            quantity,
            time_of(row.fill_time, row.timestamp),
            trade_type=row.trade_type,
            fee=paid(row.fill_fee),
            fee_asset=row.fill_fee_asset,
        )


class FillRow(TradeRow):
    """Base of the records of own fills, and the form in which an order record hands one on.

    Declared: ``venue_symbol``, ``order_id`` (a text), ``client_order_id``, ``trade_id``, ``price``, ``quantity``,
    ``side`` (of one's own order), ``trade_type`` (``"maker"``/``"taker"``), ``fee`` (positive is paid), ``fee_asset``,
    ``timestamp``.
    """

    kind: ClassVar[Kind] = "fill"

    def sided(self, side: str) -> FillRow:
        """Return the same fill with the side of its order, where the two differ: some venues tell the taker's."""
        return msgspec.structs.replace(self, side=side)


class OwnFill(FillRow, kw_only=True):
    """A fill with nothing left to compute."""

    venue_symbol: str
    order_id: str
    trade_id: str | int
    price: float
    quantity: float
    side: str | None
    timestamp: int
    client_order_id: str | None = None
    trade_type: str | None = None
    fee: float | None = None
    fee_asset: str | None = None


class BalanceRow(Row):
    """Base of the balance records: ``asset`` and two of ``free``, ``locked``, ``total``; ``timestamp`` where sent."""

    kind: ClassVar[Kind] = "balance"

    def defect(self) -> str | None:
        return None if self.asset else "no asset"  # type: ignore[attr-defined]  # declared by each venue's record

    @property
    def counts(self) -> bool:
        """Whether this balance belongs to the account that is watched."""
        return True


class BalanceHint(Row):
    """A record that says that balances changed, but not what is free and what is locked now; they are read by REST."""

    kind: ClassVar[Kind] = "hint"


class PositionRow(Row):
    """Base of the position records: ``venue_symbol``, ``quantity``, ``side`` and what `PositionData` reads."""

    kind: ClassVar[Kind] = "position"

    def defect(self) -> str | None:
        row: Any = self
        quantity = number_of(row.quantity)
        if quantity is None or not isfinite(quantity):
            return f"quantity {row.quantity!r}"
        return None if row.venue_symbol else "no symbol"

    @property
    def key(self) -> str:
        """What tells two positions apart: both sides of one market may be held."""
        row: Any = self
        return f"{row.venue_symbol} {getattr(row, 'side', None) or ''}"


class HoldingsRow(Row):
    """Base of the records that tell balances and positions together; a position that is left out is held no more.

    Declared: ``balances``, each with its ``timestamp``, and ``positions``.
    """

    kind: ClassVar[Kind] = "holdings"

    def defect(self) -> str | None:
        row: Any = self
        return next((defect for each in (*row.balances, *row.positions) if (defect := each.defect())), None)


class Note(Row):
    """A record that is understood and needs nothing done."""

    kind: ClassVar[Kind] = "note"


def number_of(value: Number) -> float | None:
    """Return an optional number; ``None`` when it is missing or an empty text, ``nan`` when it is none."""
    try:
        return None if value is None or value == "" else float(value)
    except ValueError:
        return nan


def paid(change: Number) -> float | None:
    """Return a fee, where the venue tells the change of the balance: positive when it was paid."""
    number = number_of(change)
    return number if number is None else -number if number else 0.0


def time_of(value: Number, otherwise: int) -> int:
    """Return an optional time in milliseconds, and another one when it is missing, zero or none."""
    number = number_of(value)
    return int(number) if number and isfinite(number) else otherwise


def status_of(words: Mapping[str, OrderStatus], word: str | None) -> OrderStatus:
    """Return the normalised status of a venue's word, ``"unknown"`` for one that is not in the table."""
    return words.get(word or "", "unknown")
