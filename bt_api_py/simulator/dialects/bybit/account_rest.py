"""Bybit signed REST: orders, executions, the wallet and positions.

Source: Bybit v5 documentation, "Trade", "Position", "Account", July 2026. Paging, and that lists of contracts name a
symbol or an asset, are from general knowledge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...account import Account, AccountOrder
from ...margin import MarginAccount
from ..base import Request, Response
from ..parameters import RestError
from .account_rows import execution_row, order_row, position_row, wallet_row
from .keys import check_request
from .rest import check_category, number, rest_market

if TYPE_CHECKING:
    from .venue import Bybit

_CURSOR = "page_token="
_LATEST_OVER = 500  # orders that the list of open ones still knows by their id


def answer_signed(dialect: Bybit, request: Request) -> Response | None:
    """Return the answer to a request about an account; None when it is about something else."""
    handler = _ROUTES.get(request.path)
    if handler is None or request.method != "GET":
        return None
    return dialect.answer(lambda: handler(dialect, check_request(dialect, request), request.query))


def _page(dialect: Bybit, rows: Sequence[tuple[int, Any]], query: Mapping[str, str], most: int) -> dict[str, Any]:
    """Return the rows (number, row) newest first; a cursor is the number of the last one that was told."""
    limit = number(query, "limit", 20, most, low=1) or 20
    token = query.get("cursor", "")
    begin = number({"cursor": token.removeprefix(_CURSOR).rstrip("&")}, "cursor", None)
    older = [entry for entry in reversed(rows) if begin is None or entry[0] < begin]
    chosen = older[:limit]
    following = quote(f"{_CURSOR}{chosen[-1][0]}&", safe="") if len(older) > limit else ""
    return {"category": dialect.category, "list": [row for _, row in chosen], "nextPageCursor": following}


def _check_scope(dialect: Bybit, query: Mapping[str, str]) -> None:
    if dialect.category == "linear" and not any(query.get(name) for name in ("symbol", "settleCoin", "baseCoin")):
        raise RestError(10001, "Missing some parameters that must be filled in, symbol or settleCoin or baseCoin")


def _fits(dialect: Bybit, symbol: str, query: Mapping[str, str]) -> bool:
    item = dialect.venue.instruments[symbol]
    told = {"symbol": item.symbol, "settleCoin": item.quote, "baseCoin": item.base}
    return all(query.get(name) in (None, "", value) for name, value in told.items())


def _orders(dialect: Bybit, orders: Sequence[AccountOrder], query: Mapping[str, str]) -> Any:
    names = {"orderId": "order_id", "orderLinkId": "client_order_id"}
    rows = [
        (int(order.order_id), order_row(order, dialect.category))
        for order in orders
        if _fits(dialect, order.symbol, query)
        and all(query.get(name) in (None, "", getattr(order, own)) for name, own in names.items())
    ]
    return _page(dialect, rows, query, 50)


def _realtime(dialect: Bybit, account: Account, query: Mapping[str, str]) -> Any:
    _check_scope(dialect, query)
    is_named = bool(query.get("orderId") or query.get("orderLinkId"))
    over = account.orders(is_open=False)[-_LATEST_OVER:] if is_named else []
    return _orders(dialect, [*over, *account.orders(is_open=True)], query)


def _history(dialect: Bybit, account: Account, query: Mapping[str, str]) -> Any:
    return _orders(dialect, account.orders(is_open=False), query)


def _executions(dialect: Bybit, account: Account, query: Mapping[str, str]) -> Any:
    rows = [
        (place, execution_row(fill, account.order(fill.order_id), dialect.category))
        for place, fill in enumerate(account.fills(), 1)
        if _fits(dialect, fill.symbol, query) and query.get("orderId") in (None, "", fill.order_id)
    ]
    return _page(dialect, rows, query, 100)


def _wallet(dialect: Bybit, account: Account, query: Mapping[str, str]) -> Any:
    if query.get("accountType") != "UNIFIED":
        raise RestError(10001, "accountType only support UNIFIED.")
    wanted = [name for name in query.get("coin", "").split(",") if name]
    held = [one for one in account.balances().values() if one.total and (not wanted or one.asset in wanted)]
    return {"list": [wallet_row(account, held, dialect.markets_of(account))]}


def _positions(dialect: Bybit, account: Account, query: Mapping[str, str]) -> Any:
    if not isinstance(account, MarginAccount):
        raise RestError(10001, "category only support linear or option")
    _check_scope(dialect, query)
    if query.get("symbol"):
        held = [account.position_of(rest_market(dialect, query).instrument.symbol)]  # what is not held, too
    else:
        held = [one for one in account.positions() if _fits(dialect, one.symbol, query)]
    rows = [
        (place, position_row(one, dialect.venue.market(one.symbol), "avgPrice")) for place, one in enumerate(held, 1)
    ]
    return _page(dialect, rows, query, 200)


_Handler = Callable[["Bybit", Account, Mapping[str, str]], Any]


def _of_category(handler: _Handler) -> _Handler:
    def checked(dialect: Bybit, account: Account, query: Mapping[str, str]) -> Any:
        check_category(dialect, query)
        return handler(dialect, account, query)

    return checked


_ROUTES: dict[str, _Handler] = {
    "/v5/order/realtime": _of_category(_realtime),
    "/v5/order/history": _of_category(_history),
    "/v5/execution/list": _of_category(_executions),
    "/v5/position/list": _of_category(_positions),
    "/v5/account/wallet-balance": _wallet,
}
