"""Records of the spot account: orders, fills and balances, as pushed and by REST.

Source: HTX spot API documentation (websocket asset and order, account, trading), last public state of 2021-06,
compared with clients of 2026.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import field

from ...containers.base import Number, nan
from ...containers.order import OrderStatus
from ..account_base import BalanceRow, FillRow, OrderRow, number_of, status_of

STATUS: Mapping[str, OrderStatus] = {
    "created": "new",
    "pre-submitted": "new",
    "submitted": "new",
    "partial-filled": "partial",
    "filled": "filled",
    "canceled": "canceled",
    "partial-canceled": "canceled",
    "rejected": "rejected",
}
_IN_FORCE = {"ioc": "IOC", "limit_fok": "FOK"}


class AnyOrder(OrderRow):
    """What pushes and REST records of an order share: the venue's type is side and kind, as in ``buy-limit-maker``."""

    @property
    def side(self) -> str | None:
        return self.kind_word.partition("-")[0] or None  # type: ignore[attr-defined]  # declared by both

    @property
    def order_type(self) -> str | None:
        kind: str = self.kind_word.partition("-")[2]  # type: ignore[attr-defined]
        return kind.replace("-", "_") or None

    @property
    def time_in_force(self) -> str | None:
        return _IN_FORCE.get(self.order_type or "")

    @property
    def status(self) -> OrderStatus:
        return status_of(STATUS, self.venue_status)  # type: ignore[attr-defined]

    @property
    def _is_in_quote(self) -> bool:
        return bool(self.kind_word == "buy-market")  # type: ignore[attr-defined]


class Order(AnyOrder):
    """One change of an order; which fields it has depends on the kind of event.

    A market order that buys is told in the quote asset, its base quantity nowhere: that is the sum of its fills. Fees
    and means are not told either.
    """

    venue_symbol: str = field(name="symbol")
    venue_status: str = field(name="orderStatus")
    number: str | int | None = field(name="orderId", default=None)
    client_order_id: str | None = field(name="clientOrderId", default=None)
    type_word: str = field(name="type", default="")
    side_word: str = field(name="orderSide", default="")
    price: Number = field(name="orderPrice", default=None)
    size: Number = field(name="orderSize", default=None)
    executed: Number = field(name="execAmt", default=None)
    trade_id: str | int | None = field(name="tradeId", default=None)
    trade_price: float = field(name="tradePrice", default=nan)
    trade_quantity: float = field(name="tradeVolume", default=nan)
    trade_time: int | None = field(name="tradeTime", default=None)
    is_taker: bool | None = field(name="aggressor", default=None)
    create_time: int | None = field(name="orderCreateTime", default=None)
    last_time: int | None = field(name="lastActTime", default=None)

    @property
    def order_id(self) -> str:
        # A conditional order that never became one has no number; its client id is all that names it.
        return str(self.client_order_id or "" if self.number is None else self.number)

    @property
    def kind_word(self) -> str:
        return self.type_word or self.side_word

    @property
    def quantity(self) -> Number:
        return None if self._is_in_quote else self.size

    @property
    def filled_quantity(self) -> Number:
        return None if self._is_in_quote else self.executed

    @property
    def cumulative_quote(self) -> Number:
        return self.executed if self._is_in_quote else None

    @property
    def timestamp(self) -> int | None:
        return next((time for time in (self.trade_time, self.last_time, self.create_time) if time is not None), None)

    @property
    def fill(self) -> FillRow | None:
        if self.trade_id is None:
            return None
        kind = _liquidity(self.is_taker)
        return self.own_fill(self.trade_id, self.trade_price, self.trade_quantity, self.timestamp, trade_type=kind)

    @property
    def awaits_fill(self) -> str | None:
        return None if self.trade_id is None else str(self.trade_id)


