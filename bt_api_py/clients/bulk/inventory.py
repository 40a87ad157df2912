"""Positions and profit, counted from one's own fills and held to what the venue says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...exchanges.bulk.wire import QUOTE

_FLAT = 1e-8  # a quantity that counts as nothing


@dataclass
class Holding:
    """A position: `quantity` in base units, negative when short, entered at the mean price `vwap`."""

    quantity: float = 0.0
    vwap: float = 0.0

    def trade(self, quantity: float, price: float) -> float:
        """Change by a signed quantity and return the profit that is realised.

        The same direction moves the mean price; the other one realises, and what goes beyond flat begins at `price`.
        """
        before = self.quantity
        after = before + quantity
        if before * quantity >= 0:
            self.vwap = (before * self.vwap + quantity * price) / after if abs(after) > _FLAT else 0.0
            self.quantity = after
            return 0.0
        closed = min(abs(before), abs(quantity))
        realized = closed * (price - self.vwap) * (1 if before > 0 else -1)
        if abs(after) <= _FLAT:
            self.quantity, self.vwap = 0.0, 0.0
        else:
            self.quantity = after
            if after * before < 0:
                self.vwap = price
        return realized


@dataclass(frozen=True)
class Pnl:
    """Profit in quote units, fees and funding left out."""

    realized: float
    unrealized: float

    @property
    def net(self) -> float:
        """Realised and unrealised together."""
        return self.realized + self.unrealized


class Inventory:
    """The positions of an account, and the profit they made.

    A fill counts once, whether it comes before or after the position that includes it; what the venue says of a
    position wins. Realised profit is kept as a holding of the quote asset.

    Attributes:
        positions: by symbol; realised profit is the quantity under ``"USDC"``.
        fees: paid with the fills so far, quote units; not part of the profit.
    """

    def __init__(self) -> None:
        self.positions: dict[str, Holding] = {}
        self.fees = 0.0
        self._by_fills: dict[str, Holding] = {}  # where realised profit is computed from
        self._ahead: dict[str, float] = {}  # by how much the venue's position is ahead of the fills

    @property
    def realized(self) -> float:
        """Profit taken so far, quote units."""
        cash = self.positions.get(QUOTE)
        return 0.0 if cash is None else cash.quantity

    @realized.setter
    def realized(self, value: float) -> None:
        self.positions[QUOTE] = Holding(value, 1.0)

    def traded(self, symbol: str, side: int, amount: float, price: float, fee: float = 0.0) -> None:
        """Count a fill.

        Args:
            side: 1 for a buy, -1 for a sell.
            amount: base units, above zero.
            fee: paid, quote units; negative for a rebate.

        Raises:
            ValueError: another side, or an amount or price that is not above zero.
        """
        if side not in (1, -1) or not amount > 0 or not price > 0:
            raise ValueError(f"no fill: side {side!r}, amount {amount!r}, price {price!r}")
        self.fees += fee
        quantity = side * amount
        realized = self._by_fills.setdefault(symbol, Holding()).trade(quantity, price)
        if realized or QUOTE not in self.positions:
            self.realized += realized
        ahead = self._ahead.get(symbol, 0.0)
        if ahead * quantity > 0 and amount <= abs(ahead) + _FLAT:
            self._ahead[symbol] = ahead - quantity  # the venue's position has it already
        else:
            self.positions.setdefault(symbol, Holding()).trade(quantity, price)

    def told(self, symbol: str, quantity: float, vwap: float) -> None:
        """Take a position from the venue; fills that it includes may still follow."""
        self.positions[symbol] = Holding(quantity, vwap)
        known = self._by_fills.setdefault(symbol, Holding())
        ahead = quantity - known.quantity
        self._ahead[symbol] = ahead if abs(ahead) > _FLAT else 0.0
        if not self._ahead[symbol]:
            known.vwap = vwap

    def restart(self, positions: Mapping[str, tuple[float, float]]) -> None:
        """Take all positions from the venue, by symbol (quantity, vwap), as complete: no earlier fill follows."""
        for symbol in [name for name in self.positions if name not in positions and name != QUOTE]:
            self.positions[symbol] = Holding()
        for symbol, (quantity, vwap) in positions.items():
            self.positions[symbol] = Holding(quantity, vwap)
        self._by_fills = {
            symbol: Holding(held.quantity, held.vwap) for symbol, held in self.positions.items() if symbol != QUOTE
        }
        self._ahead.clear()

    def pv(self, prices: Mapping[str, float]) -> Pnl:
        """Return the profit at these mark prices; a position without a price counts nothing."""
        unrealized = sum(
            held.quantity * (prices[symbol] - held.vwap)
            for symbol, held in self.positions.items()
            if symbol != QUOTE and symbol in prices
        )
        return Pnl(self.realized, unrealized)
