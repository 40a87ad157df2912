"""A bot that quotes both sides of a market at its best prices, and never holds more than it may.

A fill can happen at any moment, also between a decision and the block that carries it out. So what counts is what would
be held if everything that is open on one side were filled; and an order is moved by an amendment, which cannot fill
twice, rather than by a cancellation and a new order, of which both may fill.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import count

from ...clock import SYSTEM_CLOCK, Clock
from ...exceptions import BtApiError
from .decimals import Number
from .instructions import (
    BatchMarketInstruction,
    OrderAmendment,
    OrderCancellation,
    OrderSubmission,
    instruction_to_json,
)
from .models import Market, Order
from .store import VegaStore
from .wallet import VegaWallet, WalletError

log = logging.getLogger("bt_api_py.vega")

BUY, SELL = "SIDE_BUY", "SIDE_SELL"
_GIVEN_UP = 10.0  # seconds after which an order of which nothing was heard was never placed


@dataclass(slots=True)
class _Quote:
    """An order that was sent, and how much of it was filled as far as is known."""

    side: str
    size: Decimal
    sent_at: float
    filled: Decimal = Decimal(0)
    open: Decimal = Decimal(0)


class QuotingBot:
    """Quotes a market in the name of a party; `run` goes on until it is cancelled.

    Args:
        store: started, and of this market and the wallet's party.
        max_abs_position: the position stays between this and its negative.
        size: of one order at most.
        period: seconds between two batches.
        cancel_on_stop: take the quotes out of the book at the end.
        report: is given a line after every batch.
        name: begins the references of the orders; another one for every run.
    """

    def __init__(
        self,
        store: VegaStore,
        wallet: VegaWallet,
        market_id: str,
        *,
        max_abs_position: Number = 1,
        size: Number = 1,
        period: float = 1.0,
        cancel_on_stop: bool = True,
        report: Callable[[str], object] = log.info,
        clock: Clock | None = None,
        name: str = "",
    ) -> None:
        self._store = store
        self._wallet = wallet
        self._market_id = market_id
        self._most = Decimal(str(max_abs_position))
        self._size = Decimal(str(size))
        self._period = period
        self._cancel_on_stop = cancel_on_stop
        self._report = report
        self._clock = clock or SYSTEM_CLOCK
        self._name = name or f"quote-{int(self._clock.now() * 1000)}"
        self._numbers = count(1)
        self._quotes: dict[str, _Quote] = {}  # by reference
        self._base: Decimal | None = None  # the position without the fills of `_quotes`

    async def run(self, steps: int | None = None) -> None:
        """Quote until cancelled, or for so many steps."""
        try:
            for number in count(1):
                await self.step()
                if number == steps:
                    break
                await self._clock.sleep(self._period)
        finally:
            if self._cancel_on_stop:
                await self.cancel_all()

    async def step(self) -> None:
        """Look, and send one batch if anything has to change."""
        market = self._store.get_market_by_id(self._market_id)
        if market is None or not self._may_quote(market):
            if self._own_orders():
                await self.cancel_all()
            return
        self._count_fills()
        batch = self._batch(market)
        if batch.submissions or batch.amendments or batch.cancellations:
            await self._send(market, batch)
        bid, ask = market.best_bid_price, market.best_offer_price
        self._report(f"bid {bid} offer {ask} position {self._position()} orders {len(self._own_orders())}")

    async def cancel_all(self) -> None:
        """Take all orders of the party out of this market."""
        market = self._store.get_market_by_id(self._market_id)
        if market is not None:
            await self._send(market, BatchMarketInstruction(cancellations=[OrderCancellation(self._market_id)]))

    def _may_quote(self, market: Market) -> bool:
        prices = market.best_bid_price > 0 and market.best_offer_price > 0
        return self._store.is_live and market.is_continuous and prices

    def _position(self) -> Decimal:
        position = self._store.get_position_by_market_id(self._market_id)
        return Decimal(0) if position is None else position.open_volume

    def _own_orders(self) -> list[Order]:
        return [order for order in self._store.get_orders() if order.market_id == self._market_id]

    # What is held at worst

    def _count_fills(self) -> None:
        """Learn from the store what became of the orders that were sent."""
        for reference, quote in list(self._quotes.items()):
            order = self._store.get_order_by_reference(reference)
            if order is None:
                if self._clock.monotonic() - quote.sent_at > _GIVEN_UP:
                    del self._quotes[reference]
                continue
            quote.filled = order.size - order.remaining_size if order.status != "STATUS_REJECTED" else Decimal(0)
            quote.open = order.remaining_size if order.is_live else Decimal(0)
            if order.is_live and self._store.get_order_by_id(order.order_id) is None:
                self._rebase()  # it ended unseen, and only the position tells how
                return
        if self._base is None or self._is_settled():
            self._rebase()

    def _is_settled(self) -> bool:
        """Return whether position and fills agree, and nothing is under way."""
        return not any(quote.open for quote in self._quotes.values()) and self._position() == self._by_fills()

    def _rebase(self) -> None:
        """Begin to count from the position that the node tells."""
        self._quotes = {reference: quote for reference, quote in self._quotes.items() if self._may_fill(reference)}
        filled = sum((_signed(quote.side, quote.filled) for quote in self._quotes.values()), Decimal(0))
        self._base = self._position() - filled

    def _may_fill(self, reference: str) -> bool:
        order = self._store.get_order_by_reference(reference)
        return order is None or self._store.get_order_by_id(order.order_id) is not None

    def _by_fills(self) -> Decimal:
        base = self._base if self._base is not None else Decimal(0)
        return base + sum((_signed(quote.side, quote.filled) for quote in self._quotes.values()), Decimal(0))

    def _room(self, side: str) -> Decimal:
        """Return how much may be added on a side, if all that is open there were filled: orders and positions come by
        different streams, so the worse of what the two say is believed.
        """
        held = max(_signed(side, self._position()), _signed(side, self._by_fills()))
        orders = self._own_orders()
        known = {order.reference for order in orders}
        under_way = [order.remaining_size for order in orders if order.side == side]
        for reference, quote in self._quotes.items():
            if quote.side == side and reference not in known:
                under_way.append(quote.open if self._store.get_order_by_reference(reference) else quote.size)
        return self._most - held - sum(under_way, Decimal(0))

    # What is sent

    def _batch(self, market: Market) -> BatchMarketInstruction:
        submissions: list[OrderSubmission] = []
        amendments: list[OrderAmendment] = []
        cancellations: list[OrderCancellation] = []
        step = Decimal(1).scaleb(-market.position_decimal_places)
        for side, price in ((BUY, market.best_bid_price), (SELL, market.best_offer_price)):
            room = self._room(side)
            orders = [order for order in self._own_orders() if order.side == side]
            if room < 0:
                cancellations += [OrderCancellation(self._market_id, order.order_id) for order in orders]
                continue
            moved = [order for order in orders if order.price != price and not order.is_parked]
            amendments += [OrderAmendment(order.order_id, 0, price, self._market_id) for order in moved]
            size = min(self._size, room) // step * step
            if size > 0 and not orders and not self._is_awaited(side):
                reference = f"{self._name}-{next(self._numbers)}"
                self._quotes[reference] = _Quote(side, size, self._clock.monotonic())
                submissions.append(
                    OrderSubmission(
                        self._market_id, size, price, "TIME_IN_FORCE_GTC", "TYPE_LIMIT", side, reference=reference
                    )
                )
        return BatchMarketInstruction(submissions, cancellations, amendments)

    def _is_awaited(self, side: str) -> bool:
        """Return whether an order of this side was sent and nothing was heard of it yet."""
        return any(
            quote.side == side and self._store.get_order_by_reference(reference) is None
            for reference, quote in self._quotes.items()
        )

    async def _send(self, market: Market, batch: BatchMarketInstruction) -> None:
        transaction = instruction_to_json(batch, market.decimal_places, market.position_decimal_places)
        try:
            await self._wallet.submit_transaction(transaction)
        except WalletError as error:
            log.warning("%s", error)
            for item in batch.submissions:
                self._quotes.pop(item.reference, None)
        except BtApiError as error:
            log.warning("%s; it may have been sent", error)


def _signed(side: str, quantity: Decimal) -> Decimal:
    return quantity if side == BUY else -quantity
