"""Bitget account figures: orders, fills and balances as pushes and as REST rows.

Source: Bitget API v2 documentation, "Order channel", "Account channel" and their REST twins, April 2026.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from ...account import AccountBalance, AccountFill, AccountOrder
from ...text import decimal_text

_STATES = {"new": "live", "partial": "partially_filled", "filled": "filled"}  # every other end is "cancelled"
_FORCE = {"limit_maker": "post_only", "ioc": "ioc", "fok": "fok"}


def text(number: Decimal | None) -> str:
    """Return a number, 0 when there is none."""
    return decimal_text(number) or "0"


def mean(order: AccountOrder) -> str:
    """Return the mean price of an order, 0 before its first fill."""
    return text(None if order.avg_price is None else round(order.avg_price, 16))


def _type(order: AccountOrder) -> str:
    return "market" if order.type == "market" else "limit"


def _size(order: AccountOrder) -> Decimal:
    """Return what was ordered: money where a market order buys, else base asset."""
    return order.quantity if order.budget is None else order.budget


def order_push(order: AccountOrder) -> dict[str, Any]:
    """Return an order as the channel tells it; figures of a fill are there when one led to it."""
    money = order.quantity * order.price if order.price is not None else _size(order)
    row: dict[str, Any] = {"instId": order.symbol, "orderId": order.order_id, "clientOid": order.client_order_id}
    if order.price is not None:
        row["price"] = text(order.price)
    row |= {
        "newSize": text(_size(order)),
        "size": text(money if order.side == "buy" else order.quantity),
        "notional": text(money),
        "orderType": _type(order),
        "force": _FORCE.get(order.type, "gtc"),
        "side": order.side,
    }
    if order.last is not None:
        row |= _fill_fields(order.last)
    costs = [{"feeCoin": order.fee_asset, "fee": text(-order.fee)}] if order.filled else []
    return row | {
        "accBaseVolume": text(order.filled),
        "priceAvg": mean(order),
        "status": _STATES.get(order.status, "cancelled"),
        "cTime": str(order.created_ms),
        "uTime": str(order.updated_ms),
        "feeDetail": costs,
        "enterPointSource": "API",
    }


def _fill_fields(fill: AccountFill) -> dict[str, str]:
    return {
        "fillPrice": text(fill.price),
        "tradeId": fill.trade_id,
        "baseVolume": text(fill.quantity),
        "fillTime": str(fill.ms),
        "fillFee": text(-fill.fee),
        "fillFeeCoin": fill.fee_asset,
        "tradeScope": "M" if fill.is_maker else "T",
    }


def order_row(order: AccountOrder) -> dict[str, Any]:
    """Return an order as REST tells it when asked for one, or for those that are over."""
    cost = float(-order.fee)
    fees = {"newFees": {"c": 0, "d": 0, "deduction": False, "r": cost, "t": cost, "totalDeductionFee": 0}}
    return _head(order) | {
        "price": text(order.price),
        "priceAvg": mean(order),
        "feeDetail": json.dumps(fees) if order.filled else "",
        "orderSource": "market" if order.type == "market" else "normal",
        "cancelReason": "" if order.status in _STATES else "normal_cancel",
    }


def open_order_row(order: AccountOrder) -> dict[str, Any]:
    """Return an order of the list of open ones, which calls its price and its mean price otherwise."""
    return _head(order) | {"priceAvg": text(order.price), "basePrice": mean(order), "triggerPrice": None}


def _head(order: AccountOrder) -> dict[str, Any]:
    return {
        "userId": "1",
        "symbol": order.symbol,
        "orderId": order.order_id,
        "clientOid": order.client_order_id,
        "size": text(_size(order)),
        "orderType": _type(order),
        "side": order.side,
        "status": _STATES.get(order.status, "cancelled"),
        "baseVolume": text(order.filled),
        "quoteVolume": text(order.value),
        "enterPointSource": "API",
        "tpslType": "normal",
        "cTime": str(order.created_ms),
        "uTime": str(order.updated_ms),
    }


def fill_row(fill: AccountFill) -> dict[str, Any]:
    """Return a fill as REST tells it."""
    return {
        "userId": "1",
        "symbol": fill.symbol,
        "orderId": fill.order_id,
        "tradeId": fill.trade_id,
        "orderType": "limit",
        "side": fill.side,
        "priceAvg": text(fill.price),
        "size": text(fill.quantity),
        "amount": text(fill.quantity * fill.price),
        "feeDetail": {
            "deduction": "no",
            "feeCoin": fill.fee_asset,
            "totalDeductionFee": "",
            "totalFee": text(-fill.fee),
        },
        "tradeScope": "maker" if fill.is_maker else "taker",
        "cTime": str(fill.ms),
        "uTime": str(fill.ms),
    }


def balance_row(held: AccountBalance) -> dict[str, str]:
    """Return what is held of an asset, as the channel and REST tell it."""
    return {
        "coin": held.asset,
        "available": text(held.free),
        "frozen": text(held.locked),
        "locked": "0",
        "limitAvailable": "0",
        "uTime": str(held.ms),
    }
