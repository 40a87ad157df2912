"""KuCoin spot public REST."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...market import ASK, BID, Market
from ..base import Response, UnknownTopicError, json_response
from ..parameters import Numbers, RestError
from .figures import candle_list, history_row, instrument_row, levels, size, stats_row

if TYPE_CHECKING:
    from . import KucoinSpot

_MOST_TRADES = 100
_MOST_BARS = 1500


def answered(data: Any) -> Response:
    """Return a good answer."""
    return json_response({"code": "200000", "data": data})


number = Numbers(lambda name: RestError("400100", f"Parameter {name} error", 200))


def market_of(dialect: KucoinSpot, query: Mapping[str, str]) -> Market:
    """Return the market of a request.

    Raises:
        RestError: there is none.
    """
    try:
        return dialect.venue.market(dialect.instrument(query.get("symbol", "")).symbol)
    except UnknownTopicError:
        raise RestError("900001", "symbol not exists", 200) from None


def _symbols(dialect: KucoinSpot, query: Mapping[str, str]) -> Any:
    return [instrument_row(item) for item in dialect.venue.instruments.values()]


def _stats(dialect: KucoinSpot, query: Mapping[str, str]) -> Any:
    return {"time": dialect.venue.server_ms(), **stats_row(market_of(dialect, query))}


def _all_tickers(dialect: KucoinSpot, query: Mapping[str, str]) -> Any:
    rows = []
    for item in dialect.venue.instruments.values():
        if not item.halted:
            market = dialect.venue.market(item.symbol)
            sizes = {"bestBidSize": market.best(BID), "bestAskSize": market.best(ASK)}
            told = {name: size(item, best[1]) for name, best in sizes.items()}
            rows.append({**stats_row(market), **told})
    return {"time": dialect.venue.server_ms(), "ticker": rows}


def _book(count: int) -> _Handler:
    def answer(dialect: KucoinSpot, query: Mapping[str, str]) -> Any:
        market = market_of(dialect, query)
        bids, asks = (levels(market.instrument, market.levels(side, count)) for side in (BID, ASK))
        return {"time": market.now_ms, "sequence": str(market.update_id), "bids": bids, "asks": asks}

    return answer


def _histories(dialect: KucoinSpot, query: Mapping[str, str]) -> Any:
    market = market_of(dialect, query)
    return [history_row(market.instrument, trade) for trade in reversed(market.trades[-_MOST_TRADES:])]


def _candles(dialect: KucoinSpot, query: Mapping[str, str]) -> Any:
    market = market_of(dialect, query)
    rule = dialect.intervals.get(query.get("type", ""))
    if rule is None:
        raise RestError("400100", "Incorrect candlestick type.", 200)
    series = market.series(rule)
    end = min(market.now_ms, (number(query, "endAt", None) or 1 << 40) * 1000 - 1)
    start = (number(query, "startAt", None) or 0) * 1000 or series.back_from(end, 100)
    bars = list(series.between(start, end))[-_MOST_BARS:]
    return [candle_list(market.instrument, bar) for bar in reversed(bars)]


def _time(dialect: KucoinSpot, query: Mapping[str, str]) -> Any:
    return dialect.venue.server_ms()


_Handler = Callable[["KucoinSpot", Mapping[str, str]], Any]

ROUTES: dict[str, tuple[int, _Handler]] = {  # weight, and who answers
    "/api/v2/symbols": (4, _symbols),
    "/api/v1/market/stats": (15, _stats),
    "/api/v1/market/allTickers": (15, _all_tickers),
    "/api/v1/market/orderbook/level2_20": (2, _book(20)),
    "/api/v1/market/orderbook/level2_100": (4, _book(100)),
    "/api/v1/market/histories": (3, _histories),
    "/api/v1/market/candles": (3, _candles),
    "/api/v1/timestamp": (3, _time),
}
