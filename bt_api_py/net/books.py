"""Order books: handed out only while they hold to the venue's rule; a fault concerns one symbol."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from ..book.sequence import BookKeeper, BookRow, Whole
from ..containers import OrderBookData
from ..containers.base import Topic
from ..containers.orderbook import Level
from ..exceptions import BookError, BtApiError, ChecksumError, DataParseError, WebSocketError
from ..exchanges.base import Book, Channel
from .feed import Feed, respelled
from .stream import Mailbox

if TYPE_CHECKING:
    from .leg import Leg
    from .session import Session
    from .venue import Venue

log = logging.getLogger("bt_api_py.net")

_MOST_RESYNCS = 10  # in a row, before the readers are told
_MOST_CHECKSUMS = 3  # wrong ones in a row, before the connection is blamed
_LONGEST_PAUSE = 30.0  # seconds between two attempts
_STEADY_AFTER = 10.0  # seconds for which a book must hold to count as mended
_LEAST_SNAPSHOT = 1000  # levels a side of a book that is going to be maintained
_SNAPSHOT_PAUSE = 1.0  # seconds before a snapshot that was too old is asked for again
_STATE_DEADLINE = 5.0  # seconds without a book although its records come
_NUMBERS_KEPT = 256  # of a leg's book, to see whether it has reached another
_PROBE_LEVELS = 5
_REQUEST_DEADLINE = 3.0  # seconds for the answer to a snapshot asked for over the socket


class _Legwise:
    """The book as one leg tells it, for venues that send a first state to every socket."""

    __slots__ = ("keeper", "recent")

    def __init__(self, keeper: BookKeeper) -> None:
        self.keeper = keeper
        self.recent: deque[int | None] = deque(maxlen=_NUMBERS_KEPT)

    def take(self, item: BookRow) -> bool:
        changed = self.keeper.take(item)
        if changed:
            self.recent.append(self.keeper.sequence)
        return changed

    def has_reached(self, sequence: int | None) -> bool:
        """Return whether this leg's book stands at a number, or went past it."""
        return self.keeper.is_live and sequence in self.recent


