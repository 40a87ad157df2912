"""Deribit methods that anybody may call, by REST and over a socket alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...contracts import Contract
from ...market import ASK, BID, Market
from ..base import UnknownTopicError
from .figures import candle_figures, instrument_row, levels, ticker_row, trade_row

if TYPE_CHECKING:
    from . import DeribitSwap

API = "/api/v2"
TOO_OFTEN = 10028, "too_many_requests"
BUSY = 13028, "temporarily_unavailable"
_DEPTHS = (1, 5, 10, 20, 50, 100, 1000, 10_000)
_MOST_TRADES = 1000
_MOST_BARS = 5000


class RpcError(Exception):
    """A call that the venue refuses."""

    def __init__(self, code: int, words: str, data: Mapping[str, str] | None = None) -> None:
        super().__init__(words)
        self.code = code
        self.data = data


def invalid(name: str, reason: str) -> RpcError:
    """Return the refusal of a parameter."""
    return RpcError(-32602, "Invalid params", {"reason": reason, "param": name})


def error_of(sent: Any, error: RpcError) -> dict[str, Any]:
    """Return a refusal in its envelope."""
    head = {"jsonrpc": "2.0"} if sent is None else {"jsonrpc": "2.0", "id": sent}
    fault: dict[str, Any] = {"code": error.code, "message": str(error)}
    return head | {"error": fault if error.data is None else fault | {"data": error.data}}


def subscription(channel: str, data: Any) -> dict[str, Any]:
    """Return a data frame."""
    return {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}}


def number(params: Mapping[str, Any], name: str, default: int | None, *, low: int = 0) -> int:
    """Return a parameter as a whole number."""
    sent = params.get(name, default)
    try:
        found = int(sent) if sent is not None else None
    except (TypeError, ValueError):
        found = None
    if found is None or found < low:
        raise invalid(name, "is required" if sent is None else "wrong format")
    return found


def _market(dialect: DeribitSwap, params: Mapping[str, Any]) -> Market:
    try:
        return dialect.venue.market(dialect.instrument(str(params.get("instrument_name", ""))).symbol)
    except UnknownTopicError:
        raise invalid("instrument_name", "wrong format") from None


def _instruments(dialect: DeribitSwap, params: Mapping[str, Any]) -> Any:
    currency, kind = params.get("currency"), params.get("kind", "future")
    if currency is None:
        raise invalid("currency", "is required")
    rows = [instrument_row(item, at) for at, item in enumerate(dialect.venue.instruments.values())]
    return [row for row in rows if kind in (row["kind"], "any") and currency in (row["settlement_currency"], "any")]


def _ticker(dialect: DeribitSwap, params: Mapping[str, Any]) -> Any:
    market = _market(dialect, params)
    return ticker_row(market, market.now_ms)


def _book(dialect: DeribitSwap, params: Mapping[str, Any]) -> Any:
    depth = number(params, "depth", 20)
    if depth not in _DEPTHS:
        raise invalid("depth", "value not in list")
    market = _market(dialect, params)
    item = market.instrument
    return {
        **ticker_row(market, market.now_ms),
        "change_id": market.update_id,
        "bids": levels(item, market.levels(BID, depth)),
        "asks": levels(item, market.levels(ASK, depth)),
    }


def _trades(dialect: DeribitSwap, params: Mapping[str, Any]) -> Any:
    market = _market(dialect, params)
    count = number(params, "count", 10, low=1)
    if count > _MOST_TRADES:
        raise invalid("count", "must be at most 1000")
    ascending = params.get("sorting", "desc") == "asc"
    start = market.trade_index(number(params, "start_seq", 0))
    end = market.trade_index(number(params, "end_seq", market.last.id) + 1)
    found = market.trades[start:end]
    chosen = found[:count] if ascending else found[-count:][::-1]
    figures = Contract(market).at(market.now_ms)
    rows = [trade_row(market.instrument, trade, figures) for trade in chosen]
    return {"trades": rows, "has_more": len(found) > count}


def _candles(dialect: DeribitSwap, params: Mapping[str, Any]) -> Any:
    market = _market(dialect, params)
    rule = dialect.intervals.get(str(params.get("resolution")))
    if rule is None:
        raise invalid("resolution", "value not in list")
    start, end = number(params, "start_timestamp", None), number(params, "end_timestamp", None)
    series, until = market.series(rule), min(end, market.now_ms)
    bars = list(series.filled(max(start, series.back_from(until, _MOST_BARS)), until))
    rows = [candle_figures(market.instrument, bar) for bar in bars]
    names = ("open", "high", "low", "close", "volume", "cost")
    columns = {name: [row[name] for row in rows] for name in names}
    return columns | {"ticks": [bar.open_ms for bar in bars], "status": "ok" if bars else "no_data"}


Handler = Callable[["DeribitSwap", Mapping[str, Any]], Any]

METHODS: dict[str, Handler] = {
    "public/test": lambda dialect, params: {"version": "1.2.26"},
    "public/get_time": lambda dialect, params: dialect.venue.server_ms(),
    "public/get_instruments": _instruments,
    "public/ticker": _ticker,
    "public/get_order_book": _book,
    "public/get_last_trades_by_instrument": _trades,
    "public/get_tradingview_chart_data": _candles,
}
