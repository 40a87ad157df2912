"""Topics that a venue's feed does not have, made from others: candles from the trades of the same market."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ..exceptions import BtApiError
from .built import BuiltKlineFeed
from .carrier import Carrier
from .feed import FillingFeed
from .stream import Mailbox, State, StreamEvent, Wish

if TYPE_CHECKING:
    from .feed import Feed
    from .venue import Venue

MADE = "made"  # the name under which such topics are known, in place of an endpoint's


class Making(Carrier):
    """Topics that come by way of other topics: each reads the trades of its market as any reader does."""

    def __init__(self, venue: Venue, number: int) -> None:
        super().__init__(venue, MADE, f"{venue.name} {MADE} #{number}")
        self._taps: dict[str, Tap] = {}

    @property
    def is_connected(self) -> bool:
        return any(tap.trades.session.is_connected for tap in self._taps.values())

    def add(self, feed: Feed) -> None:
        assert isinstance(feed, BuiltKlineFeed), f"{feed.label} cannot be made"
        self.feeds[feed.name] = feed
        topic = msgspec.structs.replace(feed.topic, kind="trades", interval="")
        tap = feed.tap = self._taps[feed.name] = Tap(feed, self.venue.feed_of_trades(topic))
        tap.trades.attach(tap, topic)

    def remove(self, feed: Feed) -> None:
        self.feeds.pop(feed.name, None)
        tap = self._taps.pop(feed.name, None)
        if tap is not None:
            self.venue.release(tap)

    async def close(self) -> None:
        for feed in list(self.feeds.values()):
            self.remove(feed)

    def health(self) -> dict[str, Any]:
        return {
            "endpoint": self.endpoint_name,
            "topics": len(self.feeds),
            "connected": self.is_connected,
            "rejected": 0,  # counted where the trades come from
        }


class Tap(Mailbox):
    """How candles read trades: nothing is queued, each trade is taken as it comes."""

    __slots__ = ("_feed", "_state", "trades")

    def __init__(self, feed: BuiltKlineFeed, trades: Feed) -> None:
        self._feed = feed
        self._state: State = "connecting"
        self.trades = trades
        topic = feed.topic
        super().__init__(Wish(exchange=topic.exchange, kind="trades", symbol=topic.symbol, events=True))

    @property
    def state(self) -> State:
        """The state of the trades is that of the candles."""
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        self._state = state
        self._feed.set_state(state)

    @property
    def is_steady(self) -> bool:
        """Whether every trade that was told has come here."""
        trades = self.trades
        return self._state == "live" and not (isinstance(trades, FillingFeed) and trades.is_filling)

    def push(self, item: Any) -> None:
        self._feed.take_trade(item)

    def push_event(self, event: StreamEvent) -> None:
        self._feed.take_event(event)

    def fail(self, error: BaseException) -> None:
        super().fail(error)
        if isinstance(error, BtApiError):
            self._feed.venue.fail(self._feed, error)
