"""Hyperliquid REST: everything that is read is posted to one path.

Source: Hyperliquid documentation, "Info endpoint", "Rate limits", May 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...contracts import Contract
from ...market import Market
from ..base import UnknownTopicError
from .figures import INTERVALS, RECENT, book_row, candle_row, context_row, market_row, price_text, trade_row

if TYPE_CHECKING:
    from . import HyperliquidSwap

INFO = "/info"
_MOST_CANDLES = 5000


class BodyError(ValueError):
    """A body that the venue does not understand."""


def market_of(dialect: HyperliquidSwap, body: Mapping[str, Any]) -> Market | None:
    """Return the market that a body names; None: the venue answers null."""
    coin = body.get("coin")
    if not isinstance(coin, str):
        raise BodyError("coin")
    try:
        return dialect.venue.market(dialect.instrument(coin).symbol)
    except UnknownTopicError:
        return None


def whole(body: Mapping[str, Any], name: str, default: int) -> int:
    """Return a whole number of a body."""
    value = body.get(name, default)
    if not isinstance(value, int):
        raise BodyError(name)
    return value


def _meta(dialect: HyperliquidSwap, body: Mapping[str, Any]) -> Any:
    return {"universe": [market_row(item) for item in dialect.venue.instruments.values()]}


def _contexts(dialect: HyperliquidSwap, body: Mapping[str, Any]) -> Any:
    markets = [dialect.venue.market(item.symbol) for item in dialect.venue.instruments.values()]
    rows = [context_row(market, Contract(market).at(dialect.venue.server_ms())) for market in markets]
    return [_meta(dialect, body), rows]


def _mids(dialect: HyperliquidSwap, body: Mapping[str, Any]) -> Any:
    markets = [dialect.venue.market(item.symbol) for item in dialect.venue.instruments.values()]
    return {market.instrument.base: price_text(market, market.fair(market.now_ms)) for market in markets}


def _book(dialect: HyperliquidSwap, body: Mapping[str, Any]) -> Any:
    market = market_of(dialect, body)
    return None if market is None else book_row(market)


def _trades(dialect: HyperliquidSwap, body: Mapping[str, Any]) -> Any:
    market = market_of(dialect, body)
    return None if market is None else [trade_row(market, trade) for trade in reversed(market.trades[-RECENT:])]


def _candles(dialect: HyperliquidSwap, body: Mapping[str, Any]) -> Any:
    wanted = body.get("req")
    if not isinstance(wanted, dict) or wanted.get("interval") not in INTERVALS:
        raise BodyError("req")
    market = market_of(dialect, wanted)
    if market is None:
        return None
    word: str = wanted["interval"]
    rule = INTERVALS[word]
    start, end = whole(wanted, "startTime", 0), min(whole(wanted, "endTime", market.now_ms), market.now_ms)
    series = market.series(rule)
    # Too long a list is cut at its older end.
    bars = series.filled(max(start, series.back_from(end, _MOST_CANDLES)), end)
    return [candle_row(market, bar, word, rule) for bar in bars]


Reader = Callable[["HyperliquidSwap", Mapping[str, Any]], Any]

# By type: what reads it, its weight, and how many rows weigh one more.
READERS: dict[str, tuple[Reader, int, int]] = {
    "meta": (_meta, 20, 0),
    "metaAndAssetCtxs": (_contexts, 20, 0),
    "allMids": (_mids, 2, 0),
    "l2Book": (_book, 2, 0),
    "recentTrades": (_trades, 20, 20),
    "candleSnapshot": (_candles, 20, 60),
}
