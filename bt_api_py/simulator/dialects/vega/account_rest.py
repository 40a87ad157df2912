"""Vega's REST reads of parties: accounts, orders and positions.

Source: Vega data node v0.79.0, API v2, October 2024.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from ...margin import MarginAccount
from ..base import Request
from .account_rows import account_rows, order_row, position_rows
from .messages import Row
from .pages import page
from .rest import ROOT, number

if TYPE_CHECKING:
    from . import VegaFuture

_LIVE = ("STATUS_ACTIVE", "STATUS_PARKED")
_CHOICES = {  # which field of a record a parameter chooses
    "filter.marketIds": "marketId",
    "filter.assetId": "asset",
    "filter.accountTypes": "type",
    "filter.statuses": "status",
    "filter.types": "type",
    "filter.timeInForces": "timeInForce",
    "filter.reference": "reference",
}


def answer_account(dialect: VegaFuture, request: Request) -> Any:
    """Return what a read of parties is answered with.

    Raises:
        NodeError: in the node's codes.
    """
    name, asked = request.path.removeprefix(f"{ROOT}/"), parse_qs(request.raw_query)
    reader = ACCOUNT_READS[name]
    accounts = dialect.parties(asked.get("filter.partyIds", ()))
    chosen = {field: asked[given] for given, field in _CHOICES.items() if asked.get(given)}
    rows = [
        (key, row)
        for key, row in reader(dialect, accounts, request.query)
        if all(row.get(field, "") in values for field, values in chosen.items())
    ]
    newest_first = name == "orders"
    return {name: page(request.query, sorted(rows, key=_place), size=dialect.page_size, newest_first=newest_first)}


def _place(keyed: tuple[str, Row]) -> str:
    return keyed[0]


def _accounts(
    dialect: VegaFuture, accounts: Iterable[MarginAccount], query: Mapping[str, str]
) -> Iterator[tuple[str, Row]]:
    for account in accounts:
        for row in account_rows(dialect, account):
            yield f"{row['owner']}/{row['asset']}/{row['marketId']}", row


def _orders(
    dialect: VegaFuture, accounts: Iterable[MarginAccount], query: Mapping[str, str]
) -> Iterator[tuple[str, Row]]:
    live_only = query.get("filter.liveOnly") == "true"
    start = number(query, "filter.dateRange.startTimestamp")
    end = number(query, "filter.dateRange.endTimestamp")
    for account in accounts:
        for place, order in enumerate(account.orders()):
            row = order_row(dialect, account, order)
            created = int(row["createdAt"])
            inside = (start is None or created >= start) and (end is None or created < end)
            if inside and (not live_only or row["status"] in _LIVE):
                yield f"{created:020d}/{place:09d}/{account.api_key}", row


def _positions(
    dialect: VegaFuture, accounts: Iterable[MarginAccount], query: Mapping[str, str]
) -> Iterator[tuple[str, Row]]:
    for account in accounts:
        for row in position_rows(dialect, account):
            yield f"{row['partyId']}/{row['marketId']}", row


_Reader = Callable[["VegaFuture", Iterable[MarginAccount], Mapping[str, str]], Iterator[tuple[str, Row]]]
ACCOUNT_READS: dict[str, _Reader] = {"accounts": _accounts, "orders": _orders, "positions": _positions}
