"""Binance USD-M public REST."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...contracts import Contract
from ...instruments import Instrument
from ...text import fixed, plain
from ..parameters import RestError
from . import rest
from .figures import book_body, day_figures
from .rest import limit_of
from .swap_streams import mark_row
from .venue import Binance, Route

_DEPTH_WEIGHTS = {5: 2, 10: 2, 20: 2, 50: 2, 100: 5, 500: 10, 1000: 20}
_PERPETUAL_MS = 4_133_404_800_000  # the date of delivery of what is never delivered
_MARK = {
    "symbol": "symbol",
    "markPrice": "mark",
    "indexPrice": "index",
    "estimatedSettlePrice": "settle",
    "lastFundingRate": "rate",
    "nextFundingTime": "due",
}
_DATED = {"symbol": "BTCUSDT_270326", "contractType": "NEXT_QUARTER", "status": "PENDING_TRADING"}
_DATED_MS = 1_806_048_000_000


def swap_weight(path: str, query: Mapping[str, str]) -> int:
    """Return the request weight."""
    one = "symbol" in query
    text = query.get("limit", "500")
    limit = int(text) if text.isdigit() else 500
    if path == "/fapi/v1/depth":
        return _DEPTH_WEIGHTS.get(limit, 20)
    if path == "/fapi/v1/klines":
        return 1 if limit < 100 else 2 if limit < 500 else 5 if limit <= 1000 else 10
    return {
        "/fapi/v1/ticker/24hr": 1 if one else 40,
        "/fapi/v1/ticker/bookTicker": 2 if one else 5,
        "/fapi/v1/premiumIndex": 1 if one else 10,
        "/fapi/v1/aggTrades": 20,
        "/fapi/v1/trades": 5,
    }.get(path, 1)


def _exchange_info(dialect: Binance, query: Mapping[str, str]) -> Any:
    rows = [_symbol_row(item) for item in dialect.venue.instruments.values()]
    dated = [row | _DATED | {"deliveryDate": _DATED_MS} for row in rows if row["symbol"] == "BTCUSDT"]
    return {
        "timezone": "UTC",
        "serverTime": dialect.venue.server_ms(),
        "rateLimits": [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 2400}],
        "symbols": rows + dated,
    }


def _symbol_row(item: Instrument) -> dict[str, Any]:
    tick, lot = plain(1, item.price_decimals), plain(1, item.quantity_decimals)
    return {
        "symbol": item.symbol,
        "pair": item.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": _PERPETUAL_MS,
        "onboardDate": 1_569_398_400_000,
        "status": "SETTLING" if item.halted else "TRADING",
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": item.base,
        "quoteAsset": item.quote,
        "marginAsset": item.quote,
        "pricePrecision": item.price_decimals + 1,  # no tick size
        "quantityPrecision": item.quantity_decimals,
        "underlyingType": "COIN",
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "9000000", "stepSize": lot},
            {"filterType": "MIN_NOTIONAL", "notional": "5"},
        ],
        "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
    }


def _depth(dialect: Binance, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    limit = limit_of(query, 500, 1000)
    if limit not in _DEPTH_WEIGHTS:
        raise RestError(-4021, f"Limit {limit} is not valid.")
    head = {"lastUpdateId": dialect.sequence_of(market.instrument.symbol), "E": market.now_ms, "T": market.now_ms}
    body = book_body(market, limit)
    return head | {"bids": body["bids"], "asks": body["asks"]}


def _aggregate_trades(dialect: Binance, query: Mapping[str, str]) -> Any:
    if "fromId" in query and ("startTime" in query or "endTime" in query):
        raise RestError(-1128, "Combination of optional parameters invalid.")
    rows = rest.aggregate_trades(dialect, query)
    return [{name: value for name, value in row.items() if name != "M"} for row in rows]


def _ticker_24h(dialect: Binance, query: Mapping[str, str]) -> Any:
    items, is_list = dialect.chosen(query)
    rows = [_without_best(day_figures(dialect.venue.market(item.symbol))) for item in items]
    return rows if is_list else rows[0]


def _without_best(figures: dict[str, Any]) -> dict[str, Any]:
    missing = ("bidPrice", "bidQty", "askPrice", "askQty", "prevClosePrice")
    return {name: value for name, value in figures.items() if name not in missing}


def _premium_index(dialect: Binance, query: Mapping[str, str]) -> Any:
    items, is_list = dialect.chosen(query)
    rows = [_mark_of(dialect, item) for item in items]
    return rows if is_list else rows[0]


def _mark_of(dialect: Binance, item: Instrument) -> dict[str, Any]:
    market = dialect.venue.market(item.symbol)
    figures = Contract(market).at(market.now_ms)
    return mark_row(item.symbol, item.price_decimals, figures, _MARK) | {"interestRate": "0.0001", "time": figures.ms}


def _open_interest(dialect: Binance, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    figures = Contract(market).at(market.now_ms)
    quantity = fixed(figures.open_interest, market.instrument.quantity_decimals, market.instrument.quantity_decimals)
    return {"openInterest": quantity, "symbol": market.instrument.symbol, "time": figures.ms}


ROUTES: dict[str, Route] = {
    "/fapi/v1/ping": rest.ping,
    "/fapi/v1/time": rest.time,
    "/fapi/v1/exchangeInfo": _exchange_info,
    "/fapi/v1/depth": _depth,
    "/fapi/v1/trades": rest.trades,
    "/fapi/v1/aggTrades": _aggregate_trades,
    "/fapi/v1/klines": rest.klines,
    "/fapi/v1/ticker/24hr": _ticker_24h,
    "/fapi/v1/ticker/bookTicker": rest.ticker_book,
    "/fapi/v1/premiumIndex": _premium_index,
    "/fapi/v1/openInterest": _open_interest,
}
