"""Trades: each once, in order; holes are declared, and filled by REST where the venue allows."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from ..containers import TradeData
from ..containers.base import Topic, row_of
from ..containers.trade import number_of
from ..exceptions import BtApiError, StreamUsageError
from ..exchanges.base import Channel, Pages, Reader
from .feed import FillingFeed, Lane
from .stream import Mailbox, Wish

if TYPE_CHECKING:
    from .carrier import Carrier
    from .leg import Leg
    from .venue import Venue

log = logging.getLogger("bt_api_py.net")

_IDS_REMEMBERED = 1000  # where ids have no order
_LONGEST_LIST = 1000  # of the latest trades; an adapter cuts it to what its venue gives
_COPIES_COUNTED = 4000
_TRIES = 4  # REST may lag behind the stream
_PAUSE = 0.5  # seconds between two tries
_FALSE_ALARMS = 3  # after so many jumps of ids without a trade between them, jumps are normal on this market


class TradeFeed(FillingFeed):
    """Trades of one market.

    Where the venue's ids grow by one (`Channel.contiguous`), a hole is seen at once and counted. Where that is only
    probable, a jump of ids is a suspicion, and the venue's REST list decides. Where they grow by any step (`sparse`),
    have no order, or there are none, only a lost connection tells of a hole, and time bounds it; with ids, the venue's
    trades fill it, without order the latest ones.
    """

    def __init__(self, venue: Venue, session: Carrier, name: str, channel: Channel, topic: Topic) -> None:
        super().__init__(venue, session, name, channel, topic)
        self._last: int | None = None
        self._last_ms: int | None = None
        self._seen: OrderedDict[Any, None] = OrderedDict()
        self._is_sparse: bool = channel.row.sparse
        self._false_alarms = 0
        self._newest_row: Any = None
        self._expects_past = channel.begins_with_past
        self._past_at: float | None = None  # when the frame came that told the past
        self._copies: OrderedDict[tuple[Leg, bytes], int] = OrderedDict()  # trades without an id, by socket

    def attach(self, box: Mailbox, topic: Topic) -> None:
        if box.wish.after is not None:
            self._resume(box.wish, box.wish.after)
        super().attach(box, topic)

    def _resume(self, wish: Wish, after: tuple[str, int]) -> None:
        """Go on after a trade of an earlier run: what came since then is a hole, found when the next trade comes.

        Raises:
            StreamUsageError: the market is being read already, so that it has a place of its own.
        """
        if self.boxes or self._is_filling:
            raise StreamUsageError(
                f"{wish.label}: `after` is for the first reader of a market, and this BtApi reads it already; "
                "use another BtApi"
            )
        number, ms = after
        is_numbered = self.channel.row.ordered and not self.channel.row.numbered_apart
        self._last, self._last_ms = number_of(number) if is_numbered else None, ms
        self._seen.clear()
        if self._last is None:
            self._seen[number] = None
        self.mark_lost(f"resumed after trade {number}")

    def newest_number(self) -> int | None:
        return self._last

    def doubt(self, leg: Leg, detail: str) -> None:
        # Without a number that grows by one, the next one cannot show that one is missing.
        if self._newest_row is not None or (self._is_sparse and self._last is not None):
            self.mark_lost(f"what could not be read may have been a trade: {detail}")

    def key(self, item: TradeData) -> Any:
        row = row_of(item)
        # Without an id, a trade is known by all that is told of it.
        return row.trade_id if row.trade_id is not None else msgspec.json.encode(row)

    def arrived(self, key: Any, leg: Leg) -> bool:
        if isinstance(key, bytes):  # the second of two equal trades is no repetition of the first
            count = self._copies[leg, key] = self._copies.get((leg, key), 0) + 1
            if len(self._copies) > _COPIES_COUNTED:
                self._copies.popitem(last=False)
            key = key, count
        return super().arrived(key, leg)

    def lane(self, read: Reader, leg: Leg) -> Lane:
        def lane(payloads: Sequence[bytes], received: float) -> bool:
            items = read(payloads, received)
            if items is None:
                return False
            last = self._last
            if last is None or self._is_filling or not self.is_settled or not _follow(items, last):
                for item in items:
                    self.take(item, leg)
            elif items:
                self.last_at = self._sign_at = leg.heard
                self.received += len(items)
                self._last = last + len(items)
                self._last_ms = row_of(items[-1]).timestamp
                self.deliver_all(items)
            return True

        return lane

    def step(self, item: TradeData, lost: str) -> None:
        row = row_of(item)
        first = number = row.trade_id
        if type(number) is not int:
            span = row.span
            if span is None:
                self._step_unnumbered(item, row, lost)
                return
            first, number = span
        if lost and row.is_past:
            item = item.spelled(msgspec.structs.replace(self.topic, origin="snapshot"))
        last = self._last
        if last is None:
            if row.is_past:
                # Nobody missed it; but what comes next has to follow it.
                self._last, self._last_ms = number, row.timestamp
                return
            if lost and self._seen and row.numbered_apart:
                self.fill(self._fill_resumed, item, lost, first, number)
                return
        elif first != last + 1:
            if number <= last:
                if not row.is_past:
                    self.count("duplicates")
                return
            if first > last + 1 and self._is_suspicious(lost):
                self.fill(self._fill_between, item, lost, last, first, number)
                return
        self._last = number
        self._last_ms = row.timestamp
        self.deliver(item)

    def _is_suspicious(self, lost: str) -> bool:
        return self.channel.contiguous or bool(lost) or not (self._is_sparse or self._false_alarms >= _FALSE_ALARMS)

    def subscribed(self) -> None:
        super().subscribed()
        self._expects_past = self.channel.begins_with_past

    def _is_past(self, item: TradeData, lost: str) -> bool:
        """Return whether a trade came with the first frame of a subscription, which tells the latest ones before it."""
        received = item.get_local_update_time()
        if self._expects_past:
            self._expects_past = False
            if lost or self._last_ms is None:
                self._past_at = received
        return received == self._past_at

    def _step_unnumbered(self, item: TradeData, row: Any, lost: str) -> None:
        if self._is_past(item, lost):
            if lost:
                self.mark_lost(lost)  # the next trade has the hole filled
            else:
                self._remember(row.trade_id)  # nobody missed it
                self._last_ms = row.timestamp
            return
        if row.trade_id is not None:
            if row.trade_id in self._seen:
                self.count("duplicates")
                return
            if lost and self._last_ms is not None and self.wants_filling:
                self.fill(self._fill_before, item, row, lost)
                return
        if lost and self._last_ms is not None:
            self._declare(lost, None, None, row.timestamp, None)
        self._hand_out_unnumbered(item, row)

    def _hand_out_unnumbered(self, item: TradeData, row: Any) -> None:
        self._remember(row.trade_id)
        self._last_ms = row.timestamp
        self._newest_row = row
        self.deliver(item)

    def _remember(self, trade_id: str | None) -> None:
        if trade_id is None:
            return
        self._seen[trade_id] = None
        if len(self._seen) > _IDS_REMEMBERED:
            self._seen.popitem(last=False)

    async def _fill_before(self, item: TradeData, row: Any, lost: str) -> None:
        """Fill what lies before `item` from the venue's latest trades, by ids without order, then hand `item` out."""
        trouble = self._too_much(0, row.timestamp)
        found: list[TradeData] = []
        if not trouble:
            try:
                found, trouble = await self._fetch_before(row.trade_id)
            except (BtApiError, TimeoutError) as error:
                trouble = str(error) or "the venue took too long"
        if too_many := self._too_much(len(found), row.timestamp):
            found, trouble = [], too_many
        if found or trouble:
            self._declare(lost, None, None, row.timestamp, None)
        if found:
            self.deliver_filled(found)
            for trade in found:
                self._remember(trade.get_trade_id())
            first, last = found[0], found[-1]
            self.tell(
                "backfilled",
                f"{lost}; {trouble}" if trouble else lost,
                from_id=first.get_trade_id(),
                to_id=last.get_trade_id(),
                from_ms=first.get_timestamp(),
                to_ms=last.get_timestamp(),
                count=len(found),
                filled=not trouble,
            )
        if trouble:
            log.warning("%s: a hole stays: %s", self.label, trouble)
        self._hand_out_unnumbered(item, row)

    async def _fetch_before(self, trade_id: str) -> tuple[list[TradeData], str]:
        """Return the listed trades between the last one that is known and this one, and why some are missing."""
        listed: list[TradeData] = []
        places: dict[str, int] = {}
        for attempt in range(_TRIES):
            if attempt:
                await self.venue.clock.sleep(_PAUSE * attempt)
            listed = await self.collect(self._latest)
            places = {trade.get_trade_id(): place for place, trade in enumerate(listed)}
            # The list may lag behind the stream, or have moved on too far.
            if trade_id in places or self.is_overrun:
                break
        if trade_id not in places:
            return [], "the venue's list does not hold the first trade after it"
        known = max((places[seen] for seen in self._seen if seen in places), default=None)
        if known is None:
            # What it has is older than the hole's end all the same, and newer than the last known one.
            return listed[: places[trade_id]], "the venue's list does not reach back to its beginning"
        return listed[known + 1 : places[trade_id]], ""

    def _latest(self) -> Pages:
        yield self.venue.exchange.trades_request(self.topic.venue_symbol, _LONGEST_LIST)

    async def _fill_resumed(self, item: TradeData, lost: str, first: int, number: int) -> None:
        """Find the number of the trade that an earlier run has seen last, whose id is not it, and fill from there."""
        known, _ = self._seen.popitem()
        symbol, since_ms = self.topic.venue_symbol, self._last_ms or 0
        after: int | None = None
        try:
            listed = await self.collect(lambda: self.venue.exchange.trades_since(symbol, since_ms, first))
            after = next((row_of(trade).span[1] for trade in listed if trade.get_trade_id() == known), None)
        except (BtApiError, TimeoutError) as error:
            log.warning("%s: trade %s cannot be looked for: %s", self.label, known, error)
        if after is not None and after < first - 1:
            await self._fill_between(item, lost, after, first, number)
            return
        if after is None:
            self._declare(lost, None, None, item.get_timestamp(), None)
        self._last, self._last_ms = number, item.get_timestamp()
        self.deliver(item)

    async def _fill_between(self, item: TradeData, lost: str, after: int, before: int, number: int) -> None:
        """Fill the ids between `after` and `before`, both of which are at hand, then hand out `item`."""
        certain = self.channel.contiguous
        total = before - after - 1
        until_ms = item.get_timestamp()
        cause = lost or "ids were skipped"
        if certain:
            self._declare(cause, after + 1, before - 1, until_ms, total)
        found: list[TradeData] = []
        reaches = False
        trouble = self._too_much(0 if self._is_sparse else total, until_ms)
        if not trouble and self.wants_filling:
            try:
                found, reaches = await self._fetch(after, before, total if certain else None)
            except (BtApiError, TimeoutError) as error:
                trouble = str(error) or "the venue took too long"
            if too_many := self._too_much(len(found), until_ms):
                found, trouble = [], too_many
        elif not trouble:
            trouble = "no reader wants holes to be filled"
        if not certain:
            if not trouble and not reaches:
                trouble = "the venue's list does not reach back to its beginning"
            if found or trouble:
                self._false_alarms = 0
                first, last = self._ends(found, after, before, is_whole=not trouble)
                self._declare(cause, first, last, until_ms, None if trouble else len(found))
            elif not lost:
                self._false_alarms += 1
        missing = total - len(found) if certain else 0
        if missing:
            trouble = trouble or f"{missing} trades are not to be had"
        if found:
            self.deliver_filled(found)
            first, last = _span(found)
            self.tell(
                "backfilled",
                f"{cause}; {trouble}" if trouble else cause,
                from_id=str(first),
                to_id=str(last),
                from_ms=found[0].get_timestamp(),
                to_ms=found[-1].get_timestamp(),
                count=len(found),
                filled=not trouble,
            )
        if trouble:
            log.warning("%s: a hole stays: %s", self.label, trouble)
        if certain:
            self.count_missing(total, len(found))
        self._last = number
        self._last_ms = until_ms
        self.deliver(item)

    def _ends(
        self, found: list[TradeData], after: int, before: int, *, is_whole: bool
    ) -> tuple[int, int] | tuple[None, None]:
        """Return the first and the last missing number, which are known of sparse ones only when they were found."""
        if not self._is_sparse:
            return after + 1, before - 1
        return _span(found) if is_whole else (None, None)

    def _too_much(self, total: int, until_ms: int) -> str:
        options = self.venue.settings.websocket
        if total > options.backfill_limit:
            return f"{total} trades are more than backfill_limit={options.backfill_limit}"
        if self._last_ms is not None and until_ms - self._last_ms > options.backfill_age * 1000:
            return f"the hole is older than backfill_age={options.backfill_age:g} s"
        return ""

    async def _fetch(self, after: int, before: int, total: int | None) -> tuple[list[TradeData], bool]:
        """Return the trades between two ids, in order, each once, and whether the venue's list reaches back to `after`.

        REST gets a few tries to catch up.
        """
        oldest: int | None = None
        found: dict[int, TradeData] = {}
        for attempt in range(_TRIES):
            if attempt:
                await self.venue.clock.sleep(_PAUSE * attempt)
            newest = after
            for trade in await self.collect(
                lambda: self.venue.exchange.trades_between(self.topic.venue_symbol, after, before, self._last_ms or 0)
            ):
                span = row_of(trade).span
                if span is None:
                    continue
                newest = max(newest, span[1])
                oldest = span[0] if oldest is None else min(oldest, span[0])
                if after < span[0] and span[1] < before:
                    found[span[1]] = trade
            if self.is_overrun or (len(found) == total if total is not None else newest >= before - 1):
                break
        return [found[number] for number in sorted(found)], oldest is None or oldest <= after + 1

    def _declare(self, cause: str, first: int | None, last: int | None, until_ms: int, count: int | None) -> None:
        self.count("gaps")
        self.tell(
            "gap",
            cause,
            from_id=None if first is None else str(first),
            to_id=None if last is None else str(last),
            from_ms=self._last_ms,
            to_ms=until_ms,
            count=count,
        )
        log.warning("%s: gap, %s, %s missing, ids %s to %s", self.label, cause, count, first, last)


_trade_id = attrgetter("_row.trade_id")


def _follow(trades: list[TradeData], last: int) -> bool:
    """Return whether the numbers of some trades go on after the last one without a gap."""
    return list(map(_trade_id, trades)) == list(range(last + 1, last + 1 + len(trades)))


def _span(trades: list[TradeData]) -> tuple[int, int]:
    """Return the first and the last number of some trades; of those that grow by one, where ids do not."""
    return row_of(trades[0]).span[0], row_of(trades[-1]).span[1]
