"""Vega's transactions: what the network takes, and what it refuses before anything is done.

Source: Vega v0.79.0, commands "Batch market instructions", October 2024. Pegged and iceberg orders, stop orders and
margin modes are not simulated: they are refused as unsupported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .messages import ORDER_TYPE, SIDE, TIME_IN_FORCE, Words

INVALID, UNSUPPORTED, SPAM = 1051, 1080, 1089
_MOST_ITEMS = 50
_CHANGES = ("price", "sizeDelta", "size", "expiresAt", "timeInForce")
_ITEMS = ("cancellations", "amendments", "submissions")
_NOT_HERE = ("updateMarginMode", "stopOrdersCancellation", "stopOrdersSubmission")


class Refused(Exception):
    """A transaction that the network does not take."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(slots=True)
class Transaction:
    """A transaction that was taken.

    Attributes:
        hash: upper-case hexadecimal. party: whose it is. batch: the instructions, in camel case.
        is_done: it was in a block. errors: what failed there; the rest was done all the same.
    """

    hash: str
    party: str
    batch: Mapping[str, Any]
    is_done: bool = False
    errors: list[str] = field(default_factory=list)


def checked(transaction: Any) -> dict[str, Any]:
    """Return the batch of a transaction, in camel case and with words in full.

    Raises:
        Refused: it is no batch, empty, too long, or something in it cannot be understood.
    """
    command = _camel(transaction)
    if not isinstance(command, dict) or set(command) != {"batchMarketInstructions"}:
        raise Refused(UNSUPPORTED, "only batchMarketInstructions is supported")
    batch = command["batchMarketInstructions"]
    if not isinstance(batch, dict):
        raise Refused(INVALID, "batchMarketInstructions must be an object")
    if any(batch.get(name) for name in _NOT_HERE):
        raise Refused(UNSUPPORTED, f"{', '.join(_NOT_HERE)} are not supported")
    items = {name: batch.get(name) or [] for name in _ITEMS}
    if not all(isinstance(part, list) and all(isinstance(item, dict) for item in part) for part in items.values()):
        raise Refused(INVALID, f"{', '.join(_ITEMS)} must be lists of objects")
    count = sum(map(len, items.values()))
    if not count:
        raise Refused(INVALID, "empty batch")
    if count > _MOST_ITEMS:
        raise Refused(INVALID, f"too many instructions: {count}, at most {_MOST_ITEMS}")
    for name, check in _CHECKS.items():
        for place, item in enumerate(items[name]):
            try:
                check(item)
            except ValueError as error:
                raise Refused(INVALID, f"{name}.{place}: {error}") from None
    return items


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {re.sub("_([a-z])", lambda found: found[1].upper(), name): _camel(item) for name, item in value.items()}
    return [_camel(item) for item in value] if isinstance(value, list) else value


def _check_cancellation(item: dict[str, Any]) -> None:
    if item.get("orderId") and not item.get("marketId"):
        raise ValueError("marketId is required with orderId")


def _check_amendment(item: dict[str, Any]) -> None:
    for name in ("orderId", "marketId"):
        if not item.get(name):
            raise ValueError(f"{name} is required")
    changes = [name for name in _CHANGES if item.get(name) is not None]
    if not changes or {"sizeDelta", "size"} <= set(changes):
        raise ValueError("something must change, the size in one way only")
    for name in {"price", "size", "expiresAt"} & set(changes):
        _positive(item, name)
    if "sizeDelta" in changes:
        _whole(item, "sizeDelta")
    if "timeInForce" in changes:
        _word(item, "timeInForce", TIME_IN_FORCE)


def _check_submission(item: dict[str, Any]) -> None:
    if item.get("peggedOrder") or item.get("icebergOpts"):
        raise ValueError("pegged and iceberg orders are not supported")
    if not item.get("marketId"):
        raise ValueError("marketId is required")
    _positive(item, "size")
    _word(item, "side", SIDE)
    _word(item, "type", ORDER_TYPE)
    _word(item, "timeInForce", TIME_IN_FORCE)
    time_in_force = item["timeInForce"]
    if item["type"] == "TYPE_NETWORK":
        raise ValueError("type: only the network places network orders")
    if item["type"] == "TYPE_LIMIT":
        _positive(item, "price")
    elif item.get("price") or time_in_force not in ("TIME_IN_FORCE_IOC", "TIME_IN_FORCE_FOK"):
        raise ValueError("a market order has no price, and is IOC or FOK")
    if (time_in_force == "TIME_IN_FORCE_GTT") != bool(item.get("expiresAt")):
        raise ValueError("expiresAt is required with TIME_IN_FORCE_GTT, and only there")
    if item.get("expiresAt"):
        _positive(item, "expiresAt")
    if item.get("postOnly") and time_in_force in ("TIME_IN_FORCE_IOC", "TIME_IN_FORCE_FOK"):
        raise ValueError("a post-only order must be able to rest")
    if item.get("reduceOnly") and time_in_force not in ("TIME_IN_FORCE_IOC", "TIME_IN_FORCE_FOK"):
        raise ValueError("a reduce-only order is IOC or FOK")


def _whole(item: dict[str, Any], name: str) -> int:
    given = item.get(name)
    if not isinstance(given, str | int) or isinstance(given, bool) or not re.fullmatch("-?[0-9]{1,30}", str(given)):
        raise ValueError(f"{name} must be a whole number")
    return int(given)


def _positive(item: dict[str, Any], name: str) -> None:
    if _whole(item, name) <= 0:
        raise ValueError(f"{name} must be positive")


def _word(item: dict[str, Any], name: str, words: Words) -> None:
    """Write a word in full that may have been sent as its number."""
    given = item.get(name)
    by_number = {number: word for word, number in words.items()}
    word = by_number.get(given, "") if isinstance(given, int) else given
    if not isinstance(word, str) or not words.get(word):
        raise ValueError(f"{name}: {given!r} is unknown")
    item[name] = word


_CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "cancellations": _check_cancellation,
    "amendments": _check_amendment,
    "submissions": _check_submission,
}
