"""Kraken spot figures: how prices, quantities, times and names are written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zlib import crc32

from ...candles import Bar
from ...instruments import Instrument
from ...market import ASK, BID, Level, Market, Trade
from ...text import fixed

_V1 = {"BTC": "XBT", "DOGE": "XDG"}
_CLASSES = {"XBT": "X", "ETH": "X", "XRP": "X", "XDG": "X", "LTC": "X", "USD": "Z", "EUR": "Z", "GBP": "Z"}
_CHECKED = 10  # levels a side


def v1(asset: str) -> str:
    """Return an asset as REST and version 1 name it."""
    return _V1.get(asset, asset)


def legacy(asset: str) -> str:
    """Return the internal id of an asset; the oldest ones begin with a letter for their class."""
    name = v1(asset)
    return _CLASSES.get(name, "") + name


def altname(item: Instrument) -> str:
    """Return the pair as REST takes it."""
    return v1(item.base) + v1(item.quote)


def pair_id(item: Instrument) -> str:
    """Return the key of a pair in REST answers: two old ids joined, otherwise the altname."""
    base, quote = v1(item.base), v1(item.quote)
    return legacy(item.base) + legacy(item.quote) if base in _CLASSES and quote in _CLASSES else base + quote


def ws_symbol(item: Instrument) -> str:
    """Return the pair as version 2 of the sockets names it."""
    return f"{item.base}/{item.quote}"


def time_text(ms: int) -> str:
    """Return a time with the six digits that most channels have."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}000Z"


def begin_text(ms: int) -> str:
    """Return a time with the nine digits that candles have."""
    return time_text(ms).replace("Z", "000Z")


def price(item: Instrument, ticks: int) -> Decimal:
    """Return a price with all its decimals."""
    return Decimal(fixed(ticks, item.price_decimals, item.price_decimals))


def size(item: Instrument, lots: int) -> Decimal:
    """Return a quantity with all its decimals."""
    return Decimal(fixed(lots, item.quantity_decimals, item.quantity_decimals))


def mean_price(item: Instrument, bar: Bar) -> Decimal:
    """Return the price weighted by volume; 0 of a bar without trades."""
    if not bar.volume:
        return Decimal("0.0")
    return Decimal(bar.quote) / Decimal(bar.volume) / Decimal(10**item.price_decimals)


def levels(item: Instrument, side: Iterable[Level]) -> list[dict[str, Decimal]]:
    return [{"price": price(item, ticks), "qty": size(item, lots)} for ticks, lots in side]


def checksum(item: Instrument, bids: Iterable[Level], asks: Iterable[Level]) -> int:
    """Return CRC-32 of the digits of the ten best asks, then of the ten best bids."""
    text = ""
    for side in (asks, bids):
        for ticks, lots in list(side)[:_CHECKED]:
            for number, decimals in ((ticks, item.price_decimals), (lots, item.quantity_decimals)):
                text += fixed(number, decimals, decimals).replace(".", "").lstrip("0")
    return crc32(text.encode())


def ticker_row(market: Market) -> dict[str, Any]:
    item, bar = market.instrument, market.day().bar
    bid, ask, last = market.best(BID), market.best(ASK), market.last
    change = last.price - bar.open
    return {
        "symbol": ws_symbol(item),
        "bid": price(item, bid[0]),
        "bid_qty": size(item, bid[1]),
        "ask": price(item, ask[0]),
        "ask_qty": size(item, ask[1]),
        "last": price(item, last.price),
        "volume": size(item, bar.volume),
        "vwap": round(mean_price(item, bar), item.price_decimals),
        "low": price(item, bar.low),
        "high": price(item, bar.high),
        "change": price(item, change),
        "change_pct": round(Decimal(change) / Decimal(bar.open) * 100, 2),
        "timestamp": time_text(market.now_ms),
    }


def trade_row(item: Instrument, trade: Trade) -> dict[str, Any]:
    return {
        "symbol": ws_symbol(item),
        "side": trade.side,
        "price": price(item, trade.price),
        "qty": size(item, trade.quantity),
        "ord_type": "limit" if trade.order % 3 else "market",
        "trade_id": trade.id,
        "timestamp": time_text(trade.ms),
    }


def candle_row(item: Instrument, bar: Bar, minutes: str, end_ms: int) -> dict[str, Any]:
    return {
        "symbol": ws_symbol(item),
        "open": price(item, bar.open),
        "high": price(item, bar.high),
        "low": price(item, bar.low),
        "close": price(item, bar.close),
        "trades": bar.count,
        "volume": size(item, bar.volume),
        "vwap": mean_price(item, bar),
        "interval_begin": begin_text(bar.open_ms),
        "interval": int(minutes),
        "timestamp": time_text(end_ms),
    }


def pair_row(item: Instrument) -> dict[str, Any]:
    """Return an instrument as the channel of instruments tells it."""
    tick, lot = price(item, 1), size(item, 1)
    return {
        "symbol": ws_symbol(item),
        "base": item.base,
        "quote": item.quote,
        "status": "maintenance" if item.halted else "online",
        "qty_precision": item.quantity_decimals,
        "qty_increment": lot,
        "price_precision": item.price_decimals,
        "cost_precision": 5,
        "marginable": False,
        "has_index": False,
        "cost_min": Decimal("0.5"),
        "tick_size": tick,
        "price_increment": tick,
        "qty_min": lot,
    }


def asset_pair(item: Instrument) -> dict[str, Any]:
    """Return an instrument as REST tells it."""
    return {
        "altname": altname(item),
        "wsname": f"{v1(item.base)}/{v1(item.quote)}",
        "aclass_base": "currency",
        "base": legacy(item.base),
        "aclass_quote": "currency",
        "quote": legacy(item.quote),
        "cost_decimals": 5,
        "pair_decimals": item.price_decimals,
        "lot_decimals": item.quantity_decimals,
        "lot_multiplier": 1,
        "ordermin": fixed(1, item.quantity_decimals, item.quantity_decimals),
        "costmin": "0.5",
        "tick_size": fixed(1, item.price_decimals, item.price_decimals),
        "status": "maintenance" if item.halted else "online",
    }
