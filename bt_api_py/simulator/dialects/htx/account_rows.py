"""HTX account figures: orders, fills and balances as pushes and as REST rows.

Source: HTX spot API reference, "Websocket Asset and Order", "Trading", "Account", 2021, with later client reports.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ...account import Account, AccountChange, AccountFill, AccountOrder

_TYPES = {"limit": "limit", "market": "market", "limit_maker": "limit-maker", "ioc": "ioc", "fok": "limit-fok"}
_STATES = {"new": "submitted", "partial": "partial-filled", "filled": "filled", "rejected": "rejected"}
_CAUSES = {"place": "order-place", "fill": "order-match"}
_SOURCE = "spot-api"
_REFUSED = 2002
_ZERO = Decimal(0)


def text(number: Decimal) -> str:
    """Return a number without superfluous zeros."""
    return f"{number.normalize():f}" if number else "0"


def account_id(account: Account) -> int:
    """Return the venue's number of an account."""
    return 992_700 + account.number


def _type(order: AccountOrder) -> str:
    return f"{order.side}-{_TYPES[order.type]}"


def _state(order: AccountOrder) -> str:
    return _STATES.get(order.status, "partial-canceled" if order.filled else "canceled")


def _amounts(order: AccountOrder) -> dict[str, str]:
    """Return price and size as far as the kind of order has them: a market buy is measured in quote."""
    price = {} if order.price is None else {"orderPrice": text(order.price)}
    if order.budget is not None:
        return price | {"orderValue": text(order.budget)}
    return price | {"orderSize": text(order.quantity)}


def _executed(order: AccountOrder) -> dict[str, str]:
    if order.budget is None:
        return {"remainAmt": text(order.remaining), "execAmt": text(order.filled)}
    left = _ZERO if order.status == "filled" else max(_ZERO, order.budget - order.value)
    return {"remainAmt": text(left), "execAmt": text(order.value)}


def order_push(change: AccountChange, order: AccountOrder, account: Account) -> dict[str, Any]:
    """Return what `orders#` tells of a change."""
    symbol = order.symbol.lower()
    if change.cause == "reject":
        return {
            "eventType": "trigger",
            "symbol": symbol,
            "clientOrderId": order.client_order_id,
            "orderSide": order.side,
            "orderStatus": "rejected",
            "errCode": _REFUSED,
            "errMessage": order.reason,
            "lastActTime": change.ms,
        }
    names: dict[str, Any] = {
        "orderId": int(order.order_id),
        "clientOrderId": order.client_order_id,
        "orderSource": _SOURCE,
        **_amounts(order),
        "type": _type(order),
    }
    if change.cause == "place":
        head = {"eventType": "creation", "symbol": symbol, "accountId": account_id(account)}
        return head | names | {"orderStatus": "submitted", "orderCreateTime": order.created_ms}
    state = {"orderStatus": _state(order)} | _executed(order)
    if change.cause == "fill" and order.last is not None:
        fill = order.last
        return (
            {"eventType": "trade", "symbol": symbol}
            | names
            | {
                "tradePrice": text(fill.price),
                "tradeVolume": text(fill.quantity),
                "tradeId": int(fill.trade_id),
                "tradeTime": fill.ms,
                "aggressor": not fill.is_maker,
            }
            | state
        )
    return {"eventType": "cancellation", "symbol": symbol} | names | state | {"lastActTime": change.ms}


def clearing_push(change: AccountChange, order: AccountOrder, account: Account) -> dict[str, Any]:
    """Return what `trade.clearing#` tells of a fill or of the end of an order."""
    row: dict[str, Any] = {
        "eventType": "trade" if change.cause == "fill" else "cancellation",
        "symbol": order.symbol.lower(),
        "orderId": int(order.order_id),
        "orderSide": order.side,
        "orderType": _type(order),
        "accountId": account_id(account),
        "source": _SOURCE,
        **_amounts(order),
        "clientOrderId": order.client_order_id,
        "orderCreateTime": order.created_ms,
        "orderStatus": _state(order),
    }
    fill = order.last
    if change.cause != "fill" or fill is None:
        return row | {"remainAmt": _executed(order)["remainAmt"]}
    return row | {
        "tradePrice": text(fill.price),
        "tradeVolume": text(fill.quantity),
        "aggressor": not fill.is_maker,
        "tradeId": int(fill.trade_id),
        "tradeTime": fill.ms,
        "transactFee": text(fill.fee),
        "feeCurrency": fill.fee_asset.lower(),
        "feeDeduct": "0",
        "feeDeductType": "",
    }


