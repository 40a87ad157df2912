"""Bitget spot: the records of market data.

Source: Bitget API v2 documentation (web socket public channels, market endpoints), state of 2026-04; what older
recordings hold besides is read as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Literal

import msgspec
from msgspec import field

from ...containers.bar import BarRow
from ...containers.base import Container, Number, Place, Row, Side
from ...containers.trade import TradeRow
from ..account_base import number_of
from ..base import BookRow, Channel, Digits, Stamp, StepRow

Levels = list[tuple[str, ...]]


class Ticker(Row):
    """The prices since midnight UTC, which stand beside those of 24 hours, are left out."""

    venue_symbol: str = field(name="instId")
    timestamp: int = field(name="ts")
    last_price: Number = field(name="lastPr", default=None)
    bid_price: Number = field(name="bidPr", default=None)
    bid_quantity: Number = field(name="bidSz", default=None)
    ask_price: Number = field(name="askPr", default=None)
    ask_quantity: Number = field(name="askSz", default=None)
    open_price: Number = field(name="open24h", default=None)
    high_price: Number = field(name="high24h", default=None)
    low_price: Number = field(name="low24h", default=None)
    volume: Number = field(name="baseVolume", default=None)
    turnover: Number = field(name="quoteVolume", default=None)
    price_change_fraction: Number = field(name="change24h", default=None)


class RestTicker(Ticker):
    venue_symbol: str = field(name="symbol")
    open_price: Number = field(name="open", default=None)


class Trade(TradeRow):
    sparse = True
    timestamp: int = field(name="ts")
    trade_id: str = field(name="tradeId")
    price: float
    quantity: float = field(name="size")
    word: Literal["buy", "sell", "Buy", "Sell"] = field(name="side")  # the list of the past writes it large

    @property
    def side(self) -> Side:
        return "buy" if self.word in ("buy", "Buy") else "sell"


class PastTrade(Trade):
    """One from before the subscription."""

    @property
    def is_past(self) -> bool:
        return True


class Candle(BarRow, array_like=True):
    """The venue never says that a bar is closed; one is when the next begins."""

    timestamp: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    amount: Number = None


class RestCandle(BarRow, array_like=True):
    """Of the two last figures one is counted in the quote asset and one in USDT; which is which is not certain."""

    timestamp: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    one_value: Number = None
    other_value: Number = None

    @property
    def amount(self) -> Number:
        expected = self.volume * self.close
        one, other = number_of(self.one_value), number_of(self.other_value)
        if one is None or other is None:
            return self.one_value
        return self.one_value if abs(one - expected) <= abs(other - expected) else self.other_value


class Depth(msgspec.Struct):
    bids: Levels
    asks: Levels
    timestamp: int = field(name="ts")
    last: int | None = field(name="seq", default=None)
    checksum: int | None = None


class BookFrame(BookRow):
    """The whole frame is the record: what tells a snapshot from an update lies at its top."""

    action: Literal["snapshot", "update"]
    data: list[Depth] | Depth  # of some markets no list
    bids = property(attrgetter("_depth.bids"))
    asks = property(attrgetter("_depth.asks"))
    timestamp = property(attrgetter("_depth.timestamp"))
    last = property(attrgetter("_depth.last"))
    checksum = property(attrgetter("_depth.checksum"))

    @property
    def _depth(self) -> Depth:
        return self.data[0] if isinstance(self.data, list) else self.data

    @property
    def is_snapshot(self) -> bool:
        return self.action == "snapshot"

    def defect(self) -> str | None:
        count = len(self.data) if isinstance(self.data, list) else 1
        return None if count == 1 else f"{count} books in one frame"


class RestBook(BookRow):
    bids: Levels
    asks: Levels
    timestamp: int = field(name="ts")

    @property
    def is_snapshot(self) -> bool:
        return True


class Instrument(StepRow):
    venue_symbol: str = field(name="symbol")
    base: str = field(name="baseCoin")
    quote: str = field(name="quoteCoin")
    price_digits: Digits = field(name="pricePrecision")
    quantity_digits: Digits = field(name="quantityPrecision")
    status: str
    min_quantity: str | None = field(name="minTradeAmount", default=None)
    max_quantity: str | None = field(name="maxTradeAmount", default=None)
    min_value: str | None = field(name="minTradeUSDT", default=None)

    @property
    def min_notional(self) -> str | None:
        return self.min_value if self.quote == "USDT" else None  # told in USDT, whatever the market is quoted in

    @property
    def is_trading(self) -> bool:
        return self.status == "online"


class ServerTime(Stamp):
    timestamp: int = field(name="serverTime")


class Told(msgspec.Struct):
    action: str = ""


_told = msgspec.json.Decoder(Told).decode


class FromHistory(Channel):
    """A channel that begins with a list of the past, of which the newest record counts: what was missed is fetched."""

    __slots__ = ("_past",)

    def __init__(
        self,
        container: type[Container],
        row: Any,
        past: Any,
        *,
        sort: Callable[[Any], Any] | None = None,
        newest_first: bool = False,
    ) -> None:
        super().__init__(container, row, ("data",), many=True, sort=sort, newest_first=newest_first)
        self._past = Channel(container, past, ("data",), many=True, sort=sort, newest_first=newest_first)

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        if _told(payload).action != "snapshot":
            return super().read(payload)
        rows, refused = self._past.read(payload)
        return rows[-1:], refused
