"""The rules of numbering, and the keeper that holds a book to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from bt_api_py.book.checksum import Crc32
from bt_api_py.book.sequence import BookKeeper, Linked, Rule, Spanning, Unnumbered, Verdict, Whole
from bt_api_py.containers import BookState
from bt_api_py.exceptions import BookCrossedError, BookError, BookGapError, ChecksumError, DataParseError

from .rows import Sent

APPLY, STALE, GAP = Verdict.APPLY, Verdict.STALE, Verdict.GAP
BID, ASK = [["10", "1"]], [["11", "1"]]


def snapshot(last: int | None, **more: Any) -> Sent:
    """Return a whole book of one level a side."""
    return Sent(**({"last": last, "bids": BID, "asks": ASK, "is_snapshot": True} | more))


def kept(rule: Rule, **more: Any) -> BookKeeper:
    """Return a keeper that names its venue and market."""
    return BookKeeper(rule, exchange="NIMBUS___SPOT", symbol="BTCUSDT", **more)


# Verdicts


@pytest.mark.parametrize(
    ("last", "first", "end", "verdict"),
    [
        (100, 95, 99, STALE),
        (100, 95, 100, STALE),
        (100, 101, 105, APPLY),  # begins right behind the snapshot
        (100, 100, 105, APPLY),
        (100, 90, 101, APPLY),
        (100, 102, 105, GAP),
        (100, None, 105, GAP),
        (100, 101, None, GAP),
    ],
)
@pytest.mark.parametrize("joined", [True, False])
def test_spanning(last: int, first: int | None, end: int | None, verdict: Verdict, joined: bool) -> None:
    """An update fits when it begins at or before the number that follows and ends behind the last one."""
    assert Spanning().judge(last, Sent(first=first, last=end), joined) is verdict


@pytest.mark.parametrize(
    ("joined", "previous", "first", "end", "verdict"),
    [
        (False, 90, 91, 99, STALE),
        (False, 90, 95, 100, APPLY),  # contains the number of the snapshot
        (False, 99, 100, 105, APPLY),
        (False, 100, 101, 105, GAP),
        (True, 100, 103, 105, APPLY),  # numbers may be left out, the link counts
        (True, 99, 101, 105, GAP),
        (True, None, 101, 105, GAP),
    ],
)
def test_spanning_and_linked(joined: bool, previous: int | None, first: int, end: int, verdict: Verdict) -> None:
    """The first update contains the snapshot's number, every later one names the one before."""
    row = Sent(previous=previous, first=first, last=end)
    assert Spanning(linked=True).judge(100, row, joined) is verdict


@pytest.mark.parametrize(
    ("previous", "end", "verdict", "restarting"),
    [
        (100, 105, APPLY, APPLY),
        (100, 100, APPLY, APPLY),  # nothing changed
        (100, 3, APPLY, APPLY),  # numbers began anew
        (90, 95, STALE, GAP),
        (95, 100, STALE, GAP),
        (99, 105, GAP, GAP),
        (101, 105, GAP, GAP),
        (None, 105, GAP, GAP),
        (-1, 105, GAP, GAP),
        (0, 105, GAP, GAP),
    ],
)
def test_linked(previous: int | None, end: int, verdict: Verdict, restarting: Verdict) -> None:
    """The update before must be the last one; where numbers may restart, age is not judged by size."""
    row = Sent(previous=previous, last=end)
    assert Linked().judge(100, row, True) is verdict
    assert Linked(may_restart=True).judge(100, row, True) is restarting


@pytest.mark.parametrize(
    ("end", "verdict", "restarting"),
    [(99, STALE, APPLY), (100, STALE, STALE), (101, APPLY, APPLY), (None, APPLY, APPLY)],
)
def test_whole(end: int | None, verdict: Verdict, restarting: Verdict) -> None:
    """A whole book replaces an older one; where numbers may restart, only a repetition is left out."""
    assert Whole().judge(100, Sent(last=end), True) is verdict
    assert Whole(may_restart=True).judge(100, Sent(last=end), True) is restarting


