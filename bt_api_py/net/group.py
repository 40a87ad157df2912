"""One reader of many topics: what comes on any of them is handed on at once, without a queue or a task for each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from .carrier import Carrier
from .feed import Feed
from .hub import Hub
from .stream import Mailbox, StreamEvent, Wish


class Listener(Protocol):
    """What a group tells its reader.

    All of it is called while a socket is being read, so it must be quick, and must not raise.
    """

    def take(self, part: Part, item: Any) -> None:
        """Take an object of a topic."""

    def note(self, part: Part, event: StreamEvent) -> None:
        """Note what happened to a topic; the first event is ``connected``, once the venue serves it."""

    def ended(self, part: Part, error: BaseException | None) -> None:
        """A topic ended: with an error, or because the gateway was closed."""


class Part(Mailbox):
    """One topic of a group. The name of its market, as its reader writes it, is `wish.symbol`."""

    __slots__ = ("_listener",)

    def __init__(self, wish: Wish, listener: Listener) -> None:
        super().__init__(wish)
        self._listener = listener

    def push(self, item: Any) -> None:
        if not self.is_closed and self.error is None:
            self.entered += 1
            self._listener.take(self, item)

    def push_event(self, event: StreamEvent) -> None:
        if not self.is_closed and self.error is None:
            self._listener.note(self, event)

    def fail(self, error: BaseException) -> None:
        if self.error is None and not self.is_closed:
            super().fail(error)
            if self._owner is not None:
                self._owner.release(self)
            self._listener.ended(self, error)

    def close(self) -> None:
        if not self.is_closed:
            super().close()
            if self.error is None:
                self._listener.ended(self, None)


class Group:
    """Many topics of one exchange that are opened, read and closed together; one that fails leaves the others be."""

    def __init__(self, hub: Hub, wishes: Iterable[Wish], listener: Listener) -> None:
        self.parts = [Part(wish, listener) for wish in wishes]
        self._hub = hub
        self._carriers: dict[Carrier, None] = {}  # that brought these topics at some time

    def open(self) -> None:
        """Begin."""
        for part in self.parts:
            part.attach(self._hub)
        self._hub.open(*self.parts)

    def close(self) -> None:
        """Give every topic back."""
        self._note_carriers()
        for part in self.parts:
            part.close()
            self._hub.release(part)

    @property
    def rejected(self) -> int:
        """Records of these topics that could not be used, and frames of their connections that nobody could read."""
        self._note_carriers()
        return sum(carrier.unreadable for carrier in self._carriers) + sum(part.rejected for part in self.parts)

    def _note_carriers(self) -> None:
        for part in self.parts:
            if isinstance(part.source, Feed):
                self._carriers[part.source.session] = None
