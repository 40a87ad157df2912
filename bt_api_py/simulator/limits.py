"""Counting against a venue's limits, by the simulator's clock."""

from collections import deque


class SlidingLimit:
    """At most `count` events in any `seconds`."""

    def __init__(self, count: int, seconds: float) -> None:
        self.count = count
        self.seconds = seconds
        self._times: deque[float] = deque()

    def allow(self, now: float) -> bool:
        """Count one event and tell whether it is inside the limit; a refused one is not counted."""
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()
        if len(self._times) >= self.count:
            return False
        self._times.append(now)
        return True


class BucketLimit:
    """`per_second` events in the long run, and up to `burst` at once."""

    def __init__(self, per_second: float, burst: int) -> None:
        self.per_second = per_second
        self.burst = burst
        self._left = float(burst)
        self._at = float("-inf")

    def allow(self, now: float) -> bool:
        """Count one event and tell whether it is inside the limit; a refused one is not counted."""
        self._left = min(self.burst, self._left + (now - self._at) * self.per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class QuotaLimit:
    """A weight budget for a time that begins with the first request in it."""

    def __init__(self, most: int, seconds: float) -> None:
        self.most = most
        self.seconds = seconds
        self._used = 0
        self._ends = float("-inf")

    def spend(self, weight: int, now: float) -> tuple[bool, int, float]:
        """Count a request; return whether it is inside the limit, the weight left, and the seconds until it is whole.

        A refused request is not counted.
        """
        if now >= self._ends:
            self._used, self._ends = 0, now + self.seconds
        is_allowed = self._used + weight <= self.most
        self._used += weight * is_allowed
        return is_allowed, self.most - self._used, self._ends - now


class WeightLimit:
    """A weight budget per calendar minute, and a ban for those who go on after they were told to stop."""

    BAN_S = 120
    WARNINGS = 10  # refused requests in one minute before the ban

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self.used = 0
        self._minute = -1
        self._refused = 0
        self._banned_until = 0.0

    def spend(self, weight: int, now: float) -> tuple[int, int]:
        """Count a request and return (status, seconds to wait): 200, 429 over the limit, 418 while banned."""
        minute = int(now // 60)
        if minute != self._minute:
            self._minute, self.used, self._refused = minute, 0, 0
        if now < self._banned_until:
            return 418, int(self._banned_until - now) + 1
        self.used += weight
        if self.used <= self.per_minute:
            return 200, 0
        self._refused += 1
        if self._refused > self.WARNINGS:
            self._banned_until = now + self.BAN_S
            return 418, self.BAN_S
        return 429, int((minute + 1) * 60 - now) + 1


class BanningLimit:
    """A bucket, and a ban for those who go on asking while it is empty until they have emptied a second one."""

    def __init__(self, per_second: float, burst: int, ban_s: float) -> None:
        self.ban_s = ban_s
        self._allowed = BucketLimit(per_second, burst)
        self._tolerated = BucketLimit(per_second, burst)
        self._banned_until = float("-inf")

    def allow(self, now: float) -> bool:
        """Count one event and tell whether it is inside the limit."""
        if now < self._banned_until:
            return False
        if self._allowed.allow(now):
            return True
        if not self._tolerated.allow(now):
            self._banned_until = now + self.ban_s
        return False
