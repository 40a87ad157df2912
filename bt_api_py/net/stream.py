"""What a caller iterates: a bounded mailbox that the hub fills, and events that say what happened to it."""

from __future__ import annotations

import asyncio
import logging
from asyncio import get_running_loop
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, ClassVar, Generic, Literal, Protocol, Self, TypeVar

from ..containers.base import Topic
from ..exceptions import BtApiError, StreamOverflowError, StreamUsageError, WebSocketError

log = logging.getLogger("bt_api_py.stream")

T = TypeVar("T", covariant=True)

Overflow = Literal["drop_oldest", "latest", "raise"]
State = Literal["connecting", "live", "stale", "resyncing", "closed", "failed"]
EventKind = Literal[
    "connected", "disconnected", "gap", "backfilled", "resynced", "stale", "quiet", "overflow", "rotated", "failed"
]


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """Something that happened to a stream or a connection.

    Attributes:
        kind: see `EventKind`.
        exchange: ``"OKX___SPOT"``.
        topic: ``"trades"``, ``"depth"`` …; empty for a whole connection.
        symbol: as the caller wrote it; empty for a whole connection.
        cause: one short text.
        from_id, to_id: of a gap, the first and the last missing id; ``None`` where the venue has none.
        from_ms, to_ms: bounds in time, milliseconds; ``None`` when unknown.
        count: how many are missing; ``None`` when unknown.
        filled: whether the hole was filled.
        timestamp: when it happened, milliseconds since 1970 UTC, local clock.
    """

    kind: EventKind
    exchange: str
    topic: str = ""
    symbol: str = ""
    cause: str = ""
    from_id: str | None = None
    to_id: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    count: int | None = None
    filled: bool = False
    timestamp: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name, JSON-ready."""
        return asdict(self)


class Source(Protocol):
    """What a mailbox knows of the feed behind it."""

    last_at: float | None  # when the last object came in, on the hub's clock


class Owner(Protocol):
    """What a mailbox asks of the hub."""

    def open(self, box: Mailbox) -> None:
        """Begin to fill the box."""

    def release(self, box: Mailbox) -> None:
        """Stop filling it."""

    def tell(self, event: StreamEvent) -> None:
        """Pass an event on to those who watch."""

    def monotonic(self) -> float:
        """Return the hub's clock."""

    def now_ms(self) -> int:
        """Return the hub's time of day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a caller asked for. `interval` is the user's word; `levels` ``None`` is the whole book.

    `after` is the id and the time, ms, of the trade after which a reader wants to go on.
    """

    exchange: str
    kind: str
    symbol: str = ""
    interval: str = ""
    levels: int | None = None
    closed_only: bool = False
    channel: str = ""
    events: bool = False
    backfill: bool = True
    after: tuple[str, int] | None = None
    stale_after: float | None = None
    overflow: Overflow = "drop_oldest"
    buffer: int = 1000

    @property
    def label(self) -> str:
        """The venue, the topic and the symbol, for messages."""
        return " ".join(part for part in (self.exchange, self.channel or self.kind, self.symbol, self.interval) if part)

    def error(self, kind: type[WebSocketError | StreamOverflowError], detail: str) -> BtApiError:
        """Return an error of this stream."""
        return kind(self.exchange, detail, topic=self.channel or self.kind, symbol=self.symbol)


