"""Bitget spot: public REST."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...market import ASK, BID
from ..parameters import Numbers, RestError
from .figures import candle_row, instrument_row, levels, listed_ticker, trade_number, trade_row

if TYPE_CHECKING:
    from . import BitgetSpot

TIME = "/api/v2/public/time"
SYMBOLS = "/api/v2/spot/public/symbols"
_MARKET = "/api/v2/spot/market/"
_WEEK_MS = 7 * 86_400_000
_SPELLED = {"1h": "1H", "4h": "4H", "6h": "6H", "12h": "12H", "1day": "1D", "3day": "3D", "1week": "1W"}


number = Numbers(lambda name: RestError("40017", f"Parameter verification failed {name}"))


def _symbols(dialect: BitgetSpot, query: Mapping[str, str]) -> Any:
    if query.get("symbol"):
        return [instrument_row(dialect.rest_market(query).instrument)]
    return [instrument_row(item) for item in dialect.venue.instruments.values()]


def _tickers(dialect: BitgetSpot, query: Mapping[str, str]) -> Any:
    if query.get("symbol"):
        return [listed_ticker(dialect.rest_market(query))]
    items = [item for item in dialect.venue.instruments.values() if not item.halted]
    return [listed_ticker(dialect.venue.market(item.symbol)) for item in items]


def _book(dialect: BitgetSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    count = number(query, "limit", 150, 150, low=1)
    sides = {
        name: levels(market.instrument, market.levels(side, count)) for name, side in (("asks", ASK), ("bids", BID))
    }
    return sides | {"ts": str(market.now_ms)}


def _fills(dialect: BitgetSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    chosen = market.trades[-(number(query, "limit", 100, 500, low=1) or 100) :]
    return [{"symbol": market.instrument.symbol} | trade_row(market.instrument, trade) for trade in reversed(chosen)]


def _fills_history(dialect: BitgetSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    limit = number(query, "limit", 500, 1000, low=1) or 500
    start, end = number(query, "startTime", None), number(query, "endTime", None)
    if start is not None and end is not None and end - start > _WEEK_MS:
        raise RestError("40017", "startTime and endTime should be within 7days")
    older = number(query, "idLessThan", None)
    stop = len(market.trades)
    if older is not None:
        stop = bisect_left(market.trades, older, key=lambda trade: int(trade_number(trade.id)))
    rows: list[dict[str, str]] = []
    for trade in reversed(market.trades[:stop]):
        if len(rows) == limit or (start is not None and trade.ms < start):
            break
        if end is None or trade.ms <= end:
            row = {"symbol": market.instrument.symbol} | trade_row(market.instrument, trade)
            rows.append(row | {"side": trade.side.capitalize()})
    return rows


def _candles(dialect: BitgetSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    given = query.get("granularity", "")
    rule = dialect.intervals.get(_SPELLED.get(given, given.replace("min", "m")))
    if rule is None:
        raise RestError("40017", "Parameter verification failed granularity")
    limit = number(query, "limit", 100, 1000, low=1) or 100
    before = min(market.now_ms + 1, number(query, "endTime", None) or market.now_ms + 1)
    series = market.series(rule)
    start = max(series.back_from(before - 1, limit), number(query, "startTime", 0) or 0)
    rows = [candle_row(market.instrument, bar) for bar in series.filled(start, before - 1)]
    # The two last figures stand the other way round than in the stream.
    return [[*row[:6], row[7], row[6]] for row in rows]


def _time(dialect: BitgetSpot, query: Mapping[str, str]) -> Any:
    return {"serverTime": str(dialect.venue.server_ms())}


Route = tuple[int, Callable[["BitgetSpot", Mapping[str, str]], Any]]  # calls a second, and who answers

ROUTES: dict[str, Route] = {
    TIME: (20, _time),
    SYMBOLS: (20, _symbols),
    f"{_MARKET}tickers": (20, _tickers),
    f"{_MARKET}orderbook": (20, _book),
    f"{_MARKET}fills": (10, _fills),
    f"{_MARKET}fills-history": (10, _fills_history),
    f"{_MARKET}candles": (20, _candles),
}
