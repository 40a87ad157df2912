"""Hyperliquid account figures: orders, fills, margin and positions, as streams and lists tell them.

Source: Hyperliquid documentation, "Subscriptions", "Info endpoint", May 2026. The lists of orders are from general
knowledge.
"""

from __future__ import annotations

import re
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from ...account import AccountFill, AccountOrder, AccountPosition
from ...contracts import mark_price
from ...margin import MarginAccount
from ...matching import CROSSING, MARGIN, REDUCE_ONLY, SELF_CROSSING
from .figures import side_letter

if TYPE_CHECKING:
    from . import HyperliquidSwap

ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
SETTLED_IN = "USDC"
# Channels of an account, and what a fault calls their frames.
CHANGES = {"orderUpdates": "orders", "userFills": "fills", "clearinghouseState": "balances"}
_TIFS = {"limit": "Gtc", "limit_maker": "Alo"}
_REFUSED = {CROSSING: "badAloPxRejected", MARGIN: "perpMarginRejected"}
_CANCELLED = {
    REDUCE_ONLY: "reduceOnlyCanceled",
    SELF_CROSSING: "selfTradeCanceled",
    "liquidation": "liquidatedCanceled",
}


def draw_keys(chance: Random, secret: str | None) -> tuple[str, str]:
    """Return an address and the private key behind it, which nothing here asks for."""
    return f"0x{chance.randbytes(20).hex()}", secret or chance.randbytes(32).hex()


def number(value: Decimal) -> str:
    """Return a decimal as the venue writes it: 0.0."""
    written = f"{value.normalize():f}"
    return written if "." in written else f"{written}.0"


def coin(dialect: HyperliquidSwap, key: str) -> str:
    return dialect.wire_symbol(dialect.venue.instruments[key])


def status_word(order: AccountOrder) -> str:
    """Return the status of an order, which tells why it ended too."""
    if order.is_open:
        return "open"
    if order.status == "filled":
        return "filled"
    if order.status == "rejected":
        return _REFUSED.get(order.reason, "rejected")
    return _CANCELLED.get(order.reason, "canceled")


def terms_row(dialect: HyperliquidSwap, order: AccountOrder) -> dict[str, Any]:
    """Return what is ordered, as `orderUpdates` tells it: `sz` is what is left."""
    return {
        "coin": coin(dialect, order.symbol),
        "side": side_letter(order.side),
        "limitPx": number(order.price or Decimal(0)),
        "sz": number(order.remaining),
        "oid": int(order.order_id),
        "timestamp": order.created_ms,
        "origSz": number(order.quantity),
        "cloid": order.client_order_id,
    }


def listed_row(dialect: HyperliquidSwap, order: AccountOrder) -> dict[str, Any]:
    """Return what is ordered, as lists tell it: with its kind."""
    return terms_row(dialect, order) | {
        "triggerCondition": "N/A",
        "isTrigger": False,
        "triggerPx": "0.0",
        "children": [],
        "isPositionTpsl": False,
        "reduceOnly": order.reduce_only,
        "orderType": "Market" if order.type == "market" else "Limit",
        "tif": _TIFS.get(order.type, "Ioc"),
    }


def order_row(order: AccountOrder, terms: dict[str, Any]) -> dict[str, Any]:
    """Return an order with its status."""
    return {"order": terms, "status": status_word(order), "statusTimestamp": order.updated_ms}


def fill_row(dialect: HyperliquidSwap, fill: AccountFill) -> dict[str, Any]:
    """Return a fill."""
    return {
        "coin": coin(dialect, fill.symbol),
        "px": number(fill.price),
        "sz": number(fill.quantity),
        "side": side_letter(fill.side),
        "time": fill.ms,
        "startPosition": "0.0",
        "dir": "Open Long" if fill.side == "buy" else "Open Short",
        "closedPnl": "0.0",
        "hash": f"0x{int(fill.order_id):064x}",
        "oid": int(fill.order_id),
        "crossed": not fill.is_maker,
        "fee": number(fill.fee),
        "tid": int(fill.trade_id),
        "cloid": fill.client_order_id,
        "feeToken": fill.fee_asset,
        "twapId": None,
    }


def _position_row(dialect: HyperliquidSwap, position: AccountPosition) -> dict[str, Any]:
    mark = mark_price(dialect.venue.market(position.symbol))
    value = abs(position.quantity) * mark
    figures = {
        "coin": coin(dialect, position.symbol),
        "szi": number(position.quantity),
        "leverage": {"type": "cross", "value": int(position.leverage)},
        "entryPx": number(position.avg_price),
        "positionValue": number(value),
        "unrealizedPnl": number(position.unrealized(mark)),
        "returnOnEquity": "0.0",
        "liquidationPx": None,
        "marginUsed": number(abs(position.quantity) * position.avg_price / position.leverage),
        "maxLeverage": 40,
        "cumFunding": {"allTime": "0.0", "sinceOpen": "0.0", "sinceChange": "0.0"},
    }
    return {"type": "oneWay", "position": figures}


def state_row(dialect: HyperliquidSwap, account: MarginAccount | None) -> dict[str, Any]:
    """Return margin and positions; those of an address that nobody uses are nothing."""
    zero = Decimal(0)
    margin = account.margin(SETTLED_IN) if account is not None else None
    held = [row for row in account.positions() if row.quantity] if account is not None else []
    worth = margin.total + margin.unrealized if margin is not None else zero
    used = margin.used if margin is not None else zero
    summary = {
        "accountValue": number(worth),
        "totalNtlPos": number(margin.notional if margin is not None else zero),
        "totalRawUsd": number(margin.total if margin is not None else zero),
        "totalMarginUsed": number(used),
    }
    return {
        "marginSummary": summary,
        "crossMarginSummary": summary,
        "crossMaintenanceMarginUsed": "0.0",
        "withdrawable": number(max(zero, worth - used)),
        "assetPositions": [_position_row(dialect, position) for position in held],
        "time": dialect.venue.server_ms(),
    }
