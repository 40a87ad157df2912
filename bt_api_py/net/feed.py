"""One upstream topic and those who read it: order, duplicates, holes, and the fan-out."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec

import msgspec

from ..containers import Container, TickerData, TradeData
from ..containers.base import Topic, row_of
from ..containers.derivatives import FIGURES
from ..exceptions import AuthenticationError, BtApiError, SubscribeError, UnsupportedError, WebSocketError
from ..exchanges.base import Channel, Pages, Reader
from .stream import EventKind, Mailbox, State, StreamEvent

if TYPE_CHECKING:
    from .carrier import Carrier
    from .leg import Leg
    from .venue import Venue

log = logging.getLogger("bt_api_py.net")

P = ParamSpec("P")
StreamError = WebSocketError | SubscribeError | AuthenticationError
# Takes payloads received then; `False` leaves them untouched to the general way, each one for itself.
Lane = Callable[[Sequence[bytes], float], bool]

_ON_ITS_WAY = 1.0  # seconds that a message may take longer than the venue's own list
_CLOCKS_DIFFER_MS = 2000
_ARRIVALS_KEPT = 2000
_LONGEST_FILL = 75.0  # seconds for which live records wait for those that are fetched: budgets are by the minute
_FILL_PAUSE = 1.0  # seconds before a venue in trouble is asked again
_MOST_HELD = 200_000  # records that wait behind a hole; beyond that the hole is left as it is


class Feed:
    """A topic as the venue knows it. Subclasses say what a new record means.

    Attributes:
        turn: how many frames of the topic are read at once, and after how many the readers of a socket get a turn. What
            they are handed is still in the processor's cache then, and no other task waits for long; fewer frames would
            not pay for the turn.
    """

    turn: ClassVar[int] = 64

    def __init__(self, venue: Venue, session: Carrier, name: str, channel: Channel, topic: Topic) -> None:
        self.venue = venue
        self.session = session
        self.name = name
        self.channel = channel
        self.topic = topic
        self.boxes: list[Mailbox] = []
        self.last_at: float | None = None
        self.unused_since = 0.0  # when the last reader left
        self.received = 0
        self._was_lost = ""  # the cause, between a loss and the first record after it
        self._ever_live = False
        self.is_settled = False  # whether the next record changes nothing but what it tells
        self._arrivals: OrderedDict[Any, float] = OrderedDict()  # when a record first came, while legs overlap
        self._newest: Any = None  # the last object handed out
        self._sign_at: float | None = None  # last data, or last time a probe found nothing newer
        self._is_probing = False
        self._probed_number: int | None = None  # id of the newest trade that a probe saw
        # Last price and volume, where a ticker names no trade, and what had been received when they were looked at.
        self._probed_figures: tuple[int, tuple[float, float] | None] = (-1, None)
        self._strikes = 0  # probes in a row that found the topic dead, or found out nothing

    @property
    def label(self) -> str:
        """``OKX___SPOT trades BTCUSDT``, for messages."""
        topic = self.topic
        return " ".join(part for part in (topic.exchange, topic.kind, topic.symbol, topic.interval) if part)

    def attach(self, box: Mailbox, topic: Topic) -> None:
        """Begin to fill a box. `topic` carries its reader's own spelling."""
        box.topic = self.topic if topic == self.topic else topic
        box.source = self
        self.boxes.append(box)
        if self.session.is_connected and self._ever_live and not self._was_lost:
            box.state = "stale" if self._strikes else "live"
        if self.session.serves(self.name):
            box.push_event(self.event("connected", "subscribed"))

    def detach(self, box: Mailbox) -> None:
        """Stop filling a box."""
        # A new list: a box that overflows goes while the others are being filled, and none of them may be skipped.
        self.boxes = [other for other in self.boxes if other is not box]

    def take(self, item: Any, leg: Leg) -> None:
        """Take one record from a leg of the session."""
        if self.session.is_doubled and self._is_known(item, leg):
            return
        self.touch(leg.heard)
        self._newest = item
        self.deliver(item)

    def lane(self, read: Reader, leg: Leg) -> Lane:
        """Return the shortest way for frames of this topic that come by a leg; it does what `take` does."""
        if type(self).take is not Feed.take:
            return self.plain_lane(read, leg)

        def lane(payloads: Sequence[bytes], received: float) -> bool:
            items = read(payloads, received) if self.is_settled else None
            if not items:
                return False
            self.last_at = self._sign_at = leg.heard
            self.received += len(items)
            self._newest = items[-1]
            self.deliver_all(items)
            return True

        return lane

    def plain_lane(self, read: Reader, leg: Leg) -> Lane:
        """Return a way that saves no more than the search for the topic."""

        def lane(payloads: Sequence[bytes], received: float) -> bool:
            items = read(payloads, received)
            for item in items or ():
                self.take(item, leg)
            return items is not None

        return lane

    def _is_known(self, item: Any, leg: Leg) -> bool:
        """Return whether another leg has already brought this record, or a newer state."""
        if not isinstance(item, Container):
            return self.arrived(msgspec.json.encode(item), leg)
        newest = self._newest
        if isinstance(newest, Container) and item.get_timestamp() < newest.get_timestamp():
            leg.seconds += 1
            return True
        return self.arrived(msgspec.json.encode(row_of(item)), leg)

    def arrived(self, key: Any, leg: Leg) -> bool:
        """Note that a record came by this leg and return whether another leg had brought it before."""
        now = self.venue.clock.monotonic()
        earlier = self._arrivals.get(key)
        if earlier is None:
            leg.firsts += 1
            self._arrivals[key] = now
            if len(self._arrivals) > _ARRIVALS_KEPT:
                self._arrivals.popitem(last=False)
            return False
        leg.seconds += 1
        leg.late_s += now - earlier
        return True

    def touch(self, at: float) -> None:
        """Note that data came, and when on the hub's clock."""
        self.last_at = self._sign_at = at
        self.received += 1
        if not self.is_settled:
            self.came_back()

    def came_back(self) -> None:
        """The first record after a beginning, a loss, or a silence that was held against the topic."""
        self._ever_live = self.is_settled = True
        self._was_lost = ""
        self._strikes = 0
        self.set_state("live")

    def deliver(self, item: Any) -> None:
        """Hand an object to every reader."""
        for box in self.boxes:
            self.hand_out(box, item)

    def deliver_all(self, items: list[Any], boxes: list[Mailbox] | None = None) -> None:
        """Hand objects to every reader, or to some, all at once where that changes nothing."""
        topic, count = self.topic, len(items)
        for box in self.boxes if boxes is None else boxes:
            ready = box.ready
            if box.topic is topic and len(ready) + count <= box.limit:
                ready.extend(items)
                box.entered += count
                if box.waiter is not None:
                    box.wake()
            else:
                for item in items:
                    self.hand_out(box, item)

    def hand_out(self, box: Mailbox, item: Any) -> None:
        """Hand an object to one reader in its own spelling; a figure that the record does not tell is left out."""
        own = item if box.topic is self.topic else respelled(item, box.topic)
        if own is not None:
            box.push(own)

    def subscribed(self) -> None:
        """The venue accepted the subscription."""
        self._sign_at = self.venue.clock.monotonic()
        self.tell("connected", "subscribed")

    def lost(self, cause: str) -> None:
        """The connection ended; what comes next is not what came last plus one."""
        if self._ever_live and not self._was_lost:
            self.count("reconnects")
        self.mark_lost(cause)
        self._sign_at = None
        self.set_state("connecting")
        self.tell("disconnected", cause)

    def leg_lost(self, leg: Leg) -> None:
        """One of several legs is gone; the others go on, so nothing is lost."""

    def may_leave(self, old: Leg, new: Leg) -> bool:
        """Return whether `new` brings everything that `old` did, so that `old` can go."""
        return True

    def error(self, kind: type[StreamError], detail: str) -> StreamError:
        """Return an error of this topic."""
        topic = self.topic
        return kind(topic.exchange, detail, topic=topic.kind, symbol=topic.symbol)

    def fail(self, error: BtApiError) -> None:
        """End every reader's stream."""
        for box in self.boxes:
            box.fail(error)
        self.tell("failed", str(error))

    def reject(self, detail: str) -> None:
        """A record of this topic could not be used."""
        for box in self.boxes:
            box.rejected += 1

    def doubt(self, leg: Leg, detail: str) -> None:
        """Something came by this leg that cannot be read, and it may have been a record of this topic."""
        if self.channel.patches:  # and may have told a change that is not told again
            leg.session.exchange.forget(self.name)
            self.session.resubscribe(self.name, leg)

    # Silence

    @property
    def stale_after(self) -> float:
        """Seconds without data after which the topic is looked at: the shortest that a reader wants."""
        least = self.venue.settings.websocket.stale_after
        return min((box.wish.stale_after or least for box in self.boxes), default=least)

    def tick(self) -> None:
        """Look whether the topic has been silent for too long; called about once a second."""
        if self._sign_at is None or self._is_probing or not self.boxes:
            return
        if self.venue.clock.monotonic() - self._sign_at >= self.stale_after:
            self._is_probing = True
            self.venue.hub.spawn(self._probe(), f"{self.label} probe")

    async def _probe(self) -> None:
        """Ask the venue by REST whether it moved on. A quiet market is left alone, a dead subscription is renewed."""
        began = self.received
        quiet = "no data, and the venue has nothing newer"
        try:
            # An answer that takes longer than this is none: a reader must not wait for a word on a venue that is busy.
            async with asyncio.timeout(self.stale_after / 2):
                moved = await self.has_moved()
                if moved:
                    # What the venue's list already shows may be on its way.
                    await self.venue.clock.sleep(min(_ON_ITS_WAY, self.stale_after / 4))
        except UnsupportedError:
            moved, quiet = False, "no data, and the venue has nothing that could be asked"
        except (BtApiError, TimeoutError) as error:
            log.info("%s: silent, and the probe failed: %s", self.label, error)
            moved = None
        finally:
            self._is_probing = False
        if self.received != began or self._sign_at is None or not self.boxes:
            return
        self._sign_at = self.venue.clock.monotonic()
        if moved is False:
            if self._strikes:
                self._strikes = 0
                self.set_state("live" if self._ever_live else "connecting")
            self.venue.tell(self.event("quiet", quiet))
        else:
            self._renew(moved)

    def _renew(self, moved: bool | None) -> None:
        self._strikes += 1
        self.is_settled = False
        self.set_state("stale")
        what = "the venue moved on" if moved else "the venue cannot be asked"
        cause = f"no data for {self.stale_after:g} s while {what}"
        self.tell("stale", cause)
        log.warning("%s: %s", self.label, cause)
        if moved and self._strikes > 1:
            self.session.restart(f"{self.label}: {cause}, also after subscribing again")
        elif moved or self._strikes > 2:
            self.mark_lost(cause)
            self.session.resubscribe(self.name)

    async def has_moved(self) -> bool:
        """Return whether the venue has something newer than the last record.

        Raises:
            BtApiError: the venue could not be asked.
        """
        topic = self.topic
        if not topic.venue_symbol:
            return False
        found = await self.venue.rest.fetch(
            self.venue.exchange.last_trade_request(topic.venue_symbol), topic, attempts=1
        )
        return bool(found) and self.is_newer(max(found, key=lambda trade: trade.get_timestamp()))

    def is_newer(self, found: Any) -> bool:
        """Return whether a trade, or a ticker that names the last trade, happened after the last record."""
        number, ours = _trade_number(found), self.newest_number()
        if number is not None and ours is not None:
            return number > ours
        if isinstance(found, TradeData):
            if isinstance(self._newest, TickerData) and tells_time(self._newest):
                return found.get_timestamp() > self._newest.get_timestamp()  # by one clock, the venue's
            since = self.last_ms
            margin = min(_CLOCKS_DIFFER_MS, self.stale_after * 250)
            return since is None or found.get_timestamp() > since + margin
        if number is None:
            return self._has_traded(found)
        # A ticker has no time of the last trade, so two looks are compared.
        before, self._probed_number = self._probed_number, number
        return before is not None and number > before

    def _has_traded(self, ticker: TickerData) -> bool:
        """Return whether a ticker that names no trade shows that something was traded since the last look, or data."""
        figures = _figures(ticker)
        received, before = self._probed_figures
        if received != self.received:
            before = _figures(self._newest) if isinstance(self._newest, TickerData) else None
        # What one look has seen, and told, is not new to the next one.
        self._probed_figures = self.received, figures
        return before is not None and figures != before

    def newest_number(self) -> int | None:
        """Return the id of the newest trade that the last record told of, where it tells."""
        return _trade_number(self._newest)

    @property
    def last_ms(self) -> int | None:
        """The time of day of the last sign of life, milliseconds."""
        if self._sign_at is None:
            return None
        return self.venue.now_ms() - int((self.venue.clock.monotonic() - self._sign_at) * 1000)

    def mark_lost(self, cause: str) -> None:
        """What comes next is not what came last plus one, although the connection stands."""
        self._was_lost = cause
        self.is_settled = False

    def set_state(self, state: State) -> None:
        """Let every reader see a state."""
        for box in self.boxes:
            box.state = state

    def tell(self, kind: EventKind, cause: str, **details: Any) -> StreamEvent:
        """Make an event known to the readers, to those who watch the status, and to the log."""
        event = self.event(kind, cause, **details)
        for box in self.boxes:
            own = box.topic or self.topic
            box.push_event(event if own is self.topic else replace(event, topic=own.kind, symbol=own.symbol))
        self.venue.tell(event)
        return event

    def event(self, kind: EventKind, cause: str, **details: Any) -> StreamEvent:
        """Return an event of this topic."""
        topic = self.topic
        now = self.venue.now_ms()
        return StreamEvent(kind, topic.exchange, topic.kind, topic.symbol, cause, timestamp=now, **details)

    def count(self, name: str, by: int = 1) -> None:
        """Raise a counter of every reader."""
        for box in self.boxes:
            setattr(box, name, getattr(box, name) + by)

    def health(self) -> dict[str, Any]:
        """Return what is known of this topic, JSON-ready."""
        now = self.venue.clock.monotonic()
        return {
            "topic": self.topic.kind,
            "symbol": self.topic.symbol,
            "name": self.name,
            "connection": self.session.label,
            "readers": len(self.boxes),
            "received": self.received,
            "last_data_age": None if self.last_at is None else now - self.last_at,
            "state": self.boxes[0].state if self.boxes else "lingering",
        }


