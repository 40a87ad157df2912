"""What brings the records of topics: sockets (`session.py`), or REST calls that are repeated (`polling.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .feed import Feed
    from .leg import Leg
    from .venue import Venue


class Carrier:
    """Topics that come by one way. What a way does not know of (sockets, subscriptions) it leaves undone."""

    is_doubled = False  # whether records come more than once: read for each of them

    def __init__(self, venue: Venue, endpoint_name: str, label: str, *, raw: bool = False) -> None:
        self.venue = venue
        self.endpoint_name = endpoint_name
        self.label = label
        self.raw = raw
        self.feeds: dict[str, Feed] = {}
        self.unreadable = 0  # frames of which nobody can say which topic they are about

    @property
    def is_connected(self) -> bool:
        """Whether records can come now."""
        raise NotImplementedError

    @property
    def silence(self) -> float | None:
        """Seconds since anything was heard, ``None`` while nothing can be."""
        return None

    @property
    def is_sending(self) -> bool:
        """Whether commands wait for their turn."""
        return False

    @property
    def has_room(self) -> bool:
        """Whether another topic fits."""
        return True

    def serves(self, name: str) -> bool:
        """Whether the venue has agreed to bring this topic, and can do so now."""
        return name in self.feeds

    def add(self, feed: Feed) -> None:
        """Take a feed on."""
        raise NotImplementedError

    def remove(self, feed: Feed) -> None:
        """Give a feed back."""
        raise NotImplementedError

    def resubscribe(self, name: str, leg: Leg | None = None) -> None:
        """Ask for a topic anew."""

    def ask_snapshot(self, name: str) -> None:
        """Ask for a book's first state."""

    def restart(self, cause: str) -> None:
        """Begin again after something that every topic suffered from."""

    def tick(self) -> None:
        """Look at what only time can tell; called about once a second."""

    async def close(self) -> None:
        """End everything."""
        raise NotImplementedError

    def health(self) -> dict[str, Any]:
        """Return what is known of this way, JSON-ready."""
        raise NotImplementedError
