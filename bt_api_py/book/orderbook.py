"""Price levels of one market: two sorted lists, kept in step, and nothing else.

A level is known by its price exactly as the venue sent it (text, or `Decimal` where the venue sends JSON numbers), not
by a float: two texts of one price are recognised as equal, two prices that a float could not tell apart stay apart.
Floats serve to keep the order and to find the place.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from decimal import Decimal
from operator import itemgetter, lt
from typing import Any

from ..containers.orderbook import Level, Priced
from ..exceptions import DataParseError
from .parts import Parts

_LONG = 500  # levels from which on a top is handed out in parts
_INFINITY = float("inf")
_price = itemgetter(0)


def _refused(level: Any) -> DataParseError:
    return DataParseError("OrderBook", f"level {level!r} has no usable price or quantity")


class BookSide:
    """One side of a book. The best level stands last, where changes are most frequent and cheapest."""

    __slots__ = ("_entries", "_parts", "_ranks", "_sign")

    def __init__(self, sign: int) -> None:
        """Make an empty side: `sign` is 1 for bids and -1 for asks."""
        self._sign = float(sign)
        self._ranks: list[float] = [_INFINITY]  # sign * price, ascending; the last spares a look at the length
        self._entries: list[Priced] = []  # the level of each rank
        self._parts: Parts | None = None  # since somebody wanted a long top

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Forget every level."""
        self._ranks = [_INFINITY]
        self._entries.clear()
        if self._parts is not None:
            self._parts.forget()

    def load(self, levels: Iterable[Level]) -> None:
        """Replace everything; levels of quantity zero are left out.

        Raises:
            DataParseError: a level without a finite price or a finite quantity of at least zero.
        """
        self.clear()
        sign = self._sign
        entries: list[Priced] = []
        level: Any = None
        try:
            for level in levels:
                price, quantity = float(level[0]), float(level[1])
                if 0.0 < quantity < _INFINITY:
                    entries.append((price, quantity, level))
                elif quantity or not -_INFINITY < price < _INFINITY:
                    raise _refused(level)
        except (TypeError, ValueError, IndexError, ArithmeticError):
            raise _refused(level) from None
        entries.sort(key=_price, reverse=sign < 0)
        ranks = [sign * entry[0] for entry in entries]
        ranks.append(_INFINITY)
        if ranks[0] > -_INFINITY and all(map(lt, ranks, ranks[1:])):
            self._ranks = ranks
            self._entries = entries
        else:  # prices that need an exact comparison, or none
            self.apply([entry[2] for entry in entries])

    def apply(self, levels: Sequence[Level]) -> None:
        """Set levels to their absolute quantities; zero removes one, an unknown one silently.

        Raises:
            DataParseError: no finite price, or no finite quantity of at least zero.
        """
        if self._parts is not None:
            self._parts.note(levels)
        sign, ranks, entries, infinity = self._sign, self._ranks, self._entries, _INFINITY
        level: Any = None
        try:
            for level in levels:
                price = float(level[0])
                quantity = float(level[1])
                at = bisect_left(ranks, rank := sign * price)
                if ranks[at] != rank:
                    if 0.0 < quantity < infinity and rank > -infinity:
                        ranks.insert(at, rank)
                        entries.insert(at, (price, quantity, level))
                    elif quantity or not rank > -infinity:
                        raise _refused(level)
                elif entries[at][2][0] != level[0]:
                    self._set_exact(at, (price, quantity, level))
                elif 0.0 < quantity < infinity:
                    entries[at] = (price, quantity, level)
                elif quantity:
                    raise _refused(level)
                else:
                    del ranks[at], entries[at]
        except (TypeError, ValueError, IndexError, ArithmeticError):
            raise _refused(level) from None

    def _set_exact(self, place: int, priced: Priced) -> None:
        """Set a level whose price has the float of the level at `place`, but another text."""
        ranks, entries, (_, quantity, level) = self._ranks, self._entries, priced
        rank, exact, at = ranks[place], Decimal(level[0]), place
        while ranks[at] == rank and Decimal(entries[at][2][0]) != exact:
            at += 1
        is_known = ranks[at] == rank
        if 0.0 < quantity < _INFINITY:
            if is_known:
                entries[at] = priced
            else:
                ranks.insert(place, rank)
                entries.insert(place, priced)
        elif quantity:
            raise _refused(level)
        elif is_known:
            del ranks[at], entries[at]

    def crop(self, depth: int) -> None:
        """Keep the best `depth` levels."""
        self._drop(len(self._entries) - depth)

    def cut(self, price: float) -> None:
        """Leave out what lies behind a price."""
        self._drop(bisect_left(self._ranks, self._sign * price))

    def _drop(self, excess: int) -> None:
        """Leave out so many of the worst levels."""
        if excess > 0:
            if self._parts is not None:
                self._parts.note([priced[2] for priced in self._entries[:excess]])
            del self._entries[:excess], self._ranks[:excess]

    def best(self) -> float | None:
        """Return the best price, ``None`` when the side is empty."""
        return self._entries[-1][0] if self._entries else None

    def worst(self) -> float | None:
        """Return the price furthest from the best, ``None`` when the side is empty."""
        return self._entries[0][0] if self._entries else None

    def top(self, count: int | None) -> list[Level]:
        """Return the best `count` levels as the venue sent them, best first; all of them for ``None``."""
        return [priced[2] for priced in self.priced(count)]

    def priced(self, count: int | None) -> Sequence[Priced]:
        """Return the same levels together with their numbers, as something that later updates leave alone."""
        entries = self._entries
        if count is not None and count <= _LONG:
            return entries[: -count - 1 : -1]
        if len(entries) <= _LONG:
            return entries[::-1][:count]
        if self._parts is None:
            self._parts = Parts()
        return self._parts.top(len(entries) if count is None else count, self._sign, self._ranks, entries)


