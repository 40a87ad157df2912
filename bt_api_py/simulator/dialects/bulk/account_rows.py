"""BULK account figures: the snapshot, what changes, and REST rows. Times in ns, money in USDC.

Source: BULK API 1.0.15, "Account stream", "Account endpoints", May 2026.
"""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ...account import AccountFill, AccountOrder, AccountPosition
from ...contracts import mark_price
from ...margin import MarginAccount
from ...matching import CROSSING, MARGIN, REDUCE_ONLY, SELF_CROSSING
from .base58 import encode
from .figures import MAX_LEVERAGE, NS

if TYPE_CHECKING:
    from . import BulkSwap

SETTLED_IN = "USDC"
LIQUIDATION, ADL = "liquidation", "adl"
_REASON_CODES = {"": 0, LIQUIDATION: 1, ADL: 2, "liquidation_sweep": 3}
_TIFS = {"limit": "gtc", "market": "ioc", "ioc": "ioc", "fok": "ioc", "limit_maker": "postOnly"}
_REFUSED = {CROSSING: "rejectedCrossing", MARGIN: "rejectedRiskLimit"}
_CANCELLED = {REDUCE_ONLY: "cancelledReduceOnly", SELF_CROSSING: "cancelledSelfCrossing"}
_WORDS = {MARGIN: "Insufficient margin"}
_MAINTENANCE = Decimal(1) / (2 * Decimal(MAX_LEVERAGE))  # of the notional value
_LAMBDA = 0.05


def number(value: Decimal | None) -> float:
    """Return a decimal as the venue's JSON number; 0 for none."""
    return float(value or 0)


def order_number(count: int) -> str:
    """Return the id of an order that no client made."""
    return encode(sha256(b"order %d" % count).digest())


def signed(order: AccountOrder, quantity: Decimal) -> float:
    """Return a quantity with the sign of the order's side."""
    return number(quantity if order.side == "buy" else -quantity)


def status_of(order: AccountOrder) -> str:
    """Return an order's status as `orderUpdate` and responses tell it."""
    if order.status == "new":
        return "resting" if order.type in ("limit", "limit_maker") else "placed"
    if order.status == "rejected":
        return _REFUSED.get(order.reason) or _CANCELLED.get(order.reason) or "rejectedInvalid"
    if order.status == "canceled":
        return _CANCELLED.get(order.reason, "cancelled")
    return {"partial": "working", "filled": "filled", "expired": "cancelledIoc"}[order.status]


def reason_of(order: AccountOrder) -> str | None:
    """Return why an order ended, None when the status says all."""
    return _WORDS.get(order.reason, order.reason) or None


def order_row(dialect: BulkSwap, order: AccountOrder) -> dict[str, Any]:
    """Return an order in the long names of snapshots and REST."""
    return {
        "symbol": dialect.spelled(order.symbol),
        "orderId": order.order_id,
        "price": number(order.price),
        "originalSize": signed(order, order.quantity),
        "size": signed(order, order.remaining),
        "filledSize": number(order.filled),
        "vwap": number(order.avg_price),
        "maker": order.type in ("limit", "limit_maker"),
        "reduceOnly": order.reduce_only,
        "orderType": "market" if order.type == "market" else "limit",
        "trigger": None,
        "tif": _TIFS[order.type],
        "status": "placed" if order.status == "new" else status_of(order),
        "timestamp": order.updated_ms * NS,
        "iso": False,
    }


def order_update(dialect: BulkSwap, order: AccountOrder) -> dict[str, Any]:
    """Return an order in the short names of `orderUpdate`."""
    return {
        "type": "orderUpdate",
        "ot": "market" if order.type == "market" else "limit",
        "status": status_of(order),
        "sym": dialect.spelled(order.symbol),
        "oid": order.order_id,
        "px": number(order.price),
        "origSz": signed(order, order.quantity),
        "sz": signed(order, order.remaining),
        "fillSz": number(order.filled),
        "vwap": number(order.avg_price),
        "tif": _TIFS[order.type],
        "r": order.reduce_only,
        "mk": order.type in ("limit", "limit_maker"),
        "trigger": None,
        "ts": order.updated_ms * NS,
        "reason": reason_of(order),
    }


def fill_row(dialect: BulkSwap, fill: AccountFill) -> dict[str, Any]:
    """Return a fill. Newest servers add `tradeId`; whose side `isBuy` tells is disputed: see `BulkSwap`."""
    other = encode(sha256(fill.trade_id.encode()).digest())
    bought = fill.side == "buy"
    row: dict[str, Any] = {
        "symbol": dialect.spelled(fill.symbol),
        "orderId": fill.order_id,
        "price": number(fill.price),
        "size": number(fill.quantity),
        "fee": number(fill.fee),
        "isBuy": bought != fill.is_maker if dialect.fills_tell_taker else bought,
        "reasonCode": _REASON_CODES.get(fill.reason, 0),
        "counterpartyHint": f"{other[:4]}..{other[-4:]}",
        "timestamp": fill.ms * NS,
        "maker": fill.is_maker,
    }
    if fill.reason:
        row["reason"] = fill.reason
    return row | ({"tradeId": fill.trade_id} if dialect.fills_have_ids else {})


