"""Gate spot figures: how prices, quantities and rows are written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zlib import crc32

from ...candles import Bar
from ...instruments import Instrument
from ...market import ASK, BID, Level, Market, Trade
from ...text import fixed, plain

_MARKETS = 1000  # ids of trades count all of them


def pair(item: Instrument) -> str:
    """Return the venue's spelling."""
    return f"{item.base}_{item.quote}"


def price(item: Instrument, ticks: int) -> str:
    return plain(ticks, item.price_decimals)


def size(item: Instrument, lots: int) -> str:
    return plain(lots, item.quantity_decimals)


def value(item: Instrument, quote: int) -> str:
    return plain(quote, item.price_decimals + item.quantity_decimals)


def levels(item: Instrument, side: Iterable[Level]) -> list[list[str]]:
    return [[price(item, ticks), size(item, lots)] for ticks, lots in side]


def trade_id(item: Instrument, number: int) -> int:
    """Return the id of a trade among those of all markets: it grows, with gaps."""
    return number * _MARKETS + crc32(item.symbol.encode()) % _MARKETS


def ticker_row(market: Market, *, with_sizes: bool) -> dict[str, str]:
    """Return the figures of 24 hours; only REST has the quantities of the best prices."""
    item, bar = market.instrument, market.day().bar
    bid, ask, last = market.best(BID), market.best(ASK), market.last
    row = {"currency_pair": pair(item), "last": price(item, last.price), "lowest_ask": price(item, ask[0])}
    if with_sizes:
        row["lowest_size"] = size(item, ask[1])
    row["highest_bid"] = price(item, bid[0])
    if with_sizes:
        row["highest_size"] = size(item, bid[1])
    return row | {
        "change_percentage": f"{(last.price / bar.open - 1) * 100:.4f}",
        "base_volume": size(item, bar.volume),
        "quote_volume": value(item, bar.quote),
        "high_24h": price(item, bar.high),
        "low_24h": price(item, bar.low),
    }


def trade_row(item: Instrument, trade: Trade) -> dict[str, Any]:
    return {
        "id": trade_id(item, trade.id),
        "id_market": trade.id,
        "create_time": trade.ms // 1000,
        "create_time_ms": fixed(trade.ms * 10_000, 4, 4),
        "side": trade.side,
        "currency_pair": pair(item),
        "amount": size(item, trade.quantity),
        "price": price(item, trade.price),
        "range": f"{trade.id}-{trade.id}",
    }


def candle_row(item: Instrument, bar: Bar, name: str, *, closed: bool) -> dict[str, Any]:
    """Return a bar: `v` counts the quote asset, `a` the base asset."""
    return {
        "t": str(bar.open_ms // 1000),
        "v": value(item, bar.quote),
        "c": price(item, bar.close),
        "h": price(item, bar.high),
        "l": price(item, bar.low),
        "o": price(item, bar.open),
        "n": f"{name}_{pair(item)}",
        "a": size(item, bar.volume),
        "w": closed,
    }


def candle_list(item: Instrument, bar: Bar, *, closed: bool) -> list[str]:
    """Return a bar as REST lists it, in an order of its own."""
    prices = [price(item, ticks) for ticks in (bar.close, bar.high, bar.low, bar.open)]
    closed_text = "true" if closed else "false"
    return [str(bar.open_ms // 1000), value(item, bar.quote), *prices, size(item, bar.volume), closed_text]


def instrument_row(item: Instrument) -> dict[str, Any]:
    return {
        "id": pair(item),
        "base": item.base,
        "quote": item.quote,
        "fee": "0.2",
        "min_base_amount": plain(1, item.quantity_decimals),
        "min_quote_amount": "3",
        "amount_precision": item.quantity_decimals,
        "precision": item.price_decimals,
        "trade_status": "untradable" if item.halted else "tradable",
        "sell_start": 0,
        "buy_start": 0,
        "delisting_time": 0,
        "type": "normal",
        "st_tag": False,
    }
