"""The order book of a client: true or empty, although the venue numbers no update.

Source: BULK API 1.0.15, chapters "l2Snapshot" and "l2Delta", read 2026-07.
"""

from __future__ import annotations

from ...book import orderbook
from ...exceptions import BookCrossedError, DataParseError
from ...exchanges.bulk.wire import NAME, nanoseconds
from .actions import Side
from .market import L2Delta, L2Snapshot, OrderBookLevel

_WRONG_IN_A_ROW = 2  # comparisons that must fail before a book is taken for wrong


class OrderBook:
    """The price levels of one market. Empty until its first snapshot, and again after a loss.

    Attributes:
        symbol: of the market.
        timestamp: of the last change, as the venue sent it; 0 while the book is empty.
        is_live: whether there is a book.
    """

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.timestamp = 0
        self.is_live = False
        self._book = orderbook.OrderBook()

    @classmethod
    def from_snapshot(cls, snapshot: L2Snapshot) -> OrderBook:
        """Return the book of a snapshot. Raises as `load` does."""
        book = cls(snapshot.symbol)
        book.load(snapshot)
        return book

    def clear(self) -> None:
        """Forget everything."""
        self._book.clear()
        self.timestamp = 0
        self.is_live = False

    def load(self, snapshot: L2Snapshot) -> None:
        """Replace the whole book.

        Raises:
            BookCrossedError, DataParseError: it cannot be one; the book is empty then.
        """
        self.clear()
        self._book.load(_rows(snapshot.bids), _rows(snapshot.asks))
        self._changed(snapshot.timestamp)
        self.is_live = True

    def apply_delta(self, delta: L2Delta) -> bool:
        """Apply changes and return whether there was a book to apply them to.

        Raises:
            BookCrossedError, DataParseError: the book is wrong, and empty from now on.
        """
        if not self.is_live:
            return False
        try:
            self._book.apply(_rows(delta.bid_changes), _rows(delta.ask_changes))
        except DataParseError:
            self.clear()
            raise
        self._changed(delta.timestamp)
        return True

    def _changed(self, timestamp: int) -> None:
        self.timestamp = timestamp
        if self._book.is_crossed():
            bid, ask = self.best_bid(), self.best_ask()
            self.clear()
            raise BookCrossedError(NAME, f"book crossed, bid {bid} and ask {ask}", topic="depth", symbol=self.symbol)

    # What it says

    def get_bids(self, count: int | None = None) -> list[OrderBookLevel]:
        """Return the best `count` bids, best first; all of them for ``None``."""
        return [OrderBookLevel(*level) for level in self._book.bids.top(count)]

    def get_asks(self, count: int | None = None) -> list[OrderBookLevel]:
        """Return the best `count` asks, best first; all of them for ``None``."""
        return [OrderBookLevel(*level) for level in self._book.asks.top(count)]

    def get_best_bid(self) -> OrderBookLevel | None:
        """Return the highest bid, ``None`` when there is none."""
        return next(iter(self.get_bids(1)), None)

    def get_best_ask(self) -> OrderBookLevel | None:
        """Return the lowest ask, ``None`` when there is none."""
        return next(iter(self.get_asks(1)), None)

    def best_bid(self) -> float | None:
        """Return the price of the highest bid."""
        return self._book.bids.best()

    def best_ask(self) -> float | None:
        """Return the price of the lowest ask."""
        return self._book.asks.best()

    def get_spread(self) -> float | None:
        """Return the lowest ask minus the highest bid; ``None`` when a side is empty."""
        bid, ask = self.best_bid(), self.best_ask()
        return None if bid is None or ask is None else ask - bid

    def get_mid_price(self) -> float | None:
        """Return the middle between the best prices; ``None`` when a side is empty."""
        bid, ask = self.best_bid(), self.best_ask()
        return None if bid is None or ask is None else (bid + ask) / 2

    def get_depth(self, side: Side, price: float) -> float:
        """Return the size of a side from its best price up to and including `price`."""
        levels = self.get_bids() if side == Side.BUY else self.get_asks()
        sign = 1 if side == Side.BUY else -1
        return sum(level.size for level in levels if sign * level.price >= sign * price)

    def get_level_at_price(self, price: float, side: Side) -> OrderBookLevel | None:
        """Return the level of a side at exactly this price, ``None`` when there is none."""
        levels = self.get_bids() if side == Side.BUY else self.get_asks()
        return next((level for level in levels if level.price == price), None)

    def agrees_with(self, snapshot: L2Snapshot) -> bool:
        """Return whether the best levels are those of a snapshot of the same moment."""
        for ours, theirs in (
            (self.get_bids(len(snapshot.bids)), snapshot.bids),
            (self.get_asks(len(snapshot.asks)), snapshot.asks),
        ):
            if [(level.price, level.size) for level in ours] != [(level.price, level.size) for level in theirs]:
                return False
        return True


class SpotCheck:
    """Holds a book that is kept by changes against the snapshots of another subscription.

    The two do not arrive in step, so a snapshot is compared when the first change after its time is about to be
    applied: the book then stands where the snapshot does.
    """

    def __init__(self, book: OrderBook) -> None:
        self._book = book
        self._snapshot: L2Snapshot | None = None
        self._wrong = 0

    def note(self, snapshot: L2Snapshot) -> None:
        """Keep a snapshot for comparison, unless the book is past it already."""
        if nanoseconds(self._book.timestamp) <= nanoseconds(snapshot.timestamp):
            self._snapshot = snapshot

    def is_wrong(self, delta: L2Delta) -> bool:
        """Return whether the book, to which `delta` is about to be applied, was found wrong once too often."""
        snapshot = self._snapshot
        if snapshot is None or nanoseconds(delta.timestamp) <= nanoseconds(snapshot.timestamp):
            return False
        self._snapshot = None
        self._wrong = 0 if not self._book.is_live or self._book.agrees_with(snapshot) else self._wrong + 1
        return self._wrong >= _WRONG_IN_A_ROW

    def clear(self) -> None:
        """Forget: the book begins anew."""
        self._snapshot = None
        self._wrong = 0


def _rows(levels: list[OrderBookLevel]) -> list[tuple[float, float, int]]:
    return [(level.price, level.size, level.num_orders) for level in levels]
