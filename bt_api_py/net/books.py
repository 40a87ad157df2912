"""Order books: handed out only while they hold to the venue's rule; a fault concerns one symbol."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ..book.sequence import BookKeeper, BookRow, Top, Unnumbered, Whole
from ..containers import OrderBookData
from ..containers.base import Topic
from ..containers.orderbook import BookState, Level
from ..exceptions import BookError, BookGapError, BtApiError, ChecksumError, DataParseError, WebSocketError
from ..exchanges.base import Book, Channel, Reader
from .feed import Feed, Lane
from .stream import Mailbox

if TYPE_CHECKING:
    from .carrier import Carrier
    from .leg import Leg
    from .venue import Venue

log = logging.getLogger("bt_api_py.net")

_MOST_ATTEMPTS = 10  # to get a true book, before the stream ends
_MOST_CHECKSUMS = 3  # wrong ones in a row, before the connection is blamed
_LONGEST_PAUSE = 30.0  # seconds between two attempts
_STEADY_AFTER = 10.0  # seconds for which a book must hold to count as mended
_LEAST_SNAPSHOT = 1000  # levels a side of a book that is going to be maintained
_SNAPSHOT_PAUSE = 1.0  # seconds before a snapshot that was too old is asked for again
_STATE_DEADLINE = 5.0  # seconds without a book although its records come
_QUIET_START = 2.0  # seconds after which the first state of a market without updates is asked for
_PROBE_LEVELS = 5
_REQUEST_DEADLINE = 3.0  # seconds for the answer to a snapshot asked for over the socket


class _Standing(NamedTuple):
    """A state of a book: whose, and its time and number at the venue."""

    keeper: BookKeeper | None
    ms: int
    sequence: int | None


class BookFeed(Feed):
    """One order book and its readers.

    Where updates follow one chain of numbers whichever socket brings them, all legs feed one keeper, which takes each
    once. Where every socket begins with a first state of its own, each leg has its keeper, and whichever stands at a
    newer state than the last that was handed out is handed out next.
    """

    # With each book that waits for its reader wait the levels that it shows no more: so many at most that Python's
    # collector, which counts what comes to stay, is not roused for nothing.
    turn = 32

    def __init__(self, venue: Venue, session: Carrier, name: str, channel: Channel, topic: Topic) -> None:
        super().__init__(venue, session, name, channel, topic)
        book = channel.book
        assert book is not None, f"{name} is no depth channel"
        self._book: Book = book
        self.keeper = self._new_keeper()
        self._is_legwise = book.rule.snapshot == "stream" and not isinstance(book.rule, Whole)
        self._by_leg: dict[Leg, BookKeeper] = {}
        self._handed_out: _Standing | None = None  # the newest state, where legs have keepers of their own
        self._probed: Any = None  # what the last probe saw
        self._generation = 0  # what was asked for before a loss or a fault no longer counts
        self._is_asking = False
        self._levels_loaded: int | None = 0
        self._attempts = 0  # to get a book, since the last one
        self._resyncs_in_a_row = 0  # without a steady book between them
        self._wrong_checksums = 0
        self._live_since: float | None = None
        self._absent_since: float | None = None  # records come, but no book does
        self._told_fault = False
        self._paused_until = 0.0  # no first state can come before it is asked for

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
            reach=book.reach,
            checksum=book.checksum,
            order_count_at=book.order_count_at,
        )

    # Records

    def attach(self, box: Mailbox, topic: Topic) -> None:
        super().attach(box, topic)
        if not self.is_live and box.state == "live":
            box.state = "resyncing"
        if not self.keeper.is_live:
            return
        if box.wants_copies:
            about = msgspec.structs.replace(box.topic or self.topic, origin="snapshot")
            box.push(OrderBookData(self.keeper.state(box.wish.levels), about, self.venue.clock.now()))
        if self._needs_deeper(box):
            self._start_over(0.0)

    def take(self, item: BookRow, leg: Leg | None = None) -> None:
        keeper = self._keeper_of(leg) if self._is_legwise else self.keeper
        self.touch(leg.heard if leg is not None else self.venue.clock.monotonic())
        was_live = keeper.is_live or self.is_live
        try:
            changed = keeper.take(item)
        except (BookError, DataParseError) as error:
            self._note_bad(leg, error)
            return
        if not changed:
            if not self.is_live:
                self._await_state(item)
            return
        if leg is not None and self._is_legwise and not self._is_news(keeper, item):
            return
        self.keeper = keeper
        if not was_live:
            self._came_alive()
        self._deliver_state(self.venue.clock.now())
        if self._book.reach is not None and keeper.book.is_worn:
            log.debug("%s: little is left of the levels that were fetched; they are fetched anew", self.label)
            self._start_over(0.0)

    def lane(self, read: Reader, leg: Leg) -> Lane:
        if self._book.reach is not None:  # a book that wears off is looked at after every update
            return self.plain_lane(read, leg)

        def lane(payloads: Sequence[bytes], received: float) -> bool:
            rows = read(payloads, received)
            if rows is None:
                return False
            done = 0
            while done < len(rows):
                done += self._follow(rows[done:] if done else rows, leg, received)
                if done < len(rows):
                    self.take(rows[done], leg)
                    done += 1
            return True

        return lane

    def _follow(self, rows: list[BookRow], leg: Leg, received: float) -> int:
        """Take rows as long as each plainly comes next, and return how many are done with."""
        keeper = self._by_leg.get(leg) if self._is_legwise else self.keeper
        if keeper is None or not self.is_settled:
            return 0
        made = self._none_made()
        count, fault = keeper.follow(rows, made)
        if count:
            self.last_at = self._sign_at = leg.heard
            self.received += count
            if self._is_legwise:
                row = rows[count - 1]
                self.keeper = keeper
                self._handed_out = _Standing(keeper, row.timestamp or 0, row.last)
            self._hand_out_books(made, received)
        if fault is not None:
            self.touch(leg.heard)
            self._note_bad(leg, fault)
            count += 1
        return count

    def doubt(self, leg: Leg, detail: str) -> None:
        keeper = self._keeper_of(leg)
        if keeper.is_live and isinstance(self._book.rule, Unnumbered):
            keeper.reset()
            topic = self.topic
            cause = f"what could not be read may have been an update: {detail}"
            self._note_broken(leg, BookGapError(topic.exchange, cause, topic=topic.kind, symbol=topic.symbol))

    def _note_bad(self, leg: Leg | None, error: BookError | DataParseError) -> None:
        """A row broke a book, or is none."""
        if isinstance(error, DataParseError):
            self.reject(error.detail)
        self._note_broken(leg, error)

    def _note_broken(self, leg: Leg | None, error: BookError | DataParseError) -> None:
        """A book broke; another socket may still have a true one."""
        if self.is_live and leg is not None:
            log.info("%s: the book of %s is built anew: %s", self.label, leg.label, error)
            self.session.resubscribe(self.name, leg)
        else:
            self._note_fault(error)

    @property
    def is_live(self) -> bool:
        """Whether a true book is at hand."""
        return self.keeper.is_live or any(keeper.is_live for keeper in self._by_leg.values())

    def present(self, levels: int | None, topic: Topic) -> OrderBookData:
        """Return the best `levels` a side as they are now, all for ``None``. The caller has seen that it is live."""
        clock = self.venue.clock
        age = 0.0 if self.last_at is None else clock.monotonic() - self.last_at
        return OrderBookData(self.keeper.state(levels), topic, clock.now() - age)

    # Several sockets

    def _keeper_of(self, leg: Leg | None) -> BookKeeper:
        if not self._is_legwise or leg is None:
            return self.keeper
        known = self._by_leg.get(leg)
        if known is None:
            known = self._by_leg[leg] = self._new_keeper()
        return known

    def _is_news(self, keeper: BookKeeper, item: BookRow) -> bool:
        """Return whether a leg's book is newer than the last that was handed out."""
        before = self._handed_out
        now = _Standing(keeper, item.timestamp or 0, keeper.sequence)
        if before is not None and keeper is not before.keeper:
            follows = item.previous == before.sequence != now.sequence
            if now.ms < before.ms or (now.ms == before.ms and not follows):
                return False
        self._handed_out = now
        return True

    def may_leave(self, old: Leg, new: Leg) -> bool:
        return not self._is_legwise or self._keeper_of(new).is_live

    def leg_lost(self, leg: Leg) -> None:
        lost = self._by_leg.pop(leg, None)
        if lost is None or lost is not self.keeper:
            return
        if self._handed_out is not None:
            self._handed_out = self._handed_out._replace(keeper=None)
        self.keeper = next((keeper for keeper in self._by_leg.values() if keeper.is_live), self._new_keeper())
        if not self.keeper.is_live:
            self._live_since = self._handed_out = None
            self._told_fault = True
            self.set_state("resyncing")
            self.count("gaps")
            self.tell("gap", f"{leg.label} is gone, and no other socket has this book yet")

    def _await_state(self, item: BookRow) -> None:
        """A record came for a book that is not there yet."""
        # Where the first state is fetched, its turn may be far away: only one that came and did not fit is a failure.
        is_due = self.venue.clock.monotonic() >= self._paused_until
        if self._absent_since is None and is_due and (item.is_snapshot or self.keeper.rule.snapshot != "rest"):
            self._absent_since = self.last_at
        if item.is_snapshot:  # too old to join what came meanwhile
            self._is_asking = False
            self._later(_SNAPSHOT_PAUSE, self._ask)
        elif self.keeper.wants_snapshot:
            self._ask()

    def _deliver_state(self, received: float) -> None:
        made = self._none_made()
        for levels, states in made:
            states.append(self.keeper.state(levels))
        self._hand_out_books(made, received)

    def _none_made(self) -> list[Top]:
        """Return each number of levels that readers want, with room for states of so many."""
        made: dict[int | None, list[BookState]] = {box.wish.levels: [] for box in self.boxes if box.wants_copies}
        return list(made.items())

    def _hand_out_books(self, made: list[Top], received: float) -> None:
        """Hand states out to those who want so many levels, and wake those who look at the book itself."""
        boxes = self.boxes
        for levels, states in made:
            books = list(map(OrderBookData, states, repeat(self.topic), repeat(received)))
            self.deliver_all(books, [box for box in boxes if box.wants_copies and box.wish.levels == levels])
        for box in boxes:
            if not box.wants_copies:
                box.wake()

    # Faults

    def came_back(self) -> None:
        super().came_back()
        if not self.is_live:
            self.set_state("resyncing")

    def _came_alive(self) -> None:
        self._attempts = 0
        self._live_since = self.venue.clock.monotonic()
        self._absent_since = None
        self._is_asking = False
        self.set_state("live")
        if self._told_fault:
            self._told_fault = False
            number = self.keeper.sequence
            self.tell("resynced", "the book is whole again" + (f" at {number}" if number is not None else ""))

    def _drop_state(self) -> None:
        self._generation += 1
        self._is_asking = False
        self._live_since = self._absent_since = None
        if self.keeper.is_live:
            book = self.keeper.book
            self._probed = (
                self.keeper.sequence
                if self._book.rest_numbers
                else _tops(book.bids.top(_PROBE_LEVELS), book.asks.top(_PROBE_LEVELS))
            )
        self.keeper.reset()
        self._by_leg.clear()
        self._handed_out = None

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
        self._attempts += 1
        self._resyncs_in_a_row += 1
        if self._attempts > _MOST_ATTEMPTS:
            detail = f"no true book after {self._attempts} attempts; the last: {cause}"
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
            self._handed_out = None
            self._later(pause, lambda: self.session.resubscribe(self.name))
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
            self._paused_until = self.venue.clock.monotonic() + pause
            self.venue.later(pause, due)
        else:
            due()

    def tick(self) -> None:
        super().tick()
        now, since = self.venue.clock.monotonic(), self._live_since
        is_asked = self._is_asking and self.keeper.rule.snapshot == "rest"
        if self._absent_since is not None and (is_asked or self.session.is_sending):
            self._absent_since = now  # what is to be answered has not been asked yet
        absent = self._absent_since
        if absent is not None and now - absent > _STATE_DEADLINE and not self._was_lost:
            self._absent_since = None
            cause = f"no first state within {_STATE_DEADLINE:g} s"
            self.tell("stale", cause)
            self._try_again(cause)
        if self._sign_at is not None and now - self._sign_at > _QUIET_START and not self.is_live:
            self._ask(of_quiet=True)
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
        if not rows:
            return False
        row: BookRow = rows[0]
        if not self.keeper.is_live:
            seen = row.last if self._book.rest_numbers else _tops(row.bids, row.asks)
            before, self._probed = self._probed, seen
            # Kept books begin with a first state. One that is sent whole may have nothing to tell yet.
            return not isinstance(self._book.rule, Whole) or (before is not None and seen != before)
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

    def _ask(self, *, of_quiet: bool = False) -> None:
        """Ask for the first state, once records wait for it; of a quiet market, of which none come, all the same."""
        if self.keeper.rule.snapshot == "stream" or self._is_asking:
            return
        if not of_quiet and (self._was_lost or not self.keeper.wants_snapshot):
            return
        self._is_asking = True
        if self.keeper.rule.snapshot == "rest":
            self.venue.snapshots.ask(self, self._generation)
        else:
            self.session.ask_snapshot(self.name)
            self._later(_REQUEST_DEADLINE, self._ask_again)

    def _ask_again(self) -> None:
        if self.session.is_sending:  # the request itself may still wait for its turn
            self._later(_REQUEST_DEADLINE, self._ask_again)
        elif not self.keeper.is_live:
            self._is_asking = False
            self._ask(of_quiet=True)

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
        if generation == self._generation and self._sign_at is not None:
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
