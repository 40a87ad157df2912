"""BULK: the records of market data.

Source: BULK API 1.0.15, chapter "Market data streams", and OpenAPI 3.0.10, state of 2026-05; the forms of older servers
are read as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import field

from ...book.sequence import Whole
from ...containers import BarData, TickerData, TradeData
from ...containers.bar import BarRow
from ...containers.base import Number, Place, Row, Side
from ...containers.trade import TradeRow
from ..base import Book, BookRow, Channel, Forms, InstrumentRow
from .wire import QUOTE, milliseconds

_PAST = 3  # so many candles in one message are the past, with which a subscription begins


class Ticker(Row):
    venue_symbol: str = field(name="symbol")
    time: int = field(name="timestamp")
    last_price: Number = field(name="lastPrice", default=None)
    high_price: Number = field(name="highPrice", default=None)
    low_price: Number = field(name="lowPrice", default=None)
    volume: Number = None
    turnover: Number = field(name="quoteVolume", default=None)
    mark_price: Number = field(name="markPrice", default=None)
    index_price: Number = field(name="oraclePrice", default=None)
    current_funding_rate: Number = field(name="fundingRate", default=None)
    open_interest: Number = field(name="openInterest", default=None)
    price_change: Number = field(name="priceChange", default=None)
    price_change_percent: Number = field(name="priceChangePercent", default=None)

    @property
    def timestamp(self) -> int:
        return milliseconds(self.time)


class Trade(TradeRow):
    """The venue gives a trade no id."""

    venue_symbol: str = field(name="s")
    time: int
    price: float = field(name="px")
    quantity: float = field(name="sz")
    taker_bought: bool | None = field(name="side", default=None)
    bought: bool | None = field(name="b", default=None)
    maker: str | None = None
    taker: str | None = None

    trade_id = None
    span = None

    def defect(self) -> str | None:
        if self.taker_bought is None and self.bought is None:
            return "no side"
        return super().defect()

    @property
    def timestamp(self) -> int:
        return milliseconds(self.time)

    @property
    def side(self) -> Side:
        return "buy" if (self.bought if self.taker_bought is None else self.taker_bought) else "sell"


class Candle(BarRow):
    timestamp: int = field(name="t")
    open: float = field(name="o")
    high: float = field(name="h")
    low: float = field(name="l")
    close: float = field(name="c")
    volume: float = field(name="v")
    num_trades: Number = field(name="n", default=None)
    is_followed: bool | None = None  # told by the list it came in, not by the venue

    @property
    def closed(self) -> bool | None:
        return self.is_followed


class Level(msgspec.Struct, gc=False):
    # JSON numbers; as decimals they keep their exact value.
    price: Decimal = field(name="px")
    quantity: Decimal = field(name="sz")
    orders: int = field(name="n", default=0)


class WholeBook(BookRow):
    """A book of which nothing is kept: the next one replaces it."""

    time: int = field(name="timestamp")
    levels: tuple[list[Level], list[Level]]

    @property
    def bids(self) -> Sequence[Any]:
        return _plain(self.levels[0])

    @property
    def asks(self) -> Sequence[Any]:
        return _plain(self.levels[1])

    @property
    def timestamp(self) -> int:
        return milliseconds(self.time)

    @property
    def is_snapshot(self) -> bool:
        return True


def _plain(levels: list[Level]) -> list[tuple[Decimal, Decimal, int]]:
    return [(level.price, level.quantity, level.orders) for level in levels]


class Instrument(InstrumentRow):
    venue_symbol: str = field(name="symbol")
    base: str = field(name="baseAsset")
    quote: str = field(name="quoteAsset")
    status: str
    tick_size: Number = field(name="tickSize", default=None)
    lot_size: Number = field(name="lotSize", default=None)
    min_notional: Number = field(name="minNotional", default=None)

    contract_type = "perpetual"
    settle_asset = QUOTE

    @property
    def is_trading(self) -> bool:
        return self.status == "TRADING"


class Candles(Forms):
    """Candles: only the last of a list may still change. Of a long list, which is the past, only that one counts."""

    __slots__ = ()

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        rows, refused = super().read(payload)
        if len(rows) >= _PAST:
            rows = rows[-1:]
        for _, row in rows[:-1]:
            row.is_followed = True
        return rows, refused


TICKERS = Channel(TickerData, Ticker, ("data", "ticker"))
TRADES = Forms(TradeData, Trade, ("data",), (("trades",), True), (("data",), True), ((), True))
CANDLES = Candles(BarData, Candle, ("data",), (("candles",), True), (("candle",), False))
# Without a number an update may be lost unseen, so the stream of whole books is the one that can be relied on.
BOOKS = Channel(None, WholeBook, ("data", "book"), book=Book(Whole(), order_count_at=2))
