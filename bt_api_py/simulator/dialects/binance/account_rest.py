"""Binance signed REST: how it is answered, and what spot has: the account, its orders and its fills.

Source: binance-spot-api-docs, "Account endpoints".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ...account import Account, AccountFill, AccountOrder
from ..base import Request, Response, json_response
from ..parameters import Numbers, RestError
from .account_rows import account_body, fill_row, order_row
from .keys import RefusedError, authenticate

if TYPE_CHECKING:
    from .venue import Binance

_Answer = tuple[int, Callable[[], Response]]  # request weight, and what gives the answer


def signed_answer(dialect: Binance, request: Request) -> _Answer | None:
    """Return weight and answer of a request about an account; None when it is about something else."""
    route = dialect.account_routes.get(request.path)
    if route is None or request.method != "GET":
        return None
    weight = _OF_ALL_MARKETS.get(request.path, route[0]) if "symbol" not in request.query else route[0]
    return weight, partial(_respond, dialect, request, route[1])


def _respond(dialect: Binance, request: Request, handler: Handler) -> Response:
    # The signature is the last parameter; whatever stands before it is signed as it was sent.
    payload = request.raw_query.rpartition("&signature=")[0] + request.body.decode("utf-8", "replace")
    try:
        account = authenticate(dialect, request.headers.get("x-mbx-apikey", ""), request.query, payload)
        return json_response(handler(dialect, account, request.query))
    except RefusedError as error:
        return refusal(error)
    except RestError as error:
        return json_response({"code": error.code, "msg": str(error)}, 400)


def refusal(error: RefusedError) -> Response:
    """Return the answer to a request that is refused."""
    return json_response({"code": error.code, "msg": str(error)}, error.status)


_number = Numbers(lambda name: RestError(-1100, f"Illegal characters found in parameter '{name}'."))


def _account(dialect: Binance, account: Account, query: Mapping[str, str]) -> Any:
    held = account.balances().values()
    if query.get("omitZeroBalances") == "true":
        return account_body([one for one in held if one.total], account.number, account.changes[-1].ms)
    return account_body(held, account.number, account.changes[-1].ms)


class Lists:
    """Orders and fills by REST, each product in rows of its own."""

    def __init__(self, order_row: Callable[[AccountOrder], Any], fill_row: Callable[[AccountFill], Any]) -> None:
        self._order_row = order_row
        self._fill_row = fill_row

    def open_orders(self, dialect: Binance, account: Account, query: Mapping[str, str]) -> Any:
        """Answer with the open orders of a market, or of all."""
        found = _orders_of_symbol(dialect, account, query) if "symbol" in query else account.orders()
        return [self._order_row(order) for order in found if order.is_open]

    def order(self, dialect: Binance, account: Account, query: Mapping[str, str]) -> Any:
        """Answer with one order."""
        number, name = query.get("orderId"), query.get("origClientOrderId")
        if number is None and name is None:
            raise RestError(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
        for order in _orders_of_symbol(dialect, account, query):
            if number in (None, order.order_id) and name in (None, order.client_order_id):
                return self._order_row(order)
        raise RestError(-2013, "Order does not exist.")

    def all_orders(self, dialect: Binance, account: Account, query: Mapping[str, str]) -> Any:
        """Answer with a page of a market's orders."""
        found = _orders_of_symbol(dialect, account, query)
        rows = [(int(order.order_id), order.created_ms, self._order_row(order)) for order in found]
        return _page(rows, query, "orderId")

    def fills(self, dialect: Binance, account: Account, query: Mapping[str, str]) -> Any:
        """Answer with a page of a market's fills."""
        key, number = dialect.rest_instrument(query).symbol, query.get("orderId")
        fills = [fill for fill in account.fills() if fill.symbol == key and number in (None, fill.order_id)]
        return _page([(int(fill.trade_id), fill.ms, self._fill_row(fill)) for fill in fills], query, "fromId")


def _orders_of_symbol(dialect: Binance, account: Account, query: Mapping[str, str]) -> list[AccountOrder]:
    key = dialect.rest_instrument(query).symbol
    return [order for order in account.orders() if order.symbol == key]


def _page(rows: Sequence[tuple[int, int, Any]], query: Mapping[str, str], first: str) -> list[Any]:
    """Return the rows (id, time, row) from an id or a time on, or the newest; oldest first."""
    limit = _number(query, "limit", 500, 1000) or 500
    start, end = _number(query, "startTime", None), _number(query, "endTime", None)
    number = _number(query, first, None)
    chosen = [
        row
        for row_id, ms, row in rows
        if (number is None or row_id >= number) and (start or 0) <= ms <= (1 << 62 if end is None else end)
    ]
    return chosen[:limit] if number is not None or start is not None else chosen[-limit:]


Handler = Callable[["Binance", Account, Mapping[str, str]], Any]

_OF_ALL_MARKETS = {"/api/v3/openOrders": 80, "/fapi/v1/openOrders": 40}  # weight of a request that names none

_LISTS = Lists(order_row, fill_row)

SPOT_ROUTES: dict[str, tuple[int, Handler]] = {
    "/api/v3/account": (20, _account),
    "/api/v3/openOrders": (6, _LISTS.open_orders),
    "/api/v3/order": (4, _LISTS.order),
    "/api/v3/allOrders": (20, _LISTS.all_orders),
    "/api/v3/myTrades": (20, _LISTS.fills),
}
