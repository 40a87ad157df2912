"""Records of an account of Bybit: orders, executions, the wallet and positions, as streams and lists tell them.

Source: Bybit API v5 documentation (private streams: order, execution, wallet, position; their endpoints;
enumerations), state of 2026-07.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import ClassVar, Literal

from msgspec import field

from ...containers.base import Number, Side
from ...containers.order import OrderStatus
from ...symbols import split_symbol
from ..account_base import BalanceRow, FillRow, PositionRow, SizedOrder, number_of, status_of, time_of

STATUS: Mapping[str, OrderStatus] = {
    "New": "new",
    "Untriggered": "new",
    "Triggered": "new",
    "PartiallyFilled": "partial",
    "Filled": "filled",
    "Cancelled": "canceled",
    "PartiallyFilledCanceled": "canceled",
    "Deactivated": "canceled",
    "Rejected": "rejected",
}
_IN_FORCE = {"PostOnly": "PO"}
_FILLS = ("Trade", "AdlTrade", "BustTrade", "Delivery", "BlockTrade")  # other executions are no trades: funding
_HELD_APART = {1: "long", 2: "short"}  # a position of each side

Word = Literal["Buy", "Sell"]


def _side(word: Word) -> Side:
    return "buy" if word == "Buy" else "sell"


class Order(SizedOrder):
    """An order of spot; what it cost is told by asset."""

    in_base: ClassVar[str] = "baseCoin"
    in_quote: ClassVar[str] = "quoteCoin"

    venue_symbol: str = field(name="symbol")
    order_id: str = field(name="orderId")
    venue_status: str = field(name="orderStatus")
    timestamp: int = field(name="updatedTime")
    side_word: Word = field(name="side")
    type_word: str = field(name="orderType", default="")
    client_order_id: str | None = field(name="orderLinkId", default=None)
    size: Number = field(name="qty", default=None)
    size_unit: str = field(name="marketUnit", default="")
    price: Number = None
    filled_quantity: Number = field(name="cumExecQty", default=None)
    mean_price: Number = field(name="avgPrice", default=None)
    in_force: str = field(name="timeInForce", default="")
    fees: dict[str, Number] | None = field(name="cumFeeDetail", default=None)
    create_time: int | None = field(name="createdTime", default=None)
    reduce_only: bool | None = field(name="reduceOnly", default=None)

    @property
    def side(self) -> Side:
        return _side(self.side_word)

    @property
    def order_type(self) -> str:
        return self.type_word.lower()

    @property
    def time_in_force(self) -> str | None:
        return _IN_FORCE.get(self.in_force, self.in_force) or None

    @property
    def status(self) -> OrderStatus:
        return status_of(STATUS, self.venue_status)

    @property
    def average_price(self) -> float | None:
        return number_of(self.mean_price) or None  # 0 or an empty text before the first fill

    @property
    def total_fee_asset(self) -> str | None:
        """The asset of all fees so far; ``None`` when there is none, or several."""
        return next(iter(self.fees)) if self.fees is not None and len(self.fees) == 1 else None

    @property
    def total_fee(self) -> Number:
        return None if self.fees is None or self.total_fee_asset is None else self.fees[self.total_fee_asset]


class Fill(FillRow):
    """An execution on spot, where fees are taken from what is received, and rebates given in the other asset."""

    venue_symbol: str = field(name="symbol")
    order_id: str = field(name="orderId")
    trade_id: str = field(name="execId")
    price: float = field(name="execPrice")
    quantity: float = field(name="execQty")
    timestamp: int = field(name="execTime")
    side_word: Word = field(name="side")
    client_order_id: str | None = field(name="orderLinkId", default=None)
    kind_word: str = field(name="execType", default="Trade")
    is_maker: bool | None = field(name="isMaker", default=None)
    cost: Number = field(name="execFee", default=None)
    cost_asset: str = field(name="feeCurrency", default="")

    @property
    def side(self) -> Side:
        return _side(self.side_word)

    @property
    def is_trade(self) -> bool:
        return self.kind_word in _FILLS

    @property
    def trade_type(self) -> str | None:
        return None if self.is_maker is None else "maker" if self.is_maker else "taker"

    @property
    def fee(self) -> float | None:
        return number_of(self.cost)

    @property
    def fee_asset(self) -> str | None:
        return self.cost_asset or self._usual_asset

    @property
    def _usual_asset(self) -> str | None:
        pair = split_symbol(self.venue_symbol)
        is_rebate = (self.fee or 0.0) < 0
        return None if pair is None else pair[(self.side == "sell") != is_rebate]


class Balance(BalanceRow):
    """One coin of the wallet, which all products share: what orders and positions need is not free."""

    asset: str = field(name="coin")
    total: Number = field(name="walletBalance", default=None)
    spot_orders: Number = field(name="locked", default=None)
    order_margin: Number = field(name="totalOrderIM", default=None)
    position_margin: Number = field(name="totalPositionIM", default=None)
    timestamp: int | None = None  # that of the whole frame
    unrealized_profit: Number = field(name="unrealisedPnl", default=None)
    maintain_margin: Number = field(name="totalPositionMM", default=None)

    @property
    def locked(self) -> float | None:
        parts = [part for part in (self.spot_orders, self.order_margin, self.position_margin) if part not in (None, "")]
        try:
            return float(sum((Decimal(str(part)) for part in parts), Decimal()))
        except InvalidOperation:
            return None


class SwapOrder(Order):
    """An order of contracts, whose quantity is in base asset, whatever its type."""

    position_number: int = field(name="positionIdx", default=0)

    @property
    def position_side(self) -> str | None:
        return _HELD_APART.get(self.position_number)

    @property
    def is_money(self) -> bool:
        return False


class SwapFill(Fill):
    """An execution of contracts, whose fees are in the asset of settlement."""

    @property
    def _usual_asset(self) -> str:
        name = self.venue_symbol.partition("-")[0]  # BTCUSDT-26DEC25
        return "USDT" if name.endswith("USDT") else "USDC"


class Position(PositionRow):
    """A position as the stream tells it."""

    venue_symbol: str = field(name="symbol")
    size: Number
    side_word: Word | Literal[""] | None = field(name="side")
    number: int = field(name="positionIdx", default=0)
    average_price: Number = field(name="entryPrice", default=None)
    mark_price: Number = field(name="markPrice", default=None)
    liquidation_price: Number = field(name="liqPrice", default=None)
    unrealized_pnl: Number = field(name="unrealisedPnl", default=None)
    realized_pnl: Number = field(name="curRealisedPnl", default=None)
    leverage: Number = None
    position_initial_margin: Number = field(name="positionIM", default=None)
    maintain_margin: Number = field(name="positionMM", default=None)
    updated: Number = field(name="updatedTime", default=None)

    @property
    def timestamp(self) -> int | None:
        return time_of(self.updated, 0) or None

    @property
    def side(self) -> str | None:
        return _HELD_APART.get(self.number)

    @property
    def quantity(self) -> float | None:
        size = number_of(self.size)
        # The only position of a market may change its direction, so that is told by the sign.
        return -size if size and self.side is None and self.side_word == "Sell" else size


class ListedPosition(Position, kw_only=True):
    """A position as the list tells it."""

    average_price: Number = field(name="avgPrice", default=None)
