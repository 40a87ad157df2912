"""Checksums that venues send with their books."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from typing import Any, Protocol
from zlib import crc32

from .orderbook import OrderBook


class Checksum(Protocol):
    """Computes what a venue sends over the best levels of a book."""

    @property
    def levels(self) -> int:
        """Levels a side that it covers."""
        ...

    def __call__(self, book: OrderBook) -> int:
        """Return the checksum of a book."""
        ...


@dataclass(frozen=True, slots=True)
class Crc32:
    """CRC-32, read as a signed 32-bit number, of the best levels as ``bid price:bid quantity:ask price:…``.

    Levels alternate bid, ask, bid, ask; a side that has run out is skipped. The texts are the venue's own.
    Source: OKX v5, order book channel, "Checksum" (served until 2026-06-23); Bitget uses the same.
    """

    levels: int = 25

    def __call__(self, book: OrderBook) -> int:
        """Return the checksum of a book."""
        parts = []
        for pair in zip_longest(book.bids.top(self.levels), book.asks.top(self.levels)):
            parts += [f"{level[0]}:{level[1]}" for level in pair if level is not None]
        value = crc32(":".join(parts).encode())
        return value - 2**32 if value >= 2**31 else value


@dataclass(frozen=True, slots=True)
class DigitsCrc32:
    """CRC-32, unsigned, of the digits of the best asks, then of the best bids: each price, then its quantity.

    Digits are those that the venue sent, with all decimals, without the point and without zeros in front.
    Source: Kraken, guide "Book checksum" (v2).
    """

    levels: int = 10

    def __call__(self, book: OrderBook) -> int:
        """Return the checksum of a book."""
        best = (*book.asks.top(self.levels), *book.bids.top(self.levels))
        return crc32("".join(_digits(level[0]) + _digits(level[1]) for level in best).encode())


def _digits(number: Any) -> str:
    text = f"{number:f}" if isinstance(number, Decimal) else str(number)
    return text.replace(".", "").lstrip("0")
