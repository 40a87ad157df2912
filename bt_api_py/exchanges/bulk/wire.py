"""What everything that talks to BULK shares on the wire: addresses, limits, topics, units of time and words.

Source: BULK API 1.0.15 and OpenAPI 3.0.10 (WebSocket and REST chapters), state of 2026-05; where client sources differ,
both forms are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import field

from ...containers.order import OrderStatus
from ...exceptions import BtApiError, InvalidSymbolError, RequestFailedError
from ..base import PING_FRAME, UNREADABLE, Endpoint, Heartbeat, Rate

NAME = "BULK___SWAP"
QUOTE = "USDC"
REST = "https://mainnet-api1.bulk.trade"
TESTNET_REST = "https://exchange-api.bulk.trade"
API = "/api/v1"  # before every path of a REST call
MOST_TOPICS = 100  # on one connection
_SENDS = Rate(900, 1.0)  # of 1000: breaking the limit ends the connection

_WORDS = ("10s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M")
INTERVALS: Mapping[str, str] = {
    **{word: word for word in _WORDS},
    "1min": "1m",
    "5min": "5m",
    "15min": "15m",
}

# The venue's word, lower case, and what it means for an order; §5 of its WebSocket guide spells some in two ways.
STATUS: Mapping[str, OrderStatus] = {
    **dict.fromkeys(("pending", "placed", "resting", "triggered", "modified"), "new"),
    "working": "partial",
    "partiallyfilled": "partial",
    "filled": "filled",
    **dict.fromkeys(("cancelled", "cancelledrisklimit", "cancelledselfcrossing"), "canceled"),
    **dict.fromkeys(("cancelledreduceonly", "siblingcancelled"), "canceled"),
    "cancelledioc": "expired",  # what was left of an immediate-or-cancel order
    **dict.fromkeys(("rejectedcrossing", "rejectedduplicate", "rejectedrisklimit"), "rejected"),
    **dict.fromkeys(("rejectedinvalid", "triggerfailed", "error"), "rejected"),
}


def endpoint(*, private: bool = False) -> Endpoint:
    """Return the venue's one socket, for market data or for an account."""
    return Endpoint(
        "wss://mainnet-ws1.bulk.trade",
        "",
        Heartbeat(send=PING_FRAME),  # the venue pings too, every 30 s
        topics_per_socket=MOST_TOPICS,
        sends=_SENDS,
        connects=Rate(10, 1.0),
        testnet_base="wss://exchange-ws1.bulk.trade",
        private=private,
    )


class Fault(msgspec.Struct):
    message: str = ""


class Envelope(msgspec.Struct):
    """What a frame may hold at its top, whichever kind it is."""

    type: str = ""
    topic: str = ""
    topics: list[str] = []
    data: msgspec.Raw = field(default_factory=msgspec.Raw)
    error: Fault | None = None


envelope = msgspec.json.Decoder(Envelope).decode


def topic_name(topic: str) -> str:
    """Return a topic in one spelling: the venue may write the channel in other letters than it was asked for."""
    channel, dot, rest = topic.partition(".")
    return f"{channel.lower()}{dot}{rest}"


def milliseconds(time: int) -> int:
    """Return a time that the venue tells in milli-, micro- or nanoseconds, told apart by their size."""
    if time > 10**17:
        return time // 10**6
    return time // 1000 if time > 10**14 else time


def nanoseconds(time: int) -> int:
    """Return the same time in nanoseconds, exact where the venue was."""
    if time > 10**17:
        return time
    return time * 1000 if time > 10**14 else time * 10**6


def status_word(word: str) -> str:
    """Return a status as it is compared: lower case, and with two l's in every kind of cancelled."""
    word = word.lower()
    return f"cancelled{word.removeprefix('canceled')}" if word.startswith("canceled") else word


class _Answer(msgspec.Struct):
    status: str = ""
    message: Any = None
    error: Any = None
    response: Any = None


_answer = msgspec.json.Decoder(_Answer).decode
_BUSY = 408  # the executor did not answer within 2 s
_NOT_FOUND = 404


def failure(path: str, status: int, body: bytes) -> BtApiError | None:
    """Return the error that a REST answer means, ``None`` when it is none."""
    if status < 400:
        return None
    try:
        answer = _answer(body)
        detail = str(answer.message or answer.error or answer.response or "no error text")
    except UNREADABLE:
        detail = "no error text"
    if status == _NOT_FOUND and not path.endswith("/account"):
        return InvalidSymbolError(NAME, "", detail)
    return RequestFailedError(NAME, path, detail, status, is_temporary=status == _BUSY)
