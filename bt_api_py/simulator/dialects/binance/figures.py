"""Binance spot figures: how prices, quantities and rows are written."""

from collections.abc import Sequence
from typing import Any

from ...candles import Bar, Interval
from ...market import ASK, BID, SELL, Level, Market, Merged
from ...text import fixed
from ..base import intervals

INTERVALS = intervals(
    {text: text for text in ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d",
    "3d", "1w", "1M")}
)  # fmt: skip


def book_body(market: Market, count: int) -> dict[str, Any]:
    return {
        "lastUpdateId": market.update_id,
        "bids": level_rows(market, market.levels(BID, count)),
        "asks": level_rows(market, market.levels(ASK, count)),
    }


def price_text(market: Market, ticks: int) -> str:
    return fixed(ticks, market.instrument.price_decimals)


def quantity_text(market: Market, lots: int) -> str:
    return fixed(lots, market.instrument.quantity_decimals)


def value_text(market: Market, quote: int) -> str:
    item = market.instrument
    return fixed(quote, item.price_decimals + item.quantity_decimals)


def level_rows(market: Market, levels: Sequence[Level]) -> list[list[str]]:
    return [[price_text(market, price), quantity_text(market, quantity)] for price, quantity in levels]


def day_figures(market: Market) -> dict[str, Any]:
    """Return the 24-hour statistics by their REST names."""
    item, last, day = market.instrument, market.last, market.day()
    bar = day.bar
    change = last.price - bar.open
    percent = (abs(change) * 100_000 * 2 + bar.open) // (2 * bar.open) * (1 if change >= 0 else -1)
    mean = bar.quote * 10 ** (8 - item.price_decimals) // bar.volume if bar.volume else 0
    bid, ask = market.best(BID), market.best(ASK)
    return {
        "symbol": item.symbol,
        "priceChange": price_text(market, change),
        "priceChangePercent": fixed(percent, 3, 3),
        "weightedAvgPrice": fixed(mean, 8),
        "prevClosePrice": price_text(market, day.previous_close),
        "lastPrice": price_text(market, last.price),
        "lastQty": quantity_text(market, last.quantity),
        "bidPrice": price_text(market, bid[0]),
        "bidQty": quantity_text(market, bid[1]),
        "askPrice": price_text(market, ask[0]),
        "askQty": quantity_text(market, ask[1]),
        "openPrice": price_text(market, bar.open),
        "highPrice": price_text(market, bar.high),
        "lowPrice": price_text(market, bar.low),
        "volume": quantity_text(market, bar.volume),
        "quoteVolume": value_text(market, bar.quote),
        "openTime": day.open_ms,
        "closeTime": market.now_ms,
        "firstId": bar.first_id,
        "lastId": bar.last_id,
        "count": bar.count,
    }


def kline_row(market: Market, bar: Bar, rule: Interval) -> list[Any]:
    return [
        bar.open_ms,
        price_text(market, bar.open),
        price_text(market, bar.high),
        price_text(market, bar.low),
        price_text(market, bar.close),
        quantity_text(market, bar.volume),
        rule.next_of(bar.open_ms) - 1,
        value_text(market, bar.quote),
        bar.count,
        quantity_text(market, bar.taker_volume),
        value_text(market, bar.taker_quote),
        "0",
    ]


def aggregate_row(market: Market, row: Merged) -> dict[str, Any]:
    return {
        "a": row.id,
        "p": price_text(market, row.price),
        "q": quantity_text(market, row.quantity),
        "f": row.first_id,
        "l": row.last_id,
        "T": row.ms,
        "m": row.side == SELL,
        "M": True,
    }
