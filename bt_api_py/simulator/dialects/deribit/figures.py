"""How Deribit writes prices, amounts and records: JSON numbers, amounts of inverse contracts in US dollars."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from zlib import crc32

from ...candles import Bar
from ...contracts import RATE_DECIMALS, Contract, Figures, liquidation
from ...instruments import Instrument
from ...market import ASK, BID, Level, Market, Trade
from ...text import exact

_SIZES = {"BTCUSD": 10, "ETHUSD": 1}  # US dollars per contract
_MARKETS = 1000  # ids of trades count all of them
_NEVER_MS = 32_503_708_800_000  # when a perpetual contract ends


def is_inverse(item: Instrument) -> bool:
    """Tell whether a contract is sized in US dollars."""
    return item.quote == "USD"


def contract_size(item: Instrument) -> Decimal:
    """Return what one contract is worth in the unit of amounts."""
    return Decimal(_SIZES[item.symbol]) if is_inverse(item) else exact(1, item.quantity_decimals)


def price(item: Instrument, ticks: int) -> Decimal:
    return exact(ticks, item.price_decimals)


def quantity(item: Instrument, lots: int) -> Decimal:
    return exact(lots, item.quantity_decimals)


def amount(item: Instrument, lots: int, ticks: int) -> Decimal:
    """Return a quantity as the venue counts it."""
    return quantity(item, lots) * price(item, ticks) if is_inverse(item) else quantity(item, lots)


def value(item: Instrument, quote: int) -> Decimal:
    return exact(quote, item.price_decimals + item.quantity_decimals)


def levels(item: Instrument, side: Iterable[Level]) -> list[list[Decimal]]:
    return [[price(item, ticks), amount(item, lots, ticks)] for ticks, lots in side]


def trade_id(item: Instrument, number: int) -> str:
    """Return the id of a trade among those of all markets; only bitcoin's have no prefix."""
    settled = item.base if is_inverse(item) else item.quote
    prefix = "" if settled == "BTC" else f"{settled}-"
    return f"{prefix}{number * _MARKETS + crc32(item.symbol.encode()) % _MARKETS}"


def best_figures(market: Market) -> dict[str, Decimal]:
    item, bid, ask = market.instrument, market.best(BID), market.best(ASK)
    return {
        "best_ask_price": price(item, ask[0]),
        "best_bid_price": price(item, bid[0]),
        "best_ask_amount": amount(item, ask[1], ask[0]),
        "best_bid_amount": amount(item, bid[1], bid[0]),
    }


def ticker_row(market: Market, ms: int) -> dict[str, Any]:
    """Return all figures of a contract; the change is in percent."""
    item, bar, last = market.instrument, market.day().bar, market.last
    figures, best = Contract(market).at(ms), best_figures(market)
    stats = {
        "high": price(item, bar.high),
        "low": price(item, bar.low),
        "price_change": round((last.price / bar.open - 1) * 100, 4),
        "volume": quantity(item, bar.volume),
        "volume_usd": value(item, bar.quote),
        "volume_notional": value(item, bar.quote),
    }
    return {
        "timestamp": ms,
        "state": "closed" if item.halted else "open",
        "stats": stats,
        "index_price": price(item, figures.index_price),
        "instrument_name": item.name,
        "last_price": price(item, last.price),
        "settlement_price": price(item, bar.open),
        "min_price": price(item, last.price * 97 // 100),
        "max_price": price(item, last.price * 103 // 100),
        "open_interest": amount(item, figures.open_interest, figures.mark_price),
        "mark_price": price(item, figures.mark_price),
        "best_ask_price": best["best_ask_price"],
        "best_bid_price": best["best_bid_price"],
        "estimated_delivery_price": price(item, figures.index_price),
        "best_ask_amount": best["best_ask_amount"],
        "best_bid_amount": best["best_bid_amount"],
        "current_funding": exact(figures.funding_rate, RATE_DECIMALS),
        "funding_8h": exact(figures.settled_rate, RATE_DECIMALS),
    }


def trade_row(item: Instrument, trade: Trade, figures: Figures) -> dict[str, Any]:
    size = amount(item, trade.quantity, trade.price)
    row = {
        "timestamp": trade.ms,
        "price": price(item, trade.price),
        "amount": size,
        "direction": trade.side,
        "index_price": price(item, figures.index_price),
        "instrument_name": item.name,
        "trade_seq": trade.id,
        "mark_price": price(item, figures.mark_price),
        "tick_direction": 0 if trade.side == "buy" else 2,
        "contracts": size / contract_size(item),
        "trade_id": trade_id(item, trade.id),
    }
    return row if liquidation([trade]) is None else row | {"liquidation": "T"}


def candle_figures(item: Instrument, bar: Bar) -> dict[str, Any]:
    """Return a bar without its time; the volume is in base asset, the cost in money."""
    return {
        "open": price(item, bar.open),
        "high": price(item, bar.high),
        "low": price(item, bar.low),
        "close": price(item, bar.close),
        "volume": quantity(item, bar.volume),
        "cost": value(item, bar.quote),
    }


def instrument_row(item: Instrument, number: int) -> dict[str, Any]:
    kind = "reversed" if is_inverse(item) else "linear"
    return {
        "price_index": f"{item.base}_{item.quote}".lower(),
        "kind": "future",
        "instrument_name": item.name,
        "max_leverage": 50,
        "maker_commission": 0.0,
        "taker_commission": 0.0005,
        "instrument_type": kind,
        "expiration_timestamp": _NEVER_MS,
        "creation_timestamp": 1_534_167_754_000,
        "is_active": not item.halted,
        "tick_size": exact(1, item.price_decimals),
        "tick_size_steps": [],
        "contract_size": contract_size(item),
        "instrument_id": 124_972 + number,
        "min_trade_amount": contract_size(item),
        "future_type": kind,
        "settlement_currency": item.base if is_inverse(item) else item.quote,
        "settlement_period": "perpetual",
        "base_currency": item.base,
        "counter_currency": item.quote,
        "quote_currency": item.quote,
    }