# Books whose first state is sent


def test_a_chain_whose_numbers_restart() -> None:
    """A quiet minute repeats the number, maintenance makes it small again, and the book goes on."""
    book = kept(Linked(may_restart=True))
    assert book.take(snapshot(10, previous=-1))
    for number, (previous, last) in enumerate([(10, 15), (15, 15), (15, 3), (3, 5)]):
        assert book.take(Sent(previous=previous, last=last, bids=[["9", str(number + 1)]]))
        assert book.sequence == last
    assert book.state(None).bids == [["10", "1"], ["9", "4"]]


def test_zero_is_a_number_like_any_other() -> None:
    """An update may name the number 0 as the one before."""
    book = kept(Linked())
    book.take(snapshot(0))
    assert book.take(Sent(previous=0, last=4))


def test_updates_before_the_first_state_are_ignored() -> None:
    """Where the venue sends the first state, earlier updates give no book and ask for nothing."""
    book = kept(Linked())
    assert not book.take(Sent(previous=1, last=2))
    assert (book.is_live, book.wants_snapshot, book.sequence) == (False, False, None)
    assert book.take(snapshot(10))
    assert book.is_live


def test_a_second_snapshot_replaces_the_book() -> None:
    """A snapshot in the middle of the stream is the book from then on."""
    book = kept(Linked())
    book.take(snapshot(10))
    book.take(Sent(previous=10, last=11, bids=[["9", "1"]]))
    assert book.take(snapshot(5, bids=[["8", "3"]]))
    assert (book.state(None).bids, book.sequence) == ([["8", "3"]], 5)


@pytest.mark.parametrize("rule", [Spanning(), Spanning(linked=True), Linked()], ids=repr)
def test_an_update_that_plainly_follows_takes_the_short_way(rule: Rule) -> None:
    """Once an update has joined, those that continue its numbers need no verdict, and all others do."""
    book = kept(rule)
    book.take(Sent(previous=0, first=0, last=1))
    book.take(snapshot(0))
    if not book._joined:
        book.take(Sent(previous=0, first=1, last=1))
    following = Sent(previous=1, first=2, last=4, bids=[["10", "3"]])
    then = Sent(previous=4, first=5, last=5, bids=[["10", "4"], ["9", "1"]])
    best: list[BookState] = []
    both: list[BookState] = []
    assert book.follow([following, then, following], [(1, best), (None, both)]) == (2, None)
    assert [state.bids for state in best] == [[["10", "3"]], [["10", "4"]]]
    assert [(state.sequence, state.bids) for state in both] == [(4, [["10", "3"]]), (5, [["10", "4"], ["9", "1"]])]
    for row in (following, Sent(previous=9, first=10, last=11), snapshot(20)):
        assert book.follow([row], []) == (0, None)
    assert book.sequence == 5


def test_after_a_gap_there_is_no_book() -> None:
    """A gap names what was expected; the book is empty and stays so until a new snapshot."""
    book = kept(Linked())
    book.take(snapshot(118))
    with pytest.raises(BookGapError, match=r"NIMBUS___SPOT depth BTCUSDT: book gap, expected 118, received 121"):
        book.take(Sent(previous=121, last=122))
    assert not book.is_live
    assert book.state(None).bids == book.state(None).asks == []
    assert not book.take(Sent(previous=122, last=123))
    assert book.take(snapshot(200))
    assert book.take(Sent(previous=200, last=201))


def test_a_repeated_update_changes_nothing() -> None:
    """An update that is already part of the book is left out without an error."""
    book = kept(Linked())
    book.take(snapshot(10))
    book.take(Sent(previous=10, last=11, bids=[["9", "1"]]))
    assert not book.take(Sent(previous=10, last=11, bids=[["9", "7"]]))
    assert book.state(None).bids == [["10", "1"], ["9", "1"]]


