"""Binance USD-M account figures: orders, fills, balances and positions as events and as REST rows.

Source: USD-M futures documentation, "User Data Streams", "Account", May 2026.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ...account import AccountBalance, AccountChange, AccountFill, AccountOrder, AccountPosition
from .account_rows import EXECUTIONS, STATUSES, TYPES, text

_CAUSES = {"fill": "ORDER", "position": "ADJUSTMENT", "leverage": "ADJUSTMENT"}


def _whole(number: Decimal | None) -> str:
    """Return a number with all its digits: means and profits have more than eight."""
    return "0" if number is None else f"{number:.18f}".rstrip("0").rstrip(".")


def order_update(change: AccountChange, order: AccountOrder) -> dict[str, Any]:
    """Return the event of a change of an order."""
    fill = order.last if change.cause == "fill" else None
    kind, in_force = TYPES[order.type]
    row = {
        "s": order.symbol,
        "c": order.client_order_id,
        "S": order.side.upper(),
        "o": kind,
        "f": in_force,
        "q": text(order.quantity),
        "p": text(order.price),
        "ap": _whole(order.avg_price),
        "sp": "0",
        "x": EXECUTIONS[change.cause],
        "X": STATUSES[order.status],
        "i": int(order.order_id),
        "l": text(fill.quantity if fill else None),
        "z": text(order.filled),
        "L": text(fill.price if fill else None),
        "T": order.updated_ms,
        "t": int(fill.trade_id) if fill else 0,
        "b": "0",
        "a": "0",
        "m": bool(fill and fill.is_maker),
        "R": False,
        "wt": "CONTRACT_PRICE",
        "ot": kind,
        "ps": "BOTH",
        "cp": False,
        "rp": "0",
        "pP": False,
        "si": 0,
        "ss": 0,
        "V": "EXPIRE_MAKER",
        "pm": "NONE",
        "gtd": 0,
        "er": "0",
    }
    if fill:
        row |= {"N": fill.fee_asset, "n": text(fill.fee)}
    return {"e": "ORDER_TRADE_UPDATE", "E": change.ms, "T": change.ms, "o": row}


def account_update(change: AccountChange) -> dict[str, Any]:
    """Return the event of changed balances and positions; what of a balance is free is not told."""
    cause = _CAUSES.get(change.cause) or ("DEPOSIT" if change.amount >= 0 else "WITHDRAW")
    inside: dict[str, Any] = {"m": cause, "B": [_wallet(held, change) for held in change.balances]}
    if change.position is not None:
        inside["P"] = [_position(change.position)]
    return {"e": "ACCOUNT_UPDATE", "E": change.ms, "T": change.ms, "a": inside}


def _wallet(held: AccountBalance, change: AccountChange) -> dict[str, Any]:
    moved = change.amount if change.cause == "transfer" else Decimal(0)
    return {"a": held.asset, "wb": _whole(held.total), "cw": _whole(held.total), "bc": text(moved)}


def _position(held: AccountPosition) -> dict[str, Any]:
    entry = _whole(held.avg_price)
    row = {"s": held.symbol, "pa": text(held.quantity), "ep": entry, "bep": entry, "cr": _whole(held.realized)}
    return row | {"up": "0", "mt": "cross", "iw": "0", "ps": "BOTH"}


def order_row(order: AccountOrder) -> dict[str, Any]:
    """Return an order as REST tells it."""
    kind, in_force = TYPES[order.type]
    return {
        "symbol": order.symbol,
        "orderId": int(order.order_id),
        "clientOrderId": order.client_order_id,
        "price": text(order.price),
        "avgPrice": _whole(order.avg_price),
        "origQty": text(order.quantity),
        "executedQty": text(order.filled),
        "cumQuote": _whole(order.value),
        "status": STATUSES[order.status],
        "timeInForce": in_force,
        "type": kind,
        "origType": kind,
        "side": order.side.upper(),
        "positionSide": "BOTH",
        "reduceOnly": False,
        "closePosition": False,
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
    }


def fill_row(fill: AccountFill) -> dict[str, Any]:
    """Return a fill as REST tells it."""
    return {
        "symbol": fill.symbol,
        "id": int(fill.trade_id),
        "orderId": int(fill.order_id),
        "side": fill.side.upper(),
        "positionSide": "BOTH",
        "price": text(fill.price),
        "qty": text(fill.quantity),
        "quoteQty": text(fill.price * fill.quantity),
        "realizedPnl": "0",
        "marginAsset": fill.fee_asset,
        "commission": text(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": fill.ms,
        "buyer": fill.side == "buy",
        "maker": fill.is_maker,
    }


def balance_row(held: AccountBalance) -> dict[str, Any]:
    """Return a balance as REST tells it."""
    total, free = _whole(held.total), _whole(held.free)
    row: dict[str, Any] = {"accountAlias": "SgsR", "asset": held.asset, "balance": total, "crossWalletBalance": total}
    row |= {"crossUnPnl": "0", "availableBalance": free, "maxWithdrawAmount": free, "marginAvailable": True}
    return row | {"updateTime": held.ms}


def position_row(held: AccountPosition, mark: Decimal, margin_asset: str) -> dict[str, Any]:
    """Return a position as REST tells it, at a mark price."""
    value = held.quantity * mark
    return {
        "symbol": held.symbol,
        "positionSide": "BOTH",
        "positionAmt": text(held.quantity),
        "entryPrice": _whole(held.avg_price),
        "breakEvenPrice": _whole(held.avg_price),
        "markPrice": text(mark),
        "unRealizedProfit": text(held.unrealized(mark)),
        "liquidationPrice": "0",
        "isolatedMargin": "0",
        "notional": text(value),
        "marginAsset": margin_asset,
        "initialMargin": text(abs(value) / held.leverage),
        "maintMargin": text(abs(value) / held.leverage / 2),
        "updateTime": held.updated_ms,
    }
