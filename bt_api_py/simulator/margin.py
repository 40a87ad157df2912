"""An account that trades contracts on margin: positions, realised profit, fees, and what is set aside for them.

Linear contracts with one position per symbol, in one direction, and one margin for all that is settled in the same
asset. Neither funding nor liquidation happens by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from typing import Any, ClassVar

from .account import Account, AccountFill, AccountOrder, AccountPosition, Moves, Number, as_decimal
from .contracts import mark_price
from .instruments import Instrument
from .market import BUY, SELL

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class AccountMargin:
    """An account on margin at one moment, in the asset of settlement.

    Attributes:
        total: what was paid in, with all profits that were realised and without all fees.
        used: set aside for positions and orders; available: the rest, negative when losses ate into it.
        notional: value of all positions at mark prices. unrealized: what closing them there would bring.
        realized, fees: of all positions since the beginning.
    """

    total: Decimal
    available: Decimal
    used: Decimal
    notional: Decimal
    realized: Decimal
    unrealized: Decimal
    fees: Decimal


class MarginAccount(Account):
    """An account whose orders open and close positions.

    An order needs margin as far as it can make the exposure of its symbol larger, whichever orders are filled first.
    What a position needs follows from its entry price. A fill always happens, even where its loss takes more than is
    free.
    """

    _may_owe: ClassVar[tuple[str, ...]] = ("fill",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._closed: list[AccountPosition] = []
        super().__init__(*args, **kwargs)

    # -- what there is -----------------------------------------------------------------------------------------

    def position_of(self, symbol: str) -> AccountPosition:
        """Return the position in a symbol as it is; one of nothing when there is none."""
        item = self._instrument(symbol)
        known = self._positions.get(item.symbol)
        if known is not None:
            return known
        now = self._venue.server_ms()
        return AccountPosition("", item.symbol, _ZERO, _ZERO, now, now, self._house.leverage)

    def closed_positions(self) -> list[AccountPosition]:
        """Return the positions that are over, as they ended, oldest first."""
        return list(self._closed)

    def margin_of(self, symbol: str) -> Decimal:
        """Return what is set aside for a symbol's position and orders."""
        return self._needed(self._instrument(symbol))

    def leverages(self) -> dict[str, Decimal]:
        """Return the leverage by symbol, where there was a position or the client chose one."""
        return {symbol: position.leverage for symbol, position in self._positions.items()}

    def closable(self, symbol: str, side: str) -> Decimal:
        """Return how much of a position an order to that side can close."""
        quantity = self.position_of(symbol).quantity
        return max(_ZERO, -quantity if side == BUY else quantity)

    def margin(self, asset: str) -> AccountMargin:
        """Return the sums of all that is settled in an asset."""
        held = self._held(asset)
        is_open = [row for row in self.positions() if self._instrument(row.symbol).quote == asset]
        every = is_open + [row for row in self._closed if self._instrument(row.symbol).quote == asset]
        marks = {row.symbol: mark_price(self._venue.market(row.symbol)) for row in is_open}
        return AccountMargin(
            total=held.total,
            available=held.free,
            used=held.locked,
            notional=sum((abs(row.quantity) * marks[row.symbol] for row in is_open), _ZERO),
            realized=sum((row.realized for row in every), _ZERO),
            unrealized=sum((row.unrealized(marks[row.symbol]) for row in is_open), _ZERO),
            fees=sum((row.fees for row in every), _ZERO),
        )

    def can_trade(self, item: Instrument) -> bool:
        return item.quote in self._balances

    # -- what can happen ---------------------------------------------------------------------------------------

    def set_leverage(self, symbol: str, leverage: Number) -> AccountPosition:
        """Choose the leverage of a symbol and return the position there.

        Raises:
            ValueError: less than 1, or less margin is free than that takes.
        """
        item, chosen = self._instrument(symbol), as_decimal(leverage)
        if not chosen >= 1:
            raise ValueError(f"leverage {chosen}: 1 or more is needed")
        position = replace(self.position_of(symbol), leverage=chosen)
        self._set_position("leverage", item, position)
        return position

    def position(self, symbol: str, quantity: Number, avg_price: Number) -> AccountPosition:
        """Set a position without a trade and return it; 0 closes it."""
        item, before = self._instrument(symbol), self.position_of(symbol)
        after = replace(
            before,
            position_id=before.position_id or str(next(self._ids)),
            quantity=as_decimal(quantity),
            avg_price=as_decimal(avg_price),
            updated_ms=self._venue.server_ms(),
        )
        self._set_position("position", item, after)
        return after

    def liquidate(self, symbol: str, price: Number | None = None, *, reason: str = "liquidation") -> AccountOrder:
        """Let the venue cancel the orders of a symbol and close its position; return the order that did it.

        Args:
            price: None: the market's. reason: carried by the order and its fill.

        Raises:
            ValueError: there is no position.
        """
        held = self.position_of(symbol).quantity
        if not held:
            raise ValueError(f"no position in {symbol} to be closed")
        for order in self.orders(is_open=True):
            if order.symbol == self._instrument(symbol).symbol:
                self.cancel(order, reason)
        given = self._given_order(symbol, SELL if held > 0 else BUY, abs(held), None, "market", True)
        order = replace(self._numbered(given, None, None), reason=reason)
        return self.fill(self._settle("place", order, self._reserve(None, order)), price)

    # -- how it is done ----------------------------------------------------------------------------------------

    def _set_position(self, cause: str, item: Instrument, position: AccountPosition) -> None:
        more = self._needed(item, position=position) - self._needed(item)
        moved = self._move(self._moves(item, _ZERO, more))
        self._positions[item.symbol] = position
        self._record(cause, moved, position=position)

    def _given_order(self, *given: Any) -> AccountOrder:
        order = super()._given_order(*given)
        if order.price is not None:
            return order
        return replace(order, budget=order.quantity * self._market_price(self._instrument(order.symbol), order.side))

    def _fee_asset(self, item: Instrument, side: str) -> str:
        return item.quote

    def _fee_base(self, order: AccountOrder, amount: Decimal, paid: Decimal) -> Decimal:
        return amount * paid

    def _moves(self, item: Instrument, cash: Decimal, margin: Decimal) -> Moves:
        return {item.quote: (cash - margin, margin)}

    def _needed(
        self, item: Instrument, order: AccountOrder | None = None, position: AccountPosition | None = None
    ) -> Decimal:
        """Return the margin of a symbol; with an order, or a position, in place of the one that is known."""
        held = position or self.position_of(item.symbol)
        waiting = self._waiting if order is None else {**self._waiting, order.order_id: order}
        value = held.quantity * held.avg_price
        bought = value + self._value(item, BUY, waiting.values())
        sold = value - self._value(item, SELL, waiting.values())
        return (max(abs(value), abs(bought), abs(sold)) / held.leverage).quantize(self._house.fee_step, ROUND_UP)

    def _value(self, item: Instrument, side: str, orders: Iterable[AccountOrder]) -> Decimal:
        """Return what the orders to a side may add to the exposure."""
        total = _ZERO
        for order in orders:
            if order.symbol == item.symbol and order.side == side and order.is_open and not order.reduce_only:
                total += order.remaining * (order.price or _estimate(order))
        return total

    def _reserve(self, before: AccountOrder | None, after: AccountOrder) -> Moves:
        item = self._instrument(after.symbol)
        return self._moves(item, _ZERO, self._needed(item, after) - self._needed(item))

    def _exchange(self, before: AccountOrder, after: AccountOrder, fill: AccountFill) -> Moves:
        item = self._instrument(fill.symbol)
        needed, known = self._needed(item), self.position_of(fill.symbol)
        position, gain = self._traded(item, known, fill)
        self._positions[item.symbol] = position
        return self._moves(item, gain - fill.fee, self._needed(item, after) - needed)

    def _traded(
        self, item: Instrument, position: AccountPosition, fill: AccountFill
    ) -> tuple[AccountPosition, Decimal]:
        """Return a position after a fill, and what the fill realised. A flip ends one position and opens another."""
        sign = 1 if fill.side == BUY else -1
        closed = min(fill.quantity, self.closable(fill.symbol, fill.side))
        opened = fill.quantity - closed
        gain = closed * (position.avg_price - fill.price) * sign
        fee = fill.fee * closed / fill.quantity
        if closed:
            position = replace(
                position,
                quantity=position.quantity + sign * closed,
                updated_ms=fill.ms,
                realized=position.realized + gain,
                fees=position.fees + fee,
            )
            if not position.quantity:
                self._closed.append(position)
        if opened:
            if not position.quantity:
                number = str(next(self._ids))
                position = AccountPosition(number, fill.symbol, _ZERO, _ZERO, fill.ms, fill.ms, position.leverage)
            value = abs(position.quantity) * position.avg_price + opened * fill.price
            position = replace(
                position,
                quantity=position.quantity + sign * opened,
                avg_price=self._mean(item, value / (abs(position.quantity) + opened)),
                updated_ms=fill.ms,
                fees=position.fees + fill.fee - fee,
            )
        return position, gain

    def _mean(self, item: Instrument, price: Decimal) -> Decimal:
        return price.quantize(Decimal(1).scaleb(-item.price_decimals), ROUND_DOWN) if self._house.cuts_means else price

    def _position_after(self, order: AccountOrder) -> AccountPosition | None:
        return self._positions[order.symbol] if order.last is not None else None


def _estimate(order: AccountOrder) -> Decimal:
    """Return at which price a market order is expected to be filled."""
    return _ZERO if order.budget is None else order.budget / order.quantity
