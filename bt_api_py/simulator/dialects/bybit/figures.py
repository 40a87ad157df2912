"""How Bybit writes prices, quantities and rows."""

from collections.abc import Iterable
from typing import Any

from ...candles import Bar, Interval, interval
from ...market import ASK, BID, Level, Market, Trade
from ...text import fixed, plain

_MINUTES = {"1": "1m", "3": "3m", "5": "5m", "15": "15m", "30": "30m", "60": "1h", "120": "2h", "240": "4h"}
_LONGER = {"360": "6h", "720": "12h", "D": "1d", "W": "1w", "M": "1M"}
INTERVALS = {name: interval(text) for name, text in (_MINUTES | _LONGER).items()}


def price_text(market: Market, ticks: int) -> str:
    return plain(ticks, market.instrument.price_decimals)


def size_text(market: Market, lots: int) -> str:
    return plain(lots, market.instrument.quantity_decimals)


def value_text(market: Market, quote: int) -> str:
    item = market.instrument
    return plain(quote, item.price_decimals + item.quantity_decimals)


def level_rows(market: Market, levels: Iterable[Level]) -> list[list[str]]:
    return [[price_text(market, price), size_text(market, lots)] for price, lots in levels]


def day_figures(market: Market) -> dict[str, str]:
    """Return the figures of 24 hours that streams and lists share; the change is a fraction."""
    last, bar = market.last, market.day().bar
    change = (last.price - bar.open) * 1_000_000 // bar.open
    return {
        "symbol": market.instrument.symbol,
        "lastPrice": price_text(market, last.price),
        "highPrice24h": price_text(market, bar.high),
        "lowPrice24h": price_text(market, bar.low),
        "prevPrice24h": price_text(market, bar.open),
        "volume24h": size_text(market, bar.volume),
        "turnover24h": value_text(market, bar.quote),
        "price24hPcnt": fixed(change, 6, 4),
    }


def best_figures(market: Market) -> dict[str, str]:
    """Return the best prices."""
    bid, ask = market.best(BID), market.best(ASK)
    return {
        "bid1Price": price_text(market, bid[0]),
        "bid1Size": size_text(market, bid[1]),
        "ask1Price": price_text(market, ask[0]),
        "ask1Size": size_text(market, ask[1]),
    }


def side_text(trade: Trade) -> str:
    return "Buy" if trade.side == "buy" else "Sell"


def candle_figures(market: Market, bar: Bar) -> dict[str, str]:
    return {
        "open": price_text(market, bar.open),
        "close": price_text(market, bar.close),
        "high": price_text(market, bar.high),
        "low": price_text(market, bar.low),
        "volume": size_text(market, bar.volume),
        "turnover": value_text(market, bar.quote),
    }


def candle_row(market: Market, bar: Bar) -> list[str]:
    """Return a bar of a list."""
    figures = candle_figures(market, bar)
    return [str(bar.open_ms), *(figures[name] for name in ("open", "high", "low", "close", "volume", "turnover"))]


def candle_push(market: Market, bar: Bar, name: str, rule: Interval, *, closed: bool) -> dict[str, Any]:
    """Return a bar of a stream."""
    end = rule.next_of(bar.open_ms) - 1
    head = {"start": bar.open_ms, "end": end, "interval": name}
    return head | candle_figures(market, bar) | {"confirm": closed, "timestamp": min(market.last.ms, end)}
