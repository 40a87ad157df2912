"""What a subject tells of the messages that it has read, and what is measured from that."""

from __future__ import annotations

import asyncio
import resource
import time
from typing import Any

_WARM = 0.1  # of the messages, before the clocks start


def _now() -> tuple[float, float, int]:
    """Return processor and wall time in seconds, and how often the process has waited for something."""
    return time.process_time(), time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw


class Reader:
    """One who reads messages: takes their three fields, as a program would that does something with them."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._mark = meter.warm
        self._total = 0.0
        self.seen = 0
        self.times: list[int] | None = [] if meter.with_times else None  # when each was read, monotonic nanoseconds

    def look(self, a: float, b: float, c: float) -> None:
        """Take three fields."""
        self._total += a + b + c

    def reach(self, number: int) -> None:
        """Note that all messages up to one have been read, or left out as outdated."""
        self.seen = number
        if self.seen >= self._mark:
            self._mark = self._meter.reached()

    def note(self, a: float, b: float, c: float) -> None:
        """Take the fields of one message and count it."""
        self._total += a + b + c
        self.seen += 1
        if self.times is not None:
            self.times.append(time.monotonic_ns())
        if self.seen == self._mark:
            self._mark = self._meter.reached()


class Meter:
    """Takes processor and wall time from the moment one reader is warm until all have read everything."""

    def __init__(self, count: int, *, with_times: bool) -> None:
        self.count = count
        self.warm = int(count * _WARM)
        self.with_times = with_times
        self.readers: list[Reader] = []
        self.done: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._began: tuple[float, float, int] | None = None

    def reader(self) -> Reader:
        """Return one more reader."""
        self.readers.append(Reader(self))
        return self.readers[-1]

    def reached(self) -> int:
        """Note that a reader has reached a mark, and return the next one."""
        if self._began is None:
            self._began = _now()
        elif all(reader.seen == self.count for reader in self.readers):
            cpu, wall, waits = (now - then for now, then in zip(_now(), self._began, strict=True))
            messages = self.count - self.warm
            self.done.set_result(
                {"cpu_us": cpu / messages * 1e6, "wall_us": wall / messages * 1e6, "waits": waits / messages}
            )
        return self.count