class BookFeed(Feed):
    """One order book and its readers.

    Where updates follow one chain of numbers whichever socket brings them, all legs feed one keeper, which takes each
    once. Where every socket begins with a first state of its own, each leg has its keeper; one of them is handed out,
    and another takes over only from where that one stood.
    """

    def __init__(self, venue: Venue, session: Session, name: str, channel: Channel, topic: Topic) -> None:
        super().__init__(venue, session, name, channel, topic)
        book = channel.book
        assert book is not None, f"{name} is no depth channel"
        self._book: Book = book
        self.keeper = self._new_keeper()
        self._is_legwise = book.rule.snapshot == "stream" and not isinstance(book.rule, Whole)
        self._by_leg: dict[Leg, _Legwise] = {}
        self._active: Leg | None = None
        self._successor: Leg | None = None
        self._resume_after: int | None = None  # nothing is handed out before this number is reached again
        self._generation = 0  # what was asked for before a loss or a fault no longer counts
        self._is_asking = False
        self._levels_loaded: int | None = 0
        self._resyncs_in_a_row = 0
        self._wrong_checksums = 0
        self._live_since: float | None = None
        self._absent_since: float | None = None  # records come, but no book does
        self._told_fault = False

    @property
    def is_urgent(self) -> bool:
        """Whether readers already had this book: its mending goes before new books."""
        return self._told_fault

    def _new_keeper(self) -> BookKeeper:
        book, topic = self._book, self.topic
        return BookKeeper(
            book.rule,
            exchange=topic.exchange,
            symbol=topic.symbol,
            depth=book.depth,
            checksum=book.checksum,
            order_count_at=book.order_count_at,
        )

    # Records

    def attach(self, box: Mailbox, topic: Topic) -> None:
        super().attach(box, topic)
        if not self.keeper.is_live:
            return
        about = msgspec.structs.replace(box.topic or self.topic, origin="snapshot")
        box.push(OrderBookData(self.keeper.state(box.wish.levels), about, self.venue.clock.now()))
        if self._needs_deeper(box):
            self._start_over(0.0)

    def take(self, item: BookRow, leg: Leg | None = None) -> None:
        if self._is_legwise and leg is not None and not self._is_from_active(item, leg):
            return
        self.touch(leg.heard if leg is not None else self.venue.clock.monotonic())
        was_live = self.keeper.is_live
        try:
            changed = self._taker(leg).take(item)
        except (BookError, DataParseError) as error:
            if isinstance(error, DataParseError):
                self.reject(error.detail)
            self._note_fault(error)
            return
        if changed:
            if not was_live:
                self._came_alive()
            self._deliver_state()
        elif not self.keeper.is_live:
            self._await_state(item)

    # Several sockets

    def _taker(self, leg: Leg | None) -> BookKeeper | _Legwise:
        return self._by_leg[leg] if self._is_legwise and leg is not None else self.keeper

    def _is_from_active(self, item: BookRow, leg: Leg) -> bool:
        """Return whether the leg is the one whose book is handed out; otherwise keep its book beside that one."""
        if self._active is None:
            self._activate(leg)
        if leg is self._active:
            return True
        beside = self._legwise(leg)
        try:
            beside.take(item)
        except (BookError, DataParseError) as error:
            log.info("%s: the book of %s is built anew: %s", self.label, leg.label, error)
            self.session.resubscribe(self.name, leg)
            return False
        if leg is self._successor and beside.has_reached(self.keeper.sequence):
            self._activate(leg)
            self._deliver_state()
        return False

    def _legwise(self, leg: Leg) -> _Legwise:
        known = self._by_leg.get(leg)
        if known is None:
            known = self._by_leg[leg] = _Legwise(self._new_keeper())
        return known

    def _activate(self, leg: Leg) -> None:
        self._active = leg
        self._successor = None
        self.keeper = self._legwise(leg).keeper

    def may_leave(self, old: Leg, new: Leg) -> bool:
        if not self._is_legwise or self._active is not old:
            return True
        beside = self._legwise(new)
        if beside.has_reached(self.keeper.sequence):
            self._activate(new)
            return True
        self._successor = new
        return False

    def leg_lost(self, leg: Leg) -> None:
        if self._by_leg.pop(leg, None) is None or self._active is not leg:
            return
        stood = self.keeper.sequence if self.keeper.is_live else None
        heirs = [other for other, legwise in self._by_leg.items() if legwise.keeper.is_live]
        if heirs:
            self._activate(heirs[0])
            self._resume_after = stood
        else:
            self._active = None
            self.keeper = self._new_keeper()
            self._told_fault = True
            self.set_state("resyncing")

    def _await_state(self, item: BookRow) -> None:
        """A record came for a book that is not there yet."""
        if self._absent_since is None:
            self._absent_since = self.last_at
        if item.is_snapshot:  # too old to join what came meanwhile
            self._is_asking = False
            self._later(_SNAPSHOT_PAUSE, self._ask)
        elif self.keeper.wants_snapshot:
            self._ask()

    def _deliver_state(self) -> None:
        if self._resume_after is not None and self._active is not None:
            legwise = self._by_leg[self._active]
            reached = self._resume_after in legwise.recent
            if not reached and len(legwise.recent) < _NUMBERS_KEPT:
                return  # an older state than the last that was handed out
            stands_there = self.keeper.sequence == self._resume_after
            self._resume_after = None
            if stands_there:
                return
        received = self.venue.clock.now()
        made: dict[int | None, OrderBookData] = {}
        topic = self.topic
        for box in self.boxes:
            levels = box.wish.levels
            item = made.get(levels)
            if item is None:
                item = made[levels] = OrderBookData(self.keeper.state(levels), topic, received)
            box.push(item if box.topic is topic else respelled(item, box.topic))

    # Faults

    def came_back(self) -> None:
        super().came_back()
        if not self.keeper.is_live:
            self.set_state("resyncing")

    def _came_alive(self) -> None:
        self._live_since = self.venue.clock.monotonic()
        self._absent_since = None
        self._is_asking = False
        self.set_state("live")
        if self._told_fault:
            self._told_fault = False
            self.tell("resynced", f"the book is whole again at {self.keeper.sequence}")

    def _drop_state(self) -> None:
        self._generation += 1
        self._is_asking = False
        self._live_since = self._absent_since = None
        self.keeper.reset()
        self._by_leg.clear()
        self._active = self._successor = self._resume_after = None

    def _note_fault(self, error: BookError | DataParseError) -> None:
        """Declare the fault and build the book anew, after a pause that grows while it keeps breaking."""
        cause = str(error)
        self.count("resyncs")
        self.count("gaps")
        self._told_fault = True
        self.tell("gap", cause)
        log.warning("%s", cause if cause.startswith(self.topic.exchange) else f"{self.label}: {cause}")
        self._wrong_checksums = self._wrong_checksums + 1 if isinstance(error, ChecksumError) else 0
        if self._wrong_checksums >= _MOST_CHECKSUMS:
            self._wrong_checksums = 0
            self.session.restart(f"{_MOST_CHECKSUMS} wrong checksums in a row on {self.label}")
            return
        self._try_again(cause)

    def _try_again(self, cause: str) -> None:
        self._resyncs_in_a_row += 1
        if self._resyncs_in_a_row > _MOST_RESYNCS:
            detail = f"no true book after {self._resyncs_in_a_row} attempts; the last: {cause}"
            self.venue.fail(self, self.error(WebSocketError, detail))
            return
        nth = self._resyncs_in_a_row
        self._start_over(0.0 if nth == 1 else min(_LONGEST_PAUSE, 2.0 ** (nth - 2)))

    def _start_over(self, pause: float) -> None:
        self.set_state("resyncing")
        self._generation += 1
        self._is_asking = False
        self._live_since = self._absent_since = None
        if self.keeper.rule.snapshot == "stream":
            self.keeper.reset()
            leg = self._active
            self._later(pause, lambda: self.session.resubscribe(self.name, leg))
        else:
            # The record that showed the fault may be the first to join the new state, so it is kept.
            if self.keeper.is_live:
                self.keeper.reset()
            self._later(pause, self._ask)

    def _later(self, pause: float, call: Callable[[], None]) -> None:
        generation = self._generation

        def due() -> None:
            if generation == self._generation and self.boxes:
                call()

        if pause > 0:
            self.venue.later(pause, due)
        else:
            due()

    def tick(self) -> None:
        super().tick()
        now, since, absent = self.venue.clock.monotonic(), self._live_since, self._absent_since
        if absent is not None and now - absent > _STATE_DEADLINE and not self._was_lost:
            self._absent_since = None
            self._try_again(f"no first state within {_STATE_DEADLINE:g} s")
        if since is not None and now - since > _STEADY_AFTER:
            self._resyncs_in_a_row = 0
            self._wrong_checksums = 0

    def mark_lost(self, cause: str) -> None:
        super().mark_lost(cause)
        self._told_fault = self._told_fault or self.keeper.is_live
        self._drop_state()

    async def has_moved(self) -> bool:
        request = self.venue.exchange.book_request(self.topic.venue_symbol, _PROBE_LEVELS)
        rows = await self.venue.rest.fetch(request, self.topic, attempts=1)
        if not rows or not self.keeper.is_live:
            return bool(rows)
        row: BookRow = rows[0]
        if self._book.rest_numbers and row.last is not None and self.keeper.sequence is not None:
            return row.last > self.keeper.sequence
        book = self.keeper.book
        return _tops(row.bids, row.asks) != _tops(book.bids.top(_PROBE_LEVELS), book.asks.top(_PROBE_LEVELS))

    # The first state, where it must be asked for

    def _needs_deeper(self, box: Mailbox) -> bool:
        loaded, wanted = self._levels_loaded, box.wish.levels
        if self.keeper.rule.snapshot != "rest" or loaded is None:
            return False
        return wanted is None or wanted > loaded

    def _ask(self) -> None:
        if self._is_asking or self._was_lost or not self.keeper.wants_snapshot:
            return
        self._is_asking = True
        if self.keeper.rule.snapshot == "rest":
            self.venue.snapshots.ask(self, self._generation)
        else:
            self.session.ask_snapshot(self.name)
            self._later(_REQUEST_DEADLINE, self._ask_again)

    def _ask_again(self) -> None:
        if not self.keeper.is_live:
            self._is_asking = False
            self._ask()

    def snapshot_levels(self) -> int | None:
        """Return how many levels a side to fetch, ``None`` for all; a book wears away at its edge, so never few."""
        wanted = [box.wish.levels for box in self.boxes]
        numbers = [levels for levels in wanted if levels is not None]
        self._levels_loaded = None if len(numbers) < len(wanted) else max([_LEAST_SNAPSHOT, *numbers])
        return self._levels_loaded

    def awaits_snapshot(self, generation: int) -> bool:
        """Whether somebody still waits for the state that was asked for then."""
        return generation == self._generation and bool(self.boxes)

    def take_snapshot(self, row: BookRow, generation: int) -> None:
        """Take the first state that was fetched by REST; one that was asked for before a fault is left out."""
        if generation == self._generation and not self._was_lost:
            self.take(row)

    def snapshot_failed(self, error: BtApiError, generation: int) -> None:
        """The first state could not be fetched."""
        if generation != self._generation:
            return
        self._is_asking = False
        if error.retryable:
            log.warning("%s: no snapshot: %s", self.label, error)
            self._try_again(str(error))
        else:
            self.venue.fail(self, error)


def _tops(bids: Sequence[Level], asks: Sequence[Level]) -> list[list[tuple[float, float]]]:
    """Return the best levels of both sides as numbers: two sources may spell them differently."""
    return [[(float(level[0]), float(level[1])) for level in side[:_PROBE_LEVELS]] for side in (bids, asks)]
