"""Records of Deribit's market data.

Source: Deribit API v2 documentation (ticker, quote, trades, book and chart channels, public methods), state of
2026-01; what older recordings hold besides is read as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import field

from ...containers.bar import BarRow
from ...containers.base import Number, Row, Side, nan
from ...containers.derivatives import LiquidationRow
from ...containers.orderbook import Level
from ...containers.trade import TradeRow
from ..base import BookRow, InstrumentRow, Stamp
from .units import in_base, is_inverse, is_linear

_OTHER: dict[Side, Side] = {"buy": "sell", "sell": "buy"}


class Quote(Row):
    """The best prices; an empty side has the price 0."""

    venue_symbol: str = field(name="instrument_name")
    timestamp: int
    best_bid: float | None = field(name="best_bid_price", default=None)
    best_ask: float | None = field(name="best_ask_price", default=None)
    bid_amount: float | None = field(name="best_bid_amount", default=None)
    ask_amount: float | None = field(name="best_ask_amount", default=None)

    @property
    def bid_price(self) -> float | None:
        return self.best_bid or None

    @property
    def ask_price(self) -> float | None:
        return self.best_ask or None

    @property
    def bid_quantity(self) -> float | None:
        return self._in_base(self.bid_amount, self.best_bid)

    @property
    def ask_quantity(self) -> float | None:
        return self._in_base(self.ask_amount, self.best_ask)

    def _in_base(self, amount: float | None, price: float | None) -> float | None:
        return None if amount is None else in_base(self.venue_symbol, amount, price or 0.0)


class Stats(msgspec.Struct):
    """The figures of 24 hours; the volume is in base asset everywhere."""

    high: Number = None
    low: Number = None
    volume: Number = None
    price_change: float | None = None  # percent
    volume_usd: Number = None
    volume_notional: Number = None


class Ticker(Quote, kw_only=True):
    """A ticker with all that is told of a contract."""

    last_price: float | None = None
    stats: Stats = field(default_factory=Stats)
    mark_price: float | None = None
    index_price: Number = None
    settlement_price: Number = field(name="estimated_delivery_price", default=None)  # a word once it has expired
    current_funding_rate: Number = field(name="current_funding", default=None)
    pre_funding_rate: Number = field(name="funding_8h", default=None)
    open_amount: float | None = field(name="open_interest", default=None)

    @property
    def high_price(self) -> Number:
        return self.stats.high

    @property
    def low_price(self) -> Number:
        return self.stats.low

    @property
    def volume(self) -> Number:
        return self.stats.volume

    @property
    def turnover(self) -> Number:
        usd, quote = self.stats.volume_usd, self.stats.volume_notional
        first, second = (quote, usd) if is_linear(self.venue_symbol) else (usd, quote)
        return second if first is None else first

    @property
    def price_change_percent(self) -> float | None:
        return self.stats.price_change

    @property
    def open_price(self) -> float | None:
        """The price that the change is counted from, which the venue leaves out."""
        change = self.stats.price_change
        if self.last_price is None or change is None or change <= -100:
            return None
        return self.last_price / (1 + change / 100)

    @property
    def open_interest(self) -> float | None:
        return self._in_base(self.open_amount, self.mark_price)


class _Match(msgspec.Struct):
    """What the venue tells of a trade, whatever it is read as."""

    venue_symbol: str = field(name="instrument_name")
    timestamp: int
    sequence: int = field(name="trade_seq")
    price: float
    amount: float
    direction: Side
    liquidation: Literal["", "M", "T", "MT"] = ""  # of the maker, the taker or both

    @property
    def quantity(self) -> float:
        return in_base(self.venue_symbol, self.amount, self.price)


class Trade(_Match, TradeRow, kw_only=True):
    """The id counts the trades of all markets of a currency; beside it stands the number in the market, without holes.

    Trades of a combination are told on its legs' channels too, with a `combo_trade_id` in the raw data.
    """

    numbered_apart = True

    trade_id: str

    @property
    def side(self) -> Side:
        return self.direction

    @property
    def span(self) -> tuple[int, int]:
        return self.sequence, self.sequence

    @property
    def first_trade_id(self) -> int:
        return self.sequence

    @property
    def last_trade_id(self) -> int:
        return self.sequence


class Liquidation(_Match, LiquidationRow):
    """A trade, which is a liquidation if it says so. Where both parties are liquidated it stands for the taker's."""

    @property
    def is_liquidation(self) -> bool:
        return bool(self.liquidation)

    @property
    def side(self) -> Side:
        return _OTHER[self.direction] if self.liquidation == "M" else self.direction


