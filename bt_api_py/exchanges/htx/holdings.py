"""What a spot account holds, by REST: two records of the venue make one of ours.

Source: HTX spot API documentation (account), last public state of 2021-06, compared with clients of 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import field

from ...containers.base import Place, Row
from ..account_base import BalanceRow
from ..base import Channel


class AccountEntry(BalanceRow):
    """The name of one account; it tells no balance, so it does not count as one."""

    number: int = field(name="id")
    account_type: str = field(name="type")
    state: str = ""

    def defect(self) -> str | None:
        return None

    @property
    def counts(self) -> bool:
        return False


class Part(Row):
    """What can be used of an asset, or what orders hold of it."""

    asset: str = field(name="currency")
    kind: str = field(name="type")
    quantity: float = field(name="balance")


class RestBalance(BalanceRow):
    asset: str
    free: float = 0.0
    locked: float = 0.0


class Holdings(Channel):
    """The assets of an account: two records of the venue make one of ours, and what is zero is left out."""

    __slots__ = ()

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        parts, refused = super().read(payload)
        found: dict[str, RestBalance] = {}
        for _, part in parts:
            held = found.setdefault(part.asset, RestBalance(part.asset))
            if part.kind == "trade":
                held.free += part.quantity
            elif part.kind == "frozen":
                held.locked += part.quantity
        return [(-1, held) for held in found.values() if held.free or held.locked], refused
