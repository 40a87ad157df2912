"""The records of Coinbase Exchange's market data, as the feed and REST send them.

Source: Coinbase Exchange documentation (web socket feed: channels; REST: products), state of 2026-11.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import field

from ...book.sequence import BookRow
from ...containers.bar import BarRow
from ...containers.base import Number, Row, Side
from ...containers.trade import TradeRow
from ..base import InstrumentRow, Stamp
from .wire import Moment, milliseconds


class Ticker(Row):
    """The best prices are those after the last trade. The first record of a market may lack nearly everything."""

    venue_symbol: str = field(name="product_id")
    last_price: Number = field(name="price", default=None)
    last_quantity: Number = field(name="last_size", default=None)
    bid_price: Number = field(name="best_bid", default=None)
    bid_quantity: Number = field(name="best_bid_size", default=None)
    ask_price: Number = field(name="best_ask", default=None)
    ask_quantity: Number = field(name="best_ask_size", default=None)
    open_price: Number = field(name="open_24h", default=None)
    high_price: Number = field(name="high_24h", default=None)
    low_price: Number = field(name="low_24h", default=None)
    volume: Number = field(name="volume_24h", default=None)
    last_trade_id: int | None = field(name="trade_id", default=None)
    time: Moment | None = None

    @property
    def timestamp(self) -> int | None:
        return milliseconds(self.time)


class RestTicker(Row):
    """The last trade, the best prices and the volume of 24 hours."""

    last_price: Number = field(name="price", default=None)
    last_quantity: Number = field(name="size", default=None)
    bid_price: Number = field(name="bid", default=None)
    ask_price: Number = field(name="ask", default=None)
    volume: Number = None
    last_trade_id: int | None = field(name="trade_id", default=None)
    time: Moment | None = None

    @property
    def timestamp(self) -> int | None:
        return milliseconds(self.time)


class Trade(TradeRow):
    """A match. The venue tells the maker's side."""

    trade_id: int
    price: float
    quantity: float = field(name="size")
    maker_side: Side = field(name="side")
    time: Moment
    kind: str = field(name="type", default="match")

    @property
    def timestamp(self) -> int | None:
        return milliseconds(self.time)

    @property
    def side(self) -> Side:
        return "buy" if self.maker_side == "sell" else "sell"

    @property
    def is_past(self) -> bool:
        return self.kind == "last_match"


class Depth(BookRow):
    """A whole book, or levels that changed, with their new quantities, in the order in which they did."""

    kind: Literal["snapshot", "l2update"] = field(name="type")
    bids: list[tuple[str, str]] = []
    asks: list[tuple[str, str]] = []
    changes: list[tuple[Side, str, str]] = []
    time: Moment | None = None

    def __post_init__(self) -> None:
        bids, asks = self.bids, self.asks
        for side, price, quantity in self.changes:
            (bids if side == "buy" else asks).append((price, quantity))

    @property
    def timestamp(self) -> int | None:
        return milliseconds(self.time)

    @property
    def is_snapshot(self) -> bool:
        return self.kind == "snapshot"

    def defect(self) -> str | None:
        return "a book without levels" if self.is_snapshot and not (self.bids or self.asks) else None


class RestDepth(BookRow):
    """A whole book. Its number belongs to a channel that needs a key, so it is of no use here."""

    bids: list[tuple[str, str, Any]]
    asks: list[tuple[str, str, Any]]
    time: Moment | None = None

    @property
    def timestamp(self) -> int | None:
        return milliseconds(self.time)

    @property
    def is_snapshot(self) -> bool:
        return True


class Candle(BarRow, array_like=True):
    seconds: int
    low: float
    high: float
    open: float
    close: float
    volume: float

    @property
    def timestamp(self) -> int:
        return self.seconds * 1000


class Instrument(InstrumentRow):
    venue_symbol: str = field(name="id")
    status: str = ""
    tick_size: str | None = field(name="quote_increment", default=None)
    lot_size: str | None = field(name="base_increment", default=None)
    min_notional: str | None = field(name="min_market_funds", default=None)
    trading_disabled: bool = False
    cancel_only: bool = False

    # An auction's market says the asset in place of its own name: BTCAUCTION-USD has BTC.
    @property
    def base(self) -> str:
        return self.venue_symbol.rpartition("-")[0]

    @property
    def quote(self) -> str:
        return self.venue_symbol.rpartition("-")[2]

    @property
    def is_trading(self) -> bool:
        return self.status == "online" and not self.trading_disabled and not self.cancel_only


class ServerTime(Stamp):
    epoch: float

    @property
    def timestamp(self) -> int:
        return round(self.epoch * 1000)

    def defect(self) -> str | None:
        return None if abs(self.epoch) < float("inf") else f"epoch {self.epoch!r}"


__all__ = [
    "Candle",
    "Depth",
    "Instrument",
    "RestDepth",
    "RestTicker",
    "ServerTime",
    "Ticker",
    "Trade",
]
