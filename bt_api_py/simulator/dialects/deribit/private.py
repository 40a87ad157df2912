"""Deribit private channels, and the methods that tell of an account.

Source: Deribit API v2 documentation, "Subscriptions", "Trading", "Account management", January 2026.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ...account import Account, AccountChange, AccountFill, AccountOrder
from ...instruments import Instrument
from ...margin import MarginAccount
from ...records import AccountBalance
from .account_rows import fill_row, order_row, portfolio_row, position_row
from .rpc import RpcError, invalid, number

if TYPE_CHECKING:
    from . import DeribitSwap

_CHANNEL = re.compile(r"user\.((orders|trades|changes)\.(future|any)\.(any|[A-Z]+)\.(raw|100ms)|portfolio\.\w+)")
_MOST_ROWS = 1000
KINDS = {"orders": "orders", "trades": "fills", "changes": "orders", "portfolio": "balances"}  # of frames, for faults


def is_channel(name: str) -> bool:
    """Tell whether there is such a private channel."""
    return _CHANNEL.fullmatch(name) is not None


def told(dialect: DeribitSwap, account: Account, change: AccountChange, name: str) -> list[Any]:
    """Return what a private channel tells of a change, message by message."""
    _, word, *rest = name.split(".")
    if word == "portfolio":
        return [_portfolio(account, held) for held in change.balances if rest[0].upper() in ("ANY", held.asset)]
    order, position = change.order, change.position
    concerned = order or position
    if concerned is None:
        return []
    item = dialect.venue.instruments[concerned.symbol]
    if rest[1] not in ("any", item.quote):
        return []
    trades = [fill_row(order.last, item)] if order is not None and order.last is not None else []
    orders = [order_row(order, item)] if order is not None else []
    if word == "trades":
        return [trades] if trades else []
    if word == "orders":
        return [orders[0] if rest[2] == "raw" else orders] if orders else []
    market = dialect.venue.market(concerned.symbol)
    positions = [position_row(position, market)] if position is not None else []
    return [{"instrument_name": item.name, "trades": trades, "orders": orders, "positions": positions}]


def _portfolio(account: Account, held: AccountBalance) -> dict[str, Any]:
    assert isinstance(account, MarginAccount), "contracts are traded on margin"
    return portfolio_row(held, account.margin(held.asset))


def _summaries(dialect: DeribitSwap, account: Account, params: Mapping[str, Any]) -> Any:
    return {"id": account.number, "summaries": [_portfolio(account, held) for held in account.balances().values()]}


def _positions(dialect: DeribitSwap, account: Account, params: Mapping[str, Any]) -> Any:
    held = [row for row in account.positions() if _fits(dialect.venue.instruments[row.symbol], params)]
    return [position_row(row, dialect.venue.market(row.symbol)) for row in held]


def _fits(item: Instrument, params: Mapping[str, Any]) -> bool:
    return params.get("currency", "any") in ("any", item.quote) and params.get("kind", "any") in ("any", "future")


def _orders(dialect: DeribitSwap, orders: Iterable[AccountOrder], params: Mapping[str, Any]) -> list[Any]:
    """Return orders, newest first."""
    found = [(order, dialect.venue.instruments[order.symbol]) for order in orders]
    chosen = sorted(found, key=lambda pair: pair[0].updated_ms, reverse=True)
    return [order_row(order, item) for order, item in chosen if _fits(item, params)]


def _open_orders(dialect: DeribitSwap, account: Account, params: Mapping[str, Any]) -> Any:
    return _orders(dialect, account.orders(is_open=True), params)


def _count(params: Mapping[str, Any], usual: int) -> int:
    count = number(params, "count", usual, low=1)
    if count > _MOST_ROWS:
        raise invalid("count", "must be at most 1000")
    return count


def _currency(params: Mapping[str, Any]) -> None:
    if params.get("currency") in (None, "any"):
        raise invalid("currency", "is required")


def _order_history(dialect: DeribitSwap, account: Account, params: Mapping[str, Any]) -> Any:
    _currency(params)
    count, offset = _count(params, 20), number(params, "offset", 0)
    unfilled = str(params.get("include_unfilled", "false")).lower() == "true"
    over = [order for order in account.orders(is_open=False) if unfilled or order.filled]
    return _orders(dialect, over, params)[offset : offset + count]


def _order(dialect: DeribitSwap, account: Account, params: Mapping[str, Any]) -> Any:
    wanted = str(params.get("order_id", ""))
    for order in account.orders():
        if order.order_id == wanted:
            return order_row(order, dialect.venue.instruments[order.symbol])
    raise RpcError(10004, "order_not_found")


def _trades(dialect: DeribitSwap, account: Account, params: Mapping[str, Any]) -> Any:
    _currency(params)
    count = _count(params, 10)
    start, end = number(params, "start_timestamp", None), number(params, "end_timestamp", None)
    fills: list[AccountFill] = [fill for fill in account.fills() if start <= fill.ms <= end]
    if params.get("sorting", "desc") != "asc":
        fills.reverse()
    found = [(fill, dialect.venue.instruments[fill.symbol]) for fill in fills]
    rows = [fill_row(fill, item) for fill, item in found if _fits(item, params)]
    return {"trades": rows[:count], "has_more": len(rows) > count}


Handler = Callable[["DeribitSwap", Account, Mapping[str, Any]], Any]

PRIVATE_METHODS: dict[str, Handler] = {
    "private/get_account_summaries": _summaries,
    "private/get_positions": _positions,
    "private/get_open_orders": _open_orders,
    "private/get_order_history_by_currency": _order_history,
    "private/get_order_state": _order,
    "private/get_user_trades_by_currency_and_time": _trades,
}
