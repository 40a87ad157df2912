"""Gate signed REST: orders, fills and balances of an account.

Source: Gate API v4 documentation, "Spot", April 2026.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...account import Account
from ..base import Request, Response, UnknownTopicError, json_response
from ..parameters import RestError
from .account_rows import account_row, rest_order, rest_trade
from .figures import pair
from .keys import RefusedError, check_request
from .rest import number

if TYPE_CHECKING:
    from . import GateioSpot

_BASE = "/api/v4/spot/"


def answer_signed(dialect: GateioSpot, request: Request) -> Response | None:
    """Return the answer to a request about an account; None when it is about something else."""
    name, _, order_id = request.path.removeprefix(_BASE).partition("/")
    handler = _ROUTES.get(name)
    if handler is None or request.method != "GET" or not request.path.startswith(_BASE):
        return None
    refusal = dialect.too_often(f"{_BASE}{name}")
    if refusal is not None:
        return refusal
    try:
        account = check_request(dialect, request)
        query = {**request.query, "order_id": order_id} if order_id else request.query
        return json_response(handler(dialect, account, query))
    except (RefusedError, RestError) as error:
        return json_response({"label": error.code, "message": str(error)}, error.status)


def _page(rows: Sequence[Any], query: Mapping[str, str], most: int) -> Sequence[Any]:
    limit = number(query, "limit", 100, most, low=1) or 100
    page = number(query, "page", 1, low=1) or 1
    return rows[limit * (page - 1) : limit * page]


def _accounts(dialect: GateioSpot, account: Account, query: Mapping[str, str]) -> Any:
    wanted = query.get("currency")
    held = [one for one in account.balances().values() if one.total]
    return [account_row(one) for one in held if wanted in (None, "", one.asset)]


def _open_orders(dialect: GateioSpot, account: Account, query: Mapping[str, str]) -> Any:
    groups: dict[str, list[Any]] = defaultdict(list)
    for order in account.orders(is_open=True):
        item = dialect.venue.instruments[order.symbol]
        groups[pair(item)].append(rest_order(order, item))
    shown = {name: _page(rows, query, 100) for name, rows in groups.items()}
    return [{"currency_pair": name, "total": len(groups[name]), "orders": rows} for name, rows in shown.items() if rows]


def _orders(dialect: GateioSpot, account: Account, query: Mapping[str, str]) -> Any:
    if "order_id" in query:
        return _order(dialect, account, query)
    if query.get("status") != "finished":
        raise RestError("INVALID_PARAM_VALUE", "status must be finished here")
    start = (number(query, "from", 0) or 0) * 1000
    found = sorted(account.orders(is_open=False), key=lambda order: order.updated_ms, reverse=True)
    chosen = [order for order in found if order.updated_ms >= start]
    return [rest_order(order, dialect.venue.instruments[order.symbol]) for order in _page(chosen, query, 100)]


def _order(dialect: GateioSpot, account: Account, query: Mapping[str, str]) -> Any:
    try:
        item = dialect.instrument(query.get("currency_pair", ""))
    except UnknownTopicError:
        raise RestError("INVALID_CURRENCY_PAIR", "Invalid currency pair") from None
    for order in account.orders():
        if order.order_id == query["order_id"] and order.symbol == item.symbol:
            return rest_order(order, item)
    raise RestError("ORDER_NOT_FOUND", "Order not found", 404)


def _my_trades(dialect: GateioSpot, account: Account, query: Mapping[str, str]) -> Any:
    start = (number(query, "from", 0) or 0) * 1000
    chosen = [fill for fill in reversed(account.fills()) if fill.ms >= start]
    return [rest_trade(fill, dialect.venue.instruments[fill.symbol]) for fill in _page(chosen, query, 1000)]


_Handler = Callable[["GateioSpot", Account, Mapping[str, str]], Any]

_ROUTES: dict[str, _Handler] = {
    "accounts": _accounts,
    "open_orders": _open_orders,
    "orders": _orders,
    "my_trades": _my_trades,
}
