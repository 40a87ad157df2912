"""Kraken spot public REST."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...candles import Bar, interval
from ...instruments import Instrument
from ...market import ASK, BID, Level, Market
from ...text import fixed
from ..parameters import Numbers
from .figures import altname, asset_pair, mean_price, pair_id, price, size, v1, ws_symbol

if TYPE_CHECKING:
    from . import KrakenSpot

_DAY = interval("1d")
_MOST_BARS = 720
_UNKNOWN_PAIR = "EQuery:Unknown asset pair"


class RestError(Exception):
    """A request that the venue answers with an error."""


def find_pair(dialect: KrakenSpot, name: str) -> Instrument:
    """Return the instrument of any of its REST names.

    Raises:
        RestError: there is none.
    """
    for item in dialect.venue.instruments.values():
        slashed = f"{v1(item.base)}/{v1(item.quote)}"
        if name in (altname(item), pair_id(item), ws_symbol(item), item.symbol, slashed):
            return item
    raise RestError(_UNKNOWN_PAIR)


def _market(dialect: KrakenSpot, query: Mapping[str, str]) -> Market:
    return dialect.venue.market(find_pair(dialect, query.get("pair", "")).symbol)


_number = Numbers(lambda _: RestError("EGeneral:Invalid arguments"))


def _pairs(dialect: KrakenSpot, query: Mapping[str, str]) -> Any:
    wanted = [find_pair(dialect, name) for name in query.get("pair", "").split(",") if name]
    return {pair_id(item): asset_pair(item) for item in wanted or dialect.venue.instruments.values()}


def _ticker(dialect: KrakenSpot, query: Mapping[str, str]) -> Any:
    items: list[Instrument] = [find_pair(dialect, name) for name in query.get("pair", "").split(",") if name]
    if not items:
        items = [item for item in dialect.venue.instruments.values() if not item.halted]
    return {pair_id(item): _ticker_row(dialect.venue.market(item.symbol)) for item in items}


def _ticker_row(market: Market) -> dict[str, Any]:
    item, day, last = market.instrument, market.day().bar, market.last
    bid, ask = market.best(BID), market.best(ASK)
    today = market.series(_DAY).last
    first = today if today is not None else day

    def quoted(level: Level) -> list[str]:
        return [_price(item, level[0]), str(max(1, int(size(item, level[1])))), str(size(item, level[1]))]

    return {
        "a": quoted(ask),
        "b": quoted(bid),
        "c": [_price(item, last.price), str(size(item, last.quantity))],
        "v": [str(size(item, first.volume)), str(size(item, day.volume))],
        "p": [str(round(mean_price(item, bar), 5)) for bar in (first, day)],
        "t": [first.count, day.count],
        "l": [_price(item, first.low), _price(item, day.low)],
        "h": [_price(item, first.high), _price(item, day.high)],
        "o": _price(item, first.open),
    }


def _price(item: Instrument, ticks: int) -> str:
    """Return a price with the five decimals that REST shows at least."""
    return fixed(ticks, item.price_decimals, max(5, item.price_decimals))


def _depth(dialect: KrakenSpot, query: Mapping[str, str]) -> Any:
    market = _market(dialect, query)
    count = _number(query, "count", 100, 500, low=1) or 0
    item = market.instrument

    def rows(side: int) -> list[list[Any]]:
        stamp = market.now_ms // 1000
        return [[_price(item, ticks), str(size(item, lots)), stamp] for ticks, lots in market.levels(side, count)]

    return {pair_id(item): {"asks": rows(ASK), "bids": rows(BID)}}


def _trades(dialect: KrakenSpot, query: Mapping[str, str]) -> Any:
    market = _market(dialect, query)
    count = _number(query, "count", 1000, 1000, low=1) or 0
    item = market.instrument
    if "since" in query:
        since = _number(query, "since", 0) or 0
        after_ns = since if since > 10**14 else since * 10**9
        chosen = [trade for trade in market.trades if trade.ms * 10**6 > after_ns][:count]
    else:
        chosen = market.trades[-count:]
    rows = [
        [
            _price(item, trade.price),
            str(size(item, trade.quantity)),
            Decimal(fixed(trade.ms, 3, 7)),
            trade.side[0],
            "l" if trade.order % 3 else "m",
            "",
            trade.id,
        ]
        for trade in chosen
    ]
    last = chosen[-1].ms * 10**6 if chosen else market.now_ms * 10**6
    return {pair_id(item): rows, "last": str(last)}


def _candles(dialect: KrakenSpot, query: Mapping[str, str]) -> Any:
    market = _market(dialect, query)
    rule = dialect.intervals.get(query.get("interval", "1"))
    if rule is None:
        raise RestError("EGeneral:Invalid arguments")
    item, series, end = market.instrument, market.series(rule), market.now_ms
    start = max(series.back_from(end, _MOST_BARS), ((_number(query, "since") or 0) + 1) * 1000)
    bars = list(series.filled(start, end))
    return {pair_id(item): [_candle(item, bar) for bar in bars], "last": bars[-2].open_ms // 1000 if bars[1:] else 0}


def _candle(item: Instrument, bar: Bar) -> list[Any]:
    prices = [str(price(item, ticks)) for ticks in (bar.open, bar.high, bar.low, bar.close)]
    return [bar.open_ms // 1000, *prices, str(mean_price(item, bar)), str(size(item, bar.volume)), bar.count]


def _time(dialect: KrakenSpot, query: Mapping[str, str]) -> Any:
    seconds = dialect.venue.server_ms() // 1000
    moment = datetime.fromtimestamp(seconds, UTC)
    return {"unixtime": seconds, "rfc1123": f"{moment:%a, %d %b %y %H:%M:%S +0000}"}


def _status(dialect: KrakenSpot, query: Mapping[str, str]) -> Any:
    moment = datetime.fromtimestamp(dialect.venue.server_ms() // 1000, UTC)
    return {"status": "online", "timestamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}


_Handler = Callable[["KrakenSpot", Mapping[str, str]], Any]

ROUTES: dict[str, _Handler] = {
    "/0/public/AssetPairs": _pairs,
    "/0/public/Ticker": _ticker,
    "/0/public/Depth": _depth,
    "/0/public/Trades": _trades,
    "/0/public/OHLC": _candles,
    "/0/public/Time": _time,
    "/0/public/SystemStatus": _status,
}
COUNTED_BY_PAIR = ("/0/public/Trades", "/0/public/OHLC")
