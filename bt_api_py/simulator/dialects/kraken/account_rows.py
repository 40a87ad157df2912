"""Kraken account figures: orders, fills and balances as pushes and as REST rows.

Source: Kraken documentation, "Executions", "Balances" and their REST twins, July 2026.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ...account import AccountBalance, AccountChange, AccountFill, AccountOrder
from ...instruments import Instrument
from ...text import fixed
from .figures import altname, time_text, ws_symbol

_WS_WORDS = {"new": "new", "partial": "partially_filled", "filled": "filled", "expired": "expired"}
_REST_WORDS = {
    "new": "open",
    "partial": "open",
    "filled": "closed",
    "expired": "expired",
}  # every other end is "canceled"
_IN_FORCE = {"ioc": "IOC", "fok": "FOK"}
_LATER_ENDS = {"cancel": "canceled", "reject": "canceled", "expire": "expired"}


def _number(value: Decimal) -> Decimal:
    """Return a number as it is written in JSON: no exponent, and never without a point."""
    text = f"{value.normalize():f}"
    return Decimal(text if "." in text else f"{text}.0")


def _common(order: AccountOrder, ms: int) -> dict[str, Any]:
    return {"timestamp": time_text(ms), "order_id": order.order_id, "order_userref": 0}


def _whole(order: AccountOrder, item: Instrument) -> dict[str, Any]:
    """Return all that does not change in the life of an order."""
    row = {
        **_common(order, order.updated_ms),
        "symbol": ws_symbol(item),
        "cl_ord_id": order.client_order_id,
        "side": order.side,
        "order_type": "market" if order.type == "market" else "limit",
        "order_qty": _number(order.quantity),
        "time_in_force": _IN_FORCE.get(order.type, "GTC"),
        "fee_ccy_pref": "fciq",
        "stop_price": Decimal("0.0"),
    }
    if order.price is not None:
        row |= {"limit_price": _number(order.price), "limit_price_type": "static"}
    if order.type == "limit_maker":
        row["post_only"] = True
    return row


def _sums(order: AccountOrder) -> dict[str, Any]:
    return {
        "cum_qty": _number(order.filled),
        "cum_cost": _number(order.value),
        "avg_price": _number(order.avg_price or Decimal(0)),
        "fee_usd_equiv": _number(order.fee),
    }


def snapshot_row(order: AccountOrder, item: Instrument) -> dict[str, Any]:
    """Return an open order as the channel begins with it."""
    words = _WS_WORDS[order.status]
    return _whole(order, item) | {"exec_type": words, "order_status": words} | _sums(order)


def event_rows(cause: str, order: AccountOrder, item: Instrument) -> list[dict[str, Any]]:
    """Return the rows of one change, each of which is pushed by itself; most of them name no market."""
    sparse = _common(order, order.updated_ms)
    if cause == "place":
        pending = {"exec_type": "pending_new", "order_status": "pending_new", "cum_cost": Decimal("0.0")}
        return [_whole(order, item) | pending, sparse | {"exec_type": "new", "order_status": "new"}]
    if cause == "fill":
        assert order.last is not None
        rows = [_fill_row(order, order.last, item)]
        if order.status == "filled":
            rows.append(sparse | {"exec_type": "filled", "order_status": "filled"} | _sums(order))
        return rows
    word = _LATER_ENDS[cause]
    reason = order.reason or ("User requested" if cause == "cancel" else "Order expired")
    return [
        sparse | {"exec_type": word, "order_status": word, "reason": reason, "cancel_reason": reason} | _sums(order)
    ]


def _fill_row(order: AccountOrder, fill: AccountFill, item: Instrument) -> dict[str, Any]:
    return {
        **_common(order, fill.ms),
        "exec_id": exec_id(fill),
        "exec_type": "trade",
        "trade_id": int(fill.trade_id),
        "symbol": ws_symbol(item),
        "side": fill.side,
        "last_qty": _number(fill.quantity),
        "last_price": _number(fill.price),
        "liquidity_ind": "m" if fill.is_maker else "t",
        "cost": _number(fill.quantity * fill.price),
        "order_status": "partially_filled",  # on the last fill as well
        "order_type": "market" if order.type == "market" else "limit",
        "fee_usd_equiv": _number(fill.fee),
        "fees": [{"asset": fill.fee_asset, "qty": _number(fill.fee)}],
    }


def exec_id(fill: AccountFill) -> str:
    """Return the id of an execution, which is also its key in REST answers."""
    text = f"{int(fill.trade_id):017d}"
    return f"T{text[:5]}-{text[5:10]}-{text[10:16]}{text[16:]}"


def balance_row(held: AccountBalance) -> dict[str, Any]:
    """Return a balance as the channel begins with it."""
    total = _number(held.total)
    wallet = {"type": "spot", "id": "main", "balance": total}
    return {"asset": held.asset, "asset_class": "currency", "balance": total, "wallets": [wallet]}


def ledger_rows(change: AccountChange) -> list[dict[str, Any]]:
    """Return what was booked by a change: what an order only locks or frees is not."""
    rows = []
    for held in change.balances:
        before = change.before[held.asset].total
        if held.total == before:
            continue
        kind = "trade" if change.cause == "fill" else "deposit" if held.total > before else "withdrawal"
        number = f"{change.number:06d}"
        row = {
            "ledger_id": f"L{held.asset}-{number}",
            "ref_id": f"R-{number}",
            "timestamp": time_text(change.ms),
            "type": kind,
            "asset": held.asset,
            "asset_class": "currency",
            "category": kind,
            "wallet_type": "spot",
            "wallet_id": "main",
            "amount": _number(held.total - before),
            "fee": Decimal("0.0"),
            "balance": _number(held.total),
        }
        rows.append(row)
    return rows


def seconds(ms: int) -> Decimal:
    """Return a time as REST tells it."""
    return Decimal(fixed(ms, 3, 4))


def order_row(order: AccountOrder, item: Instrument) -> dict[str, Any]:
    """Return an order as REST tells it."""
    kind = "market" if order.type == "market" else "limit"
    price = str(order.price) if order.price is not None else "0"
    words = f"{order.side} {order.quantity} {altname(item)} @ {kind}" + (f" {price}" if order.price is not None else "")
    row: dict[str, Any] = {
        "refid": None,
        "userref": 0,
        "cl_ord_id": order.client_order_id,
        "status": _REST_WORDS.get(order.status, "canceled"),
        "opentm": seconds(order.created_ms),
        "starttm": 0,
        "expiretm": 0,
        "descr": {
            "pair": altname(item),
            "type": order.side,
            "ordertype": kind,
            "price": price,
            "price2": "0",
            "leverage": "none",
            "order": words,
            "close": "",
        },
        "vol": str(order.quantity),
        "vol_exec": str(order.filled),
        "cost": str(order.value),
        "fee": str(order.fee),
        "price": str(order.avg_price or 0),
        "stopprice": "0.00000",
        "limitprice": "0.00000",
        "misc": "",
        "oflags": "fciq,post" if order.type == "limit_maker" else "fciq",
    }
    if not order.is_open:
        row |= {"reason": order.reason or None, "closetm": seconds(order.updated_ms)}
    return row


def fill_row(fill: AccountFill, item: Instrument, kind: str) -> dict[str, Any]:
    """Return a fill as REST tells it."""
    return {
        "ordertxid": fill.order_id,
        "postxid": "TKH2SE-M7IF5-CFI7LT",
        "pair": altname(item),
        "time": seconds(fill.ms),
        "type": fill.side,
        "ordertype": kind,
        "price": str(fill.price),
        "cost": str(fill.price * fill.quantity),
        "fee": str(fill.fee),
        "vol": str(fill.quantity),
        "margin": "0.00000",
        "misc": "",
        "trade_id": int(fill.trade_id),
        "maker": fill.is_maker,
    }
