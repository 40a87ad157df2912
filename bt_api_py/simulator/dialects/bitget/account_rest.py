"""Bitget signed REST: orders, fills and balances of a spot account.

Source: Bitget API v2 documentation, "Spot trade", "Spot account", April 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...account import Account
from ..base import Request, Response, json_response
from ..parameters import RestError
from .account_rows import balance_row, fill_row, open_order_row, order_row
from .keys import RefusedError, check_request
from .rest import number

if TYPE_CHECKING:
    from . import BitgetSpot

_MOST_ROWS = 100


def answer_signed(dialect: BitgetSpot, request: Request) -> Response | None:
    """Return the answer to a request about an account; None when it is about something else."""
    route = _ROUTES.get(request.path)
    if route is None or request.method != "GET":
        return None
    per_second, handler = route
    refusal = dialect.too_often(request.path, per_second)
    if refusal is not None:
        return refusal
    try:
        account = check_request(dialect, request)
        return json_response(dialect.answer("00000", "success", handler(account, request.query)))
    except RefusedError as error:
        return json_response(dialect.answer(str(error.code), str(error), None), 400)
    except RestError as error:
        return json_response(dialect.answer(error.code, str(error), None), error.status)


def _page(rows: Sequence[tuple[int, int, Any]], query: Mapping[str, str]) -> list[Any]:
    """Return the rows (id, time, row) newest first, at most a page."""
    limit = number(query, "limit", _MOST_ROWS, _MOST_ROWS, low=1) or _MOST_ROWS
    older = number(query, "idLessThan", None)
    begin, end = number(query, "startTime", 0) or 0, number(query, "endTime", 1 << 62) or 0
    chosen = [
        row
        for row_id, ms, row in reversed(rows)
        if (older is None or row_id < older) and begin <= ms <= end and _fits(row, query)
    ]
    return chosen[:limit]


def _fits(row: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    return all(row[name] == query[name] for name in ("symbol", "orderId") if query.get(name))


def _open_orders(account: Account, query: Mapping[str, str]) -> Any:
    orders = sorted(account.orders(is_open=True), key=lambda order: int(order.order_id))
    return _page([(int(order.order_id), order.created_ms, open_order_row(order)) for order in orders], query)


def _past_orders(account: Account, query: Mapping[str, str]) -> Any:
    orders = account.orders(is_open=False)
    return _page([(int(order.order_id), order.created_ms, order_row(order)) for order in orders], query)


def _order(account: Account, query: Mapping[str, str]) -> Any:
    order_id, client_id = query.get("orderId"), query.get("clientOid")
    if not order_id and not client_id:
        raise RestError("40019", "Parameter orderId cannot be empty")
    found = (order for order in account.orders() if order_id == order.order_id or client_id == order.client_order_id)
    return [order_row(order) for order in found]


def _fills(account: Account, query: Mapping[str, str]) -> Any:
    return _page([(int(fill.trade_id), fill.ms, fill_row(fill)) for fill in account.fills()], query)


def _assets(account: Account, query: Mapping[str, str]) -> Any:
    wanted = query.get("coin")
    return [balance_row(held) for held in account.balances().values() if held.total and wanted in (None, held.asset)]


_Handler = Callable[[Account, Mapping[str, str]], Any]

_ROUTES: dict[str, tuple[int, _Handler]] = {  # calls a second, and who answers
    "/api/v2/spot/trade/unfilled-orders": (20, _open_orders),
    "/api/v2/spot/trade/history-orders": (20, _past_orders),
    "/api/v2/spot/trade/orderInfo": (20, _order),
    "/api/v2/spot/trade/fills": (10, _fills),
    "/api/v2/spot/account/assets": (10, _assets),
}
