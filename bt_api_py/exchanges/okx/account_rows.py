"""Records of an account of OKX: orders, fills, balances and positions, as channels and REST tell them.

Source: OKX API v5 documentation (orders, account and positions channels, trade and account endpoints), state of
2026-07.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from msgspec import field

from ...containers.base import Number
from ...containers.order import OrderStatus
from ..account_base import BalanceRow, FillRow, OrderEvent, PositionRow, paid, status_of, time_of
from .linear import is_linear

STATUS: Mapping[str, OrderStatus] = {
    "live": "new",
    "partially_filled": "partial",
    "filled": "filled",
    "canceled": "canceled",
    "mmp_canceled": "canceled",
}
# Why the venue cancelled an order, where that is an end of another kind.
_CANCEL_SOURCE: Mapping[str, OrderStatus] = {
    "13": "expired",  # what was left of a fill-or-kill order
    "14": "expired",  # what was left of an immediate-or-cancel order
    "31": "rejected",  # a post-only order that would have taken
}
_IN_FORCE = {"fok": "FOK", "op_fok": "FOK", "ioc": "IOC", "optimal_limit_ioc": "IOC"}
_LIQUIDITY = {"M": "maker", "T": "taker"}


class Order(OrderEvent):
    """An order as the channel and REST tell it; a fee is that of the last fill, so it goes with the fill."""

    in_base: ClassVar[str] = "base_ccy"
    in_quote: ClassVar[str] = "quote_ccy"

    venue_symbol: str = field(name="instId")
    order_id: str = field(name="ordId")
    venue_status: str = field(name="state")
    timestamp: int = field(name="uTime")
    side: str
    order_type: str = field(name="ordType")
    size: Number = field(name="sz", default=None)
    size_unit: str = field(name="tgtCcy", default="")
    price: Number = field(name="px", default=None)
    filled_quantity: Number = field(name="accFillSz", default=None)
    average_price: Number = field(name="avgPx", default=None)
    create_time: Number = field(name="cTime", default=None)
    client_order_id: str | None = field(name="clOrdId", default=None)
    reduce_only: str | bool | None = field(name="reduceOnly", default=None)
    cancel_source: str = field(name="cancelSource", default="")
    trade_id: str = field(name="tradeId", default="")
    fill_quantity: Number = field(name="fillSz", default=None)
    fill_price: Number = field(name="fillPx", default=None)
    fill_time: Number = field(name="fillTime", default=None)
    fill_fee: Number = field(name="fillFee", default=None)
    fill_fee_asset: str | None = field(name="fillFeeCcy", default=None)
    liquidity: str = field(name="execType", default="")

    @property
    def status(self) -> OrderStatus:
        status = status_of(STATUS, self.venue_status)
        return _CANCEL_SOURCE.get(self.cancel_source, status) if status == "canceled" else status

    @property
    def time_in_force(self) -> str | None:
        return _IN_FORCE.get(self.order_type)

    @property
    def trade_type(self) -> str | None:
        return _LIQUIDITY.get(self.liquidity)


class PastFill(FillRow):
    venue_symbol: str = field(name="instId")
    order_id: str = field(name="ordId")
    trade_id: str = field(name="tradeId")
    bill_id: str = field(name="billId")
    price: float = field(name="fillPx")
    quantity: float = field(name="fillSz")
    side: str
    sent_time: int = field(name="ts")
    fill_time: Number = field(name="fillTime", default=None)
    client_order_id: str | None = field(name="clOrdId", default=None)
    liquidity: str = field(name="execType", default="")
    cost: Number = field(name="fee", default=None)
    fee_asset: str | None = field(name="feeCcy", default=None)

    @property
    def timestamp(self) -> int:
        return time_of(self.fill_time, self.sent_time)

    @property
    def trade_type(self) -> str | None:
        return _LIQUIDITY.get(self.liquidity)

    @property
    def fee(self) -> float | None:
        return paid(self.cost)


class Balance(BalanceRow):
    """One asset. Accounts that trade derivatives have their free part in ``availEq``."""

    asset: str = field(name="ccy")
    timestamp: int = field(name="uTime")
    available: Number = field(name="availBal", default=None)
    available_equity: Number = field(name="availEq", default=None)
    locked: Number = field(name="frozenBal", default=None)
    total: Number = field(name="cashBal", default=None)

    @property
    def free(self) -> Number:
        return self.available_equity if self.available in (None, "") else self.available


class SwapOrder(Order):
    """An order of contracts, whose quantities are counted in them."""

    position_word: str = field(name="posSide", default="")

    @property
    def is_linear(self) -> bool:
        return is_linear(self.venue_symbol)

    @property
    def position_side(self) -> str | None:
        return self.position_word or None

    @property
    def is_money(self) -> bool:
        return False


class SwapFill(PastFill, kw_only=True):
    @property
    def is_linear(self) -> bool:
        return is_linear(self.venue_symbol)


class SwapBalance(Balance):
    """What is free of a margin is told apart from what could be withdrawn."""

    @property
    def free(self) -> Number:
        return self.available if self.available_equity in (None, "") else self.available_equity


class Position(PositionRow):
    """One position; both sides of a market may be held apart, and are positive then."""

    venue_symbol: str = field(name="instId")
    quantity: Number = field(name="pos")
    timestamp: int = field(name="uTime")
    position_id: str = field(name="posId", default="")
    side_word: str = field(name="posSide", default="net")
    average_price: Number = field(name="avgPx", default=None)
    mark_price: Number = field(name="markPx", default=None)
    liquidation_price: Number = field(name="liqPx", default=None)
    unrealized_pnl: Number = field(name="upl", default=None)
    realized_pnl: Number = field(name="realizedPnl", default=None)
    leverage: Number = field(name="lever", default=None)
    margin_type: str = field(name="mgnMode", default="")
    initial_margin: Number = field(name="imr", default=None)
    maintain_margin: Number = field(name="mmr", default=None)
    cost: Number = field(name="fee", default=None)
    funding_value: Number = field(name="fundingFee", default=None)

    @property
    def is_linear(self) -> bool:
        return is_linear(self.venue_symbol)

    @property
    def side(self) -> str | None:
        return self.side_word if self.side_word in ("long", "short") else None

    @property
    def fee(self) -> float | None:
        return paid(self.cost)
