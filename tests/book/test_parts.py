"""Long tops of a side, which share what did not change between them."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_api_py.book import orderbook, parts
from bt_api_py.book.orderbook import BookSide, OrderBook

# The second price has no float of its own: it is the first one's.
PRICES = st.sampled_from(["1", "1.00000000000000000001", *(f"{cents / 4}" for cents in range(5, 60))])
LEVELS = st.lists(st.tuples(PRICES, st.sampled_from(["0", "1", "2.5"])), max_size=12)


@pytest.fixture(scope="module", autouse=True)
def small_parts():
    """Let a handful of levels count as many."""
    with mock.patch.object(parts, "_SIZE", 3), mock.patch.object(orderbook, "LONG", 4):
        yield


@given(
    first=st.lists(st.tuples(PRICES, st.just("1")), min_size=20, max_size=40),
    updates=st.lists(st.tuples(LEVELS, st.booleans(), st.none() | st.integers(5, 40)), max_size=20),
    sign=st.sampled_from([1, -1]),
    depth=st.none() | st.integers(6, 20),
)
def test_a_long_top_is_what_a_copy_would_be(first, updates, sign, depth):
    """Whatever was set before, a long top holds the best levels in order, and nothing that is set later changes it."""
    side = BookSide(sign)
    side.load(first)
    given_out = []
    for levels, is_load, count in updates:
        (side.load if is_load else side.apply)(levels)
        if depth is not None:
            side.crop(depth)
        copy = [[float(price), float(quantity)] for price, quantity in side.top(count)]
        given_out.append((side.shown(count), copy))
    for top, copy in given_out:
        assert list(top) == [*copy]
        assert len(top) == len(copy)
        assert [top[place] for place in range(-len(copy), len(copy))] == copy + copy
        assert top[1:3] == copy[1:3]
        with pytest.raises(IndexError):
            top[len(copy)]


def test_what_did_not_change_is_shared():
    """Two tops with one change between them differ in one part alone."""
    book = OrderBook()
    book.load([(str(price), "1") for price in range(1, 31)], [])
    before = book.bids.shown(None)
    book.apply([("28", "2"), ("30", "0")], [])
    after = book.bids.shown(None)
    assert after._far is before._far
    assert after.near is not before.near
    assert after[:3] == [[29.0, 1.0], [28.0, 2.0], [27.0, 1.0]]


def test_what_is_noted_for_nobody_does_not_grow():
    """However long nobody asks for a long top, what is noted for the next one is bounded, and that one is right."""
    side = BookSide(1)
    side.load([(str(price), "1") for price in range(1, 31)])
    side.shown(None)
    assert side._parts is not None
    for number in range(200):
        side.apply([(f"{number % 24 + 1}.5", str(number + 1)), ("17", str(number + 1))])
        assert len(side._parts._touched) < 10
    assert dict(side.shown(None)) == {
        **{float(price): 1.0 for price in range(1, 31)},
        **{number % 24 + 1.5: number + 1.0 for number in range(200)},
        17.0: 200.0,
    }


def test_a_short_top_beside_a_long_one():
    """Who wants few levels gets them although somebody else has wanted many, also of levels set in between."""
    side = BookSide(1)
    side.load([(str(price), "1") for price in range(1, 31)])
    side.shown(None)
    side.apply([(str(price), "0") for price in range(4, 31)])
    side.apply([("2.5", "7")])
    assert side.shown(3) == [[3.0, 1.0], [2.5, 7.0], [2.0, 1.0]]
    assert side.top(2) == [("3", "1"), ("2.5", "7")]


def test_parts_stay_small():
    """A part into which many levels were set is divided, so that the next change in it copies few again."""
    side = BookSide(1)
    side.load([(str(price), "1") for price in range(1, 31)])
    side.shown(None)
    assert side._parts is not None
    for number in range(1, 60):
        side.apply([(f"5.{number:02}", "1")])
        assert [level[0] for level in side.shown(None)] == sorted(
            (level[0] for level in side.shown(None)), reverse=True
        )
        assert max(map(len, side._parts._far)) <= 4 * parts._SIZE
