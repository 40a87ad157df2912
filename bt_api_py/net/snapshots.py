"""First states of books that are fetched by REST: mended books before new ones, a few at a time."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any

from ..exceptions import BtApiError, WebSocketError

if TYPE_CHECKING:
    from .books import BookFeed
    from .venue import Venue

_AT_ONCE = 4


class SnapshotQueue:
    """Asks for one snapshot after another, inside the venue's budget, which all calls share.

    A book that readers already had goes first: they wait for something they relied on.
    """

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._waiting: list[tuple[bool, int, BookFeed, int]] = []
        self._order = count()
        self._workers = 0
        self.fetched = 0

    def ask(self, feed: BookFeed, generation: int) -> None:
        """Fetch the first state of a book when its turn has come."""
        heappush(self._waiting, (not feed.is_urgent, next(self._order), feed, generation))
        if self._workers < _AT_ONCE:
            self._workers += 1
            self._venue.hub.spawn(self._work(), f"{self._venue.name} snapshots")

    async def _work(self) -> None:
        try:
            while self._waiting:
                _, _, feed, generation = heappop(self._waiting)
                if feed.awaits_snapshot(generation):
                    await self._fetch(feed, generation)
        finally:
            self._workers -= 1

    async def _fetch(self, feed: BookFeed, generation: int) -> None:
        venue = self._venue
        request = venue.exchange.book_request(feed.topic.venue_symbol, feed.snapshot_levels())
        try:
            rows = await venue.rest.fetch(request, feed.topic)
        except BtApiError as error:
            feed.snapshot_failed(error, generation)
            return
        self.fetched += 1
        if rows:
            feed.take_snapshot(rows[0], generation)
        else:
            feed.snapshot_failed(feed.error(WebSocketError, "the venue sent an unusable snapshot"), generation)

    def health(self) -> dict[str, Any]:
        """Return how far it is, JSON-ready."""
        return {"waiting": len(self._waiting), "fetching": self._workers, "fetched": self.fetched}
