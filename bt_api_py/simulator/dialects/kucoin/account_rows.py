"""KuCoin account figures: orders and balances as pushed, and with fills as REST rows.

Source: KuCoin API documentation, "Spot private channels", "Get trade history", "Get account list", November 2025.
Orders by REST are from general knowledge.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ...account import AccountBalance, AccountChange, AccountFill, AccountOrder
from ...instruments import Instrument
from ...text import decimal_text
from .figures import pair

_MS_IN_NS = 1_000_000
_IN_FORCE = {"ioc": "IOC", "fok": "FOK"}
_CAUSES = {"place": "trade.hold", "amend": "trade.hold", "fill": "trade.setted", "transfer": "trade.transfer"}


def text(number: Decimal | None) -> str:
    """Return a number, 0 when there is none."""
    return decimal_text(number) or "0"


def _type(order: AccountOrder) -> str:
    return "market" if order.type == "market" else "limit"


def order_events(cause: str, order: AccountOrder, item: Instrument) -> list[dict[str, Any]]:
    """Return what the channel tells of a change: placed orders twice, and the last match before the end."""
    rows = []
    if cause == "place":
        rows.append(_event(order, item, "received", "new"))
        if order.type != "market":
            rows.append(_event(order, item, "open", "open"))
    elif cause == "amend":
        rows.append(_event(order, item, "update", "open") | {"oldSize": text(order.quantity)})
    elif order.last is not None:
        rows.append(_event(order, item, "match", "match") | _match(order.last))
        if not order.is_open:
            rows.append(_event(order, item, "filled", "done"))
    elif not order.is_open:
        rows.append(_event(order, item, "canceled", "done"))
    return rows


def _event(order: AccountOrder, item: Instrument, kind: str, status: str) -> dict[str, Any]:
    left = order.remaining if order.is_open else Decimal(0)
    row: dict[str, Any] = {
        "canceledSize": text(order.remaining if kind == "canceled" else None),
        "clientOid": order.client_order_id,
        "filledSize": text(order.filled),
        "orderId": order.order_id,
        "orderTime": order.created_ms,
        "orderType": _type(order),
        "originSize": text(order.quantity),
        "remainSize": text(left),
        "side": order.side,
        "size": text(order.quantity),
        "status": status,
        "symbol": pair(item),
        "ts": order.updated_ms * _MS_IN_NS,
        "type": kind,
    }
    if order.price is not None:
        row["price"] = text(order.price)
    if order.budget is not None:  # money is offered, and no quantity asked for
        del row["size"], row["originSize"], row["remainSize"]
        money = {"funds": order.budget, "remainFunds": order.budget - order.value if order.is_open else Decimal(0)}
        row |= {name: text(max(Decimal(0), amount)) for name, amount in money.items()}
    return dict(sorted(row.items()))  # as the venue orders them


def _match(fill: AccountFill) -> dict[str, Any]:
    """Return the figures of a match; its fee is not among them."""
    role = "maker" if fill.is_maker else "taker"
    return {
        "matchPrice": text(fill.price),
        "matchSize": text(fill.quantity),
        "tradeId": fill.trade_id,
        "feeType": f"{role}Fee",
        "liquidity": role,
    }


def balance_row(change: AccountChange, held: AccountBalance) -> dict[str, Any]:
    """Return what a change made of a balance."""
    before = change.before[held.asset]
    about = {} if change.order is None else {"orderId": change.order.order_id}
    return {
        "accountId": "548674591753",
        "currency": held.asset,
        "total": text(held.total),
        "available": text(held.free),
        "hold": text(held.locked),
        "availableChange": text(held.free - before.free),
        "holdChange": text(held.locked - before.locked),
        "relationContext": about,
        "relationEvent": _CAUSES.get(change.cause, "trade.hold"),
        "relationEventId": str(354_689_988_084_000 + change.number),
        "time": str(held.ms),
    }


def rest_order(order: AccountOrder, item: Instrument) -> dict[str, Any]:
    """Return an order as REST tells it."""
    is_money = order.budget is not None
    return {
        "id": order.order_id,
        "clientOid": order.client_order_id,
        "symbol": pair(item),
        "opType": "DEAL",
        "type": _type(order),
        "side": order.side,
        "price": text(order.price),
        "size": text(None if is_money else order.quantity),
        "funds": text(order.budget),
        "dealSize": text(order.filled),
        "dealFunds": text(order.value),
        "fee": text(order.fee),
        "feeCurrency": order.fee_asset,
        "timeInForce": _IN_FORCE.get(order.type, "GTC"),
        "postOnly": order.type == "limit_maker",
        "cancelExist": not order.is_open and order.status != "filled",
        "tradeType": "TRADE",
        "inOrderBook": order.is_open,
        "active": order.is_open,
        "createdAt": order.created_ms,
        "lastUpdatedAt": order.updated_ms,
    }


def rest_fill(number: int, fill: AccountFill, item: Instrument) -> dict[str, Any]:
    """Return a fill as REST tells it, with its place in the list."""
    return {
        "id": number,
        "symbol": pair(item),
        "tradeId": int(fill.trade_id),
        "orderId": fill.order_id,
        "side": fill.side,
        "liquidity": "maker" if fill.is_maker else "taker",
        "forceTaker": False,
        "price": text(fill.price),
        "size": text(fill.quantity),
        "funds": text(fill.price * fill.quantity),
        "fee": text(fill.fee),
        "feeRate": "0.001",
        "feeCurrency": fill.fee_asset,
        "stop": "",
        "tradeType": "TRADE",
        "type": "limit",
        "createdAt": fill.ms,
    }


def rest_balance(number: int, held: AccountBalance) -> dict[str, str]:
    """Return a balance as REST tells it."""
    return {
        "id": str(number),
        "currency": held.asset,
        "type": "trade",
        "balance": text(held.total),
        "available": text(held.free),
        "holds": text(held.locked),
    }
