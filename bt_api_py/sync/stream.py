"""Streams as plain iterators."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Generic, Self, TypeVar

from ..exceptions import StreamUsageError
from ..net import stream as net
from .background import Background

T = TypeVar("T")

_AT_ONCE = 100  # items that are handed over together when so many wait


class Stream(Iterator[T], Generic[T]):
    """Items of one subscription: an iterator and a context manager; see `bt_api_py.Stream`.

    ``break``, an exception or Ctrl-C loses no item: a stream with a name may be read on. `close`, ``with`` or dropping
    the last reference gives the subscription back. One thread reads at a time.
    """

    def __init__(self, stream: net.Stream[T], background: Background) -> None:
        self._stream = stream
        self._background = background
        self._ready: deque[T] = deque()
        self._turn = asyncio.Lock()
        self._reading = threading.RLock()  # which a thread that Ctrl-C stopped at the wrong moment may take again

    @property
    def stats(self) -> net.StreamStats:
        """Counters and state; up to 100 items that are on their way to the reader count as delivered."""
        return self._stream.stats

    def __next__(self) -> T:
        """Return the next item; the end of the stream ends the iteration.

        Raises:
            StreamUsageError: another thread is waiting for an item.
            BtApiError: as `bt_api_py.Stream` does.
        """
        return self._take(None)

    def get(self, timeout: float | None = None) -> T:
        """Return the next item, or raise when it does not come in time.

        Args:
            timeout: seconds; ``None`` for as long as it takes.

        Raises:
            TimeoutError: nothing came; the stream goes on.
            StreamUsageError: the stream has ended, or another thread is waiting for an item.
            BtApiError: as `bt_api_py.Stream` does.
        """
        try:
            return self._take(timeout)
        except StopIteration:
            raise StreamUsageError(f"{self!r} has ended; open a new one") from None

    def _take(self, timeout: float | None) -> T:
        if not self._reading.acquire(blocking=False):
            raise StreamUsageError(f"{self!r}: another thread is already waiting for the next item")
        try:
            if not self._ready:
                self._fill(timeout)
            if not self._ready:
                raise StopIteration
            return self._ready.popleft()
        finally:
            self._reading.release()

    def _fill(self, timeout: float | None) -> None:
        try:
            self._background.call(_hand_over, self._stream, self._ready, self._turn, timeout)
        except TimeoutError:
            raise TimeoutError(f"{self!r}: nothing came within {timeout:g} s") from None
        except StreamUsageError:
            if self._background.is_open:
                raise
            # The BtApi was closed, and the stream has ended with it.

    def close(self) -> None:
        """Give the subscription back; a thread that waits for an item sees the end of the stream."""
        if self._background.is_open:
            self._background.call(self._stream.aclose)
        self._ready.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._stream)


async def _hand_over(stream: net.Stream[T], ready: deque[T], turn: asyncio.Lock, timeout: float | None) -> None:
    """Wait for an item; put it, and others that wait behind it, where the reader looks.

    An item is there as soon as it has left the stream, so a reader who gave up meanwhile finds it with the next look.
    One who was stopped while giving up may have left a hand-over behind, which keeps its turn until the item has come.
    """
    try:
        async with asyncio.timeout(timeout), turn:
            if not ready:
                ready.append(await anext(stream))
    except StopAsyncIteration:
        return
    while stream.stats.queued and len(ready) < _AT_ONCE:
        ready.append(await anext(stream))
