"""Kraken spot: the records of market data.

Source: Kraken documentation (web socket v2: ticker, trade, book, ohlc; REST market data), state of 2026-07.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Literal

import msgspec
from msgspec import field

from ...book.sequence import BookRow
from ...containers.bar import BarRow
from ...containers.base import Number, Row, Side
from ...containers.orderbook import Level
from ...containers.trade import TradeRow
from ..base import Digits, InstrumentRow, Stamp
from .wire import Moment, market_of, milliseconds

_LATEST_S = 10**11  # the year 5138: what lies behind is no time


class Ticker(Row):
    last_price: float | None = field(name="last", default=None)
    best_bid: float | None = field(name="bid", default=None)
    best_bid_quantity: float | None = field(name="bid_qty", default=None)
    best_ask: float | None = field(name="ask", default=None)
    best_ask_quantity: float | None = field(name="ask_qty", default=None)
    volume: float | None = None
    mean_price: float | None = field(name="vwap", default=None)
    low_price: float | None = field(name="low", default=None)
    high_price: float | None = field(name="high", default=None)
    price_change: float | None = field(name="change", default=None)
    price_change_percent: float | None = field(name="change_pct", default=None)
    time: Moment | None = field(name="timestamp", default=None)

    @property
    def timestamp(self) -> int | None:
        # 1970 stands for a market in which nothing was ever traded.
        return None if self.time is None else milliseconds(self.time) or None

    # A side without orders has a price of zero.
    bid_price = property(lambda self: self.best_bid or None)
    bid_quantity = property(lambda self: self.best_bid_quantity if self.best_bid else None)
    ask_price = property(lambda self: self.best_ask or None)
    ask_quantity = property(lambda self: self.best_ask_quantity if self.best_ask else None)

    @property
    def open_price(self) -> float | None:
        if self.last_price is None or self.price_change is None:
            return None
        return float(Decimal(repr(self.last_price)) - Decimal(repr(self.price_change)))

    @property
    def turnover(self) -> float | None:
        return _value(self.volume, self.mean_price)


class Trade(TradeRow):
    time: Moment = field(name="timestamp")
    trade_id: int  # grows by one within a market
    price: float
    quantity: float = field(name="qty")
    side: Side

    @property
    def timestamp(self) -> int:
        return milliseconds(self.time)


class Candle(BarRow):
    """The venue never says that a bar is closed; one is when the next begins."""

    begin: Moment = field(name="interval_begin")
    open: float
    high: float
    low: float
    close: float
    volume: float
    mean_price: float = field(name="vwap")
    num_trades: int = field(name="trades")

    @property
    def timestamp(self) -> int:
        return milliseconds(self.begin)

    @property
    def amount(self) -> float | None:
        return _value(self.volume, self.mean_price)


class PriceLevel(msgspec.Struct):
    price: Decimal  # with every digit that was sent: the checksum is made of them
    quantity: Decimal = field(name="qty")


class Depth(msgspec.Struct):
    bids: list[PriceLevel] = []
    asks: list[PriceLevel] = []
    checksum: int | None = None
    time: Moment | None = field(name="timestamp", default=None)


class BookFrame(BookRow):
    """The whole frame is the record: what tells a snapshot from an update lies at its top."""

    kind: Literal["snapshot", "update"] = field(name="type")
    data: list[Depth]
    checksum = property(attrgetter("_depth.checksum"))

    @property
    def _depth(self) -> Depth:
        return self.data[0]

    @property
    def bids(self) -> Sequence[Level]:
        return [(level.price, level.quantity) for level in self._depth.bids]

    @property
    def asks(self) -> Sequence[Level]:
        return [(level.price, level.quantity) for level in self._depth.asks]

    @property
    def timestamp(self) -> int | None:
        time = self._depth.time
        return None if time is None else milliseconds(time)

    @property
    def is_snapshot(self) -> bool:
        return self.kind == "snapshot"

    def defect(self) -> str | None:
        return None if len(self.data) == 1 else f"{len(self.data)} books in one frame"


# REST


class RestTicker(Row):
    """Figures of the day are pairs: since midnight, and of 24 hours. There is no price of 24 hours ago."""

    ask: list[Number] = field(name="a", default=[])  # price, whole lots, lots
    bid: list[Number] = field(name="b", default=[])
    last: list[Number] = field(name="c", default=[])  # price, quantity
    volumes: list[Number] = field(name="v", default=[])
    mean_prices: list[Number] = field(name="p", default=[])
    lows: list[Number] = field(name="l", default=[])
    highs: list[Number] = field(name="h", default=[])
    last_price = property(lambda self: _part(self.last, 0))
    last_quantity = property(lambda self: _part(self.last, 1))
    bid_price = property(lambda self: _part(self.bid, 0))
    bid_quantity = property(lambda self: _part(self.bid, 2))
    ask_price = property(lambda self: _part(self.ask, 0))
    ask_quantity = property(lambda self: _part(self.ask, 2))
    volume = property(lambda self: _part(self.volumes, 1))
    low_price = property(lambda self: _part(self.lows, 1))
    high_price = property(lambda self: _part(self.highs, 1))
    turnover = property(lambda self: _value(_part(self.volumes, 1), _part(self.mean_prices, 1)))


class ListedTicker(RestTicker):
    """A row of the list of all, which names its market."""

    key: str = ""
    venue_symbol = property(lambda self: market_of(self.key))


class RestBook(BookRow):
    bids: list[tuple[str, str, int]]  # price, quantity, time in seconds
    asks: list[tuple[str, str, int]]

    @property
    def is_snapshot(self) -> bool:
        return True


class RestTrade(TradeRow, array_like=True):
    price: float
    quantity: float
    time_s: Decimal
    side_letter: Literal["b", "s"]
    order_type: str
    misc: str
    trade_id: int

    @property
    def side(self) -> Side:
        return "buy" if self.side_letter == "b" else "sell"

    @property
    def timestamp(self) -> int:
        return int(self.time_s * 1000)

    def defect(self) -> str | None:
        return super().defect() or (None if 0 < self.time_s < _LATEST_S else f"time {self.time_s}")


class RestCandle(BarRow, array_like=True):
    """The last row is the running bar; bars without a trade are listed too."""

    opened_s: int
    open: float
    high: float
    low: float
    close: float
    mean_price: float
    volume: float
    num_trades: int

    @property
    def timestamp(self) -> int:
        return self.opened_s * 1000

    @property
    def amount(self) -> float | None:
        return _value(self.volume, self.mean_price)


class Instrument(InstrumentRow):
    name: str = field(name="wsname")  # as version 1 of the sockets had it
    status: str
    quantity_digits: Digits = field(name="lot_decimals")
    other_name: str = field(name="altname", default="")
    tick_size: str | None = None
    min_quantity: str | None = field(name="ordermin", default=None)
    min_notional: str | None = field(name="costmin", default=None)
    key: str = ""

    @property
    def venue_symbol(self) -> str:
        return market_of(self.name)

    @property
    def base(self) -> str:
        return self.venue_symbol.partition("/")[0]

    @property
    def quote(self) -> str:
        return self.venue_symbol.partition("/")[2]

    @property
    def aliases(self) -> tuple[str, ...]:
        return self.name, self.other_name, self.key

    @property
    def lot_size(self) -> str:
        return f"1e-{self.quantity_digits}"

    @property
    def is_trading(self) -> bool:
        return self.status == "online"


class ServerTime(Stamp):
    """Whole seconds: half of one is added, so that the error is as often early as late."""

    seconds: int = field(name="unixtime")

    @property
    def timestamp(self) -> int:
        return self.seconds * 1000 + 500


def _part(row: list[Number], place: int) -> Number:
    return row[place] if len(row) > place else None


def _value(quantity: Number, mean_price: Number) -> float | None:
    """Return what was paid in all, from the quantity and the mean price weighted by it."""
    try:
        return None if quantity is None or mean_price is None else float(quantity) * float(mean_price)
    except ValueError:
        return None
