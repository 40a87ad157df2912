"""Vega: the records of market data, of REST and of streams alike.

Streams send words as numbers and leave out what is 0 or empty, so every field has its default.

Source: Vega v0.79.0, data node API v2 and protocol buffers, state of 2024-10.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import field

from ...containers.bar import BarRow
from ...containers.base import Number, Place, Side
from ...containers.trade import TradeRow
from ..base import BookRow, Channel, Scale, ScaledRow, Stamp
from ..scale import scaled_or_none
from .wire import SIDE, ListChannel

_NS = 10**6  # in a millisecond
_BUY, _SELL = "SIDE_BUY", "SIDE_SELL"


def milliseconds(ns: int) -> int | None:
    """Return a time of the wire in milliseconds; ``None`` where it was left out."""
    return ns // _NS or None


class Data(ScaledRow):
    """What a market is like. Best prices of 0 mean that there are none, in an auction for example."""

    venue_symbol: str = field(name="market")
    time: int = field(name="timestamp", default=0)
    last_price: Number = field(name="lastTradedPrice", default=None)
    bid_price: Number = field(name="bestBidPrice", default=None)
    bid_quantity: Number = field(name="bestBidVolume", default=None)
    ask_price: Number = field(name="bestOfferPrice", default=None)
    ask_quantity: Number = field(name="bestOfferVolume", default=None)
    mark_price: Number = field(name="markPrice", default=None)
    open_interest: Number = field(name="openInterest", default="0")

    prices = ("last_price", "bid_price", "ask_price", "mark_price")
    quantities = ("bid_quantity", "ask_quantity", "open_interest")

    @property
    def timestamp(self) -> int | None:
        return milliseconds(self.time)

    def scale_by(self, scale: Scale) -> None:
        super().scale_by(scale)
        for name in self.prices:
            setattr(self, name, getattr(self, name) or None)


class Level(msgspec.Struct):
    """A price of a book; one without a volume is gone."""

    price: Any = None
    volume: Any = "0"
    orders: Any = field(name="numberOfOrders", default="0")


class DepthUpdate(BookRow, ScaledRow):
    """What has changed in a book, from the number behind `previous` to `last`."""

    venue_symbol: str = field(name="marketId")
    buy: list[Level] = []
    sell: list[Level] = []
    number: int = field(name="sequenceNumber", default=0)
    before: int = field(name="previousSequenceNumber", default=0)
    sides: tuple[Any, Any] = ((), ())

    def scale_by(self, scale: Scale) -> None:
        self.sides = _levels(self.buy, scale), _levels(self.sell, scale)

    @property
    def bids(self) -> Sequence[Any]:
        return self.sides[0]  # type: ignore[no-any-return]

    @property
    def asks(self) -> Sequence[Any]:
        return self.sides[1]  # type: ignore[no-any-return]

    @property
    def first(self) -> int:
        return self.before + 1

    @property
    def last(self) -> int:
        return self.number

    @property
    def previous(self) -> int:
        return self.before


class Depth(DepthUpdate):
    """A whole book, by REST."""

    @property
    def is_snapshot(self) -> bool:
        return True


def _levels(levels: list[Level], scale: Scale) -> list[tuple[Any, ...]]:
    """Return price, quantity and number of orders; what is no number is left to the book to refuse."""
    return [
        (
            scaled_or_none(level.price, scale.price) or level.price,
            scaled_or_none(level.volume, scale.quantity) or level.volume,
            level.orders,
        )
        for level in levels
    ]


class OfTrade(ScaledRow):
    """What a trade has in a market and on an account. Its id is a hash, which tells nothing of its order."""

    trade_id: str = field(name="id")
    venue_symbol: str = field(name="marketId")
    price: Any = None
    quantity: Any = field(name="size", default="0")
    aggressor: int | str = 0
    time: int = field(name="timestamp", default=0)

    prices = ("price",)
    quantities = ("quantity",)

    @property
    def timestamp(self) -> int | None:
        return milliseconds(self.time)

    @property
    def taker_side(self) -> Side | None:
        """The side of whoever took; ``None`` where that is not told."""
        word = SIDE.read(self.aggressor)
        return "buy" if word == _BUY else "sell" if word == _SELL else None

    def defect(self) -> str | None:
        if not self.trade_id:
            return "empty trade id"
        if str(self.quantity).startswith("-"):
            return f"quantity {self.quantity!r}"
        return self.without("price", "quantity") or (None if self.taker_side else f"aggressor {self.aggressor!r}")


class Trade(OfTrade, TradeRow):
    ordered = False

    @property
    def side(self) -> Side | None:
        return self.taker_side


class Candle(BarRow, ScaledRow):
    start: int
    changed: int = field(name="lastUpdate", default=0)
    open: Any = ""
    high: Any = ""
    low: Any = ""
    close: Any = ""
    volume: Any = "0"
    amount: Any = field(name="notional", default=None)

    prices = ("open", "high", "low", "close")
    quantities = ("volume",)

    @property
    def timestamp(self) -> int:
        return self.start // _NS

    @property
    def event_time(self) -> int | None:
        return milliseconds(self.changed)

    @property
    def is_traded(self) -> bool:
        """Whether there was a trade: without one there are no prices, or all are 0."""
        return scaled_or_none(self.volume, 0) != 0

    def defect(self) -> str | None:
        return self.without("volume", *self.prices) if self.is_traded else None

    def scale_by(self, scale: Scale) -> None:
        super().scale_by(scale)
        self.amount = scaled_or_none(self.amount, scale.price + scale.quantity)  # a sum of price times size


class _OfTraded(Channel):
    __slots__ = ()

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        rows, refused = super().read(payload)
        return [(place, row) for place, row in rows if row.is_traded], refused


class CandleChannel(_OfTraded):
    """A candle of a stream; those without a trade are left out."""

    __slots__ = ()


class CandleList(_OfTraded, ListChannel):
    """Candles of a list; those without a trade are left out."""

    __slots__ = ()


class ServerTime(Stamp):
    ns: int = field(name="timestamp")

    @property
    def timestamp(self) -> int:
        return self.ns // _NS
