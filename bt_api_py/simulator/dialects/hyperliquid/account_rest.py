"""Hyperliquid account REST: anybody may read the account of an address.

Source: Hyperliquid documentation, "Info endpoint", May 2026. What lists of orders and answers for one order look like
is from general knowledge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...account import AccountOrder
from .account_rows import fill_row, listed_row, order_row, state_row, terms_row
from .rest import Reader, whole

if TYPE_CHECKING:
    from . import HyperliquidSwap

_MOST = 2000  # rows of a list


def _orders(dialect: HyperliquidSwap, body: Mapping[str, Any], *, is_open: bool | None = None) -> list[AccountOrder]:
    """Return the orders of an address, the newest first."""
    account = dialect.account(body.get("user"))
    return [] if account is None else account.orders(is_open=is_open)[::-1]


def _state(dialect: HyperliquidSwap, body: Mapping[str, Any]) -> Any:
    return state_row(dialect, dialect.account(body.get("user")))


def _open_orders(dialect: HyperliquidSwap, body: Mapping[str, Any]) -> Any:
    return [terms_row(dialect, order) for order in _orders(dialect, body, is_open=True)]


def _listed_orders(dialect: HyperliquidSwap, body: Mapping[str, Any]) -> Any:
    return [listed_row(dialect, order) for order in _orders(dialect, body, is_open=True)]


def _history(dialect: HyperliquidSwap, body: Mapping[str, Any]) -> Any:
    return [order_row(order, listed_row(dialect, order)) for order in _orders(dialect, body)[:_MOST]]


def _status(dialect: HyperliquidSwap, body: Mapping[str, Any]) -> Any:
    wanted = body.get("oid")
    for order in _orders(dialect, body):
        if wanted in (int(order.order_id), order.client_order_id):
            return {"status": "order", "order": order_row(order, listed_row(dialect, order))}
    return {"status": "unknownOid"}


def _fills(dialect: HyperliquidSwap, body: Mapping[str, Any]) -> Any:
    account = dialect.account(body.get("user"))
    fills = [] if account is None else account.fills()[-_MOST:]
    return [fill_row(dialect, fill) for fill in reversed(fills)]


def _fills_by_time(dialect: HyperliquidSwap, body: Mapping[str, Any]) -> Any:
    account = dialect.account(body.get("user"))
    start, end = whole(body, "startTime", 0), whole(body, "endTime", 1 << 62)
    fills = [] if account is None else [fill for fill in account.fills() if start <= fill.ms <= end]
    return [fill_row(dialect, fill) for fill in fills[:_MOST]]


ACCOUNT_READERS: dict[str, tuple[Reader, int, int]] = {
    "clearinghouseState": (_state, 20, 0),
    "openOrders": (_open_orders, 20, 0),
    "frontendOpenOrders": (_listed_orders, 20, 0),
    "historicalOrders": (_history, 20, 0),
    "orderStatus": (_status, 2, 0),
    "userFills": (_fills, 20, 0),
    "userFillsByTime": (_fills_by_time, 20, 0),
}
