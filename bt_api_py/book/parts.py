"""Long tops of a side of a book, cheap to hand out: what did not change between two of them exists once.

A copy of thousands of levels after each change of a few would cost more than everything else that is done with it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from math import inf
from operator import itemgetter
from typing import overload

from ..containers.orderbook import Level, PriceLevel

_SIZE = 64  # levels of a part when it is cut
_price = itemgetter(0)
_MOST_NOTED = 64  # updates without a long top being asked for, after which the parts are given up


class LongTop(Sequence[PriceLevel]):
    """The best levels of a side, best first. It never changes: later tops replace parts, they do not touch them."""

    __slots__ = ("_count", "_far", "_near")

    def __init__(self, near: list[PriceLevel], far: list[list[PriceLevel]], count: int) -> None:
        self._near = near  # the best part; the best level last, as in every part
        self._far = far  # the other parts, the best last
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[PriceLevel]:
        far = chain.from_iterable(map(reversed, reversed(self._far)))
        return islice(chain(reversed(self._near), far), self._count)

    @overload
    def __getitem__(self, place: int) -> PriceLevel: ...
    @overload
    def __getitem__(self, place: slice) -> list[PriceLevel]: ...
    def __getitem__(self, place: int | slice) -> PriceLevel | list[PriceLevel]:
        if isinstance(place, slice):
            return list(self)[place]
        left = place if place >= 0 else place + self._count
        if 0 <= left < self._count:
            if left < len(self._near):
                return self._near[-1 - left]
            left -= len(self._near)
            for part in reversed(self._far):
                if left < len(part):
                    return part[-1 - left]
                left -= len(part)
        raise IndexError(place)


class Parts:
    """A side in pieces of some dozens of levels, each cut anew only when a level in it was set."""

    __slots__ = ("_bounds", "_far", "_noted")

    def __init__(self) -> None:
        self._far: list[list[PriceLevel]] = []  # all parts but the best, which is cut anew for every top
        self._bounds: list[float] = []  # the lowest rank of each part but the first
        self._noted: list[Sequence[Level]] | None = None  # levels set since the parts were cut, if they were

    def forget(self) -> None:
        """Cut everything anew when it is next asked for."""
        self._far = []
        self._noted = None

    def note(self, levels: Sequence[Level]) -> None:
        """Note that levels are set."""
        if self._noted is not None:
            self._noted.append(levels)
            if len(self._noted) > _MOST_NOTED:
                self.forget()

    def top(self, count: int, sign: float, ranks: list[float], entries: list[PriceLevel]) -> LongTop:
        """Return the best `count` entries; they stand by ascending rank, which is `sign` times the price."""
        bounds = self._bounds
        is_even = self._noted is not None
        if self._noted and bounds:
            prices = map(float, map(_price, chain.from_iterable(self._noted)))
            lowest = min(prices, default=inf) if sign > 0 else -max(prices, default=-inf)
            if lowest < bounds[-1]:  # most updates do not leave the best part
                is_even = self._cut_again(sign, ranks, entries)
        near = entries[bisect_left(ranks, bounds[-1]) :] if bounds else entries[:]
        if not is_even or not _SIZE // 4 <= len(near) <= 4 * _SIZE:
            # Levels of one rank, prices that no float can tell apart, are never parted.
            bounds = self._bounds = sorted(set(ranks[-1 - _SIZE : 0 : -_SIZE]))
            self._far = [self._cut(place, ranks, entries) for place in range(len(bounds))]
            near = entries[bisect_left(ranks, bounds[-1]) :] if bounds else entries[:]
        self._noted = []
        return LongTop(near, self._far, min(count, len(entries)))

    def _cut_again(self, sign: float, ranks: list[float], entries: list[PriceLevel]) -> bool:
        """Cut the parts anew in which a level was set, and return whether none has grown too large."""
        far = self._far = self._far.copy()  # tops that were handed out hold the old one
        noted = chain.from_iterable(self._noted or ())
        places = {bisect_right(self._bounds, sign * float(level[0])) for level in noted}
        for place in sorted(places - {len(far)}):
            far[place] = self._cut(place, ranks, entries)
        return all(len(part) <= 4 * _SIZE for part in far)

    def _cut(self, place: int, ranks: list[float], entries: list[PriceLevel]) -> list[PriceLevel]:
        bounds = self._bounds
        begin = bisect_left(ranks, bounds[place - 1]) if place else 0
        return entries[begin : bisect_left(ranks, bounds[place])]
