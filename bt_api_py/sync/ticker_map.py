"""The tickers of a whole market, read from a thread that has no event loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from ..containers import TickerData
from ..exceptions import BtApiError
from ..stores import ticker_map
from ..stores.merge import Entry
from ..stores.ticker_keeper import TickerMapStats
from .background import Background
from .stream import Stream

P = ParamSpec("P")
R = TypeVar("R")


class TickerMap(Mapping[str, TickerData]):
    """The latest ticker of every market of an exchange, or of some; see `bt_api_py.TickerMap`.

    Iterating yields the symbols, as of any mapping; `changes` streams what is new.
    """

    def __init__(self, tickers: ticker_map.TickerMap, background: Background) -> None:
        self._tickers = tickers
        self._background = background

    def _read(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Read between two steps of the loop; when it has ended nothing changes any more."""
        if self._background.is_open:
            return self._background.ask(function, *args, **kwargs)
        return function(*args, **kwargs)

    def start(self) -> None:
        """Read the list of markets and open the feed, without waiting for values; ``with`` does it too.

        Raises:
            BtApiError: as `bt_api_py.TickerMap.start`.
        """
        self._background.call(self._tickers.start)

    def wait_complete(self, timeout: float | None = None) -> None:
        """Return as soon as every market has a current value.

        Raises:
            TimeoutError: not within `timeout` seconds.
            StreamUsageError, WebSocketError: as `bt_api_py.TickerMap.wait_complete`.
        """
        self._background.call(self._tickers.wait_complete, timeout)

    def close(self) -> None:
        """Give every topic back. The values stay readable, and are stale."""
        if self._background.is_open:
            self._background.call(self._tickers.aclose)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_running(self) -> bool:
        """Whether it is kept up to date."""
        return self._tickers.is_running

    @property
    def is_complete(self) -> bool:
        """Whether every market has a value that the open feed keeps up to date."""
        return self._tickers.is_complete

    def __getitem__(self, symbol: str) -> TickerData:
        return self._read(self._tickers.__getitem__, symbol)

    def __iter__(self) -> Iterator[str]:
        return iter(self._read(list, self._tickers))

    def __len__(self) -> int:
        return len(self._tickers)

    def entry(self, symbol: str) -> Entry[TickerData] | None:
        """Return a value with its source, time of receipt and whether it is stale; ``None`` when there is none."""
        return self._read(self._tickers.entry, symbol)

    def missing(self) -> list[str]:
        """Return the markets without a current value: those that have none, then the stale ones."""
        return self._read(self._tickers.missing)

    @property
    def errors(self) -> dict[str, BtApiError]:
        """Why markets are missing."""
        return self._read(lambda: self._tickers.errors)

    @property
    def stats(self) -> TickerMapStats:
        """Counters, as of now."""
        return self._read(lambda: self._tickers.stats)

    def changes(self) -> Stream[tuple[str, TickerData]]:
        """Stream (symbol, ticker) of every change from the first look on.

        Raises:
            StreamUsageError: it is not running.
        """
        return Stream(self._background.ask(aiter, self._tickers), self._background)

    def __repr__(self) -> str:
        return self._read(repr, self._tickers)