def respelled(item: Any, topic: Topic | None) -> Any:
    """Return an object for a reader who writes the symbol differently, or who reads another figure of the record.

    ``None`` when the record does not tell that figure.
    """
    if topic is None or not isinstance(item, Container):
        return item
    origin = item.get_origin()
    topic = topic if topic.origin == origin else msgspec.structs.replace(topic, origin=origin)
    kind = FIGURES.get(topic.kind)
    if kind is None:
        return item.spelled(topic)
    figure = item.told_as(kind, topic)
    return figure if isfinite(figure.figure()) else None


def tells_time(item: Container) -> bool:
    """Return whether the venue told when an object was true; else its time is that of receipt."""
    return getattr(row_of(item), "timestamp", None) is not None


def _figures(ticker: TickerData) -> tuple[float, float]:
    """Return what changes with a trade; -1 stands for what is not told, since ``nan`` equals nothing."""
    price, volume = ticker.get_last_price(), ticker.get_volume()
    return price if isfinite(price) else -1.0, volume if isfinite(volume) else -1.0


def _trade_number(item: Any) -> int | None:
    """Return the id of a trade, or of the trade that a ticker names as the last."""
    if not isinstance(item, Container):
        return None
    row = row_of(item)
    span = row.span if isinstance(item, TradeData) else None
    if span is not None:
        return int(span[1])
    number = getattr(row, "last_trade_id", None)
    return None if number is None else int(number)


