"""Coinbase signed REST: balances, orders and fills of an account.

Source: Coinbase Exchange documentation, "Accounts", "Pagination", "Rate limits"; orders and fills are from general
knowledge; November 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...account import Account, AccountBalance, AccountOrder
from ..base import Request, Response, UnknownTopicError, json_response
from .account_rows import account_row, fill_row, order_row
from .keys import KeyRefusedError, check_request
from .rest import RestError, number

if TYPE_CHECKING:
    from . import CoinbaseSpot

_MOST = 1000
_PAGE = 100


def answer_signed(dialect: CoinbaseSpot, request: Request) -> Response | None:
    """Return the answer to a request about an account; None when it is about something else."""
    root, _, name = request.path.lstrip("/").partition("/")
    handler = _HANDLERS.get(root)
    if handler is None or request.method != "GET" or (name and root != "orders"):
        return None
    limit = dialect.fill_requests if root == "fills" else dialect.private_requests
    if not limit.allow(dialect.venue.now()):
        dialect.venue.stats.breaches[f"rest {root}"] += 1
        return json_response({"message": "Private rate limit exceeded"}, 429)
    try:
        return handler(dialect, check_request(dialect, request), name, request.query)
    except (KeyRefusedError, RestError) as error:
        return json_response({"message": str(error)}, error.status)


def _accounts(dialect: CoinbaseSpot, account: Account, name: str, query: Mapping[str, str]) -> Response:
    held = account.balances()
    listed = {asset for item in dialect.venue.instruments.values() for asset in (item.base, item.quote)}
    rows = [held.get(asset) or AccountBalance(asset, Decimal(), Decimal(), 0) for asset in sorted({*held, *listed})]
    return json_response([account_row(account, row) for row in rows])


def _orders(dialect: CoinbaseSpot, account: Account, name: str, query: Mapping[str, str]) -> Response:
    if name:
        return json_response(_one(dialect, account, name))
    chosen = [order for order in account.orders() if _fits(order, query.get("status"))]
    chosen.reverse()
    product = query.get("product_id")
    rows = [order_row(account, order, dialect.venue.instruments[order.symbol]) for order in chosen]
    numbered = [(len(chosen) - place, row) for place, row in enumerate(rows) if product in (None, row["product_id"])]
    return _page(numbered, query)


def _fits(order: AccountOrder, status: str | None) -> bool:
    return status == "all" or (order.is_open is (status in (None, "open")) and status in (None, "open", "done"))


def _one(dialect: CoinbaseSpot, account: Account, name: str) -> dict[str, Any]:
    for order in account.orders():
        # One that ended without a fill is forgotten.
        if order.order_id == name and (order.is_open or order.filled):
            return order_row(account, order, dialect.venue.instruments[order.symbol])
    raise RestError("NotFound", 404)


def _fills(dialect: CoinbaseSpot, account: Account, name: str, query: Mapping[str, str]) -> Response:
    product, order = query.get("product_id"), query.get("order_id")
    if not product and not order:
        raise RestError("must specify either an order_id or product_id")
    try:
        symbol = dialect.instrument(product).symbol if product else None
    except UnknownTopicError:
        raise RestError("NotFound", 404) from None
    rows = [
        (int(fill.trade_id), fill_row(account, fill, dialect.venue.instruments[fill.symbol]))
        for fill in reversed(account.fills())
        if symbol in (None, fill.symbol) and order in (None, fill.order_id)
    ]
    return _page(rows, query)


def _page(rows: Sequence[tuple[int, Any]], query: Mapping[str, str]) -> Response:
    """Return (number, row) newest first; `after` means older than a number, and the headers tell the ends."""
    limit = number(query, "limit", _PAGE, _MOST) or _PAGE
    older = number(query, "after", None)
    chosen = [row for row in rows if older is None or row[0] < older][:limit]
    headers = {"CB-BEFORE": str(chosen[0][0]), "CB-AFTER": str(chosen[-1][0])} if chosen else {}
    return json_response([row for _, row in chosen], headers=headers)


_Handler = Callable[["CoinbaseSpot", Account, str, Mapping[str, str]], Response]
_HANDLERS: dict[str, _Handler] = {"accounts": _accounts, "orders": _orders, "fills": _fills}
