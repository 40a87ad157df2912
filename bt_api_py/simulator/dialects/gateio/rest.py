"""Gate spot public REST."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...market import ASK, BID, Market
from ..base import UnknownTopicError
from ..parameters import Numbers, RestError
from .figures import candle_list, instrument_row, levels, ticker_row, trade_row

if TYPE_CHECKING:
    from . import GateioSpot

_BASE = "/api/v4/spot/"
_MOST_ROWS = 1000


number = Numbers(lambda name: RestError("INVALID_PARAM_VALUE", f"Invalid {name}"))


def market_of(dialect: GateioSpot, query: Mapping[str, str]) -> Market:
    """Return the market of a request.

    Raises:
        RestError: there is none.
    """
    name = query.get("currency_pair", "")
    if not name:
        raise RestError("MISSING_REQUIRED_PARAM", "Missing required parameter: currency_pair")
    try:
        return dialect.venue.market(dialect.instrument(name).symbol)
    except UnknownTopicError:
        raise RestError("INVALID_CURRENCY_PAIR", f"Invalid currency pair {name}") from None


def _pairs(dialect: GateioSpot, query: Mapping[str, str]) -> Any:
    return [instrument_row(item) for item in dialect.venue.instruments.values()]


def _tickers(dialect: GateioSpot, query: Mapping[str, str]) -> Any:
    if query.get("currency_pair"):
        return [ticker_row(market_of(dialect, query), with_sizes=True)]
    items = [item for item in dialect.venue.instruments.values() if not item.halted]
    return [ticker_row(dialect.venue.market(item.symbol), with_sizes=True) for item in items]


def _book(dialect: GateioSpot, query: Mapping[str, str]) -> Any:
    market = market_of(dialect, query)
    limit = number(query, "limit", 10, _MOST_ROWS, low=1)
    found = {"id": market.update_id} if query.get("with_id") == "true" else {}
    sides = {
        name: levels(market.instrument, market.levels(side, limit)) for name, side in (("asks", ASK), ("bids", BID))
    }
    return found | {"current": dialect.venue.now_ms(), "update": market.now_ms} | sides


def _trades(dialect: GateioSpot, query: Mapping[str, str]) -> Any:
    market = market_of(dialect, query)
    limit = number(query, "limit", 100, _MOST_ROWS, low=1) or 100
    page = number(query, "page", 1, low=1) or 1
    start, end = number(query, "from", 0) or 0, number(query, "to", 1 << 40) or 0
    if limit * (page - 1) > 100_000:
        raise RestError("INVALID_PARAM_VALUE", "offset too large")
    chosen = [trade for trade in reversed(market.trades) if start <= trade.ms / 1000 and trade.ms // 1000 <= end]
    rows = [trade_row(market.instrument, trade) for trade in chosen[limit * (page - 1) : limit * page]]
    # By REST the number within the market has another name.
    return [{"sequence_id" if key == "id_market" else key: row[key] for key in row if key != "range"} for row in rows]


def _candles(dialect: GateioSpot, query: Mapping[str, str]) -> Any:
    market = market_of(dialect, query)
    rule = dialect.intervals.get(query.get("interval", "30m"))
    if rule is None:
        raise RestError("INVALID_PARAM_VALUE", "Invalid interval")
    series = market.series(rule)
    if "limit" in query:
        if "from" in query or "to" in query:
            raise RestError("INVALID_PARAM_VALUE", "limit conflicts with from and to")
        end = market.now_ms
        start = series.back_from(end, number(query, "limit", 100, _MOST_ROWS, low=1) or 100)
    else:
        end = min(market.now_ms, (number(query, "to", market.now_ms // 1000) or 0) * 1000)
        start = (number(query, "from", None) or 0) * 1000 if "from" in query else series.back_from(end, 100)
    bars = list(series.filled(start, end))
    if len(bars) > _MOST_ROWS:
        raise RestError("INVALID_PARAM_VALUE", "Candlestick too long ago or range too broad")
    return [candle_list(market.instrument, bar, closed=rule.next_of(bar.open_ms) <= market.now_ms) for bar in bars]


def _time(dialect: GateioSpot, query: Mapping[str, str]) -> Any:
    return {"server_time": dialect.venue.server_ms()}


_Handler = Callable[["GateioSpot", Mapping[str, str]], Any]

ROUTES: dict[str, _Handler] = {
    f"{_BASE}currency_pairs": _pairs,
    f"{_BASE}tickers": _tickers,
    f"{_BASE}order_book": _book,
    f"{_BASE}trades": _trades,
    f"{_BASE}candlesticks": _candles,
    f"{_BASE}time": _time,
}
