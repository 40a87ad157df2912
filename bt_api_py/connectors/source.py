"""What a source of any stream engine does: partitions that an engine polls, fed by one background loop a process.

An engine asks a partition for what has come and is never made to wait. All partitions of a process with equal settings
share one gateway, and with it the sockets: the first one opens it and the last one to close ends it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ..api import BtApi
from ..exceptions import BtApiError, ConfigurationError, StreamOverflowError
from ..exchanges import exchange_class
from ..net.stream import Stream, StreamEvent
from ..sync.background import Background

log = logging.getLogger("bt_api_py.connectors")

Position = tuple[str, int]  # id and time (ms) of the last trade that was handed on
Open = Callable[[Position | None], Stream[Any]]

KINDS = ("ticker", "depth", "trades", "klines", "mark_price", "funding_rate", "open_interest", "liquidations")

_BATCHES_READY = 2  # that wait for the engine; what is beyond stays in the stream, whose policy bounds it
_SHORTEST_PAUSE = 0.005  # seconds between two looks
_REOPEN_AFTER = 5.0  # seconds, when a stream has given up and another try may help


class Gateway:
    """A `BtApi` on a background loop that the partitions of a process share."""

    _shared: list[Gateway] = []
    _changing = threading.Lock()

    def __init__(self, exchange_kwargs: Mapping[str, Mapping[str, Any]] | None) -> None:
        self.api = BtApi(exchange_kwargs)
        self.background = Background(self.api.async_close)
        self._settings = exchange_kwargs
        self._users = 0

    @classmethod
    def join(cls, exchange_kwargs: Mapping[str, Mapping[str, Any]] | None) -> Gateway:
        """Return the gateway of this process for these settings; whoever joins it leaves it."""
        with cls._changing:
            for gateway in cls._shared:
                if gateway._settings == exchange_kwargs:
                    break
            else:
                gateway = cls(exchange_kwargs)
                cls._shared.append(gateway)
            gateway._users += 1
            return gateway

    def leave(self) -> None:
        """Give it back; the last one closes every socket and ends the thread."""
        with self._changing:
            self._users -= 1
            if not self._users:
                self._shared.remove(self)
                self.background.close()


class Partition:
    """One market for an engine: an engine's thread takes what has come, and never waits.

    Args:
        gateway: joined for this partition, which leaves it.
        name: for messages.
        open_stream: returns a new stream; trades go on after the position that it is given.
        batch_size: handed on at once, at most.
        timeout: the longest time between two looks, seconds.
        position: of the last trade that an earlier run handed on.
    """

    def __init__(
        self,
        gateway: Gateway,
        name: str,
        open_stream: Open,
        *,
        batch_size: int,
        timeout: float,
        position: Position | None = None,
    ) -> None:
        self.position = position
        self._gateway = gateway
        self._name = name
        self._open = open_stream
        self._batch_size = batch_size
        self._timeout = timeout
        self._ready: deque[Any] = deque()
        self._error: BtApiError | None = None
        self._is_over = False
        self._is_closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._room = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._last_look = self._last_item = time.monotonic()
        gateway.background.call(self._start)

    async def _start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._read(), name=f"{self._name} partition")

    # On the engine's thread

    @property
    def is_over(self) -> bool:
        """Whether nothing will come any more: the venue refuses this market, or the gateway was closed."""
        return self._is_over and not self._ready

    def take(self) -> list[Any]:
        """Return what has come since the last look, a batch at most; empty when there is nothing.

        Raises:
            StreamOverflowError: the engine fell behind by more than the stream's buffer, and the stream loses nothing.
        """
        ready = self._ready
        batch = [ready.popleft() for _ in range(min(len(ready), self._batch_size))]
        self._last_look = time.monotonic()
        if batch:
            self._last_item = self._last_look
            self.position = next(filter(None, map(_position, reversed(batch))), self.position)
            if not self._room.is_set() and self._loop is not None:
                with suppress(RuntimeError):  # the loop was closed, and with it whoever waits for room
                    self._loop.call_soon_threadsafe(self._room.set)
        elif self._is_over and isinstance(self._error, StreamOverflowError):
            raise self._error
        return batch

    def pause(self) -> float:
        """Return the seconds until the next look: none while something waits, and little after a little silence.

        What comes after a silence waits at most a tenth of it, and never longer than `timeout`.
        """
        if self._ready or self._is_over:
            return 0.0
        return min(self._timeout, max(_SHORTEST_PAUSE, (self._last_look - self._last_item) / 10))

    def close(self) -> None:
        """Give the stream back; the last partition of the process ends the background loop. Harmless when closed."""
        if not self._is_closed:
            self._is_closed = True
            try:
                if self._gateway.background.is_open:
                    self._gateway.background.call(self._stop)
            finally:
                self._gateway.leave()

    # On the background loop

    async def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        position = self.position
        try:
            while True:
                stream = self._open(position)
                try:
                    async with stream:
                        async for item in stream:
                            position = _position(item) or position
                            await self._put(item)
                    return
                except BtApiError as error:
                    if not error.retryable:
                        self._error = error
                        # An overflow is the engine's fault and ends its flow; all else concerns this market alone.
                        log.error("%s: ends: %s", self._name, error)
                        return
                    log.warning("%s: opened again in %g s: %s", self._name, _REOPEN_AFTER, error)
                await asyncio.sleep(_REOPEN_AFTER)
        finally:
            self._is_over = True

    async def _put(self, item: Any) -> None:
        while len(self._ready) >= _BATCHES_READY * self._batch_size:
            self._room.clear()
            # The engine may have made room since, without a look at the event that was still set.
            if len(self._ready) >= _BATCHES_READY * self._batch_size:
                await self._room.wait()
        self._ready.append(item)


def _position(item: Any) -> Position | None:
    """Return where an item stands among the trades of its market; ``None`` for what is no trade."""
    if isinstance(item, StreamEvent) or getattr(item, "kind", "") != "trades":
        return None
    return item.get_trade_id(), item.get_timestamp()


class Source:
    """The streams of one kind of several markets as partitions, one for each market.

    Args:
        exchange: full name such as ``"COINBASE___SPOT"``.
        kind: ``"ticker"``, ``"depth"``, ``"trades"``, ``"klines"`` …
        symbols: one partition each; in any spelling, which is also the partition's key.
        exchange_kwargs: settings by exchange name.
        batch_size: objects handed on at once, at most.
        timeout: an engine that has nothing to do looks at least so often, seconds.
        options: of the stream, such as ``levels`` or ``interval``. With ``events=True`` its events come in between.

    Raises:
        BtApiError: the exchange, the kind, the settings or an option is wrong.
    """

    def __init__(
        self,
        exchange: str,
        kind: str,
        symbols: Sequence[str],
        *,
        exchange_kwargs: Mapping[str, Mapping[str, Any]] | None = None,
        batch_size: int = 100,
        timeout: float = 0.5,
        **options: Any,
    ) -> None:
        self.exchange = exchange_class(exchange).name
        if kind not in KINDS:
            raise ConfigurationError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}", exchange_name=exchange)
        if isinstance(symbols, str) or not symbols or len(set(symbols)) < len(symbols):
            raise ConfigurationError(f"symbols must be a list, each once, not {symbols!r}", exchange_name=exchange)
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
            raise ConfigurationError(f"batch_size must be a whole number of at least 1, not {batch_size!r}")
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < float("inf"):
            raise ConfigurationError(f"timeout must be seconds above 0, not {timeout!r}")
        if "after" in options:
            raise ConfigurationError("the position is kept by the engine's recovery; leave `after` out")
        self.kind = kind
        self.symbols = list(symbols)
        self.exchange_kwargs = exchange_kwargs
        self.batch_size = batch_size
        self.timeout = float(timeout)
        self.options = options
        api = BtApi(exchange_kwargs)
        for symbol in self.symbols:  # an unknown option is an error here, and not in some worker
            self._stream(api, symbol, None)

    @property
    def partitions(self) -> dict[str, str]:
        """Symbols by the name of their partition, the same in every process and after every restart."""
        return {f"{self.exchange}:{self.kind}:{symbol}": symbol for symbol in self.symbols}

    def open(self, name: str, position: Position | None = None) -> Partition:
        """Begin to read one partition, after the position that an earlier run has left."""
        symbol = self.partitions[name]
        gateway = Gateway.join(self.exchange_kwargs)
        try:
            return Partition(
                gateway,
                name,
                lambda after: self._stream(gateway.api, symbol, after),
                batch_size=self.batch_size,
                timeout=self.timeout,
                position=position,
            )
        except BaseException:
            gateway.leave()
            raise

    def _stream(self, api: BtApi, symbol: str, position: Position | None) -> Stream[Any]:
        after = {"after": tuple(position)} if position is not None and self.kind == "trades" else {}
        stream: Stream[Any] = getattr(api, f"stream_{self.kind}")(self.exchange, symbol, **self.options, **after)
        return stream
