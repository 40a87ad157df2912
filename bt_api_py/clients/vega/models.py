"""What is known of a Vega network. Records never change: a newer one takes the place of an older one.

Numbers are exact `Decimal`, in the units of people: prices in the quote asset, sizes in contracts, balances in the
asset. Enumerations are their names in full, as ``STATUS_ACTIVE``. Times are nanoseconds since 1970, 0 for never.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

_NONE = Decimal(0)
_LIVE = ("STATUS_ACTIVE", "STATUS_PARKED")


@dataclass(frozen=True, slots=True)
class ReferencePrice:
    """Best prices of a market somewhere else."""

    symbol: str
    bid_price: Decimal
    ask_price: Decimal


@dataclass(frozen=True, slots=True)
class Position:
    """A party's position; `open_volume` is negative when short, profits are in the settlement asset."""

    party_id: str
    market_id: str
    open_volume: Decimal
    average_entry_price: Decimal
    unrealised_pnl: Decimal
    realised_pnl: Decimal
    updated_at: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """An order as of its last change; `reason` says why it was rejected or stopped."""

    order_id: str
    market_id: str
    size: Decimal
    remaining_size: Decimal
    price: Decimal
    order_type: str
    time_in_force: str
    status: str
    party_id: str
    side: str = "SIDE_UNSPECIFIED"
    reference: str = ""
    version: int = 0
    created_at: int = 0
    updated_at: int = 0
    reason: str = ""

    @property
    def is_live(self) -> bool:
        """Whether it may still trade: active, or parked during an auction."""
        return self.status in _LIVE

    @property
    def is_parked(self) -> bool:
        """Whether it is a pegged order that waits for the end of an auction."""
        return self.status == "STATUS_PARKED"


@dataclass(frozen=True, slots=True)
class MarketData:
    """What a market is like at one moment; a price of 0 is not known, or there is none."""

    market_id: str
    mark_price: Decimal
    best_bid_price: Decimal
    best_offer_price: Decimal
    best_bid_volume: Decimal
    best_offer_volume: Decimal
    open_interest: Decimal
    trading_mode: str
    state: str
    timestamp: int = 0


@dataclass(frozen=True, slots=True)
class Market:
    """A market, and what it was like at `timestamp`; before any data its prices are 0.

    `product` is ``"future"``, ``"perpetual"`` or ``"spot"``; `settlement_asset_id` is that of the money, on spot
    markets the quote asset. `tick_size` is in quote units.
    """

    market_id: str
    state: str
    trading_mode: str
    decimal_places: int
    position_decimal_places: int
    code: str
    name: str
    settlement_asset_id: str
    mark_price: Decimal = _NONE
    best_bid_price: Decimal = _NONE
    best_offer_price: Decimal = _NONE
    best_bid_volume: Decimal = _NONE
    best_offer_volume: Decimal = _NONE
    open_interest: Decimal = _NONE
    product: str = ""
    base_asset_id: str = ""
    tick_size: Decimal = _NONE
    timestamp: int = 0

    @property
    def is_continuous(self) -> bool:
        """Whether orders trade at once: active, and in no auction."""
        return self.state == "STATE_ACTIVE" and self.trading_mode == "TRADING_MODE_CONTINUOUS"


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset."""

    asset_id: str
    status: str
    name: str
    symbol: str
    decimal_places: int


@dataclass(frozen=True, slots=True)
class Account:
    """What a party holds of an asset for one purpose; a general account belongs to no market."""

    owner: str
    account_type: str
    balance: Decimal
    asset_id: str
    market_id: str = ""

    def get_id(self) -> str:
        """Return what tells it from every other account."""
        return f"{self.owner}-{self.market_id}-{self.account_type}-{self.asset_id}"


@dataclass(frozen=True, slots=True)
class AppState:
    """Everything that a store knows at one moment."""

    accounts: list[Account] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)
    assets: list[Asset] = field(default_factory=list)
    reference_prices: list[ReferencePrice] = field(default_factory=list)
    markets: list[Market] = field(default_factory=list)


def is_newer_order(order: Order, known: Order) -> bool:
    """Return whether `order` tells more than `known`, whichever came first.

    The end of an order beats its life; then the higher version, the smaller rest and the later time win.
    """
    if order.is_live != known.is_live:
        return not order.is_live
    if order.version != known.version:
        return order.version > known.version
    if order.remaining_size != known.remaining_size:
        return order.remaining_size < known.remaining_size
    return order.updated_at >= known.updated_at


def is_newer_position(position: Position, known: Position) -> bool:
    """Return whether `position`, which came later, is not older than `known`; without a time it is not."""
    return not 0 < position.updated_at < known.updated_at


def with_data(market: Market, data: MarketData) -> Market:
    """Return a market with newer data, or as it was when the data is older."""
    if 0 < data.timestamp < market.timestamp:
        return market
    return Market(
        market.market_id,
        data.state,
        data.trading_mode,
        market.decimal_places,
        market.position_decimal_places,
        market.code,
        market.name,
        market.settlement_asset_id,
        data.mark_price,
        data.best_bid_price,
        data.best_offer_price,
        data.best_bid_volume,
        data.best_offer_volume,
        data.open_interest,
        market.product,
        market.base_asset_id,
        market.tick_size,
        data.timestamp,
    )
