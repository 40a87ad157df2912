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

from ..containers.orderbook import Level, PriceLevel
from ..exceptions import DataParseError
from .parts import Parts

LONG = 500  # levels from which on a top is handed out in parts
_INFINITY = float("inf")
_rank = itemgetter(0)


def _refused(level: Any) -> DataParseError:
    return DataParseError("OrderBook", f"level {level!r} has no usable price or quantity")


class BookSide:
    """One side of a book. The best level stands last, where changes are most frequent and cheapest."""

    __slots__ = ("_edge", "_parts", "_ranks", "_sent", "_shown", "_sign")

    def __init__(self, sign: int) -> None:
        """Make an empty side: `sign` is 1 for bids and -1 for asks."""
        self._sign = float(sign)
        self._ranks: list[float] = [_INFINITY]  # sign * price, ascending; the last spares a look at the length
        self._sent: list[Level] = []  # the level of each rank, as the venue sent it
        # The same as readers see it. Levels so far from the best that nobody has looked at them have ``None``.
        self._shown: list[PriceLevel | None] = []
        self._edge = _INFINITY  # the rank from which on none is ``None``
        self._parts: Parts | None = None  # since somebody wanted a long top

    def __len__(self) -> int:
        return len(self._sent)

    def clear(self) -> None:
        """Forget every level."""
        self._hold([_INFINITY], [])

    def _hold(self, ranks: list[float], sent: list[Level]) -> None:
        self._ranks = ranks
        self._sent = sent
        self._shown = [None] * len(sent)
        self._edge = _INFINITY
        if self._parts is not None:
            self._parts.forget()

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
        if self._parts is not None:
            self._parts.note(levels)
        ranks, sent, shown, edge = self._ranks, self._sent, self._shown, self._edge
        is_bid, infinity = self._sign > 0, _INFINITY
        level: Any = None
        try:
            for level in levels:
                price = float(level[0])
                quantity = float(level[1])
                rank = price if is_bid else -price
                at = bisect_left(ranks, rank)
                if 0.0 < quantity < infinity:
                    if rank >= edge:
                        new = PriceLevel((price, quantity))
                        new.sent = level
                    else:
                        new = None
                    if ranks[at] != rank:
                        if not rank > -infinity:
                            raise _refused(level)
                        ranks.insert(at, rank)
                        sent.insert(at, level)
                        shown.insert(at, new)
                    elif sent[at][0] == level[0]:
                        sent[at] = level
                        shown[at] = new
                    else:
                        self._set_exact(at, level, new)
                elif quantity or not -infinity < rank < infinity:
                    raise _refused(level)
                elif ranks[at] == rank:
                    if sent[at][0] == level[0]:
                        del ranks[at], sent[at], shown[at]
                    else:
                        self._remove_exact(at, level)
        except (TypeError, ValueError, IndexError, ArithmeticError):
            raise _refused(level) from None

    def _find_exact(self, at: int, level: Level) -> int | None:
        """Return the place of the level that has exactly this price, from `at` on, where its float stands first."""
        ranks, rank, exact = self._ranks, self._ranks[at], Decimal(level[0])
        while ranks[at] == rank:
            if Decimal(self._sent[at][0]) == exact:
                return at
            at += 1
        return None

    def _set_exact(self, place: int, level: Level, new: PriceLevel | None) -> None:
        """Set a level whose price has the float of the level at `place`, but another text."""
        at = self._find_exact(place, level)
        if at is None:
            self._ranks.insert(place, self._ranks[place])
            self._sent.insert(place, level)
            self._shown.insert(place, new)
        else:
            self._sent[at] = level
            self._shown[at] = new

    def _remove_exact(self, place: int, level: Level) -> None:
        at = self._find_exact(place, level)
        if at is not None:
            del self._ranks[at], self._sent[at], self._shown[at]

    def crop(self, depth: int) -> None:
        """Keep the best `depth` levels."""
        self._drop(len(self._sent) - depth)

    def cut(self, price: float) -> None:
        """Leave out what lies behind a price."""
        self._drop(bisect_left(self._ranks, self._sign * price))

    def _drop(self, excess: int) -> None:
        """Leave out so many of the worst levels."""
        if excess > 0:
            if self._parts is not None:
                self._parts.note(self._sent[:excess])
            del self._ranks[:excess], self._sent[:excess], self._shown[:excess]

    def best(self) -> float | None:
        """Return the best price, ``None`` when the side is empty."""
        return self._sign * self._ranks[-2] if self._sent else None

    def worst(self) -> float | None:
        """Return the price furthest from the best, ``None`` when the side is empty."""
        return self._sign * self._ranks[0] if self._sent else None

    def top(self, count: int | None) -> list[Level]:
        """Return the best `count` levels as the venue sent them, best first; all of them for ``None``."""
        return self._sent[::-1] if count is None else self._sent[: -count - 1 : -1]

    def shown(self, count: int | None) -> Sequence[PriceLevel]:
        """Return the same levels as readers see them, as something that later updates leave alone."""
        size = len(self._sent)
        if count is None or count > size:
            count = size
        shown: Any = self._shown
        if count <= LONG:
            if self._ranks[size - count] < self._edge:
                self._show(count)
            return shown[: -count - 1 : -1]  # type: ignore[no-any-return]
        if self._ranks[0] < self._edge:
            self._show(size)
        if self._parts is None:
            self._parts = Parts()
        return self._parts.top(count, self._sign, self._ranks, shown)

    def _show(self, count: int) -> None:
        """Move the edge behind the best `count` levels and some more, which may soon be among them."""
        ranks, shown = self._ranks, self._shown
        first = bisect_left(ranks, ranks[max(0, len(shown) - count - count // 8 - 8)])
        for place, level in enumerate(self._sent[first:], first):
            if shown[place] is None:
                new = shown[place] = PriceLevel((float(level[0]), float(level[1])))
                new.sent = level
        self._edge = ranks[first] if first else -_INFINITY


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
