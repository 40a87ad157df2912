"""One upstream topic and those who read it: order, duplicates, holes, and the fan-out."""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import msgspec

from ..book.sequence import BookKeeper, BookRow
from ..containers import BarData, Container, OrderBookData, TradeData
from ..containers.base import Topic, row_of
from ..exceptions import BookError, BtApiError, DataParseError, WebSocketError
from ..exchanges.base import Book, Channel
from .stream import EventKind, Mailbox, State, StreamEvent

if TYPE_CHECKING:
    from .session import Session
    from .venue import Venue

log = logging.getLogger("bt_api_py.net")

_IDS_REMEMBERED = 5000  # of trades, where ids do not tell their order
_MOST_RESYNCS = 10  # of a book in a row, before its readers are told
_LONGEST_RESYNC_PAUSE = 30.0
_LEAST_SNAPSHOT = 1000  # levels a side of a book that is going to be maintained
_SNAPSHOT_PAUSE = 1.0  # seconds before a snapshot that was too old is asked for again
_REQUEST_DEADLINE = 3.0  # seconds for the answer to a snapshot asked for over the socket
_CLOSE_GRACE_MS = 5000  # a bar whose venue never says "closed" is closed so long after its end


class Feed:
    """A topic as the venue knows it. Subclasses say what a new record means."""

    def __init__(self, venue: Venue, session: Session, name: str, channel: Channel, topic: Topic) -> None:
        self.venue = venue
        self.session = session
        self.name = name
        self.channel = channel
        self.topic = topic
        self.boxes: list[Mailbox] = []
        self.last_at: float | None = None
        self.unused_since = 0.0  # when the last reader left
        self.received = 0
        self._was_lost = ""  # the cause, between a loss and the first record after it
        self._ever_live = False

    @property
    def label(self) -> str:
        """``OKX___SPOT trades BTCUSDT``, for messages."""
        topic = self.topic
        return " ".join(part for part in (topic.exchange, topic.kind, topic.symbol, topic.interval) if part)

    def attach(self, box: Mailbox, topic: Topic) -> None:
        """Begin to fill a box. `topic` carries its reader's own spelling."""
        box.topic = self.topic if topic == self.topic else topic
        box.source = self
        self.boxes.append(box)
        if self.session.is_connected and self._ever_live and not self._was_lost:
            box.state = "live"

    def detach(self, box: Mailbox) -> None:
        """Stop filling a box."""
        if box in self.boxes:
            self.boxes.remove(box)

    def take(self, item: Any) -> None:
        """Take one record from the session."""
        self.touch()
        self.deliver(item)

    def touch(self) -> None:
        """Note that data came."""
        self.last_at = self.venue.clock.monotonic()
        self.received += 1
        if not self._ever_live or self._was_lost:
            self._came_back()

    def _came_back(self) -> None:
        self._ever_live = True
        self._was_lost = ""
        self.set_state("live")

    def deliver(self, item: Any) -> None:
        """Hand an object to every reader."""
        topic = self.topic
        for box in self.boxes:
            box.push(item if box.topic is topic else respelled(item, box.topic))

    def subscribed(self) -> None:
        """The venue accepted the subscription."""
        self.tell("connected", "subscribed")

    def lost(self, cause: str) -> None:
        """The connection ended; what comes next is not what came last plus one."""
        if self._ever_live:
            for box in self.boxes:
                box.reconnects += 1
        self._was_lost = cause
        self.set_state("connecting")
        self.tell("disconnected", cause)

    def fail(self, error: BtApiError) -> None:
        """End every reader's stream."""
        for box in self.boxes:
            box.fail(error)
        self.tell("failed", str(error))

    def reject(self, detail: str) -> None:
        """A record of this topic could not be used."""
        for box in self.boxes:
            box.rejected += 1

    def tick(self) -> None:
        """Called about once a second."""

    def set_state(self, state: State) -> None:
        """Let every reader see a state."""
        for box in self.boxes:
            box.state = state

    def tell(self, kind: EventKind, cause: str, **details: Any) -> StreamEvent:
        """Make an event known to the readers, to those who watch the status, and to the log."""
        topic = self.topic
        event = StreamEvent(
            kind, topic.exchange, topic.kind, topic.symbol, cause, timestamp=self.venue.now_ms(), **details
        )
        for box in self.boxes:
            box.push_event(event)
        self.venue.tell(event)
        return event

    def count(self, name: str, by: int = 1) -> None:
        """Raise a counter of every reader."""
        for box in self.boxes:
            setattr(box, name, getattr(box, name) + by)

    def health(self) -> dict[str, Any]:
        """Return what is known of this topic, JSON-ready."""
        now = self.venue.clock.monotonic()
        return {
            "topic": self.topic.kind,
            "symbol": self.topic.symbol,
            "name": self.name,
            "connection": self.session.label,
            "readers": len(self.boxes),
            "received": self.received,
            "last_data_age": None if self.last_at is None else now - self.last_at,
            "state": self.boxes[0].state if self.boxes else "lingering",
        }


