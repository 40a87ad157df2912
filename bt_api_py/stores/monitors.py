"""`FullTicker` and `SingleTicker`: all prices of a Coinblockpro server for a while, by its feed and by REST.

For programs written around these two classes. `BtApi.ticker_map` does the same for every exchange, and for good.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, ClassVar

from ..clock import SYSTEM_CLOCK, Clock
from ..containers.base import Topic
from ..exceptions import BtApiError, ConfigurationError, DataParseError, StreamUsageError, WebSocketError
from ..exchanges.base import Request
from ..exchanges.coinblockpro import MARKETS, CoinblockproSpot
from ..net.hub import Hub
from ..net.stream import Stream, StreamEvent, Wish
from ..net.transport import Transport
from ..settings import ExchangeSettings
from .merge import Entry, Merge, MergeCounts, Moment, Ticket

_NAME = CoinblockproSpot.name
_PATH = CoinblockproSpot.endpoints["feed"].path
_SOCKETS = {"max_reconnect": None, "reconnect_delay": 0.2, "reconnect_max_delay": 5}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0  # seconds before a call that failed is made again
_ATTEMPTS = 3  # outside of a period, whose end would be the end


@dataclass(slots=True)
class _Run:
    """The gateway while it is open. `deadline`: the end of the period on the clock, None without one."""

    hub: Hub
    deadline: float | None = None
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)  # again, and not yet filled since
    failures: dict[str, ValueError] = field(default_factory=dict)  # by market; "" stands for all
    trouble: str = ""  # that the feed had last

    def check(self) -> None:
        """Raise what REST has failed with, and not made good."""
        for failure in self.failures.values():
            raise failure


class _Monitor:
    """What both have in common: the feed, the period, and the merge of the two sides.

    Attributes:
        ticker_data: the price of each market that is known, updated in place.
        rejected: frames and prices of the feed that could not be used.
    """

    _all_markets: ClassVar[tuple[str, ...] | None] = None  # None: what the server lists

    def __init__(
        self,
        rest_url: str,
        ws_url: str,
        *,
        markets: Iterable[str] | None = None,
        request_interval: float = 0.5,
        report: Callable[[str], object] = print,
        clock: Clock = SYSTEM_CLOCK,
        transport: Transport | None = None,
    ) -> None:
        """Keep the addresses; nothing is opened before a method is called.

        Args:
            rest_url: where REST is, ``"http://127.0.0.1:8000"``.
            ws_url: where the feed is, ``"ws://127.0.0.1:8001/ticker_feed"``, or without the path.
            markets: those that are wanted; None: all.
            request_interval: seconds between two calls for one market.
            report: is told of each price, as one line of text.
            clock: time and chance, for tests.
            transport: the way to the server, for tests.

        Raises:
            ConfigurationError: a forbidden URL, no market, or an interval below 0.
        """
        base = ws_url.rstrip("/").removesuffix(_PATH) if isinstance(ws_url, str) else ws_url
        given = {"rest_url": rest_url, "ws_url": base, "websocket": _SOCKETS}
        self._exchange = CoinblockproSpot(ExchangeSettings.from_mapping(_NAME, given))
        wanted = self._all_markets if markets is None else tuple(markets)
        if isinstance(markets, str) or wanted == ():
            raise ConfigurationError(f"markets must be a list such as ['btc_eur'], not {markets!r}")
        self._merge: Merge[str, float] = Merge(wanted)
        self._interval = _seconds("request_interval", request_interval)
        self._report = report
        self._clock = clock
        self._transport = transport
        self._run: _Run | None = None
        self.ticker_data: dict[str, float] = {}
        self.rejected = 0

    # What is known

    def get(self, market: str) -> Entry[float] | None:
        """Return a price with its source (``"ws"`` or ``"rest"``), when it came, and whether it may be out of date."""
        return self._merge.get(market)

    @property
    def is_complete(self) -> bool:
        """Whether every market has a price that the open feed keeps up to date."""
        return self._merge.is_complete

    @property
    def counts(self) -> MergeCounts:
        """What happened so far."""
        return self._merge.counts

    # For a period

    async def subscribe(self, period: float) -> None:
        """Keep the prices that the feed tells, for `period` seconds.

        Raises:
            WebSocketError: the feed was never open.
        """
        await self._work_for(period, self._listen)

    async def monitor_markets(self, period: float) -> None:
        """Keep every price for `period` seconds: by the feed, and by REST what the feed has not told.

        The feed is opened first. After a loss it is opened again, and what it has not told since is asked for anew.

        Raises:
            ValueError: REST failed until the end: ``Request failed!``, or ``Request error.`` for answers without a
                result.
            WebSocketError: the feed was never open.
        """
        run = await self._work_for(period, self._listen, self._keep_filled)
        run.check()

    async def _work_for(self, period: float, *works: Callable[[_Run], Coroutine[Any, Any, None]]) -> _Run:
        seconds = _seconds("period", period)
        if self._run is not None:
            raise StreamUsageError(f"{_NAME}: a period is running already")
        epoch = self._merge.epoch
        async with self._running(self._clock.monotonic() + seconds) as run:
            try:
                async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
                    for work in works:
                        group.create_task(work(run))
            except TimeoutError:
                pass
            except ExceptionGroup as errors:
                raise errors.exceptions[0] from None
        if self._merge.epoch == epoch:
            why = f": {run.trouble}" if run.trouble else ""
            raise WebSocketError(_NAME, f"the feed could not be opened within {period:g} s{why}", topic="ticker")
        return run

    @asynccontextmanager
    async def _running(self, deadline: float | None = None) -> AsyncIterator[_Run]:
        """Open the gateway, or join the period that is running."""
        if self._run is not None:
            yield self._run
            return
        run = self._run = _Run(Hub(lambda _: self._exchange, self._clock, self._transport), deadline)
        try:
            yield run
        finally:
            self._run = None
            for connection in run.hub.health().get(_NAME, {}).get("connections", {}).values():
                self.rejected += connection.get("rejected", 0)
                run.trouble = connection.get("last_cause", "")
            await run.hub.close()

    # The feed

    async def _listen(self, run: _Run) -> None:
        wish = Wish(exchange=_NAME, kind="raw", channel="ticker", events=True, overflow="raise", buffer=100_000)
        try:
            async with Stream[Any](wish, lambda: run.hub) as frames:
                async for item in frames:
                    if not isinstance(item, StreamEvent):
                        self._take(item)
                    elif item.kind == "connected":
                        self._merge.opened(self._now())
                        run.connected.set()
                        run.opened.set()
                    elif item.kind == "disconnected":
                        self._merge.lost()
                        run.connected.clear()
        finally:
            self._merge.lost()

    def _take(self, frame: Mapping[str, Any]) -> None:
        for market, price in frame.items():
            if isinstance(price, bool) or not isinstance(price, (int, float)) or not 0 < price < math.inf:
                self.rejected += 1
            elif self._merge.feed(market, float(price), self._now()):
                self.ticker_data[market] = float(price)
                self._report(f"Websocket: market {market} to price {price}")

    # REST

    def insert_rest_values(self, data: Mapping[str, float]) -> None:
        """Take prices that REST tells at this moment. What the feed has told stays."""
        self._insert(data, self._merge.ask(self._now()))

    def _insert(self, data: Mapping[str, float], ticket: Ticket, *, whole: bool = False) -> None:
        for market in self._merge.fill(data, ticket, self._now(), whole=whole):
            self.ticker_data[market] = data[market]
        for market in [market for market in self.ticker_data if self._merge.get(market) is None]:
            del self.ticker_data[market]  # the server does not list it any more

    async def _keep_filled(self, run: _Run) -> None:
        """Fill what is missing, now and after each loss of the feed."""
        while True:
            await run.opened.wait()
            run.opened.clear()
            await self._fill(run)

    async def _fill(self, run: _Run) -> None:
        """Ask REST for whatever is missing."""
        raise NotImplementedError

    async def _by_rest(self, work: Callable[[_Run], Awaitable[None]]) -> None:
        """Ask REST, until the end of the period if one is running."""
        await asyncio.sleep(0)  # a period that begins together with this call comes first, and opens the feed
        async with self._running() as run:
            left = None if run.deadline is None else run.deadline - self._clock.monotonic()
            try:
                async with asyncio.timeout(left):
                    await work(run)
            except TimeoutError:
                run.check()

    async def _get(self, run: _Run, request: Request, *, whole: bool = False) -> None:
        """Make a call until it succeeds."""
        for attempt in count(1):
            if run.deadline is not None:
                await run.connected.wait()
            if await self._try(run, request, whole=whole):
                return
            if run.deadline is None and attempt >= _ATTEMPTS:
                run.check()
            await self._clock.sleep(self._pause(attempt))

    async def _try(self, run: _Run, request: Request, *, whole: bool = False) -> bool:
        """Make a call and return whether its answer could be used."""
        what = request.query.get("market", "")
        ticket = self._merge.ask(self._now())
        rest = run.hub.venue(_NAME).rest
        try:
            rows = await run.hub.call(rest.fetch(request, Topic(_NAME, "ticker"), attempts=1))
        except BtApiError as error:
            failure = ValueError("Request error." if isinstance(error, DataParseError) else "Request failed!")
            failure.__cause__ = error
            run.failures[what] = failure
            return False
        run.failures.pop(what, None)
        self._insert({row.get_venue_symbol(): row.get_last_price() for row in rows}, ticket, whole=whole)
        return ticket.epoch == self._merge.epoch  # otherwise the feed was opened meanwhile, and the answer is too old

    def _pause(self, attempt: int) -> float:
        return float(min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (attempt - 1)) * (1 + self._clock.random()) / 2)

    def _now(self) -> Moment:
        return Moment(self._clock.now(), self._clock.monotonic())


class FullTicker(_Monitor):
    """All prices, for a server that tells all of them in one answer.

    Without `markets`, those are all that the server lists.
    """

    async def get_full_ticker(self) -> None:
        """Ask REST for all prices at once. Those that the feed has told stay.

        Beside `subscribe` it waits for the feed, and a call that fails is made again until the period ends.

        Raises:
            ValueError: ``Request failed!``, or ``Request error.`` for an answer without a result.
        """
        await self._by_rest(self._fill)

    async def _fill(self, run: _Run) -> None:
        await self._get(run, self._exchange.tickers_request(), whole=True)
        self._report(f"REST: the prices of all {len(self.ticker_data)} markets are known")


class SingleTicker(_Monitor):
    """All prices, for a server that tells one in an answer. Without `markets`, those are the 45 of the original."""

    _all_markets = MARKETS

    async def get_single_ticker(self, market: str) -> None:
        """Ask REST for one price. One that the feed has told stays. Tries again as `FullTicker.get_full_ticker` does.

        Raises:
            ValueError: ``Request failed!``, or ``Request error.`` for an answer without a result.
        """
        await self._by_rest(lambda run: self._get(run, self._exchange.ticker_request(market)))
        self._tell(market)

    async def get_missing_markets(self) -> None:
        """Ask REST for each market that has no price, one after the other, until none is left.

        What the feed tells meanwhile is not asked for. A market that fails does not hold up the others, and is asked
        for again after a pause that grows.

        Raises:
            ValueError: as `get_single_ticker`, for a market that could not be had.
        """
        await self._by_rest(self._fill)

    async def _fill(self, run: _Run) -> None:
        filled_before = self.counts.filled_by_rest
        attempts: dict[str, int] = {}
        due: dict[str, float] = {}  # when a market that failed is asked for again
        while missing := await self._missing(run):
            market = min(missing, key=lambda each: due.get(each, 0.0))
            await self._clock.sleep(max(0.0, due.get(market, 0.0) - self._clock.monotonic()))
            if await self._try(run, self._exchange.ticker_request(market)):
                self._tell(market)
            else:
                attempts[market] = attempts.get(market, 0) + 1
                due[market] = self._clock.monotonic() + self._pause(attempts[market])
                if run.deadline is None and attempts[market] >= _ATTEMPTS:
                    run.check()
            await self._clock.sleep(self._interval)
        filled = self.counts.filled_by_rest - filled_before
        self._report("All markets are current.")
        self._report(f"Downloaded information on {filled} / {len(self.ticker_data)} markets through the REST API.")

    async def _missing(self, run: _Run) -> list[str]:
        if run.deadline is None:  # no feed: what there is cannot become current
            return [market for market in self._merge.keys or () if market not in self.ticker_data]
        await run.connected.wait()
        return self._merge.needed()

    def _tell(self, market: str) -> None:
        entry = self._merge.get(market)
        if entry is not None and entry.source == "rest":
            self._report(f"REST: market {market} to price {entry.value}")


def _seconds(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ConfigurationError(f"{name} must be seconds of at least 0, not {value!r}")
    return float(value)
