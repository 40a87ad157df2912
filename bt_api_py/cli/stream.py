"""``bt-api stream``: follow one kind of data of one exchange, in a live view or as JSON lines."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

from .. import BtApi, BtApiError, Stream, StreamEvent
from .gateway import gateway
from .output import JsonLines
from .running import FAILURE, OK, all_of, complain, describe, exit_code, first_to_end

Kind = Literal["ticker", "depth", "trades", "klines", "mark_price", "funding_rate", "open_interest", "liquidations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for.

    Attributes:
        count: end after so many objects, over all symbols.
        seconds: end after so long.
    """

    kind: Kind
    exchange: str
    symbols: tuple[str, ...]
    interval: str = "1m"
    levels: int = 20
    events: bool = False
    count: int | None = None
    seconds: float | None = None
    simulate: bool = False
    live: bool = False

    def open(self, api: BtApi) -> dict[str, Stream[Any]]:
        """Return one stream per symbol."""
        return {symbol: self._open(api, symbol) for symbol in self.symbols}

    def _open(self, api: BtApi, symbol: str) -> Stream[Any]:
        # The live view always shows events; as lines they come only when asked for.
        events = self.events or self.live
        match self.kind:
            case "ticker":
                return api.stream_ticker(self.exchange, symbol, events=events)
            case "depth":
                return api.stream_depth(self.exchange, symbol, levels=self.levels, events=events)
            case "trades":
                return api.stream_trades(self.exchange, symbol, events=events)
            case "klines":
                return api.stream_klines(self.exchange, symbol, self.interval, events=events)
            case "mark_price":
                return api.stream_mark_price(self.exchange, symbol, events=events)
            case "funding_rate":
                return api.stream_funding_rate(self.exchange, symbol, events=events)
            case "open_interest":
                return api.stream_open_interest(self.exchange, symbol, events=events)
            case "liquidations":
                return api.stream_liquidations(self.exchange, symbol, events=events)


class View(AbstractAsyncContextManager["View"], Protocol):
    """Where objects, events and errors go."""

    async def item(self, symbol: str, item: Any) -> None:
        """Show one data object."""

    async def event(self, symbol: str, event: StreamEvent) -> None:
        """Show what happened to the stream."""

    def failed(self, symbol: str, error: BtApiError) -> None:
        """Show that the stream of this symbol ended with an error."""


class Lines(View):
    """One JSON object per line; errors go to standard error."""

    def __init__(self) -> None:
        self._lines = JsonLines()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def item(self, symbol: str, item: Any) -> None:
        await self._lines.write(item.get_all_data())

    async def event(self, symbol: str, event: StreamEvent) -> None:
        await self._lines.write(event.as_dict())

    def failed(self, symbol: str, error: BtApiError) -> None:
        complain(describe(error))


async def stream(request: Request) -> int:
    """Follow the streams until they end, the count or the time is reached; return the exit code."""
    async with gateway(request.simulate) as api:
        streams = request.open(api)
        async with _view(request, streams) as view:
            return await follow(streams, view, count=request.count, seconds=request.seconds)


def _view(request: Request, streams: Mapping[str, Stream[Any]]) -> View:
    if not request.live:
        return Lines()
    from .live import LiveView

    return LiveView(request, streams)


async def follow(
    streams: Mapping[str, Stream[Any]], view: View, *, count: int | None = None, seconds: float | None = None
) -> int:
    """Hand every item of every stream to `view`; one stream's error does not end the others.

    Returns:
        0, or the code of the worst error; 1 also when the time was up before any stream was connected.
    """
    enough = asyncio.Event()
    taken = 0
    code = OK
    last_states: dict[str, str] = {}

    async def take(symbol: str, stream: Stream[Any]) -> None:
        nonlocal taken
        async for item in stream:
            if isinstance(item, StreamEvent):
                await view.event(symbol, item)
                continue
            if taken == count:
                return
            taken += 1
            await view.item(symbol, item)
            if taken == count:
                enough.set()

    async def read(symbol: str, stream: Stream[Any]) -> None:
        nonlocal code
        try:
            async with stream:
                try:
                    await take(symbol, stream)
                finally:
                    last_states[symbol] = stream.stats.state
        except BtApiError as error:
            view.failed(symbol, error)
            code = max(code, exit_code(error))

    readers = all_of(read(symbol, stream) for symbol, stream in streams.items())
    in_time = await first_to_end(readers, enough.wait(), seconds=seconds)
    if not in_time and not taken and set(last_states.values()) == {"connecting"}:
        complain(f"{', '.join(streams)}: not connected within {seconds:g} s")
        return FAILURE
    return code
