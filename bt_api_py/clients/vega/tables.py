"""Records by key, and which of two is newer. Pure: no socket, no task.

A table's `records` is replaced whole with every change, so that a reader in any thread sees one state.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from .models import Account, Market, Order, Position, is_newer_order, is_newer_position

R = TypeVar("R", bound=Account | Order | Position)

_KEPT = 10_000  # ends of orders that are remembered, so that what comes late does not revive them

GONE = "gone while offline"


@dataclass(frozen=True, slots=True)
class StoreChange:
    """A record that became another one.

    Attributes:
        kind: ``"order"``, ``"position"``, ``"account"`` or ``"market"``.
        record: as it is now; of an order that is gone, as it was known last.
        cause: ``"update"``, ``"snapshot"``, or ``"gone while offline"``: the end of it was never told.
    """

    kind: Literal["order", "position", "account", "market"]
    record: Account | Market | Order | Position
    cause: str


class Table(Generic[R]):
    """Records of one kind."""

    def __init__(self, key: Callable[[R], str], is_newer: Callable[[R, R], bool]) -> None:
        self.records: Mapping[str, R] = {}
        self.key = key
        self._is_newer = is_newer

    def enter(self, record: R) -> bool:
        """Take a record that a stream told; return whether it is news."""
        key = self.key(record)
        known = self.records.get(key)
        if known is not None and (record == known or not self._is_newer(record, known)):
            return False
        self.records = {**self.records, key: record}
        return True

    def replace(self, rows: Iterable[R], seen: Collection[str]) -> tuple[list[R], list[R]]:
        """Take everything that there is, read after the stream began; return (what is new, what is gone).

        Args:
            seen: keys that the present stream has told, which stay even when they are not in `rows` yet.
        """
        found = {self.key(row): row for row in rows}
        before = self.records
        kept = {key: self._newer(row, before.get(key)) for key, row in found.items()}
        kept.update({key: before[key] for key in seen if key in before and key not in kept})
        self.records = kept
        news = [record for key, record in kept.items() if record != before.get(key)]
        return news, [record for key, record in before.items() if key not in kept]

    def _newer(self, row: R, known: R | None) -> R:
        return row if known is None or self._is_newer(row, known) else known


class Orders(Table[Order]):
    """Live orders, and the memory of those that ended."""

    def __init__(self) -> None:
        super().__init__(lambda order: order.order_id, is_newer_order)
        self._ended: dict[str, None] = {}

    def enter(self, record: Order) -> bool:
        key = record.order_id
        if not record.is_live:
            is_news = key not in self._ended
            self._ended[key] = None
            if len(self._ended) > _KEPT:
                del self._ended[next(iter(self._ended))]
            if key in self.records:
                self.records = {other: order for other, order in self.records.items() if other != key}
            return is_news
        return key not in self._ended and super().enter(record)

    def replace(self, rows: Iterable[Order], seen: Collection[str]) -> tuple[list[Order], list[Order]]:
        return super().replace([row for row in rows if row.is_live and row.order_id not in self._ended], seen)


def accounts() -> Table[Account]:
    """Return a table of accounts; they carry no version, so what comes later is newer."""
    return Table(Account.get_id, lambda account, known: True)


def positions() -> Table[Position]:
    """Return a table of positions, by market."""
    return Table(lambda position: position.market_id, is_newer_position)
