"""What the live views show, gathered as it arrives and free of any rendering."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from .. import StreamEvent

RATE_WINDOW = 5.0  # seconds over which items per second are counted


class Board:
    """The latest objects of a set of streams, by a key such as the symbol."""

    def __init__(self, *, recent: int = 20, events: int = 6, clock: Callable[[], float] = time.monotonic) -> None:
        """Start empty.

        Args:
            recent: how many objects are remembered, over all keys.
            events: how many lines about connections are remembered.
            clock: seconds that only grow.
        """
        self.latest: dict[str, Any] = {}
        self.recent: deque[Any] = deque(maxlen=recent)
        self.events: deque[str] = deque(maxlen=events)
        self.errors: dict[str, str] = {}
        self.items = 0
        self._clock = clock
        self._arrivals: dict[str, deque[float]] = {}

    def put(self, key: str, item: Any) -> None:
        """Take one object."""
        self.items += 1
        self.latest[key] = item
        self.recent.append(item)
        self._arrivals.setdefault(key, deque(maxlen=10_000)).append(self._clock())

    def rate(self, key: str) -> float:
        """Return the items per second over the last seconds."""
        arrivals = self._arrivals.get(key)
        if not arrivals:
            return 0.0
        oldest = self._clock() - RATE_WINDOW
        while arrivals and arrivals[0] < oldest:
            arrivals.popleft()
        return len(arrivals) / RATE_WINDOW

    def age(self, key: str) -> float | None:
        """Return the seconds since the latest object; ``None`` before the first."""
        arrivals = self._arrivals.get(key)
        return self._clock() - arrivals[-1] if arrivals else None

    def note(self, event: StreamEvent) -> None:
        """Take one event."""
        self.events.append(event_line(event))


def event_line(event: StreamEvent) -> str:
    """Return an event as one line: time of day (UTC), kind, where, why, what is missing and whether it was filled."""
    clock = time.strftime("%H:%M:%S", time.gmtime(event.timestamp / 1000))
    where = " ".join(part for part in (event.exchange, event.topic, event.symbol) if part)
    if event.cause.startswith(where):
        where = ""  # the cause says it
    details = [event.cause] if event.cause else []
    if event.count is not None:
        details.append(f"{event.count} items")
    if event.from_id is not None:
        details.append(f"ids {event.from_id} to {event.to_id}")
    if event.filled:
        details.append("filled")
    return f"{clock} {event.kind:<12} {where}{': ' if where and details else ''}{', '.join(details)}"
