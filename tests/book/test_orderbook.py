"""Price levels."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_api_py.book.orderbook import BookSide, OrderBook
from bt_api_py.exceptions import DataParseError

# Prices in several spellings, close to each other, so that levels meet.
SPELLINGS = st.builds(
    lambda units, zeros: f"{units // 4}.{units % 4 * 25:02}{zeros}",
    st.integers(0, 40),
    st.sampled_from(["", "0", "000"]),
)
QUANTITIES = st.sampled_from(["0", "0.0", "0.00000000", "1", "1.50", "0.001", "250000"])
LEVELS = st.lists(st.tuples(SPELLINGS, QUANTITIES), max_size=30)
NOT_A_LEVEL = st.sampled_from(
    [
        [],
        ["1"],
        [None, "1"],
        ["1", None],
        ["", "1"],
        ["1", ""],
        ["NaN", "1"],
        ["1", "NaN"],
        ["inf", "1"],
        ["-inf", "1"],
        ["inf", "0"],
        ["NaN", "0"],
        ["1", "inf"],
        ["1", "-1"],
        ["one", "1"],
        ["1", [1]],
        [{}, "1"],
        None,
        7,
    ]
)


def state(levels: list[tuple[str, str]]) -> dict[Decimal, Decimal]:
    """Return what levels, set one after another, leave: exact prices and quantities."""
    book: dict[Decimal, Decimal] = {}
    for price, quantity in levels:
        book[Decimal(price)] = Decimal(quantity)
    return {price: quantity for price, quantity in book.items() if quantity}


def exact(side: BookSide) -> dict[Decimal, Decimal]:
    """Return a side with exact prices and quantities; no price may be there twice."""
    levels = [(Decimal(price), Decimal(quantity)) for price, quantity in side.top(None)]
    assert len(dict(levels)) == len(levels) == len(side)
    return dict(levels)


def in_order(side: BookSide, sign: int) -> bool:
    """Return whether the levels stand from the best to the worst."""
    prices = [float(level[0]) * sign for level in side.top(None)]
    return prices == sorted(prices, reverse=True)


# Properties


@given(levels=LEVELS, sign=st.sampled_from([1, -1]))
def test_levels_set_one_by_one(levels: list[tuple[str, str]], sign: int) -> None:
    """A side holds the last quantity of each price, sorted, and no price of quantity zero."""
    side = BookSide(sign)
    for level in levels:
        side.apply([level])
        assert in_order(side, sign)
    assert exact(side) == state(levels)


@given(before=LEVELS, levels=LEVELS, sign=st.sampled_from([1, -1]))
def test_levels_loaded_at_once(before: list[tuple[str, str]], levels: list[tuple[str, str]], sign: int) -> None:
    """Loading forgets what was there; of two spellings of one price, one is kept."""
    side = BookSide(sign)
    side.load(before)
    distinct = list({Decimal(price): (price, quantity) for price, quantity in levels}.values())
    side.load(distinct)
    assert in_order(side, sign)
    assert exact(side) == state(distinct)


@given(first=LEVELS, updates=st.lists(LEVELS, max_size=6))
def test_a_snapshot_and_updates_give_the_direct_state(
    first: list[tuple[str, str]], updates: list[list[tuple[str, str]]]
) -> None:
    """A loaded book and the updates after it hold what a list of all levels, set in order, leaves."""
    start = list({Decimal(price): (price, quantity) for price, quantity in first}.values())
    book = OrderBook()
    book.load(start, start)
    for update in updates:
        book.apply(update, update)
    everything = state(start + [level for update in updates for level in update])
    assert exact(book.bids) == exact(book.asks) == everything


@given(
    first=LEVELS,
    updates=st.lists(st.tuples(LEVELS, st.lists(st.integers(0, 14), max_size=2)), max_size=12),
    sign=st.sampled_from([1, -1]),
)
def test_readers_see_what_was_sent(
    first: list[tuple[str, str]], updates: list[tuple[list[tuple[str, str]], list[int]]], sign: int
) -> None:
    """However many levels are asked for and when, they are those that were sent, and stay what they were."""
    side = BookSide(sign)
    side.load(list({Decimal(price): (price, quantity) for price, quantity in first}.values()))
    handed_out = []
    for levels, counts in updates:
        for count in counts:
            sent = side.top(count)
            shown = side.shown(count)
            assert [level.sent for level in shown] == sent
            handed_out.append((shown, [[float(price), float(quantity)] for price, quantity in sent]))
        side.apply(levels)
    for shown, numbers in handed_out:
        assert list(shown) == numbers


@given(levels=LEVELS, updates=st.lists(LEVELS, max_size=6), depth=st.integers(0, 8))
def test_a_book_of_limited_depth(
    levels: list[tuple[str, str]], updates: list[list[tuple[str, str]]], depth: int
) -> None:
    """A cropped book never has more levels than its depth, and they are the best of what it saw."""
    book = OrderBook(depth)
    book.load(levels[:1], [])
    for update in updates:
        book.apply(update, update)
        assert len(book.bids) <= depth
        assert len(book.asks) <= depth
        assert in_order(book.bids, 1)
        assert in_order(book.asks, -1)


@given(prices=st.lists(st.decimals(-5, 5, places=18), max_size=20, unique=True))
def test_decimals_are_exact_keys(prices: list[Decimal]) -> None:
    """Prices that differ by less than a float can tell are levels of their own."""
    side = BookSide(1)
    for price in prices:
        side.apply([(price, Decimal(1))])
    assert {level[0] for level in side.top(None)} == set(prices)
    for price in prices:
        side.apply([(price, Decimal(0))])
    assert len(side) == 0


@given(good=LEVELS, bad=NOT_A_LEVEL, place=st.integers(0, 30))
def test_a_bad_level_is_refused(good: list[tuple[str, str]], bad: Any, place: int) -> None:
    """A level that is none gives one kind of error, and a book that was being loaded is empty."""
    levels: list[Any] = [*good[:place], bad, *good[place:]]
    book = OrderBook()
    with pytest.raises(DataParseError):
        book.load([], levels)
    assert (len(book.bids), len(book.asks)) == (0, 0)
    with pytest.raises(DataParseError):
        book.load(levels, good)
    assert (len(book.bids), len(book.asks)) == (0, 0)
    with pytest.raises(DataParseError):
        book.apply(levels, [])


# Single cases


def test_bids_fall_and_asks_rise() -> None:
    """The best bid is the highest, the best ask the lowest."""
    book = OrderBook()
    levels = [["9", "1"], ["10", "1"], ["9.5", "1"]]
    book.load(levels, levels)
    assert [level[0] for level in book.bids.top(None)] == ["10", "9.5", "9"]
    assert [level[0] for level in book.asks.top(2)] == ["9", "9.5"]
    assert (book.bids.best(), book.asks.best()) == (10.0, 9.0)


def test_a_level_keeps_all_that_the_venue_sent() -> None:
    """What follows price and quantity stays with the level."""
    book = OrderBook()
    book.apply([("1.0", "2", "0", "7")], [])
    assert book.bids.top(1) == [("1.0", "2", "0", "7")]


@pytest.mark.parametrize("other", ["1.5", "1.50", "01.5", "1.500000000000000000000", "15e-1"])
def test_two_spellings_of_one_price_are_one_level(other: str) -> None:
    """Another spelling of a known price changes that level, and removes it."""
    side = BookSide(1)
    side.apply([("1.50", "1")])
    side.apply([(other, "2")])
    assert [float(level[1]) for level in side.top(None)] == [2.0]
    side.apply([(other, "0")])
    assert len(side) == 0


def test_a_load_with_two_spellings_of_one_price() -> None:
    """Within one snapshot the later spelling wins as well."""
    side = BookSide(-1)
    side.load([("2", "1"), ("1.0", "5"), ("1.00", "6")])
    assert [(float(price), quantity) for price, quantity in side.top(None)] == [(1.0, "6"), (2.0, "1")]


def test_prices_that_a_float_cannot_tell_apart() -> None:
    """Two texts that are one float are two levels, and each can be removed."""
    side = BookSide(1)
    near = ["88899.9000000000001", "88899.9000000000002"]
    assert float(near[0]) == float(near[1])
    side.load([(price, "1") for price in near])
    assert len(side) == 2
    side.apply([(near[0], "0")])
    assert [level[0] for level in side.top(None)] == [near[1]]


def test_the_removal_of_an_unknown_level_is_silent() -> None:
    """Removing what is not there changes nothing."""
    side = BookSide(1)
    side.apply([("1", "1")])
    side.apply([("2", "0")])
    assert side.top(None) == [("1", "1")]


def test_the_list_of_levels_is_the_callers() -> None:
    """Later changes leave a list that was handed out alone."""
    side = BookSide(1)
    side.apply([("1", "1")])
    before = side.top(None)
    side.apply([("1", "2")])
    side.apply([("3", "1")])
    assert before == [("1", "1")]


@pytest.mark.parametrize(("bid", "ask", "crossed"), [("1", "2", False), ("2", "2", True), ("3", "2", True)])
def test_a_crossed_book(bid: str, ask: str, crossed: bool) -> None:
    """A book is crossed when the best bid is at or above the best ask."""
    book = OrderBook()
    book.load([(bid, "1")], [(ask, "1")])
    assert book.is_crossed() is crossed
    book.load([(bid, "1")], [])
    assert not book.is_crossed()
    book.clear()
    assert (book.bids.best(), book.asks.best(), book.is_crossed()) == (None, None, False)


def test_what_lies_behind_the_levels_that_were_loaded() -> None:
    """Behind the last level of a full side nothing is taken, since there may be others; half a side is worn."""
    book = OrderBook(reach=4)
    book.load([(str(price), "1") for price in (9, 8, 7, 6)], [(str(price), "1") for price in (11, 12, 13)])
    book.apply([("5", "1"), ("8.5", "1")], [("20", "1")])
    assert [level[0] for level in book.bids.top(None)] == ["9", "8.5", "8", "7", "6"]
    assert [level[0] for level in book.asks.top(None)] == ["11", "12", "13", "20"]  # a side that was told whole
    book.apply([(price, "0") for price in ("9", "8.5", "8")], [(price, "0") for price in ("12", "13", "20")])
    assert not book.is_worn
    book.apply([("6", "0"), ("5.5", "1")], [])
    assert book.is_worn
    assert [level[0] for level in book.bids.top(None)] == ["7"]
    book.load([("3", "1")], [("4", "1")])
    book.apply([("1", "1")], [])
    assert [level[0] for level in book.bids.top(None)] == ["3", "1"]
    assert not book.is_worn


def test_a_top_of_nothing() -> None:
    """No levels are asked for, none are given."""
    side = BookSide(1)
    side.apply([("1", "1")])
    assert side.top(0) == []
    side.crop(0)
    assert len(side) == 0
