"""Binance USD-M signed REST: balances, positions, orders and fills.

Source: USD-M futures documentation, "Account", "Trade", May 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...account import Account
from ...contracts import mark_price
from .account_rest import Handler, Lists
from .swap_account_rows import balance_row, fill_row, order_row, position_row
from .venue import Binance


def _balance(dialect: Binance, account: Account, query: Mapping[str, str]) -> Any:
    return [balance_row(held) for held in account.balances().values()]


def _positions(dialect: Binance, account: Account, query: Mapping[str, str]) -> Any:
    rows = []
    for held in account.positions():
        market = dialect.venue.market(held.symbol)
        rows.append(position_row(held, mark_price(market), market.instrument.quote))
    return rows


_LISTS = Lists(order_row, fill_row)

ACCOUNT_ROUTES: dict[str, tuple[int, Handler]] = {
    "/fapi/v3/balance": (5, _balance),
    "/fapi/v3/positionRisk": (5, _positions),
    "/fapi/v1/openOrders": (1, _LISTS.open_orders),
    "/fapi/v1/order": (1, _LISTS.order),
    "/fapi/v1/allOrders": (5, _LISTS.all_orders),
    "/fapi/v1/userTrades": (5, _LISTS.fills),
}
