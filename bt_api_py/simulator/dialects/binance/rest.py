"""Binance spot public REST."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...candles import MINUTE, Bar
from ...instruments import Instrument
from ...market import SELL, Market, Merged, Trade
from ...text import fixed
from ..parameters import Numbers, RestError
from .figures import INTERVALS, aggregate_row, book_body, day_figures, kline_row, price_text, quantity_text, value_text

if TYPE_CHECKING:
    from .venue import Binance


def limit_of(query: Mapping[str, str], default: int, high: int) -> int:
    """Return how many rows are wanted."""
    return _number(query, "limit", default, high, low=1) or default


_number = Numbers(lambda name: RestError(-1130, f"Data sent for parameter '{name}' is not valid."), high=1 << 53)


def spot_weight(path: str, query: Mapping[str, str]) -> int:
    """Return the request weight."""
    one = "symbol" in query
    if path == "/api/v3/depth":
        text = query.get("limit", "100")
        limit = int(text) if text.isdigit() else 100
        return 5 if limit <= 100 else 25 if limit <= 500 else 50 if limit <= 1000 else 250
    if path == "/api/v3/ticker/24hr":
        count = query.get("symbols", "").count(",") + 1 if "symbols" in query else 1 if one else 101
        return 2 if count <= 20 else 40 if count <= 100 else 80
    if path in ("/api/v3/ticker/price", "/api/v3/ticker/bookTicker"):
        return 2 if one else 4
    return {
        "/api/v3/exchangeInfo": 20,
        "/api/v3/trades": 25,
        "/api/v3/historicalTrades": 25,
        "/api/v3/aggTrades": 4,
        "/api/v3/klines": 2,
        "/api/v3/uiKlines": 2,
        "/api/v3/avgPrice": 2,
    }.get(path, 1)


def ping(dialect: Binance, query: Mapping[str, str]) -> Any:
    """Answer a ping."""
    return {}


def time(dialect: Binance, query: Mapping[str, str]) -> Any:
    """Return the clock."""
    return {"serverTime": dialect.venue.server_ms()}


def _exchange_info(dialect: Binance, query: Mapping[str, str]) -> Any:
    items, _ = dialect.chosen(query)
    return {
        "timezone": "UTC",
        "serverTime": dialect.venue.server_ms(),
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
            {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 300000},
        ],
        "symbols": [_symbol_row(item) for item in items],
    }


def _symbol_row(item: Instrument) -> dict[str, Any]:
    tick, lot = fixed(1, item.price_decimals), fixed(1, item.quantity_decimals)
    return {
        "symbol": item.symbol,
        "status": "HALT" if item.halted else "TRADING",
        "baseAsset": item.base,
        "baseAssetPrecision": 8,
        "quoteAsset": item.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": tick,
                "maxPrice": "1000000.00000000",
                "tickSize": tick,
            },
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "9000000.00000000", "stepSize": lot},
            {"filterType": "NOTIONAL", "minNotional": "5.00000000"},
        ],
    }


def _depth(dialect: Binance, query: Mapping[str, str]) -> Any:
    return book_body(dialect.rest_market(query), limit_of(query, 100, 5000))


def _trade_rows(market: Market, trades: Sequence[Trade]) -> list[dict[str, Any]]:
    return [
        {
            "id": trade.id,
            "price": price_text(market, trade.price),
            "qty": quantity_text(market, trade.quantity),
            "quoteQty": value_text(market, trade.price * trade.quantity),
            "time": trade.ms,
            "isBuyerMaker": trade.side == SELL,
            "isBestMatch": True,
        }
        for trade in trades
    ]


def trades(dialect: Binance, query: Mapping[str, str]) -> Any:
    """Return the latest trades."""
    market = dialect.rest_market(query)
    return _trade_rows(market, market.trades[-limit_of(query, 500, 1000) :])


def _historical_trades(dialect: Binance, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    limit = limit_of(query, 500, 1000)
    first = _number(query, "fromId")
    if first is None:
        return _trade_rows(market, market.trades[-limit:])
    start = market.trade_index(first)
    return _trade_rows(market, market.trades[start : start + limit])


def aggregate_trades(dialect: Binance, query: Mapping[str, str]) -> Any:
    """Return merged trades, the latest or from an id or a time on."""
    market = dialect.rest_market(query)
    limit = limit_of(query, 500, 1000)
    first, start, end = (_number(query, name) for name in ("fromId", "startTime", "endTime"))
    rows: Sequence[Merged] = market.merged
    if first is not None:
        rows = rows[max(0, first - rows[0].id) :][:limit]
    elif start is not None or end is not None:
        low, high = start or 0, market.now_ms if end is None else end
        rows = [row for row in rows if low <= row.ms <= high]
        rows = rows[:limit] if start is not None else rows[-limit:]
    else:
        rows = rows[-limit:]
    return [aggregate_row(market, row) for row in rows]


def klines(dialect: Binance, query: Mapping[str, str]) -> Any:
    """Return candles."""
    market = dialect.rest_market(query)
    rule = INTERVALS.get(query.get("interval", ""))
    if rule is None:
        raise RestError(-1120, "Invalid interval.")
    limit = limit_of(query, 500, 1000)
    start, end = _number(query, "startTime"), _number(query, "endTime")
    series = market.series(rule)
    stop = min(market.now_ms, market.now_ms if end is None else end)
    bars: list[Bar] = []
    for bar in series.filled(series.back_from(stop, limit) if start is None else start, stop):
        bars.append(bar)
        if len(bars) == limit:
            break
    return [kline_row(market, bar, rule) for bar in bars]


def _ticker_24h(dialect: Binance, query: Mapping[str, str]) -> Any:
    items, is_list = dialect.chosen(query)
    rows = [day_figures(dialect.venue.market(item.symbol)) for item in items]
    return rows if is_list else rows[0]


def _ticker_price(dialect: Binance, query: Mapping[str, str]) -> Any:
    return _picked(dialect, query, {"symbol": "symbol", "price": "lastPrice"})


def ticker_book(dialect: Binance, query: Mapping[str, str]) -> Any:
    """Return best prices."""
    return _picked(dialect, query, {name: name for name in ("symbol", "bidPrice", "bidQty", "askPrice", "askQty")})


def _picked(dialect: Binance, query: Mapping[str, str], names: Mapping[str, str]) -> Any:
    figures = _ticker_24h(dialect, query)
    if isinstance(figures, list):
        return [{name: row[source] for name, source in names.items()} for row in figures]
    return {name: figures[source] for name, source in names.items()}


def _average_price(dialect: Binance, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    bars = list(market.series(INTERVALS["1m"]).between(market.now_ms - 5 * MINUTE, market.now_ms))
    volume = sum(bar.volume for bar in bars)
    places = 10 ** (8 - market.instrument.price_decimals)
    mean = sum(bar.quote for bar in bars) * places // volume if volume else market.last.price * places
    return {"mins": 5, "price": fixed(mean, 8), "closeTime": market.now_ms}


SPOT_ROUTES: dict[str, Callable[[Binance, Mapping[str, str]], Any]] = {
    "/api/v3/ping": ping,
    "/api/v3/time": time,
    "/api/v3/exchangeInfo": _exchange_info,
    "/api/v3/depth": _depth,
    "/api/v3/trades": trades,
    "/api/v3/historicalTrades": _historical_trades,
    "/api/v3/aggTrades": aggregate_trades,
    "/api/v3/klines": klines,
    "/api/v3/uiKlines": klines,
    "/api/v3/avgPrice": _average_price,
    "/api/v3/ticker/24hr": _ticker_24h,
    "/api/v3/ticker/price": _ticker_price,
    "/api/v3/ticker/bookTicker": ticker_book,
}
