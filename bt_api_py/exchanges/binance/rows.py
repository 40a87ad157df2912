"""Records of Binance's market data that spot and futures have in common.

Source: Binance spot API documentation (web socket streams, market data endpoints), state of 2026-07-21; USD-M futures
documentation (market streams, market data), state of 2026-05.
"""

from __future__ import annotations

from typing import Any, ClassVar

from msgspec import field

from ...containers.bar import BarRow
from ...containers.base import Number, Row, Side
from ...containers.trade import TradeRow
from ..base import BookRow, InstrumentRow, Stamp

Levels = list[tuple[str, ...]]
Pairs = list[tuple[str, str]]  # quicker to decode


class Ticker(Row, kw_only=True):  # in the order of the wire, which spares the decoder a search
    timestamp: int = field(name="E")
    price_change: Number = field(name="p", default=None)
    price_change_percent: Number = field(name="P", default=None)
    previous_close: Number = field(name="x", default=None)  # last trade before the window
    last_price: Number = field(name="c")
    last_quantity: Number = field(name="Q", default=None)
    bid_price: Number = field(name="b", default=None)
    bid_quantity: Number = field(name="B", default=None)
    ask_price: Number = field(name="a", default=None)
    ask_quantity: Number = field(name="A", default=None)
    open_price: Number = field(name="o", default=None)
    high_price: Number = field(name="h", default=None)
    low_price: Number = field(name="l", default=None)
    volume: Number = field(name="v", default=None)
    turnover: Number = field(name="q", default=None)


class BookTicker(Row):
    """Best prices; on spot the venue sends neither a name nor a time with them."""

    bid_price: Number = field(name="b")
    bid_quantity: Number = field(name="B")
    ask_price: Number = field(name="a")
    ask_quantity: Number = field(name="A")
    sequence: int = field(name="u")
    timestamp: int | None = field(name="E", default=None)


class Taker:
    """The flag says that the buyer was the maker, so the taker sold."""

    buyer_is_maker: bool

    @property
    def side(self) -> Side:
        return "sell" if self.buyer_is_maker else "buy"


class AggregateTrade(TradeRow):
    timestamp: int = field(name="T")
    trade_id: int = field(name="a")
    price: float = field(name="p")
    quantity: float = field(name="q")
    buyer_is_maker: bool = field(name="m")
    first_trade_id: int | None = field(name="f", default=None)
    last_trade_id: int | None = field(name="l", default=None)
    side = Taker.side


class Kline(BarRow):
    timestamp: int = field(name="t")
    close_time: int = field(name="T")
    open: float = field(name="o")
    high: float = field(name="h")
    low: float = field(name="l")
    close: float = field(name="c")
    volume: float = field(name="v")
    amount: float = field(name="q")
    num_trades: int = field(name="n")
    closed: bool = field(name="x")
    taker_buy_volume: Number = field(name="V", default=None)
    taker_buy_amount: Number = field(name="Q", default=None)


class Difference(BookRow):
    checks: ClassVar[dict[str, dict[Any, Any]]] = {"bids": {Levels: Pairs}, "asks": {Levels: Pairs}}

    timestamp: int = field(name="E")
    first: int = field(name="U")
    last: int = field(name="u")
    bids: Levels = field(name="b")
    asks: Levels = field(name="a")


class Snapshot(BookRow):
    """The book by REST, and on spot the partial book of the stream; only futures send a time with it."""

    last: int = field(name="lastUpdateId")
    bids: Levels
    asks: Levels
    timestamp: int | None = field(name="E", default=None)

    @property
    def is_snapshot(self) -> bool:
        return True


class RestTicker(Row):
    venue_symbol: str = field(name="symbol")
    last_price: Number = field(name="lastPrice")
    timestamp: int = field(name="closeTime")
    last_quantity: Number = field(name="lastQty", default=None)
    bid_price: Number = field(name="bidPrice", default=None)
    bid_quantity: Number = field(name="bidQty", default=None)
    ask_price: Number = field(name="askPrice", default=None)
    ask_quantity: Number = field(name="askQty", default=None)
    open_price: Number = field(name="openPrice", default=None)
    high_price: Number = field(name="highPrice", default=None)
    low_price: Number = field(name="lowPrice", default=None)
    previous_close: Number = field(name="prevClosePrice", default=None)
    volume: Number = None
    turnover: Number = field(name="quoteVolume", default=None)
    price_change: Number = field(name="priceChange", default=None)
    price_change_percent: Number = field(name="priceChangePercent", default=None)


class RestKline(BarRow, array_like=True):
    """The venue sends no flag for the last, unfinished bar, so nothing is said here."""

    timestamp: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    close_time: int
    amount: float
    num_trades: int
    taker_buy_volume: Number
    taker_buy_amount: Number


class Filter(Row):
    kind: str = field(name="filterType")
    tick_size: str | None = field(name="tickSize", default=None)
    step_size: str | None = field(name="stepSize", default=None)
    min_price: str | None = field(name="minPrice", default=None)
    max_price: str | None = field(name="maxPrice", default=None)
    min_quantity: str | None = field(name="minQty", default=None)
    max_quantity: str | None = field(name="maxQty", default=None)
    min_notional: str | None = field(name="minNotional", default=None)
    notional: str | None = None  # the same on futures


class Instrument(InstrumentRow):
    venue_symbol: str = field(name="symbol")
    base: str = field(name="baseAsset")
    quote: str = field(name="quoteAsset")
    status: str
    filters: list[Filter] = []

    def _of(self, kind: str, name: str) -> str | None:
        return next((getattr(entry, name) for entry in self.filters if entry.kind == kind), None)

    @property
    def is_trading(self) -> bool:
        return self.status == "TRADING"

    @property
    def tick_size(self) -> str | None:
        return self._of("PRICE_FILTER", "tick_size")

    @property
    def min_price(self) -> str | None:
        return self._of("PRICE_FILTER", "min_price")

    @property
    def max_price(self) -> str | None:
        return self._of("PRICE_FILTER", "max_price")

    @property
    def lot_size(self) -> str | None:
        return self._of("LOT_SIZE", "step_size")

    @property
    def min_quantity(self) -> str | None:
        return self._of("LOT_SIZE", "min_quantity")

    @property
    def max_quantity(self) -> str | None:
        return self._of("LOT_SIZE", "max_quantity")

    @property
    def min_notional(self) -> str | None:
        least = self._of("NOTIONAL", "min_notional") or self._of("MIN_NOTIONAL", "min_notional")
        return least or self._of("MIN_NOTIONAL", "notional")


class ServerTime(Stamp):
    timestamp: int = field(name="serverTime")
