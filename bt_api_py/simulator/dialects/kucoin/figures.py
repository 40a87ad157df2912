"""KuCoin spot figures: how prices, quantities and rows are written."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ...candles import Bar
from ...instruments import Instrument
from ...market import ASK, BID, Level, Market, Trade
from ...text import exact, plain

_MS_IN_NS = 1_000_000


def pair(item: Instrument) -> str:
    """Return the venue's spelling."""
    return f"{item.base}-{item.quote}"


def price(item: Instrument, ticks: int) -> str:
    return plain(ticks, item.price_decimals)


def size(item: Instrument, lots: int) -> str:
    return plain(lots, item.quantity_decimals)


def value(item: Instrument, quote: int) -> str:
    return plain(quote, item.price_decimals + item.quantity_decimals)


def level(item: Instrument, entry: Level) -> list[str]:
    return [price(item, entry[0]), size(item, entry[1])]


def levels(item: Instrument, side: Iterable[Level]) -> list[list[str]]:
    return [level(item, entry) for entry in side]


def change_rate(market: Market) -> Decimal:
    """Return the change over 24 hours as a fraction."""
    return round(Decimal(market.last.price) / market.day().bar.open - 1, 4)


def ticker_row(market: Market, now_ms: int) -> dict[str, Any]:
    item, last = market.instrument, market.last
    bid, ask = level(item, market.best(BID)), level(item, market.best(ASK))
    return {
        "bestAsk": ask[0],
        "bestAskSize": ask[1],
        "bestBid": bid[0],
        "bestBidSize": bid[1],
        "price": price(item, last.price),
        "sequence": str(market.update_id),
        "size": size(item, last.quantity),
        "time": now_ms,
    }


def snapshot_row(market: Market, now_ms: int) -> dict[str, Any]:
    """Return the figures of 24 hours, in JSON numbers."""
    item, bar, last = market.instrument, market.day().bar, market.last
    bid, ask = market.best(BID), market.best(ASK)
    digits, lots = item.price_decimals, item.quantity_decimals
    figures = {
        "changePrice": exact(last.price - bar.open, digits),
        "changeRate": change_rate(market),
        "high": exact(bar.high, digits),
        "low": exact(bar.low, digits),
        "open": exact(bar.open, digits),
        "vol": exact(bar.volume, lots),
        "volValue": exact(bar.quote, digits + lots),
    }
    average = bar.quote // bar.volume if bar.volume else last.price
    return {
        "symbol": pair(item),
        "symbolCode": pair(item),
        "buy": exact(bid[0], digits),
        "bidSize": exact(bid[1], lots),
        "sell": exact(ask[0], digits),
        "askSize": exact(ask[1], lots),
        "lastTradedPrice": exact(last.price, digits),
        "close": exact(last.price, digits),
        "open": figures["open"],
        "high": figures["high"],
        "low": figures["low"],
        "changePrice": figures["changePrice"],
        "changeRate": figures["changeRate"],
        "vol": figures["vol"],
        "volValue": figures["volValue"],
        "averagePrice": exact(average, digits),
        "baseCurrency": item.base,
        "quoteCurrency": item.quote,
        "market": _section(item),
        "trading": not item.halted,
        "datetime": now_ms,
        "marketChange24h": figures,
    }


def _section(item: Instrument) -> str:
    """Return the part of the venue in which a market is listed."""
    return "USDS" if item.quote.startswith("USD") else item.quote


def stats_row(market: Market) -> dict[str, Any]:
    """Return the figures of 24 hours as REST tells them of one market."""
    item, bar, last = market.instrument, market.day().bar, market.last
    bid, ask = market.best(BID), market.best(ASK)
    return {
        "symbol": pair(item),
        "buy": price(item, bid[0]),
        "sell": price(item, ask[0]),
        "changeRate": str(change_rate(market)),
        "changePrice": price(item, last.price - bar.open),
        "high": price(item, bar.high),
        "low": price(item, bar.low),
        "vol": size(item, bar.volume),
        "volValue": value(item, bar.quote),
        "last": price(item, last.price),
        "averagePrice": price(item, bar.quote // bar.volume if bar.volume else last.price),
    }


def match_row(item: Instrument, trade: Trade) -> dict[str, Any]:
    """Return a match; nothing but its own number counts up in the sequence here."""
    return {
        "makerOrderId": f"{trade.id:012x}{0x1B1D3:012x}",
        "price": price(item, trade.price),
        "sequence": str(trade.id),
        "side": trade.side,
        "size": size(item, trade.quantity),
        "symbol": pair(item),
        "takerOrderId": f"{trade.order:012x}{0x74C168D:012x}",
        "time": str(trade.ms * _MS_IN_NS),
        "tradeId": str(trade.id),
        "type": "match",
    }


def history_row(item: Instrument, trade: Trade) -> dict[str, Any]:
    """Return a match as REST lists it."""
    row = match_row(item, trade)
    told = {name: row[name] for name in ("sequence", "tradeId", "price", "size", "side")}
    return {**told, "time": trade.ms * _MS_IN_NS}


def candle_list(item: Instrument, bar: Bar) -> list[str]:
    """Return a bar: start, open, close, high, low, base volume, quote volume."""
    prices = [price(item, ticks) for ticks in (bar.open, bar.close, bar.high, bar.low)]
    return [str(bar.open_ms // 1000), *prices, size(item, bar.volume), value(item, bar.quote)]


def candle_row(item: Instrument, bar: Bar, now_ms: int) -> dict[str, Any]:
    return {"symbol": pair(item), "candles": candle_list(item, bar), "time": now_ms * _MS_IN_NS}


def instrument_row(item: Instrument) -> dict[str, Any]:
    name = pair(item)
    return {
        "symbol": name,
        "name": name,
        "baseCurrency": item.base,
        "quoteCurrency": item.quote,
        "feeCurrency": item.quote,
        "market": _section(item),
        "baseMinSize": plain(1, item.quantity_decimals),
        "quoteMinSize": "0.1",
        "baseMaxSize": "10000000000",
        "quoteMaxSize": "99999999",
        "baseIncrement": plain(1, item.quantity_decimals),
        "quoteIncrement": plain(1, item.price_decimals + item.quantity_decimals),
        "priceIncrement": plain(1, item.price_decimals),
        "priceLimitRate": "0.1",
        "minFunds": "0.1",
        "isMarginEnabled": True,
        "enableTrading": not item.halted,
        "st": False,
        "callauctionIsEnabled": False,
    }
