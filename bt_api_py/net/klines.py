"""Candles: the running one again and again, every closed one once."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ..containers import BarData
from ..containers.bar import bar_end
from ..containers.base import Topic, row_of
from ..exceptions import BtApiError
from ..exchanges.base import Channel
from .feed import FillingFeed, respelled
from .stream import Mailbox

if TYPE_CHECKING:
    from .carrier import Carrier
    from .venue import Venue

log = logging.getLogger("bt_api_py.net")

_CLOSE_GRACE_MS = 5000  # a bar whose venue never says "closed" is closed so long after its end
_MOST_BARS = 5000  # of one hole
_MOST_PROBED = 200


class BarFeed(FillingFeed):
    """What all candles of one market and interval share: the fan-out, and what only the venue's list can tell."""

    def __init__(self, venue: Venue, session: Carrier, name: str, channel: Channel, topic: Topic) -> None:
        super().__init__(venue, session, name, channel, topic)
        self._next: int | None = None  # open time of the oldest bar that was not handed out as closed

    def deliver(self, item: BarData) -> None:
        topic = self.topic
        closed = item.get_bar_status()
        for box in self.boxes:
            if closed or not box.wish.closed_only:
                box.push(item if box.topic is topic else respelled(item, box.topic))

    async def fetch_bars(self, interval: str, start: int, end: int) -> list[BarData]:
        """Return the venue's bars of an interval, the user's word, that open from `start` to `end`.

        Raises:
            BtApiError, TimeoutError: as `collect`.
        """
        exchange, symbol = self.venue.exchange, self.topic.venue_symbol
        word = exchange.venue_interval(interval)
        return await self.collect(lambda: exchange.klines_between(symbol, word, start, end))

    async def fetch_between(self, start: int, begin: int, lost: str) -> bool:
        """Hand out, closed, the listed bars that open from `start` on and before `begin`; return whether there are any.

        Args:
            lost: why they were missed; empty where a time without trades may have no bars.
        """
        total = self._bars_between(start, begin)
        found: list[BarData] = []
        trouble = "" if total <= _MOST_BARS else f"{total} bars are more than {_MOST_BARS}"
        if not trouble and self.wants_filling:
            try:
                bars = {
                    bar.get_timestamp(): bar for bar in await self.fetch_bars(self.topic.interval, start, begin - 1)
                }
                found = [bars[at].as_closed() for at in sorted(bars) if start <= at < begin]
            except (BtApiError, TimeoutError) as error:
                trouble = str(error) or "the venue took too long"
        elif not trouble:
            trouble = "no reader wants holes to be filled"
        if lost or trouble:
            self._declare(lost or "bars were not sent", start, begin, total)
        if found:
            self.deliver_filled(found)
            if lost:
                self._tell_filled(lost, found)
        # The venue's list decides what exists: a bar in which nothing was traded may have no entry there.
        self.count_missing(total if trouble else len(found), len(found))
        return bool(found)

    def _bars_between(self, start: int, begin: int) -> int:
        count = 0
        while start < begin and count <= _MOST_BARS:
            start = bar_end(start, self.topic.interval) + 1
            if start <= 1:
                break
            count += 1
        return count

    def _declare(self, cause: str, start: int, begin: int, count: int) -> None:
        self.count("gaps")
        self.tell("gap", cause, from_ms=start, to_ms=begin - 1, count=count)
        log.warning("%s: gap, %s, %d bars from %d", self.label, cause, count, start)

    def _tell_filled(self, cause: str, found: list[BarData]) -> None:
        first, last = found[0].get_timestamp(), found[-1].get_timestamp()
        self.tell("backfilled", cause, from_ms=first, to_ms=last, count=len(found), filled=True)