class FillingFeed(Feed):
    """A feed that can stop at a hole, have it filled by REST, and go on: what comes meanwhile waits in order."""

    def __init__(self, venue: Venue, session: Carrier, name: str, channel: Channel, topic: Topic) -> None:
        super().__init__(venue, session, name, channel, topic)
        self._held: deque[tuple[Any, str]] = deque()  # records, each with the cause of the loss before it
        self._is_filling = False
        self._waiting_since = 0.0
        self._told_waiting = False

    def take(self, item: Any, leg: Leg) -> None:
        if self.session.is_doubled and self.arrived(self.key(item), leg):
            return
        lost = self._was_lost
        self.touch(leg.heard)
        if self._is_filling:
            self._held.append((item, lost))
        else:
            self.step(item, lost)

    def lane(self, read: Reader, leg: Leg) -> Lane:
        return self.plain_lane(read, leg)

    def came_back(self) -> None:
        super().came_back()
        if self._told_waiting:
            self.set_state("stale")

    def key(self, item: Any) -> Any:
        """Return what tells a record from every other of this topic."""
        raise NotImplementedError

    def step(self, item: Any, lost: str) -> None:
        """Take a record in order. `lost` is the cause when a connection ended just before it, else empty."""
        raise NotImplementedError

    @property
    def wants_filling(self) -> bool:
        """Whether a reader wants holes to be filled."""
        return any(box.wish.backfill for box in self.boxes)

    @property
    def is_overrun(self) -> bool:
        """Whether so much waits behind the hole that filling has to be given up."""
        return len(self._held) > _MOST_HELD

    def fill(self, work: Callable[P, Coroutine[Any, Any, None]], *args: P.args, **kwargs: P.kwargs) -> None:
        """Hold further records while `work`, called with the arguments, fills a hole."""
        self._is_filling = True
        self._waiting_since = self.venue.clock.monotonic()
        # Called only in the task: one that is cancelled before it began would leave a coroutine that nobody awaits.
        self.venue.hub.spawn(self._fill(lambda: work(*args, **kwargs)), f"{self.label} back-fill")

    async def _fill(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
        finally:
            self._is_filling = False
        if self._told_waiting:
            self._told_waiting = False
            self.set_state("live")
        while self._held and not self._is_filling:
            item, lost = self._held.popleft()
            self.step(item, lost)

    @property
    def is_filling(self) -> bool:
        """Whether records wait behind a hole."""
        return self._is_filling or bool(self._held)

    def tick(self) -> None:
        super().tick()
        self.tick_filling()

    def tick_filling(self) -> None:
        """Tell who waits behind a hole for long."""
        if self._is_filling:
            now = self.venue.clock.monotonic()
            if now - self._waiting_since >= self.stale_after:
                self._waiting_since = now
                self._told_waiting = True
                self.set_state("stale")
                self.tell("stale", "records wait behind a hole that the venue is slow to fill")

    async def collect(self, pages: Callable[[], Pages]) -> list[Any]:
        """Return the objects of all pages. A venue in trouble is asked again, as long as the records behind can wait.

        Raises:
            BtApiError: another try does not help.
            TimeoutError: the venue stayed in trouble, or all this took too long.
        """
        async with asyncio.timeout(_LONGEST_FILL):
            while True:
                try:
                    return await self.venue.collect(pages(), self.topic)
                except BtApiError as error:
                    if not error.retryable or self.is_overrun:
                        raise
                    log.info("%s: back-fill: %s", self.label, error)
                await self.venue.clock.sleep(_FILL_PAUSE)

    def deliver_filled(self, items: list[Any]) -> None:
        """Hand fetched objects to the readers who want them."""
        topic = self.topic
        for box in self.boxes:
            if box.wish.backfill:
                for item in items:
                    box.push(item if box.topic is topic else respelled(item, box.topic))
                box.backfilled += len(items)

    def count_missing(self, total: int, filled: int) -> None:
        """Count what stays missing: for readers who want no filling, everything."""
        for box in self.boxes:
            box.missing += total - (filled if box.wish.backfill else 0)