class Mailbox:
    """The bounded queue behind a stream. The hub holds this, never the stream, so that a dropped stream is noticed."""

    wants_copies: ClassVar[bool] = True  # of a book; `False` for a reader who looks at the book itself

    __slots__ = (
        "_owner",
        "backfilled",
        "dropped",
        "duplicates",
        "entered",
        "error",
        "gaps",
        "is_closed",
        "is_overflowing",
        "limit",
        "missing",
        "ready",
        "reconnects",
        "rejected",
        "resyncs",
        "source",
        "state",
        "topic",
        "waiter",
        "wish",
    )

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.ready: deque[Any] = deque()
        # How many items may wait. At 0 there is no queue to append to: whoever fills the box has to `push`.
        self.limit = 0 if type(self).push is not Mailbox.push else 1 if wish.overflow == "latest" else wish.buffer
        self.waiter: asyncio.Future[None] | None = None
        self.error: BaseException | None = None
        self.is_closed = False
        self.state: State = "connecting"
        self.topic: Topic | None = None  # carries this caller's spelling; set by the hub
        self.source: Source | None = None
        self.entered = 0  # data objects that were put in and not thrown out again
        self.dropped = 0
        self.missing = 0
        self.backfilled = 0
        self.duplicates = 0
        self.gaps = 0
        self.resyncs = 0
        self.reconnects = 0
        self.rejected = 0
        self._owner: Owner | None = None
        self.is_overflowing = False

    def attach(self, owner: Owner) -> None:
        """Name the hub that fills this box."""
        self._owner = owner

    def push(self, item: Any) -> None:
        """Put an item in; a full box does what its policy says. Never waits."""
        ready = self.ready
        if len(ready) >= self.limit:
            self._overflow(item)
            return
        ready.append(item)
        self.entered += 1
        if self.waiter is not None:
            self.wake()

    def push_event(self, event: StreamEvent) -> None:
        """Put an event in if the caller wants events; the queue's bound does not lose one."""
        if self.wish.events and not self.is_closed and self.error is None:
            self.ready.append(event)
            self.wake()

    def _overflow(self, item: Any) -> None:
        if self.is_closed:
            return
        if self.error is not None:
            self.dropped += 1
            return
        first = not self.is_overflowing
        self.is_overflowing = True
        limit = self.limit
        if self.wish.overflow == "raise":
            self.dropped += 1
            detail = f"the reader fell behind by {limit} items; read faster, or choose a larger buffer or a policy"
            self.fail(self.wish.error(StreamOverflowError, detail))
        else:
            self._make_room()
            self.ready.append(item)
            self.entered += 1
        if first and self._owner is not None:
            # A caller who keeps only the newest asked for exactly this, and is not told every time.
            if self.wish.overflow != "latest":
                self._owner.tell(self._event("overflow", f"buffer of {limit} is full"))
            if self.error is not None:
                self._owner.release(self)

    def _make_room(self) -> None:
        ready = self.ready
        kept = []
        while ready:
            oldest = ready.popleft()
            if type(oldest) is not StreamEvent:
                self.dropped += 1
                self.entered -= 1
                break
            kept.append(oldest)
        ready.extendleft(reversed(kept[-self.limit :]))

    def _event(self, kind: EventKind, cause: str) -> StreamEvent:
        wish = self.wish
        when = self._owner.now_ms() if self._owner is not None else 0
        return StreamEvent(kind, wish.exchange, wish.kind, wish.symbol, cause, timestamp=when)

    def fail(self, error: BaseException) -> None:
        """End the stream with an error, after what is queued has been read."""
        if self.error is None and not self.is_closed:
            self.error = error
            self.state = "failed"
            self.limit = 0  # nothing is added behind a hole
            self.wake()

    def close(self) -> None:
        """End the stream; what is queued is given up."""
        if not self.is_closed:
            self.is_closed = True
            self.limit = 0
            if self.state != "failed":
                self.state = "closed"
            self.entered = self.delivered
            self.ready.clear()
            self.wake()

    def wake(self) -> None:
        """Let a waiting reader look again."""
        waiter, self.waiter = self.waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    @property
    def delivered(self) -> int:
        """How many data objects the reader has taken."""
        waiting = len(self.ready)
        if self.wish.events:
            waiting -= sum(type(item) is StreamEvent for item in self.ready)
        return self.entered - waiting

    def age(self) -> float | None:
        """Return the seconds since the last item came in, ``None`` before the first."""
        if self.source is None or self.source.last_at is None or self._owner is None:
            return None
        return max(0.0, self._owner.monotonic() - self.source.last_at)


