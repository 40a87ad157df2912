"""Pace: no more calls, messages and connects than a venue allows, over all users of the process.

A budget hands out turns, it never waits itself: a turn tells its holder how long to sleep, and is asked again after
that. So no lock is held across an await, and event loops in several threads share a budget.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import nullcontext
from itertools import takewhile
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from ..clock import Clock
from ..exchanges.base import Rate
from ..settings import LOOPBACK

# The venue counts when a message arrives: two that were sent a second apart may come closer together.
_SLACK = 1.05
_JITTER = 0.05  # seconds
_INSTANT = 1e-6  # seconds that are no wait


class Budget:
    """At most `rate.count` units in any `rate.per_s` seconds."""

    def __init__(self, rate: Rate) -> None:
        self._count = rate.count
        self._span = rate.per_s * _SLACK + _JITTER
        self._taken: deque[_Entry] = deque()  # in the order in which they were asked for

    def reserve(self, now: float, cost: int = 1, host: HostLimits | None = None) -> Turn:
        """Take `cost` units and return the turn to use them, which may have to wait.

        A cost above the whole budget is taken as the whole budget: it could otherwise never be paid.
        """
        entry = self._take(now, cost)
        entry.at = self._fits_at(entry, now)
        return Turn(self, entry, host)

    def _take(self, now: float, cost: int) -> _Entry:
        while self._taken and self._taken[0].counted(now) + self._span <= now:
            self._taken.popleft()
        entry = _Entry(now, min(cost, self._count))
        self._taken.append(entry)
        return entry

    def left(self, entry: _Entry, now: float) -> float:
        """Return the seconds until an entry may be used, 0 when it is used now."""
        if entry not in self._taken:  # so late that it was taken for used
            self._taken.append(entry)
        entry.at = self._fits_at(entry, now)
        return entry.at - now if entry.at - now > _INSTANT else 0.0

    def _fits_at(self, entry: _Entry, now: float) -> float:
        """Return the first time at which an entry fits behind those that were asked for before it."""
        before = list(takewhile(lambda other: other is not entry, self._taken))
        used = entry.cost + sum(other.cost for other in before)
        at = now
        for counted, cost in sorted((other.counted(now), other.cost) for other in before):
            if counted + self._span > at and used <= self._count:
                break
            at = max(at, counted + self._span)
            used -= cost
        return at

    def forget(self, entry: _Entry) -> None:
        """Give back units that were never used."""
        if entry in self._taken:
            self._taken.remove(entry)

    def observe(self, now: float, used: int) -> None:
        """Believe the venue when it has counted more than we did."""
        ours = sum(entry.cost for entry in self._taken if now - self._span < entry.at <= now)
        if used > ours:
            self._take(now, used - ours)


class _Entry:
    """Units that were taken, and when the venue counts them: planned, then on the way, then known to have arrived."""

    __slots__ = ("at", "cost", "is_on_the_way", "is_waiting")

    def __init__(self, at: float, cost: int) -> None:
        self.at = at
        self.cost = cost
        self.is_on_the_way = False
        self.is_waiting = False  # somebody still holds the turn and has not used it

    def counted(self, now: float) -> float:
        """Return when the venue counts it, at the latest as far as can be known."""
        return max(self.at, now) if self.is_on_the_way or self.is_waiting else self.at


class Turn:
    """A place in the queue of a budget. A ``with`` block gives it back when it was left before the turn was used."""

    __slots__ = ("_budget", "_entry", "_host")

    def __init__(self, budget: Budget, entry: _Entry, host: HostLimits | None) -> None:
        self._budget = budget
        self._entry = entry
        self._host = host
        entry.is_waiting = True

    def __enter__(self) -> Turn:
        return self

    def __exit__(self, *_: object) -> None:
        # Not left to the collector: an error that is kept somewhere keeps the turn, and others would wait behind it.
        if self._entry.is_waiting:
            self.give_up()

    def give_up(self) -> None:
        """Leave the queue; those behind move up."""
        with self._host.lock if self._host is not None else nullcontext():
            self._budget.forget(self._entry)

    def wait(self, now: float) -> float:
        """Return the seconds to wait and then to ask again: others may be late, or the host wants quiet. 0: go."""
        if self._host is None:
            wait = self._budget.left(self._entry, now)
            self._entry.is_waiting = bool(wait)
            return wait
        with self._host.lock:
            wait = self._host.blocked_for(now) or self._budget.left(self._entry, now)
            self._entry.is_on_the_way = not wait
            self._entry.is_waiting = bool(wait)
            return wait

    def arrived(self, now: float) -> None:
        """Note that the venue has answered, or never will: it counted at some time between `wait` and now."""
        self._entry.at = max(self._entry.at, now)
        self._entry.is_on_the_way = False


class HostLimits:
    """The budgets of one host, and the time until which it wants to hear nothing."""

    def __init__(self) -> None:
        self._budgets: dict[str, Budget] = {}
        self._blocked_until = float("-inf")
        self.lock = threading.Lock()

    def reserve(self, name: str, rate: Rate, now: float, cost: int = 1) -> Turn:
        """Take `cost` units of a named budget and return when they may be used."""
        with self.lock:
            budget = self._budgets.get(name)
            if budget is None:
                budget = self._budgets[name] = Budget(rate)
            return budget.reserve(now, cost, self)

    def blocked_for(self, now: float) -> float:
        """Return the seconds for which the host wants to hear nothing."""
        return max(0.0, self._blocked_until - now)

    def block(self, now: float, seconds: float) -> None:
        """Let everybody wait: the host answered 418 or 429."""
        with self.lock:
            self._blocked_until = max(self._blocked_until, now + seconds)

    def observe(self, name: str, now: float, used: int) -> None:
        """Take over the venue's own count of a budget."""
        with self.lock:
            budget = self._budgets.get(name)
            if budget is not None:
                budget.observe(now, used)


def host_of(url: str) -> str:
    """Return what a venue counts by: host and port of an address.

    On this machine several venues may share those, each at a path of its own, as the simulated ones do: there the first
    part of the path belongs to it.
    """
    parts = urlsplit(url)
    if parts.hostname not in LOOPBACK:
        return parts.netloc
    return f"{parts.netloc}/{parts.path.strip('/').partition('/')[0]}"


class Limits:
    """The budgets of all hosts, as seen by one clock."""

    def __init__(self) -> None:
        self._hosts: dict[str, HostLimits] = {}
        self._lock = threading.Lock()

    def host(self, name: str) -> HostLimits:
        """Return the budgets of a host, named as `host_of` does."""
        with self._lock:
            return self._hosts.setdefault(name, HostLimits())


_LIMITS: WeakKeyDictionary[Clock, Limits] = WeakKeyDictionary()


def limits_of(clock: Clock) -> Limits:
    """Return the budgets that all users of this clock share; the system's clock is one object per process."""
    return _LIMITS.setdefault(clock, Limits())
