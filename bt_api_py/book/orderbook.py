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

from ..containers.orderbook import Level, PriceLevel, as_sent
from ..exceptions import DataParseError
from .parts import Parts

LONG = 500  # levels from which on a top is handed out in parts
_INFINITY = float("inf")
_rank = itemgetter(0)


def _refused(level: Any) -> DataParseError:
    return DataParseError("OrderBook", f"level {level!r} has no usable price or quantity")


def _made(level: Level) -> PriceLevel:
    """Return a level as readers see it."""
    made = PriceLevel((float(level[0]), float(level[1])))
    made.sent = level
    return made


class BookSide:
    """One side of a book. The best level stands last, where changes are most frequent and cheapest."""

    __slots__ = ("_edge", "_entries", "_first", "_parts", "_ranks", "_sign")

    def __init__(self, sign: int) -> None:
        """Make an empty side: `sign` is 1 for bids and -1 for asks."""
        self._sign = float(sign)
        self._ranks: list[float] = [_INFINITY]  # sign * price, ascending; the last spares a look at the length
        # The level of each rank: as readers see it from the edge on, as the venue sent it below, where nobody has
        # looked yet. Once somebody wanted a long top, all are as readers see them, and the edge is that of the best
        # part.
        self._entries: list[Any] = []
        self._edge = _INFINITY
        self._first = 0  # the place of the first rank that is not below the edge
        self._parts: Parts | None = None

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Forget every level."""
        self._hold([_INFINITY], [])

    def _hold(self, ranks: list[float], sent: list[Level]) -> None:
        self._ranks = ranks
        self._entries = sent
        self._edge = _INFINITY
        self._first = len(sent)
        self._parts = None

    def load(self, levels: Iterable[Level]) -> None:
        """Replace everything; levels of quantity zero are left out.

        Raises:
            DataParseError: a level without a finite price or a finite quantity of at least zero.
        """
        self.clear()
        sign = self._sign
        entries: list[tuple[float, Level]] = []
        level: Any = None
        try:
            for level in levels:
                price, quantity = float(level[0]), float(level[1])
                if 0.0 < quantity < _INFINITY:
                    entries.append((sign * price, level))
                elif quantity or not -_INFINITY < price < _INFINITY:
                    raise _refused(level)
        except (TypeError, ValueError, IndexError, ArithmeticError):
            raise _refused(level) from None
        entries.sort(key=_rank)
        ranks = [rank for rank, _ in entries]
        ranks.append(_INFINITY)
        sent = [level for _, level in entries]
        if ranks[0] > -_INFINITY and all(map(lt, ranks, ranks[1:])):
            self._hold(ranks, sent)
        else:  # prices that need an exact comparison, or none
            self.apply(sent)

    def apply(self, levels: Sequence[Level]) -> None:
        """Set levels to their absolute quantities; zero removes one, an unknown one silently.

        Raises:
            DataParseError: no finite price, or no finite quantity of at least zero.
        """
        ranks, entries, edge, first = self._ranks, self._entries, self._edge, self._first
        is_bid, infinity = self._sign > 0, _INFINITY
        level: Any = None
        try:
            for level in levels:
                text = level[0]
                price = float(text)
                quantity = float(level[1])
                rank = price if is_bid else -price
                if rank < edge:
                    first = self._first = first + self._set_far(level, rank, quantity)
                    continue
                at = bisect_left(ranks, rank, first)
                if quantity > 0.0 and quantity < infinity:
                    made = PriceLevel((price, quantity))
                    made.sent = level
                    if ranks[at] != rank:
                        if not rank > -infinity:
                            raise _refused(level)
                        ranks.insert(at, rank)
                        entries.insert(at, made)
                    elif entries[at].sent[0] == text:
                        entries[at] = made
                    else:
                        self._set_exact(at, level, made)
                elif quantity or not -infinity < rank < infinity:
                    raise _refused(level)
                elif ranks[at] == rank:
                    if entries[at].sent[0] == text:
                        del ranks[at], entries[at]
                    else:
                        self._remove_exact(at, level)
        except (TypeError, ValueError, IndexError, ArithmeticError):
            raise _refused(level) from None

    def _set_far(self, level: Level, rank: float, quantity: float) -> int:
        """Set a level below the edge and return how many more there are now."""
        ranks, entries, parts = self._ranks, self._entries, self._parts
        if not rank > -_INFINITY or not 0.0 <= quantity < _INFINITY:
            raise _refused(level)
        if parts is not None:
            parts.note(rank)
        at = bisect_left(ranks, rank, 0, self._first)
        is_known = ranks[at] == rank
        is_same = is_known and (entries[at] if parts is None else entries[at].sent)[0] == level[0]
        size = len(entries)
        if quantity:
            new = level if parts is None else _made(level)
            if is_same:
                entries[at] = new
            elif is_known:
                self._set_exact(at, level, new)
            else:
                ranks.insert(at, rank)
                entries.insert(at, new)
        elif is_same:
            del ranks[at], entries[at]
        elif is_known:
            self._remove_exact(at, level)
        return len(entries) - size

    def _find_exact(self, at: int, level: Level) -> int | None:
        """Return the place of the level that has exactly this price, from `at` on, where its float stands first."""
        ranks, rank, exact = self._ranks, self._ranks[at], Decimal(level[0])
        while ranks[at] == rank:
            if Decimal(as_sent(self._entries[at])[0]) == exact:
                return at
            at += 1
        return None

    def _set_exact(self, place: int, level: Level, new: PriceLevel | Level) -> None:
        """Set a level whose price has the float of the level at `place`, but another text."""
        at = self._find_exact(place, level)
        if at is None:
            self._ranks.insert(place, self._ranks[place])
            self._entries.insert(place, new)
        else:
            self._entries[at] = new

    def _remove_exact(self, place: int, level: Level) -> None:
        at = self._find_exact(place, level)
        if at is not None:
            del self._ranks[at], self._entries[at]

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
                for rank in self._ranks[: min(excess, self._first)]:
                    self._parts.note(rank)
            del self._ranks[:excess], self._entries[:excess]
            self._first = max(0, self._first - excess)

    def best(self) -> float | None:
        """Return the best price, ``None`` when the side is empty."""
        return self._sign * self._ranks[-2] if self._entries else None

    def worst(self) -> float | None:
        """Return the price furthest from the best, ``None`` when the side is empty."""
        return self._sign * self._ranks[0] if self._entries else None

    def top(self, count: int | None) -> list[Level]:
        """Return the best `count` levels as the venue sent them, best first; all of them for ``None``."""
        best = self._entries[::-1] if count is None else self._entries[: -count - 1 : -1]
        return list(map(as_sent, best))

    def shown(self, count: int | None) -> Sequence[PriceLevel]:
        """Return the same levels as readers see them, as something that later updates leave alone."""
        size = len(self._entries)
        if count is None or count > size:
            count = size
        if count <= size - self._first:  # none of them is below the edge
            return self._entries[: -count - 1 : -1]
        if count <= LONG:
            if self._parts is None:
                self._show(count)
            return self._entries[: -count - 1 : -1]
        if self._parts is None:
            self._show(size)
            self._parts = Parts()
        top = self._parts.top(count, self._first, self._ranks, self._entries)
        self._edge = self._parts.edge
        self._first = len(self._entries) - len(top.near)
        return top

    def _show(self, count: int) -> None:
        """Move the edge behind the best `count` levels and some more, which may soon be among them."""
        ranks, entries = self._ranks, self._entries
        first = bisect_left(ranks, ranks[max(0, len(entries) - count - count // 8 - 8)])
        entries[first : self._first] = map(_made, entries[first : self._first])
        self._edge = ranks[first] if first else -_INFINITY
        self._first = first


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
        bids, asks = self.bids._ranks, self.asks._ranks
        return len(bids) > 1 < len(asks) and bids[-2] >= -asks[-2]
