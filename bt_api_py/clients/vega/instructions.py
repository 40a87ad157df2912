"""What a party asks of the network: orders, amendments, cancellations, and batches of them.

Source: Vega v0.79.0, commands "Batch market instructions", state of 2024-10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .decimals import Number, convert_from_decimals

MOST_ITEMS = 50  # in a batch, by the network's usual parameter


@dataclass(frozen=True, slots=True)
class OrderSubmission:
    """A new order. `reference` is the sender's own name for it, by which it is found in the stream of orders.

    `price` is left out of market orders. `expires_at` is in nanoseconds since 1970, and only for
    ``TIME_IN_FORCE_GTT``, which needs it.
    """

    market_id: str
    size: Number
    price: Number | None
    time_in_force: str
    type: str
    side: str
    reference: str = ""
    post_only: bool = False
    reduce_only: bool = False
    expires_at: int = 0


@dataclass(frozen=True, slots=True)
class OrderAmendment:
    """A change of an order: by how much its size changes, and its new price, ``None`` for the old one."""

    order_id: str
    size_delta: Number
    price: Number | None
    market_id: str = ""  # needed by the network; a batch with one market fills it in


@dataclass(frozen=True, slots=True)
class OrderCancellation:
    """The end of an order, or of all orders of a market."""

    market_id: str
    order_id: str | None = None


@dataclass(frozen=True, slots=True)
class BatchMarketInstruction:
    """Instructions that are sent as one: cancellations, then amendments, then submissions.

    It is not atomic: what fails is left out, and the rest is done.
    """

    submissions: Sequence[OrderSubmission] = field(default_factory=list)
    cancellations: Sequence[OrderCancellation] = field(default_factory=list)
    amendments: Sequence[OrderAmendment] = field(default_factory=list)


def instruction_to_json(
    instruction: BatchMarketInstruction, price_decimals: int, position_decimals: int
) -> dict[str, Any]:
    """Return a batch for one market as the wallet takes it.

    Args:
        price_decimals, position_decimals: of the market; prices and sizes must be exact in them.

    Raises:
        ValueError: the batch is empty or longer than the network takes, a size or price is not above zero or too fine,
            or an amendment does not say its market.
    """
    parts = (instruction.cancellations, instruction.amendments, instruction.submissions)
    count = sum(map(len, parts))
    if not 0 < count <= MOST_ITEMS:
        raise ValueError(f"a batch has 1 to {MOST_ITEMS} instructions, not {count}")
    markets = {item.market_id for part in (instruction.submissions, instruction.cancellations) for item in part}
    only = markets.pop() if len(markets) == 1 else ""
    return {
        "batchMarketInstructions": {
            "cancellations": [_cancellation(item) for item in instruction.cancellations],
            "amendments": [
                _amendment(item, only, price_decimals, position_decimals) for item in instruction.amendments
            ],
            "submissions": [_submission(item, price_decimals, position_decimals) for item in instruction.submissions],
        }
    }


def _cancellation(item: OrderCancellation) -> dict[str, Any]:
    if item.order_id and not item.market_id:
        raise ValueError(f"the cancellation of {item.order_id} does not say its market")
    return {"marketId": item.market_id, **({"orderId": item.order_id} if item.order_id else {})}


def _amendment(item: OrderAmendment, market_id: str, price_decimals: int, position_decimals: int) -> dict[str, Any]:
    market = item.market_id or market_id
    if not market:
        raise ValueError(f"the amendment of {item.order_id} does not say its market")
    delta = convert_from_decimals(position_decimals, item.size_delta)
    price = {} if item.price is None else {"price": _positive("price", price_decimals, item.price)}
    if not delta and not price:
        raise ValueError(f"the amendment of {item.order_id} changes nothing")
    return {
        "orderId": item.order_id,
        "marketId": market,
        **price,
        **({"sizeDelta": str(delta)} if delta else {}),
    }


def _submission(item: OrderSubmission, price_decimals: int, position_decimals: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "marketId": item.market_id,
        "timeInForce": item.time_in_force,
        "type": item.type,
        "side": item.side,
        "size": _positive("size", position_decimals, item.size),
    }
    if item.price is not None:
        found["price"] = _positive("price", price_decimals, item.price)
    elif item.type == "TYPE_LIMIT":
        raise ValueError("a limit order needs a price")
    if (item.time_in_force == "TIME_IN_FORCE_GTT") != bool(item.expires_at):
        raise ValueError("TIME_IN_FORCE_GTT needs expires_at, and nothing else has it")
    if item.expires_at:
        found["expiresAt"] = str(item.expires_at)
    if item.reference:
        found["reference"] = item.reference
    if item.post_only:
        found["postOnly"] = True
    if item.reduce_only:
        found["reduceOnly"] = True
    return found


def _positive(what: str, places: int, number: Number) -> str:
    units = convert_from_decimals(places, number)
    if units <= 0:
        raise ValueError(f"the {what} of an order must be above zero, not {Decimal(str(number))}")
    return str(units)
