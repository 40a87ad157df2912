"""What market data and accounts of Hyperliquid share on the wire: addresses, limits, envelopes, names and errors.

Source: Hyperliquid API documentation (websocket, subscriptions, info endpoint, rate limits), state of 2026-05.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import field

from ...exceptions import BtApiError, InvalidSymbolError, RequestFailedError
from ..base import (
    UNREADABLE,
    Ack,
    Alive,
    Channel,
    Command,
    Control,
    Endpoint,
    Heartbeat,
    Ignored,
    Rate,
    Refusal,
    Request,
)

NAME = "HYPERLIQUID___SWAP"
QUOTE = "USDC"  # what perpetual contracts are quoted and settled in
REST = "https://api.hyperliquid.xyz"
TESTNET_REST = "https://api.hyperliquid-testnet.xyz"

_INFO = "/info"  # where every reading call is posted
_WEIGHT = Rate(1100, 60.0, "weight")  # of 1200
_GREETING = b"Websocket connection established"  # some hosts begin with this text, which is no JSON
_ASKED_AS = {"activeSpotAssetCtx": "activeAssetCtx"}  # answers that come under another name
_KNOWN_ALREADY = "Already subscribed"


def endpoint(*, private: bool = False) -> Endpoint:
    """Return the venue's one socket, for market data or for an account."""
    return Endpoint(
        "wss://api.hyperliquid.xyz",
        "/ws",
        Heartbeat(send='{"method":"ping"}', within=50),  # after a minute in which it sent nothing the venue hangs up
        topics_per_socket=990,  # the address has 1000 on all of its sockets
        sends=Rate(900, 60.0),  # the address has 2000 on all of its sockets
        connects=Rate(25, 60.0),  # of 30
        testnet_base="wss://api.hyperliquid-testnet.xyz",
        private=private,
    )


def info(kind: str, channel: Channel, weight: int, **arguments: Any) -> Request:
    """Return a reading call of this weight; what it asks for stands in its body."""
    body = msgspec.json.encode({"type": kind, **arguments})
    return Request(_INFO, channel, rate=_WEIGHT, cost=weight, body=body)


# Names: the type of a subscription, the coin, and the interval of candles, between colons. A coin may hold one too.


def topic_name(kind: str, coin: str = "", interval: str = "") -> str:
    """Return the name of a topic."""
    return ":".join(part for part in (kind, coin, interval) if part)


def split_name(name: str) -> tuple[str, str, str]:
    """Return type, coin and interval of a name."""
    kind, _, rest = name.partition(":")
    if kind != "candle":
        return kind, rest, ""
    coin, _, interval = rest.rpartition(":")
    return kind, coin, interval


class Wanted(msgspec.Struct):
    """What a subscription is about, as far as it tells topics apart."""

    type: str = ""
    coin: str = ""
    interval: str = ""

    @property
    def name(self) -> str:
        """The topic's name."""
        return topic_name(self.type, self.coin, self.interval)


class _Commanded(msgspec.Struct):
    """A command, or its confirmation."""

    subscription: Wanted


class _Subject(msgspec.Struct):
    """What a record is about: candles have short names for it."""

    coin: str = ""
    short: str = field(name="s", default="")
    interval: str = field(name="i", default="")


class Envelope(msgspec.Struct):
    """What every frame is."""

    channel: str = ""
    data: msgspec.Raw = field(default_factory=msgspec.Raw)


_envelope = msgspec.json.Decoder(Envelope).decode
_commanded = msgspec.json.Decoder(_Commanded).decode
_wanted = msgspec.json.Decoder(Wanted).decode
_subjects = msgspec.json.Decoder(_Subject | list[_Subject]).decode
_text = msgspec.json.Decoder(str).decode


def envelope(payload: bytes) -> Envelope:
    """Return what a frame is; the greeting is one without a channel.

    Raises:
        msgspec.DecodeError: the payload is no JSON.
    """
    return Envelope("greeting") if payload.startswith(_GREETING) else _envelope(payload)


_CONTROLS = ("", "greeting", "pong", "subscriptionResponse", "error")


def subject(frame: Envelope) -> str | None:
    """Return the name of the topic of a data frame; ``None`` for any other, and for one that lists nothing."""
    if frame.channel in _CONTROLS or not len(frame.data):
        return None
    found = _subjects(frame.data)
    if isinstance(found, list):
        if not found:
            return None
        found = found[0]
    return topic_name(_ASKED_AS.get(frame.channel, frame.channel), found.coin or found.short, found.interval)


def control(frame: Envelope) -> Control:
    """Return what a frame without data says; a confirmation names its topic by type, coin and interval."""
    match frame.channel:
        case "subscriptionResponse":
            return Ack(name=_commanded(frame.data).subscription.name)
        case "error":
            text = _text(frame.data)
            name = _blamed(text)
            return Ack(name=name) if name and text.startswith(_KNOWN_ALREADY) else Refusal(text, name=name)
        case "":
            return Ignored("frame without channel")
    return Alive()


def _blamed(text: str) -> str | None:
    """Return the name of the topic that an error quotes: the subscription, or the whole command."""
    start = text.find("{")
    if start < 0:
        return None
    quoted = text[start:].encode()
    try:
        found = _wanted(quoted)
        return (found if found.type else _commanded(quoted).subscription).name
    except UNREADABLE:
        return None


def commands(
    method: str, names: Sequence[str], ids: Iterator[int], more: Mapping[str, str] | None = None
) -> list[Command]:
    """Return the commands for these topics, one for each: the venue takes no more at once."""
    made = []
    for name in names:
        kind, coin, interval = split_name(name)
        wanted = {"type": kind, "coin": coin, "interval": interval, **(more or {})}
        frame = {"method": method, "subscription": {key: value for key, value in wanted.items() if value}}
        made.append(Command(msgspec.json.encode(frame).decode(), (name,), str(next(ids))))
    return made


_UNPROCESSABLE = 422  # a body that is not understood


def failure(path: str, status: int, body: bytes) -> BtApiError | None:
    """Return the error that a REST answer means, ``None`` when it is none; ``null`` answers for an unknown coin."""
    if status < 400:
        return InvalidSymbolError(NAME, "", "the venue knows nothing of it") if body.strip() == b"null" else None
    detail = body.decode(errors="replace").strip()[:200] or "no error text"
    return RequestFailedError(NAME, path, detail, status)
