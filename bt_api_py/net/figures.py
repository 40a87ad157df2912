"""Figures of derivatives (mark price, funding, open interest), the newest of which counts; and liquidations."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import msgspec

from ..containers.base import Topic, row_of
from ..containers.derivatives import FigureData
from ..exceptions import UnsupportedError
from .feed import Feed
from .stream import Mailbox

if TYPE_CHECKING:
    from .leg import Leg


_REMEMBERED = 1000  # liquidations, to know one that comes twice


class FigureFeed(Feed):
    """One figure of one contract, sent or asked for; a new reader gets the present one at once."""

    def attach(self, box: Mailbox, topic: Topic) -> None:
        super().attach(box, topic)
        if self._newest is not None and not self._was_lost:
            self.hand_out(box, self._newest)

    def answered(self, item: FigureData | None) -> None:
        """Take the answer to a REST call, ``None`` when it does not tell the figure; one that is known is left out."""
        self.touch(self.venue.clock.monotonic())
        if item is not None and (self._newest is None or row_of(item) != row_of(self._newest)):
            self._newest = item
            self.deliver(item)

    async def has_moved(self) -> bool:
        found = await self.venue.figure(self.topic, attempts=1)
        if found is None or not isinstance(self._newest, FigureData):
            return found is not None
        return found.figure() != self._newest.figure()


class LiquidationFeed(Feed):
    """Liquidations: rare, without ids, and nowhere to be had later, so what an outage cost can only be declared."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._heard_ms: int | None = None  # when the venue was last heard: until then, none was missed
        self._told: OrderedDict[bytes, None] = OrderedDict()

    def take(self, item: Any, leg: Leg) -> None:
        key = msgspec.json.encode(row_of(item))
        if self.session.is_doubled:
            self.arrived(key, leg)
        if key in self._told:
            # Without an id, the same figures at the same millisecond are the same event.
            self.count("duplicates", not self.session.is_doubled)
            return
        self._told[key] = None
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        self.touch(leg.heard)
        self.deliver(item)

    def tick(self) -> None:
        super().tick()
        silence = self.session.silence
        if silence is not None and self._ever_live and not self._was_lost:
            self._heard_ms = self.venue.now_ms() - int(silence * 1000)

    def subscribed(self) -> None:
        super().subscribed()
        cause = self._was_lost
        self.came_back()  # the first one may be hours away
        if cause:
            self.count("gaps")
            self.tell("gap", cause, from_ms=self._heard_ms, to_ms=self.venue.now_ms())
        self._heard_ms = self.venue.now_ms()

    async def has_moved(self) -> bool:
        raise UnsupportedError(self.topic.exchange, "no list of liquidations")
