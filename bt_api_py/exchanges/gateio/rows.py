"""Gate spot: the records of market data.

Source: Gate API v4 documentation (spot web socket channels; REST spot), state of 2026-04; what older recordings hold
besides is read as well.
"""

from __future__ import annotations

from decimal import Decimal
from operator import attrgetter

from msgspec import field

from ...book.sequence import BookRow
from ...containers.bar import BarRow
from ...containers.base import Number, Row, Side
from ...containers.trade import TradeRow
from ..account_base import number_of
from ..base import Digits, Stamp, StepRow

Levels = list[tuple[str, str]]
_LATEST_MS = 10**14  # the year 5138: what lies behind is no time


class Figures(Row):
    """By REST with the quantities of the best prices, on the socket without; neither has a time of its own."""

    venue_symbol: str = field(name="currency_pair")
    last_price: Number = field(name="last", default=None)
    bid_price: Number = field(name="highest_bid", default=None)
    bid_quantity: Number = field(name="highest_size", default=None)
    ask_price: Number = field(name="lowest_ask", default=None)
    ask_quantity: Number = field(name="lowest_size", default=None)
    high_price: Number = field(name="high_24h", default=None)
    low_price: Number = field(name="low_24h", default=None)
    volume: Number = field(name="base_volume", default=None)
    turnover: Number = field(name="quote_volume", default=None)
    price_change_percent: Number = field(name="change_percentage", default=None)

    @property
    def open_price(self) -> float | None:
        last, percent = number_of(self.last_price), number_of(self.price_change_percent)
        if last is None or percent is None or percent == -100:
            return None
        return last / (1 + percent / 100)


class Ticker(Row):
    """The whole frame is the record, because its time lies beside the figures."""

    result: Figures
    time: int | None = None  # seconds; all that older frames have
    time_ms: int | None = None
    last_price = property(attrgetter("result.last_price"))
    bid_price = property(attrgetter("result.bid_price"))
    ask_price = property(attrgetter("result.ask_price"))
    high_price = property(attrgetter("result.high_price"))
    low_price = property(attrgetter("result.low_price"))
    volume = property(attrgetter("result.volume"))
    turnover = property(attrgetter("result.turnover"))
    price_change_percent = property(attrgetter("result.price_change_percent"))
    open_price = property(attrgetter("result.open_price"))

    @property
    def timestamp(self) -> int | None:
        if self.time_ms is not None:
            return self.time_ms
        return None if self.time is None else self.time * 1000


class BookTicker(Row):
    """Best prices; an empty side has an empty price."""

    timestamp: int = field(name="t")
    sequence: int = field(name="u")
    bid_price: Number = field(name="b", default=None)
    bid_quantity: Number = field(name="B", default=None)
    ask_price: Number = field(name="a", default=None)
    ask_quantity: Number = field(name="A", default=None)


class Trade(TradeRow):
    """The id counts the trades of all markets; beside it stands the number within the market, which grows by one."""

    numbered_apart = True

    number: int = field(name="id")
    price: float
    quantity: float = field(name="amount")
    side: Side
    moment_ms: Decimal = field(name="create_time_ms")
    market_number: int | None = field(name="id_market", default=None)
    sequence_number: int | None = field(name="sequence_id", default=None)  # the same, by REST
    covers: str = field(name="range", default="")  # first and last number of the market

    @property
    def trade_id(self) -> str:
        return str(self.number)

    @property
    def timestamp(self) -> int:
        return int(self.moment_ms)

    @property
    def span(self) -> tuple[int, int] | None:
        first, _, last = self.covers.partition("-")
        if first.isdecimal() and last.isdecimal() and len(self.covers) < 40:
            return int(first), int(last)
        number = self.sequence_number if self.market_number is None else self.market_number
        return None if number is None else (number, number)

    @property
    def first_trade_id(self) -> int | None:
        return None if self.span is None else self.span[0]

    @property
    def last_trade_id(self) -> int | None:
        return None if self.span is None else self.span[1]

    def defect(self) -> str | None:
        return super().defect() or (None if 0 <= self.moment_ms < _LATEST_MS else f"time {self.moment_ms}")


class Candle(BarRow):
    """The flag comes true with the last record of a bar, or never; a bar is closed when the next begins, too."""

    opened_s: int = field(name="t")
    open: float = field(name="o")
    high: float = field(name="h")
    low: float = field(name="l")
    close: float = field(name="c")
    amount: Number = field(name="v", default=None)  # in the quote asset
    volume: Number = field(name="a", default=None)
    is_last: bool | None = field(name="w", default=None)

    @property
    def timestamp(self) -> int:
        return self.opened_s * 1000

    @property
    def closed(self) -> bool | None:
        return True if self.is_last else None


class Update(BookRow):
    """Changes of a book, from one number to another; with `full` a whole book."""

    timestamp: int = field(name="t")
    last: int = field(name="u")
    first: int | None = field(name="U", default=None)
    bids: Levels = field(name="b", default=[])
    asks: Levels = field(name="a", default=[])
    full: bool = False

    @property
    def previous(self) -> int | None:
        return None if self.first is None else self.first - 1

    @property
    def is_snapshot(self) -> bool:
        return self.full


class Snapshot(BookRow):
    """A whole book, of a limited number of levels."""

    timestamp: int = field(name="t")
    last: int = field(name="lastUpdateId")
    bids: Levels
    asks: Levels

    @property
    def is_snapshot(self) -> bool:
        return True


class RestBook(BookRow):
    """The book by REST has its number only when that is asked for."""

    bids: Levels
    asks: Levels
    last: int | None = field(name="id", default=None)
    timestamp: int | None = field(name="update", default=None)

    @property
    def is_snapshot(self) -> bool:
        return True


class RestCandle(BarRow, array_like=True):
    opened_s: int
    amount: float
    close: float
    high: float
    low: float
    open: float
    volume: Number = None
    window_closed: str | bool | None = None

    @property
    def timestamp(self) -> int:
        return self.opened_s * 1000

    @property
    def closed(self) -> bool | None:
        if isinstance(self.window_closed, str):
            return self.window_closed == "true"
        return self.window_closed


class Instrument(StepRow):
    venue_symbol: str = field(name="id")
    base: str
    quote: str
    price_digits: Digits = field(name="precision")
    quantity_digits: Digits = field(name="amount_precision")
    status: str = field(name="trade_status")
    min_quantity: str | None = field(name="min_base_amount", default=None)
    min_notional: str | None = field(name="min_quote_amount", default=None)

    @property
    def is_trading(self) -> bool:
        return self.status == "tradable"


class ServerTime(Stamp):
    timestamp: int = field(name="server_time")
