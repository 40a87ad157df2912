"""Deribit account figures: orders, trades, positions and balances as channels and lists tell them.

Source: Deribit API v2 documentation, "User changes", "User portfolio", "Trading", "Account management", January 2026.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ...account import AccountBalance, AccountFill, AccountOrder, AccountPosition
from ...contracts import mark_price
from ...instruments import Instrument
from ...margin import AccountMargin
from ...market import Market
from .figures import contract_size

_STATES = {"new": "open", "partial": "open", "expired": "cancelled", "canceled": "cancelled"}
_IN_FORCE = {"ioc": "immediate_or_cancel", "fok": "fill_or_kill"}
_ZERO = Decimal(0)


def _rounded(number: Decimal) -> Decimal:
    return round(number, 18)  # a mean, a profit or a margin may have digits without end


def order_row(order: AccountOrder, item: Instrument) -> dict[str, Any]:
    row = {
        "order_id": order.order_id,
        "label": order.client_order_id,
        "instrument_name": item.name,
        "direction": order.side,
        "order_type": "market" if order.type == "market" else "limit",
        "time_in_force": _IN_FORCE.get(order.type, "good_til_cancelled"),
        "price": "market_price" if order.price is None else order.price,
        "amount": order.quantity,
        "filled_amount": order.filled,
        "average_price": _ZERO if order.avg_price is None else _rounded(order.avg_price),
        "order_state": _STATES.get(order.status, order.status),
        "creation_timestamp": order.created_ms,
        "last_update_timestamp": order.updated_ms,
        "post_only": order.type == "limit_maker",
        "reduce_only": order.reduce_only,
        "contracts": order.quantity / contract_size(item),
        "replaced": False,
        "is_liquidation": order.reason == "liquidation",
        "api": True,
        "web": False,
    }
    return row | ({"cancel_reason": order.reason or "user_request"} if row["order_state"] == "cancelled" else {})


def fill_row(fill: AccountFill, item: Instrument) -> dict[str, Any]:
    return {
        "trade_id": fill.trade_id,
        "trade_seq": int("".join(filter(str.isdecimal, fill.trade_id))),
        "order_id": fill.order_id,
        "label": fill.client_order_id,
        "instrument_name": item.name,
        "direction": fill.side,
        "price": fill.price,
        "amount": fill.quantity,
        "fee": fill.fee,
        "fee_currency": fill.fee_asset,
        "liquidity": "M" if fill.is_maker else "T",
        "state": "filled",
        "timestamp": fill.ms,
        "self_trade": False,
        "profit_loss": _ZERO,
    }


def position_row(held: AccountPosition, market: Market) -> dict[str, Any]:
    item, mark = market.instrument, mark_price(market)
    value = abs(held.quantity) * mark
    return {
        "instrument_name": item.name,
        "kind": "future",
        "direction": "buy" if held.quantity > 0 else "sell" if held.quantity else "zero",
        "size": held.quantity,
        "size_currency": held.quantity,
        "average_price": _rounded(held.avg_price),
        "mark_price": mark,
        "floating_profit_loss": _rounded(held.unrealized(mark)),
        "realized_profit_loss": _rounded(held.realized),
        "estimated_liquidation_price": _ZERO,
        "initial_margin": _rounded(value / held.leverage),
        "maintenance_margin": _rounded(value / held.leverage / 2),
        "leverage": held.leverage,
    }


def portfolio_row(balance: AccountBalance, margin: AccountMargin) -> dict[str, Any]:
    """Return what an account has of a currency; profits that are not realised yet are left out of the equity here."""
    return {
        "currency": balance.asset,
        "balance": balance.total,
        "equity": balance.total,
        "available_funds": balance.free,
        "available_withdrawal_funds": balance.free,
        "margin_balance": balance.total,
        "initial_margin": balance.locked,
        "maintenance_margin": _rounded(balance.locked / 2),
        "locked_balance": _ZERO,
        "session_rpl": _rounded(margin.realized),
        "session_upl": _rounded(margin.unrealized),
    }
