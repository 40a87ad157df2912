"""Price levels of one market: a dict of levels and a sorted list of prices, nothing else.

The key of a level is the price exactly as the venue sent it (text, or `Decimal` where the venue sends JSON numbers),
never a float: two texts of one price are recognised as equal, two prices that a float could not tell apart stay apart.
Floats serve to keep the order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from decimal import Decimal
from operator import itemgetter
from typing import Any

from ..containers.orderbook import Level, Priced
from ..exceptions import DataParseError

_INFINITY = float("inf")
_price = itemgetter(0)


def _refused(level: Any) -> DataParseError:
    return DataParseError("OrderBook", f"level {level!r} has no usable price or quantity")


class BookSide:
    """One side of a book. The best level stands last, where changes are most frequent and cheapest."""

    __slots__ = ("_keys", "_levels", "_ranks", "_sign")

    def __init__(self, sign: int) -> None:
        """Make an empty side: `sign` is 1 for bids and -1 for asks."""
        self._sign = sign
        self._levels: dict[Any, Priced] = {}
        self._ranks: list[float] = []  # sign * price, ascending
        self._keys: list[Any] = []  # the key of each rank

    def __len__(self) -> int:
        return len(self._keys)

    def clear(self) -> None:
        """Forget every level."""
        self._levels.clear()
        self._ranks.clear()
        self._keys.clear()

    def load(self, levels: Iterable[Level]) -> None:
        """Replace everything; levels of quantity zero are left out.

        Raises:
            DataParseError: a level without a finite price or a finite quantity of at least zero.
        """
        self.clear()
        sign = self._sign
        ranked: list[tuple[float, Priced]] = []
        try:
            for level in levels:
                quantity = float(level[1])
                rank = sign * float(level[0])
                if not (0.0 <= quantity < _INFINITY and -_INFINITY < rank < _INFINITY):
                    raise _refused(level)
                if quantity:
                    ranked.append((rank, (sign * rank, quantity, level)))
        except (TypeError, ValueError, IndexError, ArithmeticError):
            raise _refused(level) from None
        ranked.sort(key=_price)
        if len({rank for rank, _ in ranked}) < len(ranked):
            for _, priced in ranked:  # prices that need an exact comparison
                self.set(priced[2])
            return
        self._ranks = [rank for rank, _ in ranked]
        self._keys = [priced[2][0] for _, priced in ranked]
        self._levels = {priced[2][0]: priced for _, priced in ranked}

    def set(self, level: Level) -> None:
        """Set one level to its absolute quantity; zero removes it, an unknown one silently.

        Raises:
            DataParseError: no finite price, or no finite quantity of at least zero.
        """
        try:
            key = level[0]
            quantity = float(level[1])
            if not 0.0 <= quantity < _INFINITY:
                raise _refused(level)
            if quantity and (known := self._levels.get(key)) is not None:
                self._levels[key] = (known[0], quantity, level)
                return
            rank = self._sign * float(key)
        except (TypeError, ValueError, IndexError, ArithmeticError):
            raise _refused(level) from None
        if not -_INFINITY < rank < _INFINITY:
            raise _refused(level)
        place, same = self._find(rank, key)
        if same is None:
            if quantity:
                self._ranks.insert(place, rank)
                self._keys.insert(place, key)
                self._levels[key] = (self._sign * rank, quantity, level)
        elif quantity:
            self._levels[same] = (self._sign * rank, quantity, level)
        else:
            del self._ranks[place], self._keys[place], self._levels[same]

    def _find(self, rank: float, key: Any) -> tuple[int, Any]:
        """Return the place of a price and the key under which it is known, ``None`` when it is not."""
        ranks, keys = self._ranks, self._keys
        place = bisect_left(ranks, rank)
        at = place
        while at < len(ranks) and ranks[at] == rank:
            if keys[at] == key or Decimal(keys[at]) == Decimal(key):
                return at, keys[at]
            at += 1
        return place, None

    def crop(self, depth: int) -> None:
        """Keep the best `depth` levels."""
        excess = len(self._keys) - depth
        if excess > 0:
            for key in self._keys[:excess]:
                del self._levels[key]
            del self._keys[:excess], self._ranks[:excess]

    def best(self) -> float | None:
        """Return the best price, ``None`` when the side is empty."""
        return self._ranks[-1] * self._sign if self._ranks else None

    def top(self, count: int | None) -> list[Level]:
        """Return the best `count` levels as the venue sent them, best first; all of them for ``None``."""
        return [priced[2] for priced in self.priced(count)]

    def priced(self, count: int | None) -> list[Priced]:
        """Return the same levels together with their numbers. The list is the caller's."""
        levels = self._levels
        keys = self._keys[::-1] if count is None else self._keys[: -count - 1 : -1]
        return [levels[key] for key in keys]


class OrderBook:
    """Both sides of a book."""

    __slots__ = ("asks", "bids", "depth")

    def __init__(self, depth: int | None = None) -> None:
        """Make an empty book; `depth` is the number of levels a side that the venue keeps true, ``None`` for all."""
        self.bids = BookSide(1)
        self.asks = BookSide(-1)
        self.depth = depth

    def clear(self) -> None:
        """Forget every level."""
        self.bids.clear()
        self.asks.clear()

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
        self._crop()

    def apply(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Set levels to their absolute quantities; quantity zero removes a level.

        Raises:
            DataParseError: a level that is none; what stood before it in the update has been applied, so the caller
                must build the book anew.
        """
        set_bid, set_ask = self.bids.set, self.asks.set
        for level in bids:
            set_bid(level)
        for level in asks:
            set_ask(level)
        self._crop()

    def _crop(self) -> None:
        if self.depth is not None:
            self.bids.crop(self.depth)
            self.asks.crop(self.depth)

    def is_crossed(self) -> bool:
        """Return whether the best bid is at or above the best ask."""
        bid, ask = self.bids.best(), self.asks.best()
        return bid is not None and ask is not None and bid >= ask
