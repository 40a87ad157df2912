"""Asks REST for the tickers that the feed has not told: all in one call, or one market after the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Literal

from ..containers import TickerData
from ..containers.base import Topic
from ..exceptions import BtApiError, DataParseError, RateLimitError, UnsupportedError
from ..exchanges.base import Exchange, Request
from ..net.venue import Venue
from .merge import Merge, Moment

log = logging.getLogger("bt_api_py.stores")

Strategy = Literal["auto", "full", "single"]

_QUIET = 1.0  # seconds without a further topic being served, after which the call for all need not wait for more
_LONGEST_WAIT = 5.0  # seconds that it waits at most
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # seconds before a market is asked for again


class Offer:
    """Which calls for tickers an exchange has, cut down to what a strategy allows.

    Raises:
        UnsupportedError: the strategy needs a call that the exchange does not have.
    """

    def __init__(self, exchange: Exchange, strategy: Strategy) -> None:
        self.whole = strategy != "single" and _has(exchange.tickers_request)
        self.single = strategy != "full" and _has(lambda: exchange.ticker_request(exchange.symbols.join("BTC", "USDT")))
        if not self.whole and not self.single:
            calls = {"full": "no call for all tickers", "single": "no call for one ticker"}
            raise UnsupportedError(exchange.name, calls.get(strategy, "no tickers by REST"))


def _has(make: Callable[[], Request]) -> bool:
    try:
        make()
    except UnsupportedError:
        return False
    return True


class Filler:
    """Fills a `Merge` by REST as long as it needs it.

    One call at a time, with `interval` seconds after each. A market that could not be had is asked for again after a
    pause of its own, which doubles from 1 s to 60 s. What the feed brings meanwhile is not asked for any more.

    Args:
        keys: the markets; they count as not served until `opened` says otherwise.
        topic_of: gives the topic of a market; its objects carry it.
        key_of: gives the market that a row of the venue's list is about, ``None`` for none of ours.
        filled: is told what an answer brought.

    Attributes:
        errors: why a market could not be had, as long as it is missing.
    """

    def __init__(
        self,
        venue: Venue,
        merge: Merge[str, TickerData],
        offer: Offer,
        keys: Iterable[str],
        *,
        interval: float,
        topic_of: Callable[[str], Topic],
        key_of: Callable[[str], str | None],
        filled: Callable[[list[str]], None],
    ) -> None:
        self.errors: dict[str, BtApiError] = {}
        self._venue = venue
        self._clock = venue.clock
        self._merge = merge
        self._offer = offer
        self._interval = interval
        self._topic_of = topic_of
        self._key_of = key_of
        self._filled = filled
        self._unserved = dict.fromkeys(keys)
        self._failures: dict[str, tuple[int, float]] = {}  # in a row, and when the next attempt may begin
        self._left_out: dict[str, None] = {}  # of the venue's list of all tickers
        self._news = asyncio.Event()
        self._awaited: dict[str, None] = {}  # what the call under way may still bring
        self._call: asyncio.Timeout | None = None
        self._next_at = float("-inf")  # when the next call may begin

    # What happens to the markets

    def opened(self, key: str) -> None:
        """The feed of a market is open, or begins anew."""
        self._unserved.pop(key, None)
        self._failures.pop(key, None)
        self._left_out.pop(key, None)
        self._expect_no_more(key)
        self._news.set()

    def lost(self, key: str) -> None:
        """The feed of a market is lost."""
        self._unserved[key] = None
        self._expect_no_more(key)

    def told(self, key: str) -> None:
        """The feed brought a value."""
        if self.errors:
            self.errors.pop(key, None)

    def drop(self, key: str) -> None:
        """There is no such market after all."""
        self.opened(key)

    def _expect_no_more(self, key: str) -> None:
        """An answer under way is out of date for this market; a call that is so for all of them is given up."""
        if key in self._awaited:
            del self._awaited[key]
            if not self._awaited and self._call is not None:
                self._call.reschedule(0)

    # Asking

    async def run(self) -> None:
        """Ask for what is missing, for ever."""
        while True:
            due, pause = self._due()
            if not due:
                await self._wait(pause)
            elif (left := self._next_at - self._clock.monotonic()) > 0:
                await self._clock.sleep(left)
            elif not self._wants_whole(due):
                await self._ask(due[:1], self._venue.exchange.ticker_request(self._topic_of(due[0]).venue_symbol))
            else:
                await self._settled()
                due, _ = self._due()
                if due:
                    await self._ask(due, self._venue.exchange.tickers_request(), whole=True)

    def _due(self) -> tuple[list[str], float | None]:
        """Return what may be asked for now, else how long to wait for that; ``None``: until something happens."""
        needed = self._merge.needed()
        now = self._clock.monotonic()
        waits = {key: self._failures[key][1] - now for key in needed if key in self._failures}
        due = [key for key in needed if waits.get(key, 0.0) <= 0]
        return due, None if due or not waits else min(waits.values())

    def _wants_whole(self, due: list[str]) -> bool:
        if not self._offer.single:
            return True
        return self._offer.whole and sum(key not in self._left_out for key in due) > 1

    async def _wait(self, seconds: float | None) -> None:
        self._news.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            pass

    async def _settled(self) -> None:
        """Wait until every market is served, as long as that makes progress: one call is to do for all of them."""
        until = self._clock.monotonic() + _LONGEST_WAIT
        while self._unserved and self._clock.monotonic() < until:
            before = len(self._unserved)
            await self._wait(_QUIET)
            if len(self._unserved) >= before:
                return

    async def _ask(self, keys: list[str], request: Request, *, whole: bool = False) -> None:
        clock = self._clock
        ticket = self._merge.ask(Moment(clock.now(), clock.monotonic()))
        self._awaited = dict.fromkeys(keys)
        topic = Topic(self._venue.name, "ticker") if whole else self._topic_of(keys[0])
        try:
            async with asyncio.timeout(None) as self._call:
                rows = await self._venue.rest.fetch(request, topic, attempts=1)
        except TimeoutError:
            return  # given up: the feed was lost meanwhile
        except BtApiError as error:
            log.info("%s: tickers by REST: %s", self._venue.name, error)
            self._failed(keys, error)
            return
        finally:
            self._call = None
            self._next_at = clock.monotonic() + self._interval
            awaited, self._awaited = self._awaited, {}
        values = {}
        for row in rows:
            key = self._key_of(row.get_venue_symbol()) if whole else keys[0]
            if key is not None:
                values[key] = row.spelled(_snapshot(self._topic_of(key)))
        filled = self._merge.fill(values, ticket, Moment(clock.now(), clock.monotonic()))
        for key in filled:
            self._failures.pop(key, None)
            self.errors.pop(key, None)
        self._filled(filled)
        missing = [key for key in awaited if key not in values]
        if missing:
            self._left_out.update(dict.fromkeys(missing))
            if not (whole and self._offer.single):  # otherwise each is asked for alone now
                detail = f"no usable ticker of {', '.join(missing[:3])}{' …' if len(missing) > 3 else ''} in the answer"
                self._failed(missing, DataParseError(request.path, detail, exchange_name=self._venue.name))

    def _failed(self, keys: Iterable[str], error: BtApiError) -> None:
        now = self._clock.monotonic()
        chance = self._clock.random()
        asked = error.retry_after if isinstance(error, RateLimitError) else None
        for key in keys:
            count = self._failures.get(key, (0, 0.0))[0] + 1
            ceiling = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(count - 1, 30))
            self._failures[key] = count, now + max(ceiling * (1 + chance) / 2, asked or 0.0)
            self.errors[key] = error


def _snapshot(topic: Topic) -> Topic:
    return Topic(topic.exchange, topic.kind, topic.symbol, topic.venue_symbol, origin="snapshot", factor=topic.factor)
