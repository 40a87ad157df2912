"""What happens in Vega's markets: the records that tell of it.

Source: Vega data node v0.79.0, API v2, October 2024.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...candles import Bar, Interval
from ...contracts import Contract
from ...instruments import Instrument
from ...market import ASK, BID, BUY, Level, Market, Trade
from ..base import intervals
from .listing import hex_id, market_id, price, status_of, tick_size, trade_number
from .messages import Row

NS = 1_000_000  # per ms
_TRADERS = 64
INTERVALS: dict[str, Interval] = intervals(
    {
        "1 minute": "1m",
        "5 minutes": "5m",
        "15 minutes": "15m",
        "30 minutes": "30m",
        "1 hour": "1h",
        "4 hours": "4h",
        "6 hours": "6h",
        "8 hours": "8h",
        "12 hours": "12h",
        "1 day": "1d",
        "7 days": "1w",
    }
)
_CANDLE = "trades_candle_"


def data_row(market: Market) -> Row:
    """Return what a market is like now."""
    item = market.instrument
    (bid, bid_lots), (ask, ask_lots) = market.best(BID), market.best(ASK)
    figures = Contract(market).at(market.now_ms)
    middle = str((bid + ask) * tick_size(item) // 2)
    state, mode = status_of(item)
    return {
        "markPrice": price(item, figures.mark_price),
        "bestBidPrice": price(item, bid),
        "bestBidVolume": str(bid_lots),
        "bestOfferPrice": price(item, ask),
        "bestOfferVolume": str(ask_lots),
        "bestStaticBidPrice": price(item, bid),
        "bestStaticBidVolume": str(bid_lots),
        "bestStaticOfferPrice": price(item, ask),
        "bestStaticOfferVolume": str(ask_lots),
        "midPrice": middle,
        "staticMidPrice": middle,
        "market": market_id(item),
        "timestamp": str(market.now_ms * NS),
        "openInterest": str(figures.open_interest),
        "auctionStart": "0",
        "auctionEnd": "0",
        "indicativePrice": "0",
        "indicativeVolume": "0",
        "marketTradingMode": mode,
        "trigger": "AUCTION_TRIGGER_UNSPECIFIED",
        "targetStake": "0",
        "suppliedStake": "0",
        "marketState": state,
        "lastTradedPrice": price(item, market.last.price),
    }


def level_rows(item: Instrument, levels: Iterable[Level]) -> list[Row]:
    """Return levels of a book. The model counts quantities, not orders: a plausible count that a level keeps."""
    return [
        {"price": price(item, ticks), "numberOfOrders": str(1 + lots % 7 if lots else 0), "volume": str(lots)}
        for ticks, lots in levels
    ]


def book_row(market: Market, count: int | None = None) -> Row:
    """Return a book as it stands, the best levels of each side first."""
    item = market.instrument
    return {
        "marketId": market_id(item),
        "buy": level_rows(item, market.levels(BID, count)),
        "sell": level_rows(item, market.levels(ASK, count)),
        "sequenceNumber": str(market.update_id),
    }


def trade_row(item: Instrument, trade: Trade) -> Row:
    """Return a match."""
    taker, maker = hex_id("party", -1 - trade.order % _TRADERS), hex_id("party", trade.id % _TRADERS)
    takes, makes = hex_id("taker", trade.order), hex_id("maker", trade.id)
    bought = trade.side == BUY
    return {
        "id": trade_number(trade.id),
        "marketId": market_id(item),
        "price": price(item, trade.price),
        "size": str(trade.quantity),
        "buyer": taker if bought else maker,
        "seller": maker if bought else taker,
        "aggressor": "SIDE_BUY" if bought else "SIDE_SELL",
        "buyOrder": takes if bought else makes,
        "sellOrder": makes if bought else takes,
        "timestamp": str(trade.ms * NS),
        "type": "TYPE_DEFAULT",
    }


# -- candles -----------------------------------------------------------------------------------------------------


def candle_id(item: Instrument, interval: str) -> str:
    """Return the id of a series of candles."""
    return f"{_CANDLE}{interval.replace(' ', '_')}_{market_id(item)}"


def parse_candle_id(number: str) -> tuple[Interval, str]:
    """Return the interval and the market's id.

    Raises:
        ValueError: it is no such id.
    """
    words, _, market = number.removeprefix(_CANDLE).rpartition("_")
    rule = INTERVALS.get(words.replace("_", " "))
    if rule is None or not number.startswith(_CANDLE):
        raise ValueError(f"no candle id: {number}")
    return rule, market


def candle_row(market: Market, rule: Interval, bar: Bar) -> Row:
    """Return a candle; one without trades has no prices."""
    item = market.instrument
    prices = {"high": bar.high, "low": bar.low, "open": bar.open, "close": bar.close}
    return {
        "start": str(bar.open_ms * NS),
        "lastUpdate": str(min(market.now_ms, rule.next_of(bar.open_ms) - 1) * NS),
        **{name: price(item, ticks) if bar.count else "" for name, ticks in prices.items()},
        "volume": str(bar.volume),
        "notional": str(bar.quote * tick_size(item)),
    }
