"""HTX spot public REST, and what the contracts have in common with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ...instruments import Instrument
from ...market import Market, Trade
from ...text import exact
from ..base import whole
from .figures import PERIODS, best_offer, depth_body, detail_body, kline_row, push_id, summary_row, trade_row

if TYPE_CHECKING:
    from .venue import Htx


Route = Callable[["Htx", Mapping[str, str]], Any]


class RestError(Exception):
    """A request that the venue answers with an error; contracts have numbers for them."""

    def __init__(self, words: str, code: int = 1030) -> None:
        super().__init__(words)
        self.code = code


def answer(dialect: Htx, channel: str, key: str, body: Any) -> dict[str, Any]:
    """Return the answer that tells `body` under `key`."""
    head = {"ch": channel} if channel else {}
    return head | {"status": "ok", "ts": dialect.venue.now_ms(), key: body}


def size_of(query: Mapping[str, str], default: int) -> int:
    """Return the length of the list that is asked for."""
    try:
        number = whole(query.get("size"), default, 1, 1 << 31)
    except ValueError:
        raise RestError("invalid size, valid range: [1,2000]") from None
    if number is None or number > 2000:
        raise RestError("invalid size, valid range: [1,2000]")
    return number


def _market(dialect: Htx, query: Mapping[str, str]) -> Market:
    return dialect.rest_market(query.get("symbol", ""))


def _rest_tickers(dialect: Htx, query: Mapping[str, str]) -> Any:
    markets = [dialect.venue.market(key) for key, item in dialect.venue.instruments.items() if not item.halted]
    return answer(dialect, "", "data", [summary_row(market) | best_offer(market) for market in markets])


def _rest_merged(dialect: Htx, query: Mapping[str, str]) -> Any:
    market = _market(dialect, query)
    best, detail = best_offer(market), detail_body(market)
    tick = {name: detail[name] for name in ("id", "version", "open", "close", "low", "high", "amount", "vol", "count")}
    tick |= {"bid": [best["bid"], best["bidSize"]], "ask": [best["ask"], best["askSize"]]}
    return answer(dialect, f"market.{query['symbol']}.detail.merged", "tick", tick)


def _rest_detail(dialect: Htx, query: Mapping[str, str]) -> Any:
    return answer(dialect, f"market.{query.get('symbol')}.detail", "tick", detail_body(_market(dialect, query)))


def _rest_depth(dialect: Htx, query: Mapping[str, str]) -> Any:
    market, step = _market(dialect, query), query.get("type", "")
    if not re.fullmatch(r"step[0-5]", step):
        raise RestError("invalid type")
    count = query.get("depth")
    if count is not None and count not in ("5", "10", "20"):
        raise RestError("invalid depth")
    body = depth_body(market, f"depth.{step}", int(count) if count else None)
    tick = {name: body[name] for name in ("ts", "version", "bids", "asks")}
    return answer(dialect, f"market.{query['symbol']}.depth.{step}", "tick", tick)


def groups(trades: Iterable[Trade], row: Callable[[Trade], dict[str, Any]]) -> list[dict[str, Any]]:
    """Return trades in groups, one for each order that took them."""
    found = []
    for _, same in groupby(trades, key=lambda trade: trade.order):
        rows = list(same)
        found.append({"id": push_id(rows[0]), "ts": rows[-1].ms, "data": [row(trade) for trade in rows]})
    return found


def _groups(market: Market, trades: Iterable[Trade]) -> list[dict[str, Any]]:
    return groups(trades, lambda trade: trade_row(trade, market, "trade-id"))


def _rest_trade(dialect: Htx, query: Mapping[str, str]) -> Any:
    market = _market(dialect, query)
    [group] = _groups(market, market.trades[-1:])
    return answer(dialect, f"market.{query['symbol']}.trade.detail", "tick", group)


def _rest_trades(dialect: Htx, query: Mapping[str, str]) -> Any:
    market = _market(dialect, query)
    found = _groups(market, market.trades[-size_of(query, 1) :])
    found.reverse()
    return answer(dialect, f"market.{query['symbol']}.trade.detail", "data", found)


def _rest_klines(dialect: Htx, query: Mapping[str, str]) -> Any:
    market = _market(dialect, query)
    rule = PERIODS.get(query.get("period", ""))
    if rule is None:
        raise RestError("invalid period")
    series, count = market.series(rule), size_of(query, 150)
    bars = list(series.filled(series.back_from(market.now_ms, count), market.now_ms))
    bars.reverse()
    return answer(
        dialect,
        f"market.{query['symbol']}.kline.{query['period']}",
        "data",
        [kline_row(market, bar) for bar in bars],
    )


def _rest_symbols(dialect: Htx, query: Mapping[str, str]) -> Any:
    return {"status": "ok", "data": [_symbol_row(item) for item in dialect.venue.instruments.values()]}


def _symbol_row(item: Instrument) -> dict[str, Any]:
    lot = exact(1, item.quantity_decimals)
    return {
        "base-currency": item.base.lower(),
        "quote-currency": item.quote.lower(),
        "price-precision": item.price_decimals,
        "amount-precision": item.quantity_decimals,
        "symbol-partition": "main",
        "symbol": item.symbol.lower(),
        "state": "suspend" if item.halted else "online",
        "value-precision": 8,
        "limit-order-min-order-amt": lot,
        "limit-order-max-order-amt": 1_000_000,
        "sell-market-min-order-amt": lot,
        "sell-market-max-order-amt": 100_000,
        "buy-market-max-order-value": 1_000_000,
        "min-order-value": 10,
        "api-trading": "disabled" if item.halted else "enabled",
    }


def _rest_settings_symbols(dialect: Htx, query: Mapping[str, str]) -> Any:
    rows = [
        {
            "sc": item.symbol.lower(),
            "bc": item.base.lower(),
            "qc": item.quote.lower(),
            "bcdn": item.base,
            "qcdn": item.quote,
            "state": "suspend" if item.halted else "online",
            "te": not item.halted,
            "tpp": item.price_decimals,
            "tap": item.quantity_decimals,
        }
        for item in dialect.venue.instruments.values()
    ]
    return {"status": "ok", "data": rows, "ts": str(dialect.venue.now_ms()), "full": 1}


def _rest_market_symbols(dialect: Htx, query: Mapping[str, str]) -> Any:
    rows = [
        {
            "symbol": item.symbol.lower(),
            "state": "suspend" if item.halted else "online",
            "bc": item.base.lower(),
            "qc": item.quote.lower(),
            "pp": item.price_decimals,
            "ap": item.quantity_decimals,
            "minoa": exact(1, item.quantity_decimals),
            "minov": 10,
            "at": "disabled" if item.halted else "enabled",
        }
        for item in dialect.venue.instruments.values()
    ]
    return {"status": "ok", "data": rows, "ts": str(dialect.venue.now_ms()), "full": 1}


def _rest_time(dialect: Htx, query: Mapping[str, str]) -> Any:
    return {"status": "ok", "data": dialect.venue.server_ms()}


ROUTES: dict[str, Route] = {
    "/market/tickers": _rest_tickers,
    "/market/detail/merged": _rest_merged,
    "/market/detail": _rest_detail,
    "/market/depth": _rest_depth,
    "/market/trade": _rest_trade,
    "/market/history/trade": _rest_trades,
    "/market/history/kline": _rest_klines,
    "/v1/common/symbols": _rest_symbols,
    "/v1/common/timestamp": _rest_time,
    "/v1/settings/common/market-symbols": _rest_market_symbols,
    "/v2/settings/common/symbols": _rest_settings_symbols,
}
