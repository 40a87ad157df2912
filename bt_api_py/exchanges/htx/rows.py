"""Records of HTX's market data: those of spot, and what contracts have in common with it.

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


class Prices(Row):
    """The prices of 24 hours."""

    last_price: Number = field(name="close", default=None)
    open_price: Number = field(name="open", default=None)
    high_price: Number = field(name="high", default=None)
    low_price: Number = field(name="low", default=None)


class Figures(Prices):
    """A row of the list of tickers, which have no time, and the inner part of the others."""

    venue_symbol: str | None = field(name="symbol", default=None)
    volume: Number = field(name="amount", default=None)
    turnover: Number = field(name="vol", default=None)
    last_quantity: Number = field(name="lastSize", default=None)
    bid_price: Number = field(name="bid", default=None)
    bid_quantity: Number = field(name="bidSize", default=None)
    ask_price: Number = field(name="ask", default=None)
    ask_quantity: Number = field(name="askSize", default=None)


class Best(Prices):
    """Here the best price and its quantity stand in one list, which is empty or missing where there is none."""

    bid: list[Number] | None = None
    ask: list[Number] | None = None
    bid_price = property(lambda self: _part(self.bid, 0))
    bid_quantity = property(lambda self: _part(self.bid, 1))
    ask_price = property(lambda self: _part(self.ask, 0))
    ask_quantity = property(lambda self: _part(self.ask, 1))


def _part(pair: list[Number] | None, place: int) -> Number:
    return pair[place] if pair is not None and len(pair) > place else None


class MergedFigures(Best):
    """By REST."""

    volume: Number = field(name="amount", default=None)
    turnover: Number = field(name="vol", default=None)


class Around(Row):
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


class Ticker(Around):
    tick: Figures
    last_quantity = property(attrgetter("tick.last_quantity"))


class MergedTicker(Around):
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


class Bar(BarRow):
    """The venue never says that a bar is closed; one is when the next begins."""

    opened_s: int = field(name="id")
    open: float
    high: float
    low: float
    close: float

    @property
    def timestamp(self) -> int:
        return self.opened_s * 1000


class Kline(Bar):
    volume: float = field(name="amount")
    amount: float = field(name="vol")
    num_trades: int = field(name="count")


class Depth(BookRow):
    """A whole book, numbered by a counter of its own."""

    timestamp: int = field(name="ts")
    last: int = field(name="version")
    bids: Levels
    asks: Levels

    @property
    def is_snapshot(self) -> bool:
        return True


class Changes(msgspec.Struct):
    last: int = field(name="seqNum")
    previous: int | None = field(name="prevSeqNum", default=None)
    bids: Levels = []  # the venue leaves out a side that did not change
    asks: Levels = []


class ByPrice(BookRow):
    """The whole frame: its time lies beside the levels. The answer to a request has them under ``data``."""

    timestamp: int = field(name="ts")
    tick: Changes | None = None
    data: Changes | None = None
    last = property(attrgetter("_changes.last"))
    previous = property(attrgetter("_changes.previous"))
    bids = property(attrgetter("_changes.bids"))
    asks = property(attrgetter("_changes.asks"))

    @property
    def _changes(self) -> Changes | None:
        return self.data if self.tick is None else self.tick

    @property
    def is_snapshot(self) -> bool:
        return self.tick is None

    def defect(self) -> str | None:
        return "no levels" if self._changes is None else None


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
