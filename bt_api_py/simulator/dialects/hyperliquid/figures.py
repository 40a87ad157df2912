"""How Hyperliquid writes prices, quantities and rows: numbers as text, with one decimal at least.

Source: Hyperliquid documentation, "Subscriptions", "Info endpoint", May 2026.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Any

from ...candles import Bar, Interval
from ...contracts import RATE_DECIMALS, Figures
from ...instruments import Instrument
from ...market import ASK, BID, BUY, Level, Market, Trade
from ...text import plain
from ..base import intervals

LEVELS = 20  # a side of a whole book
RECENT = 100  # trades of a list, and of the first message of a subscription; how many is not documented
_TRADERS = 64
_WORDS = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "3d", "1w", "1M")

INTERVALS = intervals({word: word for word in _WORDS})


def text(units: int, decimals: int) -> str:
    """Return ticks or lots as the venue writes them: 69997.0."""
    written = plain(units, decimals)
    return written if "." in written else f"{written}.0"


def price_text(market: Market, ticks: int) -> str:
    return text(ticks, market.instrument.price_decimals)


def size_text(market: Market, lots: int) -> str:
    return text(lots, market.instrument.quantity_decimals)


def trade_id(number: int) -> str:
    """Return the id of a trade: 50 bits that tell nothing of the order."""
    return str(number * 0x9E3779B97F4A7C15 % (1 << 50))


def address(words: str) -> str:
    """Return an address that belongs to these words."""
    return f"0x{sha256(words.encode()).hexdigest()[:40]}"


@lru_cache(2 * _TRADERS)
def _trader(number: int) -> str:
    return address(f"trader {number}")


def market_row(item: Instrument) -> dict[str, Any]:
    """Return a market of `meta`."""
    row: dict[str, Any] = {"szDecimals": item.quantity_decimals, "name": item.base, "maxLeverage": 40}
    return row | ({"isDelisted": True} if item.halted else {})


def context_row(market: Market, figures: Figures) -> dict[str, Any]:
    """Return the context of a market."""
    item, bar = market.instrument, market.day().bar
    bid, ask = market.best(BID)[0], market.best(ASK)[0]
    return {
        "funding": text(figures.funding_rate, RATE_DECIMALS),
        "openInterest": size_text(market, figures.open_interest),
        "prevDayPx": price_text(market, bar.open),
        "dayNtlVlm": text(bar.quote, item.price_decimals + item.quantity_decimals),
        "premium": "0.0",
        "oraclePx": price_text(market, figures.index_price),
        "markPx": price_text(market, figures.mark_price),
        "midPx": text((bid + ask) * 5, item.price_decimals + 1),
        "impactPxs": [price_text(market, bid), price_text(market, ask)],
        "dayBaseVlm": size_text(market, bar.volume),
    }


def trade_row(market: Market, trade: Trade) -> dict[str, Any]:
    """Return a match; the two who made it are named, the buyer first."""
    taker, maker = _trader(-1 - trade.order % _TRADERS), _trader(trade.id % _TRADERS)
    is_bought = trade.side == BUY
    return {
        "coin": market.instrument.base,
        "side": side_letter(trade.side),
        "px": price_text(market, trade.price),
        "sz": size_text(market, trade.quantity),
        "time": trade.ms,
        "hash": f"0x{sha256(b'%d' % trade.order).hexdigest()}",
        "tid": int(trade_id(trade.id)),
        "users": [taker, maker] if is_bought else [maker, taker],
    }


def side_letter(side: str) -> str:
    """Return the letter of a side: bid or ask."""
    return "B" if side == BUY else "A"


def book_row(market: Market, count: int = LEVELS) -> dict[str, Any]:
    """Return the best levels of both sides."""
    sides = [level_rows(market, market.levels(side, count)) for side in (BID, ASK)]
    return {"coin": market.instrument.base, "time": market.now_ms, "levels": sides}


def best_row(market: Market) -> dict[str, Any]:
    """Return the best level of both sides."""
    best = level_rows(market, (market.best(BID), market.best(ASK)))
    return {"coin": market.instrument.base, "time": market.now_ms, "bbo": best}


def level_rows(market: Market, levels: Iterable[Level]) -> list[dict[str, Any]]:
    # The model counts quantities, not orders: a plausible count that a level keeps.
    return [
        {"px": price_text(market, price), "sz": size_text(market, lots), "n": 1 + lots % 7} for price, lots in levels
    ]


def candle_row(market: Market, bar: Bar, word: str, rule: Interval) -> dict[str, Any]:
    """Return a candle; nothing in it tells whether it is closed."""
    return {
        "t": bar.open_ms,
        "T": rule.next_of(bar.open_ms) - 1,
        "s": market.instrument.base,
        "i": word,
        "o": price_text(market, bar.open),
        "c": price_text(market, bar.close),
        "h": price_text(market, bar.high),
        "l": price_text(market, bar.low),
        "v": size_text(market, bar.volume),
        "n": bar.count,
    }
