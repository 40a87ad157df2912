"""Bybit public REST."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...instruments import Instrument
from ...market import ASK, BID, Market
from ...text import plain
from ..base import UnknownTopicError
from ..parameters import Numbers, RestError
from .figures import best_figures, candle_row, day_figures, level_rows, price_text, side_text, size_text

if TYPE_CHECKING:
    from .venue import Bybit


number = Numbers(lambda name: RestError(10001, f"params error: {name} invalid"))


def rest_market(dialect: Bybit, query: Mapping[str, str]) -> Market:
    """Return the market of a request."""
    try:
        return dialect.venue.market(dialect.instrument(query.get("symbol", "")).symbol)
    except UnknownTopicError:
        raise RestError(10029, "symbol invalid") from None


def check_category(dialect: Bybit, query: Mapping[str, str]) -> None:
    """Refuse what is asked of another category; without one, the venue takes it for linear."""
    if query.get("category", "linear") != dialect.category:
        raise RestError(10001, "params error: Category is invalid")


def spot_row(item: Instrument) -> dict[str, Any]:
    """Return a spot market of the list."""
    lot, tick = plain(1, item.quantity_decimals), plain(1, item.price_decimals)
    lots = {"basePrecision": lot, "quotePrecision": plain(1, item.price_decimals + item.quantity_decimals)}
    return {
        "symbol": item.symbol,
        "baseCoin": item.base,
        "quoteCoin": item.quote,
        "innovation": "0",
        "status": "Closed" if item.halted else "Trading",
        "marginTrading": "utaOnly",
        "lotSizeFilter": lots | {"minOrderQty": lot, "maxOrderQty": "100000", "minOrderAmt": "1"},
        "priceFilter": {"tickSize": tick},
    }


def _instruments(dialect: Bybit, query: Mapping[str, str]) -> Any:
    rows = [dialect.instrument_row(item) for item in dialect.venue.instruments.values()]
    if query.get("symbol"):
        rows = [row for row in rows if row["symbol"] == query["symbol"]]
    return {"category": dialect.category, "list": rows, "nextPageCursor": ""}


def _tickers(dialect: Bybit, query: Mapping[str, str]) -> Any:
    if query.get("symbol"):
        markets = [rest_market(dialect, query)]
    else:
        listed = dialect.venue.instruments.values()
        markets = [dialect.venue.market(item.symbol) for item in listed if not item.halted]
    rows = [dialect.ticker_row(market, dialect.venue.server_ms()) for market in markets]
    return {"category": dialect.category, "list": rows}


def listed_ticker(market: Market) -> dict[str, str]:
    """Return the figures of a ticker in a list: the best prices too, also on spot."""
    return day_figures(market) | best_figures(market)


def _book(dialect: Bybit, query: Mapping[str, str]) -> Any:
    market = rest_market(dialect, query)
    count = number(query, "limit", dialect.usual_levels, 1000, low=1)
    update = market.update_id
    return {
        "s": market.instrument.symbol,
        "a": level_rows(market, market.levels(ASK, count)),
        "b": level_rows(market, market.levels(BID, count)),
        "ts": dialect.venue.server_ms(),
        "u": update,
        "seq": update,
        "cts": market.now_ms,
    }


def _trades(dialect: Bybit, query: Mapping[str, str]) -> Any:
    market = rest_market(dialect, query)
    most = dialect.longest_trades
    count = number(query, "limit", min(most, 500), most, low=1) or most
    rows = [
        {
            "execId": dialect.house.write_trade_id(trade.id),
            "symbol": market.instrument.symbol,
            "price": price_text(market, trade.price),
            "size": size_text(market, trade.quantity),
            "side": side_text(trade),
            "time": str(trade.ms),
            "isBlockTrade": False,
            "isRPITrade": False,
            "seq": str(trade.order),
        }
        for trade in reversed(market.trades[-count:])
    ]
    return {"category": dialect.category, "list": rows}


def _klines(dialect: Bybit, query: Mapping[str, str]) -> Any:
    market = rest_market(dialect, query)
    rule = dialect.intervals.get(query.get("interval", ""))
    if rule is None:
        raise RestError(10001, "params error: Invalid period!")
    count = number(query, "limit", 200, 1000, low=1) or 200
    end = min(market.now_ms, number(query, "end", None) or market.now_ms)
    series = market.series(rule)
    # Too long a list is cut at its older end.
    start = max(series.back_from(end, count), number(query, "start", 0) or 0)
    rows = [candle_row(market, bar) for bar in series.filled(start, end)]
    return {"symbol": market.instrument.symbol, "category": dialect.category, "list": rows[::-1]}


def _time(dialect: Bybit, query: Mapping[str, str]) -> Any:
    ms = dialect.venue.server_ms()
    return {"timeSecond": str(ms // 1000), "timeNano": str(ms * 1_000_000)}


Handler = Callable[["Bybit", Mapping[str, str]], Any]

TIME = "/v5/market/time"
ROUTES: dict[str, Handler] = {
    TIME: _time,
    "/v5/market/instruments-info": _instruments,
    "/v5/market/tickers": _tickers,
    "/v5/market/orderbook": _book,
    "/v5/market/recent-trade": _trades,
    "/v5/market/kline": _klines,
}
