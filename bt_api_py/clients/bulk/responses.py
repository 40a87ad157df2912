"""What the venue answers to a transaction: one response for each of its actions.

Source: BULK API 1.0.15, chapters "Trading over the WebSocket" and "Response statuses", read 2026-07.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ...exchanges.bulk.wire import status_word
from .actions import Action, CancelAll


class OrderStatus(StrEnum):
    """What became of an action or an order, in the venue's words; `UNKNOWN` stands for every new one."""

    PENDING = "pending"
    PLACED = "placed"
    RESTING = "resting"
    TRIGGERED = "triggered"
    MODIFIED = "modified"
    WORKING = "working"
    FILLED = "filled"
    PARTIALLY_FILLED = "partiallyFilled"
    CANCELLED = "cancelled"
    CANCELLED_RISK_LIMIT = "cancelledRiskLimit"
    CANCELLED_SELF_CROSSING = "cancelledSelfCrossing"
    CANCELLED_REDUCE_ONLY = "cancelledReduceOnly"
    CANCELLED_IOC = "cancelledIoc"
    SIBLING_CANCELLED = "siblingCancelled"
    REJECTED_CROSSING = "rejectedCrossing"
    REJECTED_DUPLICATE = "rejectedDuplicate"
    REJECTED_RISK_LIMIT = "rejectedRiskLimit"
    REJECTED_INVALID = "rejectedInvalid"
    TRIGGER_FAILED = "triggerFailed"
    CANCEL_ONE_REJECTED = "cancelOneRejected"
    CANCEL_ALL_REJECTED = "cancelAllRejected"
    ERROR = "error"
    DEPOSIT = "deposit"
    DEPOSIT_FAILED = "depositFailed"
    AGENT_WALLET = "agentWallet"
    AGENT_WALLET_FAILED = "agentWalletFailed"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, word: str | None) -> OrderStatus:
        """Return the status of the venue's word, in whatever letters it is written."""
        return _BY_WORD.get(status_word(word or ""), cls.UNKNOWN)

    def is_terminal(self) -> bool:
        """Return whether nothing more follows."""
        return self not in _OPEN

    def is_cancelled(self) -> bool:
        """Return whether an order was cancelled, by whomever."""
        return self.name.startswith("CANCELLED") or self is OrderStatus.SIBLING_CANCELLED

    def is_placed(self) -> bool:
        """Return whether an order is in the book, or on its way there."""
        return self in _OPEN and self is not OrderStatus.UNKNOWN

    def is_error(self) -> bool:
        """Return whether the venue refused."""
        return self in _REFUSED


_BY_WORD = {status_word(status.value): status for status in OrderStatus}
_OPEN = {
    OrderStatus.PENDING,
    OrderStatus.PLACED,
    OrderStatus.RESTING,
    OrderStatus.TRIGGERED,
    OrderStatus.MODIFIED,
    OrderStatus.WORKING,
    OrderStatus.UNKNOWN,  # nothing says that it is over
}
_REFUSED = {
    OrderStatus.REJECTED_CROSSING,
    OrderStatus.REJECTED_DUPLICATE,
    OrderStatus.REJECTED_RISK_LIMIT,
    OrderStatus.REJECTED_INVALID,
    OrderStatus.TRIGGER_FAILED,
    OrderStatus.CANCEL_ONE_REJECTED,
    OrderStatus.CANCEL_ALL_REJECTED,
    OrderStatus.ERROR,
    OrderStatus.DEPOSIT_FAILED,
    OrderStatus.AGENT_WALLET_FAILED,
}


@dataclass
class OrderResponse:
    """What became of one action.

    Attributes:
        order_id: of the order concerned; ``None`` when there is none.
        status: the last one, when an action led to several.
        message: the venue's reason, empty when it gave none.
        meta: the statuses of this action as the venue sent them, in order.
    """

    order_id: str | None
    status: OrderStatus
    message: str = ""
    meta: list[Any] = field(default_factory=list)

    def is_error(self) -> bool:
        """Return whether the venue refused the action."""
        return self.status.is_error()


@dataclass
class _Told:
    status: OrderStatus
    order_id: str | None
    message: str
    raw: Any


def responses(actions: Sequence[Action], statuses: Sequence[Any]) -> list[OrderResponse]:
    """Return one response for each action of a transaction.

    Statuses find their action by the order's id, the others by their place. An action that nothing was told about is
    `UNKNOWN`. A lone error without an id speaks for all: a transaction is done as a whole or not at all.
    """
    told = [_told(status) for status in statuses]
    ids = [action.order_id() for action in actions]
    if len(told) == 1 < len(actions) and told[0].status is OrderStatus.ERROR and told[0].order_id is None:
        told *= len(actions)
    found: list[list[_Told]] = [[] for _ in actions]
    places = _places(told, ids, actions)
    for entry, place in zip(told, places, strict=True):
        if place is not None:
            found[place].append(entry)
    return [_response(number, entries) for number, entries in zip(ids, found, strict=True)]


def _places(told: Sequence[_Told], ids: Sequence[str | None], actions: Sequence[Action]) -> list[int | None]:
    """Return which action each status belongs to; ``None`` for one that is left over."""
    named: dict[str, list[int]] = {}
    for place, number in enumerate(ids):
        if number is not None:
            named.setdefault(number, []).append(place)
    places: list[int | None] = []
    taken: set[int] = set()
    for entry in told:
        candidates = named.get(entry.order_id or "", [])
        own = next((each for each in candidates if each not in taken), candidates[-1] if candidates else None)
        places.append(own)
        if own is not None:
            taken.add(own)
    free = [place for place in range(len(actions)) if place not in taken]
    last: int | None = None
    for at, entry in enumerate(told):
        if places[at] is not None:
            continue
        is_further = last is not None and isinstance(actions[last], CancelAll) and entry.status.is_cancelled()
        if free and not is_further:
            last = free.pop(0)
        places[at] = last
    return places


def _told(status: Any) -> _Told:
    """Return a status such as ``{"resting": {"oid": "..."}}`` read; one in any other shape is unknown."""
    word, body = next(iter(status.items())) if isinstance(status, dict) and status else (status, {})
    fields = body if isinstance(body, dict) else {"message": body}
    number = fields.get("oid") or fields.get("orderId")
    reason = fields.get("reason") or fields.get("message") or ""
    known = OrderStatus.of(word if isinstance(word, str) else None)
    return _Told(known, None if number is None else str(number), str(reason), status)


def _response(number: str | None, entries: Sequence[_Told]) -> OrderResponse:
    if not entries:
        return OrderResponse(number, OrderStatus.UNKNOWN, "the response does not tell")
    last = entries[-1]
    return OrderResponse(number or last.order_id, last.status, last.message, [entry.raw for entry in entries])
