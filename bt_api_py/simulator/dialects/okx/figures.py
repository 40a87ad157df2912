"""OKX figures: how prices, quantities and rows are written."""

from collections.abc import Iterable

from ...candles import UTC8, Bar, interval
from ...instruments import Instrument
from ...market import ASK, BID, Level, Market, Trade
from ...text import plain


def inst_id(item: Instrument) -> str:
    """Return the venue's name of a market."""
    return item.name or f"{item.base}-{item.quote}"


def inst_type(item: Instrument) -> str:
    """Return what is traded there: only contracts have names of their own."""
    return "SWAP" if item.name else "SPOT"


def size_decimals(item: Instrument) -> int:
    """Return the decimals of a lot in the venue's unit; contracts are worth powers of ten."""
    return item.quantity_decimals + item.contract_value.adjusted()


def price_text(market: Market, ticks: int) -> str:
    return plain(ticks, market.instrument.price_decimals)


def size_text(market: Market, lots: int) -> str:
    return plain(lots, size_decimals(market.instrument))


def base_text(market: Market, lots: int) -> str:
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


def ticker_row(market: Market) -> dict[str, str]:
    last, bar = market.last, market.day().bar
    bid, ask = market.best(BID), market.best(ASK)
    return {
        "instType": inst_type(market.instrument),
        "instId": inst_id(market.instrument),
        "last": price_text(market, last.price),
        "lastSz": size_text(market, last.quantity),
        "askPx": price_text(market, ask[0]),
        "askSz": size_text(market, ask[1]),
        "bidPx": price_text(market, bid[0]),
        "bidSz": size_text(market, bid[1]),
        "open24h": price_text(market, bar.open),
        "high24h": price_text(market, bar.high),
        "low24h": price_text(market, bar.low),
        "volCcy24h": _in_currency(market, bar),
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
    volumes = [size_text(market, bar.volume), _in_currency(market, bar), quote]
    return [str(bar.open_ms), *prices, *volumes, "1" if closed else "0"]


def _in_currency(market: Market, bar: Bar) -> str:
    """Return the volume that is told beside the size: of contracts the base asset, on spot the quote asset."""
    is_contract = inst_type(market.instrument) == "SWAP"
    return base_text(market, bar.volume) if is_contract else value_text(market, bar.quote)


def match_row(market: Market, trade: Trade) -> dict[str, str]:
    return {
        "instId": inst_id(market.instrument),
        "side": trade.side,
        "sz": size_text(market, trade.quantity),
        "px": price_text(market, trade.price),
        "source": "0",
        "tradeId": str(trade.id),
        "ts": str(trade.ms),
    }
