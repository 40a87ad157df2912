"""Records of OKX's market data that spot and swaps have in common.

Source: OKX API v5 documentation (public and business web socket channels, market data endpoints), state of 2026-07;
what older recordings hold besides is read as well.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Literal

import msgspec
from msgspec import field

from ...containers.bar import BarRow
from ...containers.base import Number, Row, Side
from ...containers.trade import TradeRow
from ..base import BookRow, InstrumentRow, Stamp

Levels = list[tuple[str, ...]]


class Ticker(Row):
    venue_symbol: str = field(name="instId")
    timestamp: int = field(name="ts")
    last_price: Number = field(name="last")
    last_quantity: Number = field(name="lastSz", default=None)
    bid_price: Number = field(name="bidPx", default=None)
    bid_quantity: Number = field(name="bidSz", default=None)
    ask_price: Number = field(name="askPx", default=None)
    ask_quantity: Number = field(name="askSz", default=None)
    open_price: Number = field(name="open24h", default=None)
    high_price: Number = field(name="high24h", default=None)
    low_price: Number = field(name="low24h", default=None)
    volume: Number = field(name="vol24h", default=None)


class Trade(TradeRow):
    """The channel ``trades`` merges the fills of one order at one price and tells how many in `count`."""

    timestamp: int = field(name="ts")
    trade_id: str = field(name="tradeId")  # of the last of them
    price: float = field(name="px")
    quantity: float = field(name="sz")
    side: Side
    count: int | None = None

    @property
    def first_trade_id(self) -> int | None:
        last = self.last_trade_id
        return None if last is None or self.count is None else last - self.count + 1

    @property
    def last_trade_id(self) -> int | None:
        if self.count is None or self.count < 1:
            return None
        return int(self.trade_id) if self.trade_id.isdecimal() and len(self.trade_id) < 20 else None

    @property
    def span(self) -> tuple[int, int] | None:
        if self.first_trade_id is None or self.last_trade_id is None:
            return super().span
        return self.first_trade_id, self.last_trade_id


class Candle(BarRow, array_like=True):
    timestamp: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    volume_in_currency: Number = None
    amount: Number = None
    confirm: str = ""

    @property
    def closed(self) -> bool | None:
        return self.confirm == "1" if self.confirm else None


class Depth(msgspec.Struct):
    bids: Levels
    asks: Levels
    timestamp: int = field(name="ts")
    last: int | None = field(name="seqId", default=None)
    previous: int | None = field(name="prevSeqId", default=None)
    checksum: int | None = None


class WholeFrame(BookRow):
    """The whole frame is the record; channels that send whole books do not say so."""

    data: list[Depth]
    bids = property(attrgetter("_depth.bids"))
    asks = property(attrgetter("_depth.asks"))
    timestamp = property(attrgetter("_depth.timestamp"))
    last = property(attrgetter("_depth.last"))
    previous = property(attrgetter("_depth.previous"))
    checksum = property(attrgetter("_depth.checksum"))

    @property
    def _depth(self) -> Depth:
        return self.data[0]

    @property
    def is_snapshot(self) -> bool:
        return True

    def defect(self) -> str | None:
        return None if len(self.data) == 1 else f"{len(self.data)} books in one frame"


class KeptFrame(WholeFrame):
    """What tells a snapshot from an update lies beside the levels."""

    action: Literal["snapshot", "update"]

    @property
    def is_snapshot(self) -> bool:
        return self.action == "snapshot"


class Listed(InstrumentRow):
    """What all markets tell; contracts leave the two assets to other fields."""

    venue_symbol: str = field(name="instId")
    status: str = field(name="state")
    tick_size: str | None = field(name="tickSz", default=None)
    lot_size: str | None = field(name="lotSz", default=None)
    min_quantity: str | None = field(name="minSz", default=None)
    max_quantity: str | None = field(name="maxLmtSz", default=None)

    @property
    def is_trading(self) -> bool:
        return self.status == "live"


class ServerTime(Stamp):
    timestamp: int = field(name="ts")
