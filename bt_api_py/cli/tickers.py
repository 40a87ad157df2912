"""``bt-api tickers``: a whole market at once, as a table, as a live view or as JSON lines."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..containers import TickerData
from ..exceptions import BtApiError
from ..stores.merge import Entry
from ..stores.ticker_map import TickerMap
from . import figures
from .gateway import gateway
from .output import JsonLines
from .running import FAILURE, OK, complain, describe, exit_code, first_to_end

if TYPE_CHECKING:
    from rich.console import RenderableType

_LINES_OF_FRAME = 7  # of the live view around its rows
_MOST_COMPLAINTS = 5


_FIGURES: dict[str, Callable[[TickerData], float]] = {
    "last": TickerData.get_last_price,
    "change": TickerData.get_price_change,
    "bid": TickerData.get_bid_price,
    "ask": TickerData.get_ask_price,
    "volume": TickerData.get_volume,
    "age": TickerData.get_local_update_time,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for.

    Attributes:
        symbols: empty for the whole market.
        sort: ``"symbol"`` or a key of `_FIGURES`.
        seconds: end after so long.
        table: draw for a terminal; otherwise JSON lines.
    """

    exchange: str
    symbols: tuple[str, ...] = ()
    watch: bool = False
    sort: str = "symbol"
    seconds: float | None = None
    simulate: bool = False
    table: bool = False


async def tickers(request: Request) -> int:
    """Show the tickers once all are there, or as they change; return the exit code."""
    async with gateway(request.simulate) as api, api.ticker_map(request.exchange, request.symbols or None) as market:
        if request.watch:
            await first_to_end(_live(market, request) if request.table else _lines(market), seconds=request.seconds)
            in_time = len(market) > 0
        else:
            in_time = await _filled(market, request.seconds)
            await _show(market, request)
        return _report(market, request, in_time)


async def _filled(market: TickerMap, seconds: float | None) -> bool:
    """Wait until every market has a value, with a line that tells how far it is on a terminal."""
    try:
        async with _progress(market):
            await market.wait_complete(seconds)
    except TimeoutError:
        return False
    return True


def _progress(market: TickerMap) -> AbstractAsyncContextManager[object]:
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console
    from rich.text import Text

    from .live import Screen

    return Screen(lambda: Text(filling(market), style="dim"), Console(stderr=True), transient=True)


def filling(market: TickerMap) -> str:
    """Return how many markets have a current value, as a line."""
    stats = market.stats
    stale = f", {stats.stale:,} stale" if stats.stale else ""
    return f"{stats.current:,} of {stats.markets:,} markets{stale}"


async def _show(market: TickerMap, request: Request) -> None:
    rows = sorted_rows(market, request.sort)
    if request.table:
        from rich.console import Console

        Console().print(table(rows))
        return
    lines = JsonLines()
    for _, entry in rows:
        await lines.write(entry.value.get_all_data() | {"stale": entry.stale})


async def _lines(market: TickerMap) -> None:
    lines = JsonLines()
    async for _, ticker in market:
        await lines.write(ticker.get_all_data())


async def _live(market: TickerMap, request: Request) -> None:
    from rich.console import Console

    from .live import Screen

    console = Console()
    async with Screen(lambda: page(market, request, console.height - _LINES_OF_FRAME), console):
        async for _ in market:
            pass  # the page reads the market itself


def sorted_rows(market: TickerMap, column: str) -> list[tuple[str, Entry[TickerData]]]:
    """Return (symbol, entry) pairs: symbols from A to Z, figures from the greatest, ages from the youngest."""
    rows = sorted((symbol, entry) for symbol in market if (entry := market.entry(symbol)) is not None)
    figure = _FIGURES.get(column)
    if figure is not None:
        rows.sort(key=lambda row: -value if (value := figure(row[1].value)) == value else math.inf)
    return rows


def page(market: TickerMap, request: Request, height: int) -> RenderableType:
    """Return the live view, cut to `height` rows."""
    from rich.console import Group
    from rich.text import Text

    rows = sorted_rows(market, request.sort)
    stats = market.stats
    left_out = max(0, len(rows) - max(1, height))
    footer = f"frames {stats.frames:,}  rejected {stats.rejected:,}  by REST {stats.filled_by_rest:,}"
    footer += f"  reconnects {stats.reconnects:,}  Ctrl-C ends"
    return Group(
        Text(
            f"{request.exchange} tickers{' (simulated)' if request.simulate else ''}: {filling(market)}", style="bold"
        ),
        table(rows[: max(1, height)]),
        Text(f"… {left_out:,} more; --sort chooses which come first" if left_out else "", style="dim"),
        Text(footer, style="dim"),
    )


def table(rows: list[tuple[str, Entry[TickerData]]]) -> RenderableType:
    """Return one line for each market; a stale one is dim."""
    from rich.text import Text

    from .render import colour
    from .render import table as empty_table

    grid = empty_table("<symbol", "last", "24 h", "bid", "ask", "volume 24 h", "age", "<source")
    now = time.time()
    for symbol, entry in rows:
        ticker = entry.value
        change = ticker.get_price_change()
        grid.add_row(
            symbol,
            figures.price(ticker.get_last_price()),
            Text(figures.percent(change), style="" if entry.stale else colour(change)),
            figures.price(ticker.get_bid_price()),
            figures.price(ticker.get_ask_price()),
            figures.quantity(ticker.get_volume()),
            figures.age(max(0.0, now - entry.received_at.wall)),
            f"{entry.source}, stale" if entry.stale else entry.source,
            style="dim" if entry.stale else None,
        )
    return grid


def _report(market: TickerMap, request: Request, in_time: bool) -> int:
    """Tell what is missing, and return the exit code."""
    errors = market.errors
    for line in _complaints(errors):
        complain(line)
    code = max((exit_code(error) for error in errors.values()), default=OK)
    if not in_time:
        missing = market.missing()
        names = f"{', '.join(missing[:5])}{' …' if len(missing) > 5 else ''}"
        complain(f"{request.exchange}: {filling(market)} within {request.seconds:g} s; missing: {names}")
        code = max(code, FAILURE)
    return code


def _complaints(errors: dict[str, BtApiError]) -> Iterator[str]:
    """Yield one line for each different error, and how many more there are."""
    lines = list(dict.fromkeys(describe(error) for error in errors.values()))
    yield from lines[:_MOST_COMPLAINTS]
    if len(lines) > _MOST_COMPLAINTS:
        yield f"and {len(lines) - _MOST_COMPLAINTS} more errors like these"
