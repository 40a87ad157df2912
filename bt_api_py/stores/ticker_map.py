"""The tickers of a whole market as a mapping: filled by REST, kept by the feed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Self, get_args

from ..containers import TickerData
from ..exceptions import BtApiError, ConfigurationError, StreamUsageError, did_you_mean
from ..exchanges import exchange_class
from ..net.hub import Hub
from ..net.stream import Stream, Wish
from ..net.venue import check_kind
from ..settings import ExchangeSettings
from .changes import KEPT, Changes
from .filler import Offer, Strategy
from .merge import Entry
from .ticker_keeper import TickerKeeper, TickerMapStats
from .wanted import checked_interval, checked_symbols, wanted_markets


class TickerMap(Mapping[str, TickerData]):
    """The latest ticker of every market of an exchange, or of some; made by `BtApi.ticker_map`.

    A read-only mapping from symbol to `TickerData`. Its keys are the symbols as the caller wrote them, or
    ``BASE-QUOTE`` where it holds the whole exchange; looking one up takes any spelling. A market is in it from its
    first value on.

    The feed is opened first, then REST is asked for what it has not told yet. A value of the feed replaces any other;
    one of REST only fills what is missing or stale, and only when it was asked for since the feed is open. When a
    connection is lost, its markets are marked stale at once, and they are filled anew after the reconnect.

    It runs inside ``async with``, or from `start` to `aclose`, on one event loop. ``async for symbol, ticker in map``
    yields every change from then on, to as many readers as there are.
    """

    def __init__(
        self,
        hub_for_loop: Callable[[], Hub],
        exchange: str,
        symbols: Iterable[str] | None = None,
        *,
        request_interval: float = 0.5,
        strategy: Strategy = "auto",
    ) -> None:
        cls = exchange_class(exchange)
        check_kind(cls, "ticker")
        self._exchange = cls.name
        self._symbols = checked_symbols(cls.name, symbols)
        self._interval = checked_interval(cls.name, request_interval)
        if strategy not in get_args(Strategy):
            hint = did_you_mean(str(strategy), get_args(Strategy))
            raise ConfigurationError(
                f"strategy must be one of {', '.join(get_args(Strategy))}, not {strategy!r}{hint}",
                exchange_name=cls.name,
            )
        self._offer = Offer(cls(ExchangeSettings()), strategy)
        self._hub_for_loop = hub_for_loop
        self._is_starting = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changes: Changes | None = None
        self._keeper: TickerKeeper | None = None
        self._unknown: dict[str, BtApiError] = {}
        self._waiters: dict[asyncio.Future[None], None] = {}

    # Life

    async def start(self) -> None:
        """Read the list of markets and open the feed, without waiting for values; once is enough.

        Raises:
            NetworkError, RequestTimeoutError, RequestFailedError: the list of markets is out of reach, and `symbols`
                does not say what is wanted.
            InvalidSymbolError: none of the symbols names a market.
            DataParseError: the venue lists nothing that is trading.
            StreamUsageError: another task is just starting it, or it runs in another event loop.
        """
        if self.is_running:
            self._check_loop()
            return
        if self._is_starting:
            raise StreamUsageError(f"{self._label}: another task is starting it")
        self._is_starting = True
        try:
            self._loop = asyncio.get_running_loop()
            hub = self._hub_for_loop()
            venue = hub.venue(self._exchange)
            markets, self._unknown = await hub.call(wanted_markets(venue, self._symbols))
            wish = Wish(exchange=self._exchange, kind="tickers", overflow="drop_oldest", buffer=KEPT)
            self._changes = Changes(wish, venue.clock, self._check)
            self._keeper = TickerKeeper(
                venue, markets, self._offer, interval=self._interval, changed=self._changed, ended=self._ended
            )
            self._keeper.open()
        finally:
            self._is_starting = False

    async def aclose(self) -> None:
        """Give every topic back. The values stay readable, and are stale; harmless when it is not running."""
        if self._keeper is not None:
            self._check_loop()
            await self._keeper.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    @property
    def is_running(self) -> bool:
        """Whether it is kept up to date: started, and neither closed nor given up."""
        return self._keeper is not None and not self._keeper.is_over

    # Reading

    def __getitem__(self, symbol: str) -> TickerData:
        entry = self.entry(symbol)
        if entry is None:
            raise KeyError(symbol)
        return entry.value

    def __iter__(self) -> Iterator[str]:
        # A list: the feed goes on while somebody iterates and awaits in between.
        merge = self._keeper.merge if self._keeper is not None else None
        return iter([key for key in merge.keys or () if merge.get(key) is not None] if merge is not None else [])

    def __len__(self) -> int:
        return len(self._keeper.merge) if self._keeper is not None else 0

    def entry(self, symbol: str) -> Entry[TickerData] | None:
        """Return a value with its source (``"ws"`` or ``"rest"``), time of receipt and whether it is stale.

        ``None`` as long as there is none, and for a market that is not kept here.
        """
        if self._keeper is None or not isinstance(symbol, str):
            return None
        key = self._keeper.key_of(symbol)
        return None if key is None else self._keeper.merge.get(key)

    @property
    def is_complete(self) -> bool:
        """Whether every market has a value that the open feed keeps up to date."""
        return self._keeper is not None and not self._keeper.is_over and self._keeper.merge.is_complete

    def missing(self) -> list[str]:
        """Return the markets without a current value: those that have none, then the stale ones."""
        merge = self._keeper.merge if self._keeper is not None else None
        if merge is None:
            return []
        without = [key for key in merge.keys or () if (entry := merge.get(key)) is None or entry.stale]
        return sorted(without, key=lambda key: merge.get(key) is not None)

    @property
    def errors(self) -> dict[str, BtApiError]:
        """Why markets are missing: unknown or refused ones, and what REST said of others as long as it does."""
        keeper = self._keeper
        return {**self._unknown, **(keeper.filler.errors if keeper else {}), **(keeper.refused if keeper else {})}

    @property
    def stats(self) -> TickerMapStats:
        """Counters, as of now."""
        return self._keeper.stats() if self._keeper is not None else TickerMapStats()

    async def wait_complete(self, timeout: float | None = None) -> None:
        """Return as soon as `is_complete`.

        Raises:
            TimeoutError: not within `timeout` seconds; `missing` and `errors` tell more.
            WebSocketError: reconnecting gave up.
            StreamUsageError: it is not running.
        """
        self._check()
        try:
            async with asyncio.timeout(timeout):
                while not self.is_complete:
                    self._check()
                    await self._event()
        except TimeoutError:
            stats = self.stats
            detail = f"{stats.current} of {stats.markets} markets are current"
            raise TimeoutError(f"{self._label}: not complete within {timeout:g} s, {detail}") from None

    async def _event(self) -> None:
        """Wait until it is complete, or over."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = None
        try:
            await waiter
        finally:
            self._waiters.pop(waiter, None)

    def __aiter__(self) -> Stream[tuple[str, TickerData]]:
        """Return a reader of all changes from now on, for ``async for``.

        It holds 10 000 changes for a slow reader and drops the oldest then; `Stream.stats` counts. It ends when the map
        is closed, and raises `WebSocketError` when reconnecting gave up.
        """
        self._check()
        assert self._changes is not None
        return self._changes.stream()

    # What the keeper tells

    def _changed(self, key: str, ticker: TickerData) -> None:
        assert self._changes is not None
        self._changes.push((key, ticker))
        if self._waiters and self.is_complete:
            self._wake()

    def _ended(self, error: BtApiError | None) -> None:
        assert self._changes is not None
        self._changes.end(error)
        self._wake()

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _check(self) -> None:
        """Check that it runs, and in this event loop."""
        keeper = self._keeper
        if keeper is None:
            raise StreamUsageError(f"{self._label}: not started; use `async with`, or `await map.start()`")
        self._check_loop()
        if keeper.is_over:
            raise keeper.error or StreamUsageError(f"{self._label}: it is closed")

    def _check_loop(self) -> None:
        if asyncio.get_running_loop() is not self._loop:
            raise StreamUsageError(f"{self._label}: it belongs to another event loop")

    @property
    def _label(self) -> str:
        return f"{self._exchange} tickers"

    def __repr__(self) -> str:
        stats = self.stats
        state = "" if self.is_running else ", not running"
        return f"<TickerMap {self._exchange}: {stats.current} of {stats.markets} markets current{state}>"
