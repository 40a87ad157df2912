"""Bybit account figures: orders, executions, the wallet and positions as pushes and as REST rows.

Source: Bybit v5 documentation, "Order", "Execution", "Wallet", "Position" streams and their REST twins, "Enums
definitions", July 2026.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ...account import Account, AccountBalance, AccountFill, AccountOrder, AccountPosition
from ...contracts import mark_price
from ...margin import MarginAccount
from ...market import BUY, Market
from ...text import decimal_text

_TYPES = {
    "limit": ("Limit", "GTC"),
    "market": ("Market", "IOC"),
    "limit_maker": ("Limit", "PostOnly"),
    "ioc": ("Limit", "IOC"),
    "fok": ("Limit", "FOK"),
}
# There is no word for an order that expired.
_STATES = {"new": "New", "partial": "PartiallyFilled", "filled": "Filled", "rejected": "Rejected"}


def _whole(number: Decimal) -> str:
    """Return a mean, a profit or a margin, which may have digits without end, with those that are told."""
    return decimal_text(round(number, 18))


def _side(side: str) -> str:
    return "Buy" if side == BUY else "Sell"


def _state(order: AccountOrder, category: str) -> str:
    is_cut = category == "spot" and order.filled
    return _STATES.get(order.status, "PartiallyFilledCanceled" if is_cut else "Cancelled")


def order_row(order: AccountOrder, category: str) -> dict[str, Any]:
    """Return an order."""
    kind, in_force = _TYPES[order.type]
    is_money = category == "spot" and order.budget is not None
    left = order.remaining if order.is_open else Decimal(0)
    return {
        "category": category,
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderLinkId": order.client_order_id,
        "side": _side(order.side),
        "orderType": kind,
        "price": decimal_text(order.price),
        # An order to buy at the market's price offers so much of the quote asset, unless it says otherwise.
        "qty": decimal_text(order.budget if is_money else order.quantity),
        "orderStatus": _state(order, category),
        "timeInForce": in_force,
        "avgPrice": "" if order.avg_price is None else _whole(order.avg_price),
        "leavesQty": decimal_text(left),
        "leavesValue": decimal_text(left * (order.price or 0)),
        "cumExecQty": decimal_text(order.filled),
        "cumExecValue": decimal_text(order.value),
        "cumExecFee": decimal_text(order.fee),
        "cumFeeDetail": {order.fee_asset: decimal_text(order.fee)} if order.filled else {},
        "cancelType": "CancelByUser" if order.status == "canceled" else "UNKNOWN",
        "rejectReason": "EC_PostOnlyWillTakeLiquidity" if order.status == "rejected" else "EC_NoError",
        "createdTime": str(order.created_ms),
        "updatedTime": str(order.updated_ms),
        "isLeverage": "0",
        "stopOrderType": "",
        "triggerPrice": "",
        "reduceOnly": order.reduce_only,
        "marketUnit": "",
    } | ({} if category == "spot" else {"positionIdx": 0})


def execution_row(fill: AccountFill, order: AccountOrder, category: str) -> dict[str, Any]:
    """Return an execution; its order as it was then, or as it is now."""
    value = fill.price * fill.quantity
    base = fill.quantity if category == "spot" and fill.side == BUY else value
    return {
        "category": category,
        "symbol": fill.symbol,
        "orderId": fill.order_id,
        "orderLinkId": fill.client_order_id,
        "side": _side(fill.side),
        "execId": fill.trade_id,
        "execPrice": decimal_text(fill.price),
        "execQty": decimal_text(fill.quantity),
        "execValue": decimal_text(value),
        "execFee": decimal_text(fill.fee),
        "feeRate": decimal_text(round(fill.fee / base, 6)),
        "feeCurrency": fill.fee_asset,
        "isMaker": fill.is_maker,
        "execTime": str(fill.ms),
        "execType": "BustTrade" if fill.reason == "liquidation" else "Trade",
        "leavesQty": decimal_text(order.remaining),
        "orderQty": decimal_text(order.quantity),
        "orderPrice": decimal_text(order.price) or "0",
        "orderType": _TYPES[order.type][0],
        "stopOrderType": "",
        "seq": fill.ms,
    }


def wallet_row(account: Account, balances: Iterable[AccountBalance], markets: Iterable[Market]) -> dict[str, Any]:
    """Return some coins of the wallet; `markets` are those of the positions."""
    marks = {market.instrument.symbol: market for market in markets}
    return {
        "accountType": "UNIFIED",
        "totalEquity": "",
        "totalWalletBalance": "",
        "totalAvailableBalance": "",
        "coin": [_coin(account, held, marks) for held in balances],
    }


def _coin(account: Account, held: AccountBalance, markets: dict[str, Market]) -> dict[str, Any]:
    positions = [row for row in account.positions() if markets[row.symbol].instrument.quote == held.asset]
    gain = sum((row.unrealized(mark_price(markets[row.symbol])) for row in positions), Decimal(0))
    needed = sum((_margin(row) for row in positions), Decimal(0))
    is_margin = isinstance(account, MarginAccount)
    position_margin = min(held.locked, round(needed, 8)) if is_margin else Decimal(0)
    order_margin = held.locked - position_margin if is_margin else Decimal(0)
    return {
        "coin": held.asset,
        "equity": _whole(held.total + gain),
        "usdValue": "",
        "walletBalance": decimal_text(held.total),
        "locked": "0" if is_margin else decimal_text(held.locked),
        "totalOrderIM": decimal_text(order_margin),
        "totalPositionIM": decimal_text(position_margin),
        "unrealisedPnl": _whole(gain),
        "borrowAmount": "0",
        "spotBorrow": "0",
        "availableToWithdraw": "",
    }


def _margin(position: AccountPosition) -> Decimal:
    return abs(position.quantity) * position.avg_price / position.leverage


def position_row(position: AccountPosition, market: Market, price_name: str) -> dict[str, Any]:
    """Return a position; streams and lists differ in the name of its mean price."""
    mark = mark_price(market)
    side = "Buy" if position.quantity > 0 else "Sell" if position.quantity < 0 else ""
    return {
        "category": "linear",
        "symbol": position.symbol,
        "side": side,
        "size": decimal_text(abs(position.quantity)),
        "positionIdx": 0,
        price_name: _whole(position.avg_price) if position.quantity else "0",
        "markPrice": decimal_text(mark),
        "positionValue": _whole(abs(position.quantity) * position.avg_price),
        "leverage": decimal_text(position.leverage),
        "liqPrice": "",
        "positionIM": _whole(_margin(position)),
        "positionMM": _whole(_margin(position) / 25),
        "unrealisedPnl": _whole(position.unrealized(mark)),
        "curRealisedPnl": _whole(position.realized - position.fees),
        "cumRealisedPnl": _whole(position.realized - position.fees),
        "positionStatus": "Normal",
        "createdTime": str(position.created_ms),
        "updatedTime": str(position.updated_ms),
        "seq": position.updated_ms,
    }