def balance_pushes(account: Account, change: AccountChange, mode: str, *, is_first: bool) -> list[dict[str, Any]]:
    """Return what `accounts.update#mode` tells of balances: 0 totals only, 1 one figure per message, 2 both figures.

    Args:
        is_first: the present state at the beginning, whatever changed.
    """
    cause = _CAUSES.get(change.cause, "order-cancel")
    if change.cause == "transfer":
        cause = "deposit" if change.amount > 0 else "withdraw"
    rows = []
    for place, held in enumerate(change.balances):
        before = change.before.get(held.asset)
        has_total = is_first or before is None or before.total != held.total
        has_free = is_first or before is None or before.free != held.free
        total, free = {"balance": text(held.total)}, {"available": text(held.free)}
        if mode == "0":
            bodies = [total] if has_total else []
        elif mode == "1":
            bodies = [total] * has_total + [free] * has_free
        else:
            bodies = [total | free]
        for body in bodies:
            rows.append(
                {"currency": held.asset.lower(), "accountId": account_id(account)}
                | body
                | {
                    "changeType": None if is_first else cause,
                    "accountType": "trade",
                    "changeTime": None if is_first else change.ms,
                    "seqNum": str(86_872_993_928 + 100 * change.number + place),
                }
            )
    return rows


def _rest_head(order: AccountOrder, account: Account) -> dict[str, Any]:
    size = order.budget if order.budget is not None else order.quantity
    return {
        "id": int(order.order_id),
        "symbol": order.symbol.lower(),
        "account-id": account_id(account),
        "client-order-id": order.client_order_id,
        "amount": text(size),
        "price": text(order.price if order.price is not None else _ZERO),
        "created-at": order.created_ms,
        "type": _type(order),
    }


def _amounts_filled(order: AccountOrder, word: str) -> dict[str, str]:
    return {
        f"{word}-amount": text(order.filled),
        f"{word}-cash-amount": text(order.value),
        f"{word}-fees": text(order.fee),
    }


def open_order_row(order: AccountOrder, account: Account) -> dict[str, Any]:
    """Return an open order as the list of them tells it."""
    return _rest_head(order, account) | _amounts_filled(order, "filled") | {"source": _SOURCE, "state": _state(order)}


def order_row(order: AccountOrder, account: Account) -> dict[str, Any]:
    """Return an order as it is told by its id."""
    finished = 0 if order.is_open else order.updated_ms
    canceled = finished if order.status in ("canceled", "expired") else 0
    head = _rest_head(order, account) | _amounts_filled(order, "field")
    return head | {"finished-at": finished, "source": _SOURCE, "state": _state(order), "canceled-at": canceled}


def fill_row(fill: AccountFill, order: AccountOrder) -> dict[str, Any]:
    """Return a fill as REST tells it."""
    return {
        "id": int(fill.trade_id) + 10**12,
        "symbol": fill.symbol.lower(),
        "order-id": int(fill.order_id),
        "match-id": int(fill.trade_id) + 2 * 10**12,
        "trade-id": int(fill.trade_id),
        "price": text(fill.price),
        "filled-amount": text(fill.quantity),
        "filled-fees": text(fill.fee),
        "fee-currency": fill.fee_asset.lower(),
        "filled-points": "0",
        "fee-deduct-currency": "",
        "fee-deduct-state": "done",
        "role": "maker" if fill.is_maker else "taker",
        "type": _type(order),
        "source": _SOURCE,
        "created-at": fill.ms,
        "updated-at": fill.ms,
    }
