"""Prices without a market behind them: each walks by itself, and one of them moves at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from random import Random
from typing import Any, Literal, NamedTuple

from ...instruments import Instrument
from ...market import Market
from ...venue import Venue

Gap = float | Literal["mean"] | None

_DEAREST = 10_000
_DECIMALS = 3
_NORMAL_GAP_S = (0.5, 1.0)  # mean and deviation of the normal number whose size is the pause between two changes
_SHORTEST_GAP_MS = 1.0
_STEP = 0.02  # deviation of a change, as part of the price
_CATCH_UP_MS = 60_000  # what was missed before that, when nobody let time pass, never happened
_KEPT = 400_000  # changes of one market


class PriceChange(NamedTuple):
    """A market took a new price."""

    key: str
    ms: int
    price: int  # ticks


def listed(seed: object, pairs: Iterable[tuple[str, str]]) -> dict[str, Instrument]:
    """Return the instruments of these pairs by key, the first price of each drawn from the seed."""
    found = {}
    for base, quote in pairs:
        ticks = Random(f"{seed}/{base}/{quote}").randint(1, _DEAREST * 10**_DECIMALS)
        item = Instrument(base, quote, _DECIMALS, 0, ticks, 1, activity=1.0, levels=0, history=0)
        found[item.symbol] = item
    return found


class PriceVenue(Venue):
    """A venue that knows nothing of its markets but the price."""

    def __init__(self, name: str, instruments: Mapping[str, Instrument], **given: Any) -> None:
        super().__init__(name, instruments, **given)
        start = self.now_ms()
        self._history = {key: [PriceChange(key, start, item.price)] for key, item in self.instruments.items()}
        self._moving = [key for key, item in self.instruments.items() if not item.halted]
        self._fresh: list[PriceChange] = []
        self._gap: Gap = "mean"
        self._next_ms = start + self._pause_ms()

    @property
    def gap(self) -> Gap:
        """Seconds between two changes at rate 1.

        ``"mean"``: drawn anew each time, 0.9 on average; 0: a thousand changes a second; None: nothing changes by
        itself.
        """
        return self._gap

    @gap.setter
    def gap(self, seconds: Gap) -> None:
        is_known = seconds is None or seconds == "mean"
        if not is_known and not (isinstance(seconds, (int, float)) and 0 <= seconds < math.inf):
            raise ValueError(f"gap {seconds!r}: seconds from 0 on, 'mean', or None for silence")
        self._gap = seconds
        self._next_ms = self.now_ms() + self._pause_ms()

    def market(self, symbol: str) -> Market:
        raise LookupError(f"{self.name} has prices, and no market behind {symbol}")

    def prices(self, symbol: str) -> list[PriceChange]:
        return self._history[self.key(symbol)]

    def figure(self, key: str) -> float:
        """Return the present price of a market as a number."""
        return float(self._history[key][-1].price / 10 ** self.instruments[key].price_decimals)

    def advance(self, now_ms: int) -> None:
        self._next_ms = max(self._next_ms, now_ms - _CATCH_UP_MS)
        while self._moving and self._next_ms <= now_ms:
            self._move(self.random.choice(self._moving), int(self._next_ms))
            self._next_ms += self._pause_ms()

    def _pause_ms(self) -> float:
        if self._gap is None:
            return math.inf
        seconds = abs(self.random.gauss(*_NORMAL_GAP_S)) if self._gap == "mean" else float(self._gap)
        return max(_SHORTEST_GAP_MS, seconds * 1000 / self.rate)

    def _move(self, key: str, ms: int) -> None:
        last = self._history[key][-1].price
        self._note(PriceChange(key, ms, max(1, round(self.random.gauss(last, _STEP * last)))))

    def set_price(self, symbol: str, price: float) -> None:
        """Let a market take a price now.

        Raises:
            ValueError: no such market, or no price above 0.
        """
        key = self.key(symbol)
        if key not in self._history:
            raise ValueError(f"{self.name} has no market {symbol!r}")
        ticks = round(price * 10 ** self.instruments[key].price_decimals) if 0 < price < math.inf else 0
        if ticks < 1:
            raise ValueError(f"{symbol}: {price!r} is no price")
        self._note(PriceChange(key, self.now_ms(), ticks))

    def _note(self, change: PriceChange) -> None:
        past = self._history[change.key]
        past.append(change)
        if len(past) > _KEPT:
            del past[: _KEPT // 4]
        self._fresh.append(change)

    def take_fresh(self) -> list[PriceChange]:
        """Return the changes since the last call, in order."""
        fresh, self._fresh = self._fresh, []
        return fresh