def test_an_update_without_any_number_needs_a_checksum() -> None:
    """Without a number, only a checksum can vouch for an update."""
    book = kept(Linked())
    book.take(snapshot(None))
    with pytest.raises(BookGapError, match="neither a number nor a checksum"):
        book.take(Sent(bids=[["9", "1"]]))
    book = kept(Linked(), checksum=Crc32(25))
    book.take(snapshot(None))
    with pytest.raises(BookGapError, match="neither a number nor a checksum"):
        book.take(Sent(bids=[["9", "1"]], checksum=0))


# Books whose first state is asked for


def joining(rule: Rule, rows: list[Sent], first: Sent) -> tuple[bool, BookKeeper]:
    """Return whether a snapshot joins these rows, and the keeper."""
    book = kept(rule)
    for row in rows:
        assert not book.take(row)
    assert book.wants_snapshot == bool(rows)
    return book.take(first), book


@pytest.mark.parametrize("number", [100, 104, 105])
def test_a_snapshot_within_the_rows_joins(number: int) -> None:
    """Rows that the snapshot contains are dropped, the others applied."""
    rows = [Sent(first=low, last=low + 4, bids=[["9", str(low)]]) for low in (96, 101, 106)]
    joined, book = joining(Spanning(), rows, snapshot(number))
    assert (joined, book.is_live, book.sequence, book.wants_snapshot) == (True, True, 110, False)
    assert book.state(None).bids == [["10", "1"], ["9", "106"]]


def test_a_snapshot_newer_than_all_rows_joins() -> None:
    """When every row is part of the snapshot, the next update decides."""
    joined, book = joining(Spanning(), [Sent(first=1, last=5)], snapshot(100))
    assert (joined, book.sequence) == (True, 100)
    assert book.take(Sent(first=101, last=102))


def test_a_snapshot_that_is_too_old_is_asked_for_again() -> None:
    """A snapshot from before the rows does not join; the rows are kept for the next one."""
    rows = [Sent(first=106, last=110, bids=[["9", "6"]]), Sent(first=111, last=112)]
    joined, book = joining(Spanning(), rows, snapshot(100))
    assert (joined, book.is_live, book.wants_snapshot) == (False, False, True)
    assert not book.take(Sent(first=113, last=114))
    assert book.take(snapshot(107))
    assert (book.sequence, book.state(None).bids) == (114, [["10", "1"], ["9", "6"]])


def test_a_hole_among_the_rows() -> None:
    """Rows before a hole can never join, those behind it wait for a newer snapshot."""
    rows = [Sent(first=101, last=102), Sent(first=105, last=106), Sent(first=107, last=108)]
    joined, book = joining(Spanning(), rows, snapshot(100))
    assert (joined, book.wants_snapshot) == (False, True)
    assert book.take(snapshot(104))
    assert book.sequence == 108


@pytest.mark.parametrize(
    ("number", "joined", "last"),
    [
        (90, False, None),  # before the first row
        (100, True, 115),  # exactly where it begins
        (103, False, None),  # within a row: cannot be aligned
        (105, True, 115),
        (115, True, 115),
        (120, True, 120),
    ],
)
def test_where_a_requested_snapshot_joins(number: int, joined: bool, last: int | None) -> None:
    """The row behind the snapshot must name exactly its number as the one before."""
    rows = [Sent(previous=low, last=low + 5) for low in (100, 105, 110)]
    did, book = joining(Linked(snapshot="request"), rows, snapshot(number))
    assert (did, book.sequence) == (joined, last)
    assert book.wants_snapshot is not joined


def test_an_update_across_a_snapshot_is_a_gap() -> None:
    """An update that begins before and ends behind the snapshot's number ends the book."""
    _, book = joining(Linked(snapshot="request"), [Sent(previous=90, last=95)], snapshot(103))
    with pytest.raises(BookGapError):
        book.take(Sent(previous=100, last=105))
    assert book.wants_snapshot


