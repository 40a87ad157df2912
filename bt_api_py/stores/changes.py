"""Those who follow the changes of a local copy, each with a queue of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..clock import Clock
from ..exceptions import BtApiError
from ..net.stream import Mailbox, Stream, StreamEvent, Wish

KEPT = 10_000  # changes that wait for a slow reader; then the oldest go, and the copy itself is still right


class Changes:
    """Hands every change of a local copy to all who read them.

    Args:
        wish: what a reader is called in messages.
        check: raises when the copy cannot be followed now, or not from here.
    """

    def __init__(self, wish: Wish, clock: Clock, check: Callable[[], None]) -> None:
        self._wish = wish
        self._clock = clock
        self._check = check
        self._boxes: dict[Mailbox, None] = {}

    def stream(self) -> Stream[Any]:
        """Return what one reader iterates; it begins with the first change after the first look."""
        return Stream(self._wish, self._owner)

    def _owner(self) -> Changes:
        self._check()
        return self

    def push(self, change: Any) -> None:
        """Hand out a change."""
        for box in self._boxes:
            box.push(change)

    def end(self, error: BtApiError | None = None) -> None:
        """End every reader, with an error if there is one."""
        boxes, self._boxes = self._boxes, {}
        for box in boxes:
            if error is None:
                box.close()
            else:
                box.fail(error)

    # What a stream asks of its owner

    def open(self, box: Mailbox) -> None:
        """Begin to fill a box."""
        box.state = "live"
        self._boxes[box] = None

    def release(self, box: Mailbox) -> None:
        """Stop filling it."""
        self._boxes = {other: None for other in self._boxes if other is not box}

    def tell(self, event: StreamEvent) -> None:
        """Nobody watches; what a reader lost is counted in its own `stats`."""

    def monotonic(self) -> float:
        """Return the clock of ages."""
        return self._clock.monotonic()

    def now_ms(self) -> int:
        """Return the time of day in milliseconds."""
        return int(self._clock.now() * 1000)
