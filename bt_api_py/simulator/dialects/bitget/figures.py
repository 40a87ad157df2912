"""How Bitget writes prices, quantities, ids and rows."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from typing import Any
from zlib import crc32

from ...candles import Bar, interval
from ...instruments import Instrument
from ...market import ASK, BID, Level, Market, Trade
from ...text import fixed

_DAY = interval("1d")
_FIRST_TRADE = 1_116_000_000_000_000_000
_STRIDE = 4_099
_CHECKED = 25  # levels a side


def trade_number(count: int) -> str:
    """Return the id of a trade: ids grow with time, by steps of any size."""
    return str(_FIRST_TRADE + count * _STRIDE + count * 2_654_435_761 % (_STRIDE - 3))


def argument(name: str) -> dict[str, str]:
    """Return what frames say of the topic of a name."""
    channel, _, symbol = name.partition(":")
    return {"instType": "SPOT", "channel": channel, "instId": symbol}


def price(item: Instrument, ticks: int) -> str:
    """Return a price with all its decimals."""
    return fixed(ticks, item.price_decimals, item.price_decimals)


def size(item: Instrument, lots: int) -> str:
    """Return a quantity with all its decimals; nothing at all is written short."""
    return fixed(lots, item.quantity_decimals, item.quantity_decimals) if lots else "0"


def value(item: Instrument, quote: int) -> str:
    """Return an amount of the quote asset."""
    decimals = item.price_decimals + item.quantity_decimals
    return fixed(quote, decimals, decimals)


def levels(item: Instrument, side: Iterable[Level]) -> list[list[str]]:
    return [[price(item, ticks), size(item, lots)] for ticks, lots in side]


def checksum(market: Market) -> int:
    """Return CRC-32, signed, of the 25 best levels a side: a bid, an ask, the next bid, the next ask …"""
    item = market.instrument
    bids, asks = (levels(item, market.levels(side, _CHECKED)) for side in (BID, ASK))
    parts = [":".join(level) for pair in zip_longest(bids, asks) for level in pair if level is not None]
    number = crc32(":".join(parts).encode())
    return number - (1 << 32) if number >> 31 else number


def figures(market: Market, open_name: str) -> dict[str, str]:
    """Return the figures of a ticker, all but the market's name; the changes are fractions."""
    item, last, bar = market.instrument, market.last.price, market.day().bar
    bid, ask = market.best(BID), market.best(ASK)
    today = market.series(_DAY).last
    opened = today.open if today is not None else last
    return {
        "lastPr": price(item, last),
        open_name: price(item, bar.open),
        "high24h": price(item, bar.high),
        "low24h": price(item, bar.low),
        "change24h": _change(last, bar.open),
        "bidPr": price(item, bid[0]),
        "askPr": price(item, ask[0]),
        "bidSz": size(item, bid[1]),
        "askSz": size(item, ask[1]),
        "baseVolume": size(item, bar.volume),
        "quoteVolume": value(item, bar.quote),
        "openUtc": price(item, opened),
        "changeUtc24h": _change(last, opened),
        "ts": str(market.now_ms),
    }


def _change(last: int, opened: int) -> str:
    return fixed((last - opened) * 1_000_000 // opened, 6, 5)


def ticker_row(market: Market) -> dict[str, str]:
    """Return a ticker as the stream tells it."""
    return {"instId": market.instrument.symbol} | figures(market, "open24h")


def listed_ticker(market: Market) -> dict[str, str]:
    """Return a ticker as REST tells it."""
    item = market.instrument
    usdt = value(item, market.day().bar.quote)
    return {"symbol": item.symbol} | figures(market, "open") | {"usdtVolume": usdt}


def trade_row(item: Instrument, trade: Trade) -> dict[str, str]:
    return {
        "ts": str(trade.ms),
        "price": price(item, trade.price),
        "size": size(item, trade.quantity),
        "side": trade.side,
        "tradeId": trade_number(trade.id),
    }


def candle_row(item: Instrument, bar: Bar) -> list[str]:
    """Return a bar as the stream tells it; what is counted in USDT is the same as in the quote asset here."""
    prices = [price(item, ticks) for ticks in (bar.open, bar.high, bar.low, bar.close)]
    quote = value(item, bar.quote)
    return [str(bar.open_ms), *prices, size(item, bar.volume), quote, quote]


def instrument_row(item: Instrument) -> dict[str, Any]:
    return {
        "symbol": item.symbol,
        "baseCoin": item.base,
        "quoteCoin": item.quote,
        "minTradeAmount": "0",
        "maxTradeAmount": "10000000000",
        "takerFeeRate": "0.001",
        "makerFeeRate": "0.001",
        "pricePrecision": str(item.price_decimals),
        "quantityPrecision": str(item.quantity_decimals),
        "quotePrecision": "8",
        "status": "halt" if item.halted else "online",
        "minTradeUSDT": "1",
        "buyLimitPriceRatio": "0.05",
        "sellLimitPriceRatio": "0.05",
    }
