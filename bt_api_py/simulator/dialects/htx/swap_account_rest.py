"""HTX contracts: signed REST, each a POST: margin, positions, orders and fills.

Source: HTX USDT-margined contracts API reference, "Swap Account Interface", "Swap Trade Interface", 2021 to 2026.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ...account import AccountFill, AccountOrder
from ...contracts import mark_price
from ...margin import MarginAccount
from ..base import Request, Response, UnknownTopicError, json_response
from .keys import RefusedError, check_request
from .rest import RestError
from .swap_account_rows import margin_rows, order_row, past_match_row, past_order_row, position_row

if TYPE_CHECKING:
    from .swap import HtxSwap

_PAGE = 50
_WINDOW_MS = 48 * 3_600_000
_READS = ("account", 72, 3.0)
Query = Mapping[str, Any]
_Kept = TypeVar("_Kept", AccountOrder, AccountFill)


def answer_signed(dialect: HtxSwap, request: Request) -> Response | None:
    """Return the answer to a request about an account; None when it is about something else."""
    handler = _ROUTES.get(request.path)
    if handler is None or request.method != "POST":
        return None
    refusal = dialect.too_often(*_READS)
    if refusal is not None:
        return refusal
    try:
        account = check_request(dialect, request)
        assert isinstance(account, MarginAccount)
        return json_response(handler(dialect, account, json.loads(request.body or b"{}")))
    except RefusedError as error:
        return json_response(dialect.refused(RestError(str(error).removeprefix("Signature not valid: "), 403)))
    except (RestError, ValueError) as error:
        return json_response(dialect.refused(error if isinstance(error, RestError) else RestError("Input error.")))


def _told(dialect: HtxSwap, data: Any) -> dict[str, Any]:
    return {"status": "ok", "data": data, "ts": dialect.venue.server_ms()}


def _margin(dialect: HtxSwap, account: MarginAccount, query: Query) -> Any:
    return _told(dialect, margin_rows(account, str(query.get("margin_account") or "")))


def _positions(dialect: HtxSwap, account: MarginAccount, query: Query) -> Any:
    rows = []
    for held in account.positions():
        market = dialect.venue.market(held.symbol)
        rows.append(position_row(held, market.instrument, mark_price(market)))
    return _told(dialect, rows)


def _open_orders(dialect: HtxSwap, account: MarginAccount, query: Query) -> Any:
    size, page = min(int(query.get("page_size", 20)), _PAGE), int(query.get("page_index", 1))
    orders = list(reversed(account.orders(is_open=True)))
    part = orders[(page - 1) * size : page * size]
    rows = [order_row(order, dialect.venue.instruments[order.symbol]) for order in part]
    pages = -(-len(orders) // size)
    sums = {"total_page": pages, "current_page": page, "total_size": len(orders)}
    return _told(dialect, {"orders": rows} | sums)


def _order(dialect: HtxSwap, account: MarginAccount, query: Query) -> Any:
    key = _symbol(dialect, query.get("contract_code"))
    try:
        order = account.order(str(query.get("order_id")))
    except KeyError:
        raise RestError("Order doesn't exist.", 1017) from None
    if order.symbol != key:
        raise RestError("Order doesn't exist.", 1017)
    return _told(dialect, [order_row(order, dialect.venue.instruments[key])])


def _past_orders(dialect: HtxSwap, account: MarginAccount, query: Query) -> Any:
    key = _symbol(dialect, query.get("contract"))
    found = [(number, one) for number, one in enumerate(account.orders(), 1) if one.symbol == key and not one.is_open]
    chosen = _page(dialect, query, found, lambda order: order.created_ms)
    return _listed(dialect, [past_order_row(one, dialect.venue.instruments[key], number) for number, one in chosen])


def _past_matches(dialect: HtxSwap, account: MarginAccount, query: Query) -> Any:
    key = _symbol(dialect, query.get("contract"))
    found = [(number, one) for number, one in enumerate(account.fills(), 1) if one.symbol == key]
    chosen = _page(dialect, query, found, lambda fill: fill.ms)
    return _listed(dialect, [past_match_row(one, dialect.venue.instruments[key], number) for number, one in chosen])


def _listed(dialect: HtxSwap, rows: Any) -> dict[str, Any]:
    return {"code": 200, "msg": "ok", "data": rows, "ts": dialect.venue.server_ms()}


def _page(
    dialect: HtxSwap, query: Query, found: Sequence[tuple[int, _Kept]], time_of: Callable[[_Kept], int]
) -> list[tuple[int, _Kept]]:
    """Return the part of a list that is asked for."""
    end = int(query.get("end_time", dialect.venue.server_ms()))
    start = int(query.get("start_time", end - _WINDOW_MS))
    if end - start > _WINDOW_MS:
        raise RestError("The query window is larger than 48 hours.", 1067)
    is_forward, place = query.get("direct", "prev") == "next", query.get("from_id")
    chosen = [pair for pair in found if start <= time_of(pair[1]) <= end]
    if place is not None:
        chosen = [pair for pair in chosen if (pair[0] > int(place) if is_forward else pair[0] < int(place))]
    return (chosen if is_forward else chosen[::-1])[:_PAGE]


def _symbol(dialect: HtxSwap, name: Any) -> str:
    try:
        return dialect.instrument(str(name).upper()).symbol
    except UnknownTopicError:
        raise RestError("This contract doesn't exist.", 1014) from None


_ROUTES: dict[str, Callable[[HtxSwap, MarginAccount, Query], Any]] = {
    "/linear-swap-api/v1/swap_cross_account_info": _margin,
    "/linear-swap-api/v1/swap_cross_position_info": _positions,
    "/linear-swap-api/v1/swap_cross_openorders": _open_orders,
    "/linear-swap-api/v1/swap_cross_order_info": _order,
    "/linear-swap-api/v3/swap_cross_hisorders": _past_orders,
    "/linear-swap-api/v3/swap_cross_matchresults": _past_matches,
}
