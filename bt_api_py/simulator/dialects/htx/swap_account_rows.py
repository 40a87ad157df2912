"""HTX contract account figures: orders, fills, margin and positions as pushes and as REST rows.

Source: HTX USDT-margined contracts API reference, "Orders and Accounts WebSocket Interfaces", "Swap Trade Interface",
"Swap Account Interface", 2021 to 2026.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ...account import AccountFill, AccountOrder, AccountPosition
from ...instruments import Instrument
from ...margin import AccountMargin, MarginAccount
from .swap_figures import contract_code

_TYPES = {"limit": "limit", "market": "market", "limit_maker": "post_only", "ioc": "ioc", "fok": "fok"}
_OPEN = {"new": 3, "partial": 4, "filled": 6}
_CANCELED_IN_PART, _CANCELED = 5, 7
_SOURCE = "api"


def contracts(quantity: Decimal, item: Instrument) -> Decimal:
    """Return a quantity of base asset in contracts."""
    return (quantity / item.contract_value).normalize() + 0


def _paid(fee: Decimal) -> Decimal:
    """Return a fee as the change of the balance that it is."""
    return -fee if fee else fee


def status_of(order: AccountOrder) -> int:
    """Return the venue's number of a status; whatever ends an order unfilled is a cancellation."""
    return _OPEN.get(order.status, _CANCELED_IN_PART if order.filled else _CANCELED)


def _head(item: Instrument) -> dict[str, Any]:
    return {"symbol": item.base, "contract_code": contract_code(item), "contract_type": "swap", "margin_mode": "cross"}


def order_row(order: AccountOrder, item: Instrument) -> dict[str, Any]:
    """Return an order as lists of the present tell it."""
    return _head(item) | {
        "margin_account": item.quote,
        "volume": contracts(order.quantity, item),
        "price": order.price,
        "order_price_type": _TYPES[order.type],
        "order_type": 1,
        "direction": order.side,
        "offset": "both",
        "lever_rate": 10,
        "order_id": int(order.order_id),
        "order_id_str": order.order_id,
        "client_order_id": order.client_order_id,
        "created_at": order.created_ms,
        "canceled_at": 0 if status_of(order) < _CANCELED_IN_PART or order.status == "filled" else order.updated_ms,
        "update_time": order.updated_ms,
        "trade_volume": contracts(order.filled, item),
        "trade_turnover": order.value,
        "trade_avg_price": order.value / order.filled if order.filled else None,
        "fee": _paid(order.fee),
        "fee_asset": item.quote,
        "order_source": _SOURCE,
        "status": status_of(order),
        "reduce_only": int(order.reduce_only),
    }


def past_order_row(order: AccountOrder, item: Instrument, number: int) -> dict[str, Any]:
    """Return an order as lists of the past tell it."""
    row = order_row(order, item)
    return row | {"create_date": row.pop("created_at"), "query_id": number}


def order_push(order: AccountOrder, item: Instrument, uid: str, ms: int) -> dict[str, Any]:
    """Return what `orders_cross` tells of a change: everything stands at the top of the frame."""
    row = order_row(order, item)
    del row["update_time"]
    head = {"op": "notify", "topic": f"orders_cross.{contract_code(item).lower()}", "ts": ms, "uid": uid}
    return head | row | {"trade": [_match(order.last, item)] if order.last is not None else []}


def _match(fill: AccountFill, item: Instrument) -> dict[str, Any]:
    return {
        "trade_fee": _paid(fill.fee),
        "fee_asset": fill.fee_asset,
        "trade_id": int(fill.trade_id) // 10_000,
        "id": fill.trade_id,
        "trade_volume": contracts(fill.quantity, item),
        "trade_price": fill.price,
        "trade_turnover": fill.price * fill.quantity,
        "created_at": fill.ms,
        "role": "maker" if fill.is_maker else "taker",
    }


def past_match_row(fill: AccountFill, item: Instrument, number: int) -> dict[str, Any]:
    """Return a fill as lists of the past tell it."""
    row = _match(fill, item)
    names = {"order_id": int(fill.order_id), "order_id_str": fill.order_id, "direction": fill.side, "offset": "both"}
    times = {"create_date": row.pop("created_at"), "match_id": row.pop("trade_id"), "query_id": number}
    return _head(item) | names | row | times


def margin_rows(account: MarginAccount, asset: str = "") -> list[dict[str, Any]]:
    """Return the margin of all contracts by asset, or that of one."""
    assets = [asset] if asset else list(account.balances())
    return [_margin_row(account.margin(name), name) for name in assets]


def _margin_row(margin: AccountMargin, asset: str) -> dict[str, Any]:
    return {
        "margin_mode": "cross",
        "margin_account": asset,
        "margin_asset": asset,
        "margin_balance": margin.total + margin.unrealized,
        "margin_static": margin.total,
        "margin_position": margin.used,
        "margin_frozen": 0,
        "profit_real": margin.realized,
        "profit_unreal": margin.unrealized,
        "withdraw_available": margin.available,
    }


def position_row(position: AccountPosition, item: Instrument, mark: Decimal) -> dict[str, Any]:
    """Return a position at a mark price."""
    volume = contracts(abs(position.quantity), item)
    gain = position.unrealized(mark)
    return _head(item) | {
        "margin_account": item.quote,
        "margin_asset": item.quote,
        "volume": volume,
        "available": volume,
        "frozen": 0,
        "cost_open": position.avg_price,
        "cost_hold": position.avg_price,
        "profit_unreal": gain,
        "profit": gain,
        "position_margin": abs(position.quantity) * position.avg_price / position.leverage,
        "lever_rate": position.leverage,
        "direction": "buy" if position.quantity >= 0 else "sell",
        "liquidation_price": None,
        "last_price": mark,
        "position_mode": "single_side",
    }
