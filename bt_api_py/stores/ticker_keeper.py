"""Keeps the tickers of some markets: listens to the feed, and has REST asked for what the feed has not told."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..containers import TickerData
from ..containers.base import Topic
from ..exceptions import BtApiError, WebSocketError
from ..net.group import Group, Part
from ..net.stream import StreamEvent, Wish
from ..net.tasks import end
from ..net.venue import Venue
from .filler import Filler, Offer
from .merge import Merge, Moment

log = logging.getLogger("bt_api_py.stores")


@dataclass(frozen=True, slots=True)
class TickerMapStats:
    """What a `TickerMap` holds, and how it came by it.

    Attributes:
        markets: how many are wanted.
        current: of these, how many have a value that the open feed keeps up to date.
        stale: how many have a value that may be out of date.
        frames: values that the feed brought.
        rejected: records and frames of its connections that could not be used.
        rest_requests: calls that were made.
        filled_by_rest, filled_by_feed: missing or stale values that either side replaced.
        late: values of an answer for which the feed had already brought newer ones.
        outdated: values of an answer that was asked for before the feed was open as it is now; thrown away.
        reconnects: losses of a connection; of several connections, those of the worst.
    """

    markets: int = 0
    current: int = 0
    stale: int = 0
    frames: int = 0
    rejected: int = 0
    rest_requests: int = 0
    filled_by_rest: int = 0
    filled_by_feed: int = 0
    late: int = 0
    outdated: int = 0
    reconnects: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return everything by name, JSON-ready."""
        return asdict(self)


class TickerKeeper:
    """One run of a `TickerMap`, from its start to its end.

    Args:
        markets: the venue's symbol of each market, by the name under which it is kept.
        offer, interval: how REST is asked.
        changed: is handed every new value.
        ended: is told that all is over: with an error, or because the gateway was closed.

    Attributes:
        merge: what is known.
        refused: the markets that the venue does not serve, and what it said.
        error: why it ended.
        is_over: whether it ended.
    """

    def __init__(
        self,
        venue: Venue,
        markets: Mapping[str, str],
        offer: Offer,
        *,
        interval: float,
        changed: Callable[[str, TickerData], None],
        ended: Callable[[BtApiError | None], None],
    ) -> None:
        self.merge: Merge[str, TickerData] = Merge(markets)
        self.refused: dict[str, BtApiError] = {}
        self.error: BtApiError | None = None
        self.is_over = False
        self._venue = venue
        self._changed = changed
        self._ended = ended
        self._by_venue = {venue_symbol: key for key, venue_symbol in markets.items()}
        self._serving: dict[str, bool] = {}  # whose feed is open
        self._losses: Counter[str] = Counter()
        self._group = Group(venue.hub, (Wish(exchange=venue.name, kind="ticker", symbol=key) for key in markets), self)
        self._parts = {part.wish.symbol: part for part in self._group.parts}
        self._task: asyncio.Task[None] | None = None
        self.filler = Filler(
            venue,
            self.merge,
            offer,
            markets,
            interval=interval,
            topic_of=self._topic_of,
            key_of=self.key_of,
            filled=self._filled,
        )

    def key_of(self, symbol: str) -> str | None:
        """Return the name under which a market is kept; the symbol may be written in any way."""
        if symbol in self._parts:
            return symbol
        key = self._by_venue.get(symbol)
        if key is not None:
            return key
        table = self._venue.known_markets
        market = table.get(symbol) if table is not None else None
        guess = market.get_venue_symbol() if market is not None else self._venue.exchange.symbols.guess(symbol)
        return None if guess is None else self._by_venue.get(guess)

    def stats(self) -> TickerMapStats:
        """Return the counters as of now."""
        merge, counts = self.merge, self.merge.counts
        stale = sum(entry.stale for key in merge if (entry := merge.get(key)) is not None)
        return TickerMapStats(
            markets=len(merge.keys or ()),
            current=len(merge) - stale,
            stale=stale,
            frames=counts.fed,
            rejected=self._group.rejected,
            rest_requests=counts.asked,
            filled_by_rest=counts.filled_by_rest,
            filled_by_feed=counts.filled_by_feed,
            late=counts.late,
            outdated=counts.outdated,
            reconnects=max(self._losses.values(), default=0),
        )

    # Life

    def open(self) -> None:
        """Begin."""
        self._group.open()
        self._task = self._venue.hub.spawn(self._fill(), f"{self._venue.name} tickers by REST")

    async def _fill(self) -> None:
        try:
            await self.filler.run()
        except Exception as error:
            # A defect of ours: whoever waits for a value must not wait for ever.
            log.exception("%s: tickers cannot be kept", self._venue.name)
            wrapped = WebSocketError(self._venue.name, f"stopped by an unexpected error: {error!r}", topic="tickers")
            wrapped.__cause__ = error
            self._end(wrapped)

    async def close(self) -> None:
        """End, and give every topic back."""
        self._end(None)
        if self._task is not None:
            await end([self._task])

    def _end(self, error: BtApiError | None) -> None:
        if self.is_over:
            return
        self.is_over = True
        self.error = error
        self.merge.lost()
        self._group.close()
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        self._ended(error)

    # What the group tells

    def take(self, part: Part, item: Any) -> None:
        """Take a ticker of the feed."""
        key = part.wish.symbol
        if key not in self._serving:
            self._begin(key)  # data is an answer to a subscription, too
        self.merge.feed(key, item, self._now())
        self.filler.told(key)
        self._changed(key, item)

    def note(self, part: Part, event: StreamEvent) -> None:
        """Note that the feed of a market is open, lost, or in doubt."""
        key = part.wish.symbol
        if event.kind == "connected":
            # While sockets overlap each of them says so; what is kept goes on then.
            if key not in self._serving:
                self._begin(key)
        elif event.kind == "disconnected":
            self._losses[key] += self._serving.pop(key, False)
            self.merge.lost([key])
            self.filler.lost(key)
        elif event.kind == "stale":
            # Silent although something happened, or nobody knows: REST has the word until the feed speaks, or is new.
            self._begin(key)
            self._serving.pop(key, None)

    def ended(self, part: Part, error: BaseException | None) -> None:
        """A market is not served any more. One that the venue refuses costs itself; a lost connection ends all."""
        if self.is_over:
            return
        if not isinstance(error, BtApiError) or error.retryable:
            self._end(error if isinstance(error, BtApiError) else None)
            return
        key = part.wish.symbol
        self.refused[key] = error
        self._serving.pop(key, None)
        self.merge.discard(key)
        self.filler.drop(key)
        log.warning("%s", error)
        if len(self.refused) == len(self._parts):
            self._end(error)

    def _begin(self, key: str) -> None:
        self._serving[key] = True
        self.merge.opened(self._now(), [key])
        self.filler.opened(key)

    # What REST brings

    def _topic_of(self, key: str) -> Topic:
        topic = self._parts[key].topic
        assert topic is not None, f"{key} is asked for before its feed is open"
        return topic

    def _filled(self, keys: list[str]) -> None:
        for key in keys:
            entry = self.merge.get(key)
            if entry is not None:
                self._changed(key, entry.value)

    def _now(self) -> Moment:
        clock = self._venue.clock
        return Moment(clock.now(), clock.monotonic())
