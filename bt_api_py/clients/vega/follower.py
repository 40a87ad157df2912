"""One stream of a store and what REST says of the same, joined so that nothing falls between them.

The node reads a stream's snapshot before it attaches the stream's changes, so what happens between is in neither. REST,
asked after the snapshot, knows it; and what the stream tells after that is newer than REST.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from ...clock import Clock
from ...exceptions import BtApiError
from ...exchanges.vega.wire import NAME
from .stream import Listener, VegaStreamError

log = logging.getLogger("bt_api_py.vega")

_IMAGE_WITHIN = 2.0  # seconds; where nothing matches, no snapshot comes at all
_SECOND_LOOK = 1.0  # seconds; REST may be a little behind the streams
_PAUSE = 2.0  # seconds between two tries to read by REST, and between two readings where there is no stream


class Follower(Listener):
    """Takes the messages of one stream in order, and reads by REST whenever the stream begins afresh.

    Attributes:
        is_synced: what is known is what there is.
        was_synced: it was so once.
        rejected: records that could not be used.
    """

    def __init__(
        self,
        field: str,
        enter: Callable[[Any, bool], Awaitable[str]],
        load: Callable[[set[str]], Awaitable[bool]],
        *,
        has_image: bool,
        clock: Clock,
        synced: Callable[[], None],
        failed: Callable[[VegaStreamError], None],
    ) -> None:
        """Make a follower.

        Args:
            field: where messages have their records.
            enter: takes a record (and whether it is of a snapshot) and returns its key.
            load: reads by REST; is told the keys that the stream has told, and returns whether REST missed one.
            has_image: the stream begins with a snapshot.
            synced, failed: told of the first and every later sync, and of errors.
        """
        self.is_synced = False
        self.was_synced = False
        self.rejected = 0
        self._field = field
        self._enter = enter
        self._load = load
        self._has_image = has_image
        self._clock = clock
        self._synced = synced
        self._failed = failed
        self._events: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self._is_too_long = False  # more is there than a stream may begin with, so that REST alone tells it
        self._turn = 0  # which beginning or end of the stream was the last
        self._seen: set[str] = set()

    # What the stream tells

    def opened(self) -> None:
        self._unsync()
        self._events.put_nowait(("opened", {"turn": self._turn}))

    def received(self, result: dict[str, Any]) -> None:
        self._is_too_long = False
        self._events.put_nowait(("message", result))

    def damaged(self, detail: str) -> None:
        self._unsync()
        self._events.put_nowait(("damaged", {"turn": self._turn}))

    def lost(self, cause: str) -> None:
        self._unsync()

    def failed(self, error: VegaStreamError) -> None:
        self._unsync()
        self._is_too_long = error.is_too_long
        if error.is_too_long:
            self._events.put_nowait(("too long", {}))
        self._failed(error)

    def _unsync(self) -> None:
        self._turn += 1
        self.is_synced = False

    # What is made of it

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                async with asyncio.timeout(_PAUSE if self._is_too_long else None):
                    kind, result = await self._events.get()
            except TimeoutError:
                kind, result = "too long", {}
            if kind == "message":
                await self._take(result)
            elif kind == "too long":
                await self._read()
            else:
                if kind == "opened":
                    self._seen.clear()
                await self._join(result["turn"], collect=kind == "opened" and self._has_image)

    async def _read(self) -> None:
        """Read by REST in place of the stream: what is known is as old as the last reading."""
        try:
            await self._load(set())
        except BtApiError as error:
            log.warning("%s %s: cannot be read: %s", NAME, self._field, error)
            return
        self.was_synced = True
        self._synced()

    async def _join(self, turn: int, *, collect: bool) -> None:
        while collect:
            try:
                async with asyncio.timeout(_IMAGE_WITHIN):
                    again = await self._collect()
            except TimeoutError:
                break  # nothing matches
            turn, collect = again or turn, again is not None
        while turn == self._turn:
            try:
                if await self._load(self._seen):
                    await self._clock.sleep(_SECOND_LOOK)
                    await self._load(set())
                break
            except BtApiError as error:
                log.warning("%s %s: cannot be read, trying again: %s", NAME, self._field, error)
                await self._clock.sleep(_PAUSE)
        if turn == self._turn:
            self.is_synced = self.was_synced = True
            self._synced()

    async def _collect(self) -> int | None:
        """Take messages until the snapshot is complete, or changes follow; return the turn of another beginning."""
        while True:
            kind, result = await self._events.get()
            if kind == "opened":
                self._seen.clear()
                turn: int = result["turn"]
                return turn
            if kind == "too long":
                await self._read()
                return None
            if kind == "message" and await self._take(result):
                return None

    async def _take(self, result: dict[str, Any]) -> bool:
        """Enter the records of a message; return whether no more of a snapshot follows."""
        snapshot = result.get("snapshot")
        part = snapshot if isinstance(snapshot, dict) else result.get("updates", result)
        rows = part.get(self._field) if isinstance(part, dict) else None
        for row in rows if isinstance(rows, list) else ():
            try:
                self._seen.add(await self._enter(row, snapshot is not None))
            except BtApiError as error:
                self.rejected += 1
                log.warning("%s %s: a record is left out: %s", NAME, self._field, error)
        return snapshot is None or bool(part.get("lastPage"))
