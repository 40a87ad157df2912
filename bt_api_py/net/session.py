"""Some topics of one endpoint, and the sockets that bring them: one, two while rotating, or several for safety."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import TYPE_CHECKING, Any

from ..exceptions import AuthenticationError, SubscribeError, WebSocketError
from ..exchanges.base import Endpoint, Exchange
from .carrier import Carrier
from .errors import ConnectionLost, manner_of
from .feed import StreamError
from .leg import Leg
from .tasks import end

if TYPE_CHECKING:
    from .feed import Feed
    from .rest import RestClient
    from .venue import Venue

log = logging.getLogger("bt_api_py.net")

_ROTATE_AT = 0.96  # of a socket's lifetime: 23 h of a day
_OVERLAP = 5.0  # seconds that a new socket runs beside the old one once the venue serves every topic there
_LONGEST_OVERLAP = 60.0  # after which the old one goes, as long as the new one is up
_DAY = 86_400.0


class Session(Carrier):
    """Feeds that share their sockets.

    Each socket is a `Leg`. While there are several, every record comes several times, and the feeds take the first. One
    of several legs may die without a hole. A leg near the age limit of its venue, or that the venue is about to close,
    is replaced: another is added, and when it serves everything, the old one goes.
    """

    def __init__(
        self,
        venue: Venue,
        endpoint_name: str,
        number: int,
        *,
        exchange: Exchange,
        raw: bool = False,
        rest: RestClient | None = None,
    ) -> None:
        label = f"{venue.name} {endpoint_name}{' raw' if raw else ''} #{number}"
        super().__init__(venue, endpoint_name, label, raw=raw)
        self.rest = rest or venue.rest
        self.endpoint: Endpoint = exchange.endpoints[endpoint_name]
        self.exchange = exchange
        self.legs: dict[Leg, asyncio.Task[None]] = {}
        self.ignored: Counter[str] = Counter()
        self.rotations = 0
        self._count = 0
        self._successor: Leg | None = None
        self._replaced: Leg | None = None
        self._overlap_since: float | None = None

    # What the venue asks of it

    @property
    def has_room(self) -> bool:
        """Whether another topic fits."""
        return len(self.feeds) < self.endpoint.topics_per_socket

    @property
    def is_connected(self) -> bool:
        """Whether a socket is open."""
        return any(leg.is_connected for leg in self.legs)

    @property
    def silence(self) -> float | None:
        """Seconds since anything was heard, ``None`` while there is no socket."""
        return min((leg.silence for leg in self.legs if leg.silence is not None), default=None)

    @property
    def is_sending(self) -> bool:
        """Whether commands wait for their turn."""
        return any(leg.is_sending for leg in self.legs)

    def serves(self, name: str) -> bool:
        return any(leg.has_joined(name) for leg in self.legs)

    def add(self, feed: Feed) -> None:
        """Take a feed on; it is subscribed with the next batch."""
        self.feeds[feed.name] = feed
        self.exchange.bind(feed.name, feed.topic)
        if not self.legs:
            # An account is read over one socket: venues count those, and what it says is reconciled anyway.
            for host in range(1 if self.endpoint.private else self.venue.settings.websocket.redundancy):
                self._add_leg(host)
        for leg in self.legs:
            leg.keep(feed.name)

    def remove(self, feed: Feed) -> None:
        """Give a feed back; its subscription is ended with the next batch."""
        if self.feeds.pop(feed.name, None) is not None:
            self.exchange.unbind(feed.name)
            for leg in self.legs:
                leg.drop(feed.name)

    def resubscribe(self, name: str, leg: Leg | None = None) -> None:
        """Ask for a topic anew, on one leg or on all, after giving it back: so some venues send a fresh snapshot."""
        for each in [leg] if leg is not None else self.legs:
            each.drop(name)

    def ask_snapshot(self, name: str) -> None:
        """Ask for a book's first state over the socket that has served the topic longest."""
        serving = [leg for leg in self.legs if leg.has_joined(name)]
        if serving:
            serving[0].ask_snapshot(name)

    def restart(self, cause: str) -> None:
        """Drop every socket and connect again."""
        for leg in self.legs:
            leg.restart(cause)

    def refuse_login(self, error: AuthenticationError) -> None:
        """The venue refuses the keys: every reader is told, and nobody tries again."""
        log.warning("%s", error)
        for feed in list(self.feeds.values()):
            self.venue.fail(feed, error)

    async def close(self) -> None:
        """End every leg."""
        tasks = list(self.legs.values())
        self.legs.clear()
        await end(tasks)

    def note_ignored(self, kind: str) -> None:
        """A frame of an unknown kind came; told once per kind."""
        if not self.ignored[kind]:
            log.info("%s: frames of an unknown kind are left out: %s", self.label, kind)
        self.ignored[kind] += 1

    # Legs

    def _add_leg(self, host: int) -> Leg:
        leg = Leg(self, self._count, host)
        self._count += 1
        task = self.venue.hub.spawn(leg.run(), leg.label)
        self.legs[leg] = task
        self._count_legs()
        task.add_done_callback(lambda done: self._leg_ended(leg, done))
        return leg

    def _count_legs(self) -> None:
        self.is_doubled = len(self.legs) > 1
        for leg in self.legs:
            leg.forget_lanes()

    def _leg_ended(self, leg: Leg, task: asyncio.Task[None]) -> None:
        self.legs.pop(leg, None)
        self._count_legs()
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        # A defect of ours, not of the venue: it must not leave readers waiting for ever.
        if not self.legs:
            for feed in list(self.feeds.values()):
                wrapped = feed.error(WebSocketError, f"stopped by an unexpected error: {error!r}")
                wrapped.__cause__ = error
                self.venue.fail(feed, wrapped)

    def leg_lost(self, leg: Leg, lost: ConnectionLost) -> bool:
        """A leg lost its connection, or could not get one. Return whether it must not try again."""
        self.venue.announce("disconnected", leg.label, lost.cause)
        others = [other for other in self.legs if other is not leg and other.is_connected]
        for feed in list(self.feeds.values()):
            if any(other.has_joined(feed.name) for other in others):
                feed.leg_lost(leg)
            else:
                feed.lost(lost.cause)
        return not others and self._gives_up(leg, lost)

    def _gives_up(self, leg: Leg, lost: ConnectionLost) -> bool:
        most = self.venue.settings.websocket.max_reconnect
        manner = manner_of(lost)
        why = f"{lost.cause}{f' ({manner.hint})' if manner.hint else ''}"
        kind: type[StreamError]
        if manner.hopeless:
            kind, detail = AuthenticationError if lost.status == 401 else SubscribeError, why
        elif most is not None and leg.failures >= max(most, 1):
            kind, detail = WebSocketError, f"gave up after {leg.failures} failed attempts; the last: {why}"
        else:
            return False
        log.warning("%s: gave up: %s", leg.label, why)
        for feed in list(self.feeds.values()):
            self.venue.fail(feed, feed.error(kind, detail))
        return True

    # Rotation

    def tick(self) -> None:
        """Look whether a leg has to be replaced, or a replaced one can go; called about once a second."""
        if self._successor is not None:
            self._look_at_successor(self._successor)
            return
        self._drop_surplus()
        for leg in self.legs:
            cause = self._reason_to_replace(leg)
            if cause:
                log.info("%s: %s, opening another socket beside it", leg.label, cause)
                self._replaced = leg
                self._overlap_since = None
                self._successor = self._add_leg(0)
                return

    def _reason_to_replace(self, leg: Leg) -> str:
        if not leg.is_connected:
            return ""
        if leg.farewell:
            return leg.farewell
        lifetime = self.endpoint.lifetime
        if lifetime is not None and leg.age >= lifetime * _ROTATE_AT:
            return f"the socket is {leg.age / 3600:.1f} h old"
        moment = self.venue.settings.websocket.rotate_at
        if moment is not None and leg.age >= _DAY / 24 and self._passed(moment):
            return f"it is {moment} UTC"
        return ""

    def _passed(self, moment: str) -> bool:
        hours, minutes = moment.split(":")
        since = (self.venue.clock.now() - int(hours) * 3600 - int(minutes) * 60) % _DAY
        return since < _DAY / 24

    def _look_at_successor(self, successor: Leg) -> None:
        old = self._replaced
        now = self.venue.clock.monotonic()
        if successor not in self.legs or old is None or old not in self.legs or not old.is_connected:
            # One of the two died on the way: what is left goes on as an ordinary leg.
            self._successor = self._replaced = None
            if old is not None and old in self.legs and successor in self.legs and successor.has_joined_all:
                self._take_off(old)
            return
        if not successor.has_joined_all:
            self._overlap_since = None
            return
        if self._overlap_since is None:
            self._overlap_since = now
        overlap = now - self._overlap_since
        ready = all(feed.may_leave(old, successor) for feed in self.feeds.values())
        if overlap >= _OVERLAP and (ready or overlap >= _LONGEST_OVERLAP):
            self._successor = self._replaced = None
            self.rotations += 1
            self._take_off(old)
            self.venue.announce("rotated", successor.label, f"{old.label} was replaced")
            for feed in self.feeds.values():
                feed.tell("rotated", "the socket was replaced; nothing was lost")

    def _drop_surplus(self) -> None:
        """Take off a leg that a broken rotation left over, once enough others serve everything."""
        enough = self.venue.settings.websocket.redundancy
        whole = [leg for leg in self.legs if leg.has_joined_all]
        if len(self.legs) > enough <= len(whole):
            self._take_off(next((leg for leg in self.legs if leg not in whole), whole[0]))

    def _take_off(self, leg: Leg) -> None:
        task = self.legs.pop(leg)
        self._count_legs()
        for feed in self.feeds.values():
            feed.leg_lost(leg)
        task.cancel()

    def health(self) -> dict[str, Any]:
        """Return what is known of these sockets, JSON-ready."""
        legs = {leg.label: leg.health() for leg in self.legs}
        first = next(iter(legs.values()), {})
        return {
            "endpoint": self.endpoint_name,
            "topics": len(self.feeds),
            "ignored": dict(self.ignored),
            "rotations": self.rotations,
            **first,
            "connected": self.is_connected,
            "legs": legs,
        }
