"""What really happened on the simulated venues: the judge of what a client received."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from .account import AccountBalance, AccountChange, AccountFill, AccountOrder, AccountPosition
from .candles import Interval, interval
from .contracts import RATE_DECIMALS, Contract, liquidation
from .market import Level, Market, Merged, Trade
from .text import exact

if TYPE_CHECKING:
    from .dialects.base import Dialect


@dataclass(frozen=True, slots=True)
class TruthTrade:
    """One match, or the merged matches of one taker order at one price.

    Attributes:
        id: the venue's id as text; first_id, last_id: the matches it stands for (equal to id for a single
            match).
        side: the taker's, "buy" or "sell". ms: time of the match.
    """

    id: str
    price: Decimal
    quantity: Decimal
    side: str
    ms: int
    first_id: str
    last_id: str


@dataclass(frozen=True, slots=True)
class TruthBook:
    """A whole order book; bids and asks are (price, quantity), best first."""

    sequence: int
    bids: list[tuple[Decimal, Decimal]]
    asks: list[tuple[Decimal, Decimal]]


@dataclass(frozen=True, slots=True)
class TruthBar:
    """One candle; volume in the base asset, quote_volume in the quote asset."""

    open_ms: int
    close_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    quote_volume: Decimal
    trades: int
    is_closed: bool


@dataclass(frozen=True, slots=True)
class TruthFigures:
    """The figures of a contract at one moment.

    Attributes:
        funding_rate: of the running interval, a fraction; settled_rate: of the interval before.
        funding_ms: when the running interval is settled. open_interest: base asset.
    """

    ms: int
    mark_price: Decimal
    index_price: Decimal
    funding_rate: Decimal
    settled_rate: Decimal
    funding_ms: int
    open_interest: Decimal


@dataclass(frozen=True, slots=True)
class TruthLiquidation:
    """A position closed by force: the order that did it, its worst and its mean price (rounded down to the tick)."""

    side: str
    price: Decimal
    average_price: Decimal
    quantity: Decimal
    ms: int


@dataclass(frozen=True, slots=True)
class TruthPrice:
    """The last price that a market had from a moment on."""

    price: Decimal
    ms: int


class Truth:
    """Read access to the markets behind the venues. Symbols are accepted in any spelling.

    Reading does not move a market on that clients listen to: it stands where the last tick left it.
    """

    def __init__(self, find: Callable[[str], Dialect[Any]]) -> None:
        self._find = find

    def trades(self, exchange: str, symbol: str, *, merged: bool = False, history: bool = False) -> list[TruthTrade]:
        """Return the trades since the market opened, oldest first.

        Args:
            merged: one row per taker order and price. Its id is the one the venue uses for merged rows: the
                aggregate
                id on Binance, the id of the last match elsewhere.
            history: with the trades drawn from the seed for the time before.
        """
        market, written = self._market(exchange, symbol), self._find(exchange).house.write_trade_id
        if not merged:
            first = 0 if history else market.trade_index(market.first_live_id)
            return [
                self._trade(market, row, written(row.id), written(row.id), written(row.id))
                for row in market.trades[first:]
            ]
        own_ids = exchange.startswith("BINANCE")
        return [
            self._trade(
                market, row, written(row.id if own_ids else row.last_id), written(row.first_id), written(row.last_id)
            )
            for row in market.merged
            if history or row.first_id >= market.first_live_id
        ]

    def prices(self, exchange: str, symbol: str) -> list[TruthPrice]:
        """Return the last prices that a market had, oldest first, also where the venue tells no trades."""
        venue = self._find(exchange).venue
        decimals = venue.instruments[venue.key(symbol)].price_decimals
        return [TruthPrice(exact(row.price, decimals), row.ms) for row in venue.prices(symbol)]

    def book(self, exchange: str, symbol: str, sequence: int | None = None) -> TruthBook:
        """Return the book as it stands, or as it was after a sequence number that the venue sent.

        Raises:
            LookupError: the book's past is no longer kept that far (some ten thousand changes), or the number
                lies
                in the future.
        """
        dialect, market = self._find(exchange), self._market(exchange, symbol)
        key = market.instrument.symbol
        if sequence is None:
            sequence = dialect.sequence_of(key)
        bids, asks = market.book_at(dialect.update_of(key, sequence))
        return TruthBook(sequence, self._levels(market, bids), self._levels(market, asks))

    def klines(self, exchange: str, symbol: str, interval: str) -> list[TruthBar]:
        """Return the candles that hold a trade, oldest first.

        Args:
            interval: the venue's own name ("1m", "60min", "1Dutc"), or a common one such as "4h" or "1M", cut
                in UTC.

        Raises:
            ValueError: no such interval.
        """
        dialect, market = self._find(exchange), self._market(exchange, symbol)
        rule = dialect.intervals.get(interval) or _common(interval)
        item = market.instrument
        price, size = item.price_decimals, item.quantity_decimals
        rows = []
        for bar in market.series(rule).bars.values():
            end = rule.next_of(bar.open_ms)
            rows.append(
                TruthBar(
                    open_ms=bar.open_ms,
                    close_ms=end - 1,
                    open=exact(bar.open, price),
                    high=exact(bar.high, price),
                    low=exact(bar.low, price),
                    close=exact(bar.close, price),
                    volume=exact(bar.volume, size),
                    quote_volume=exact(bar.quote, price + size),
                    trades=bar.count,
                    is_closed=end <= market.now_ms,
                )
            )
        return rows

    def figures(self, exchange: str, symbol: str, ms: int | None = None) -> TruthFigures:
        """Return mark price, index price, funding and open interest of a contract at a time, now by default."""
        market = self._market(exchange, symbol)
        item = market.instrument
        found = Contract(market).at(market.now_ms if ms is None else ms)
        return TruthFigures(
            found.ms,
            exact(found.mark_price, item.price_decimals),
            exact(found.index_price, item.price_decimals),
            exact(found.funding_rate, RATE_DECIMALS),
            exact(found.settled_rate, RATE_DECIMALS),
            found.funding_ms,
            exact(found.open_interest, item.quantity_decimals),
        )

    def liquidations(self, exchange: str, symbol: str) -> list[TruthLiquidation]:
        """Return the positions that were closed by force since the market opened, oldest first.

        One row per order, or per match of it where that is what the venue tells.
        """
        market, by_match = self._market(exchange, symbol), self._find(exchange).liquidations_by_match
        item = market.instrument
        rows = market.trades[market.trade_index(market.first_live_id) :]
        parts = groupby(rows, key=lambda trade: trade.id if by_match else trade.order)
        found = (liquidation(list(part)) for _, part in parts)
        return [
            TruthLiquidation(
                one.side,
                exact(one.price, item.price_decimals),
                exact(one.average, item.price_decimals),
                exact(one.quantity, item.quantity_decimals),
                one.ms,
            )
            for one in found
            if one is not None
        ]

    def orders(self, exchange: str, api_key: str | None = None) -> list[AccountOrder]:
        """Return every state that orders went through, in order; of all accounts, or of that key's."""
        return [change.order for change in self.changes(exchange, api_key) if change.order is not None]

    def fills(self, exchange: str, api_key: str | None = None) -> list[AccountFill]:
        """Return every own fill, in order."""
        return [order.last for order in self.orders(exchange, api_key) if order.last is not None]

    def balances(self, exchange: str, api_key: str | None = None) -> list[AccountBalance]:
        """Return every value that balances took, in order, those of the beginning first."""
        return [balance for change in self.changes(exchange, api_key) for balance in change.balances]

    def positions(self, exchange: str, api_key: str | None = None) -> list[AccountPosition]:
        """Return every state that positions went through, in order."""
        return [change.position for change in self.changes(exchange, api_key) if change.position is not None]

    def changes(self, exchange: str, api_key: str | None = None) -> list[AccountChange]:
        """Return all that happened to accounts, in order."""
        accounts = self._find(exchange).accounts.all(api_key)
        rows = [change for account in accounts for change in account.changes]
        return rows if len(accounts) < 2 else sorted(rows, key=lambda change: change.ms)

    def symbols(self, exchange: str) -> list[str]:
        """Return every listed symbol, halted ones included, as BTCUSDT."""
        return list(self._find(exchange).venue.instruments)

    def sent(self, exchange: str, channel: str | None = None, symbol: str | None = None) -> int:
        """Return how many data messages went to clients, by the venue's channel name and by symbol."""
        venue = self._find(exchange).venue
        key = venue.key(symbol) if symbol is not None else None
        total = 0
        for topic, count in venue.stats.sent.items():
            name, _, of = topic.partition(" ")
            if channel in (None, name) and key in (None, of):
                total += count
        return total

    def _market(self, exchange: str, symbol: str) -> Market:
        dialect = self._find(exchange)
        if dialect.playback is not None:
            raise LookupError(f"{exchange} plays a capture: it has frames, but no market behind them")
        return dialect.venue.market(symbol)

    def _trade(self, market: Market, row: Trade | Merged, number: str, first: str, last: str) -> TruthTrade:
        item = market.instrument
        figures = (exact(row.price, item.price_decimals), exact(row.quantity, item.quantity_decimals))
        return TruthTrade(number, *figures, row.side, row.ms, first, last)

    def _levels(self, market: Market, levels: list[Level]) -> list[tuple[Decimal, Decimal]]:
        item = market.instrument
        return [(exact(price, item.price_decimals), exact(lots, item.quantity_decimals)) for price, lots in levels]


def _common(text: str) -> Interval:
    try:
        return interval(text)
    except (KeyError, ValueError, IndexError):
        raise ValueError(f"unknown interval {text!r}") from None
