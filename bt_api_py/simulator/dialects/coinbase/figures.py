"""Coinbase figures: how prices, quantities, times and rows are written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ...candles import Bar
from ...instruments import Instrument
from ...market import ASK, BID, BUY, Level, Market, Trade
from ...text import exact, fixed, plain

_DAYS = 30


def price_text(market: Market, ticks: int) -> str:
    return plain(ticks, market.instrument.price_decimals)


def size_text(market: Market, lots: int) -> str:
    return fixed(lots, market.instrument.quantity_decimals)


def product_id(item: Instrument) -> str:
    return f"{item.base}-{item.quote}"


def moment(ms: int) -> str:
    """Return a time as the venue writes it, in microseconds."""
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}000Z"


def order_uuid(number: int, other: int = 0) -> str:
    """Return an order's name on the market."""
    return str(UUID(int=(number << 64) | other, version=4))


def sequence(market: Market, trade: Trade | None = None) -> int:
    """Return the number that the product stands at: it grows with everything that happens, and is not contiguous."""
    return market.update_id + (trade or market.last).id


def maker_side(trade: Trade) -> str:
    return "sell" if trade.side == BUY else "buy"


def match_row(market: Market, trade: Trade, kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "trade_id": trade.id,
        "maker_order_id": order_uuid(trade.id, 1),
        "taker_order_id": order_uuid(trade.order, 2),
        "side": maker_side(trade),
        "size": size_text(market, trade.quantity),
        "price": price_text(market, trade.price),
        "product_id": product_id(market.instrument),
        "sequence": sequence(market, trade),
        "time": moment(trade.ms),
    }


def ticker_row(market: Market) -> dict[str, Any]:
    last, bar = market.last, market.day().bar
    bid, ask = market.best(BID), market.best(ASK)
    return {
        "type": "ticker",
        "sequence": sequence(market),
        "product_id": product_id(market.instrument),
        "price": price_text(market, last.price),
        "open_24h": price_text(market, bar.open),
        "volume_24h": size_text(market, bar.volume),
        "low_24h": price_text(market, bar.low),
        "high_24h": price_text(market, bar.high),
        "volume_30d": size_text(market, bar.volume * _DAYS),
        "best_bid": price_text(market, bid[0]),
        "best_bid_size": size_text(market, bid[1]),
        "best_ask": price_text(market, ask[0]),
        "best_ask_size": size_text(market, ask[1]),
        "side": last.side,
        "time": moment(last.ms),
        "trade_id": last.id,
        "last_size": size_text(market, last.quantity),
    }


def level_rows(market: Market, levels: Iterable[Level]) -> list[list[str]]:
    return [[price_text(market, price), size_text(market, lots)] for price, lots in levels]


def candle_row(market: Market, bar: Bar) -> list[Any]:
    item = market.instrument
    prices = [exact(ticks, item.price_decimals) for ticks in (bar.low, bar.high, bar.open, bar.close)]
    return [bar.open_ms // 1000, *prices, exact(bar.volume, item.quantity_decimals)]


def product_row(item: Instrument) -> dict[str, Any]:
    return {
        "id": product_id(item),
        "base_currency": item.base,
        "quote_currency": item.quote,
        "quote_increment": plain(1, item.price_decimals),
        "base_increment": plain(1, item.quantity_decimals),
        "display_name": f"{item.base}/{item.quote}",
        "min_market_funds": "1",
        "margin_enabled": False,
        "post_only": False,
        "limit_only": False,
        "cancel_only": False,
        "trading_disabled": item.halted,
        "auction_mode": False,
        "status": "offline" if item.halted else "online",
        "status_message": "",
        "fx_stablecoin": False,
        "max_slippage_percentage": "0.02000000",
    }
