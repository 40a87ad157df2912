"""BULK market figures: JSON numbers throughout, times in ms or ns.

Source: BULK API 1.0.15, "WebSocket streams", "Exchange info", "Klines", May 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any

from ...candles import Bar, Interval
from ...contracts import RATE_DECIMALS, Contract, liquidation
from ...instruments import Instrument
from ...market import ASK, BID, BUY, Level, Market, Trade
from ...text import exact
from ..base import intervals
from .base58 import encode

NS = 1_000_000  # per ms
MAX_LEVERAGE = 50.0
MIN_NOTIONAL = 1.0
_TRADERS = 64

INTERVALS: dict[str, Interval] = intervals(
    {
        name: name
        for name in (
            "10s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M",
        )
    }
)  # fmt: skip


def number(units: int, decimals: int) -> float:
    """Return ticks or lots as the venue's JSON number."""
    return float(exact(units, decimals))


def symbol_row(item: Instrument, symbol: str) -> dict[str, Any]:
    """Return one row of `exchangeInfo`."""
    return {
        "symbol": symbol,
        "baseAsset": item.base,
        "quoteAsset": item.quote,
        "status": "SUSPENDED" if item.halted else "TRADING",
        "pricePrecision": item.price_decimals,
        "sizePrecision": item.quantity_decimals,
        "tickSize": number(1, item.price_decimals),
        "lotSize": number(1, item.quantity_decimals),
        "minNotional": MIN_NOTIONAL,
        "maxLeverage": MAX_LEVERAGE,
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForces": ["GTC", "IOC", "ALO"],
    }


def ticker_row(market: Market, symbol: str, oracle: float | None) -> dict[str, Any]:
    """Return the ticker; `oracle` is the price that was posted, if one was."""
    item, bar = market.instrument, market.day().bar
    figures = Contract(market).at(market.now_ms)
    index = number(figures.index_price, item.price_decimals)
    change = market.last.price - bar.open
    fair = number(market.fair(market.now_ms), item.price_decimals)
    return {
        "symbol": symbol,
        "priceChange": number(change, item.price_decimals),
        "priceChangePercent": round(100 * change / bar.open, 4),
        "lastPrice": number(market.last.price, item.price_decimals),
        "highPrice": number(bar.high, item.price_decimals),
        "lowPrice": number(bar.low, item.price_decimals),
        "volume": number(bar.volume, item.quantity_decimals),
        "quoteVolume": number(bar.quote, item.price_decimals + item.quantity_decimals),
        "markPrice": number(figures.mark_price, item.price_decimals),
        "oraclePrice": index if oracle is None else oracle,
        "openInterest": number(figures.open_interest, item.quantity_decimals),
        "fundingRate": number(figures.funding_rate, RATE_DECIMALS),
        "regime": 1,
        "regimeDt": market.now_ms // 1000 % 600,
        "regimeVol": 0.35,
        "regimeMv": 0.02,
        "fairBookPx": fair,
        "fairVol": 0.28,
        "fairBias": 0.001,
        "timestamp": market.now_ms * NS,
    }


def trade_rows(market: Market, symbol: str, trades: Sequence[Trade]) -> list[dict[str, Any]]:
    """Return the matches of one taker order."""
    forced = {} if liquidation(trades) is None else {"reason": "liquidation", "liq": True}
    return [_trade_row(market, symbol, trade) | forced for trade in trades]


def _trade_row(market: Market, symbol: str, trade: Trade) -> dict[str, Any]:
    """Return a match; it has no id."""
    item = market.instrument
    return {
        "s": symbol,
        "px": number(trade.price, item.price_decimals),
        "sz": number(trade.quantity, item.quantity_decimals),
        "time": trade.ms,
        "side": trade.side == BUY,
        "maker": _trader(trade.id % _TRADERS),
        "taker": _trader(-1 - trade.order % _TRADERS),
    }


@lru_cache(2 * _TRADERS)
def _trader(number: int) -> str:
    return encode(sha256(b"trader %d" % number).digest())


def book_row(
    market: Market, symbol: str, update: str, levels: tuple[Iterable[Level], Iterable[Level]], timestamp: int
) -> dict[str, Any]:
    """Return a book, or a change of it: bids, then asks, each from the best one on."""
    return {
        "updateType": update,
        "symbol": symbol,
        "levels": [[_level(market, level, update) for level in side] for side in levels],
        "timestamp": timestamp,
    }


def _level(market: Market, level: Level, update: str) -> dict[str, Any]:
    item, (price, lots) = market.instrument, level
    return {
        "px": number(price, item.price_decimals),
        "sz": number(lots, item.quantity_decimals),
        # The model counts quantities, not orders: a plausible count that a level keeps; deltas carry none.
        "n": 1 + lots % 7 if update == "snapshot" else 0,
    }


def depth(market: Market, count: int | None, bucket: int) -> tuple[Sequence[Level], Sequence[Level]]:
    """Return the best levels of both sides, `bucket` ticks to a level: bids rounded down, asks up."""
    if bucket <= 1:
        return market.levels(BID, count), market.levels(ASK, count)
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    for price, lots in market.levels(BID):
        lower = price // bucket * bucket
        bids[lower] = bids.get(lower, 0) + lots
    for price, lots in market.levels(ASK):
        upper = -(-price // bucket) * bucket
        asks[upper] = asks.get(upper, 0) + lots
    return list(bids.items())[:count], list(asks.items())[:count]


def bucket_of(item: Instrument, aggregation: float) -> int:
    """Return a price bucket in ticks.

    Raises:
        ValueError: not a positive number.
    """
    if not 0 < aggregation < float("inf"):
        raise ValueError(f"aggregation {aggregation}")
    return max(1, round(aggregation / number(1, item.price_decimals)))


def candle_row(market: Market, bar: Bar, rule: Interval) -> dict[str, Any]:
    """Return a candle; nothing in it tells whether it is closed."""
    item = market.instrument
    prices = [number(ticks, item.price_decimals) for ticks in (bar.open, bar.high, bar.low, bar.close)]
    return {
        "t": bar.open_ms,
        "T": rule.next_of(bar.open_ms),
        **dict(zip("ohlc", prices, strict=True)),
        "v": number(bar.volume, item.quantity_decimals),
        "n": bar.count,
    }


def context_row(market: Market, symbol: str) -> dict[str, Any]:
    """Return one symbol's part of `frontendContext`, which the documents do not spell out."""
    row = ticker_row(market, symbol, None)
    names = ("symbol", "lastPrice", "priceChange", "priceChangePercent", "volume", "quoteVolume", "fundingRate")
    return {name: row[name] for name in names}


def risk_row(market: Market, symbol: str) -> dict[str, Any]:
    """Return one symbol's `risk`, which the documents do not spell out."""
    return {
        "symbol": symbol,
        "maxLeverage": MAX_LEVERAGE,
        "fairPrice": number(Contract(market).at(market.now_ms).mark_price, market.instrument.price_decimals),
        "timestamp": market.now_ms * NS,
    }