def test_after_a_gap_the_rows_are_kept_at_once() -> None:
    """The row that shows a gap is the first that waits for the new snapshot."""
    _, book = joining(Linked(snapshot="request"), [Sent(previous=99, last=100)], snapshot(99))
    with pytest.raises(BookGapError):
        book.take(Sent(previous=110, last=111, bids=[["9", "1"]]))
    assert book.wants_snapshot
    assert not book.take(Sent(previous=111, last=112))
    assert book.take(snapshot(110))
    assert (book.sequence, book.state(None).bids) == (112, [["10", "1"], ["9", "1"]])


def test_only_the_latest_rows_wait() -> None:
    """However long a snapshot takes, memory stays bounded: the oldest rows go."""
    book = kept(Spanning())
    for number in range(1, 30_001):
        book.take(Sent(first=number, last=number))
    assert not book.take(snapshot(10))
    assert book.take(snapshot(25_000))
    assert book.sequence == 30_000


def test_reset_forgets_rows_too() -> None:
    """After a lost connection neither the book nor waiting rows are used."""
    _, book = joining(Spanning(), [Sent(first=101, last=102)], snapshot(100))
    book.reset()
    assert (book.is_live, book.wants_snapshot, book.sequence) == (False, False, None)
    book.take(Sent(first=500, last=501))
    book.reset()
    assert not book.wants_snapshot


# Whole books


def test_whole_books_replace_each_other() -> None:
    """The newest whole book counts, an older one is left out."""
    book = kept(Whole())
    assert book.take(Sent(last=5, bids=BID, asks=ASK))
    assert not book.take(Sent(last=4, bids=[["1", "1"]]))
    assert book.take(Sent(last=6, bids=[["2", "1"]]))
    state = book.state(None)
    assert (state.bids, state.asks, state.action) == ([["2", "1"]], [], "snapshot")


# What a book must be


@pytest.mark.parametrize("rule", [Linked(), Spanning(), Whole()], ids=repr)
def test_a_crossed_book_is_no_book(rule: Rule) -> None:
    """A book whose best bid reaches the best ask is refused, whoever crossed it."""
    book = kept(rule)
    if isinstance(rule, Spanning):
        book.take(Sent(first=10, last=10))
    with pytest.raises(BookCrossedError, match=r"bid 11\.0 and ask 11\.0"):
        book.take(snapshot(10, bids=[["11", "1"]]))
    assert not book.is_live
    assert book.state(None).bids == []


def test_an_update_that_crosses_the_book() -> None:
    """A bid at the best ask, without the ask's removal in the same update, ends the book."""
    book = kept(Linked())
    book.take(snapshot(10))
    assert book.take(Sent(previous=10, last=11, bids=[["11", "1"]], asks=[["11", "0"], ["12", "1"]]))
    with pytest.raises(BookCrossedError):
        book.take(Sent(previous=11, last=12, bids=[["12.5", "1"]]))
    assert not book.is_live


def test_checksums() -> None:
    """A right checksum is passed on, 0 means none, a wrong one ends the book."""
    book = kept(Linked(), checksum=Crc32(25))
    right = snapshot(10, bids=[["3366.1", "7"], ["3366", "6"]], asks=[["3366.8", "9"], ["3368", "8"]])
    right.checksum = -1881014294
    assert book.take(right)
    assert book.state(1).checksum == -1881014294
    assert book.take(Sent(previous=10, last=11, asks=[["3369", "1"]], checksum=0))
    assert book.state(1).checksum is None
    with pytest.raises(ChecksumError, match="the venue says 5"):
        book.take(Sent(previous=11, last=12, checksum=5))
    assert not book.is_live


def test_checksums_are_left_alone_where_none_is_declared() -> None:
    """A number that nobody knows how to compute is neither checked nor passed on."""
    book = kept(Linked())
    assert book.take(snapshot(10, checksum=5))
    assert book.state(1).checksum is None


