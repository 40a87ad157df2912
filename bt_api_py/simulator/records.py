"""What an account on a simulated venue has and what happens to it: orders, fills, balances, positions, changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOrder:
    """An order as it stood at one moment.

    Attributes:
        symbol: joined, BTCUSDT. side: "buy" or "sell". type: one of `ORDER_TYPES`.
        status: "new", "partial", "filled", "canceled", "rejected" or "expired".
        quantity, filled: base asset. price: the limit, None for a market order.
        value: quote asset paid or received so far. budget: quote asset set aside by a market order that buys.
        fee: all fees so far, positive when paid, in fee_asset.
        reduce_only: it may make a position smaller and nothing else.
        reason: why it was refused, or why the venue itself ended or placed it, else "".
        last: the fill that led to this state, if one did.
    """

    order_id: str
    client_order_id: str
    symbol: str
    side: str
    type: str
    quantity: Decimal
    price: Decimal | None
    created_ms: int
    updated_ms: int
    fee_asset: str
    budget: Decimal | None = None
    status: str = "new"
    filled: Decimal = _ZERO
    value: Decimal = _ZERO
    fee: Decimal = _ZERO
    reduce_only: bool = False
    reason: str = ""
    last: AccountFill | None = field(default=None, repr=False)

    @property
    def remaining(self) -> Decimal:
        """Return what is not filled, base asset."""
        return self.quantity - self.filled

    @property
    def avg_price(self) -> Decimal | None:
        """Return the mean price of the fills; None before the first."""
        return self.value / self.filled if self.filled else None

    @property
    def is_open(self) -> bool:
        """Tell whether it can still be filled."""
        return self.status in ("new", "partial")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFill:
    """One match of an own order; side is the own one, fee is positive when paid, reason that of its order."""

    trade_id: str
    order_id: str
    client_order_id: str
    symbol: str
    side: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_asset: str
    is_maker: bool
    ms: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """What an account holds of one asset since `ms`."""

    asset: str
    free: Decimal
    locked: Decimal
    ms: int

    @property
    def total(self) -> Decimal:
        """Return free and locked together."""
        return self.free + self.locked


@dataclass(frozen=True, slots=True)
class AccountPosition:
    """A position in a contract.

    Attributes:
        symbol: the key of the market, BTCUSDC.
        quantity: base asset; negative when short, 0 when closed.
        avg_price: mean price of what is open. leverage: notional value per margin.
        realized: profit since it was opened, fees aside. fees: all fees of it, positive when paid.
    """

    position_id: str
    symbol: str
    quantity: Decimal
    avg_price: Decimal
    created_ms: int
    updated_ms: int
    leverage: Decimal = Decimal(1)
    realized: Decimal = _ZERO
    fees: Decimal = _ZERO

    def unrealized(self, price: Decimal) -> Decimal:
        """Return what closing at a price would bring, fees aside."""
        return self.quantity * (price - self.avg_price)


@dataclass(frozen=True, slots=True)
class AccountChange:
    """One thing that happened to an account.

    Attributes:
        cause: "open", "place", "amend", "fill", "cancel", "reject", "expire", "transfer", "position" or "leverage".
        before: what was held, by asset; balances: the assets that changed, as they are now.
        amount: of a transfer, negative when it went out.
    """

    number: int
    cause: str
    ms: int
    order: AccountOrder | None = None
    before: Mapping[str, AccountBalance] = field(default_factory=dict)
    balances: tuple[AccountBalance, ...] = ()
    amount: Decimal = _ZERO
    position: AccountPosition | None = None
