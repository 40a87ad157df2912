"""Vega's public REST.

Source: Vega data node v0.79.0, API v2, October 2024, and the list of its routes. How intervals and their candles are
named is not documented: here as the node's own tables name them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..parameters import Numbers
from .errors import INVALID_ARGUMENT, NOT_FOUND, NodeError
from .figures import INTERVALS, NS, book_row, candle_id, candle_row, data_row, parse_candle_id, trade_row
from .listing import asset_row, assets, market_row, unlisted
from .pages import page

if TYPE_CHECKING:
    from . import VegaFuture

ROOT = "/api/v2"
_FAR = 1 << 62
_MOST_CANDLES = 1000  # on a page, unless the client wants another number


def answer(dialect: VegaFuture, path: str, query: Mapping[str, str]) -> Any:
    """Return what a GET request is answered with.

    Raises:
        NodeError: in the node's codes.
    """
    handler = _ROUTES.get(path.removeprefix(ROOT))
    if handler is not None:
        return handler(dialect, query)
    match path.removeprefix(ROOT).split("/"):
        case ["", "market", number]:
            return _market(dialect, number)
        case ["", "market", "data", number, "latest"]:
            return {"marketData": data_row(dialect.venue.market(dialect.market(number).symbol))}
        case ["", "market", "depth", number, "latest"]:
            return _depth(dialect, number, query)
    raise NodeError(NOT_FOUND, "Not Found")


number = Numbers(lambda name: NodeError(INVALID_ARGUMENT, f"invalid {name}"), high=_FAR)


def _markets(dialect: VegaFuture, query: Mapping[str, str]) -> Any:
    rows = [market_row(item) for item in dialect.venue.instruments.values()]
    settled_too = query.get("includeSettled") != "false"
    rows += [market.row for market in unlisted() if settled_too or not market.is_settled]
    listed = sorted((row["id"], row) for row in rows)
    return {"markets": page(query, listed, size=dialect.page_size)}


def _market(dialect: VegaFuture, wanted: str) -> Any:
    for market in unlisted():
        if market.id == wanted:
            return {"market": market.row}
    return {"market": market_row(dialect.market(wanted))}


def _markets_data(dialect: VegaFuture, query: Mapping[str, str]) -> Any:
    return {"marketsData": [data_row(dialect.venue.market(key)) for key in dialect.venue.instruments]}


def _depth(dialect: VegaFuture, wanted: str, query: Mapping[str, str]) -> Any:
    market = dialect.venue.market(dialect.market(wanted).symbol)
    row = book_row(market, number(query, "maxDepth", low=1))
    last = trade_row(market.instrument, market.last)
    return {
        "marketId": row["marketId"],
        "buy": row["buy"],
        "sell": row["sell"],
        "lastTrade": last,
        "sequenceNumber": row["sequenceNumber"],
    }


def _trades(dialect: VegaFuture, query: Mapping[str, str]) -> Any:
    market = dialect.venue.market(dialect.market(query.get("marketIds", "")).symbol)
    start, end = number(query, "dateRange.startTimestamp", 0) or 0, number(query, "dateRange.endTimestamp") or _FAR
    listed = [(f"{t.ms:020d}/{t.id:020d}", {"trade": t}) for t in market.trades if start <= t.ms * NS < end]
    found = page(query, listed, size=dialect.page_size)
    for edge in found["edges"]:  # only what is on the page is written out
        edge["node"] = trade_row(market.instrument, edge["node"]["trade"])
    return {"trades": found}


def _assets(dialect: VegaFuture, query: Mapping[str, str]) -> Any:
    wanted = query.get("assetId")
    listed = assets(dialect.venue.instruments.values())
    found = sorted((key, asset_row(symbol)) for key, symbol in listed.items() if wanted in (None, "", key))
    if wanted and not found:
        raise NodeError(NOT_FOUND, "asset not found")
    return {"assets": page(query, found, size=dialect.page_size)}


def _candles(dialect: VegaFuture, query: Mapping[str, str]) -> Any:
    try:
        rule, wanted = parse_candle_id(query.get("candleId", ""))
    except ValueError:
        raise NodeError(INVALID_ARGUMENT, "invalid candle id") from None
    market = dialect.venue.market(dialect.market(wanted).symbol)
    series = market.series(rule)
    start = number(query, "fromTimestamp", 0) or 0
    end = min(market.now_ms, ((number(query, "toTimestamp") or _FAR) - 1) // NS)
    bars = series.filled(-(-start // NS), end)
    listed = [(f"{bar.open_ms:020d}", candle_row(market, rule, bar)) for bar in bars]
    return {"candles": page(query, listed, size=_MOST_CANDLES)}


def _intervals(dialect: VegaFuture, query: Mapping[str, str]) -> Any:
    item = dialect.market(query.get("marketId", ""))
    return {"intervalToCandleId": [{"interval": name, "candleId": candle_id(item, name)} for name in INTERVALS]}


def _time(dialect: VegaFuture, query: Mapping[str, str]) -> Any:
    return {"timestamp": str(dialect.venue.server_ms() * NS)}


def _info(dialect: VegaFuture, query: Mapping[str, str]) -> Any:
    return {"version": "v0.79.0", "commitHash": ""}


_Handler = Callable[["VegaFuture", Mapping[str, str]], Any]

_ROUTES: dict[str, _Handler] = {
    "/markets": _markets,
    "/markets/data": _markets_data,
    "/assets": _assets,
    "/trades": _trades,
    "/candle": _candles,
    "/candle/intervals": _intervals,
    "/vega/time": _time,
    "/info": _info,
}