class KlineFeed(BarFeed):
    """Candles of one market and interval.

    A venue that never says "closed" (HTX) closes a bar by beginning the next, or by the clock a little after its end;
    its list by REST confirms the figures.
    Bars that closed unseen, over a loss or because nothing was traded, are fetched and come as closed bars.
    """

    def __init__(self, venue: Venue, session: Carrier, name: str, channel: Channel, topic: Topic) -> None:
        super().__init__(venue, session, name, channel, topic)
        self._running: BarData | None = None
        self._probed: tuple[float, ...] | None = None  # the newest bar that a probe saw

    def key(self, item: BarData) -> Any:
        return item.get_bar_status(), *_figures(item)

    def step(self, item: BarData, lost: str) -> None:
        row = row_of(item)
        begin: int = row.timestamp
        expected = self._next
        if expected is not None:
            running = self._running
            if begin < expected or (running is not None and begin < running.get_timestamp()):
                self.count("duplicates")
                return
            if self.session.is_doubled and running is not None and _is_older(item, running):
                return
            if begin > expected:
                if running is not None and not lost and self._is_successor(begin, running):
                    self.fill(self._close, running, item)
                else:
                    self.fill(self._fill_between, item, expected, begin, lost)
                return
        self._accept(item)

    def _is_successor(self, begin: int, running: BarData) -> bool:
        """Return whether the bar after the running one begins, at a venue that has no flag."""
        end = bar_end(running.get_timestamp(), self.topic.interval)
        return row_of(running).closed is None and end + 1 == begin

    async def _close(self, running: BarData, item: BarData | None) -> None:
        """Close the running bar of a venue that never says so, then hand out `item`.

        What came last need not be the bar's last state, so the venue's list is asked, and the fuller of the two counts.
        """
        begin = running.get_timestamp()
        fuller = running
        if self.wants_filling:
            try:
                listed = await self.fetch_bars(self.topic.interval, begin, begin)
                fuller = max([running, *(bar for bar in listed if bar.get_timestamp() == begin)], key=_volume)
            except (BtApiError, TimeoutError) as error:
                log.info("%s: a closed bar could not be compared with the venue's list: %s", self.label, error)
        self._hand_out_closed(fuller)
        if item is not None:
            self._accept(item)

    def _hand_out_closed(self, bar: BarData) -> None:
        self._running = None
        self._next = bar_end(bar.get_timestamp(), self.topic.interval) + 1
        self.deliver(bar.as_closed())

    def _accept(self, item: BarData) -> None:
        begin = item.get_timestamp()
        if item.get_bar_status():
            self._running = None
            self._next = bar_end(begin, self.topic.interval) + 1 or begin + 1
        else:
            self._running = item
            self._next = begin
        self.deliver(item)

    async def _fill_between(self, item: BarData, start: int, begin: int, lost: str) -> None:
        """Fetch the bars that opened from `start` on and before `begin`, then hand out `item`."""
        if await self.fetch_between(start, begin, lost):
            self._running = None
        self._accept(item)

    async def has_moved(self) -> bool:
        topic, running = self.topic, self._running
        interval = self.venue.exchange.venue_interval(topic.interval)
        since = self._next or self.venue.now_ms()
        count = 2 + min(_MOST_PROBED, self._bars_between(since, self.venue.now_ms()))
        request = self.venue.klines_request(topic.venue_symbol, interval, count)
        bars = await self.venue.rest.fetch(request, topic, attempts=1)
        # A list may hold bars in which nothing was traded; of those no stream has to tell.
        traded = [_figures(bar) for bar in bars if bar.get_volume() > 0]
        newest = max(traded, default=None)
        before, self._probed = self._probed, newest or self._probed
        if self._next is None:
            return before is not None and newest is not None and newest > before
        if running is None:
            return newest is not None and newest[0] >= self._next
        if row_of(running).closed is False and self._is_over(running):
            return True  # the venue would have said that it is closed
        return newest is not None and newest[0] >= running.get_timestamp() and newest != _figures(running)

    def _is_over(self, running: BarData) -> bool:
        end = bar_end(running.get_timestamp(), self.topic.interval)
        return bool(end) and self.venue.now_ms() > end + _CLOSE_GRACE_MS

    def attach(self, box: Mailbox, topic: Topic) -> None:
        super().attach(box, topic)
        if self._running is not None and not box.wish.closed_only and not self._was_lost:
            box.push(respelled(self._running, box.topic))

    def tick(self) -> None:
        super().tick()
        running = self._running
        if running is None or self._was_lost or self._is_filling or row_of(running).closed is not None:
            return
        if self._is_over(running):
            self.fill(self._close, running, None)


def _volume(bar: BarData) -> float:
    return bar.get_volume()


def _figures(bar: BarData) -> tuple[float, ...]:
    return bar.get_timestamp(), bar.get_close(), bar.get_volume()


def _is_older(bar: BarData, running: BarData) -> bool:
    """Return whether a bar is an older state of the running one, brought by the slower of two sockets."""
    return bar.get_timestamp() == running.get_timestamp() and bar.get_volume() < running.get_volume()
