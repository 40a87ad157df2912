"""What one program opens on one event loop: venues, tasks, and those who watch. Everything ends here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from ..clock import Clock
from ..exceptions import BtApiError, WebSocketError
from ..exchanges.base import Exchange
from .stream import Mailbox, StreamEvent, Wish
from .tasks import end, start
from .transport import DefaultTransport, Transport
from .venue import Venue

log = logging.getLogger("bt_api_py.net")

R = TypeVar("R")

_SUSPENDED = 30.0  # seconds that a look may be late before every socket is believed dead
_CALL = Wish(exchange="", kind="call")  # stands for a REST call among those who keep the hub open
_IDLE_KEPT = 5.0  # seconds for which unused connections wait for the next use
_TICK = 1.0  # seconds between two looks at what only time can tell


class Hub:
    """All venues of one `BtApi` on one event loop.

    The hub owns every task. One of them, the keeper, lives as long as there is anything to keep: when the last topic is
    given back, or when the loop cancels everything at its end, it ends the others and closes the transport.
    """

    def __init__(
        self, make_exchange: Callable[[str], Exchange], clock: Clock, transport: Transport | None = None
    ) -> None:
        self.clock = clock
        self.transport: Transport = transport or DefaultTransport()
        self.is_closing = False
        self._make_exchange = make_exchange
        self._venues: dict[str, Venue] = {}
        self._tasks: dict[asyncio.Task[Any], None] = {}  # in order, so that they end in the same order every time
        self._watchers: list[Mailbox] = []
        self._boxes: dict[Mailbox, Venue | None] = {}
        self._keeper: asyncio.Task[None] | None = None

    # For streams

    def open(self, *boxes: Mailbox) -> None:
        """Begin to fill boxes, all of one exchange; what goes wrong with one reaches its reader."""
        self._keep()
        first = boxes[0]
        if first.wish.kind == "status":
            first.state = "live"
            self._boxes[first] = None
            self._watchers.append(first)
            return
        venue = self.venue(first.wish.exchange)
        self._boxes.update(dict.fromkeys(boxes, venue))
        self.spawn(self._open_all(venue, boxes), f"{first.wish.label} opening")

    async def _open_all(self, venue: Venue, boxes: Iterable[Mailbox]) -> None:
        # One after the other: the first has to wait for the list of markets, the others find it there.
        for box in boxes:
            await self._open(venue, box)

    async def _open(self, venue: Venue, box: Mailbox) -> None:
        try:
            await venue.open(box)
        except BtApiError as error:
            box.fail(error)
        except Exception as error:
            # A reader must never wait for something that has already failed, whatever it was.
            log.exception("%s: cannot be opened", box.wish.label)
            wrapped = box.wish.error(WebSocketError, f"cannot be opened: {error!r}")
            wrapped.__cause__ = error
            box.fail(wrapped)

    def release(self, box: Mailbox) -> None:
        """Stop filling a box."""
        if box not in self._boxes:
            return
        venue = self._boxes.pop(box)
        if venue is not None:
            venue.release(box)
        elif box in self._watchers:
            self._watchers.remove(box)

    def tell(self, event: StreamEvent) -> None:
        """Pass an event on to those who watch the status."""
        log.debug("%s", event)
        for box in self._watchers:
            if box.wish.exchange in ("", event.exchange):
                box.push(event)

    def monotonic(self) -> float:
        """Return the hub's clock."""
        return self.clock.monotonic()

    def now_ms(self) -> int:
        """Return the time of day in milliseconds."""
        return int(self.clock.now() * 1000)

    # For venues

    def venue(self, name: str) -> Venue:
        """Return the venue of an exchange, made with the first use."""
        venue = self._venues.get(name)
        if venue is None:
            venue = self._venues[name] = Venue(self, self._make_exchange(name))
        return venue

    def spawn(self, work: Coroutine[Any, Any, R], name: str) -> asyncio.Task[R]:
        """Run a coroutine as a task that the hub owns."""
        task = start(work, name)
        self._tasks[task] = None
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)

    # Life

    @property
    def is_idle(self) -> bool:
        """Whether nobody reads and nothing is connected."""
        return not self._boxes and not any(venue.feeds or venue.sessions for venue in self._venues.values())

    def _keep(self) -> None:
        if self._keeper is None or self._keeper.done():
            self._keeper = start(self._run(), "bt_api_py keeper")

    async def _run(self) -> None:
        try:
            await self._until_idle()
        except asyncio.CancelledError:
            await end(self._tasks)
            await self.transport.close()
            raise
        # What is opened from here on gets a keeper of its own; the transport lets go of its session before it waits.
        self._keeper = None
        await self.transport.close()
        await end(self._tasks)

    async def _until_idle(self) -> None:
        """Look after the venues until there has been nothing to keep for a while."""
        idle_since: float | None = None
        while idle_since is None or self.clock.monotonic() - idle_since < _IDLE_KEPT:
            before = self.clock.now()
            await self.clock.sleep(self._pace())
            slept = self.clock.now() - before
            if slept > _SUSPENDED:
                for venue in self._venues.values():
                    venue.restart(f"this machine was suspended, or too busy, for {slept:.0f} s")
            for venue in self._venues.values():
                venue.tick()
            if not self.is_idle:
                idle_since = None
            elif idle_since is None:
                idle_since = self.clock.monotonic()

    def _pace(self) -> float:
        """Return the seconds between two looks: often enough for the most impatient reader."""
        return min([_TICK, *(venue.shortest_patience / 4 for venue in self._venues.values())])

    async def call(self, work: Coroutine[Any, Any, R]) -> R:
        """Run a REST call; the connection is kept a little while for the next one."""
        self._keep()
        token = Mailbox(_CALL)
        self._boxes[token] = None
        try:
            return await work
        finally:
            del self._boxes[token]

    async def close(self) -> None:
        """End every stream and task, and close every socket."""
        self.is_closing = True
        for box in list(self._boxes):
            box.close()
            self.release(box)
        keeper = self._keeper
        if keeper is not None and not keeper.done():
            await end([keeper])
        self._venues.clear()
        self.is_closing = False

    def health(self) -> dict[str, Any]:
        """Return what is known of every venue, JSON-ready."""
        return {name: venue.health() for name, venue in self._venues.items()}