class Clearing(FillRow):
    """A fill with its fee. In no particular order with the changes of its order."""

    venue_symbol: str = field(name="symbol")
    number: str | int = field(name="orderId")
    trade_id: str | int = field(name="tradeId")
    price: float = field(name="tradePrice")
    quantity: float = field(name="tradeVolume")
    side: str = field(name="orderSide")
    timestamp: int = field(name="tradeTime")
    client_order_id: str | None = field(name="clientOrderId", default=None)
    is_taker: bool | None = field(name="aggressor", default=None)
    cost: float | None = field(name="transactFee", default=None)
    cost_asset: str = field(name="feeCurrency", default="")
    deducted: Number = field(name="feeDeduct", default=None)
    deducted_asset: str = field(name="feeDeductType", default="")

    @property
    def order_id(self) -> str:
        return str(self.number)

    @property
    def trade_type(self) -> str | None:
        return _liquidity(self.is_taker)

    @property
    def fee(self) -> float | None:
        return number_of(self.deducted) if _is_deducted(self) else self.cost

    @property
    def fee_asset(self) -> str | None:
        word = self.deducted_asset if _is_deducted(self) else self.cost_asset
        return word.upper() or None


class Balance(BalanceRow):
    """One asset of one account: every account that the key may see is told, margin ones too."""

    asset: str = field(name="currency")
    account: str | int = field(name="accountId")
    total: float = field(name="balance")
    free: float = field(name="available")
    account_type: str = field(name="accountType")
    timestamp: int | None = field(name="changeTime", default=None)
    watched: frozenset[str] = frozenset()  # the accounts that count; set by `HtxAccount.decode`

    @property
    def account_id(self) -> str:
        return str(self.account)

    @property
    def counts(self) -> bool:
        return self.account_type == "trade" and (not self.watched or self.account_id in self.watched)


class RestOrder(AnyOrder):
    """An order by REST; the list of open ones and the answer about one name the same figures differently."""

    venue_symbol: str = field(name="symbol")
    number: int = field(name="id")
    venue_status: str = field(name="state")
    kind_word: str = field(name="type")
    create_time: int = field(name="created-at")
    size: Number = field(name="amount", default=None)
    price: Number = None
    client_order_id: str | None = field(name="client-order-id", default=None)
    filled: float | None = field(name="filled-amount", default=None)
    paid: float | None = field(name="filled-cash-amount", default=None)
    field_filled: float | None = field(name="field-amount", default=None)  # the venue's own spelling
    field_paid: float | None = field(name="field-cash-amount", default=None)
    finish_time: int | None = field(name="finished-at", default=None)
    cancel_time: int | None = field(name="canceled-at", default=None)

    @property
    def order_id(self) -> str:
        return str(self.number)

    @property
    def filled_quantity(self) -> float | None:
        return self.field_filled if self.filled is None else self.filled

    @property
    def cumulative_quote(self) -> float | None:
        return self.field_paid if self.paid is None else self.paid

    @property
    def quantity(self) -> Number:
        if not self._is_in_quote:
            return self.size
        return self.filled_quantity if self.venue_status == "filled" else None

    @property
    def timestamp(self) -> int:
        return self.finish_time or self.cancel_time or self.create_time


class RestFill(FillRow):
    venue_symbol: str = field(name="symbol")
    number: int = field(name="order-id")
    trade_id: int = field(name="trade-id")
    record: int = field(name="id")
    price: float
    quantity: float = field(name="filled-amount")
    kind_word: str = field(name="type")
    timestamp: int = field(name="created-at")
    trade_type: str | None = field(name="role", default=None)
    cost: float | None = field(name="filled-fees", default=None)
    cost_asset: str = field(name="fee-currency", default="")
    deducted: Number = field(name="filled-points", default=None)
    deducted_asset: str = field(name="fee-deduct-currency", default="")

    @property
    def order_id(self) -> str:
        return str(self.number)

    @property
    def side(self) -> str:
        return self.kind_word.partition("-")[0]

    fee = Clearing.fee
    fee_asset = Clearing.fee_asset


def _liquidity(is_taker: bool | None) -> str | None:
    return None if is_taker is None else "taker" if is_taker else "maker"


def _is_deducted(fill: Clearing | RestFill) -> bool:
    """Return whether the fee was paid in another asset than it is reckoned in."""
    return (number_of(fill.deducted) or 0.0) > 0
