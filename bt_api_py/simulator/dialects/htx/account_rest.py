"""HTX signed REST: accounts, balances, orders and fills.

Source: HTX spot API reference, "Account", "Trading", 2021.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...account import Account
from ..base import Request, Response, UnknownTopicError, json_response
from ..parameters import Numbers
from .account_rows import account_id, fill_row, open_order_row, order_row, text
from .keys import RefusedError, check_request

if TYPE_CHECKING:
    from .spot import HtxSpot

_DAY_MS = 86_400_000


class _RestError(Exception):
    """A request that the venue answers with an error code."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def answer_signed(dialect: HtxSpot, request: Request) -> Response | None:
    """Return the answer to a request about an account; None when it is about something else."""
    found = ((pattern, re.fullmatch(pattern, request.path)) for pattern in _ROUTES)
    pattern, match = next((pair for pair in found if pair[1] is not None), ("", None))
    if request.method != "GET" or match is None:
        return None
    per_two_seconds, handler = _ROUTES[pattern]
    refusal = dialect.too_often(pattern, per_two_seconds, 2.0)
    if refusal is not None:
        return refusal
    try:
        account = check_request(dialect, request)
        return json_response({"status": "ok", "data": handler(dialect, account, request.query, *match.groups())})
    except RefusedError as error:
        code = "api-signature-not-valid"
        return json_response({"status": "error", "err-code": code, "err-msg": str(error), "data": None})
    except _RestError as error:
        return json_response({"status": "error", "err-code": error.code, "err-msg": str(error), "data": None})


_number = Numbers(lambda name: _RestError("invalid-parameter", f"invalid {name}"))


def _symbol(dialect: HtxSpot, query: Mapping[str, str]) -> str | None:
    if not query.get("symbol"):
        return None
    try:
        return dialect.instrument(query["symbol"]).symbol
    except UnknownTopicError:
        raise _RestError("invalid-parameter", "invalid symbol") from None


def _accounts(dialect: HtxSpot, account: Account, query: Mapping[str, str]) -> Any:
    return [{"id": account_id(account), "type": "spot", "subtype": "", "state": "working"}]


def _balance(dialect: HtxSpot, account: Account, query: Mapping[str, str], number: str) -> Any:
    _check_account(account, number)
    rows = []
    for held in account.balances().values():
        for kind, amount in (("trade", held.free), ("frozen", held.locked)):
            rows.append({"currency": held.asset.lower(), "type": kind, "balance": text(amount)})
    return {"id": account_id(account), "type": "spot", "state": "working", "list": rows}


def _check_account(account: Account, number: str) -> None:
    if number != str(account_id(account)):
        raise _RestError("account-get-balance-account-inexistent-error", f"account for id `{number}` does not exist")


def _open_orders(dialect: HtxSpot, account: Account, query: Mapping[str, str]) -> Any:
    if query.get("account-id"):
        _check_account(account, query["account-id"])
    symbol, size = _symbol(dialect, query), _number(query, "size", 100, 500) or 100
    start = _number(query, "from", None)
    is_back = query.get("direct", "next") == "next"  # next: towards older orders
    chosen = []
    for order in reversed(account.orders(is_open=True)) if is_back else account.orders(is_open=True):
        number = int(order.order_id)
        is_past = start is None or (number < start if is_back else number > start)
        if is_past and symbol in (None, order.symbol) and query.get("side", order.side) == order.side:
            chosen.append(open_order_row(order, account))
    return chosen[:size]


def _order(dialect: HtxSpot, account: Account, query: Mapping[str, str], number: str) -> Any:
    try:
        return order_row(account.order(number), account)
    except KeyError:
        raise _RestError("base-record-invalid", "record invalid") from None


def _history(dialect: HtxSpot, account: Account, query: Mapping[str, str]) -> Any:
    symbol, size = _symbol(dialect, query), _number(query, "size", 100, 1000) or 100
    end = _number(query, "end-time", None) or dialect.venue.server_ms()
    begin = _number(query, "start-time", None) or end - 2 * _DAY_MS
    chosen = [
        order_row(order, account)
        for order in account.orders(is_open=False)
        if symbol in (None, order.symbol) and begin <= order.created_ms <= end
    ]
    return chosen[:size]


def _match_results(dialect: HtxSpot, account: Account, query: Mapping[str, str]) -> Any:
    symbol, size = _symbol(dialect, query), _number(query, "size", 100, 500) or 100
    end = _number(query, "end-time", None) or dialect.venue.server_ms()
    begin = _number(query, "start-time", None) or end - 2 * _DAY_MS
    start = _number(query, "from", None)
    is_back = query.get("direct", "next") == "next"
    rows = []
    for fill in reversed(account.fills()) if is_back else account.fills():
        row = fill_row(fill, account.order(fill.order_id))
        is_past = start is None or (row["id"] <= start if is_back else row["id"] >= start)
        if is_past and symbol in (None, fill.symbol) and begin <= fill.ms <= end:
            rows.append(row)
    return rows[:size]


_ROUTES: dict[str, tuple[int, Callable[..., Any]]] = {  # requests per 2 s, and who answers
    r"/v1/account/accounts": (100, _accounts),
    r"/v1/account/accounts/(\d+)/balance": (100, _balance),
    r"/v1/order/openOrders": (50, _open_orders),
    r"/v1/order/orders/(\d+)": (50, _order),
    r"/v1/order/history": (50, _history),
    r"/v1/order/matchresults": (20, _match_results),
}
