"""Checksums that venues send with their books."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from zlib import crc32

from .orderbook import OrderBook


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
