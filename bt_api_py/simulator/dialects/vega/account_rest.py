"""Vega's REST reads of parties: accounts, orders, positions and their own trades.

Source: Vega data node v0.79.0, API v2, October 2024, and the list of its routes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from ...margin import MarginAccount
from ..base import Request
from .account_rows import account_rows, order_row, own_trade_row, position_rows
from .errors import NOT_FOUND, NodeError
from .figures import NS
from .messages import Row
from .pages import page
from .rest import ROOT, number

if TYPE_CHECKING:
    from . import VegaFuture

_LIVE = ("STATUS_ACTIVE", "STATUS_PARKED")
_ORDER = "order/"  # goes on with an id
_PARTIES = {"trades": "partyIds"}  # in place of the usual name of the parameter
_CHOICES = {  # which field of a record a parameter chooses
    "marketIds": "marketId",
    "filter.marketIds": "marketId",
    "filter.assetId": "asset",
    "filter.accountTypes": "type",
    "filter.statuses": "status",
    "filter.types": "type",
    "filter.timeInForces": "timeInForce",
    "filter.reference": "reference",
}


def is_account_read(request: Request) -> bool:
    """Tell whether a request is about parties; trades may be those of a market."""
    name = request.path.removeprefix(f"{ROOT}/")
    if name.startswith(_ORDER):
        return True
    return name in _READS and (name not in _PARTIES or bool(parse_qs(request.raw_query).get(_PARTIES[name])))


def answer_account(dialect: VegaFuture, request: Request) -> Any:
    """Return what a read of parties is answered with.

    Raises:
        NodeError: in the node's codes.
    """
    name, asked = request.path.removeprefix(f"{ROOT}/"), parse_qs(request.raw_query)
    if name.startswith(_ORDER):
        return {"order": _order(dialect, name.removeprefix(_ORDER))}
    reader = _READS[name]
    accounts = dialect.parties(asked.get(_PARTIES.get(name, "filter.partyIds"), ()))
    chosen = {field: asked[given] for given, field in _CHOICES.items() if asked.get(given)}
    rows = [
        (key, row)
        for key, row in reader(dialect, accounts, request.query)
        if all(row.get(field, "") in values for field, values in chosen.items())
    ]
    newest_first = name in ("orders", "trades")
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


def _order(dialect: VegaFuture, number: str) -> Row:
    for account in dialect.parties():
        try:
            return order_row(dialect, account, account.order(number))
        except KeyError:
            continue
    raise NodeError(NOT_FOUND, "order not found")


def _trades(
    dialect: VegaFuture, accounts: Iterable[MarginAccount], query: Mapping[str, str]
) -> Iterator[tuple[str, Row]]:
    start, end = number(query, "dateRange.startTimestamp"), number(query, "dateRange.endTimestamp")
    for account in accounts:
        for place, fill in enumerate(account.fills()):
            traded = fill.ms * NS
            if (start is None or traded >= start) and (end is None or traded < end):
                yield f"{traded:020d}/{place:09d}/{account.api_key}", own_trade_row(dialect, account, fill)


def _positions(
    dialect: VegaFuture, accounts: Iterable[MarginAccount], query: Mapping[str, str]
) -> Iterator[tuple[str, Row]]:
    for account in accounts:
        for row in position_rows(dialect, account):
            yield f"{row['partyId']}/{row['marketId']}", row


_Reader = Callable[["VegaFuture", Iterable[MarginAccount], Mapping[str, str]], Iterator[tuple[str, Row]]]
_READS: dict[str, _Reader] = {
    "accounts": _accounts,
    "orders": _orders,
    "positions": _positions,
    "trades": _trades,
}
