"""Order books."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NoReturn, Self

import msgspec

from .base import Container, nan

# A level as the venue sent it: price, quantity, and whatever follows; text, or Decimal for a number.
Level = Sequence[Any]


class PriceLevel(list[float]):
    """``[price, quantity]`` of a maintained book.

    It is made once, when the level is set, and every book that shows the level shares it. So it cannot be changed: a
    change would appear in all of them. ``list(level)`` is a list of one's own; pickled and copied, it becomes one.

    Attributes:
        sent: the level as the venue sent it.
    """

    __slots__ = ("sent",)
    sent: Level

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("every book that shows a level shares it, so it cannot be changed; change list(level)")

    append = extend = insert = pop = remove = clear = sort = reverse = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)


def as_sent(level: Level) -> Level:
    """Return a level as the venue sent it, be it that of a maintained book or not."""
    return level.sent if type(level) is PriceLevel else level


class BookState(msgspec.Struct, eq=False, gc=False):
    """The levels of a book at one moment, best first, and what the venue said about them.

    Attributes:
        _bids, _asks: the levels as the venue sent them, or those of a kept book.
        timestamp, sequence, checksum: as the venue told them.
        action: what caused this state.
        order_count_at: position of the number of orders in a level, where sent.
        _is_kept: whether the levels are those of a kept book.
    """

    _bids: Sequence[Any]
    _asks: Sequence[Any]
    timestamp: int | None = None
    sequence: int | None = None
    checksum: int | None = None
    action: Literal["snapshot", "update"] = "update"
    order_count_at: int | None = None
    _is_kept: bool = False

    @property
    def bids(self) -> list[Level]:
        """The bids as the venue sent them."""
        return list(map(as_sent, self._bids))

    @property
    def asks(self) -> list[Level]:
        """The asks as the venue sent them."""
        return list(map(as_sent, self._asks))

    def numbers(self, side: Literal[0, 1], factor: float) -> list[list[float]]:
        """Return ``[price, quantity * factor]`` of the bids (0) or the asks (1)."""
        levels = self._asks if side else self._bids
        if self._is_kept and factor == 1.0:
            return levels if type(levels) is list else list(levels)
        return [[float(level[0]), float(level[1]) * factor] for level in levels]

    def best(self, side: Literal[0, 1], factor: float) -> list[float] | None:
        """Return the first pair of `numbers`, without a look at the others; ``None`` for an empty side."""
        levels = self._asks if side else self._bids
        if not levels:
            return None
        best = levels[0]
        return [float(best[0]), float(best[1]) * factor]

    def __reduce__(self) -> tuple[Any, ...]:
        told = self.timestamp, self.sequence, self.checksum, self.action, self.order_count_at
        return BookState, (self.bids, self.asks, *told)


class OrderBookData(Container):
    """The book, or its top, at one moment. Given out only when its sequence holds and it is not crossed."""

    event = "OrderBookEvent"
    kind = "depth"

    _row: BookState
    _bids: list[list[float]] | None = None
    _asks: list[list[float]] | None = None

    def init_data(self) -> Self:
        """Convert the levels to numbers now; otherwise the first getter does."""
        self.get_bids()
        self.get_asks()
        return self

    def get_bids(self) -> list[list[float]]:
        """Return ``[price, quantity]`` pairs, highest first, quantity in base asset; empty without a bid.

        The list is the book's own, for all who hold this book: change a copy. A pair of a maintained book belongs to
        all books that show it and refuses to be changed: see `PriceLevel`.
        """
        bids = self._bids
        if bids is None:
            bids = self._bids = self._row.numbers(0, self._topic.factor)
        return bids

    def get_asks(self) -> list[list[float]]:
        """Return ``[price, quantity]`` pairs, lowest first, quantity in base asset; empty without an ask.

        The list and its pairs are shared as those of `get_bids` are.
        """
        asks = self._asks
        if asks is None:
            asks = self._asks = self._row.numbers(1, self._topic.factor)
        return asks

    def get_bid_price_list(self) -> list[float]:
        """Return the bid prices, highest first."""
        return [level[0] for level in self.get_bids()]

    def get_ask_price_list(self) -> list[float]:
        """Return the ask prices, lowest first."""
        return [level[0] for level in self.get_asks()]

    def get_bid_volume_list(self) -> list[float]:
        """Return the bid quantities, in the order of the prices."""
        return [level[1] for level in self.get_bids()]

    def get_ask_volume_list(self) -> list[float]:
        """Return the ask quantities, in the order of the prices."""
        return [level[1] for level in self.get_asks()]

    def _order_counts(self, levels: list[Level]) -> list[int] | None:
        place = self._row.order_count_at
        return None if place is None else [int(level[place]) for level in levels]

    def get_bid_trade_nums(self) -> list[int] | None:
        """Return the number of orders per bid level; ``None`` where the venue does not send it."""
        return self._order_counts(self._row.bids)

    def get_ask_trade_nums(self) -> list[int] | None:
        """Return the number of orders per ask level; ``None`` where the venue does not send it."""
        return self._order_counts(self._row.asks)

    def get_bid_orders_list(self) -> list[float] | None:
        """Return `get_bid_trade_nums` as floats."""
        counts = self.get_bid_trade_nums()
        return None if counts is None else [float(count) for count in counts]

    def get_ask_orders_list(self) -> list[float] | None:
        """Return `get_ask_trade_nums` as floats."""
        counts = self.get_ask_trade_nums()
        return None if counts is None else [float(count) for count in counts]

    def get_bid_liquidation_list(self) -> list[float] | None:
        """Return ``None``: liquidation orders per bid level, which OKX alone counted and has withdrawn."""
        return None

    def get_ask_liquidation_list(self) -> list[float] | None:
        """Return ``None``: liquidation orders per ask level, which OKX alone counted and has withdrawn."""
        return None

    def get_best_bid(self) -> list[float] | None:
        """Return the highest ``[price, quantity]``, or ``None``."""
        return self._row.best(0, self._topic.factor)

    def get_best_ask(self) -> list[float] | None:
        """Return the lowest ``[price, quantity]``, or ``None``."""
        return self._row.best(1, self._topic.factor)

    def get_mid_price(self) -> float:
        """Return the mean of best bid and best ask; ``nan`` when a side is empty."""
        bid, ask = self.get_best_bid(), self.get_best_ask()
        return (bid[0] + ask[0]) / 2 if bid and ask else nan

    def get_spread(self) -> float:
        """Return best ask minus best bid, quote asset; ``nan`` when a side is empty."""
        bid, ask = self.get_best_bid(), self.get_best_ask()
        return ask[0] - bid[0] if bid and ask else nan

    def get_sequence(self) -> int | None:
        """Return the venue's number of the last update applied; ``None`` where it has none."""
        return self._row.sequence

    def get_checksum(self) -> int | None:
        """Return the venue's checksum of this state, already verified; ``None`` where it has none."""
        return self._row.checksum

    def get_action(self) -> Literal["snapshot", "update"]:
        """Return what caused this object: a whole book, or a change to it."""
        return self._row.action

    def get_raw_data(self) -> Any:
        """Return the levels given out in their exact text, as a dict of ``bids`` and ``asks``."""
        return {
            "bids": [[str(value) for value in level] for level in self._row.bids],
            "asks": [[str(value) for value in level] for level in self._row.asks],
        }

    def _summary(self) -> Iterable[tuple[str, Any]]:
        yield "best_bid", self.get_best_bid()
        yield "best_ask", self.get_best_ask()
        yield "levels", (len(self._row.bids), len(self._row.asks))
        yield "sequence", self._row.sequence

    get_order_book_symbol_name = Container.get_venue_symbol
