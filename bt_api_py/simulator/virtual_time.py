"""Virtual time: an event loop whose clock leaps to the next thing to do, so that hours take seconds.

No wall clock is read and nothing is waited for, so a run depends on its seed alone.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from random import Random
from typing import Any

EPOCH_S = 1_795_219_200.0  # where virtual time begins, in seconds since 1970 UTC: a midnight
_MOST_TURNS = 1_000_000  # of the loop at one moment: more than that is a circle that time never leaves
_SHUFFLED_SHARE = 0.2  # part of the turns whose tasks run in another order
RESOLUTION_S = 1e-7  # times that are this close are one
_LATENESS_S = 0.001  # by which a sleeper wakes too late at most, as on a busy machine


class StuckError(RuntimeError):
    """Nothing is left to wait for, or tasks keep each other busy without end at one moment."""


class _NoNetwork(selectors.BaseSelector):
    """Stands where an event loop waits for sockets: there are none, so waiting is a leap in time."""

    def __init__(self) -> None:
        self.loop: VirtualLoop | None = None
        self._keys: dict[int, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        number = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        key = self._keys[number] = selectors.SelectorKey(fileobj, number, events, data)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj if isinstance(fileobj, int) else fileobj.fileno())

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self.loop is not None:
            self.loop.pass_time(timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time.

    When no task can run, the clock leaps to the next timer. Tasks that could run in the same turn do so in an order
    drawn from the seed now and then: nothing may depend on it.

    Raises:
        StuckError: from whatever runs the loop, when there is neither a task to run nor a timer to wait for.
    """

    def __init__(self, seed: int = 0) -> None:
        self._virtual = 0.0
        self._turns = 0
        self._chance = Random(f"order/{seed}")
        selector = _NoNetwork()
        super().__init__(selector)
        # Coarser than the last digit of a time after years: a timer that is due must count as due.
        self._clock_resolution = RESOLUTION_S
        selector.loop = self

    def time(self) -> float:
        """Return the virtual seconds since the loop was made."""
        return self._virtual

    def pass_time(self, timeout: float | None) -> None:
        """Leap by that many seconds; ``None``: there is no timer."""
        if timeout is None:
            raise StuckError("nothing is left to wait for: a task waits for something that never comes")
        if timeout > 0:
            self._virtual += timeout
            self._turns = 0
            return
        self._turns += 1
        if self._turns > _MOST_TURNS:
            self._turns = 0  # what is left to be closed gets its turns
            raise StuckError(f"{_MOST_TURNS} turns without time passing: tasks keep each other busy")
        if self._chance.random() < _SHUFFLED_SHARE:
            self._shuffle()

    def _shuffle(self) -> None:
        """Let the tasks that are ready run in another order; plain callbacks keep their places."""
        ready = self._ready  # type: ignore[attr-defined]
        handles = list(ready)
        places = [
            place
            for place, handle in enumerate(handles)
            if isinstance(getattr(handle._callback, "__self__", None), asyncio.Task)
        ]
        if len(places) < 2:
            return
        chosen = [handles[place] for place in places]
        self._chance.shuffle(chosen)
        for place, handle in zip(places, chosen, strict=True):
            handles[place] = handle
        ready.clear()
        ready.extend(handles)

    def _write_to_self(self) -> None:
        """Do nothing: the loop never sleeps, so nobody has to wake it."""


class VirtualClock:
    """Time and chance of one run, for both sides of a connection; see `bt_api_py.clock.Clock`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seed: int = 0) -> None:
        self._loop = loop
        self._chance = Random(f"clock/{seed}")
        self.random = self._chance.random

    def now(self) -> float:
        """Return seconds since 1970 UTC."""
        return EPOCH_S + self._loop.time()

    def monotonic(self) -> float:
        """Return the seconds since the run began."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Wait in virtual time, and a little longer, as on a real machine."""
        await asyncio.sleep(seconds + _LATENESS_S * self.random() if seconds > 0 else 0)
