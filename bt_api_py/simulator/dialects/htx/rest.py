"""HTX spot public REST."""

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
    from . import HtxSpot


class RestError(Exception):
    """A request that the venue answers with `invalid-parameter`."""


def _answer(dialect: HtxSpot, channel: str, key: str, body: Any) -> dict[str, Any]:
    head = {"ch": channel} if channel else {}
    return head | {"status": "ok", "ts": dialect.venue.now_ms(), key: body}


def _size(query: Mapping[str, str], default: int) -> int:
    try:
        number = whole(query.get("size"), default, 1, 1 << 31)
    except ValueError:
        raise RestError("invalid size, valid range: [1,2000]") from None
    if number is None or number > 2000:
        raise RestError("invalid size, valid range: [1,2000]")
    return number


def _rest_tickers(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    markets = [dialect.venue.market(key) for key, item in dialect.venue.instruments.items() if not item.halted]
    return _answer(dialect, "", "data", [summary_row(market) | best_offer(market) for market in markets])


def _rest_merged(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    best, detail = best_offer(market), detail_body(market)
    tick = {name: detail[name] for name in ("id", "version", "open", "close", "low", "high", "amount", "vol", "count")}
    tick |= {"bid": [best["bid"], best["bidSize"]], "ask": [best["ask"], best["askSize"]]}
    return _answer(dialect, f"market.{query['symbol']}.detail.merged", "tick", tick)


def _rest_detail(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    return _answer(dialect, f"market.{query.get('symbol')}.detail", "tick", detail_body(dialect.rest_market(query)))


def _rest_depth(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    market, step = dialect.rest_market(query), query.get("type", "")
    if not re.fullmatch(r"step[0-5]", step):
        raise RestError("invalid type")
    count = query.get("depth")
    if count is not None and count not in ("5", "10", "20"):
        raise RestError("invalid depth")
    body = depth_body(market, f"depth.{step}", int(count) if count else None)
    tick = {name: body[name] for name in ("ts", "version", "bids", "asks")}
    return _answer(dialect, f"market.{query['symbol']}.depth.{step}", "tick", tick)


def _groups(market: Market, trades: Iterable[Trade]) -> list[dict[str, Any]]:
    groups = []
    for _, same in groupby(trades, key=lambda trade: trade.order):
        rows = list(same)
        data = [trade_row(trade, market, "trade-id") for trade in rows]
        groups.append({"id": push_id(rows[0]), "ts": rows[-1].ms, "data": data})
    return groups


def _rest_trade(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    [group] = _groups(market, market.trades[-1:])
    return _answer(dialect, f"market.{query['symbol']}.trade.detail", "tick", group)


def _rest_trades(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    groups = _groups(market, market.trades[-_size(query, 1) :])
    groups.reverse()
    return _answer(dialect, f"market.{query['symbol']}.trade.detail", "data", groups)


def _rest_klines(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    rule = PERIODS.get(query.get("period", ""))
    if rule is None:
        raise RestError("invalid period")
    series, count = market.series(rule), _size(query, 150)
    bars = list(series.filled(series.back_from(market.now_ms, count), market.now_ms))
    bars.reverse()
    return _answer(
        dialect,
        f"market.{query['symbol']}.kline.{query['period']}",
        "data",
        [kline_row(market, bar) for bar in bars],
    )


def _rest_symbols(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
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


def _rest_settings_symbols(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
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


def _rest_market_symbols(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
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


def _rest_time(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    return {"status": "ok", "data": dialect.venue.server_ms()}


ROUTES: dict[str, Callable[[HtxSpot, Mapping[str, str]], Any]] = {
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
