"""Kraken signed REST: tokens, orders, fills and balances of an account.

Source: Kraken documentation, "Spot REST: Account data", "GetWebSocketsToken", "Rate limits", July 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...account import Account, AccountOrder
from ..base import Request, Response, json_response
from .account_rows import exec_id, fill_row, order_row
from .figures import legacy
from .keys import TOKEN_S, RefusedError, check_request
from .rest import RestError

if TYPE_CHECKING:
    from . import KrakenSpot

_PRIVATE = "/0/private/"
_PAGE = 50
_MOST = 15.0  # of the counter, of the lowest tier
_DECAY = 0.33  # in a second


class Counter:
    """The counter of one key: every call adds to it, and time takes away."""

    def __init__(self) -> None:
        self._value = 0.0
        self._at = 0.0

    def allow(self, cost: int, now: float) -> bool:
        """Count a call and tell whether it is inside the limit."""
        self._value = max(0.0, self._value - (now - self._at) * _DECAY)
        self._at = now
        if self._value + cost > _MOST:
            return False
        self._value += cost
        return True


def answer_signed(dialect: KrakenSpot, request: Request) -> Response | None:
    """Return the answer to a request about an account; None when it is about something else."""
    route = _ROUTES.get(request.path.removeprefix(_PRIVATE)) if request.path.startswith(_PRIVATE) else None
    if route is None or request.method != "POST":
        return None
    cost, handler = route
    key = request.headers.get("api-key", "")
    if not dialect.counters.setdefault(key, Counter()).allow(cost, dialect.venue.now()):
        dialect.venue.stats.breaches["private calls"] += 1
        return json_response({"error": ["EAPI:Rate limit exceeded"]})
    try:
        account, form = check_request(dialect, request)
        return json_response({"error": [], "result": handler(dialect, account, form)})
    except (RefusedError, RestError) as error:
        return json_response({"error": [str(error)]})


def _token(dialect: KrakenSpot, account: Account, form: Mapping[str, str]) -> Any:
    return {"token": dialect.tokens.issue(account), "expires": TOKEN_S}


def _listed(dialect: KrakenSpot, orders: list[AccountOrder]) -> dict[str, Any]:
    return {order.order_id: order_row(order, dialect.venue.instruments[order.symbol]) for order in orders}


def _open_orders(dialect: KrakenSpot, account: Account, form: Mapping[str, str]) -> Any:
    return {"open": _listed(dialect, account.orders(is_open=True))}


def _closed_orders(dialect: KrakenSpot, account: Account, form: Mapping[str, str]) -> Any:
    by_open = form.get("closetime", "both") == "open"
    start = float(form.get("start", 0)) * 1000
    ended = sorted(account.orders(is_open=False), key=lambda order: order.updated_ms, reverse=True)
    found = [order for order in ended if (order.created_ms if by_open else order.updated_ms) > start]
    first = int(form.get("ofs", 0))
    return {"closed": _listed(dialect, found[first : first + _PAGE]), "count": len(found)}


def _query_orders(dialect: KrakenSpot, account: Account, form: Mapping[str, str]) -> Any:
    wanted = form.get("txid", "").split(",")
    found = [order for order in account.orders() if order.order_id in wanted]
    if len(found) < len(wanted):
        raise RestError("EOrder:Unknown order")
    return _listed(dialect, found)


def _fills(dialect: KrakenSpot, account: Account, form: Mapping[str, str]) -> Any:
    start = float(form.get("start", 0)) * 1000
    found = [fill for fill in reversed(account.fills()) if fill.ms > start]
    first = int(form.get("ofs", 0))
    rows = {}
    for fill in found[first : first + _PAGE]:
        kind = "market" if account.order(fill.order_id).type == "market" else "limit"
        rows[exec_id(fill)] = fill_row(fill, dialect.venue.instruments[fill.symbol], kind)
    return {"trades": rows, "count": len(found)}


def _balances(dialect: KrakenSpot, account: Account, form: Mapping[str, str]) -> Any:
    held = [balance for balance in account.balances().values() if balance.total]
    return {
        legacy(balance.asset): {"balance": f"{balance.total:f}", "hold_trade": f"{balance.locked:f}"}
        for balance in held
    }


_Handler = Callable[["KrakenSpot", Account, Mapping[str, str]], Any]

_ROUTES: dict[str, tuple[int, _Handler]] = {  # what a call adds to the counter, and who answers
    "GetWebSocketsToken": (1, _token),
    "OpenOrders": (1, _open_orders),
    "ClosedOrders": (2, _closed_orders),
    "QueryOrders": (1, _query_orders),
    "TradesHistory": (2, _fills),
    "BalanceEx": (1, _balances),
}
