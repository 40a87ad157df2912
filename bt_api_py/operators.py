"""Small tools around streams. Each closes what it wraps when it is closed itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from .exceptions import ConfigurationError
from .net.stream import Stream

T = TypeVar("T")


class _Operator(AsyncIterator[T], Generic[T]):
    """What all operators share: an async iterator and an async context manager over one or several streams."""

    def __init__(self, *streams: Stream[Any]) -> None:
        self._streams = streams

    def __aiter__(self) -> Self:
        return self

    async def aclose(self) -> None:
        """Close the streams."""
        for stream in self._streams:
            await stream.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class _Reader(Generic[T]):
    """Reads one item ahead of a stream without losing it when the caller is cancelled."""

    def __init__(self, stream: Stream[T]) -> None:
        self.stream = stream
        self._task: asyncio.Task[T] | None = None

    def task(self) -> asyncio.Task[T]:
        """Return the task that waits for the next item."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._next())
            # Whoever left may never ask how it ended.
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._task

    async def _next(self) -> T:
        return await self.stream.__anext__()

    def take(self) -> T:
        """Return the item of a finished task."""
        task, self._task = self._task, None
        assert task is not None
        return task.result()

    async def close(self) -> None:
        """End the task, then the stream."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self.stream.aclose()


class _Merged(_Operator[T]):
    def __init__(self, *streams: Stream[T]) -> None:
        super().__init__(*streams)
        self._readers = [_Reader(stream) for stream in streams]

    async def __anext__(self) -> T:
        while self._readers:
            tasks = {reader.task(): reader for reader in self._readers}
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            # One item per call: the others stay in their finished tasks.
            reader = next(reader for task, reader in tasks.items() if task in done)
            self._readers.remove(reader)
            try:
                item = reader.take()
            except StopAsyncIteration:
                continue
            self._readers.append(reader)  # last in turn, so that a busy stream does not starve the others
            return item
        raise StopAsyncIteration

    async def aclose(self) -> None:
        for reader in self._readers:
            await reader.close()
        self._readers.clear()
        await super().aclose()


def merge(*streams: Stream[T]) -> _Merged[T]:
    """Return one iterator over the items of several streams, as they come and in turn.

    It ends when all have ended; an error of one stream is raised, and the others may be read on.
    """
    return _Merged(*streams)


class _Batched(_Operator[list[T]]):
    def __init__(self, stream: Stream[T], size: int, timeout: float | None) -> None:
        super().__init__(stream)
        self._reader = _Reader(stream)
        self._size = size
        self._timeout = timeout
        self._items: list[T] = []
        self._error: BaseException | None = None

    async def __anext__(self) -> list[T]:
        loop = asyncio.get_running_loop()
        deadline: float | None = None
        while self._error is None and len(self._items) < self._size:
            if self._items and deadline is None and self._timeout is not None:
                deadline = loop.time() + self._timeout
            left = None if deadline is None else max(0.0, deadline - loop.time())
            done, _ = await asyncio.wait({self._reader.task()}, timeout=left)
            if not done:
                break
            try:
                self._items.append(self._reader.take())
            except (StopAsyncIteration, Exception) as error:
                self._error = error
        if self._items:
            items, self._items = self._items, []
            return items
        error_found = self._error
        assert error_found is not None
        self._error = StopAsyncIteration()
        raise error_found

    async def aclose(self) -> None:
        await self._reader.close()


def batch(stream: Stream[T], size: int, timeout: float | None = None) -> _Batched[T]:
    """Return lists of up to `size` items; a started list is handed out after `timeout` seconds at the latest.

    Items that came before an error are handed out first.

    Raises:
        ConfigurationError: a size below 1 or a timeout that is not above 0.
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ConfigurationError(f"size must be a whole number of at least 1, not {size!r}")
    _check_seconds("timeout", timeout)
    return _Batched(stream, size, timeout)


class _Latest(_Operator[T]):
    def __init__(self, stream: Stream[T]) -> None:
        super().__init__(stream)
        self._stream = stream

    async def __anext__(self) -> T:
        item = await self._stream.__anext__()
        while self._stream.stats.queued:
            item = await self._stream.__anext__()
        return item


def latest(stream: Stream[T]) -> _Latest[T]:
    """Return the newest item whenever the reader asks; older ones that wait are skipped."""
    return _Latest(stream)


class _Throttled(_Operator[T]):
    def __init__(self, stream: Stream[T], interval: float, sleep: Callable[[float], Any]) -> None:
        super().__init__(stream)
        self._newest = _Latest(stream)
        self._interval = interval
        self._sleep = sleep
        self._ready_at = 0.0

    async def __anext__(self) -> T:
        loop = asyncio.get_running_loop()
        wait = self._ready_at - loop.time()
        if wait > 0:
            await self._sleep(wait)
        item = await self._newest.__anext__()
        self._ready_at = loop.time() + self._interval
        return item


def throttle(stream: Stream[T], interval: float) -> _Throttled[T]:
    """Return at most one item in `interval` seconds, always the newest.

    Raises:
        ConfigurationError: an interval that is not above 0.
    """
    _check_seconds("interval", interval)
    return _Throttled(stream, interval, asyncio.sleep)


def _check_seconds(name: str, value: float | None) -> None:
    if value is None and name == "timeout":
        return
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise ConfigurationError(f"{name} must be seconds above 0, not {value!r}")
