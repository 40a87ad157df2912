"""OKX signed REST: orders, fills, balances and positions of an account.

Source: OKX v5 documentation, "Trade", "Trading account", July 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...account import Account, AccountOrder
from ...contracts import mark_price
from ..base import Request, Response, json_response
from ..parameters import RestError
from .account_rows import account_row, fill_row, order_row, position_row, total_usd
from .keys import RefusedError, check_request
from .rest import number

if TYPE_CHECKING:
    from .venue import Okx


def answer_signed(dialect: Okx, request: Request) -> Response | None:
    """Return the answer to a request about an account; None when it is about something else."""
    route = _ROUTES.get(request.path)
    if route is None or request.method != "GET":
        return None
    per_two_seconds, handler = route
    refusal = dialect.too_often(request.path, per_two_seconds)
    if refusal is not None:
        return refusal
    try:
        account = check_request(dialect, request)
        return json_response({"code": "0", "msg": "", "data": handler(dialect, account, request.query)})
    except RefusedError as error:
        return json_response({"code": error.code, "msg": str(error), "data": []}, 401)
    except RestError as error:
        return json_response({"code": error.code, "msg": str(error), "data": []}, error.status)


def _page(rows: Sequence[tuple[int, int, Any]], query: Mapping[str, str]) -> list[Any]:
    """Return the rows (id, time, row) newest first; `after` means older than, `before` newer than an id."""
    limit = number(query, "limit", 100, 100) or 100
    older, newer = number(query, "after", None), number(query, "before", None)
    begin, end = number(query, "begin", 0) or 0, number(query, "end", 1 << 62) or 0
    chosen = [
        row
        for row_id, ms, row in reversed(rows)
        if (older is None or row_id < older) and (newer is None or row_id > newer) and begin <= ms <= end
    ]
    return chosen[:limit]


def _rows(dialect: Okx, orders: Sequence[AccountOrder], query: Mapping[str, str]) -> list[Any]:
    rows = []
    for order in orders:
        row = order_row(order, dialect.venue.instruments[order.symbol])
        if _fits(row, query, "instType", "instId", "ordType", "state"):
            rows.append((int(order.order_id), order.updated_ms, row))
    return _page(rows, query)


def _fits(row: Mapping[str, Any], query: Mapping[str, str], *names: str) -> bool:
    return all(not query.get(name) or row[name] == query[name] for name in names)


def _orders_pending(dialect: Okx, account: Account, query: Mapping[str, str]) -> Any:
    return _rows(dialect, account.orders(is_open=True), query)


def _orders_history(dialect: Okx, account: Account, query: Mapping[str, str]) -> Any:
    if not query.get("instType"):
        raise RestError("50014", "Parameter instType can not be empty.", 400)
    return _rows(dialect, account.orders(is_open=False), query)


def _order(dialect: Okx, account: Account, query: Mapping[str, str]) -> Any:
    number, name = query.get("ordId"), query.get("clOrdId")
    item = dialect.rest_instrument(query)
    if not number and not name:
        raise RestError("50015", "Either parameter ordId or clOrdId is required.", 400)
    for order in account.orders():
        is_named = order.order_id == number if number else order.client_order_id == name
        if is_named and order.symbol == item.symbol:
            return [order_row(order, item)]
    raise RestError("51603", "Order does not exist", 200)


def _fills(dialect: Okx, account: Account, query: Mapping[str, str]) -> Any:
    rows = []
    for fill in account.fills():
        row = fill_row(fill, dialect.venue.instruments[fill.symbol])
        if _fits(row, query, "instType", "instId", "ordId"):
            rows.append((int(row["billId"]), fill.ms, row))
    return _page(rows, query)


def _balance(dialect: Okx, account: Account, query: Mapping[str, str]) -> Any:
    wanted = [name for name in query.get("ccy", "").split(",") if name]
    everything = account.balances().values()
    held = [row for row in everything if row.total and (not wanted or row.asset in wanted)]
    return [account_row(held, total_usd(everything, dialect.venue.instruments), dialect.venue.server_ms())]


def _positions(dialect: Okx, account: Account, query: Mapping[str, str]) -> Any:
    rows = []
    for held in account.positions():
        market = dialect.venue.market(held.symbol)
        rows.append(position_row(held, market.instrument, mark_price(market), dialect.venue.server_ms()))
    return [row for row in rows if _fits(row, query, "instType", "instId", "posId")]


_Handler = Callable[["Okx", Account, Mapping[str, str]], Any]

_ROUTES: dict[str, tuple[int, _Handler]] = {  # requests per 2 s, and who answers
    "/api/v5/trade/orders-pending": (60, _orders_pending),
    "/api/v5/trade/orders-history": (40, _orders_history),
    "/api/v5/trade/order": (60, _order),
    "/api/v5/trade/fills": (60, _fills),
    "/api/v5/account/balance": (10, _balance),
    "/api/v5/account/positions": (10, _positions),
}