class OrderBook:
    """Both sides of a book."""

    __slots__ = ("_edges", "asks", "bids", "depth", "reach")

    def __init__(self, depth: int | None = None, reach: int | None = None) -> None:
        """Make an empty book.

        Args:
            depth: levels a side that the venue keeps true, ``None`` for all.
            reach: levels a side that are loaded at most, ``None`` for all: behind the last of so many there may be
                others, of which nothing is known until they change, so changes there are left out.
        """
        self.bids = BookSide(1)
        self.asks = BookSide(-1)
        self.depth = depth
        self.reach = reach
        self._edges: list[tuple[BookSide, float]] = []  # sides that are known only down to a price

    def clear(self) -> None:
        """Forget every level."""
        self.bids.clear()
        self.asks.clear()
        self._edges.clear()

    @property
    def is_worn(self) -> bool:
        """Whether fewer than half of the levels that were loaded are left of a side that has others behind them."""
        return self.reach is not None and any(2 * len(side) < self.reach for side, _ in self._edges)

    def load(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Replace the whole book.

        Raises:
            DataParseError: a level that is none; the book is then empty.
        """
        try:
            self.bids.load(bids)
            self.asks.load(asks)
        except DataParseError:
            self.clear()
            raise
        self._edges.clear()
        if self.depth is not None:
            self._crop(self.depth)
        if self.reach is not None:
            sides = [side for side in (self.bids, self.asks) if len(side) >= self.reach]
            self._edges.extend((side, price) for side in sides if (price := side.worst()) is not None)

    def apply(self, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Set levels to their absolute quantities; quantity zero removes a level.

        Raises:
            DataParseError: a level that is none; what stood before it in the update has been applied, so the caller
                must build the book anew.
        """
        self.bids.apply(bids)
        self.asks.apply(asks)
        if self.depth is not None:
            self._crop(self.depth)
        for side, price in self._edges:
            side.cut(price)

    def _crop(self, depth: int) -> None:
        self.bids.crop(depth)
        self.asks.crop(depth)

    def is_crossed(self) -> bool:
        """Return whether the best bid is at or above the best ask."""
        bids, asks = self.bids._entries, self.asks._entries
        return bool(bids and asks) and bids[-1][0] >= asks[-1][0]
