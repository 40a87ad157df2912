"""Candles."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from .base import Container, Row, nan


class BarRow(Row):
    """Base of the candle records: `timestamp` (open time), `open`, `high`, `low` and `close` make one."""

    def defect(self) -> str | None:
        for name in ("open", "high", "low", "close"):
            price = getattr(self, name)
            if not math.isfinite(price):
                return f"{name} {price!r}"
        return None


class BarData(Container):
    """One candle. The running one is sent again and again until it is closed."""

    __slots__ = ()
    event = "BarEvent"

    # When

    def get_timestamp(self) -> int:
        """Return the open time in milliseconds since 1970 UTC, on every venue."""
        return super().get_timestamp()

    def get_open_time(self) -> float:
        """Return the open time as a float, milliseconds."""
        return float(self.get_timestamp())

    def get_close_time(self) -> int:
        """Return the last millisecond of the candle; 0 when the record neither holds nor computes it."""
        return self._time("close_time")

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
