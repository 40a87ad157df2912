"""What the local copies share: they are opened and given back like a stream, and say whether they can be trusted."""

from __future__ import annotations

import asyncio
import logging
from asyncio import get_running_loop
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from ..exceptions import StreamUsageError
from ..net.stream import Mailbox, Owner, State, Wish, give_back

log = logging.getLogger("bt_api_py.stores")


class Watch(Mailbox):
    """A box that queues nothing: it tells everybody who waits that something happened behind it."""

    __slots__ = ("_happened", "_state", "version")

    wants_copies = False

    def __init__(self, wish: Wish) -> None:
        self._happened = asyncio.Event()
        self._state: State = "connecting"
        self.version = 0  # how much has happened
        super().__init__(wish)

    @property
    def state(self) -> State:
        """As a stream has it."""
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        if state != self._state:
            self._state = state
            self.wake()

    def push(self, item: Any) -> None:
        """Take an object."""
        self.wake()

    def wake(self) -> None:
        """Let everybody who waits look again."""
        self.version += 1
        self._happened.set()  # wakes those who wait now
        self._happened.clear()

    async def beyond(self, version: int) -> None:
        """Wait until more than that has happened."""
        while self.version == version:
            await self._happened.wait()


class LocalCopy:
    """A part of a venue's state, kept by its feed and readable at any moment, in the event loop that keeps it.

    ``async with``, `start` or `wait_live` opens it. ``async with``, `aclose` or dropping the last reference gives it
    back.
    """

    def __init__(self, box: Watch, owner_for_loop: Callable[[], Owner]) -> None:
        self._box = box
        self._owner_for_loop = owner_for_loop
        self._owner: Owner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def state(self) -> State:
        """``connecting``, ``live``, ``stale``, ``resyncing``, ``closed`` or ``failed``."""
        return self._box.state

    @property
    def is_live(self) -> bool:
        """Whether it can be trusted now. ``False`` from the moment at which a loss or a fault is known."""
        return self._box.state == "live"

    async def start(self) -> None:
        """Begin to fill it, without waiting; once is enough.

        Raises:
            StreamUsageError: it was closed, or it belongs to another event loop.
            BtApiError: it has failed before; as `wait_live`.
        """
        self._check_loop()
        if self._owner is None and not self._box.is_closed:
            owner = self._owner_for_loop()
            self._box.attach(owner)
            owner.open(self._box)
            self._owner, self._loop = owner, get_running_loop()
        self._check_open()

    async def wait_live(self, timeout: float | None = None) -> None:
        """Wait until it can be trusted; begin to fill it if nobody has.

        Args:
            timeout: seconds; ``None`` for as long as it takes.

        Raises:
            TimeoutError: not within `timeout`; it goes on trying.
            StreamUsageError: it is closed, or it belongs to another event loop.
            WebSocketError: reconnecting gave up.
            AuthenticationError, InvalidSymbolError, SubscribeError: the venue refuses; trying again does not help.
        """
        await self.start()
        try:
            async with asyncio.timeout(timeout):
                while not self.is_live:
                    self._check_open()
                    await self._box.beyond(self._box.version)
        except TimeoutError:
            raise TimeoutError(f"{self._label}: not live within {timeout:g} s, still {self.state}") from None

    async def aclose(self) -> None:
        """Give it back; whoever waits for it is told."""
        self._check_loop()
        self._release()

    def _release(self) -> None:
        owner, self._owner = self._owner, None
        if owner is not None:
            give_back(owner, self._box)
        else:
            self._box.close()

    def _check_loop(self) -> None:
        if self._loop is not None and self._loop is not get_running_loop():
            raise StreamUsageError(f"{self._label}: it belongs to another event loop; use it there, or open a new one")

    def _check_open(self) -> None:
        """Raise what ended it, or keeps it from being read at all."""
        error = self._box.error
        if error is not None:
            self._release()
            raise error
        if self._box.is_closed:
            raise StreamUsageError(f"{self._label}: it is closed; open a new one")
        if self._owner is None:
            raise StreamUsageError(f"{self._label}: it is not open yet; use `async with` or wait_live()")

    @property
    def _label(self) -> str:
        return self._box.wish.label

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        # The collector may run in any thread, so the loop is asked to do the work.
        owner, loop = getattr(self, "_owner", None), getattr(self, "_loop", None)
        if owner is not None and loop is not None and not loop.is_closed():
            try:
                loop.call_soon_threadsafe(give_back, owner, self._box)
            except RuntimeError:
                log.debug("%s: the event loop closed before it was given back", self._label)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._label} {self.state}>"
