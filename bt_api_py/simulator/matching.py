"""Orders that clients send: filled against the simulated market as it moves.

A client is too small to move a market: its orders fill against the book and leave no trace in it, so that the same
seed gives the same market whoever trades.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from .account import Account, AccountOrder, Number
from .margin import MarginAccount
from .market import ASK, BID, BUY
from .text import exact

if TYPE_CHECKING:
    from .venue import Venue

# Why an order is refused or cancelled: `AccountOrder.reason`.
CROSSING = "would cross the book"
SELF_CROSSING = "would cross an own order"
REDUCE_ONLY = "nothing to reduce"
MARGIN = "insufficient margin"


class Matching:
    """The orders of one venue's clients that rest, and what fills them. Orders that a test placed are not touched."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._resting: dict[str, Account] = {}  # by order id

    def submit(
        self,
        account: Account,
        symbol: str,
        side: str,
        quantity: Number,
        price: Number | None = None,
        type: str = "limit",
        client_order_id: str | None = None,
        *,
        order_id: str | None = None,
        reduce_only: bool = False,
    ) -> AccountOrder:
        """Take an order and return it after all that happens at once; arguments as `Account.place` has.

        Raises:
            ValueError: the order itself is wrong; what only the moment forbids is refused with a reason.
        """
        given = (symbol, side, quantity, price, type)
        if reduce_only:
            quantity = min(Decimal(str(quantity)), _closable(account, symbol, side))
            given = (symbol, side, quantity or given[2], price, type)
        affordable = account.affords(*given, reduce_only=reduce_only)
        reason = ""
        if not quantity:
            reason = REDUCE_ONLY
        elif not affordable:
            reason = MARGIN
        elif price is not None and self._crosses_own(account, symbol, side, Decimal(str(price))):
            reason = SELF_CROSSING
        elif type == "limit_maker" and self._offered(symbol, side, Decimal(str(price))):
            reason = CROSSING
        if reason:
            return account.refuse(*given, client_order_id, reason=reason, order_id=order_id, reduce_only=reduce_only)
        order = account.place(*given, client_order_id, order_id=order_id, reduce_only=reduce_only)
        return self._execute(account, order)

    def amend(
        self, account: Account, order: AccountOrder, quantity: Number, price: Number | None = None
    ) -> AccountOrder:
        """Change an order and return it after all that happens at once; arguments and errors as `Account.amend` has.

        Raises:
            ValueError: at that price it would cross an own order, or, being a maker's, the book.
        """
        if price is not None:
            limit = Decimal(str(price))
            if self._crosses_own(account, order.symbol, order.side, limit):
                raise ValueError(SELF_CROSSING)
            if order.type == "limit_maker" and self._offered(order.symbol, order.side, limit):
                raise ValueError(CROSSING)
        changed = account.amend(order, quantity, price)
        return self._execute(account, changed) if changed.order_id in self._resting else changed

    def _execute(self, account: Account, order: AccountOrder) -> AccountOrder:
        """Fill an order against the book as far as it goes; let the rest rest, or lapse."""
        offered = self._offered(order.symbol, order.side, order.price)
        if order.type == "fok" and sum(quantity for _, quantity in offered) < order.quantity:
            return account.expire(order)
        for price, quantity in offered:
            if not order.is_open:
                return order
            order = account.partial(order, min(quantity, order.remaining), price, is_maker=False)
        if not order.is_open:
            return order
        if order.type not in ("limit", "limit_maker"):
            return account.expire(order)
        self._resting[order.order_id] = account
        return order

    def advance(self) -> None:
        """Fill the resting orders that the market has reached, at their own price."""
        for number, account in list(self._resting.items()):
            order = account.order(number)
            if order.is_open:
                order = self._reached(account, order)
            if not order.is_open:
                del self._resting[number]

    def _reached(self, account: Account, order: AccountOrder) -> AccountOrder:
        quantity = min(order.remaining, sum(part for _, part in self._offered(order.symbol, order.side, order.price)))
        if order.reduce_only:
            closable = _closable(account, order.symbol, order.side)
            if not closable:
                return account.cancel(order, REDUCE_ONLY)
            quantity = min(quantity, closable)
        return account.partial(order, quantity) if quantity else order

    def _offered(self, symbol: str, side: str, limit: Decimal | None) -> list[tuple[Decimal, Decimal]]:
        """Return the levels that an order can take, best first."""
        market = self._venue.market(symbol)
        item = market.instrument
        found = []
        for ticks, lots in market.levels(ASK if side == BUY else BID):
            price = exact(ticks, item.price_decimals)
            if limit is not None and (price > limit if side == BUY else price < limit):
                break
            found.append((price, exact(lots, item.quantity_decimals)))
        return found

    def _crosses_own(self, account: Account, symbol: str, side: str, price: Decimal) -> bool:
        key = self._venue.key(symbol)
        others = [order for order in account.orders(is_open=True) if order.symbol == key and order.side != side]
        return any(
            order.price is not None and (price >= order.price if side == BUY else price <= order.price)
            for order in others
        )


def _closable(account: Account, symbol: str, side: str) -> Decimal:
    if not isinstance(account, MarginAccount):
        raise ValueError("an order that only reduces needs a position: there is none on a spot account")
    return account.closable(symbol, side)
