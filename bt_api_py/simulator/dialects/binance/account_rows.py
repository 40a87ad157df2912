"""Binance account figures: orders, fills and balances as events and as REST rows.

Source: binance-spot-api-docs, "User Data Streams", "Account endpoints", July 2026.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ...account import AccountBalance, AccountChange, AccountFill, AccountOrder

_ZERO = Decimal(0)
TYPES = {
    "limit": ("LIMIT", "GTC"),
    "market": ("MARKET", "GTC"),
    "limit_maker": ("LIMIT_MAKER", "GTC"),
    "ioc": ("LIMIT", "IOC"),
    "fok": ("LIMIT", "FOK"),
}
STATUSES = {
    "new": "NEW",
    "partial": "PARTIALLY_FILLED",
    "filled": "FILLED",
    "canceled": "CANCELED",
    "rejected": "REJECTED",
    "expired": "EXPIRED",
}
EXECUTIONS = {"place": "NEW", "fill": "TRADE", "cancel": "CANCELED", "reject": "REJECTED", "expire": "EXPIRED"}


def text(number: Decimal | None) -> str:
    """Return a number with the venue's eight decimals."""
    return f"{_ZERO if number is None else number:.8f}"


def execution_report(change: AccountChange, order: AccountOrder) -> dict[str, Any]:
    """Return the event of a change of an order."""
    fill = order.last if change.cause == "fill" else None
    kind, in_force = TYPES[order.type]
    is_cancel = change.cause == "cancel"
    return {
        "e": "executionReport",
        "E": change.ms,
        "s": order.symbol,
        "c": f"cancel{change.number}" if is_cancel else order.client_order_id,  # a cancel request has an id of its own
        "S": order.side.upper(),
        "o": kind,
        "f": in_force,
        "q": text(order.quantity),
        "p": text(order.price),
        "P": text(_ZERO),
        "F": text(_ZERO),
        "g": -1,
        "C": order.client_order_id if is_cancel else "",
        "x": EXECUTIONS[change.cause],
        "X": STATUSES[order.status],
        "r": order.reason or "NONE",
        "i": int(order.order_id),
        "l": text(fill.quantity if fill else None),
        "z": text(order.filled),
        "L": text(fill.price if fill else None),
        "n": text(fill.fee) if fill else "0",
        "N": fill.fee_asset if fill else None,
        "T": order.updated_ms,
        "t": int(fill.trade_id) if fill else -1,
        "I": 2 * int(order.order_id) + change.number,
        "w": order.is_open and order.type != "market",
        "m": bool(fill and fill.is_maker),
        "M": True,
        "O": order.created_ms,
        "Z": text(order.value),
        "Y": text(fill.price * fill.quantity if fill else None),
        "Q": text(_ZERO),
        "W": order.created_ms,
        "V": "EXPIRE_MAKER",
    }


def account_position(change: AccountChange) -> dict[str, Any]:
    """Return the event of changed balances."""
    rows = [{"a": held.asset, "f": text(held.free), "l": text(held.locked)} for held in change.balances]
    return {"e": "outboundAccountPosition", "E": change.ms, "u": change.ms, "B": rows}


def balance_update(change: AccountChange) -> dict[str, Any]:
    """Return the event of a transfer."""
    asset = change.balances[0].asset
    return {"e": "balanceUpdate", "E": change.ms, "a": asset, "d": text(change.amount), "T": change.ms}


def order_row(order: AccountOrder) -> dict[str, Any]:
    """Return an order as REST tells it."""
    kind, in_force = TYPES[order.type]
    return {
        "symbol": order.symbol,
        "orderId": int(order.order_id),
        "orderListId": -1,
        "clientOrderId": order.client_order_id,
        "price": text(order.price),
        "origQty": text(order.quantity),
        "executedQty": text(order.filled),
        "origQuoteOrderQty": text(_ZERO),
        "cummulativeQuoteQty": text(order.value),
        "status": STATUSES[order.status],
        "timeInForce": in_force,
        "type": kind,
        "side": order.side.upper(),
        "stopPrice": text(_ZERO),
        "icebergQty": text(_ZERO),
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "isWorking": order.type != "market",
        "workingTime": order.created_ms,
        "selfTradePreventionMode": "EXPIRE_MAKER",
    }


def fill_row(fill: AccountFill) -> dict[str, Any]:
    """Return a fill as REST tells it."""
    return {
        "symbol": fill.symbol,
        "id": int(fill.trade_id),
        "orderId": int(fill.order_id),
        "orderListId": -1,
        "price": text(fill.price),
        "qty": text(fill.quantity),
        "quoteQty": text(fill.price * fill.quantity),
        "commission": text(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": fill.ms,
        "isBuyer": fill.side == "buy",
        "isMaker": fill.is_maker,
        "isBestMatch": True,
    }


def account_body(balances: Iterable[AccountBalance], number: int, ms: int) -> dict[str, Any]:
    """Return the answer about an account."""
    rate = text(Decimal("0.001"))
    none = text(_ZERO)
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": rate, "taker": rate, "buyer": none, "seller": none},
        "canTrade": False,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": ms,
        "accountType": "SPOT",
        "balances": [{"asset": held.asset, "free": text(held.free), "locked": text(held.locked)} for held in balances],
        "permissions": ["SPOT"],
        "uid": 354_937_867 + number,
    }
