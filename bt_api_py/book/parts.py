"""Long tops of a side of a book, cheap to hand out: what did not change between two of them exists once.

A copy of thousands of levels after each change of a few would cost more than everything else that is done with it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from math import inf
from typing import overload

from ..containers.orderbook import PriceLevel

_SIZE = 64  # levels of a part when it is cut


class LongTop(Sequence[PriceLevel]):
    """The best levels of a side, best first. It never changes: later tops replace parts, they do not touch them.

    Attributes:
        near: the best part; the best level last, as in every part.
    """

    __slots__ = ("_count", "_far", "near")

    def __init__(self, near: list[PriceLevel], far: list[list[PriceLevel]], count: int) -> None:
        self.near = near
        self._far = far  # the other parts, the best last
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[PriceLevel]:
        far = chain.from_iterable(map(reversed, reversed(self._far)))
        return islice(chain(reversed(self.near), far), self._count)

    @overload
    def __getitem__(self, place: int) -> PriceLevel: ...
    @overload
    def __getitem__(self, place: slice) -> list[PriceLevel]: ...
    def __getitem__(self, place: int | slice) -> PriceLevel | list[PriceLevel]:
        if isinstance(place, slice):
            return list(self)[place]
        left = place if place >= 0 else place + self._count
        if 0 <= left < self._count:
            if left < len(self.near):
                return self.near[-1 - left]
            left -= len(self.near)
            for part in reversed(self._far):
                if left < len(part):
                    return part[-1 - left]
                left -= len(part)
        raise IndexError(place)


class Parts:
    """A side in pieces of some dozens of levels, each cut anew only when a level in it was set.

    Attributes:
        edge: the lowest rank of the best part. Levels set below it must be noted.
    """

    __slots__ = ("_bounds", "_far", "_touched", "edge")

    def __init__(self) -> None:
        self.edge = -inf
        self._far: list[list[PriceLevel]] = []  # all parts but the best, which is cut anew for every top
        self._bounds: list[float] = []  # the lowest rank of each part but the first
        self._touched: dict[int, None] = {}  # places of parts in which a level was set since they were cut

    def note(self, rank: float) -> None:
        """Note that a level below the edge is set or left out."""
        self._touched[bisect_right(self._bounds, rank)] = None

    def top(self, count: int, first: int, ranks: list[float], entries: list[PriceLevel]) -> LongTop:
        """Return the best `count` entries, which stand by ascending rank.

        Args:
            first: the place of the first rank that is not below the edge.
        """
        near = entries[first:]
        is_even = _SIZE // 4 <= len(near) <= 4 * _SIZE
        if is_even and self._touched:
            is_even = self._cut_touched(ranks, entries)
        if not is_even:
            self._cut_all(ranks, entries)
            near = entries[bisect_left(ranks, self.edge) :]
        return LongTop(near, self._far, min(count, len(entries)))

    def _cut_touched(self, ranks: list[float], entries: list[PriceLevel]) -> bool:
        """Cut those parts anew in which a level was set, and return whether none has grown too large."""
        far = self._far = self._far.copy()  # tops that were handed out hold the old one
        for place in self._touched:
            far[place] = self._cut(place, ranks, entries)
        self._touched.clear()
        return all(len(part) <= 4 * _SIZE for part in far)

    def _cut_all(self, ranks: list[float], entries: list[PriceLevel]) -> None:
        # Levels of one rank, prices that no float can tell apart, are never parted.
        bounds = self._bounds = sorted(set(ranks[-1 - _SIZE : 0 : -_SIZE]))
        self._far = [self._cut(place, ranks, entries) for place in range(len(bounds))]
        self._touched.clear()
        self.edge = bounds[-1] if bounds else -inf

    def _cut(self, place: int, ranks: list[float], entries: list[PriceLevel]) -> list[PriceLevel]:
        bounds = self._bounds
        begin = bisect_left(ranks, bounds[place - 1]) if place else 0
        return entries[begin : bisect_left(ranks, bounds[place])]
