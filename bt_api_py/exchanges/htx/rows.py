"""Records of HTX's market data.

Source: HTX spot API documentation (websocket market data, market by price, REST market data), last public
state of 2021-06, compared with clients of 2026.
"""

from __future__ import annotations

from decimal import Decimal
from operator import attrgetter

import msgspec
from msgspec import field

from ...containers.bar import BarRow
from ...containers.base import Number, Row, Side
from ...containers.trade import TradeRow
from ..base import BookRow, Digits, Stamp, StepRow

# Levels are JSON numbers, perhaps in exponent form; as decimals they keep their exact value.
Levels = list[tuple[Decimal, ...]]


class Day(Row):
    last_price: Number = field(name="close", default=None)
    open_price: Number = field(name="open", default=None)
    high_price: Number = field(name="high", default=None)
    low_price: Number = field(name="low", default=None)
    volume: Number = field(name="amount", default=None)
    turnover: Number = field(name="vol", default=None)


class Figures(Day):
    """A row of the list of tickers, which have no time, and the inner part of the others."""

    venue_symbol: str | None = field(name="symbol", default=None)
    last_quantity: Number = field(name="lastSize", default=None)
    bid_price: Number = field(name="bid", default=None)
    bid_quantity: Number = field(name="bidSize", default=None)
    ask_price: Number = field(name="ask", default=None)
    ask_quantity: Number = field(name="askSize", default=None)


class MergedFigures(Day):
    bid: list[Number] = []  # price and quantity; empty without a bid
    ask: list[Number] = []
    bid_price = property(lambda self: _part(self.bid, 0))
    bid_quantity = property(lambda self: _part(self.bid, 1))
    ask_price = property(lambda self: _part(self.ask, 0))
    ask_quantity = property(lambda self: _part(self.ask, 1))


def _part(pair: list[Number], place: int) -> Number:
    return pair[place] if len(pair) > place else None


class _Around(Row):
    """The whole frame is the record, because the time of the figures lies beside them."""

    timestamp: int = field(name="ts")
    last_price = property(attrgetter("tick.last_price"))
    bid_price = property(attrgetter("tick.bid_price"))
    bid_quantity = property(attrgetter("tick.bid_quantity"))
    ask_price = property(attrgetter("tick.ask_price"))
    ask_quantity = property(attrgetter("tick.ask_quantity"))
    open_price = property(attrgetter("tick.open_price"))
    high_price = property(attrgetter("tick.high_price"))
    low_price = property(attrgetter("tick.low_price"))
    volume = property(attrgetter("tick.volume"))
    turnover = property(attrgetter("tick.turnover"))


class Ticker(_Around):
    tick: Figures
    last_quantity = property(attrgetter("tick.last_quantity"))


class MergedTicker(_Around):
    """By REST: best price and quantity stand in one list."""

    tick: MergedFigures


class BookTicker(Row):
    timestamp: int = field(name="quoteTime")
    bid_price: Number = field(name="bid")
    bid_quantity: Number = field(name="bidSize")
    ask_price: Number = field(name="ask")
    ask_quantity: Number = field(name="askSize")
    sequence: int = field(name="seqId")


class Trade(TradeRow):
    """Beside `tradeId` the venue sends an obsolete ``id`` of more than 64 bits."""

    timestamp: int = field(name="ts")
    trade_id: int = field(name="tradeId")
    price: float
    quantity: float = field(name="amount")
    side: Side = field(name="direction")


class RestTrade(Trade):
    trade_id: int = field(name="trade-id")


class Kline(BarRow):
    """The venue never says that a bar is closed; one is when the next begins."""

    opened_s: int = field(name="id")
    open: float
    high: float
    low: float
    close: float
    volume: float = field(name="amount")
    amount: float = field(name="vol")
    num_trades: int = field(name="count")

    @property
    def timestamp(self) -> int:
        return self.opened_s * 1000


class Depth(BookRow):
    """A whole book, numbered by a counter of its own."""

    timestamp: int = field(name="ts")
    last: int = field(name="version")
    bids: Levels
    asks: Levels

    @property
    def is_snapshot(self) -> bool:
        return True


class Prices(msgspec.Struct):
    last: int = field(name="seqNum")
    previous: int | None = field(name="prevSeqNum", default=None)
    bids: Levels = []  # the venue leaves out a side that did not change
    asks: Levels = []


class ByPrice(BookRow):
    """The whole frame: its time lies beside the levels. The answer to a request has them under ``data``."""

    timestamp: int = field(name="ts")
    tick: Prices | None = None
    data: Prices | None = None
    last = property(attrgetter("_prices.last"))
    previous = property(attrgetter("_prices.previous"))
    bids = property(attrgetter("_prices.bids"))
    asks = property(attrgetter("_prices.asks"))

    @property
    def _prices(self) -> Prices | None:
        return self.data if self.tick is None else self.tick

    @property
    def is_snapshot(self) -> bool:
        return self.tick is None

    def defect(self) -> str | None:
        return "no levels" if self._prices is None else None


class Instrument(StepRow):
    venue_symbol: str = field(name="symbol")
    base: str = field(name="base-currency")
    quote: str = field(name="quote-currency")
    price_digits: Digits = field(name="price-precision")
    quantity_digits: Digits = field(name="amount-precision")
    status: str = field(name="state")
    api_trading: str = field(name="api-trading", default="enabled")
    min_quantity: Number = field(name="limit-order-min-order-amt", default=None)
    max_quantity: Number = field(name="limit-order-max-order-amt", default=None)
    min_notional: Number = field(name="min-order-value", default=None)

    @property
    def is_trading(self) -> bool:
        return self.status == "online" and self.api_trading == "enabled"


class ServerTime(Stamp):
    timestamp: int = field(name="data")
