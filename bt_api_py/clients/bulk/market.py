"""Market data as a client of BULK receives it. Times are the venue's own, in the unit that it sends.

Source: BULK API 1.0.15, chapter "Market data streams", read 2026-07; forms of older servers are read as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from .actions import Side
from .fields import Json, amount, first, number, optional, rows, text, whole


@dataclass(slots=True)
class Ticker:
    """24-hour figures of a market.

    Attributes:
        price_change_percent: 2.77 is 2.77 %.
        volume, quote_volume, open_interest: base, quote and base units.
        funding_rate: a fraction.
        timestamp: nanoseconds.
        is_stale: the connection that brought it is gone, and nothing newer has come.
    """

    symbol: str
    last_price: float | None
    mark_price: float | None
    oracle_price: float | None
    price_change: float | None
    price_change_percent: float | None
    high_price: float | None
    low_price: float | None
    volume: float | None
    quote_volume: float | None
    open_interest: float | None
    funding_rate: float | None
    timestamp: int
    is_stale: bool = False

    @classmethod
    def from_api(cls, row: Json) -> Self:
        """Return the ticker of a record. Raises ValueError for one that is none."""
        return cls(
            symbol=text(row, "symbol"),
            last_price=optional(row, "lastPrice"),
            mark_price=optional(row, "markPrice"),
            oracle_price=optional(row, "oraclePrice"),
            price_change=optional(row, "priceChange"),
            price_change_percent=optional(row, "priceChangePercent"),
            high_price=optional(row, "highPrice"),
            low_price=optional(row, "lowPrice"),
            volume=optional(row, "volume"),
            quote_volume=optional(row, "quoteVolume"),
            open_interest=optional(row, "openInterest"),
            funding_rate=optional(row, "fundingRate"),
            timestamp=whole(row, "timestamp"),
        )


@dataclass(slots=True)
class Trade:
    """One trade of a market: `side` is the taker's, `timestamp` in milliseconds."""

    timestamp: int
    symbol: str
    side: Side
    size: float
    price: float
    maker: str | None
    taker: str | None

    @classmethod
    def from_api(cls, row: Json) -> Self:
        """Return the trade of a record. Raises ValueError for one that is none."""
        bought = first(row, "side", "b")
        if not isinstance(bought, bool):
            raise ValueError(f"no side in {dict(row)!r}")
        return cls(
            timestamp=whole(row, "time"),
            symbol=text(row, "s"),
            side=Side(bought),
            size=number(row, "sz"),
            price=number(row, "px"),
            maker=first(row, "maker"),
            taker=first(row, "taker"),
        )


@dataclass(slots=True)
class Candle:
    """One candle: times in milliseconds, volume in base units. The venue does not say whether it is closed."""

    symbol: str
    interval: str
    open_time: int
    close_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    num_trades: int

    @classmethod
    def from_api(cls, row: Json, symbol: str, interval: str) -> Self:
        """Return the candle of a record. Raises ValueError for one that is none."""
        return cls(
            symbol=symbol,
            interval=interval,
            open_time=int(number(row, "t")),
            close_time=whole(row, "T"),
            open=number(row, "o"),
            high=number(row, "h"),
            low=number(row, "l"),
            close=number(row, "c"),
            volume=amount(row, "v"),
            num_trades=whole(row, "n"),
        )


@dataclass(slots=True, frozen=True)
class OrderBookLevel:
    """The orders at one price; `num_orders` is 0 where the venue does not tell."""

    price: float
    size: float
    num_orders: int = 0

    @classmethod
    def from_api(cls, row: Json) -> Self:
        """Return the level of a record. Raises ValueError for one that is none."""
        return cls(number(row, "px"), number(row, "sz"), whole(row, "n"))


@dataclass(slots=True)
class L2Snapshot:
    """A whole book, or as many levels as were asked for: best first."""

    timestamp: int
    symbol: str
    bids: list[OrderBookLevel]
    asks: list[OrderBookLevel]

    @classmethod
    def from_api(cls, row: Json) -> Self:
        """Return the book of a record. Raises ValueError for one that is none."""
        bids, asks = _levels(row)
        return cls(whole(row, "timestamp"), text(row, "symbol"), bids, asks)


@dataclass(slots=True)
class L2Delta:
    """Levels that changed: each size replaces the old one, and 0 removes the level."""

    symbol: str
    bid_changes: list[OrderBookLevel]
    ask_changes: list[OrderBookLevel]
    timestamp: int

    @classmethod
    def from_api(cls, row: Json) -> Self:
        """Return the changes of a record. Raises ValueError for one that is none."""
        bids, asks = _levels(row)
        return cls(text(row, "symbol"), bids, asks, whole(row, "timestamp"))


def _levels(row: Json) -> Sequence[list[OrderBookLevel]]:
    sides = [[OrderBookLevel.from_api(level) for level in rows(side)] for side in rows(row.get("levels"))]
    if len(sides) != 2:
        raise ValueError(f"a book has two sides, not {len(sides)}")
    return sides


def trades_in(data: Any) -> list[Trade]:
    """Return the trades of a message, in each of the places where servers put them.

    Raises:
        ValueError: there are none, or one is damaged.
    """
    found = data if isinstance(data, list) else first(data, "trades", "data")
    return [Trade.from_api(row) for row in rows(found)]


def candles_in(data: Json, symbol: str, interval: str) -> list[Candle]:
    """Return the candles of a message. Raises ValueError when there are none, or one is damaged."""
    found = data.get("candles")
    one = data.get("candle")
    return [Candle.from_api(row, symbol, interval) for row in (rows(found) if one is None else [one])]
