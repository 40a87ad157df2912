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
    from .session import Session
    from .venue import Venue

log = logging.getLogger("bt_api_py.net")

_CLOSE_GRACE_MS = 5000  # a bar whose venue never says "closed" is closed so long after its end
_MOST_BARS = 5000  # of one hole


class KlineFeed(FillingFeed):
    """Candles of one market and interval.

    A venue that never says "closed" (HTX) closes a bar by beginning the next, or by the clock a little after its end.
    Bars that closed unseen, over a loss or because nothing was traded, are fetched and come as closed bars.
    """

    def __init__(self, venue: Venue, session: Session, name: str, channel: Channel, topic: Topic) -> None:
        super().__init__(venue, session, name, channel, topic)
        self._next: int | None = None  # open time of the oldest bar that was not handed out as closed
        self._running: BarData | None = None

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
                self._close_by_successor(begin, lost)
                expected = self._next
                if expected is not None and begin > expected:
                    self.fill(self._fill_between(item, expected, begin, lost))
                    return
        self._accept(item)

    def _close_by_successor(self, begin: int, lost: str) -> None:
        """Close the running bar of a venue that has no flag, when the very next one begins and nothing was lost."""
        running = self._running
        if running is None or lost or row_of(running).closed is not None:
            return
        if bar_end(running.get_timestamp(), self.topic.interval) + 1 == begin:
            self._hand_out_closed(running)

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

    def deliver(self, item: BarData) -> None:
        topic = self.topic
        closed = item.get_bar_status()
        for box in self.boxes:
            if closed or not box.wish.closed_only:
                box.push(item if box.topic is topic else respelled(item, box.topic))

    async def _fill_between(self, item: BarData, start: int, begin: int, lost: str) -> None:
        """Fetch the bars that opened from `start` on and before `begin`, then hand out `item`."""
        total = self._bars_between(start, begin)
        found: list[BarData] = []
        trouble = "" if total <= _MOST_BARS else f"{total} bars are more than {_MOST_BARS}"
        if not trouble and self.wants_filling:
            pages = self.venue.exchange.klines_between(
                self.topic.venue_symbol, self.venue.exchange.venue_interval(self.topic.interval), start, begin - 1
            )
            try:
                bars = {bar.get_timestamp(): bar for bar in await self.venue.collect(pages, self.topic)}
                found = [bars[at].as_closed() for at in sorted(bars) if start <= at < begin]
            except BtApiError as error:
                trouble = str(error)
        elif not trouble:
            trouble = "no reader wants holes to be filled"
        if lost or trouble:
            self._declare(lost or "bars were not sent", start, begin, total)
        if found:
            self._running = None
            self.deliver_filled(found)
            if lost:
                self._tell_filled(lost, found)
        # The venue's list decides what exists: a bar in which nothing was traded may have no entry there.
        self.count_missing(total if trouble else len(found), len(found))
        self._accept(item)

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

    async def has_moved(self) -> bool:
        exchange, topic = self.venue.exchange, self.topic
        interval = exchange.venue_interval(topic.interval)
        bars = await self.venue.rest.fetch(exchange.klines_request(topic.venue_symbol, interval, 2), topic, attempts=1)
        newest: BarData | None = max(bars, key=lambda bar: int(bar.get_timestamp()), default=None)
        if newest is None:
            return False
        if self._running is None:
            # The last bar was closed: another one has begun only if something was traded in it.
            return newest.get_timestamp() >= (self._next or 0) and newest.get_volume() > 0
        return _figures(newest) != _figures(self._running)

    def attach(self, box: Mailbox, topic: Topic) -> None:
        super().attach(box, topic)
        if self._running is not None and not box.wish.closed_only and not self._was_lost:
            box.push(respelled(self._running, box.topic))

    def tick(self) -> None:
        super().tick()
        running = self._running
        if running is None or self._was_lost or self._is_filling or row_of(running).closed is not None:
            return
        end = bar_end(running.get_timestamp(), self.topic.interval)
        if end and self.venue.now_ms() > end + _CLOSE_GRACE_MS:
            self._hand_out_closed(running)


def _figures(bar: BarData) -> tuple[float, ...]:
    return bar.get_timestamp(), bar.get_close(), bar.get_volume()


def _is_older(bar: BarData, running: BarData) -> bool:
    """Return whether a bar is an older state of the running one, brought by the slower of two sockets."""
    return bar.get_timestamp() == running.get_timestamp() and bar.get_volume() < running.get_volume()
