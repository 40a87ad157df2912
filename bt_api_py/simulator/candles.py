"""Candles in whole numbers: intervals of every venue, and series kept in step with the trades."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
UTC8 = 8 * HOUR  # venues of Asian origin start their days at midnight in UTC+8
_EPOCH_TO_MONDAY = 4 * DAY  # 1970-01-01 was a Thursday

_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}


@dataclass(frozen=True, slots=True)
class Interval:
    """A rule that cuts time into bars: a fixed length, or a number of calendar months.

    Attributes:
        length_ms: length of a bar; 0 when it is counted in months.
        months: calendar months per bar; 0 when the length is fixed.
        shift_ms: how far east of UTC the days begin.
    """

    length_ms: int
    months: int = 0
    shift_ms: int = 0

    def open_of(self, ms: int) -> int:
        """Return the opening time of the bar that holds this time, in ms."""
        if self.months:
            return _month_open(ms, self.months, self.shift_ms)
        shift = self.shift_ms - (_EPOCH_TO_MONDAY if self.length_ms == 7 * DAY else 0)
        return (ms + shift) // self.length_ms * self.length_ms - shift

    def next_of(self, open_ms: int) -> int:
        """Return the opening time of the bar after the one that opens here, in ms."""
        if self.months:
            return _month_open(open_ms + self.months * 31 * DAY + DAY, self.months, self.shift_ms)
        return open_ms + self.length_ms


@lru_cache(maxsize=4096)
def _month_open(ms: int, months: int, shift_ms: int) -> int:
    local = datetime.fromtimestamp(ms / 1000, UTC) + timedelta(milliseconds=shift_ms)
    index = (local.year * 12 + local.month - 1) // months * months
    start = datetime(index // 12, index % 12 + 1, 1, tzinfo=UTC)
    return int(start.timestamp()) * 1000 - shift_ms


def interval(text: str, shift_ms: int = 0) -> Interval:
    """Return the interval written like "1s", "15m", "4h", "3d", "1w" or "1M" (months)."""
    count, unit = int(text[:-1]), text[-1]
    if unit == "M":
        return Interval(0, count, shift_ms)
    return Interval(count * _UNITS[unit], 0, shift_ms)


ONE_MINUTE = interval("1m")


@dataclass(slots=True)
class Bar:
    """One candle: prices in ticks, volume in lots, quote in ticks times lots."""

    open_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int = 0
    quote: int = 0
    count: int = 0
    first_id: int = -1
    last_id: int = -1
    taker_volume: int = 0
    taker_quote: int = 0

    def absorb(self, other: "Bar") -> None:
        """Add a later bar to this one."""
        self.high = max(self.high, other.high)
        self.low = min(self.low, other.low)
        self.close = other.close
        self.volume += other.volume
        self.quote += other.quote
        self.count += other.count
        if other.count:
            self.first_id = other.first_id if self.first_id < 0 else self.first_id
            self.last_id = other.last_id
        self.taker_volume += other.taker_volume
        self.taker_quote += other.taker_quote

    def copy(self, open_ms: int) -> "Bar":
        """Return the same figures under another opening time."""
        return Bar(
            open_ms, self.open, self.high, self.low, self.close, self.volume, self.quote, self.count,
            self.first_id, self.last_id, self.taker_volume, self.taker_quote,
        )  # fmt: skip


class Series:
    """The bars of one interval, in time order; only bars with trades are stored."""

    KEEP = 6_000

    def __init__(self, rule: Interval) -> None:
        self.rule = rule
        self.bars: dict[int, Bar] = {}
        self._opens: list[int] = []

    def add(self, bar: Bar) -> None:
        """Merge a bar of a shorter (or the same) interval; bars come in time order."""
        open_ms = self.rule.open_of(bar.open_ms)
        present = self.bars.get(open_ms)
        if present is not None:
            present.absorb(bar)
            return
        self.bars[open_ms] = bar.copy(open_ms)
        self._opens.append(open_ms)
        if len(self._opens) > self.KEEP:
            for old in self._opens[: self.KEEP // 4]:
                del self.bars[old]
            del self._opens[: self.KEEP // 4]

    @property
    def last(self) -> Bar | None:
        """Return the newest bar with a trade."""
        return self.bars[self._opens[-1]] if self._opens else None

    def between(self, start_ms: int, end_ms: int) -> Iterator[Bar]:
        """Yield the stored bars whose opening time lies in start_ms … end_ms, inclusive."""
        for index in range(bisect_left(self._opens, start_ms), len(self._opens)):
            if self._opens[index] > end_ms:
                return
            yield self.bars[self._opens[index]]

    def filled(self, start_ms: int, end_ms: int) -> Iterator[Bar]:
        """Yield every bar of the range, a flat one where nothing traded; none before the first stored bar."""
        if not self._opens:
            return
        open_ms = max(self.rule.open_of(start_ms), self._opens[0])
        if open_ms < start_ms:
            open_ms = self.rule.next_of(open_ms)
        before = bisect_left(self._opens, open_ms) - 1
        close = self.bars[self._opens[before]].close if before >= 0 else 0
        while open_ms <= end_ms:
            bar = self.bars.get(open_ms)
            if bar is None:
                bar = Bar(open_ms, close, close, close, close)
            close = bar.close
            yield bar
            open_ms = self.rule.next_of(open_ms)

    def back_from(self, end_ms: int, count: int) -> int:
        """Return the opening time `count` bars back, counting the bar that holds end_ms."""
        open_ms = self.rule.open_of(end_ms)
        for _ in range(count - 1):
            if self._opens and open_ms < self._opens[0]:
                break
            open_ms = self.rule.open_of(open_ms - 1)
        return open_ms
