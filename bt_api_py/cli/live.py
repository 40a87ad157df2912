"""A view that redraws itself on the terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from rich.console import Console, RenderableType
from rich.live import Live

from .. import BtApiError, Stream, StreamEvent
from . import render
from .board import Board
from .running import describe
from .stream import Request, View

REDRAW = 0.2  # seconds


class Screen:
    """Draws what `content` returns, several times a second, from the event loop; in the end a transient one goes."""

    def __init__(
        self, content: Callable[[], RenderableType], console: Console | None = None, *, transient: bool = False
    ) -> None:
        # Drawing from the loop and not from a thread: the content is read where it is written.
        self._live = Live(get_renderable=content, console=console, auto_refresh=False, transient=transient)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._live.start()
        self._task = asyncio.create_task(self._redraw())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._live.refresh()
        self._live.stop()

    async def _redraw(self) -> None:
        while True:
            self._live.refresh()
            await asyncio.sleep(REDRAW)


class LiveView(View):
    """The live table of `bt-api stream`."""

    def __init__(self, request: Request, streams: Mapping[str, Stream[Any]]) -> None:
        self._request = request
        self._streams = streams
        self._board = Board(recent=200 if request.kind == "klines" else 20)
        self._screen = Screen(self._page)

    async def __aenter__(self) -> Self:
        await self._screen.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._screen.__aexit__(kind, error, trace)

    async def item(self, symbol: str, item: Any) -> None:
        self._board.put(symbol, item)

    async def event(self, symbol: str, event: StreamEvent) -> None:
        self._board.note(event)

    def failed(self, symbol: str, error: BtApiError) -> None:
        self._board.errors[symbol] = describe(error)

    def _page(self) -> RenderableType:
        request = self._request
        interval = f" {request.interval}" if request.kind == "klines" else ""
        title = f"{request.exchange} {request.kind}{interval}{' (simulated)' if request.simulate else ''}"
        stats = {symbol: stream.stats for symbol, stream in self._streams.items()}
        return render.page(request.kind, title, self._board, stats)
