"""KuCoin signed REST: tokens of accounts, orders, fills and balances.

Source: KuCoin API documentation, "Get private token", "Get trade history", "Get account list", November 2025. The
lists of orders, how lists go on, and the weights are from general knowledge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ...account import Account, AccountOrder
from ..base import Request, Response, json_response
from ..parameters import RestError
from .account_rows import rest_balance, rest_fill, rest_order
from .figures import pair
from .keys import RefusedError, check_request
from .rest import answered, market_of, number

if TYPE_CHECKING:
    from . import KucoinSpot

_PRIVATE_TOKEN = "/api/v1/bullet-private"
_ONE_ORDER = "/api/v1/hf/orders/"
_MOST_ROWS = 100


def answer_signed(dialect: KucoinSpot, request: Request) -> Response | None:
    """Return the answer to a request about an account; None when it is about something else."""
    query = request.query
    route = _ROUTES.get((request.method, request.path))
    if route is None and request.method == "GET" and request.path.startswith(_ONE_ORDER):
        query = {**query, "orderId": request.path.removeprefix(_ONE_ORDER)}
        route = 2, _order
    if route is None:
        return None
    weight, handler = route
    refusal = dialect.too_often(request.path, weight)
    if refusal is not None:
        return refusal
    try:
        account = check_request(dialect, request)
        if handler is None:
            return answered(dialect.ticket(request, account))
        return answered(handler(dialect, account, query))
    except RefusedError as error:
        return json_response({"code": error.code, "msg": str(error)}, 401)
    except RestError as error:
        return json_response({"code": error.code, "msg": str(error)}, error.status)


def _page(rows: Iterable[tuple[int, int, Any]], query: Mapping[str, str]) -> Any:
    """Return a page of rows (place, time, row), newest first, and where the next one goes on."""
    limit = number(query, "limit", 20, _MOST_ROWS, low=1) or 20
    begin, end = number(query, "startAt", 0) or 0, number(query, "endAt", None) or 1 << 62
    older = number(query, "lastId", None) or 1 << 62
    newest = sorted((row for row in rows if row[0] < older and begin <= row[1] <= end), reverse=True, key=_place)
    shown = newest[:limit]
    return {"items": [row for _, _, row in shown], "lastId": shown[-1][0] if shown else 0}


def _place(row: tuple[int, int, Any]) -> int:
    return row[0]


def _orders(dialect: KucoinSpot, account: Account, query: Mapping[str, str], *, is_open: bool) -> list[AccountOrder]:
    symbol = market_of(dialect, query).instrument.symbol
    return [order for order in account.orders(is_open=is_open) if order.symbol == symbol]


def _markets(dialect: KucoinSpot, account: Account, query: Mapping[str, str]) -> Any:
    found = {order.symbol for order in account.orders(is_open=True)}
    return {"symbols": [pair(dialect.venue.instruments[symbol]) for symbol in sorted(found)]}


def _active(dialect: KucoinSpot, account: Account, query: Mapping[str, str]) -> Any:
    orders = _orders(dialect, account, query, is_open=True)
    return [rest_order(order, dialect.venue.instruments[order.symbol]) for order in orders]


def _done(dialect: KucoinSpot, account: Account, query: Mapping[str, str]) -> Any:
    orders = _orders(dialect, account, query, is_open=False)
    items = dialect.venue.instruments
    # Orders without a fill are forgotten by the venue some day; here they are kept.
    return _page([(int(one.order_id), one.created_ms, rest_order(one, items[one.symbol])) for one in orders], query)


def _order(dialect: KucoinSpot, account: Account, query: Mapping[str, str]) -> Any:
    item = market_of(dialect, query).instrument
    for order in account.orders():
        if order.order_id == query["orderId"] and order.symbol == item.symbol:
            return rest_order(order, item)
    raise RestError("400100", "order not exist", 200)


def _fills(dialect: KucoinSpot, account: Account, query: Mapping[str, str]) -> Any:
    item, wanted = market_of(dialect, query).instrument, query.get("orderId")
    found = (fill for fill in account.fills() if fill.symbol == item.symbol and wanted in (None, fill.order_id))
    return _page([(int(fill.trade_id), fill.ms, rest_fill(int(fill.trade_id), fill, item)) for fill in found], query)


def _accounts(dialect: KucoinSpot, account: Account, query: Mapping[str, str]) -> Any:
    is_asked = query.get("type") in (None, "trade")  # there are no others here
    held = [one for one in account.balances().values() if one.total and is_asked]
    return [rest_balance(place, one) for place, one in enumerate(held, 1)]


_Handler = Callable[["KucoinSpot", Account, Mapping[str, str]], Any]

_ROUTES: dict[tuple[str, str], tuple[int, _Handler | None]] = {  # weight, and who answers; None for a token
    ("POST", _PRIVATE_TOKEN): (10, None),
    ("GET", "/api/v1/hf/orders/active/symbols"): (2, _markets),
    ("GET", "/api/v1/hf/orders/active"): (2, _active),
    ("GET", "/api/v1/hf/orders/done"): (2, _done),
    ("GET", "/api/v1/hf/fills"): (2, _fills),
    ("GET", "/api/v1/accounts"): (5, _accounts),
}
