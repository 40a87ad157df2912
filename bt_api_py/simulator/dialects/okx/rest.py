"""OKX public REST of all products."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...instruments import Instrument
from ...market import ASK, BID, Market, Trade
from ...text import plain
from ..parameters import Numbers, RestError
from .figures import candle_row, inst_id, inst_type, level_rows, match_row, size_decimals, ticker_row

if TYPE_CHECKING:
    from .venue import Okx


number = Numbers(lambda name: RestError("51000", f"Parameter {name} error", 400))


def _limit(query: Mapping[str, str], default: int, high: int, name: str = "limit") -> int:
    return number(query, name, default, high, low=1) or default


def instrument_rows(dialect: Okx, query: Mapping[str, str]) -> list[dict[str, Any]]:
    kind = query.get("instType")
    if kind not in ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION"):
        raise RestError("51000", "Parameter instType error", 400)
    if kind != dialect.product:
        return []
    items = list(dialect.venue.instruments.values())
    if query.get("instId"):
        items = [item for item in items if dialect.wire_symbol(item) == query["instId"]]
        if not items:
            raise RestError("51001", "Instrument ID doesn't exist.", 200)
    return [instrument_row(item, number) for number, item in enumerate(items)]


def instrument_row(item: Instrument, number: int) -> dict[str, Any]:
    """Return what the list of markets tells of one of them."""
    return {
        "instType": inst_type(item),
        "instId": inst_id(item),
        **(_contract_fields(item) if inst_type(item) == "SWAP" else _spot_fields(item)),
        "tickSz": plain(1, item.price_decimals),
        "lotSz": plain(1, size_decimals(item)),
        "minSz": plain(1, size_decimals(item)),
        "state": "suspend" if item.halted else "live",
        "listTime": "1611916828000",
        "expTime": "",
        "instIdCode": 10_000 + number,
        "ruleType": "normal",
    }


def _spot_fields(item: Instrument) -> dict[str, str]:
    empty = dict.fromkeys(("settleCcy", "ctVal", "ctMult", "ctValCcy", "ctType"), "")
    return {"instFamily": "", "uly": "", "baseCcy": item.base, "quoteCcy": item.quote} | empty


def _contract_fields(item: Instrument) -> dict[str, str]:
    family = f"{item.base}-{item.quote}"
    row = {"instFamily": family, "uly": family, "baseCcy": "", "quoteCcy": "", "settleCcy": item.quote}
    value = f"{item.contract_value:f}"
    return row | {"ctVal": value, "ctMult": "1", "ctValCcy": item.base, "ctType": "linear"}


def _tickers(dialect: Okx, query: Mapping[str, str]) -> Any:
    if query.get("instType") != dialect.product:
        raise RestError("51000", "Parameter instType error", 400)
    items = [item for item in dialect.venue.instruments.values() if not item.halted]
    return [ticker_row(dialect.venue.market(item.symbol)) for item in items]


def _ticker(dialect: Okx, query: Mapping[str, str]) -> Any:
    return [ticker_row(dialect.rest_market(query))]


def _books(dialect: Okx, query: Mapping[str, str]) -> Any:
    return _book_answer(dialect.rest_market(query), _limit(query, 1, 400, "sz"))


def _books_full(dialect: Okx, query: Mapping[str, str]) -> Any:
    return _book_answer(dialect.rest_market(query), _limit(query, 1, 5000, "sz"))


def _book_answer(market: Market, count: int) -> Any:
    asks, bids = market.levels(ASK, count), market.levels(BID, count)
    return [{"asks": level_rows(market, asks), "bids": level_rows(market, bids), "ts": str(market.now_ms)}]


def _trades(dialect: Okx, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    return [match_row(market, trade) for trade in reversed(market.trades[-_limit(query, 100, 500) :])]


def _history_trades(dialect: Okx, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    limit = _limit(query, 100, 100)
    by_time = query.get("type", "1") == "2"
    older, newer = number(query, "after", None), number(query, "before", None)
    chosen: list[Trade] = []
    for trade in reversed(market.trades):
        place = trade.ms if by_time else trade.id
        if older is not None and place >= older:
            continue
        if len(chosen) == limit or (newer is not None and place <= newer):
            break
        chosen.append(trade)
    return [match_row(market, trade) for trade in chosen]


def _candles(dialect: Okx, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    rule = dialect.intervals.get(query.get("bar", "1m"))
    if rule is None:
        raise RestError("51000", "Parameter bar error", 400)
    limit = _limit(query, 100, 300)
    older, newer = number(query, "after", None), number(query, "before", None)
    series = market.series(rule)
    end = market.now_ms if older is None else min(market.now_ms, older - 1)
    start = series.back_from(end, limit)
    if newer is not None:
        start = max(start, newer + 1)
    bars = list(series.filled(start, end))
    bars.reverse()
    return [candle_row(market, bar, rule.next_of(bar.open_ms) <= market.now_ms) for bar in bars]


def _time(dialect: Okx, query: Mapping[str, str]) -> Any:
    return [{"ts": str(dialect.venue.server_ms())}]


Route = tuple[int, Callable[["Okx", Mapping[str, str]], Any]]  # requests per 2 s, and who answers


ROUTES: dict[str, Route] = {
    "/api/v5/public/instruments": (20, instrument_rows),
    "/api/v5/public/time": (10, _time),
    "/api/v5/market/tickers": (20, _tickers),
    "/api/v5/market/ticker": (20, _ticker),
    "/api/v5/market/books": (40, _books),
    "/api/v5/market/books-full": (10, _books_full),
    "/api/v5/market/trades": (100, _trades),
    "/api/v5/market/history-trades": (20, _history_trades),
    "/api/v5/market/candles": (40, _candles),
    "/api/v5/market/history-candles": (20, _candles),
}
