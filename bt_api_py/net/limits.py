"""Pace: no more calls, messages and connects than a venue allows, over all users of the process.

A budget hands out times, it never waits itself: `reserve` returns how long the caller has to sleep. That needs no
lock across an await and works for event loops in several threads.
"""

from __future__ import annotations

import threading
from collections import deque
from weakref import WeakKeyDictionary

from ..clock import Clock
from ..exchanges.base import Rate


_SLACK = 1.05  # the venue counts when a message arrives: two that were sent a second apart may come closer together


class Budget:
    """At most `rate.count` units in any `rate.per_s` seconds."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._span = rate.per_s * _SLACK
        self._taken: deque[tuple[float, int]] = deque()  # (when, cost), in order of time
        self._sum = 0

    def reserve(self, now: float, cost: int = 1) -> float:
        """Take `cost` units and return the seconds to wait before using them.

        A cost above the whole budget is taken as the whole budget: it could otherwise never be paid.
        """
        cost = min(cost, self._rate.count)
        taken, span = self._taken, self._span
        # Reservations are handed out in order: nobody overtakes one who already waits.
        at = max(now, taken[-1][0]) if taken else now
        self._expire(at)
        while self._sum + cost > self._rate.count:
            at = max(at, taken[0][0] + span)
            self._expire(at)
        taken.append((at, cost))
        self._sum += cost
        return at - now

    def _expire(self, at: float) -> None:
        while self._taken and self._taken[0][0] + self._span <= at:
            self._sum -= self._taken.popleft()[1]

    def observe(self, now: float, used: int) -> None:
        """Believe the venue when it has counted more than we did."""
        self._expire(now)
        if used > self._sum:
            extra = min(used, self._rate.count) - self._sum
            if extra > 0:
                at = max(now, self._taken[-1][0]) if self._taken else now
                self._taken.append((at, extra))
                self._sum += extra


class HostLimits:
    """The budgets of one host, and the time until which it wants to hear nothing."""

    def __init__(self) -> None:
        self._budgets: dict[str, Budget] = {}
        self._blocked_until = float("-inf")
        self._lock = threading.Lock()

    def reserve(self, name: str, rate: Rate, now: float, cost: int = 1) -> float:
        """Take `cost` units of a named budget and return the seconds to wait."""
        with self._lock:
            budget = self._budgets.get(name)
            if budget is None:
                budget = self._budgets[name] = Budget(rate)
            return max(budget.reserve(now, cost), self._blocked_until - now, 0.0)

    def blocked_for(self, now: float) -> float:
        """Return the seconds for which the host wants to hear nothing."""
        return max(0.0, self._blocked_until - now)

    def block(self, now: float, seconds: float) -> None:
        """Let everybody wait: the host answered 418 or 429."""
        with self._lock:
            self._blocked_until = max(self._blocked_until, now + seconds)

    def observe(self, name: str, now: float, used: int) -> None:
        """Take over the venue's own count of a budget."""
        with self._lock:
            budget = self._budgets.get(name)
            if budget is not None:
                budget.observe(now, used)


class Limits:
    """The budgets of all hosts, as seen by one clock."""

    def __init__(self) -> None:
        self._hosts: dict[str, HostLimits] = {}
        self._lock = threading.Lock()

    def host(self, name: str) -> HostLimits:
        """Return the budgets of a host and port."""
        with self._lock:
            return self._hosts.setdefault(name, HostLimits())


_LIMITS: WeakKeyDictionary[Clock, Limits] = WeakKeyDictionary()


def limits_of(clock: Clock) -> Limits:
    """Return the budgets that all users of this clock share; the system's clock is one object per process."""
    return _LIMITS.setdefault(clock, Limits())
