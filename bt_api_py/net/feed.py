"""One upstream topic and those who read it: order, duplicates, holes, and the fan-out."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import msgspec

from ..containers import Container
from ..containers.base import Topic
from ..exceptions import BtApiError
from ..exchanges.base import Channel
from .stream import EventKind, Mailbox, State, StreamEvent

if TYPE_CHECKING:
    from .session import Session
    from .venue import Venue

log = logging.getLogger("bt_api_py.net")

_MOST_HELD = 200_000  # records that wait behind a hole; beyond that the hole is left as it is


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
            self.came_back()

    def came_back(self) -> None:
        """The first record after a beginning or a loss."""
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


class FillingFeed(Feed):
    """A feed that can stop at a hole, have it filled by REST, and go on: what comes meanwhile waits in order."""

    def __init__(self, venue: Venue, session: Session, name: str, channel: Channel, topic: Topic) -> None:
        super().__init__(venue, session, name, channel, topic)
        self._held: deque[tuple[Any, str]] = deque()  # records, each with the cause of the loss before it
        self._is_filling = False

    def take(self, item: Any) -> None:
        lost = self._was_lost
        self.touch()
        if self._is_filling:
            self._held.append((item, lost))
        else:
            self.step(item, lost)

    def step(self, item: Any, lost: str) -> None:
        """Take a record in order. `lost` is the cause when a connection ended just before it, else empty."""
        raise NotImplementedError

    @property
    def wants_filling(self) -> bool:
        """Whether a reader wants holes to be filled."""
        return any(box.wish.backfill for box in self.boxes)

    @property
    def is_overrun(self) -> bool:
        """Whether so much waits behind the hole that filling has to be given up."""
        return len(self._held) > _MOST_HELD

    def fill(self, work: Coroutine[Any, Any, None]) -> None:
        """Hold further records while `work` fills a hole."""
        self._is_filling = True
        self.venue.hub.spawn(self._fill(work), f"{self.label} back-fill")

    async def _fill(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            self._is_filling = False
        while self._held and not self._is_filling:
            item, lost = self._held.popleft()
            self.step(item, lost)

    def deliver_filled(self, items: list[Any]) -> None:
        """Hand fetched objects to the readers who want them."""
        topic = self.topic
        for box in self.boxes:
            if box.wish.backfill:
                for item in items:
                    box.push(item if box.topic is topic else respelled(item, box.topic))
                box.backfilled += len(items)

    def count_missing(self, total: int, filled: int) -> None:
        """Count what stays missing: for readers who want no filling, everything."""
        for box in self.boxes:
            box.missing += total - (filled if box.wish.backfill else 0)
