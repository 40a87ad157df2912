"""BULK account REST: reads that need no signature, and signed transactions.

Source: BULK OpenAPI 3.0.10, "Account", "Trade", May 2026. Documented are the wrappers of `fullAccount` and
`openOrders`; those of the other lists follow their example.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...margin import MarginAccount
from ..base import Request, Response, json_response, parse_object
from .account_rows import account_row, fee_tier_rows, fill_row, order_row, position_row
from .codec import pubkey
from .rest import ROOT
from .trading import execute

if TYPE_CHECKING:
    from . import BulkSwap


def answer_account(dialect: BulkSwap, request: Request) -> Response | None:
    """Return the answer to a POST request; None for anything else."""
    if request.method != "POST" or request.path not in (f"{ROOT}/account", f"{ROOT}/order"):
        return None
    try:
        body = parse_object(request.body.decode())
    except ValueError:
        return _refused(400, "invalid JSON")
    if request.path == f"{ROOT}/order":
        return json_response(execute(dialect, body))
    reader = _READERS.get(str(body.get("type")))
    try:
        key = body.get("user")
        pubkey(key)
    except ValueError:
        return _refused(400, "invalid user")
    if reader is None:
        return _refused(400, "invalid type")
    account = dialect.account(str(key))
    return _refused(404, "unknown account") if account is None else json_response(reader(dialect, account))


def _refused(status: int, words: str) -> Response:
    return json_response({"error": {"message": words}}, status)


def _full(dialect: BulkSwap, account: MarginAccount) -> Any:
    return [{"fullAccount": account_row(dialect, account)}]


def _open_orders(dialect: BulkSwap, account: MarginAccount) -> Any:
    return [{"openOrder": order_row(dialect, order)} for order in account.orders(is_open=True)]


def _order_history(dialect: BulkSwap, account: MarginAccount) -> Any:
    return [{"orderHistory": order_row(dialect, order)} for order in reversed(account.orders(is_open=False))]


def _fills(dialect: BulkSwap, account: MarginAccount) -> Any:
    return [{"fills": fill_row(dialect, fill)} for fill in reversed(account.fills())]


def _positions(dialect: BulkSwap, account: MarginAccount) -> Any:
    return [{"positions": position_row(dialect, account, row)} for row in reversed(account.closed_positions())]


def _fee_tier(dialect: BulkSwap, account: MarginAccount) -> Any:
    return [{"feeTier": row} for row in fee_tier_rows(dialect, account)]


def _nothing(dialect: BulkSwap, account: MarginAccount) -> Any:
    return []  # neither funding nor changes of risk parameters happen here


_READERS: dict[str, Callable[[BulkSwap, MarginAccount], Any]] = {
    "fullAccount": _full,
    "openOrders": _open_orders,
    "fills": _fills,
    "positions": _positions,
    "orderHistory": _order_history,
    "fundingHistory": _nothing,
    "riskHistory": _nothing,
    "feeTier": _fee_tier,
}
