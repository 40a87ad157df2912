"""BULK public REST.

Source: BULK OpenAPI 3.0.10, May 2026. What `stats` and `feeState` look like is not documented: here it is a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...instruments import Instrument
from ..base import UnknownTopicError
from ..parameters import Numbers
from .figures import book_row, bucket_of, candle_row, depth, number, symbol_row, ticker_row

if TYPE_CHECKING:
    from . import BulkSwap

ROOT = "/api/v1"
_FAR = 1 << 62


class RestError(Exception):
    """A request that is refused with a status."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def answer(dialect: BulkSwap, path: str, query: Mapping[str, str]) -> Any:
    """Return what a GET request is answered with.

    Raises:
        RestError: in the venue's statuses.
    """
    handler = _ROUTES.get(path.removeprefix(ROOT))
    if handler is not None:
        return handler(dialect, query)
    head, _, symbol = path.rpartition("/")
    if head == f"{ROOT}/ticker":
        item = _instrument(dialect, symbol)
        return ticker_row(dialect.venue.market(item.symbol), symbol, dialect.oracles.get(item.symbol))
    raise RestError(404, f"no such path: {path}")


def _instrument(dialect: BulkSwap, symbol: str | None) -> Instrument:
    if not symbol:
        raise RestError(400, "missing symbol")
    try:
        return dialect.instrument(symbol)
    except UnknownTopicError:
        raise RestError(404, f"unknown symbol: {symbol}") from None


_number = Numbers(lambda name: RestError(400, f"invalid {name}"), high=_FAR)


def _exchange_info(dialect: BulkSwap, query: Mapping[str, str]) -> Any:
    return [symbol_row(item, dialect.wire_symbol(item)) for item in dialect.venue.instruments.values()]


def _klines(dialect: BulkSwap, query: Mapping[str, str]) -> Any:
    item = _instrument(dialect, query.get("symbol"))
    rule = dialect.intervals.get(query.get("interval", ""))
    if rule is None:
        raise RestError(400, "invalid interval")
    market = dialect.venue.market(item.symbol)
    series = market.series(rule)
    limit = _number(query, "limit", 500, 1000, low=1) or 500
    end = min(market.now_ms, _number(query, "endTime", _FAR) or 0)
    start = _number(query, "startTime", None)
    bars = list(series.filled(series.back_from(end, limit) if start is None else start, end))
    return [candle_row(market, bar, rule) for bar in bars[:limit]]


def _book(dialect: BulkSwap, query: Mapping[str, str]) -> Any:
    if query.get("type", "").lower() != "l2book":
        raise RestError(400, "invalid type")
    item = _instrument(dialect, query.get("coin"))
    market = dialect.venue.market(item.symbol)
    try:
        bucket = bucket_of(item, float(query["aggregation"])) if query.get("aggregation") else 1
    except ValueError:
        raise RestError(400, "invalid aggregation") from None
    levels = depth(market, _number(query, "nlevels", low=1), bucket)
    return book_row(market, dialect.wire_symbol(item), "snapshot", levels, market.now_ms)


def _stats(dialect: BulkSwap, query: Mapping[str, str]) -> Any:
    named = query.get("symbol")
    items = [_instrument(dialect, named)] if named else list(dialect.venue.instruments.values())
    rows = []
    for item in items:
        bar = dialect.venue.market(item.symbol).day().bar
        row = {
            "symbol": dialect.wire_symbol(item),
            "volume": number(bar.volume, item.quantity_decimals),
            "quoteVolume": number(bar.quote, item.price_decimals + item.quantity_decimals),
            "trades": bar.count,
        }
        rows.append(row)
    return {"period": query.get("period", "1d"), "markets": rows}


def _fee_state(dialect: BulkSwap, query: Mapping[str, str]) -> Any:
    house = dialect.house
    return {"makerBps": float(house.maker_fee * 10_000), "takerBps": float(house.taker_fee * 10_000), "windowDays": 14}


_Handler = Callable[["BulkSwap", Mapping[str, str]], Any]

_ROUTES: dict[str, _Handler] = {
    "/exchangeInfo": _exchange_info,
    "/klines": _klines,
    "/l2book": _book,
    "/stats": _stats,
    "/feeState": _fee_state,
}
