"""HTX contracts: public REST."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...contracts import Contract
from ...instruments import Instrument
from ...market import Market
from ...text import exact
from ..base import whole
from .figures import PERIODS
from .rest import RestError, Route, answer, groups, size_of
from .swap_figures import (
    contract_code,
    depth_body,
    detail_body,
    funding_row,
    kline_row,
    listed_ticker,
    mark_row,
    open_interest_row,
    trade_row,
)

if TYPE_CHECKING:
    from .venue import Htx

MARKET = "/linear-swap-ex/market"
REFERENCE = "/linear-swap-api/v1"
_LONGEST = 2000


def _market(dialect: Htx, query: Mapping[str, str]) -> Market:
    return dialect.rest_market(query.get("contract_code", ""))


def _channel(market: Market, word: str) -> str:
    return f"market.{contract_code(market.instrument)}.{word}"


def _open_markets(dialect: Htx) -> list[Market]:
    return [dialect.venue.market(key) for key, item in dialect.venue.instruments.items() if not item.halted]


def _tickers(dialect: Htx, query: Mapping[str, str]) -> Any:
    return answer(dialect, "", "ticks", [listed_ticker(market) for market in _open_markets(dialect)])


def _merged(dialect: Htx, query: Mapping[str, str]) -> Any:
    market = _market(dialect, query)
    body = detail_body(market) | {"ts": market.now_ms}
    return answer(dialect, _channel(market, "detail.merged"), "tick", body)


def _depth(dialect: Htx, query: Mapping[str, str]) -> Any:
    market, step = _market(dialect, query), query.get("type", "")
    if not re.fullmatch(r"step([0-9]|1[01])", step):
        raise RestError("invalid type", 1067)
    body = depth_body(market, int(step.removeprefix("step")))
    return answer(dialect, _channel(market, f"depth.{step}"), "tick", body)


def _trades(dialect: Htx, query: Mapping[str, str]) -> Any:
    market = _market(dialect, query)
    found = groups(market.trades[-size_of(query, 1) :], lambda trade: trade_row(trade, market))
    found.reverse()
    return answer(dialect, _channel(market, "trade.detail"), "data", found)


def _moment(query: Mapping[str, str], name: str) -> int | None:
    try:
        return whole(query.get(name), None, 0, 1 << 40)
    except ValueError:
        raise RestError(f"invalid {name}", 1067) from None


def _klines(dialect: Htx, query: Mapping[str, str]) -> Any:
    market, rule = _market(dialect, query), PERIODS.get(query.get("period", ""))
    if rule is None:
        raise RestError("invalid period", 1067)
    series, first, last = market.series(rule), _moment(query, "from"), _moment(query, "to")
    if first is None or last is None:
        end = market.now_ms
        start = series.back_from(end, size_of(query, 150))
    else:
        end = min(last * 1000, market.now_ms)
        start = first * 1000
        if series.back_from(end, _LONGEST) > start:
            raise RestError("the number of bars exceeds the limit", 1067)
    rows = [kline_row(market, bar) for bar in series.filled(start, end)]
    return answer(dialect, _channel(market, f"kline.{query['period']}"), "data", rows)


def _mark_prices(dialect: Htx, query: Mapping[str, str]) -> Any:
    market = _market(dialect, query)
    if query.get("period") != "1min" or size_of(query, 1) != 1:
        raise RestError("invalid period", 1067)
    return answer(dialect, _channel(market, "mark_price.1min"), "data", [mark_row(market, market.now_ms)])


def _funding(dialect: Htx, query: Mapping[str, str]) -> Any:
    market = _market(dialect, query)
    figures = Contract(market).at(market.now_ms)
    row = funding_row(market.instrument, figures, funding_time=figures.funding_ms, next_funding_time=None)
    return answer(dialect, "", "data", row)


def _open_interest(dialect: Htx, query: Mapping[str, str]) -> Any:
    markets = [_market(dialect, query)] if query.get("contract_code") else _open_markets(dialect)
    rows = [open_interest_row(market, Contract(market).at(market.now_ms)) for market in markets]
    return answer(dialect, "", "data", rows)


def _contracts(dialect: Htx, query: Mapping[str, str]) -> Any:
    items = dialect.venue.instruments.values()
    wanted = query.get("contract_code")
    return answer(dialect, "", "data", [_contract(item) for item in items if wanted in (None, item.name)])


def _contract(item: Instrument) -> dict[str, Any]:
    return {
        "symbol": item.base,
        "contract_code": contract_code(item),
        "contract_size": item.contract_value,
        "price_tick": exact(1, item.price_decimals),
        "delivery_date": "",
        "delivery_time": "",
        "create_date": "20201021",
        "contract_status": 3 if item.halted else 1,
        "settlement_date": "1795219200000",
        "support_margin_mode": "all",
        "business_type": "swap",
        "pair": contract_code(item),
        "contract_type": "swap",
        "trade_partition": item.quote,
    }


def _time(dialect: Htx, query: Mapping[str, str]) -> Any:
    return {"status": "ok", "ts": dialect.venue.server_ms()}


ROUTES: dict[str, Route] = {
    "/v2/linear-swap-ex/market/detail/batch_merged": _tickers,
    f"{MARKET}/detail/merged": _merged,
    f"{MARKET}/depth": _depth,
    f"{MARKET}/history/trade": _trades,
    f"{MARKET}/history/kline": _klines,
    "/index/market/history/linear_swap_mark_price_kline": _mark_prices,
    f"{REFERENCE}/swap_funding_rate": _funding,
    f"{REFERENCE}/swap_open_interest": _open_interest,
    f"{REFERENCE}/swap_contract_info": _contracts,
    "/api/v1/timestamp": _time,
}
