"""What is known of a party and its markets, readable at any moment and from any thread.

Records are immutable and tables are replaced whole, so that every getter returns one state.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import tables
from .models import Account, AppState, Asset, Market, Order, Position, ReferencePrice


class Picture:
    """The records of a store; who fills it is the store itself."""

    def __init__(self) -> None:
        self._markets: Mapping[str, Market] = {}
        self._assets: Mapping[str, Asset] = {}
        self._accounts = tables.accounts()
        self._positions = tables.positions()
        self._orders = tables.Orders()
        self._reference_prices: Mapping[str, ReferencePrice] = {}
        self._by_reference: dict[str, Order] = {}

    def get_markets(self) -> list[Market]:
        """Return all markets; only the one of `start` has prices that are kept."""
        return list(self._markets.values())

    def get_accounts(self) -> list[Account]:
        """Return the accounts of the party."""
        return list(self._accounts.records.values())

    def get_assets(self) -> list[Asset]:
        """Return all assets."""
        return list(self._assets.values())

    def get_positions(self) -> list[Position]:
        """Return the positions of the party."""
        return list(self._positions.records.values())

    def get_orders(self) -> list[Order]:
        """Return the live orders of the party."""
        return list(self._orders.records.values())

    def get_reference_prices(self) -> list[ReferencePrice]:
        """Return what `set_reference_price` was given last for each symbol."""
        return list(self._reference_prices.values())

    def get_market_by_id(self, market_id: str) -> Market | None:
        """Return a market."""
        return self._markets.get(market_id)

    def get_order_by_id(self, order_id: str) -> Order | None:
        """Return a live order."""
        return self._orders.records.get(order_id)

    def get_order_by_reference(self, reference: str) -> Order | None:
        """Return the latest state of an order, also of one that has ended; the last thousand are remembered."""
        return self._by_reference.get(reference)

    def get_position_by_market_id(self, market_id: str) -> Position | None:
        """Return the position in a market."""
        return self._positions.records.get(market_id)

    def get_asset_by_id(self, asset_id: str) -> Asset | None:
        """Return an asset."""
        return self._assets.get(asset_id)

    def get_state(self) -> AppState:
        """Return everything that is known."""
        return AppState(
            self.get_accounts(),
            self.get_orders(),
            self.get_positions(),
            self.get_assets(),
            self.get_reference_prices(),
            self.get_markets(),
        )

    def set_reference_price(self, price: ReferencePrice) -> None:
        """Keep the best prices of another market beside the rest, for strategies that quote by them."""
        self._reference_prices = {**self._reference_prices, price.symbol: price}
