"""Checksums of books."""

from __future__ import annotations

from bt_api_py.book.checksum import Crc32
from bt_api_py.book.orderbook import OrderBook


def book(bids: list[list[str]], asks: list[list[str]]) -> OrderBook:
    """Return a book of these levels."""
    made = OrderBook()
    made.load(bids, asks)
    return made


def test_a_documented_value() -> None:
    """Bids and asks take turns, and the side that is longer goes on alone."""
    bids = [["3366.1", "7"], ["3366", "6"]]
    asks = [["3366.8", "9"], ["3368", "8"]]
    assert Crc32(25)(book(bids, asks)) == -1881014294


def test_sides_of_unequal_length() -> None:
    """A side that has run out is skipped."""
    bids = [["43527.99", "0.5000"], ["43527.50", "1.2000"], ["43527.00", "0.0100"]]
    asks = [["43528.01", "0.1917"], ["43528.10", "0.0030"]]
    assert Crc32(25)(book(bids, asks)) == 2095190321
    assert Crc32(25)(book([["43527.99", "0.0200"]], asks[:1])) == -2125977111


def test_only_the_best_levels_count() -> None:
    """Levels behind the number that the venue counts do not change the value."""
    bids = [[str(price), "1"] for price in range(100, 60, -1)]
    few, many = book(bids[:25], []), book(bids, [])
    assert Crc32(25)(few) == Crc32(25)(many)
    assert Crc32(26)(few) != Crc32(26)(many)


def test_the_venues_own_text_counts() -> None:
    """Another spelling of the same quantity gives another value."""
    assert Crc32()(book([["1", "2"]], [])) != Crc32()(book([["1", "2.0"]], []))


def test_an_empty_book() -> None:
    """An empty book has the value of an empty text."""
    assert Crc32()(book([], [])) == 0
