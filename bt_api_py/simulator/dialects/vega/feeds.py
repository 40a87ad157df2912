"""Vega's streams of parties: what is told of them at first, and with everything that happens to them.

Source: Vega data node v0.79.0, API v2, streams, October 2024.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ...account import AccountChange
from ...margin import MarginAccount
from .account_rows import (
    account_rows,
    general_row,
    margin_levels_row,
    margin_row,
    order_row,
    own_trade_row,
    position_row,
    position_rows,
)
from .messages import ACCOUNT, ACCOUNT_TYPE, MARGIN_LEVELS, ORDER, POSITION, TRADE, Message, Row, streamed

if TYPE_CHECKING:
    from . import VegaFuture

_MOST_ROWS = 50  # in a message

Filters = Mapping[str, Collection[str]]  # by field of a record: the values that are wanted


class Feed:
    """What one socket tells of some parties.

    Attributes:
        field: under which name the records come. kind: what faults call them.
        parameters: which field of a record a parameter chooses, the party aside. party: the parameter that names it.
        has_image: whether the stream begins with a snapshot.
    """

    field: ClassVar[str]
    kind: ClassVar[str]
    message: ClassVar[Message]
    party: ClassVar[str] = "partyId"
    parameters: ClassVar[Mapping[str, str]] = {"marketId": "marketId"}
    has_image: ClassVar[bool] = True

    def __init__(self, dialect: VegaFuture, accounts: Sequence[MarginAccount], filters: Filters) -> None:
        self.dialect = dialect
        self.accounts = accounts
        self.filters = filters

    def image(self) -> list[Row]:
        """Return what there is now."""
        return self._wanted(row for account in self.accounts for row in self.rows(account))

    def after(self, account: MarginAccount, change: AccountChange) -> list[Row]:
        """Return what a change means."""
        return self._wanted(self.news(account, change))

    def snapshot(self, rows: list[Row]) -> Iterator[Any]:
        """Yield the results that tell what there was; none where there was nothing."""
        pages = list(_pages(rows))
        for number, part in enumerate(pages, 1):
            flag = {"lastPage": True} if number == len(pages) else {}
            yield {"snapshot": {self.field: streamed(self.message, part), **flag}}

    def updates(self, rows: list[Row]) -> Iterator[Any]:
        """Yield the results that tell what happened."""
        for part in _pages(rows):
            yield {"updates": {self.field: streamed(self.message, part)}}

    def rows(self, account: MarginAccount) -> Iterable[Row]:
        """Return the records of a party."""
        return ()

    def news(self, account: MarginAccount, change: AccountChange) -> Iterable[Row]:
        """Return the records that a change of a party brings."""
        raise NotImplementedError

    def _wanted(self, rows: Iterable[Row]) -> list[Row]:
        return [row for row in rows if all(row[name] in values for name, values in self.filters.items())]


def _pages(rows: list[Row]) -> Iterator[list[Row]]:
    for start in range(0, len(rows), _MOST_ROWS):
        yield rows[start : start + _MOST_ROWS]


class Orders(Feed):
    """`orders`: live ones first, then every state of any."""

    field, kind, message = "orders", "orders", ORDER
    party = "partyIds"
    parameters: ClassVar[Mapping[str, str]] = {"marketIds": "marketId"}

    def rows(self, account: MarginAccount) -> Iterable[Row]:
        return (order_row(self.dialect, account, order) for order in account.orders(is_open=True))

    def news(self, account: MarginAccount, change: AccountChange) -> Iterable[Row]:
        return [] if change.order is None else [order_row(self.dialect, account, change.order)]


class Positions(Feed):
    """`positions`."""

    field, kind, message = "positions", "positions", POSITION

    def rows(self, account: MarginAccount) -> Iterable[Row]:
        return position_rows(self.dialect, account)

    def news(self, account: MarginAccount, change: AccountChange) -> Iterable[Row]:
        position = change.position
        if position is None or not position.position_id:
            return []
        return [position_row(self.dialect, account, position)]


class Accounts(Feed):
    """`accounts`: the general ones of the assets that moved, and that of the market where they did."""

    field, kind, message = "accounts", "balances", ACCOUNT
    parameters: ClassVar[Mapping[str, str]] = {"marketId": "marketId", "asset": "asset", "type": "type"}

    def rows(self, account: MarginAccount) -> Iterable[Row]:
        return account_rows(self.dialect, account)

    def news(self, account: MarginAccount, change: AccountChange) -> Iterable[Row]:
        for held in change.balances:
            before = change.before[held.asset]
            if held.free != before.free:
                yield general_row(account, held.asset)
            if held.locked != before.locked:
                yield margin_row(self.dialect, account, symbol_of(change))


class OwnTrades(Feed):
    """`trades` of some parties."""

    field, kind, message = "trades", "fills", TRADE
    party = "partyIds"
    parameters: ClassVar[Mapping[str, str]] = {"marketIds": "marketId"}
    has_image = False

    def news(self, account: MarginAccount, change: AccountChange) -> Iterable[Row]:
        fill = change.order.last if change.order is not None else None
        return [] if fill is None else [own_trade_row(self.dialect, account, fill)]

    def updates(self, rows: list[Row]) -> Iterator[Any]:
        for part in _pages(rows):
            yield {self.field: streamed(self.message, part)}


class MarginLevels(Feed):
    """`margin/levels`: one record per message."""

    field, kind, message = "marginLevels", "balances", MARGIN_LEVELS
    has_image = False

    def news(self, account: MarginAccount, change: AccountChange) -> Iterable[Row]:
        symbol = symbol_of(change)
        return [margin_levels_row(self.dialect, account, symbol)] if symbol and change.balances else []

    def updates(self, rows: list[Row]) -> Iterator[Any]:
        for row in rows:
            yield {self.field: self.message.streamed(row)}


def symbol_of(change: AccountChange) -> str:
    """Return the key of the market where something happened, "" for none."""
    subject = change.order or change.position
    return subject.symbol if subject is not None else ""


def filters_of(feed: type[Feed], asked: Mapping[str, Sequence[str]]) -> Filters:
    """Return what a query wants of the records of a feed."""
    numbers = {str(number): word for word, number in ACCOUNT_TYPE.items()}
    return {
        field: {numbers.get(value, value) if field == "type" else value for value in asked[name]}
        for name, field in feed.parameters.items()
        if asked.get(name)
    }


FEEDS: dict[str, type[Feed]] = {
    "orders": Orders,
    "positions": Positions,
    "accounts": Accounts,
    "margin/levels": MarginLevels,
}
