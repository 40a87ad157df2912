"""HTX figures: how prices, quantities and rows are written on spot, and what contracts have in common with it."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from ...candles import UTC8, Bar, Interval, interval
from ...market import ASK, BID, Level, Market, Trade
from ...text import exact

PERIODS: dict[str, Interval] = {
    "1min": interval("1m"),
    "5min": interval("5m"),
    "15min": interval("15m"),
    "30min": interval("30m"),
    "60min": interval("1h"),
    "4hour": interval("4h"),
    "1day": interval("1d", UTC8),
    "1week": interval("1w", UTC8),
    "1mon": interval("1M", UTC8),
    "1year": interval("12M", UTC8),
}
_VERSION_AHEAD = 36_978_982_612  # `version` of the depth topics is another counter than `seqNum`


def level_rows(market: Market, levels: Iterable[Level]) -> list[list[Any]]:
    item = market.instrument
    places = item.quantity_decimals + item.contract_value.adjusted()  # contracts are worth powers of ten
    return [[exact(price, item.price_decimals), exact(lots, places)] for price, lots in levels]


def book_body(market: Market, bids: Iterable[Level], asks: Iterable[Level], sequence: int) -> dict[str, Any]:
    return {"seqNum": sequence, "bids": level_rows(market, bids), "asks": level_rows(market, asks)}


def day_figures(market: Market) -> dict[str, Any]:
    """Return the 24-hour figures that every ticker shares."""
    item, bar = market.instrument, market.day().bar
    places = item.price_decimals
    return {
        "open": exact(bar.open, places),
        "high": exact(bar.high, places),
        "low": exact(bar.low, places),
        "close": exact(market.last.price, places),
        "amount": exact(bar.volume, item.quantity_decimals),
        "vol": exact(bar.quote, places + item.quantity_decimals),
        "count": bar.count,
    }


def best_offer(market: Market) -> dict[str, Any]:
    (bid, bid_size), (ask, ask_size) = level_rows(market, [market.best(BID), market.best(ASK)])
    return {"bid": bid, "bidSize": bid_size, "ask": ask, "askSize": ask_size}


def ticker_body(market: Market) -> dict[str, Any]:
    [[price, size]] = level_rows(market, [(market.last.price, market.last.quantity)])
    return day_figures(market) | best_offer(market) | {"lastPrice": price, "lastSize": size}


def detail_body(market: Market) -> dict[str, Any]:
    day = day_figures(market)
    number = market.update_id + 2 * _VERSION_AHEAD
    head = {"id": number, "low": day["low"], "high": day["high"], "open": day["open"], "close": day["close"]}
    return head | {"vol": day["vol"], "amount": day["amount"], "version": number, "count": day["count"]}


def summary_row(market: Market) -> dict[str, Any]:
    return {"symbol": market.instrument.symbol.lower()} | day_figures(market)


def kline_row(market: Market, bar: Bar) -> dict[str, Any]:
    item = market.instrument
    places = item.price_decimals
    return {
        "id": bar.open_ms // 1000,
        "open": exact(bar.open, places),
        "close": exact(bar.close, places),
        "low": exact(bar.low, places),
        "high": exact(bar.high, places),
        "amount": exact(bar.volume, item.quantity_decimals),
        "vol": exact(bar.quote, places + item.quantity_decimals),
        "count": bar.count,
    }


def depth_body(market: Market, channel: str, count: int | None = None) -> dict[str, Any]:
    """Return a `depth.stepN` book: step0 as it is, step1 to step5 in ever coarser prices."""
    step = int(channel[-1])
    return depth_sides(market, step, count or (20 if step else 150)) | {
        "version": market.update_id + _VERSION_AHEAD,
        "ts": market.now_ms,
    }


def depth_sides(market: Market, step: int, count: int) -> dict[str, Any]:
    """Return both sides of a book, prices merged in steps of 10**step ticks."""
    bids, asks = market.levels(BID), market.levels(ASK)
    if step:
        bids, asks = _merged(bids, 10**step, up=False), _merged(asks, 10**step, up=True)
    return {"bids": level_rows(market, bids[:count]), "asks": level_rows(market, asks[:count])}


def _merged(levels: Sequence[Level], ticks: int, up: bool) -> list[Level]:
    def rounded(level: Level) -> int:
        return (-(-level[0] // ticks) if up else level[0] // ticks) * ticks

    return [(price, sum(lots for _, lots in group)) for price, group in groupby(levels, key=rounded)]


def trade_row(trade: Trade, market: Market, name: str = "tradeId") -> dict[str, Any]:
    item = market.instrument
    return {
        "id": exact(push_id(trade) * 10**15 + trade.id, 0),
        "ts": trade.ms,
        name: trade.id,
        "amount": exact(trade.quantity, item.quantity_decimals),
        "price": exact(trade.price, item.price_decimals),
        "direction": trade.side,
    }


def push_id(trade: Trade) -> int:
    return 137_000_000_000 + trade.order
