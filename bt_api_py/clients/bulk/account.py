"""An account as a client of BULK receives it. Money is in USDC, times are nanoseconds.

Source: BULK API 1.0.15, chapter "Account stream", and the field names of its REST rows, read 2026-07.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from .actions import Side
from .fields import Json, amount, first, number, optional, rows, text, whole
from .responses import OrderStatus

_RESTING = ("gtc", "alo", "postonly")  # times in force of orders that stay in the book after a part was filled


@dataclass(slots=True)
class Margin:
    """The money of an account."""

    total_balance: float
    available_balance: float
    margin_used: float
    notional: float
    realized_pnl: float
    unrealized_pnl: float
    fees: float
    funding: float

    @classmethod
    def from_api(cls, row: Json) -> Self:
        """Return the margin of a record. Raises ValueError for one that is none."""
        return cls(
            total_balance=number(row, "totalBalance"),
            available_balance=number(row, "availableBalance"),
            margin_used=amount(row, "marginUsed"),
            notional=amount(row, "notional"),
            realized_pnl=amount(row, "realizedPnl"),
            unrealized_pnl=amount(row, "unrealizedPnl"),
            fees=amount(row, "fees"),
            funding=amount(row, "funding"),
        )


MarginUpdate = Margin


@dataclass(slots=True)
class Position:
    """A position: `size` is negative when short, `price` the volume-weighted entry."""

    symbol: str
    size: float
    price: float
    fair_price: float | None
    notional: float | None
    realized_pnl: float
    unrealized_pnl: float
    leverage: float | None
    liquidation_price: float | None
    fees: float
    funding: float
    maintenance_margin: float | None
    lambda_: float | None
    risk_allocation: float | None

    @classmethod
    def from_api(cls, row: Json) -> Self:
        """Return the position of a record. Raises ValueError for one that is none."""
        return cls(
            symbol=text(row, "symbol"),
            size=number(row, "size"),
            price=amount(row, "price"),
            fair_price=optional(row, "fairPrice"),
            notional=optional(row, "notional"),
            realized_pnl=amount(row, "realizedPnl"),
            unrealized_pnl=amount(row, "unrealizedPnl"),
            leverage=optional(row, "leverage"),
            liquidation_price=optional(row, "liquidationPrice"),
            fees=amount(row, "fees"),
            funding=amount(row, "funding"),
            maintenance_margin=optional(row, "maintenanceMargin"),
            lambda_=optional(row, "lambda"),
            risk_allocation=optional(row, "riskAllocation"),
        )


PositionUpdate = Position


@dataclass(slots=True)
class OrderState:
    """An order. Sizes are above or equal to zero: `size` is what remains, `size_done` what was filled."""

    timestamp: int
    symbol: str
    order_id: str
    status: OrderStatus
    side: Side
    price: float | None
    vwap: float | None
    size: float
    size_done: float
    size_orig: float
    is_maker: bool | None
    error: str | None
    order_type: str
    reduce_only: bool
    tif: str | None

    @classmethod
    def from_api(cls, row: Json) -> Self:
        """Return the order of a record, under the long names or the short ones. Raises ValueError for no order."""
        original = number(row, "origSz", "originalSize")
        remaining = number(row, "sz", "size")
        bought = first(row, "isBuy")
        is_buy = bought if isinstance(bought, bool) else original >= 0 and remaining >= 0
        return cls(
            timestamp=whole(row, "ts", "timestamp"),
            symbol=text(row, "sym", "symbol", "coin"),
            order_id=text(row, "oid", "orderId"),
            status=OrderStatus.of(first(row, "status")),
            side=Side(is_buy),
            price=optional(row, "px", "price"),
            vwap=optional(row, "vwap") or None,
            size=abs(remaining),
            size_done=abs(amount(row, "fillSz", "filledSize")),
            size_orig=abs(original),
            is_maker=first(row, "mk", "maker"),
            error=first(row, "reason"),
            order_type=str(first(row, "ot", "orderType") or ""),
            reduce_only=bool(first(row, "r", "reduceOnly")),
            tif=first(row, "tif"),
        )

    def amount_remaining(self) -> float:
        """Return the size that is still to be filled, base units."""
        return self.size

    @property
    def is_open(self) -> bool:
        """Whether the order may still be filled."""
        if self.status is OrderStatus.PARTIALLY_FILLED:
            # The end of an order that takes at once; one that rests goes on.
            return self.size > 0 and (self.tif or "").lower() in _RESTING
        return not self.status.is_terminal()


@dataclass(slots=True)
class Fill:
    """A fill of one's own order; `side` is that of the order.

    Attributes:
        trade_id: the venue's id, empty from servers that send none.
        fee: paid, USDC.
    """

    symbol: str
    order_id: str
    price: float
    size: float
    side: Side
    timestamp: int
    is_maker: bool | None
    trade_id: str = ""
    fee: float = 0.0

    @classmethod
    def from_api(cls, row: Json) -> Self:
        """Return the fill of a record. Raises ValueError for one that is none."""
        size = number(row, "size")
        bought = first(row, "isBuy")
        return cls(
            symbol=text(row, "symbol"),
            order_id=text(row, "orderId"),
            price=number(row, "price"),
            size=abs(size),
            side=Side(bought if isinstance(bought, bool) else size > 0),
            timestamp=whole(row, "timestamp"),
            is_maker=first(row, "maker"),
            trade_id=str(first(row, "tradeId") or ""),
            fee=amount(row, "fee"),
        )


@dataclass(slots=True)
class LeverageSetting:
    """The highest leverage that the account allows itself in a market."""

    symbol: str
    leverage: float

    @classmethod
    def from_api(cls, row: Json) -> Self:
        """Return the setting of a record. Raises ValueError for one that is none."""
        return cls(text(row, "symbol"), number(row, "leverage"))


@dataclass(slots=True)
class AccountSnapshot:
    """The whole state of an account; what it does not list is not there."""

    margin: Margin
    positions: list[Position]
    open_orders: list[OrderState]
    leverage_settings: list[LeverageSetting]
    timestamp: int
    raw: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def from_api(cls, row: dict[str, Any], timestamp: int = 0) -> Self:
        """Return the account of a record; `timestamp` is that of receipt, since the venue sends none.

        Raises:
            ValueError: it is none.
        """
        return cls(
            margin=Margin.from_api(first(row, "margin") or {}),
            positions=[Position.from_api(each) for each in rows(row.get("positions") or [])],
            open_orders=[OrderState.from_api(each) for each in rows(row.get("openOrders") or [])],
            leverage_settings=[LeverageSetting.from_api(each) for each in rows(row.get("leverageSettings") or [])],
            timestamp=whole(row, "timestamp") or timestamp,
            raw=row,
        )

    def get_position(self, symbol: str) -> Position | None:
        """Return the position in a market, ``None`` when there is none."""
        return next((position for position in self.positions if position.symbol == symbol), None)

    def get_leverage_setting(self, symbol: str) -> LeverageSetting | None:
        """Return the setting for a market, ``None`` when there is none."""
        return next((setting for setting in self.leverage_settings if setting.symbol == symbol), None)
