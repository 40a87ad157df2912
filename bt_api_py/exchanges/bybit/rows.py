"""Bybit's trades, liquidations, candles and books, which spot and contracts share.

Source: Bybit API v5 documentation (web socket public channels, market endpoints), state of 2026-07.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Literal

import msgspec
from msgspec import field

from ...containers.bar import BarRow
from ...containers.base import Number, Side
from ...containers.derivatives import LiquidationRow
from ...containers.trade import TradeRow
from ..base import BookRow, Stamp

Levels = list[tuple[str, ...]]


class OfTaker(TradeRow):
    """A trade whose id is a text without order: a number on spot, mostly, and a UUID elsewhere."""

    ordered = False

    @property
    def side(self) -> Side:
        word: str = self.side_word  # type: ignore[attr-defined]  # declared by each record
        return "buy" if word == "Buy" else "sell"


class Trade(OfTaker):
    timestamp: int = field(name="T")
    trade_id: str = field(name="i")
    price: float = field(name="p")
    quantity: float = field(name="v")
    side_word: Literal["Buy", "Sell"] = field(name="S")


class RestTrade(OfTaker):
    timestamp: int = field(name="time")
    trade_id: str = field(name="execId")
    price: float
    quantity: float = field(name="size")
    side_word: Literal["Buy", "Sell"] = field(name="side")


class Liquidation(LiquidationRow):
    timestamp: int = field(name="T")
    price: float = field(name="p")
    quantity: float = field(name="v")
    position: Literal["Buy", "Sell"] = field(name="S")

    @property
    def side(self) -> Side:
        # The venue names the side of the position; the order that closes it has the other one.
        return "sell" if self.position == "Buy" else "buy"


class Candle(BarRow):
    timestamp: int = field(name="start")
    open: float
    high: float
    low: float
    close: float
    confirm: bool
    close_time: int | None = field(name="end", default=None)
    volume: Number = None
    amount: Number = field(name="turnover", default=None)

    @property
    def closed(self) -> bool | None:
        return self.confirm


class RestCandle(BarRow, array_like=True):
    timestamp: int
    open: float
    high: float
    low: float
    close: float
    volume: Number = None
    amount: Number = None


class Depth(msgspec.Struct):
    bids: Levels = field(name="b")
    asks: Levels = field(name="a")
    last: int = field(name="u")


class WholeFrame(BookRow):
    """The best level of each side, always whole."""

    data: Depth
    kind: Literal["snapshot"] = field(name="type")
    sent_time: int = field(name="ts")
    matched_time: int | None = field(name="cts", default=None)
    bids = property(attrgetter("data.bids"))
    asks = property(attrgetter("data.asks"))
    last = property(attrgetter("data.last"))

    @property
    def timestamp(self) -> int:
        return self.sent_time if self.matched_time is None else self.matched_time

    @property
    def is_snapshot(self) -> bool:
        return True


class KeptFrame(WholeFrame):
    """A book, or what changed in it; updates of one topic are numbered without a hole."""

    kind: Literal["snapshot", "delta"] = field(name="type")  # type: ignore[assignment]  # one word more

    @property
    def previous(self) -> int:
        last: int = self.last
        return last - 1

    @property
    def is_snapshot(self) -> bool:
        # Number 1 is that of a service that was started again, and the frame a whole book, whatever it says.
        return self.kind == "snapshot" or self.last == 1


class RestBook(BookRow):
    bids: Levels = field(name="b")
    asks: Levels = field(name="a")
    last: int = field(name="u")
    sent_time: int = field(name="ts")
    matched_time: int | None = field(name="cts", default=None)
    timestamp = WholeFrame.timestamp
    is_snapshot = WholeFrame.is_snapshot


class ServerTime(Stamp):
    timestamp: int = field(name="time")
