"""One seeded market: an order book of price levels, an order flow, and the trades it makes.

Pure: no clock, no input or output, no global random number. Everything is counted in whole ticks and lots, so
    that candles, tickers and books agree with the trades exactly.
"""

import zlib
from bisect import bisect_left, insort
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from .candles import DAY, MINUTE, ONE_MINUTE, Bar, Interval, Series
from .instruments import Instrument
from .waves import UNIT, corner

BUY, SELL = "buy", "sell"
BID, ASK = 0, 1

_TAKE_SHARE = 0.25  # part of the actions that are taker orders
_REACHES = (1, 3, 10, 30)  # how far from the price new orders lie, in level distances: mostly near, some far
_SPLITS = (1, 1, 1, 2, 3)  # how many resting orders a price level is made of when it is hit
_MEAN_TAKE = 1.07  # mean size of a taker order, in the instrument's usual quantity
_CATCH_UP_ACTIONS = 3_000  # a market left alone for long is caught up by at most about that many actions
_SLIPPAGE = 12  # how far from the fair price a taker order reaches, in level distances
_SWEEP_LEVELS = 40  # levels one taker order may consume
_KEEP_CHANGES = 40_000
_KEEP_TRADES = 400_000
_HISTORY_MINUTES = 1_500

# The shared price path: period in ms and amplitude in parts per million, added up. Interpolated between
# pseudo-random corner values, so it is a pure function of time and needs no state, however long nobody
# looked.
_WAVES = ((20_000, 40), (120_000, 150), (900_000, 500), (7_200_000, 2_500), (43_200_000, 8_000))


class Trade(NamedTuple):
    """One match."""

    id: int
    ms: int
    price: int  # ticks
    quantity: int  # lots
    side: str  # the taker's
    order: int  # the taker's order: one number for all its matches


class Merged(NamedTuple):
    """The matches of one taker order at one price."""

    id: int
    first_id: int
    last_id: int
    ms: int
    price: int
    quantity: int
    side: str


class Change(NamedTuple):
    """A price level took a new quantity."""

    id: int  # update number, one per change
    ms: int
    side: int
    price: int
    quantity: int
    before: int


Level = tuple[int, int]  # price in ticks, quantity in lots


class Day(NamedTuple):
    """The last 24 hours, counted in whole minutes and the running one."""

    open_ms: int
    bar: Bar
    previous_close: int


