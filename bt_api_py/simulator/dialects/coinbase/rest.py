"""Coinbase public REST."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ...market import ASK, BID, Level, Market, Trade
from ..base import Response, UnknownTopicError, json_response
from ..parameters import Numbers
from .figures import (
    candle_row,
    maker_side,
    moment,
    order_uuid,
    price_text,
    product_row,
    sequence,
    size_text,
    ticker_row,
)

if TYPE_CHECKING:
    from . import CoinbaseSpot

_MOST_TRADES = 1000
_MOST_BARS = 300


class RestError(Exception):
    """A request that the venue answers with an error."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.status = status


def answer(dialect: CoinbaseSpot, path: str, query: Mapping[str, str]) -> Response:
    """Return the answer to a public request."""
    try:
        if path == "/time":
            return _time(dialect)
        if path == "/products":
            return json_response([product_row(item) for item in dialect.venue.instruments.values()])
        product, _, what = path.removeprefix("/products/").partition("/")
        handler = _OF_A_PRODUCT.get(what)
        if not path.startswith("/products/") or handler is None:
            raise RestError("NotFound", 404)
        try:
            item = dialect.instrument(product)
        except UnknownTopicError:
            raise RestError("NotFound", 404) from None
        return handler(dialect, dialect.venue.market(item.symbol), query)
    except RestError as error:
        return json_response({"message": str(error)}, error.status)


number = Numbers(lambda name: RestError(f"Invalid {name}"))


def _time(dialect: CoinbaseSpot) -> Response:
    ms = dialect.venue.server_ms()
    return json_response({"iso": f"{moment(ms)[:-4]}Z", "epoch": ms / 1000})


def _product(dialect: CoinbaseSpot, market: Market, query: Mapping[str, str]) -> Response:
    return json_response(product_row(market.instrument))


def _ticker(dialect: CoinbaseSpot, market: Market, query: Mapping[str, str]) -> Response:
    row = ticker_row(market)
    names = {
        "trade_id": "trade_id",
        "price": "price",
        "size": "last_size",
        "time": "time",
        "bid": "best_bid",
        "ask": "best_ask",
        "volume": "volume_24h",
    }
    return json_response({name: row[other] for name, other in names.items()} | {"rfq_volume": "0"})


def _stats(dialect: CoinbaseSpot, market: Market, query: Mapping[str, str]) -> Response:
    row = ticker_row(market)
    names = {
        "open": "open_24h",
        "high": "high_24h",
        "low": "low_24h",
        "last": "price",
        "volume": "volume_24h",
        "volume_30day": "volume_30d",
    }
    return json_response({name: row[other] for name, other in names.items()})


def _book(dialect: CoinbaseSpot, market: Market, query: Mapping[str, str]) -> Response:
    level = number(query, "level", 1)
    if level not in (1, 2, 3):
        raise RestError("Invalid level")
    count = 1 if level == 1 else None

    def rows(levels: list[Level]) -> list[list[Any]]:
        # The model counts quantities, not orders: the order count is a plausible number that a level keeps.
        return [
            [price_text(market, price), size_text(market, lots), order_uuid(price, 3) if level == 3 else 1 + lots % 7]
            for price, lots in levels
        ]

    return json_response(
        {
            "sequence": sequence(market),
            "bids": rows(market.levels(BID, count)),
            "asks": rows(market.levels(ASK, count)),
            "time": moment(market.now_ms),
        }
    )


def _trades(dialect: CoinbaseSpot, market: Market, query: Mapping[str, str]) -> Response:
    limit = number(query, "limit", _MOST_TRADES, _MOST_TRADES) or _MOST_TRADES
    older, newer = number(query, "after", None), number(query, "before", None)
    end = len(market.trades) if older is None else market.trade_index(older)
    start = 0 if newer is None else market.trade_index(newer + 1)
    chosen = market.trades[max(start, end - limit) : end]
    chosen.reverse()
    headers = {"CB-BEFORE": str(chosen[0].id), "CB-AFTER": str(chosen[-1].id)} if chosen else {}
    return json_response([_trade_row(market, trade) for trade in chosen], headers=headers)


def _trade_row(market: Market, trade: Trade) -> dict[str, Any]:
    return {
        "trade_id": trade.id,
        "side": maker_side(trade),
        "size": size_text(market, trade.quantity),
        "price": price_text(market, trade.price),
        "time": moment(trade.ms),
    }


def _candles(dialect: CoinbaseSpot, market: Market, query: Mapping[str, str]) -> Response:
    rule = dialect.intervals.get(query.get("granularity", "60"))
    if rule is None:
        raise RestError("Unsupported granularity")
    series = market.series(rule)
    if not query.get("start") or not query.get("end"):
        start, end = series.back_from(market.now_ms, _MOST_BARS), market.now_ms
    else:
        start, end = _ms(query["start"]), _ms(query["end"])
        if (end - start) // rule.length_ms + 1 > _MOST_BARS:
            words = "granularity too small for the requested time range. Count of aggregations requested exceeds 300"
            raise RestError(words)
    bars = [candle_row(market, bar) for bar in series.between(start, end)]
    bars.reverse()
    return json_response(bars)


def _ms(text: str) -> int:
    """Return a time, written as a date or in seconds, in milliseconds."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return int(float(text) * 1000)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise RestError("Invalid start or end") from None
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)


_Handler = Callable[["CoinbaseSpot", Market, Mapping[str, str]], Response]

_OF_A_PRODUCT: dict[str, _Handler] = {
    "": _product,
    "ticker": _ticker,
    "stats": _stats,
    "book": _book,
    "trades": _trades,
    "candles": _candles,
}
