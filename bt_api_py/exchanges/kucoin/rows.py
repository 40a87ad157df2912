"""KuCoin spot: the records of market data.

Source: KuCoin API documentation (web socket spot public channels; REST spot market data), state of 2025-11; what older
recordings hold besides is read as well.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Self

import msgspec
from msgspec import field

from ...book.sequence import BookRow
from ...containers.bar import BarRow
from ...containers.base import Number, Row, Side
from ...containers.trade import TradeRow
from ..account_base import number_of
from ..base import InstrumentRow, PatchRow, Stamp

Levels = list[tuple[str, str]]
Changes = list[tuple[str, str, int]]  # price, quantity, number
_NO_LEVEL = "0"  # the price of a change that only takes a number


class Day(msgspec.Struct, frozen=True):
    """The figures of 24 hours, with the last price and the best prices of their moment."""

    last_price: Number = field(name="lastTradedPrice", default=None)
    bid_price: Number = field(name="buy", default=None)
    bid_quantity: Number = field(name="bidSize", default=None)
    ask_price: Number = field(name="sell", default=None)
    ask_quantity: Number = field(name="askSize", default=None)
    open_price: Number = field(name="open", default=None)
    high_price: Number = field(name="high", default=None)
    low_price: Number = field(name="low", default=None)
    volume: Number = field(name="vol", default=None)
    turnover: Number = field(name="volValue", default=None)
    price_change: Number = field(name="changePrice", default=None)
    price_change_fraction: Number = field(name="changeRate", default=None)
    time_ms: int = field(name="datetime", default=0)


_NO_DAY = Day()
_NOW = ("last_price", "bid_price", "bid_quantity", "ask_price", "ask_quantity")


class Ticker(PatchRow):
    """What two channels tell: one the last trade and the best prices, often; the other 24 hours, every two seconds."""

    number: int = field(name="sequence")
    last_price: Number = field(name="price", default=None)
    last_quantity: Number = field(name="size", default=None)
    bid_price: Number = field(name="bestBid", default=None)
    bid_quantity: Number = field(name="bestBidSize", default=None)
    ask_price: Number = field(name="bestAsk", default=None)
    ask_quantity: Number = field(name="bestAskSize", default=None)
    time_ms: int = field(name="time", default=0)
    older_time_ms: int = field(name="Time", default=0)
    day: Day = field(name="data", default=_NO_DAY)
    open_price = property(attrgetter("day.open_price"))
    high_price = property(attrgetter("day.high_price"))
    low_price = property(attrgetter("day.low_price"))
    volume = property(attrgetter("day.volume"))
    turnover = property(attrgetter("day.turnover"))
    price_change = property(attrgetter("day.price_change"))
    price_change_fraction = property(attrgetter("day.price_change_fraction"))

    @property
    def timestamp(self) -> int | None:
        return max(self.time_ms, self.older_time_ms, self.day.time_ms) or None

    def completed(self, before: Self | None) -> Self | None:
        if self.day is _NO_DAY:
            if before is not None and self.number < before.number:
                return None  # the older one came by a second socket
            return self if before is None else msgspec.structs.replace(self, day=before.day)
        if before is not None and before.number:
            return msgspec.structs.replace(before, day=self.day)
        # Until the other channel tells more: its numbers are its own.
        told = {name: getattr(self.day, name) for name in _NOW}
        return msgspec.structs.replace(self, number=0, **told)


class RestTicker(Row):
    venue_symbol: str = field(name="symbol")
    last_price: Number = field(name="last", default=None)
    bid_price: Number = field(name="buy", default=None)
    bid_quantity: Number = field(name="bestBidSize", default=None)
    ask_price: Number = field(name="sell", default=None)
    ask_quantity: Number = field(name="bestAskSize", default=None)
    high_price: Number = field(name="high", default=None)
    low_price: Number = field(name="low", default=None)
    volume: Number = field(name="vol", default=None)
    turnover: Number = field(name="volValue", default=None)
    price_change: Number = field(name="changePrice", default=None)
    price_change_fraction: Number = field(name="changeRate", default=None)
    timestamp: int | None = field(name="time", default=None)  # of a single one

    @property
    def open_price(self) -> float | None:
        last, change = number_of(self.last_price), number_of(self.price_change)
        return None if last is None or change is None else last - change


class Trade(TradeRow):
    """Older ids are no numbers. The sequence beside them tells the order, and leaves out those of other events."""

    number: int = field(name="sequence")
    trade_id: str = field(name="tradeId")
    price: float
    quantity: float = field(name="size")
    side: Side
    time_ns: int = field(name="time")

    @property
    def timestamp(self) -> int:
        return self.time_ns // 1_000_000

    @property
    def span(self) -> tuple[int, int]:
        return self.number, self.number


class RestCandle(BarRow, array_like=True):
    opened_s: int
    open: float
    close: float
    high: float
    low: float
    volume: Number = None
    amount: Number = None

    @property
    def timestamp(self) -> int:
        return self.opened_s * 1000


class Candle(BarRow):
    bar: RestCandle = field(name="candles")
    time_ns: int = field(name="time", default=0)
    open = property(attrgetter("bar.open"))
    high = property(attrgetter("bar.high"))
    low = property(attrgetter("bar.low"))
    close = property(attrgetter("bar.close"))
    volume = property(attrgetter("bar.volume"))
    amount = property(attrgetter("bar.amount"))
    timestamp = property(attrgetter("bar.timestamp"))

    @property
    def event_time(self) -> int | None:
        return self.time_ns // 1_000_000 or None


class BestOffer(BookRow):
    """The best level of each side, not in a list; an empty list where there is none."""

    bid: list[str] = field(name="bids")
    ask: list[str] = field(name="asks")
    timestamp: int

    @property
    def bids(self) -> list[list[str]]:
        return [self.bid] if self.bid else []

    @property
    def asks(self) -> list[list[str]]:
        return [self.ask] if self.ask else []


class Snapshot(BookRow):
    """A whole book, of a limited number of levels; on the socket without a number."""

    bids: Levels
    asks: Levels
    timestamp: int


class Both(msgspec.Struct):
    bids: Changes = []
    asks: Changes = []


class Update(BookRow):
    """Changes from one number to another, each with its own."""

    first: int = field(name="sequenceStart")
    last: int = field(name="sequenceEnd")
    changes: Both
    timestamp: int | None = field(name="time", default=None)

    @property
    def bids(self) -> Changes:
        return _levels(self.changes.bids)

    @property
    def asks(self) -> Changes:
        return _levels(self.changes.asks)


def _levels(changes: Changes) -> Changes:
    """Return the changes of levels in the order of their numbers."""
    found = [change for change in changes if change[0] != _NO_LEVEL]
    if len(found) > 1:
        found.sort(key=lambda change: change[2])
    return found


class RestBook(BookRow):
    last: int = field(name="sequence")
    bids: Levels
    asks: Levels
    timestamp: int | None = field(name="time", default=None)

    @property
    def is_snapshot(self) -> bool:
        return True


class Instrument(InstrumentRow):
    """A market keeps its name when an asset is renamed; the names of the assets are those of today."""

    venue_symbol: str = field(name="symbol")
    base: str = field(name="baseCurrency")
    quote: str = field(name="quoteCurrency")
    tick_size: str | None = field(name="priceIncrement", default=None)
    lot_size: str | None = field(name="baseIncrement", default=None)
    min_quantity: str | None = field(name="baseMinSize", default=None)
    max_quantity: str | None = field(name="baseMaxSize", default=None)
    min_notional: str | None = field(name="minFunds", default=None)
    is_trading: bool = field(name="enableTrading", default=True)

    @property
    def status(self) -> str:
        return "trading" if self.is_trading else "halted"


class ServerTime(Stamp):
    timestamp: int = field(name="data")
