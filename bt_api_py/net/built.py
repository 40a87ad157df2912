"""Candles of one market and interval, made from its trades."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from ..candles import BuiltBar, Candles
from ..containers import BarData, TradeData
from ..containers.bar import bar_end, bar_start
from ..containers.base import Topic, row_of
from ..exceptions import BtApiError, UnsupportedError
from ..exchanges.base import Channel
from .klines import BarFeed
from .stream import Mailbox, StreamEvent

if TYPE_CHECKING:
    from .carrier import Carrier
    from .making import Tap
    from .venue import Venue

log = logging.getLogger("bt_api_py.net")

_SETTLED_MS = 5000  # so long after its end a candle of the venue's list is believed to be whole
_MISSED_MS = 2500  # so long after its end a candle is asked for that could not be made
_GRACE_MS = 250  # so long after a candle's end its last trades may come
_AHEAD_MS = 2500  # how far ahead the end of a candle is seen, by looks that are a second apart
_MOST_LATE = 3  # looks at a list that tells of more than came, before the list is believed
_PATIENCE = 3.0  # seconds for one look at the list
_TRIES = 4  # to get the trades of the running candle: REST may lag behind the stream
_PAUSE = 0.5  # seconds between the first two tries, more between the others


class BuiltKlineFeed(BarFeed):
    """Candles of one market and interval, made from trades.

    A candle is handed out when all of its trades are known. The one that runs when the first reader comes is completed
    by REST: by closed candles of shorter intervals, and trades from there on. A hole that stays in the trades ends what
    is being made: closed candles come from the venue's list then, and the running one is completed anew.
    """

    tap: Tap

    def __init__(self, venue: Venue, session: Carrier, name: str, channel: Channel, topic: Topic) -> None:
        super().__init__(venue, session, name, channel, topic)
        self._made = msgspec.structs.replace(self.topic, origin="built")
        self._candles: Candles | None = None
        self._missed: int | None = None  # open time of the oldest candle that only the venue's list can tell
        self._has_hole = False  # in the trades, and it is not known whether it will be filled
        self._doubted: list[TradeData] = []  # trades that may fill it
        self._generation = 0  # what was begun before a hole does not count
        self._is_away = False
        self._is_closing = False
        self._late = 0  # times that the list told of more than came
        self._alarm: int | None = None  # the candle whose end is waited for

    def attach(self, box: Mailbox, topic: Topic) -> None:
        super().attach(box, topic)
        box.state = self.tap.state
        self._set_patience()
        running = None if self._candles is None else self._candles.running
        if running is not None and not box.wish.closed_only:
            box.push(BarData(running, msgspec.structs.replace(box.topic or self.topic, origin="built")))

    def detach(self, box: Mailbox) -> None:
        super().detach(box)
        self._set_patience()

    def _set_patience(self) -> None:
        """Let the trades be watched as closely as the most impatient reader wants."""
        self.tap.wish = replace(self.tap.wish, stale_after=self.stale_after)

    # Trades

    def take_trade(self, trade: TradeData) -> None:
        """Take a trade of the market, in the venue's order."""
        self.last_at = self.venue.clock.monotonic()
        self.received += 1
        if self._has_hole:
            if trade.get_origin() == "backfill":
                self._doubted.append(trade)
                return
            self._hole_stays()
        self._take(trade)

    def _take(self, trade: TradeData) -> None:
        if self._is_filling:
            self._held.append((trade, ""))
        else:
            self.step(trade, "")

    def take_event(self, event: StreamEvent) -> None:
        """Take what happened to the trades."""
        match event.kind:
            case "gap":
                self._has_hole = True
                self.set_state("stale")
                self.tell("stale", f"trades are missing: {event.cause}")
            case "backfilled" if event.filled:
                self._has_hole = False
                self.set_state(self.tap.state)
                doubted, self._doubted = self._doubted, []
                for trade in doubted:
                    self._take(trade)
            case "disconnected":
                if self.received and not self._is_away:
                    self.count("reconnects")
                self._is_away = True
                self.tell("disconnected", event.cause)
            case "connected":
                self._is_away = False
                self.tell("connected", event.cause)
            case "stale" | "rotated":
                self.tell(event.kind, event.cause)

    def _hole_stays(self) -> None:
        """Trades are missing: what is being made cannot be told."""
        self._has_hole = False
        self.set_state(self.tap.state)
        self._doubted.clear()
        self._held.clear()
        self._generation += 1
        if self._missed is None:
            self._missed = self._next
        self._candles = None

    def step(self, item: TradeData, lost: str) -> None:
        candles = self._candles
        if candles is None:
            self.fill(self._begin, item)
        elif self._missed is not None and item.get_timestamp() >= candles.begin:
            self.fill(self._begin_behind, item)
        else:
            self._add(candles, item)

    def _add(self, candles: Candles, trade: TradeData) -> None:
        for bar in candles.add(trade):
            self._hand_out(bar, trade.get_local_update_time())

    def _hand_out(self, bar: BuiltBar, received: float) -> None:
        self._next = bar_end(bar.timestamp, self.topic.interval) + 1 if bar.is_closed else bar.timestamp
        self._late = 0
        self.deliver(BarData(bar, self._made, received))

    # The running candle

    async def _begin(self, trade: TradeData | None) -> None:
        """Complete the running candle back to its start, up to this trade, or to the newest where there is none yet."""
        interval, generation = self.topic.interval, self._generation
        now = trade.get_timestamp() if trade is not None else self.venue.now_ms()
        candles = Candles(interval, bar_start(now, interval), flat=self.venue.exchange.lists_quiet_bars)
        await self._fetch_missed(candles.begin)
        try:
            await self._complete(candles, now, self._number_of(trade))
        except (BtApiError, TimeoutError) as error:
            why = str(error) or "the venue took too long"
            self._missed = candles.begin
            self.count("gaps")
            self.tell("gap", f"the running bar cannot be completed: {why}", from_ms=candles.begin, to_ms=candles.end)
            log.warning("%s: the running bar cannot be completed: %s", self.label, why)
            candles = Candles(interval, candles.end + 1, flat=self.venue.exchange.lists_quiet_bars)
        if generation != self._generation:
            return
        self._candles = candles
        if trade is not None:
            self._add(candles, trade)
        elif (bar := candles.running) is not None:
            self._hand_out(bar, self.venue.clock.now())

    async def _begin_behind(self, trade: TradeData | None) -> None:
        """Begin with a whole candle, after the venue's list has told of those before it."""
        candles = self._candles
        assert candles is not None
        await self._fetch_missed(candles.begin)
        if trade is not None and candles is self._candles:
            self._add(candles, trade)

    def _number_of(self, trade: TradeData | None) -> int:
        """Return the number below which trades are fetched.

        Raises:
            UnsupportedError: the venue's numbers have no order.
        """
        if trade is None:
            newest = self.tap.trades.newest_number()
            if newest is not None:
                return newest + 1
        elif (span := row_of(trade).span) is not None:
            return int(span[0])
        raise UnsupportedError(self.venue.name, "the numbers of trades have no order")

    async def _complete(self, candles: Candles, now: int, before: int) -> None:
        """Put into a candle what was traded since its start, below a number.

        Raises:
            BtApiError, TimeoutError: it cannot be had.
        """
        start = candles.begin
        for word in self._shorter():
            until = bar_start(now - _SETTLED_MS, word)
            if until > start:
                bars = await self.fetch_bars(word, start, until - 1)
                for bar in sorted(bars, key=BarData.get_timestamp):
                    if start <= bar.get_timestamp() < until:
                        candles.begin_with(bar)
                start = until
        for trade in await self._trades_since(start, before):
            candles.add(trade)

    async def _trades_since(self, start: int, before: int) -> list[TradeData]:
        """Return the trades from a time on, below a number, in order. REST gets a few tries to catch up.

        Raises:
            BtApiError, TimeoutError: they cannot be had.
        """
        exchange, symbol = self.venue.exchange, self.topic.venue_symbol
        trouble = ""
        for attempt in range(_TRIES):
            await self.venue.clock.sleep(_PAUSE * attempt)
            listed = await self.collect(lambda: exchange.trades_since(symbol, start, before))
            found = {row_of(trade).span: trade for trade in listed}
            spans = sorted(span for span in found if span is not None and span[1] < before)
            if not any(found[span].get_timestamp() < start for span in spans):
                trouble = f"the list of trades does not reach back to {start} ms"
            elif self.tap.trades.channel.contiguous and not _is_whole([*spans, (before, before)]):
                trouble = f"the list of trades is not whole up to {before}"
            else:
                return [trade for trade in map(found.__getitem__, spans) if trade.get_timestamp() >= start]
        raise UnsupportedError(exchange.name, trouble)

    def _shorter(self) -> list[str]:
        """Return the venue's intervals of which this one is made, longest first."""
        at = bar_start(self.venue.now_ms(), self.topic.interval)
        length = bar_end(at, self.topic.interval) + 1 - at
        found = []
        for word in self.venue.exchange.intervals:
            part = bar_end(at, word) + 1 - at
            if 0 < part < length and not length % part and bar_start(at, word) == at:
                found.append((part, word))
        return [word for _, word in sorted(found, reverse=True)]

    async def _fetch_missed(self, begin: int) -> None:
        """Fetch the closed candles that could not be made, up to the one that opens at `begin`."""
        start, generation = self._missed, self._generation
        if start is None:
            return
        if start < begin:
            wait = begin + _MISSED_MS - self.venue.now_ms()
            if wait > 0:
                await self.venue.clock.sleep(wait / 1000)
            await self.fetch_between(start, begin, "trades are missing")
            self._next = begin
        self._missed = None if generation == self._generation else self._next

    # The end of a candle in which nothing more is traded

    def tick(self) -> None:
        self.tick_filling()
        candles = self._candles
        if self._is_filling or not self.boxes or not self.tap.is_steady or self._has_hole:
            return
        if candles is None:
            if self.tap.trades.newest_number() is not None:
                self.fill(self._begin, None)
            return
        left = candles.end + 1 + _GRACE_MS - self.venue.now_ms()
        if left <= 0:
            self._ends(candles)
        elif left <= _AHEAD_MS and self._alarm != candles.begin:
            self._alarm = candles.begin
            self.venue.later(left / 1000, lambda: self._ends(candles))

    def _ends(self, candles: Candles) -> None:
        """The clock says that a candle is over."""
        is_over = self.venue.now_ms() > candles.end + _GRACE_MS
        if candles is not self._candles or self._is_filling or not is_over or not self.tap.is_steady or self._has_hole:
            return
        if self._missed is not None:
            if self.venue.now_ms() >= candles.begin:
                self.fill(self._begin_behind, None)
        elif not self._is_closing and (candles.running is not None or self.venue.exchange.lists_quiet_bars):
            self._is_closing = True
            self.venue.hub.spawn(self._close(candles), f"{self.label} end of a bar")

    async def _close(self, candles: Candles) -> None:
        """Close a candle by the clock when the venue's list tells of no more than what came.

        Trades go on meanwhile. One of a later candle closes this one without the list.
        """
        begin = candles.begin
        try:
            # Both clocks have to have passed the end: ours may be ahead.
            now = min(self.venue.now_ms(), await self.venue.time.measured())
            listed = await self._listed(begin) if candles.running is not None else None
        finally:
            self._is_closing = False
        ours = candles.running
        is_past = candles is not self._candles or candles.begin != begin or self._has_hole
        if is_past or now <= candles.end or self._is_filling or not self.tap.is_steady:
            return
        fuller = listed if listed is not None and ours is not None and self._is_fuller(listed, ours) else None
        if ours is not None and (listed is None or fuller is not None):
            # What is listed may be on its way; without a list the next trade tells.
            self._late += fuller is not None
            if fuller is None or self._late <= _MOST_LATE:
                return
        received = self.venue.clock.now()
        for bar in candles.close(now):
            if fuller is not None and bar.timestamp == begin:
                self._next = candles.begin
                self._late = 0
                self.deliver(fuller.as_closed())
            else:
                self._hand_out(bar, received)

    async def _listed(self, begin: int) -> BarData | None:
        """Return a candle as the venue lists it, ``None`` when it does not say."""
        try:
            async with asyncio.timeout(_PATIENCE):
                bars = await self.fetch_bars(self.topic.interval, begin, begin)
        except (BtApiError, TimeoutError) as error:
            log.info("%s: a bar that ended could not be compared with the venue's list: %s", self.label, error)
            return None
        return next((bar for bar in bars if bar.get_timestamp() == begin), None)

    def _is_fuller(self, listed: BarData, ours: BuiltBar) -> bool:
        return listed.get_volume() > BarData(ours, self._made).get_volume() * (1 + 1e-9)


def _is_whole(spans: list[tuple[int, int]]) -> bool:
    """Return whether each number follows the one before."""
    return all(before[1] + 1 == after[0] for before, after in pairwise(spans))
