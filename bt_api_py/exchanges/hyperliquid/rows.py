"""Hyperliquid: the records of market data.

Source: Hyperliquid API documentation (websocket subscriptions, info endpoint for perpetuals), state of 2026-05.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Literal

import msgspec
from msgspec import field

from ...containers.bar import BarRow
from ...containers.base import Container, Number, Place, Row, Side
from ...containers.trade import TradeRow
from ..base import BookRow, Channel, Digits, InstrumentRow
from .wire import QUOTE


class Figures(msgspec.Struct):
    """The context of a market. Those of spot leave out what only contracts have."""

    mark_price: Number = field(name="markPx", default=None)
    middle: Number = field(name="midPx", default=None)
    open_price: Number = field(name="prevDayPx", default=None)
    volume: Number = field(name="dayBaseVlm", default=None)
    turnover: Number = field(name="dayNtlVlm", default=None)
    index_price: Number = field(name="oraclePx", default=None)
    current_funding_rate: Number = field(name="funding", default=None)
    open_interest: Number = field(name="openInterest", default=None)


class Ticker(Row):
    """The figures of a market. The venue tells neither their time nor the last price here."""

    venue_symbol: str = field(name="coin")
    figures: Figures = field(name="ctx")
    mark_price = property(attrgetter("figures.mark_price"))
    open_price = property(attrgetter("figures.open_price"))
    volume = property(attrgetter("figures.volume"))
    turnover = property(attrgetter("figures.turnover"))
    index_price = property(attrgetter("figures.index_price"))
    current_funding_rate = property(attrgetter("figures.current_funding_rate"))
    open_interest = property(attrgetter("figures.open_interest"))

    @property
    def mid_price(self) -> Number:
        # Where one side of the book is empty there is no middle.
        return self.figures.mark_price if self.figures.middle is None else self.figures.middle


class Market(msgspec.Struct):
    name: str


class Universe(msgspec.Struct):
    markets: list[Market] = field(name="universe")


_listed = msgspec.json.Decoder(tuple[Universe, list[msgspec.Raw]]).decode
_figures = msgspec.json.Decoder(Figures, strict=False).decode


class Contexts(Channel):
    """The figures of all markets, or of one: a list that belongs, place by place, to the list of markets before it."""

    __slots__ = ("_coin",)

    def __init__(self, container: type[Container], coin: str = "") -> None:
        super().__init__(container, Ticker, many=True)
        self._coin = coin

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        universe, contexts = _listed(payload)
        rows: list[tuple[Place, Any]] = []
        refused = []
        for index, (market, context) in enumerate(zip(universe.markets, contexts, strict=False)):
            if self._coin in ("", market.name):
                try:
                    rows.append(((1, index), Ticker(market.name, _figures(context))))
                except msgspec.ValidationError as error:
                    refused.append(f"{error} in row {index}")
        return rows, refused


class Trade(TradeRow):
    """A match. Its id is a number drawn by chance; the oldest servers gave it none."""

    venue_symbol: str = field(name="coin")
    timestamp: int = field(name="time")
    price: float = field(name="px")
    quantity: float = field(name="sz")
    letter: Literal["B", "A"] = field(name="side")
    number: int | None = field(name="tid", default=None)

    ordered = False

    @property
    def trade_id(self) -> str | None:
        return None if self.number is None else str(self.number)

    @property
    def side(self) -> Side:
        return side_of(self.letter)


def side_of(letter: str) -> Side:
    """Return what a letter means: the side of the book that an order belongs to, bid or ask."""
    return "buy" if letter == "B" else "sell"


class Trades(Channel):
    """Trades, oldest first, whichever end a list begins with."""

    __slots__ = ()

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        rows, refused = super().read(payload)
        if len(rows) > 1 and rows[0][1].timestamp > rows[-1][1].timestamp:
            rows = rows[::-1]
        return rows, refused


class Candle(BarRow):
    timestamp: int = field(name="t")
    open: float = field(name="o")
    high: float = field(name="h")
    low: float = field(name="l")
    close: float = field(name="c")
    close_time: int | None = field(name="T", default=None)
    volume: Number = field(name="v", default=None)
    num_trades: Number = field(name="n", default=None)


class Level(msgspec.Struct, gc=False):
    price: str = field(name="px")
    quantity: str = field(name="sz")
    orders: int = field(name="n", default=0)


class WholeBook(BookRow):
    """The best levels of a book, of which nothing is kept: the next one replaces it."""

    timestamp: int = field(name="time")
    levels: tuple[list[Level], list[Level]]

    @property
    def bids(self) -> Sequence[Any]:
        return _plain(self.levels[0])

    @property
    def asks(self) -> Sequence[Any]:
        return _plain(self.levels[1])

    @property
    def is_snapshot(self) -> bool:
        return True


class BestLevels(BookRow):
    """The best level a side, always whole; a side without orders is null, or left out at the end."""

    timestamp: int = field(name="time")
    best: list[Level | None] = field(name="bbo")

    @property
    def bids(self) -> Sequence[Any]:
        return _plain(self.best[:1])

    @property
    def asks(self) -> Sequence[Any]:
        return _plain(self.best[1:2])

    @property
    def is_snapshot(self) -> bool:
        return True


def _plain(levels: Sequence[Level | None]) -> list[tuple[str, str, int]]:
    return [(level.price, level.quantity, level.orders) for level in levels if level is not None]


class Instrument(InstrumentRow):
    """A contract. Its prices have five significant digits at most, so there is no tick that holds for all of them."""

    venue_symbol: str = field(name="name")
    quantity_digits: Digits = field(name="szDecimals")
    is_delisted: bool = field(name="isDelisted", default=False)

    quote = QUOTE
    settle_asset = QUOTE
    contract_type = "perpetual"

    @property
    def base(self) -> str:
        return self.venue_symbol

    @property
    def lot_size(self) -> str:
        return f"1e-{self.quantity_digits}"

    @property
    def is_trading(self) -> bool:
        return not self.is_delisted

    @property
    def status(self) -> str:
        return "delisted" if self.is_delisted else "trading"