def respelled(item: Any, topic: Topic | None) -> Any:
    """Return an object for a reader who writes the symbol differently."""
    if topic is None or not isinstance(item, Container):
        return item
    origin = item.get_origin()
    return item.spelled(topic if topic.origin == origin else msgspec.structs.replace(topic, origin=origin))


class TradeFeed(Feed):
    """Trades: each once, in order; what is missing is declared.

    Where the venue's ids grow by one, a hole is seen and counted. Elsewhere ids only tell what came twice, and the
    time between a loss and the first trade after it is declared, without a count.
    """

    _last: int | None = None
    _last_ms: int | None = None

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._seen: OrderedDict[Any, None] = OrderedDict()

    def take(self, item: TradeData) -> None:
        row = row_of(item)
        lost = self._was_lost
        self.touch()
        if self.channel.contiguous:
            number = row.trade_id
            last = self._last
            if last is not None:
                if number <= last:
                    self.count("duplicates")
                    return
                if number > last + 1:
                    self._declare(lost or "trades were skipped", last + 1, number - 1, row.timestamp)
            self._last = number
        else:
            if row.trade_id in self._seen:
                self.count("duplicates")
                return
            self._remember(row.trade_id)
            if lost and self._last_ms is not None:
                self._declare(lost, None, None, row.timestamp)
        self._last_ms = row.timestamp
        self.deliver(item)

    def _remember(self, number: Any) -> None:
        self._seen[number] = None
        if len(self._seen) > _IDS_REMEMBERED:
            self._seen.popitem(last=False)

    def _declare(self, cause: str, first: int | None, last: int | None, until_ms: int) -> None:
        missing = last - first + 1 if first is not None and last is not None else None
        self.count("gaps")
        if missing is not None:
            self.count("missing", missing)
        event = self.tell(
            "gap",
            cause,
            from_id=None if first is None else str(first),
            to_id=None if last is None else str(last),
            from_ms=self._last_ms,
            to_ms=until_ms,
            count=missing,
        )
        log.warning("%s: gap, %s, ids %s to %s", self.label, cause, event.from_id, event.to_id)


class KlineFeed(Feed):
    """Candles: the running one again and again, the closed one once.

    A venue that never says "closed" (HTX) closes a bar by beginning the next, or by the clock a little after its end.
    """

    _closed_at: int | None = None  # open time of the last closed bar
    _running: BarData | None = None

    def take(self, item: BarData) -> None:
        self.touch()
        row = row_of(item)
        begin = row.timestamp
        if self._closed_at is not None and begin <= self._closed_at:
            self.count("duplicates")
            return
        running = self._running
        if running is not None and begin < row_of(running).timestamp:
            self.count("duplicates")
            return
        if running is not None and begin > row_of(running).timestamp and row_of(running).closed is None:
            self._close(running)
        if row.closed:
            self._running = None
            self._closed_at = begin
        else:
            self._running = item
        self.deliver(item)

    def deliver(self, item: BarData) -> None:
        topic = self.topic
        closed = item.get_bar_status()
        for box in self.boxes:
            if closed or not box.wish.closed_only:
                box.push(item if box.topic is topic else respelled(item, box.topic))

    def _close(self, bar: BarData) -> None:
        self._closed_at = bar.get_timestamp()
        self._running = None
        self.deliver(bar.as_closed())

    def lost(self, cause: str) -> None:
        super().lost(cause)
        # What the bar became while nobody listened is unknown.
        if self._running is not None and row_of(self._running).closed is None:
            self._running = None

    def tick(self) -> None:
        running = self._running
        if running is None or row_of(running).closed is not None or self._was_lost:
            return
        if self.venue.now_ms() > running.get_close_time() + _CLOSE_GRACE_MS:
            self._close(running)


