"""``bt-api exchanges`` and ``bt-api symbols``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import orjson

from .. import BtApi
from ..exchanges.capabilities import offer, page
from .gateway import gateway
from .running import FAILURE, OK, complain


def exchanges(as_json: bool, as_markdown: bool) -> int:
    """Print the exchanges: a table on a terminal, names elsewhere; JSON lines or the page of the docs when asked."""
    rows = [offer(name) for name in BtApi.list_available_exchanges()]
    if as_markdown:
        print(page(), end="")
    elif as_json:
        _print_json(row.as_dict() for row in rows)
    elif sys.stdout.isatty():
        print_table(
            ("<exchange", "<streams", "<account", "<candles"),
            ([row.exchange, " ".join(row.streams), " ".join(row.account), " ".join(row.intervals)] for row in rows),
        )
    else:
        print("\n".join(row.exchange for row in rows))
    return OK


async def symbols(exchange: str, search: str, as_json: bool, simulate: bool) -> int:
    """Print the markets whose name or assets contain `search`; return 1 when there is none."""
    async with gateway(simulate) as api:
        markets = [market for market in await api.async_get_symbols(exchange) if _matches(market, search)]
    if not markets:
        complain(f"{exchange}: no market contains {search!r}" if search else f"{exchange}: no markets")
        return FAILURE
    markets.sort(key=lambda market: str(market.get_symbol()))
    if as_json:
        _print_json(market.get_all_data() for market in markets)
    elif sys.stdout.isatty():
        print_table(("<market", "<base", "<quote", "tick size", "lot size", "<status"), map(_cells, markets))
        print(f"{len(markets)} markets")
    else:
        for market in markets:
            print("\t".join(_cells(market)))
    return OK


def _matches(market: Any, search: str) -> bool:
    wanted = search.upper().replace("-", "").replace("/", "").replace("_", "")
    return wanted in f"{market.get_base_asset()}{market.get_quote_asset()} {market.get_venue_symbol().upper()}"


def _cells(market: Any) -> list[str]:
    return [
        market.get_venue_symbol(),
        market.get_base_asset(),
        market.get_quote_asset(),
        f"{market.get_price_unit():.12g}",
        f"{market.get_qty_unit():.12g}",
        market.get_status(),
    ]


def _print_json(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        print(orjson.dumps(row).decode())


def print_table(columns: tuple[str, ...], rows: Iterable[list[str]]) -> None:
    """Draw a table; a column whose name begins with ``<`` is aligned to the left."""
    from rich.console import Console

    from .render import table

    grid = table(*columns)
    for row in rows:
        grid.add_row(*row)
    Console().print(grid)
