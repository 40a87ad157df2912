"""What both sides of Coinbase Exchange share on the wire: the socket, the types of frames, errors.

Source: Coinbase Exchange documentation (web socket feed: overview, channels, rate limits; REST: rate limits, errors),
state of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec

from ...exceptions import BtApiError, InvalidSymbolError, RequestFailedError
from ..account_base import CHECK_CLOCK, CHECK_KEY, CHECK_PASSPHRASE, CHECK_RIGHTS, CHECK_SECRET, login_error
from ..base import PING_FRAME, UNREADABLE, Endpoint, Heartbeat, Rate, Refusal

REST = "https://api.exchange.coinbase.com"
TESTNET_REST = "https://api-public.sandbox.exchange.coinbase.com"
PUBLIC_PACE = Rate(10, 1.0, "public")
# The venue wants to know who calls.
REST_HEADERS = {"User-Agent": "bt_api_py"}

BOOK = "level2_batch"
BEAT = "heartbeat"
# The channels that send a type of frame; frames name their type and not their channel.
CARRIERS: Mapping[str, tuple[str, ...]] = {
    "ticker": ("ticker", "ticker_batch"),
    "match": ("matches", "full"),
    "last_match": ("matches",),
    "snapshot": (BOOK, "level2"),
    "l2update": (BOOK, "level2"),
    "status": ("status",),
    "auction": ("auctionfeed",),
    "rfq_match": ("rfq_matches",),
    **{kind: ("full",) for kind in ("received", "open", "done", "change", "activate")},
}
_TOLD_AS = {"level2_50": BOOK}  # an acknowledgement calls it so

_NO_MARKET = re.compile(r"not a valid product", re.IGNORECASE)
_LAST_WORDS = ("ErrSlowConsume", "ErrSlowRead", "Message too big")  # said before the venue closes the socket
_ADVICE = (
    (re.compile(r"timestamp", re.IGNORECASE), CHECK_CLOCK),
    (re.compile(r"invalid passphrase", re.IGNORECASE), CHECK_PASSPHRASE),
    (re.compile(r"invalid signature", re.IGNORECASE), CHECK_SECRET),
    (re.compile(r"invalid api key", re.IGNORECASE), CHECK_KEY),
    (re.compile(r"forbidden|permission|not allowed|ip ", re.IGNORECASE), CHECK_RIGHTS),
    (re.compile(r"authentication failed|unauthorized", re.IGNORECASE), CHECK_KEY),
)

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Carried(msgspec.Struct):
    """One channel in an acknowledgement."""

    name: str = ""
    product_ids: list[str] | None = None


class Envelope(msgspec.Struct):
    """What a frame may hold at its top, whichever type it is."""

    type: str = ""
    product_id: str = ""
    message: str = ""
    reason: str = ""
    channels: list[Carried | str] = []

    @property
    def names(self) -> frozenset[str]:
        """The names of the topics that an acknowledgement lists."""
        found: set[str] = set()
        for entry in self.channels:
            carried = Carried(entry) if isinstance(entry, str) else entry
            channel = _TOLD_AS.get(carried.name, carried.name)
            found.update(topic_name(channel, symbol) for symbol in carried.product_ids or ("",))
        return frozenset(found)


class Outcome(msgspec.Struct):
    message: str = ""


envelope = msgspec.json.Decoder(Envelope).decode
_outcome = msgspec.json.Decoder(Outcome).decode


def milliseconds(moment: datetime | None) -> int | None:
    """Return a time in milliseconds since 1970; ``None`` for none, as which the venue also sends the year 1."""
    return (moment - _EPOCH) // _MILLISECOND if moment is not None and moment.year > 1 else None


def topic_name(channel: str, symbol: str) -> str:
    """Return the name of a topic."""
    return f"{channel}:{symbol}" if symbol else channel


def endpoint(topics: int, *, private: bool = False) -> Endpoint:
    """Return the venue's one address, as a socket that holds so many topics."""
    return Endpoint(
        "wss://ws-feed.exchange.coinbase.com",
        "",
        Heartbeat(send=PING_FRAME, within=10),  # a heartbeat comes every second
        topics_per_socket=topics,
        sends=Rate(10, 1.0),
        connects=Rate(8, 1.0),
        testnet_base="wss://ws-feed-public.sandbox.exchange.coinbase.com",
        private=private,
    )


def command(operation: str, wanted: Mapping[str, Collection[str]]) -> dict[str, Any]:
    """Return the message that subscribes, or gives back, these markets of these channels."""
    channels = [
        {"name": name, "product_ids": list(ids)} if any(ids) else {"name": name} for name, ids in wanted.items()
    ]
    return {"type": operation, "channels": channels}


def ends_socket(frame: Envelope) -> bool:
    """Return whether an error is the last thing that the venue says on this socket."""
    return any(word in frame.message or word in frame.reason for word in _LAST_WORDS)


def said(frame: Envelope) -> str:
    """Return the text of an error."""
    return f"{frame.message}: {frame.reason}" if frame.reason else frame.message


def refusal(frame: Envelope) -> Refusal:
    """Return what a refused command means; the venue names neither the command nor the topic."""
    text = said(frame)
    return Refusal(text, is_symbol=bool(_NO_MARKET.search(text)))


def advice(text: str) -> str | None:
    """Return what to look at when the venue refuses keys with this text; ``None`` when it is about something else."""
    return next((hint for pattern, hint in _ADVICE if pattern.search(text)), None)


def failure(exchange_name: str, path: str, status: int, body: bytes) -> BtApiError | None:
    """Return the error that a REST answer means, ``None`` when it is none."""
    if status < 400:
        return None
    try:
        text = _outcome(body).message or "no error text"
    except UNREADABLE:
        text = "no error text"
    if status == 404 and path.startswith("/products/"):
        return InvalidSymbolError(exchange_name, "", text)
    if status < 500 and (hint := advice(text) or (CHECK_KEY if status == 401 else None)):
        return login_error(exchange_name, text, "", hint)
    return RequestFailedError(exchange_name, path, text, status)
