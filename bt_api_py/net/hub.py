"""What one program opens on one event loop: venues, tasks, and those who watch. Everything ends here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ..clock import Clock
from ..exceptions import BtApiError, WebSocketError
from ..exchanges.base import Exchange
from .stream import Mailbox, StreamEvent, Wish
from .transport import AiohttpTransport, Transport
from .venue import Venue

log = logging.getLogger("bt_api_py.net")

R = TypeVar("R")

_CALL = Wish(exchange="", kind="call")  # stands for a REST call among those who keep the hub open
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
        self.transport: Transport = transport or AiohttpTransport()
        self.is_closing = False
        self._make_exchange = make_exchange
        self._loop = asyncio.get_running_loop()
        self._venues: dict[str, Venue] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._watchers: list[Mailbox] = []
        self._boxes: dict[Mailbox, Venue | None] = {}
        self._keeper: asyncio.Task[None] | None = None
        self._released = asyncio.Event()

    # For streams

    def open(self, box: Mailbox) -> None:
        """Begin to fill a box; what goes wrong reaches its reader."""
        self._keep()
        if box.wish.kind == "status":
            box.state = "live"
            self._boxes[box] = None
            self._watchers.append(box)
            return
        venue = self.venue(box.wish.exchange)
        self._boxes[box] = venue
        self.spawn(self._open(venue, box), f"{box.wish.label} opening")

    async def _open(self, venue: Venue, box: Mailbox) -> None:
        try:
            await venue.open(box)
        except BtApiError as error:
            box.fail(error)
        except Exception as error:
            # A reader must never wait for something that has already failed, whatever it was.
            log.exception("%s: cannot be opened", box.wish.label)
            wrapped = WebSocketError(box.wish.label, f"cannot be opened: {error!r}")
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
        self._released.set()

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
        task = self._loop.create_task(work, name=name)
        # A loop that is closed without being asked to end its tasks would report each of them as forgotten, although
        # the program was told nothing of them; the sockets are closed by the transport all the same.
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def note_release(self) -> None:
        """Something was given back: perhaps nothing is left to keep."""
        self._released.set()

    # Life

    @property
    def is_idle(self) -> bool:
        """Whether nobody reads and nothing is connected."""
        return not self._boxes and not any(venue.feeds or venue.sessions for venue in self._venues.values())

    def _keep(self) -> None:
        if self._keeper is None or self._keeper.done():
            self._keeper = self._loop.create_task(self._run(), name="bt_api_py keeper")
            self._keeper._log_destroy_pending = False  # type: ignore[attr-defined]  # as in spawn

    async def _run(self) -> None:
        try:
            while True:
                self._released.clear()
                try:
                    async with asyncio.timeout(_TICK):
                        await self._released.wait()
                except TimeoutError:
                    for venue in self._venues.values():
                        venue.tick()
                if self.is_idle:
                    break
        finally:
            await self._end()

    async def _end(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.transport.close()

    async def call(self, work: Coroutine[Any, Any, R]) -> R:
        """Run a REST call; the transport is closed behind it when nothing else needs it."""
        self._keep()
        token = Mailbox(_CALL)
        self._boxes[token] = None
        try:
            return await work
        finally:
            del self._boxes[token]
            self._released.set()

    async def close(self) -> None:
        """End every stream and task, and close every socket."""
        self.is_closing = True
        for box in list(self._boxes):
            box.close()
            self.release(box)
        keeper = self._keeper
        if keeper is not None and not keeper.done():
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        self._venues.clear()
        self.is_closing = False

    def health(self) -> dict[str, Any]:
        """Return what is known of every venue, JSON-ready."""
        return {name: venue.health() for name, venue in self._venues.items()}
