"""Candles."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import MAXYEAR, UTC, datetime, timedelta
from typing import Any, Self

from .base import Container, Row, nan

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BarRow(Row):
    """Base of the candle records: `timestamp` (open time), `open`, `high`, `low` and `close` make one."""

    def defect(self) -> str | None:
        for name in ("open", "high", "low", "close"):
            price = getattr(self, name)
            if not math.isfinite(price):
                return f"{name} {price!r}"
        return None

    @property
    def closed(self) -> bool | None:
        """Whether the candle is final; ``None`` where the venue does not say."""
        return None


_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_MONTHS = {"M": 1, "y": 12}
_INTERVAL = re.compile(r"([1-9][0-9]{0,4})(min|[smhdwMy])")
_DAY_MS = 86_400_000
_TO_MONDAY_MS = 3 * _DAY_MS  # the epoch was a Thursday
_LATEST_MS = 253_000_000_000_000  # the year 9987: calendars end there


def bar_end(open_time: int, interval: str) -> int:
    """Return the last millisecond of the candle that opens at `open_time`; 0 for an unknown interval.

    Months and years follow the calendar of the time zone in which the candle opens at midnight, so that a
    venue in UTC+8 is understood as well.

    Args:
        open_time: milliseconds since 1970 UTC.
        interval: a number and one of ``s m h d w M y``; ``min`` is ``m``.
    """
    match = _INTERVAL.fullmatch(interval)
    if match is None or not 0 <= open_time <= _LATEST_MS:
        return 0
    count, unit = int(match[1]), match[2]
    if unit in _SECONDS:
        return open_time + count * _SECONDS[unit] * 1000 - 1
    to_midnight = -open_time % _DAY_MS
    opened = _EPOCH + timedelta(milliseconds=open_time + to_midnight)
    years, month = divmod(opened.month - 1 + count * _MONTHS[unit], 12)
    if opened.year + years > MAXYEAR:
        return 0
    # The first of the month, or the second west of Greenwich: both exist in every month.
    following = opened.replace(day=min(opened.day, 2), year=opened.year + years, month=month + 1)
    return (following - _EPOCH) // timedelta(milliseconds=1) - to_midnight - 1


def bar_start(time: int, interval: str) -> int:
    """Return the open time of the candle that holds `time`, in UTC, weeks from Monday; -1 for an unknown interval.

    Args:
        time: milliseconds since 1970 UTC.
        interval: as `bar_end` has it.
    """
    match = _INTERVAL.fullmatch(interval)
    if match is None or not 0 <= time <= _LATEST_MS:
        return -1
    count, unit = int(match[1]), match[2]
    if unit in _SECONDS:
        shift = _TO_MONDAY_MS if unit == "w" else 0
        return time - (time + shift) % (count * _SECONDS[unit] * 1000)
    day = _EPOCH + timedelta(milliseconds=time)
    months = day.year * 12 + day.month - 1
    year, month = divmod(months - months % (count * _MONTHS[unit]), 12)
    return (datetime(max(year, 1), month + 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


class _Closed:
    """A candle record of a venue that does not say so, known to be final."""

    __slots__ = ("_row",)
    closed = True

    def __init__(self, row: Any) -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


class BarData(Container):
    """One candle. The running one is sent again and again until it is closed."""

    event = "BarEvent"
    kind = "klines"

    # When

    def get_timestamp(self) -> int:
        """Return the open time in milliseconds since 1970 UTC, on every venue."""
        return super().get_timestamp()

    def get_open_time(self) -> float:
        """Return the open time as a float, milliseconds."""
        return self.get_server_time()

    def get_close_time(self) -> int:
        """Return the last millisecond of the candle, sent or computed; 0 for an unknown interval."""
        return self._time("close_time") or bar_end(self.get_timestamp(), self._topic.interval)

    def get_latency_ms(self) -> float:
        """Return receipt minus event time in milliseconds; ``nan`` when the candle has no event time."""
        return self._received * 1000 - self._number("event_time")

    def get_interval(self) -> str:
        """Return the length of the candle, ``"1m"`` or ``"1h"``, as the caller wrote it."""
        return self._topic.interval

    def get_bar_status(self) -> bool:
        """Return whether the candle is known to be closed, so that it will not change any more."""
        return self._flag("closed") is True

    is_closed = get_bar_status

    def as_closed(self) -> Self:
        """Return the same candle as a final one; for venues that never say so."""
        return self.holding(_Closed(self._row))

    # What

    def get_open(self) -> float:
        """Return the first price, quote asset per base asset."""
        return self._number("open")

    get_open_price = get_open

    def get_high(self) -> float:
        """Return the highest price, quote asset per base asset."""
        return self._number("high")

    get_high_price = get_high

    def get_low(self) -> float:
        """Return the lowest price, quote asset per base asset."""
        return self._number("low")

    get_low_price = get_low

    def get_close(self) -> float:
        """Return the last price, quote asset per base asset; the latest one while the candle is open."""
        return self._number("close")

    get_close_price = get_close

    def get_volume(self) -> float:
        """Return the quantity traded, base asset."""
        return self._quantity("volume")

    get_base_asset_volume = get_volume

    def get_amount(self) -> float:
        """Return the value traded, quote asset."""
        return self._number("amount")

    get_quote_asset_volume = get_amount

    def get_num_trades(self) -> int | float:
        """Return the number of trades, an ``int``; ``nan`` when the venue does not send it."""
        count = self._number("num_trades")
        return int(count) if count == count else nan

    def get_taker_buy_base_asset_volume(self) -> float:
        """Return the quantity that takers bought, base asset."""
        return self._quantity("taker_buy_volume")

    def get_taker_buy_quote_asset_volume(self) -> float:
        """Return the value that takers bought, quote asset."""
        return self._number("taker_buy_amount")

    get_bar_symbol_name = Container.get_venue_symbol

    def _summary(self) -> Iterable[tuple[str, Any]]:
        yield "interval", self.get_interval()
        yield "timestamp", self.get_timestamp()
        yield "open", self.get_open()
        yield "high", self.get_high()
        yield "low", self.get_low()
        yield "close", self.get_close()
        yield "volume", self.get_volume()
        yield "closed", self.get_bar_status()
