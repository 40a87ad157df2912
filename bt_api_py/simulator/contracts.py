"""What a venue tells of a perpetual contract: mark price, index price, funding, open interest, liquidations.

All of it is a view of the market and of the time: figures are pure functions of the moment, and a liquidation is a
taker order like any other, so that the market behind a contract is the same as without it.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from .candles import HOUR, MINUTE
from .market import Market, Trade
from .text import exact
from .waves import UNIT, smooth

FUNDING_MS = 8 * HOUR
RATE_DECIMALS = 8  # of a funding rate
_USUAL_RATE = 10_000  # 0.01 % an interval
_RATE_SWING = 30_000
_BASIS_PPM = 80  # between mark price and index price, at most
_USUAL_OPEN = 40_000  # usual orders that are held open
_OPEN_SWING_PPM = 50_000
_ONE_IN = 29  # taker orders, one is a liquidation
_BASIS, _RATE, _OPEN = 101, 102, 103  # numbers of the waves, apart from those of the price


class Figures(NamedTuple):
    """The figures of one moment."""

    ms: int
    mark_price: int  # ticks
    index_price: int  # ticks
    funding_rate: int  # of the running interval, 10**-RATE_DECIMALS
    settled_rate: int  # of the interval before
    funding_ms: int  # when the running interval is settled
    open_interest: int  # lots


class Liquidation(NamedTuple):
    """A position closed by force: all matches of one taker order."""

    ms: int
    side: str  # of the order: "sell" closes a long position
    price: int  # ticks; the worst of its matches
    average: int  # ticks, rounded down
    quantity: int  # lots
    trades: tuple[Trade, ...]


class Contract:
    """The perpetual contract behind a market."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._seed = market.number

    def at(self, ms: int) -> Figures:
        """Return the figures of a moment, past or future."""
        index = self.market.index(ms)
        basis = smooth(self._seed, _BASIS, 10 * MINUTE, ms) * _BASIS_PPM // UNIT
        funding_ms = ms // FUNDING_MS * FUNDING_MS + FUNDING_MS
        usual = self.market.instrument.quantity * _USUAL_OPEN
        swing = smooth(self._seed, _OPEN, 30 * MINUTE, ms) * _OPEN_SWING_PPM // UNIT
        return Figures(
            ms,
            index * (UNIT + basis) // UNIT,
            index,
            self._rate(ms),
            self._rate(funding_ms - FUNDING_MS),
            funding_ms,
            usual * (UNIT + swing) // UNIT,
        )

    def _rate(self, ms: int) -> int:
        return _USUAL_RATE + smooth(self._seed, _RATE, HOUR, ms) * _RATE_SWING // UNIT


def mark_price(market: Market) -> Decimal:
    """Return the price at which positions in a market are valued now."""
    return exact(Contract(market).at(market.now_ms).mark_price, market.instrument.price_decimals)


def liquidation(trades: Sequence[Trade]) -> Liquidation | None:
    """Return the liquidation that the matches of one taker order are; None when it is an order like most."""
    first = trades[0]
    if first.order % _ONE_IN:
        return None
    quantity = sum(trade.quantity for trade in trades)
    value = sum(trade.price * trade.quantity for trade in trades)
    return Liquidation(first.ms, first.side, trades[-1].price, value // quantity, quantity, tuple(trades))