class Market:
    """The order book, the trades and the candles of one symbol on one venue.

    Args:
        seed: any text; the same seed and the same start give the same market.
        path_seed: seed of the price path, shared by venues whose prices should stay close.
        start_ms: when the market opens; what happened before is drawn from the seed at once.
        rate: factor on the speed of the order flow.
    """

    def __init__(self, instrument: Instrument, *, seed: str, path_seed: str, start_ms: int, rate: float = 1.0) -> None:
        self.instrument = instrument
        self.now_ms = start_ms
        self._random = Random(seed)
        self.number = zlib.crc32(seed.encode())  # for what else is drawn for this market
        self._path = zlib.crc32(path_seed.encode())
        self._corners: dict[int, tuple[int, int, int]] = {}  # by wave: the corner asked for last
        self._offset_ppm = self._random.randint(-60, 60)
        self._speed = instrument.activity * rate / 1000  # actions per ms
        self._spacing = max(1, instrument.price // 90_000)  # usual distance of two levels, ticks
        self._quantity: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._prices: tuple[list[int], list[int]] = ([], [])
        self.update_id = self._random.randint(60_000_000, 90_000_000_000)
        self.changes: list[Change] = []
        self.trades: list[Trade] = []
        self.merged: list[Merged] = []
        self._trade_id = self._random.randint(5_000_000, 6_000_000_000)
        self._merged_id = self._trade_id // 2
        self._order_id = self._random.randint(1_000_000, 9_000_000)
        self._minutes = Series(ONE_MINUTE)
        self._series: dict[Interval, Series] = {ONE_MINUTE: self._minutes}
        self._day: tuple[int, Bar | None, int] = (-1, None, 0)
        self._write_history(start_ms)
        self.first_live_id = self._trade_id + 1
        self._write_book(start_ms)
        self._next_ms = float("inf") if self._speed == 0 else start_ms + self._gap(1.0)

    # -- what others read ------------------------------------------------------------------------------------

    @property
    def last(self) -> Trade:
        """Return the newest trade."""
        return self.trades[-1]

    def best(self, side: int) -> Level:
        """Return the best level of a side."""
        price = self._prices[side][-1 if side == BID else 0]
        return price, self._quantity[side][price]

    def levels(self, side: int, count: int | None = None) -> list[Level]:
        """Return the best `count` levels of a side (all by default), best first."""
        prices = self._prices[side]
        chosen = prices[::-1] if side == BID else prices
        quantity = self._quantity[side]
        return [(price, quantity[price]) for price in chosen[:count]]

    def changes_after(self, update_id: int) -> Sequence[Change]:
        """Return the level changes after that update number, oldest first.

        Raises:
            LookupError: they are no longer kept.
        """
        return self.changes[self._index_after(update_id) :]

    def _index_after(self, update_id: int) -> int:
        if not self.changes:
            if update_id != self.update_id:
                raise LookupError(f"{self.instrument.symbol}: no change {update_id}")
            return 0
        index = update_id + 1 - self.changes[0].id
        if not 0 <= index <= len(self.changes):
            raise LookupError(f"{self.instrument.symbol}: update {update_id} is not kept")
        return index

    def book_at(self, update_id: int) -> tuple[list[Level], list[Level]]:
        """Return bids and asks, best first, as they were after that update number.

        Raises:
            LookupError: the past is no longer kept that far, or the number lies in the future.
        """
        sides = (dict(self._quantity[BID]), dict(self._quantity[ASK]))
        for change in reversed(self.changes_after(update_id)):
            if change.before:
                sides[change.side][change.price] = change.before
            else:
                sides[change.side].pop(change.price, None)
        return sorted(sides[BID].items(), reverse=True), sorted(sides[ASK].items())

    def trade_index(self, trade_id: int) -> int:
        """Return where the trade of that id is, or would be, in `trades`; clipped to its ends."""
        return max(0, min(len(self.trades), trade_id - self.trades[0].id))

    def series(self, rule: Interval) -> Series:
        """Return the candles of an interval, kept in step from now on."""
        found = self._series.get(rule)
        if found is None:
            found = self._series[rule] = Series(rule)
            if rule.months or rule.length_ms >= MINUTE:
                for bar in self._minutes.bars.values():
                    found.add(bar)
            else:
                for trade in self.trades:
                    found.add(_bar_of(trade))
        return found

    def day(self) -> Day:
        """Return the rolling 24 hours that end now."""
        minute = self.now_ms // MINUTE * MINUTE
        if self._day[0] != minute:
            self._day = (minute, *self._closed_day(minute))
        _, closed, previous = self._day
        start = minute - DAY + MINUTE
        running = self._minutes.bars.get(minute)
        if closed is None and running is None:
            return Day(start, Bar(start, previous, previous, previous, previous), previous)
        if closed is None or running is None:
            only = closed or running
            assert only is not None  # one of the two is there, see above
            return Day(start, only.copy(start), previous)
        total = closed.copy(start)
        total.absorb(running)
        return Day(start, total, previous)

    def _closed_day(self, minute: int) -> tuple[Bar | None, int]:
        """Add up the closed minutes of the window; with it, the close before the window."""
        start = minute - DAY + MINUTE
        total: Bar | None = None
        previous = 0
        for bar in self._minutes.between(start - 2 * DAY, minute - 1):
            if bar.open_ms < start:
                previous = bar.close
            elif total is None:
                total = bar.copy(start)
            else:
                total.absorb(bar)
        return total, previous or (total.open if total else self.last.price)

    # -- time ------------------------------------------------------------------------------------------------

    def advance(self, to_ms: int) -> None:
        """Let the order flow run up to that time.

        How the way is cut into calls does not matter. After a long absence the flow is thinned, so that
        catching up costs a bounded amount of work.
        """
        if to_ms <= self.now_ms:
            return
        expected = (to_ms - self.now_ms) * self._speed
        stretch = expected / _CATCH_UP_ACTIONS if expected > 2 * _CATCH_UP_ACTIONS else 1.0
        while self._next_ms <= to_ms:
            self._act(int(self._next_ms))
            self._next_ms += self._gap(stretch)
        self.now_ms = to_ms

    def _gap(self, stretch: float) -> float:
        return self._random.expovariate(self._speed / stretch)

    def fair(self, ms: int) -> int:
        """Return the price around which the flow happens, in ticks."""
        return self._priced(self._offset_ppm + self._path_ppm(ms))

    def index(self, ms: int) -> int:
        """Return the price that venues have in common, in ticks."""
        return self._priced(self._path_ppm(ms))

    def _priced(self, ppm: int) -> int:
        return max(20, self.instrument.price * (1_000_000 + ppm) // 1_000_000)

    def _path_ppm(self, ms: int) -> int:
        ppm = 0
        for wave, (period, height) in enumerate(_WAVES):
            number, inside = divmod(ms, period)
            left, right = self._corners_at(wave, number)
            ppm += (left * (period - inside) + right * inside) * height // (period * UNIT)
        return ppm

    def _corners_at(self, wave: int, number: int) -> tuple[int, int]:
        known = self._corners.get(wave)
        if known is None or known[0] != number:
            left, right = corner(self._path, wave, number), corner(self._path, wave, number + 1)
            known = self._corners[wave] = (number, left, right)
        return known[1], known[2]

    # -- the order flow --------------------------------------------------------------------------------------

    def _act(self, ms: int) -> None:
        random = self._random
        fair = self.fair(ms)
        bid, ask = self.best(BID)[0], self.best(ASK)[0]
        if fair > ask:
            self._take(ms, ASK, fair)
        elif fair < bid:
            self._take(ms, BID, fair)
        elif random.random() < _TAKE_SHARE:
            self._take(ms, random.choice((BID, ASK)), fair)
        else:
            side = random.choice((BID, ASK))
            is_thin = len(self._prices[side]) < self.instrument.levels - 5
            if random.random() < (0.7 if is_thin else 0.4):
                self._place(ms, side, fair)
            else:
                self._cancel(ms, side)
        self._tend(ms, BID, fair)
        self._tend(ms, ASK, fair)

    def _size(self) -> int:
        return max(1, int(min(self._random.paretovariate(1.6), 15.0) * 0.4 * self.instrument.quantity))

    def _take(self, ms: int, side: int, fair: int) -> None:
        """Send a taker order into a side: all that is cheaper than fair, and its own size at little worse than that."""
        slip = _SLIPPAGE * self._spacing
        limit = fair + slip if side == ASK else fair - slip
        wanted = self._size()
        parts: list[Level] = []
        for price, present in self.levels(side, _SWEEP_LEVELS):
            inside = price <= fair if side == ASK else price >= fair
            beyond = price > limit if side == ASK else price < limit
            if beyond or (wanted <= 0 and not inside):
                break
            if len(self._prices[side]) <= 5:
                break  # never empty a side: a quote without a price serves nobody
            filled = present if inside else min(present, wanted)
            parts.append((price, filled))
            self._set(ms, side, price, present - filled)
            wanted -= filled
        self._record(ms, BUY if side == ASK else SELL, parts)

    def _record(self, ms: int, side: str, parts: Sequence[Level]) -> None:
        if not parts:
            return
        self._order_id += 1
        for price, quantity in parts:
            first = self._trade_id + 1
            for piece in self._split(quantity):
                self._trade_id += 1
                trade = Trade(self._trade_id, ms, price, piece, side, self._order_id)
                self.trades.append(trade)
                bar = _bar_of(trade)
                for series in self._series.values():
                    series.add(bar)
            self._merged_id += 1
            self.merged.append(Merged(self._merged_id, first, self._trade_id, ms, price, quantity, side))
        if len(self.trades) > _KEEP_TRADES:
            del self.trades[: _KEEP_TRADES // 4]
            oldest = self.trades[0].id
            del self.merged[: bisect_left(self.merged, oldest, key=lambda row: row.first_id)]

    def _split(self, quantity: int) -> list[int]:
        pieces = min(self._random.choice(_SPLITS), quantity)
        if pieces == 1:
            return [quantity]
        cuts = sorted(self._random.sample(range(1, quantity), pieces - 1))
        return [right - left for left, right in zip([0, *cuts], [*cuts, quantity], strict=True)]

    def _place(self, ms: int, side: int, fair: int) -> None:
        reach = self._random.choice(_REACHES) * self._spacing
        distance = 1 + int(self._random.expovariate(1 / reach))
        self._add(ms, side, fair - distance if side == BID else fair + distance)

    def _add(self, ms: int, side: int, price: int) -> None:
        """Rest an order at a price, or next to the other side where the price would cross it."""
        inside = min(price, self.best(ASK)[0] - 1) if side == BID else max(price, self.best(BID)[0] + 1)
        allowed = max(1, inside)
        self._set(ms, side, allowed, self._quantity[side].get(allowed, 0) + self._size())

    def _cancel(self, ms: int, side: int) -> None:
        prices = self._prices[side]
        if len(prices) <= 5:
            return
        rank = min(int(self._random.expovariate(1 / 12)), len(prices) - 1)
        price = prices[-1 - rank] if side == BID else prices[rank]
        present = self._quantity[side][price]
        kept = 0 if self._random.random() < 0.6 else present // 2
        self._set(ms, side, price, kept)

    def _tend(self, ms: int, side: int, fair: int) -> None:
        """Keep the number of levels near what the instrument holds: fill anywhere, trim the far end."""
        prices = self._prices[side]
        if len(prices) > self.instrument.levels:
            self._set(ms, side, prices[0] if side == BID else prices[-1], 0)
        elif len(prices) < self.instrument.levels - 10:
            distance = self._random.randint(1, self.instrument.levels * self._spacing)
            self._add(ms, side, fair - distance if side == BID else fair + distance)

    def _set(self, ms: int, side: int, price: int, quantity: int) -> None:
        levels = self._quantity[side]
        before = levels.get(price, 0)
        if before == quantity:
            return
        if quantity == 0:
            del levels[price]
            prices = self._prices[side]
            del prices[bisect_left(prices, price)]
        else:
            if before == 0:
                insort(self._prices[side], price)
            levels[price] = quantity
        self.update_id += 1
        self.changes.append(Change(self.update_id, ms, side, price, quantity, before))
        if len(self.changes) > _KEEP_CHANGES:
            del self.changes[: _KEEP_CHANGES // 4]

    # -- the past --------------------------------------------------------------------------------------------

    def _write_history(self, start_ms: int) -> None:
        """Draw candles of the day before and, nearest to the start, single trades."""
        item = self.instrument
        if item.is_major:
            takes_per_ms = item.activity * _TAKE_SHARE / 1000
            span = int(item.history / (takes_per_ms * 1.6))
            first_trade_ms = (start_ms - span) // MINUTE * MINUTE
            self._write_minutes(first_trade_ms, takes_per_ms)
        else:
            first_trade_ms = start_ms - DAY + 2 * MINUTE
        moments = sorted(
            self._random.randint(first_trade_ms, start_ms - 1) for _ in range(max(1, int(item.history / 1.4)))
        )
        for ms in moments:
            price = max(1, self.fair(ms) + self._random.randint(-self._spacing, self._spacing))
            self._record(ms, self._random.choice((BUY, SELL)), [(price, self._size())])

    def _write_minutes(self, end_ms: int, takes_per_ms: float) -> None:
        random = self._random
        start = end_ms - _HISTORY_MINUTES * MINUTE
        close = self.fair(start)
        for open_ms in range(start, end_ms, MINUTE):
            first, close = close, self.fair(open_ms + MINUTE - 1)
            middle = self.fair(open_ms + MINUTE // 2)
            high = max(first, close, middle) + random.randint(0, self._spacing)
            low = max(1, min(first, close, middle) - random.randint(0, self._spacing))
            count = max(1, int(takes_per_ms * MINUTE * random.uniform(0.8, 2.4)))
            volume = max(
                count,
                int(takes_per_ms * MINUTE * _MEAN_TAKE * self.instrument.quantity * random.uniform(0.5, 1.5)),
            )
            mean = (first + high + low + close) // 4
            bought = volume * random.randint(35, 65) // 100
            bar = Bar(
                open_ms, first, high, low, close, volume, volume * mean, count,
                self._trade_id + 1, self._trade_id + count, bought, bought * mean,
            )  # fmt: skip
            self._trade_id += count
            self._merged_id += max(1, count * 2 // 3)
            self._minutes.add(bar)

    def _write_book(self, ms: int) -> None:
        fair = self.fair(ms)
        bid, ask = fair - 1, fair + 1
        for _ in range(self.instrument.levels):
            if bid > 0:
                self._set(ms, BID, bid, self._size())
            self._set(ms, ASK, ask, self._size())
            bid -= self._random.randint(1, 2 * self._spacing)
            ask += self._random.randint(1, 2 * self._spacing)
        self.changes.clear()  # the state at the start is the beginning of history


def _bar_of(trade: Trade) -> Bar:
    quote = trade.price * trade.quantity
    bought = trade.side == BUY
    return Bar(
        trade.ms, trade.price, trade.price, trade.price, trade.price, trade.quantity, quote, 1, trade.id,
        trade.id, trade.quantity if bought else 0, quote if bought else 0,
    )  # fmt: skip