class StreamStats:
    """Counters of one stream, always current.

    ``delivered`` counts data objects handed to the reader, ``dropped`` what an overflow policy discarded, ``missing``
    what a declared gap lacks (where the venue's ids tell), ``rejected`` records that could not be used.
    """

    __slots__ = ("_box",)

    COUNTERS = (
        "delivered",
        "dropped",
        "missing",
        "backfilled",
        "duplicates",
        "gaps",
        "resyncs",
        "reconnects",
        "rejected",
    )

    def __init__(self, box: Mailbox) -> None:
        self._box = box

    @property
    def delivered(self) -> int:
        """Data objects handed to the reader."""
        return self._box.delivered

    @property
    def dropped(self) -> int:
        """Objects that the overflow policy discarded."""
        return self._box.dropped

    @property
    def missing(self) -> int:
        """Objects known to be lost."""
        return self._box.missing

    @property
    def backfilled(self) -> int:
        """Objects fetched later to fill a hole."""
        return self._box.backfilled

    @property
    def duplicates(self) -> int:
        """Objects that the venue sent again and that were left out."""
        return self._box.duplicates

    @property
    def gaps(self) -> int:
        """Declared holes."""
        return self._box.gaps

    @property
    def resyncs(self) -> int:
        """Times the book was built anew."""
        return self._box.resyncs

    @property
    def reconnects(self) -> int:
        """Times the connection was replaced after a loss."""
        return self._box.reconnects

    @property
    def rejected(self) -> int:
        """Records that could not be used."""
        return self._box.rejected

    @property
    def queued(self) -> int:
        """Items waiting for the reader."""
        return len(self._box.ready)

    @property
    def last_event_age(self) -> float | None:
        """Seconds since the last object came in; ``None`` before the first."""
        return self._box.age()

    @property
    def state(self) -> State:
        """``connecting``, ``live``, ``stale``, ``resyncing``, ``closed`` or ``failed``."""
        return self._box.state

    def as_dict(self) -> dict[str, Any]:
        """Return everything by name, JSON-ready."""
        names = (*self.COUNTERS, "queued", "last_event_age", "state")
        return {name: getattr(self, name) for name in names}

    def __repr__(self) -> str:
        return f"StreamStats({', '.join(f'{name}={value!r}' for name, value in self.as_dict().items())})"


class Stream(AsyncIterator[T], Generic[T]):
    """Items of one subscription: an async iterator and an async context manager.

    The first item opens the subscription on the running event loop; from then on the stream belongs to that loop. A
    `wait_for` that times out neither ends the stream nor loses an item. ``aclose()``, ``async with``, or dropping the
    last reference gives the subscription back.
    """

    def __init__(self, wish: Wish, owner_for_loop: Callable[[], Owner]) -> None:
        self._box = Mailbox(wish)
        self._ready: deque[T] = self._box.ready
        self._owner_for_loop = owner_for_loop
        self._owner: Owner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def stats(self) -> StreamStats:
        """Counters and state."""
        return StreamStats(self._box)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        """Return the next item.

        Raises:
            StreamUsageError: another task is waiting for an item, or the stream belongs to another event loop.
            StreamOverflowError: the reader fell behind and had asked not to lose an item.
            WebSocketError: reconnecting gave up; a new stream may be opened.
            AuthenticationError, InvalidSymbolError, SubscribeError: the venue refuses; trying again does not help.
        """
        if not self._ready:
            await self._wait()
        return self._ready.popleft()

    def _bind(self) -> None:
        loop = get_running_loop()
        if self._loop is not None:
            raise StreamUsageError(
                f"{self._box.wish.label}: this stream belongs to another event loop; open a new one in this loop"
            )
        self._loop = loop
        if self._box.is_closed:
            return
        try:
            self._owner = self._owner_for_loop()
            self._box.attach(self._owner)
            self._owner.open(self._box)
        except BtApiError as error:
            self._box.fail(error)

    async def _wait(self) -> None:
        loop = get_running_loop()
        if loop is not self._loop:
            self._bind()
        box = self._box
        if box.waiter is not None:
            raise StreamUsageError(f"{box.wish.label}: another task is already waiting for this stream's next item")
        box.is_overflowing = False
        while not box.ready:
            if box.is_closed:
                raise StopAsyncIteration
            if box.error is not None:
                error = box.error
                self._release()
                raise error
            waiter = box.waiter = loop.create_future()
            try:
                await waiter
            finally:
                if box.waiter is waiter:
                    box.waiter = None

    def _release(self) -> None:
        self._box.close()
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.release(self._box)

    async def aclose(self) -> None:
        """Give the subscription back; a task that waits for an item sees the end of the stream."""
        loop = self._loop
        if loop is not None and loop is not get_running_loop():
            raise StreamUsageError(f"{self._box.wish.label}: close this stream in the event loop it belongs to")
        self._release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        # Left by break and dropped. The collector may run in any thread, so the loop is asked to do the work.
        owner, loop = getattr(self, "_owner", None), getattr(self, "_loop", None)
        if owner is not None and loop is not None and not loop.is_closed():
            try:
                loop.call_soon_threadsafe(give_back, owner, self._box)
            except RuntimeError:
                log.debug("%s: the event loop closed before the stream was given back", self._box.wish.label)

    def __repr__(self) -> str:
        return f"<Stream {self._box.wish.label} {self._box.state}, {len(self._box.ready)} queued>"


def give_back(owner: Owner, box: Mailbox) -> None:
    """Close a box and stop filling it; in its own event loop."""
    box.close()
    owner.release(box)