def margin_row(account: MarginAccount) -> dict[str, Any]:
    """Return the margin of an account."""
    margin = account.margin(SETTLED_IN)
    return {
        "totalBalance": number(margin.total),
        "availableBalance": number(margin.available),
        "marginUsed": number(margin.used),
        "notional": number(margin.notional),
        "realizedPnl": number(margin.realized),
        "unrealizedPnl": number(margin.unrealized),
        "fees": number(margin.fees),
        "funding": 0.0,
    }


def position_figures(dialect: BulkSwap, account: MarginAccount, position: AccountPosition) -> dict[str, Any]:
    """Return the figures that snapshot and `positionUpdate` both tell of a position."""
    mark = mark_price(dialect.venue.market(position.symbol))
    notional = abs(position.quantity) * mark
    return {
        "symbol": dialect.spelled(position.symbol),
        "size": number(position.quantity),
        "price": number(position.avg_price if position.quantity else None),
        "fairPrice": number(mark),
        "notional": number(notional),
        "realizedPnl": number(position.realized),
        "unrealizedPnl": number(position.unrealized(mark)),
        "leverage": number(position.leverage),
        "liquidationPrice": number(_liquidation_price(account, position)),
        "fees": number(position.fees),
        "funding": 0.0,
        "maintenanceMargin": number(notional * _MAINTENANCE),
        "lambda": _LAMBDA,
        "riskAllocation": number(notional / position.leverage),
    }


def _liquidation_price(account: MarginAccount, position: AccountPosition) -> Decimal | None:
    """Return where this position alone would use up what the account holds."""
    quantity = position.quantity
    if not quantity:
        return None
    total = account.balances()[SETTLED_IN].total
    price = (position.avg_price * quantity - total) / (quantity - abs(quantity) * _MAINTENANCE)
    return max(price, Decimal(0))


def position_row(dialect: BulkSwap, account: MarginAccount, position: AccountPosition) -> dict[str, Any]:
    """Return a position as the snapshot tells it."""
    return position_figures(dialect, account, position) | {"iso": False, "protection": None}


_UPDATE_NAMES = (
    "symbol", "size", "price", "realizedPnl", "unrealizedPnl", "leverage", "liquidationPrice", "fairPrice", "notional",
    "fees", "funding", "maintenanceMargin", "lambda", "riskAllocation",
)  # fmt: skip


def position_update(dialect: BulkSwap, account: MarginAccount, position: AccountPosition) -> dict[str, Any]:
    """Return a position as `positionUpdate` tells it: the same figures in another order."""
    figures = position_figures(dialect, account, position)
    return {"type": "positionUpdate"} | {name: figures[name] for name in _UPDATE_NAMES} | {"protection": None}


def leverage_rows(dialect: BulkSwap, account: MarginAccount) -> list[dict[str, Any]]:
    """Return the leverage by symbol."""
    return [
        {"symbol": dialect.spelled(key), "leverage": number(leverage)} for key, leverage in account.leverages().items()
    ]


def fee_tier_rows(dialect: BulkSwap, account: MarginAccount) -> list[dict[str, Any]]:
    """Return the fee tier; here it stays the same whatever was traded."""
    volume = sum((fill.price * fill.quantity for fill in account.fills()), Decimal(0))
    row = {
        "symbol": "global",
        "rollingVolume": number(volume),
        "tierIndex": 1,
        "tierThreshold": 0.0,
        "makerBps": number(dialect.house.maker_fee * 10_000),
        "takerBps": number(dialect.house.taker_fee * 10_000),
        "windowDays": 14,
    }
    return [row]


def account_row(dialect: BulkSwap, account: MarginAccount) -> dict[str, Any]:
    """Return an account as it is."""
    return {
        "kind": "MasterEOA",
        "parent": None,
        "subAccounts": [],
        "multisigAccounts": [],
        "authorizedAgentWallets": list(dialect.agents_of(account)),
        "margin": margin_row(account),
        "positions": [position_row(dialect, account, position) for position in account.positions()],
        "openOrders": [order_row(dialect, order) for order in account.orders(is_open=True)],
        "feeTiers": fee_tier_rows(dialect, account),
        "leverageSettings": leverage_rows(dialect, account),
    }