class BookFeed(Feed):
    """An order book: handed out only while it holds to the venue's rule."""

    def __init__(self, venue: Venue, session: Session, name: str, channel: Channel, topic: Topic) -> None:
        super().__init__(venue, session, name, channel, topic)
        book = channel.book
        assert book is not None, f"{name} is no depth channel"
        self._book: Book = book
        self.keeper = BookKeeper(
            book.rule,
            exchange=topic.exchange,
            symbol=topic.symbol,
            depth=book.depth,
            checksum=book.checksum,
            order_count_at=book.order_count_at,
        )
        self._resyncs_in_a_row = 0
        self._is_asking = False
        self._levels_loaded: int | None = 0
        self._told_fault = False
        self._generation = 0

    def attach(self, box: Mailbox, topic: Topic) -> None:
        super().attach(box, topic)
        if self.keeper.is_live:
            state = self.keeper.state(box.wish.levels)
            about = msgspec.structs.replace(box.topic or self.topic, origin="snapshot")
            box.push(OrderBookData(state, about, self.venue.clock.now()))
        if self._needs_deeper(box) and self.keeper.is_live:
            self._start_over("a reader wants more levels", pause=0.0)

    def take(self, item: BookRow) -> None:
        self.touch()
        was_live = self.keeper.is_live
        try:
            changed = self.keeper.take(item)
        except (BookError, DataParseError) as error:
            if isinstance(error, DataParseError):
                self.reject(error.detail)
            self._resync(str(error))
            return
        if changed:
            if not was_live:
                self._live()
            self._deliver_state()
        elif item.is_snapshot and not self.keeper.is_live:  # too old to join what came meanwhile
            self._is_asking = False
            self._later(_SNAPSHOT_PAUSE, self._ask)
        elif self.keeper.wants_snapshot:
            self._ask()

    def _deliver_state(self) -> None:
        received = self.venue.clock.now()
        made: dict[int | None, OrderBookData] = {}
        topic = self.topic
        for box in self.boxes:
            levels = box.wish.levels
            item = made.get(levels)
            if item is None:
                item = made[levels] = OrderBookData(self.keeper.state(levels), topic, received)
            box.push(item if box.topic is topic else respelled(item, box.topic))

    def _came_back(self) -> None:
        super()._came_back()
        if not self.keeper.is_live:
            self.set_state("resyncing")

    def _live(self) -> None:
        self.set_state("live")
        if self._told_fault:
            self._told_fault = False
            self.tell("resynced", f"at {self.keeper.sequence}")

    def lost(self, cause: str) -> None:
        super().lost(cause)
        self._told_fault = self._told_fault or self.keeper.is_live
        self._generation += 1
        self._is_asking = False
        self.keeper.reset()

    def _resync(self, cause: str) -> None:
        """Build the book anew, after a pause that grows while it keeps breaking."""
        self.count("resyncs")
        self.count("gaps")
        self._told_fault = True
        self.tell("gap", cause)
        log.warning("%s", cause if cause.startswith(self.topic.exchange) else f"{self.label}: {cause}")
        self._resyncs_in_a_row += 1
        if self._resyncs_in_a_row > _MOST_RESYNCS:
            detail = f"the book broke {self._resyncs_in_a_row} times in a row; the last: {cause}"
            self.venue.fail(self, WebSocketError(self.label, detail, symbol=self.topic.symbol))
            return
        pause = 0.0 if self._resyncs_in_a_row == 1 else min(_LONGEST_RESYNC_PAUSE, 2.0 ** (self._resyncs_in_a_row - 2))
        self._start_over(cause, pause)

    def _start_over(self, cause: str, pause: float) -> None:
        self.set_state("resyncing")
        self._generation += 1
        self._is_asking = False
        if self.keeper.rule.snapshot == "stream":
            self.keeper.reset()
            self._later(pause, self._subscribe_anew)
        else:
            if self.keeper.is_live:
                self.keeper.reset()
            self._later(pause, self._ask)

    def _later(self, pause: float, call: Any) -> None:
        generation = self._generation

        def due() -> None:
            if generation == self._generation:
                call()

        if pause > 0:
            self.venue.later(pause, due)
        else:
            due()

    def _subscribe_anew(self) -> None:
        self.session.resubscribe(self.name)

    def tick(self) -> None:
        if self.keeper.is_live:
            self._resyncs_in_a_row = 0

    # The first state, where it must be asked for

    def _needs_deeper(self, box: Mailbox) -> bool:
        loaded, wanted = self._levels_loaded, box.wish.levels
        if self.keeper.rule.snapshot != "rest" or loaded is None:
            return False
        return wanted is None or wanted > loaded

    def _ask(self) -> None:
        if self._is_asking or self.keeper.is_live or self._was_lost or not self.keeper.wants_snapshot:
            return
        self._is_asking = True
        if self.keeper.rule.snapshot == "rest":
            self.venue.fetch_snapshot(self, self._generation)
        else:
            self.session.ask_snapshot(self.name)
            self._later(_REQUEST_DEADLINE, self._ask_again)

    def _ask_again(self) -> None:
        self._is_asking = False
        self._ask()

    def snapshot_levels(self) -> int | None:
        """Return how many levels a side to fetch, ``None`` for all; a book wears away at its edge, so never few."""
        wanted = [box.wish.levels for box in self.boxes]
        numbers = [levels for levels in wanted if levels is not None]
        self._levels_loaded = None if len(numbers) < len(wanted) else max([_LEAST_SNAPSHOT, *numbers])
        return self._levels_loaded

    def take_snapshot(self, row: BookRow, generation: int) -> None:
        """Take the first state that was fetched by REST; one that was asked for before a loss is left out."""
        if generation != self._generation:
            return
        self.take(row)

    def snapshot_failed(self, error: BtApiError, generation: int) -> None:
        """The first state could not be fetched."""
        if generation != self._generation:
            return
        self._is_asking = False
        if error.retryable:
            self._resync(str(error))
        else:
            self.venue.fail(self, error)
