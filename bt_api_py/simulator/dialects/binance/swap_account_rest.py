"""Binance USD-M signed REST: balances, positions, orders and fills.

Source: USD-M futures documentation, "Account", "Trade", May 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...account import Account
from ...contracts import mark_price
from .account_rest import Handler, orders_of_symbol, page
from .rest import RestError
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


def _open_orders(dialect: Binance, account: Account, query: Mapping[str, str]) -> Any:
    found = orders_of_symbol(dialect, account, query) if "symbol" in query else account.orders()
    return [order_row(order) for order in found if order.is_open]


def _order(dialect: Binance, account: Account, query: Mapping[str, str]) -> Any:
    number, name = query.get("orderId"), query.get("origClientOrderId")
    if number is None and name is None:
        raise RestError(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
    for order in orders_of_symbol(dialect, account, query):
        if number in (None, order.order_id) and name in (None, order.client_order_id):
            return order_row(order)
    raise RestError(-2013, "Order does not exist.")


def _all_orders(dialect: Binance, account: Account, query: Mapping[str, str]) -> Any:
    found = orders_of_symbol(dialect, account, query)
    return page([(int(order.order_id), order.created_ms, order_row(order)) for order in found], query, "orderId")


def _user_trades(dialect: Binance, account: Account, query: Mapping[str, str]) -> Any:
    key = dialect.rest_instrument(query).symbol
    fills = [fill for fill in account.fills() if fill.symbol == key and query.get("orderId") in (None, fill.order_id)]
    return page([(int(fill.trade_id), fill.ms, fill_row(fill)) for fill in fills], query, "fromId")


ACCOUNT_ROUTES: dict[str, tuple[int, Handler]] = {
    "/fapi/v3/balance": (5, _balance),
    "/fapi/v3/positionRisk": (5, _positions),
    "/fapi/v1/openOrders": (1, _open_orders),
    "/fapi/v1/order": (1, _order),
    "/fapi/v1/allOrders": (5, _all_orders),
    "/fapi/v1/userTrades": (5, _user_trades),
}
