"""OKX spot figures: how prices, quantities and rows are written."""

from collections.abc import Iterable

from ...candles import UTC8, Bar, Interval, interval
from ...market import ASK, BID, Level, Market, Trade
from ...text import plain

_SHORT_BARS = ("1s", "1m", "3m", "5m", "15m", "30m", "1H", "2H", "4H")
_LONG_BARS = ("6H", "12H", "1D", "2D", "3D", "5D", "1W", "1M", "3M")


def _bars() -> dict[str, Interval]:
    def rule(name: str, shift_ms: int) -> Interval:
        return interval(name if name.endswith("M") else name.lower(), shift_ms)

    found = {name: rule(name, 0) for name in _SHORT_BARS}
    found |= {name: rule(name, UTC8) for name in _LONG_BARS}
    return found | {f"{name}utc": rule(name, 0) for name in _LONG_BARS}


def price_text(market: Market, ticks: int) -> str:
    return plain(ticks, market.instrument.price_decimals)


def size_text(market: Market, lots: int) -> str:
    return plain(lots, market.instrument.quantity_decimals)


def value_text(market: Market, quote: int) -> str:
    item = market.instrument
    return plain(quote, item.price_decimals + item.quantity_decimals)


def level_rows(market: Market, levels: Iterable[Level]) -> list[list[str]]:
    # The model counts quantities, not orders: the order count is a plausible number that a level keeps.
    return [
        [price_text(market, price), size_text(market, lots), "0", str(0 if lots == 0 else 1 + lots % 7)]
        for price, lots in levels
    ]


def inst_id(market: Market) -> str:
    return f"{market.instrument.base}-{market.instrument.quote}"


def ticker_row(market: Market) -> dict[str, str]:
    last, bar = market.last, market.day().bar
    bid, ask = market.best(BID), market.best(ASK)
    return {
        "instType": "SPOT",
        "instId": inst_id(market),
        "last": price_text(market, last.price),
        "lastSz": size_text(market, last.quantity),
        "askPx": price_text(market, ask[0]),
        "askSz": size_text(market, ask[1]),
        "bidPx": price_text(market, bid[0]),
        "bidSz": size_text(market, bid[1]),
        "open24h": price_text(market, bar.open),
        "high24h": price_text(market, bar.high),
        "low24h": price_text(market, bar.low),
        "volCcy24h": value_text(market, bar.quote),
        "vol24h": size_text(market, bar.volume),
        "sodUtc0": price_text(market, _day_open(market, 0)),
        "sodUtc8": price_text(market, _day_open(market, UTC8)),
        "ts": str(market.now_ms),
    }


def _day_open(market: Market, shift_ms: int) -> int:
    bar = market.series(interval("1d", shift_ms)).last
    return bar.open if bar is not None else market.last.price


def candle_row(market: Market, bar: Bar, closed: bool) -> list[str]:
    prices = [price_text(market, ticks) for ticks in (bar.open, bar.high, bar.low, bar.close)]
    quote = value_text(market, bar.quote)
    return [str(bar.open_ms), *prices, size_text(market, bar.volume), quote, quote, "1" if closed else "0"]


def match_row(market: Market, trade: Trade) -> dict[str, str]:
    return {
        "instId": inst_id(market),
        "side": trade.side,
        "sz": size_text(market, trade.quantity),
        "px": price_text(market, trade.price),
        "source": "0",
        "tradeId": str(trade.id),
        "ts": str(trade.ms),
    }