class Candle(BarRow):
    """The venue does not say whether a candle is final."""

    timestamp: int = field(name="tick")
    open: float
    high: float
    low: float
    close: float
    volume: Number = None
    amount: Number = field(name="cost", default=None)


class RestCandle(Candle):
    timestamp: int = field(name="ticks")


class Book(BookRow):
    """A whole book; levels are price and amount."""

    venue_symbol: str = field(name="instrument_name")
    timestamp: int
    last: int = field(name="change_id")
    bid_rows: list[tuple[Decimal, Decimal]] = field(name="bids")
    ask_rows: list[tuple[Decimal, Decimal]] = field(name="asks")

    @property
    def bids(self) -> list[Level]:
        return _levels(self.venue_symbol, self.bid_rows)

    @property
    def asks(self) -> list[Level]:
        return _levels(self.venue_symbol, self.ask_rows)

    @property
    def is_snapshot(self) -> bool:
        return True


Change = tuple[Literal["new", "change", "delete"], Decimal, Decimal]


class BookUpdate(BookRow):
    """A book, or what changed in it since the update that it names; levels say what happened to them."""

    venue_symbol: str = field(name="instrument_name")
    timestamp: int
    last: int = field(name="change_id")
    bid_changes: list[Change] = field(name="bids")
    ask_changes: list[Change] = field(name="asks")
    previous: int | None = field(name="prev_change_id", default=None)
    kind: Literal["snapshot", "change", ""] = field(name="type", default="")  # older messages have none

    @property
    def bids(self) -> list[Level]:
        return _levels(self.venue_symbol, _absolute(self.bid_changes))

    @property
    def asks(self) -> list[Level]:
        return _levels(self.venue_symbol, _absolute(self.ask_changes))

    @property
    def is_snapshot(self) -> bool:
        return self.kind == "snapshot" if self.kind else self.previous is None


def _absolute(changes: Iterable[Change]) -> Iterable[tuple[Decimal, Decimal]]:
    return ((price, Decimal(0) if action == "delete" else amount) for action, price, amount in changes)


def _levels(venue_symbol: str, rows: Iterable[tuple[Decimal, Decimal]]) -> list[Level]:
    """Return levels in base asset; those of an inverse contract keep the venue's amount behind it."""
    if not is_inverse(venue_symbol):
        return list(rows)
    return [(price, _divided(amount, price), amount) for price, amount in rows]


def _divided(amount: Decimal, price: Decimal) -> float:
    if not (price.is_finite() and amount.is_finite()):
        return nan
    value = float(price)
    return float(amount) / value if value else nan


class Instrument(InstrumentRow):
    """A market. An inverse contract has steps in US dollars, so it has none in base asset."""

    venue_symbol: str = field(name="instrument_name")
    base: str = field(name="base_currency")
    quote: str = field(name="quote_currency")
    kind: str
    tick_size: Number = None
    least: Number = field(name="min_trade_amount", default=None)
    is_trading: bool = field(name="is_active", default=True)
    state: str = ""
    settlement_period: str = ""
    settle_asset: str | None = field(name="settlement_currency", default=None)
    ends_at: int = field(name="expiration_timestamp", default=0)

    @property
    def lot_size(self) -> Number:
        return None if is_inverse(self.venue_symbol) else self.least

    @property
    def min_quantity(self) -> Number:
        return self.lot_size

    @property
    def min_notional(self) -> Number:
        return self.least if is_inverse(self.venue_symbol) else None

    @property
    def status(self) -> str:
        return self.state or "inactive"

    @property
    def contract_type(self) -> str | None:
        if self.kind != "future":
            return None
        return "perpetual" if self.settlement_period == "perpetual" else "future"

    @property
    def delivery_time(self) -> int:
        return self.ends_at if self.contract_type == "future" else 0


class ServerTime(Stamp):
    timestamp: int = field(name="result")