BAD = [["10", "none"]]


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        (Linked(), [snapshot(10, bids=BAD)]),
        (Linked(), [snapshot(10), Sent(previous=10, last=11, asks=BAD)]),
        (Whole(), [Sent(last=1, bids=BID), Sent(last=2, bids=BAD)]),
        (Spanning(), [Sent(first=11, last=11), snapshot(10, asks=BAD)]),
        (Spanning(), [Sent(first=11, last=11, bids=BAD), snapshot(10)]),
        (Spanning(), [Sent(first=9, last=9), snapshot(10), Sent(first=11, last=11, bids=BAD)]),
    ],
)
def test_a_damaged_row_ends_the_book(rule: Rule, rows: list[Sent]) -> None:
    """A level that is none gives one kind of error, and then there is no book."""
    book = kept(rule)
    for row in rows[:-1]:
        book.take(row)
    with pytest.raises(DataParseError):
        book.take(rows[-1])
    assert (book.is_live, book.sequence) == (False, None)
    assert book.state(None).bids == book.state(None).asks == []


# What is handed out


def test_a_state_is_left_alone_by_later_updates() -> None:
    """A state shows the book at its moment, and tells what caused it."""
    book = kept(Linked(), order_count_at=3)
    book.take(snapshot(10, timestamp=1000))
    before = book.state(1)
    book.take(Sent(previous=10, last=11, timestamp=1100, bids=[["10", "0"], ["9", "1"]]))
    after = book.state(1)
    assert (before.bids, before.sequence, before.timestamp, before.action) == (BID, 10, 1000, "snapshot")
    assert (after.bids, after.sequence, after.timestamp, after.action) == ([["9", "1"]], 11, 1100, "update")
    assert after.order_count_at == 3


def test_a_book_of_limited_depth_is_cropped() -> None:
    """A level behind the depth that the venue keeps true is forgotten."""
    book = kept(Linked(), depth=1)
    book.take(snapshot(10, bids=[["10", "1"], ["9", "1"]]))
    book.take(Sent(previous=10, last=11, bids=[["10", "0"], ["8", "1"]]))
    assert book.state(None).bids == [["8", "1"]]


# Properties

MARKET = st.lists(
    st.tuples(st.sampled_from("ba"), st.integers(1, 9), st.integers(0, 3)),
    min_size=1,
    max_size=40,
)


def rows_of(changes: list[tuple[str, int, int]]) -> list[Sent]:
    """Return linked updates, numbered 1, 2, 3 …; bids lie below 10 and asks above."""
    rows = []
    for number, (side, price, quantity) in enumerate(changes):
        level = [[str(price if side == "b" else 10 + price), str(quantity)]]
        sides = {"bids": level} if side == "b" else {"asks": level}
        rows.append(Sent(previous=number, first=number + 1, last=number + 1, **sides))
    return rows


