"""``bt-api doctor``: does each exchange answer, how fast, and what time is it there."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from .. import BtApi, BtApiError, StreamEvent
from ..exceptions import UnsupportedError
from ..exchanges import exchange_class
from ..operators import merge
from .gateway import gateway
from .running import FAILURE, OK

PATIENCE = 15.0  # seconds for the first item of a stream
# Quick to give up: a doctor is asked when something is wrong.
SETTINGS = {"timeout": 5, "websocket": {"max_reconnect": 1, "connect_timeout": 5}}
PREFERRED = "BTC-USDT"  # the market that is looked at, where there is one
OTHERS = 50  # otherwise so many, since any one of them may be quiet


@dataclass(slots=True)
class Finding:
    """What was found out about one exchange.

    Attributes:
        rest_ms: one REST call over an open connection, there and back.
        clock_offset_ms: the venue's clock minus ours, right to half of `rest_ms`.
        markets: how many are listed.
        socket_ms: until the venue had accepted a subscription, name look-up and connecting included.
        first_item_ms: until the first data object came; a quiet market takes its time.
        limits: what the adapter keeps to, by endpoint.
        error: what failed, ``None`` when nothing did.
    """

    exchange: str
    limits: dict[str, str]
    rest_ms: float | None = None
    clock_offset_ms: float | None = None
    markets: int | None = None
    socket_ms: float | None = None
    first_item_ms: float | None = None
    error: str | None = None


async def doctor(exchanges: Sequence[str], as_json: bool, simulate: bool) -> int:
    """Examine the exchanges, all when none is named; return 1 when one of them does not answer.

    One that runs on this machine is looked at only when it is named: usually nobody started it.
    """
    everywhere = [name for name in BtApi.list_available_exchanges() if simulate or not _is_local(name)]
    names = [exchange_class(name).name for name in exchanges] or everywhere
    async with gateway(simulate, dict.fromkeys(names, SETTINGS)) as api:
        findings = await asyncio.gather(*(_examine(api, name) for name in names))
    if as_json:
        for finding in findings:
            print(orjson.dumps(asdict(finding)).decode())
    elif sys.stdout.isatty():
        _print_table(findings)
    else:
        print("\n".join(_line(finding) for finding in findings))
    return FAILURE if any(finding.error for finding in findings) else OK


def _is_local(name: str) -> bool:
    return urlsplit(exchange_class(name).rest).hostname == "127.0.0.1"


async def _examine(api: BtApi, name: str) -> Finding:
    finding = Finding(name, _limits(name))
    try:
        with suppress(UnsupportedError):  # some tell no time
            await _rest(api, finding)
        await _socket(api, finding)
    except BtApiError as error:
        finding.error = " ".join(str(error).split())
    except TimeoutError:
        finding.error = f"{name}: connected, but no data within {PATIENCE:g} s"
    return finding


async def _rest(api: BtApi, finding: Finding) -> None:
    await api.async_get_server_time(finding.exchange)  # opens the connection
    began, began_ms = time.monotonic(), time.time() * 1000
    server_ms = await api.async_get_server_time(finding.exchange)
    finding.rest_ms = round((time.monotonic() - began) * 1000, 1)
    finding.clock_offset_ms = round(server_ms - (began_ms + finding.rest_ms / 2), 1)


async def _socket(api: BtApi, finding: Finding) -> None:
    markets = await api.async_get_symbols(finding.exchange)
    finding.markets = len(markets)
    open_ones = [market.get_symbol() for market in markets if market.is_trading()]
    if not open_ones:
        finding.error = f"{finding.exchange}: no market is open"
        return
    symbols = [PREFERRED] if PREFERRED in open_ones else open_ones[:OTHERS]
    streams = [api.stream_ticker(finding.exchange, symbol, events=True) for symbol in symbols]
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE), merge(*streams) as tickers:
        async for item in tickers:
            elapsed = round((time.monotonic() - began) * 1000, 1)
            finding.socket_ms = finding.socket_ms or elapsed
            if not isinstance(item, StreamEvent):
                finding.first_item_ms = elapsed
                return


def _limits(name: str) -> dict[str, str]:
    limits = {}
    for word, endpoint in exchange_class(name).endpoints.items():
        parts = [
            f"{endpoint.topics_per_socket} topics a socket",
            *(f"{pace.count} messages in {pace.per_s:g} s" for pace in endpoint.paces),
            f"{endpoint.connects.count} connections in {endpoint.connects.per_s:g} s",
        ]
        if endpoint.lifetime is not None:
            parts.append(f"cut after {endpoint.lifetime / 3600:g} h")
        limits[word] = ", ".join(parts)
    return limits


def _cells(finding: Finding) -> list[str]:
    def milliseconds(value: float | None) -> str:
        return "-" if value is None else f"{value:,.1f} ms"

    offset = "-" if finding.clock_offset_ms is None else f"{round(finding.clock_offset_ms):+,} ms"
    return [
        milliseconds(finding.rest_ms),
        milliseconds(finding.socket_ms),
        milliseconds(finding.first_item_ms),
        offset,
        "-" if finding.markets is None else f"{finding.markets:,}",
    ]


def _line(finding: Finding) -> str:
    words = ("REST", "socket", "first item", "clock", "markets")
    cells = zip(words, _cells(finding), strict=True)
    verdict = "ok" if finding.error is None else finding.error.removeprefix(f"{finding.exchange}: ")
    return "  ".join([f"{finding.exchange:<16} {verdict}", *(f"{word} {cell}" for word, cell in cells if cell != "-")])


def _print_table(findings: Sequence[Finding]) -> None:
    from rich.console import Console
    from rich.text import Text

    from .render import table

    grid = table("<exchange", "REST", "socket", "first item", "clock", "markets", "<finding")
    console = Console()
    for finding in findings:
        verdict: Any = Text("ok", style="green") if finding.error is None else Text("failed", style="red")
        grid.add_row(finding.exchange, *_cells(finding), verdict)
    console.print(grid)
    for finding in findings:
        if finding.error:
            console.print(Text(finding.error, style="red"))
    for finding in findings:
        for endpoint, limit in finding.limits.items():
            console.print(Text(f"{finding.exchange} {endpoint}: {limit}", style="dim"))
