"""The tickers of a whole market as a mapping: filled by REST, kept by the feed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Self, get_args

from ..containers import SymbolData, TickerData
from ..exceptions import (
    BtApiError,
    ConfigurationError,
    DataParseError,
    InvalidSymbolError,
    StreamUsageError,
    did_you_mean,
)
from ..exchanges import exchange_class
from ..net.hub import Hub
from ..net.stream import Stream, Wish
from ..net.venue import Venue, check_kind
from ..settings import ExchangeSettings
from ..symbols import SymbolTable
from .changes import KEPT, Changes
from .filler import Offer, Strategy
from .merge import Entry
from .ticker_keeper import TickerKeeper

log = logging.getLogger("bt_api_py.stores")

_ATTEMPTS = 3  # to read the list of markets


@dataclass(frozen=True, slots=True)
class TickerMapStats:
    """What a `TickerMap` holds, and how it came by it.

    Attributes:
        markets: how many are wanted.
        current: of these, how many have a value that the open feed keeps up to date.
        stale: how many have a value that may be out of date.
        frames: values that the feed brought.
        rejected: records and frames of its connections that could not be used.
        rest_requests: calls that were made.
        filled_by_rest, filled_by_feed: missing or stale values that either side replaced.
        late: values of an answer for which the feed had already brought newer ones.
        outdated: values of an answer that was asked for before the feed was open as it is now; thrown away.
        reconnects: losses of a connection; of several connections, those of the worst.
    """

    markets: int = 0
    current: int = 0
    stale: int = 0
    frames: int = 0
    rejected: int = 0
    rest_requests: int = 0
    filled_by_rest: int = 0
    filled_by_feed: int = 0
    late: int = 0
    outdated: int = 0
    reconnects: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return everything by name, JSON-ready."""
        return asdict(self)


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
        self._symbols = _checked_symbols(cls.name, symbols)
        self._interval = _checked_interval(cls.name, request_interval)
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
            markets = await hub.call(self._markets(venue))
            wish = Wish(exchange=self._exchange, kind="tickers", overflow="drop_oldest", buffer=KEPT)
            self._changes = Changes(wish, venue.clock, self._check)
            self._keeper = TickerKeeper(
                venue, markets, self._offer, interval=self._interval, changed=self._changed, ended=self._ended
            )
            self._keeper.open()
        finally:
            self._is_starting = False

    async def _markets(self, venue: Venue) -> dict[str, str]:
        """Return the venue's symbol of each wanted market, by its key here."""
        self._unknown.clear()
        try:
            table = await self._listed(venue)
        except BtApiError as error:
            if self._symbols is None:
                raise
            log.warning("%s: list of markets out of reach (%s)", self._label, error)
            guess = venue.exchange.symbols.guess
            return _first_names((symbol, guess(symbol) or symbol) for symbol in self._symbols)
        if self._symbols is None:
            trading = {_name(market, table): market.get_venue_symbol() for market in table if market.is_trading()}
            if not trading:
                raise DataParseError("symbols", "the venue lists no market that is trading", exchange_name=venue.name)
            return trading
        found = []
        for symbol in self._symbols:
            try:
                found.append((symbol, table.find(symbol).get_venue_symbol()))
            except InvalidSymbolError as error:
                log.warning("%s", error)
                self._unknown[symbol] = error
        if not found:
            raise next(iter(self._unknown.values()))
        return _first_names(found)

    async def _listed(self, venue: Venue) -> SymbolTable[SymbolData]:
        attempts = _ATTEMPTS if self._symbols is None else 1  # symbols can be guessed, and nobody wants to wait
        for attempt in range(1, attempts):
            try:
                return await venue.markets()
            except BtApiError as error:
                if not error.retryable:
                    raise
                log.info("%s: %s; trying again", self._label, error)
                await venue.clock.sleep(attempt * venue.clock.random())
        return await venue.markets()

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
        keeper = self._keeper
        if keeper is None:
            return TickerMapStats()
        merge = keeper.merge
        counts = merge.counts
        stale = sum(entry.stale for key in merge if (entry := merge.get(key)) is not None)
        return TickerMapStats(
            markets=len(merge.keys or ()),
            current=len(merge) - stale,
            stale=stale,
            frames=counts.fed,
            rejected=keeper.rejected,
            rest_requests=counts.asked,
            filled_by_rest=counts.filled_by_rest,
            filled_by_feed=counts.filled_by_feed,
            late=counts.late,
            outdated=counts.outdated,
            reconnects=keeper.reconnects,
        )

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


def _name(market: SymbolData, table: SymbolTable[SymbolData]) -> str:
    """Return ``BASE-QUOTE``, or the venue's symbol where another market has that name."""
    name = market.get_symbol()
    return name if table.get(name) is market else market.get_venue_symbol()


def _first_names(markets: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return (name, venue symbol) pairs as a mapping; of several names of one market, the first."""
    by_venue: dict[str, str] = {}
    for name, venue_symbol in markets:
        by_venue.setdefault(venue_symbol, name)
    return {name: venue_symbol for venue_symbol, name in by_venue.items()}


def _checked_symbols(exchange: str, symbols: Iterable[str] | None) -> tuple[str, ...] | None:
    if symbols is None:
        return None
    if isinstance(symbols, str) or not isinstance(symbols, Iterable):
        raise ConfigurationError(
            f"symbols must be a list such as ['BTCUSDT'], not {symbols!r}; leave it out for the whole market",
            exchange_name=exchange,
        )
    wanted = tuple(symbols)
    for symbol in wanted:
        if not isinstance(symbol, str) or not symbol.strip():
            raise ConfigurationError(
                f"a symbol must be a text such as 'BTCUSDT', not {symbol!r}", exchange_name=exchange
            )
    if not wanted:
        raise ConfigurationError("symbols is empty; leave it out for the whole market", exchange_name=exchange)
    return wanted


def _checked_interval(exchange: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise ConfigurationError(
            f"request_interval must be seconds of at least 0, not {value!r}", exchange_name=exchange
        )
    return float(value)