def levels_after(rows: list[Sent]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what rows, set one after another, leave."""
    bids: dict[str, str] = {}
    asks: dict[str, str] = {}
    for row in rows:
        for side, levels in ((bids, row.bids), (asks, row.asks)):
            for price, quantity in levels:
                if quantity == "0":
                    side.pop(price, None)
                else:
                    side[price] = quantity
    return bids, asks


@pytest.mark.parametrize("rule", [Spanning(), Linked(snapshot="request")], ids=repr)
@given(changes=MARKET, data=st.data())
def test_any_snapshot_that_joins_gives_the_true_book(
    rule: Rule, changes: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    """Wherever the stream is entered and the snapshot taken, the book is the true one or there is none."""
    rows = rows_of(changes)
    entered = data.draw(st.integers(0, len(rows) - 1))
    taken = data.draw(st.integers(0, len(rows)))
    answered = data.draw(st.integers(max(entered, taken), len(rows)))
    bids, asks = levels_after(rows[:taken])
    first = Sent(last=taken, bids=list(bids.items()), asks=list(asks.items()), is_snapshot=True)
    book = kept(rule)
    for row in rows[entered:answered]:
        book.take(row)
    joined = book.take(first)
    assert joined == (taken >= entered or answered == entered)
    try:
        for row in rows[answered:]:
            book.take(row)
    except BookGapError:
        assert not book.is_live
    if book.is_live:
        state = book.state(None)
        assert (dict(state.bids), dict(state.asks)) == levels_after(rows)


@given(changes=MARKET, lost=st.integers(1, 40), seen=st.integers(0, 40))
def test_a_lost_update_is_noticed(changes: list[tuple[str, int, int]], lost: int, seen: int) -> None:
    """When one update is lost and another follows, there is an error and no book."""
    rows = [Sent(last=0, is_snapshot=True), *rows_of(changes)]
    for rule in (Linked(), Linked(may_restart=True)):
        book = kept(rule)
        arrived = rows[:lost] + rows[lost + 1 :]
        if lost >= len(rows) - 1:
            continue
        with pytest.raises(BookGapError):
            for row in arrived:
                book.take(row)
        assert not book.is_live


def fault(take: Callable[[Sent], bool], row: Sent) -> tuple[type[Exception], str] | None:
    """Return which of the documented errors came of a row."""
    try:
        take(row)
    except (BookError, DataParseError) as error:
        return type(error), str(error)
    return None


ANY_ROWS = st.lists(
    st.builds(
        Sent,
        first=st.none() | st.integers(-2, 6),
        last=st.none() | st.integers(-2, 6),
        previous=st.none() | st.integers(-2, 6),
        checksum=st.none() | st.integers(-1, 1),
        is_snapshot=st.booleans(),
        bids=st.lists(st.lists(st.sampled_from(["1", "2", "3", "0", "x", ""]), max_size=3), max_size=3),
        asks=st.lists(st.lists(st.sampled_from(["2", "3", "4", "0", "NaN"]), max_size=3), max_size=3),
    ),
    max_size=12,
)


def _levels(*prices: str) -> st.SearchStrategy[list[tuple[str, str]]]:
    return st.lists(st.tuples(st.sampled_from(prices), st.sampled_from(["0", "1", "2"])), max_size=3)


def _in_order(rows: list[tuple[Sent, int | None, int | None]]) -> list[Sent]:
    """Number rows one after the other, behind a first state; what stands beside a row disturbs its numbers."""
    for number, (row, back, before) in enumerate(rows, 2):
        row.first, row.last = number, None if back is None else number - back
        row.previous = None if before is None else number - 1 - before
    joined = [Sent(first=1, last=1, previous=0), snapshot(1), Sent(first=1, last=1, previous=1)]
    return [*joined, *(row for row, _, _ in rows)]


# Most of these simply come next.
ROWS_IN_ORDER = st.lists(
    st.tuples(
        st.builds(
            Sent,
            timestamp=st.none() | st.integers(1, 3),
            checksum=st.sampled_from([None, None, None, 0, 1]),
            bids=_levels("8", "9", "10"),
            asks=_levels("11", "12", "13", "10"),
        ),
        st.sampled_from([0, 0, 0, 0, 0, 1, None]),
        st.sampled_from([0, 0, 0, 0, 0, 1, None]),
    ),
    max_size=12,
).map(_in_order)


@given(
    rows=ANY_ROWS | ROWS_IN_ORDER,
    rule=st.sampled_from(
        [
            Linked(),
            Linked(may_restart=True),
            Linked(snapshot="request"),
            Spanning(),
            Spanning(linked=True),
            Whole(),
            Whole(may_restart=True),
        ]
    ),
    checksum=st.sampled_from([None, Crc32(25)]),
)
def test_a_book_is_true_or_absent(rows: list[Sent], rule: Rule, checksum: Crc32 | None) -> None:
    """Whatever rows come, only the documented errors do, and a book is never crossed or half there.

    Whoever tries the short way first has the same book.
    """
    book, other = kept(rule, checksum=checksum), kept(rule, checksum=checksum)
    seen = []
    for row in rows:
        error = fault(book.take, row)
        assert error is None or not book.is_live
        seen.append((error, book.is_live, asdict(book.state(None))))
        if book.is_live:
            assert not book.book.is_crossed()
        else:
            assert book.state(None).bids == book.state(None).asks == []
    at = 0
    while at < len(rows):
        states: list[BookState] = []
        taken, wrong = other.follow(rows[at:], [(None, states)])
        assert [(None, True, asdict(state)) for state in states] == seen[at : at + taken]
        at += taken
        if at < len(rows):
            error = (type(wrong), str(wrong)) if wrong is not None else fault(other.take, rows[at])
            assert (error, other.is_live, asdict(other.state(None))) == seen[at]
            at += 1


class TestUnnumbered:
    """Books whose updates carry nothing but a time, or not even that."""

    def test_updates_are_taken_as_they_come(self) -> None:
        """Updates before the first state are left out; those behind it are applied; another state replaces it."""
        keeper = kept(Unnumbered())
        assert not keeper.take(Sent(bids=[["9", "1"]]))
        assert keeper.take(snapshot(None))
        assert keeper.take(Sent(bids=[["9", "2"]]))
        assert keeper.state(None).bids == [["10", "1"], ["9", "2"]]
        assert keeper.take(snapshot(None, bids=[["8", "1"]]))
        assert keeper.state(None).bids == [["8", "1"]]
        assert keeper.sequence is None

    def test_a_time_that_is_missing_is_the_one_before(self) -> None:
        """The state after an update without a time has the newest time that was told."""
        keeper = kept(Unnumbered())
        for row, time in (
            (snapshot(None), None),
            (Sent(timestamp=5), 5),
            (Sent(bids=[["9", "1"]]), 5),
            (Sent(timestamp=7), 7),
            (Sent(timestamp=7), 7),
        ):
            assert keeper.take(row)
            assert keeper.state(1).timestamp == time

    def test_an_update_from_before_is_a_gap(self) -> None:
        """When updates change places, the book is absent until the next whole one."""
        keeper = kept(Unnumbered())
        keeper.take(snapshot(None, timestamp=3))
        keeper.take(Sent(timestamp=5))
        keeper.take(Sent())
        with pytest.raises(BookGapError, match="an update of 5 ms was followed by one of 4 ms"):
            keeper.take(Sent(timestamp=4))
        assert not keeper.is_live
        assert keeper.take(snapshot(None, timestamp=1))

    def test_numbers_that_grow_by_any_step_tell_the_age(self) -> None:
        """What the first state holds, or comes twice, is left out; one from before is a gap, whatever its time."""
        keeper = kept(Unnumbered())
        keeper.take(snapshot(500, timestamp=9))
        assert not keeper.take(Sent(last=480, timestamp=8))
        assert not keeper.take(Sent(last=500, timestamp=9))
        assert keeper.take(Sent(last=507, bids=[["9", "1"]], timestamp=9))
        assert keeper.take(Sent(last=520, timestamp=8))
        assert not keeper.take(Sent(last=520, bids=[["9", "7"]], timestamp=8))
        assert keeper.state(None).bids == [["10", "1"], ["9", "1"]]
        assert keeper.sequence == 520
        with pytest.raises(BookGapError, match="update 520 was followed by 510"):
            keeper.take(Sent(last=510, timestamp=10))
        assert not keeper.is_live

    def test_a_crossed_book_is_absent(self) -> None:
        """A lost update may cross the book, and then it is gone."""
        keeper = kept(Unnumbered())
        keeper.take(snapshot(None))
        with pytest.raises(BookCrossedError):
            keeper.take(Sent(bids=[["11", "1"]]))
        assert not keeper.is_live
