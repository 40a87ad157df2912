"""Long tops of a side of a book, cheap to hand out: what did not change between two of them exists once.

A copy of thousands of levels after each change of a few would cost more than everything else that is done with it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from math import inf
from typing import overload

from ..containers.orderbook import Level, Priced

_SIZE = 64  # levels of a part when it is cut
_MOST_NOTED = 64  # updates without a long top being asked for, after which the parts are given up


class LongTop(Sequence[Priced]):
    """The best levels of a side, best first. It never changes: later tops replace parts, they do not touch them."""

    __slots__ = ("_count", "_parts")

    def __init__(self, parts: list[list[Priced]], count: int) -> None:
        self._parts = parts  # the best last, in each part as well
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Priced]:
        return islice(chain.from_iterable(map(reversed, reversed(self._parts))), self._count)

    @overload
    def __getitem__(self, place: int) -> Priced: ...
    @overload
    def __getitem__(self, place: slice) -> list[Priced]: ...
    def __getitem__(self, place: int | slice) -> Priced | list[Priced]:
        if isinstance(place, slice):
            return list(self)[place]
        left = place if place >= 0 else place + self._count
        if 0 <= left < self._count:
            for part in reversed(self._parts):
                if left < len(part):
                    return part[-1 - left]
                left -= len(part)
        raise IndexError(place)


class Parts:
    """A side in pieces of a hundred levels or so, each cut anew only when a level in it was set."""

    __slots__ = ("_bounds", "_noted", "_parts")

    def __init__(self) -> None:
        self._parts: list[list[Priced]] = []
        self._bounds: list[float] = []  # the lowest rank of each part but the first
        self._noted: list[Sequence[Level]] | None = None  # levels set since the parts were cut, if they were

    def forget(self) -> None:
        """Cut everything anew when it is next asked for."""
        self._parts = []
        self._noted = None

    def note(self, levels: Sequence[Level]) -> None:
        """Note that levels are set."""
        if self._noted is not None:
            self._noted.append(levels)
            if len(self._noted) > _MOST_NOTED:
                self.forget()

    def top(self, count: int, sign: float, ranks: list[float], entries: list[Priced]) -> LongTop:
        """Return the best `count` entries; they stand by ascending rank, which is `sign` times the price."""
        parts, bounds = self._parts, self._bounds
        is_even = self._noted is not None
        if self._noted:
            touched = [sign * float(level[0]) for levels in self._noted for level in levels]
            places = {len(bounds)}  # the best part, which most updates do not leave
            if bounds and min(touched, default=inf) < bounds[-1]:
                places.update([bisect_right(bounds, rank) for rank in touched])
            parts = parts.copy()
            for place in sorted(places):
                part = parts[place] = self._cut(place, ranks, entries)
                is_even = is_even and len(part) <= 4 * _SIZE
        if not is_even:
            # Levels of one rank, prices that no float can tell apart, are never parted.
            self._bounds = sorted(set(ranks[-1 - _SIZE : 0 : -_SIZE]))
            parts = [self._cut(place, ranks, entries) for place in range(len(self._bounds) + 1)]
        self._parts = parts
        self._noted = []
        return LongTop(parts, min(count, len(entries)))

    def _cut(self, place: int, ranks: list[float], entries: list[Priced]) -> list[Priced]:
        bounds = self._bounds
        begin = bisect_left(ranks, bounds[place - 1]) if place else 0
        end = bisect_left(ranks, bounds[place]) if place < len(bounds) else len(entries)
        return entries[begin:end]
