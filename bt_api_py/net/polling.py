"""Topics that a venue has by REST only: asked for again and again."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from functools import partial
from typing import TYPE_CHECKING, Any

from ..exceptions import BtApiError, DataParseError, InvalidSymbolError, RateLimitError, SubscribeError, WebSocketError
from .carrier import Carrier
from .figures import FigureFeed
from .tasks import end

if TYPE_CHECKING:
    from .feed import Feed
    from .venue import Venue

log = logging.getLogger("bt_api_py.net")

POLLED = "rest"  # the name under which such topics are known, in place of an endpoint's
_SHARE = 0.5  # of a budget that polling may use: the rest is for snapshots and back-fills


class Polling(Carrier):
    """Figures that are asked for one after another, each in its own rhythm, or slower where the budget is small.

    A figure that did not change is not handed out again. After `max_reconnect` failures in a row its stream ends.
    """

    def __init__(self, venue: Venue, number: int) -> None:
        super().__init__(venue, POLLED, f"{venue.name} {POLLED} #{number}")
        self._due: deque[Feed] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._failures: Counter[str] = Counter()  # in a row
        self._calls = 0
        self._last_cause = ""

    @property
    def is_connected(self) -> bool:
        return not any(self._failures.values())

    def add(self, feed: Feed) -> None:
        self.feeds[feed.name] = feed
        feed.subscribed()
        self._ask_soon(feed)

    def remove(self, feed: Feed) -> None:
        self.feeds.pop(feed.name, None)
        self._failures.pop(feed.name, None)

    def _ask_soon(self, feed: Feed) -> None:
        if self.feeds.get(feed.name) is feed:
            self._due.append(feed)
            if self._worker is None:
                self._worker = self.venue.hub.spawn(self._work(), f"{self.label} worker")

    async def _work(self) -> None:
        try:
            while self._due:
                feed = self._due.popleft()
                if self.feeds.get(feed.name) is feed:
                    await self._ask(feed)
                    self.venue.later(self._pause(feed), partial(self._ask_soon, feed))
        finally:
            self._worker = None

    def _pause(self, feed: Feed) -> float:
        exchange, topic = self.venue.exchange, feed.topic
        request = exchange.figure_request(topic.kind, topic.venue_symbol)
        least = len(self.feeds) * request.cost * request.rate.per_s / (request.rate.count * _SHARE)
        return max(exchange.polled[topic.kind], least)

    async def _ask(self, feed: Feed) -> None:
        assert isinstance(feed, FigureFeed), f"{feed.label} cannot be asked for"
        self._calls += 1
        try:
            found = await self.venue.figure(feed.topic)
        except BtApiError as error:
            if self.feeds.get(feed.name) is feed:
                self._fail(feed, error)
            return
        if self.feeds.get(feed.name) is feed:
            self._failures[feed.name] = 0
            feed.answered(found)

    def _fail(self, feed: Feed, error: BtApiError) -> None:
        self._last_cause = str(error)
        self._failures[feed.name] += 1
        count, most = self._failures[feed.name], self.venue.settings.websocket.max_reconnect
        log.info("%s: cannot be asked for: %s", feed.label, error)
        verdict: BtApiError
        if isinstance(error, InvalidSymbolError):
            verdict = InvalidSymbolError(self.venue.name, feed.topic.symbol, error.detail)
        elif not error.retryable and not isinstance(error, (DataParseError, RateLimitError)):
            verdict = feed.error(SubscribeError, f"refused by the venue: {error}")
        elif most is not None and count >= max(most, 1):
            verdict = feed.error(WebSocketError, f"gave up after {count} failed calls; the last: {error}")
        else:
            return
        verdict.__cause__ = error
        self.venue.fail(feed, verdict)

    async def close(self) -> None:
        if self._worker is not None:
            await end([self._worker])

    def health(self) -> dict[str, Any]:
        return {
            "endpoint": self.endpoint_name,
            "topics": len(self.feeds),
            "connected": self.is_connected,
            "calls": self._calls,
            "rejected": 0,  # counted with the venue's other calls
            "failures_in_a_row": max(self._failures.values(), default=0),
            "last_cause": self._last_cause,
        }
