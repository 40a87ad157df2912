"""Gate account figures: orders, own trades and balances as pushes and as REST rows.

Source: Gate API v4 documentation, "Orders channel", "User trades channel", "Spot balance channel" and their REST
twins, April 2026.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ...account import AccountBalance, AccountChange, AccountFill, AccountOrder
from ...instruments import Instrument
from .figures import pair

_ENDS = {"filled": "filled", "canceled": "cancelled", "expired": "ioc", "rejected": "poc"}
_IN_FORCE = {"limit": "gtc", "market": "ioc", "limit_maker": "poc", "ioc": "ioc", "fok": "fok"}
_CHANGES = {"place": "order-create", "fill": "order-match", "cancel": "order-cancel", "transfer": "deposit"}


def text(number: Decimal | None) -> str:
    """Return a number without superfluous zeros."""
    return f"{number.normalize():f}" if number else "0"


def order_row(order: AccountOrder, item: Instrument, user: int) -> dict[str, Any]:
    """Return an order as its channel tells it."""
    row = rest_order(order, item)
    event = "finish" if not order.is_open else "update" if order.filled else "put"
    del row["status"]
    return row | {"user": 1_000_000 + user, "event": event, "biz_info": "-"}


def rest_order(order: AccountOrder, item: Instrument) -> dict[str, Any]:
    """Return an order as REST tells it. A market order that buys is counted in the quote asset."""
    in_quote = order.type == "market" and order.side == "buy"
    amount = order.budget if in_quote and order.budget is not None else order.quantity
    left = max(Decimal(0), amount - (order.value if in_quote else order.filled))
    status = "open" if order.is_open else "closed" if order.status == "filled" else "cancelled"
    return {
        "id": order.order_id,
        "text": order.client_order_id,
        "create_time": str(order.created_ms // 1000),
        "update_time": str(order.updated_ms // 1000),
        "status": status,
        "currency_pair": pair(item),
        "type": "market" if order.type == "market" else "limit",
        "account": "spot",
        "side": order.side,
        "amount": text(amount),
        "price": text(order.price),
        "time_in_force": _IN_FORCE[order.type],
        "left": text(left),
        "filled_amount": text(order.filled),
        "filled_total": text(order.value),
        "avg_deal_price": text(order.avg_price),
        "fee": text(order.fee),
        "fee_currency": order.fee_asset,
        "point_fee": "0",
        "gt_fee": "0",
        "rebated_fee": "0",
        "rebated_fee_currency": order.fee_asset,
        "create_time_ms": str(order.created_ms),
        "update_time_ms": str(order.updated_ms),
        "stp_id": 0,
        "stp_act": "-",
        "finish_as": "open" if order.is_open else _ENDS[order.status],
        "amend_text": "-",
    }


def trade_row(fill: AccountFill, item: Instrument, user: int) -> dict[str, Any]:
    """Return a fill as its channel tells it."""
    return rest_trade(fill, item) | {"user_id": 1_000_000 + user, "id": int(fill.trade_id)}


def rest_trade(fill: AccountFill, item: Instrument) -> dict[str, Any]:
    """Return a fill as REST tells it."""
    return {
        "id": fill.trade_id,
        "order_id": fill.order_id,
        "currency_pair": pair(item),
        "create_time": str(fill.ms // 1000),
        "create_time_ms": f"{fill.ms}.000",
        "side": fill.side,
        "amount": text(fill.quantity),
        "role": "maker" if fill.is_maker else "taker",
        "price": text(fill.price),
        "fee": text(fill.fee),
        "fee_currency": fill.fee_asset,
        "point_fee": "0",
        "gt_fee": "0",
        "text": fill.client_order_id,
    }


def balance_rows(change: AccountChange, user: int) -> list[dict[str, Any]]:
    """Return what a change made of each balance that it touched."""
    rows = []
    for held in change.balances:
        before = change.before[held.asset]
        rows.append(
            {
                "timestamp": str(held.ms // 1000),
                "timestamp_ms": str(held.ms),
                "user": str(1_000_000 + user),
                "currency": held.asset,
                "change": text(held.total - before.total),
                "total": text(held.total),
                "available": text(held.free),
                "freeze": text(held.locked),
                "freeze_change": text(held.locked - before.locked),
                "change_type": _CHANGES.get(change.cause, "order-cancel"),
            }
        )
    return rows


def account_row(held: AccountBalance) -> dict[str, Any]:
    """Return a balance as REST tells it."""
    return {"currency": held.asset, "available": text(held.free), "locked": text(held.locked), "update_id": held.ms}
