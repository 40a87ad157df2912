"""Candles made from trades, for venues whose feed has none.

Pure: trades go in, in the venue's order, and bars come out; no clock, no network. Sums are exact, in decimal numbers,
so that a bar of many trades is as good as one of few.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from .containers import BarData, TradeData
from .containers.bar import BarRow, bar_end, bar_start
from .containers.base import row_of

_MOST_FLAT = 5000  # bars without a trade, in a row


class BuiltBar(BarRow, kw_only=True):
    """A candle as far as its trades are known; quantities in the venue's unit, as in its own records.

    What a shorter candle that it began with did not tell is ``None``.
    """

    timestamp: int
    open: float
    high: float
    low: float
    close: float
    volume: Decimal = Decimal()
    amount: Decimal | None = Decimal()
    num_trades: int | None = 0
    taker_buy_volume: Decimal | None = Decimal()
    taker_buy_amount: Decimal | None = Decimal()
    is_closed: bool = False

    @property
    def closed(self) -> bool:
        return self.is_closed


class Candles:
    """The candles of one market and interval."""

    def __init__(self, interval: str, begin: int, *, flat: bool = False) -> None:
        """Begin with the candle that opens at `begin`, milliseconds; what was traded before is left out.

        Args:
            interval: a number and one of ``s m h d w M y``.
            flat: whether a time without trades has a candle too, at the price before.
        """
        self.interval = interval
        self.begin = begin  # when the candle opens that is being made
        self.end = bar_end(begin, interval)  # its last millisecond
        self._flat = flat
        self._bar: BuiltBar | None = None
        self._last_price: float | None = None

    @property
    def running(self) -> BuiltBar | None:
        """The candle that is being made, ``None`` before its first trade."""
        return None if self._bar is None else msgspec.structs.replace(self._bar)

    def begin_with(self, bar: BarData) -> None:
        """Take a closed candle of a shorter interval in place of its trades; before any later trade, in order."""
        row = row_of(bar)
        volume = _told(row, "volume")
        if not volume or not self.begin <= bar.get_timestamp() <= self.end:
            return  # a time without trades has no price of its own
        part = BuiltBar(
            timestamp=self.begin,
            open=bar.get_open(),
            high=bar.get_high(),
            low=bar.get_low(),
            close=bar.get_close(),
            volume=volume,
            amount=_told(row, "amount"),
            num_trades=None if (count := bar.get_num_trades()) != count else int(count),
            taker_buy_volume=_told(row, "taker_buy_volume"),
            taker_buy_amount=_told(row, "taker_buy_amount"),
        )
        self._join(part)

    def add(self, trade: TradeData) -> list[BuiltBar]:
        """Take a trade; return the candles that it closes, then the one that it is part of.

        A trade of a candle that is closed already changes nothing.
        """
        time = trade.get_timestamp()
        if time < self.begin:
            return []
        closed = self.close(time)
        price = trade.get_price()
        volume = Decimal(str(row_of(trade).quantity))
        amount = Decimal(str(price)) * Decimal(str(trade.get_quantity()))
        is_bought = trade.get_side() == "buy"
        self._join(
            BuiltBar(
                timestamp=self.begin,
                open=price,
                high=price,
                low=price,
                close=price,
                volume=volume,
                amount=amount,
                num_trades=_matches(trade),
                taker_buy_volume=volume if is_bought else Decimal(),
                taker_buy_amount=amount if is_bought else Decimal(),
            )
        )
        assert self._bar is not None
        return [*closed, msgspec.structs.replace(self._bar)]

    def close(self, time: int) -> list[BuiltBar]:
        """Return the candles that ended before `time`, closed. The next one is that of `time`."""
        if time <= self.end:
            return []
        closed = []
        if self._bar is not None:
            closed.append(msgspec.structs.replace(self._bar, is_closed=True))
            self._last_price = self._bar.close
            self._bar = None
        begin = bar_start(time, self.interval)
        if self._flat and self._last_price is not None:
            closed += self._flat_between(self.end + 1, begin, self._last_price)
        self.begin, self.end = begin, bar_end(begin, self.interval)
        return closed

    def _flat_between(self, start: int, begin: int, price: float) -> list[BuiltBar]:
        bars: list[BuiltBar] = []
        while start < begin and len(bars) < _MOST_FLAT:
            bars.append(BuiltBar(timestamp=start, open=price, high=price, low=price, close=price, is_closed=True))
            start = bar_end(start, self.interval) + 1
        return bars

    def _join(self, part: BuiltBar) -> None:
        bar = self._bar
        if bar is None:
            self._bar = part
            return
        bar.high = max(bar.high, part.high)
        bar.low = min(bar.low, part.low)
        bar.close = part.close
        bar.volume += part.volume
        bar.amount = _sum(bar.amount, part.amount)
        bar.taker_buy_volume = _sum(bar.taker_buy_volume, part.taker_buy_volume)
        bar.taker_buy_amount = _sum(bar.taker_buy_amount, part.taker_buy_amount)
        known = bar.num_trades is not None and part.num_trades is not None
        bar.num_trades = (bar.num_trades or 0) + (part.num_trades or 0) if known else None


def _matches(trade: TradeData) -> int:
    """Return how many matches a trade stands for, where the venue merges them."""
    first, last = trade.get_first_trade_id(), trade.get_last_trade_id()
    return int(last) - int(first) + 1 if first is not None and last is not None else 1


def _told(row: Any, name: str) -> Decimal | None:
    """Return a figure of a record exactly, ``None`` when it is missing or none."""
    try:
        figure = Decimal(str(getattr(row, name, None)))
    except InvalidOperation:
        return None
    return figure if figure.is_finite() else None


def _sum(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    return None if first is None or second is None else first + second
