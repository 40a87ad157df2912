"""What clients of Coinbase's feed send: the two spellings of a command, and what is wrong with one.

Source: Coinbase Exchange documentation, "WebSocket feed overview: subscribe", November 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class RefusedError(Exception):
    """A message that is answered with an error."""

    def __init__(self, reason: str, message: str = "Failed to subscribe") -> None:
        super().__init__(reason)
        self.message = message


def asked_for(message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (channel, product) of a message, in either of the two spellings; the product is empty when there is none.

    Raises:
        RefusedError: there is no channel, or something is no name.
    """
    channels, shared = message.get("channels"), message.get("product_ids") or []
    if not isinstance(channels, list) or not channels:
        raise RefusedError("no channels provided")
    for entry in channels:
        channel, products = (entry.get("name"), _named(entry)) if isinstance(entry, dict) else (entry, None)
        named = shared if products is None else products
        if not isinstance(channel, str) or not isinstance(named, list):
            raise RefusedError("channels and product_ids must be lists of names")
        for product in named if channel != "status" else [""]:
            yield channel, str(product)
        if not named and channel != "status":
            if message.get("type") == "subscribe":
                raise RefusedError(f"{channel}: no product_ids provided")
            yield channel, ""


def _named(entry: Mapping[str, Any]) -> Any:
    return entry.get("account_ids" if entry.get("name") == "balance" else "product_ids")
