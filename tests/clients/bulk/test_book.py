"""The book of a client, and its comparison with snapshots."""

import pytest

from bt_api_py.clients.bulk import L2Delta, L2Snapshot, OrderBook, OrderBookLevel, Side
from bt_api_py.clients.bulk.book import SpotCheck
from bt_api_py.exceptions import BookCrossedError, DataParseError


def snapshot(bids, asks, time=1000):
    sides = [[OrderBookLevel(*level) for level in side] for side in (bids, asks)]
    return L2Snapshot(time, "BTC-USD", *sides)


def delta(bids=(), asks=(), time=1001):
    sides = [[OrderBookLevel(*level) for level in side] for side in (bids, asks)]
    return L2Delta("BTC-USD", *sides, time)


@pytest.fixture
def book():
    return OrderBook.from_snapshot(snapshot([(99, 1, 2), (98, 2, 1)], [(101, 3, 1), (102, 4, 5)]))


def test_what_a_book_says(book):
    """Best levels, spread, middle, levels and depth are those of the snapshot."""
    assert book.get_best_bid() == OrderBookLevel(99, 1, 2)
    assert book.get_best_ask() == OrderBookLevel(101, 3, 1)
    assert (book.best_bid(), book.best_ask(), book.get_spread(), book.get_mid_price()) == (99, 101, 2, 100)
    assert [level.price for level in book.get_bids()] == [99, 98]
    assert [level.price for level in book.get_asks(1)] == [101]
    assert book.get_depth(Side.BUY, 98) == 3
    assert book.get_depth(Side.SELL, 101) == 3
    assert book.get_level_at_price(102, Side.SELL) == OrderBookLevel(102, 4, 5)
    assert book.get_level_at_price(102, Side.BUY) is None


def test_changes_replace_and_remove(book):
    """A size replaces the old one, and 0 removes the level."""
    assert book.apply_delta(delta([(99, 0)], [(101, 7)])) is True
    assert (book.best_bid(), book.get_best_ask().size, book.timestamp) == (98, 7, 1001)


def test_an_empty_book_says_nothing():
    """Without a snapshot there is no price, and changes are left out."""
    book = OrderBook("BTC-USD")
    assert book.apply_delta(delta([(99, 1)])) is False
    assert (book.get_best_bid(), book.best_ask(), book.get_spread(), book.get_mid_price()) == (None,) * 4
    assert not book.is_live


@pytest.mark.parametrize(
    ("change", "error"), [(delta([(101, 1)]), BookCrossedError), (delta([(99, -1)]), DataParseError)]
)
def test_a_wrong_book_is_none(book, change, error):
    """A book that crosses, or gets a level that is none, is empty from then on."""
    with pytest.raises(error):
        book.apply_delta(change)
    assert (book.is_live, book.get_bids(), book.timestamp) == (False, [], 0)


class TestSpotCheck:
    """Snapshots and changes do not arrive in step; they are compared where they meet."""

    def test_a_book_that_agrees_is_left_alone(self, book):
        """A snapshot of the book's own moment agrees, cut to fewer levels or not."""
        check = SpotCheck(book)
        for time in (1000, 1001, 1002):
            check.note(snapshot([(99, 1)], [(101, 3)], time))
            assert check.is_wrong(delta(time=time + 1)) is False

    def test_a_snapshot_ahead_of_the_changes_waits_for_them(self, book):
        """Changes up to the snapshot's time are applied before the two are compared."""
        check = SpotCheck(book)
        for time in (1001, 1003):
            check.note(snapshot([(99, time)], [(101, 3)], time))
            change = delta([(99, time)], time=time)
            assert check.is_wrong(change) is False
            book.apply_delta(change)
            assert check.is_wrong(delta(time=time + 1)) is False

    def test_two_differences_in_a_row_are_one_too_many(self, book):
        """A book that differs from two snapshots, one after the other, is wrong; a lone one may be chance."""
        check = SpotCheck(book)
        found = []
        for time, size in ((1001, 5), (1002, 1), (1003, 5), (1004, 5)):
            check.note(snapshot([(99, size)], [(101, 3)], time))
            found.append(check.is_wrong(delta(time=time + 1)))
        assert found == [False, False, False, True]

    def test_units_of_time_are_told_apart(self, book):
        """Milliseconds of one stream are compared with nanoseconds of the other."""
        ms = 1699564800000
        book.load(snapshot([(99, 1)], [(101, 3)], ms))
        check = SpotCheck(book)
        for _ in range(2):
            check.note(snapshot([(98, 1)], [(101, 3)], ms))
            wrong = check.is_wrong(delta(time=(ms + 1) * 10**6))
        assert wrong is True
