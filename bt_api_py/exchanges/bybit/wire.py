"""What all products of Bybit share on the wire: sockets, envelopes and errors.

Source: Bybit API v5 documentation (web socket connect, rate limits, error codes), state of 2026-07.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec import field

from ...containers.base import Place
from ...exceptions import BtApiError, InvalidSymbolError, RateLimitError, RequestFailedError
from ..account_base import CHECK_CLOCK, CHECK_KEY, CHECK_RIGHTS, CHECK_SECRET, login_error
from ..base import UNREADABLE, Ack, Alive, Channel, Command, Control, Endpoint, Heartbeat, Ignored, Rate, Refusal

REST = "https://api.bybit.com"
TESTNET_REST = "https://api-testnet.bybit.com"
PACE = Rate(500, 5.0, "address")  # the venue allows 600
ARGS_PER_COMMAND = 10  # the limit of spot; one bad argument fails the whole command

NO_MARKET = 10029
TOO_OFTEN = 10006
BUSY = (10016,)
_BANNED_S = 600.0  # an address that asked too often is turned away for ten minutes

ADVICE = {
    "10002": CHECK_CLOCK,
    "10003": CHECK_KEY,  # also a key of the test network at the real venue, or the other way round
    "10004": CHECK_SECRET,
    "10005": CHECK_RIGHTS,
    "10010": CHECK_RIGHTS,
}

_TOPIC = re.compile(r"(?:topic:|Invalid topic: ?)([\w.-]+)")
_KNOWN_ALREADY = "already subscribed"


class Asked(msgspec.Struct):
    op: str = ""


class Envelope(msgspec.Struct):
    """What a frame may hold at its top, whichever kind it is. Answers are spelled in two ways."""

    topic: str = ""
    data: msgspec.Raw = field(default_factory=msgspec.Raw)
    op: str = ""
    success: bool | None = None
    req_id: str = ""
    ret_msg: str = ""
    other_msg: str = field(name="retMsg", default="")
    code: int = field(name="retCode", default=0)
    request: Asked | None = None  # some errors repeat it in place of its name

    @property
    def id(self) -> str | None:
        """The number of the command that this answers."""
        return self.req_id or None

    @property
    def text(self) -> str:
        """What the venue says."""
        return self.ret_msg or self.other_msg


class Outcome(msgspec.Struct):
    code: int = field(name="retCode")
    text: str = field(name="retMsg", default="")


class Answered(msgspec.Struct):
    """When the venue answered a call or sent a frame."""

    time: int | None = None
    created: int | None = field(name="creationTime", default=None)


class DatedChannel(Channel):
    """Records whose time stands beside their list."""

    __slots__ = ()

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        rows, refused = super().read(payload)
        answered = _answered(payload)
        for _, row in rows:
            row.timestamp = answered.time if answered.created is None else answered.created
        return rows, refused


class Paged(msgspec.Struct):
    cursor: str | None = field(name="nextPageCursor", default=None)


class Listed(msgspec.Struct):
    result: Paged


envelope = msgspec.json.Decoder(Envelope, strict=False).decode
_answered = msgspec.json.Decoder(Answered, strict=False).decode
_listed = msgspec.json.Decoder(Listed).decode
_outcome = msgspec.json.Decoder(Outcome).decode


def next_page(body: bytes) -> str:
    """Return where a list goes on, an empty text after its last page; the venue has it percent-encoded already."""
    return unquote(_listed(body).result.cursor or "")


def endpoint(path: str, topics: int, *, private: bool = False) -> Endpoint:
    """Return the socket of a path, which holds so many topics."""
    return Endpoint(
        "wss://stream.bybit.com",
        f"/v5/{path}",
        Heartbeat(send='{"op":"ping"}', within=20),  # the venue's advice; it cuts a silent socket after ten minutes
        topics_per_socket=topics,
        sends=Rate(10, 1.0),  # not documented
        connects=Rate(400, 300.0),  # the venue allows 500
        testnet_base="wss://stream-testnet.bybit.com",
        private=private,
    )


def command(verb: str, names: Sequence[str], number: int) -> Command:
    """Return the command for these topics."""
    frame = {"req_id": str(number), "op": verb, "args": names}
    return Command(msgspec.json.encode(frame).decode(), tuple(names), str(number))


def control(frame: Envelope) -> Control:
    """Return what a frame without data says."""
    if frame.op == "pong" or frame.ret_msg == "pong":
        return Alive()
    if frame.success is None:
        return Ignored(frame.op or "frame without topic or op")
    if frame.success:
        return Ack(id=frame.id)
    if _KNOWN_ALREADY in frame.text and (name := _named(frame.text)):
        return Ack(name=name)
    return Refusal(frame.text, id=frame.id, name=_named(frame.text), code=str(frame.code or ""))


def _named(text: str) -> str | None:
    """Return the one topic of a command that a refusal blames."""
    found = _TOPIC.search(text)
    return found[1] if found else None


def failure(exchange_name: str, path: str, status: int, body: bytes) -> BtApiError | None:
    """Return the error that a REST answer means, ``None`` when it is none; most come with a good status."""
    if status == 403 and b"too frequent" in body:
        return RateLimitError(exchange_name, _BANNED_S, "access too frequent")
    try:
        outcome = _outcome(body)
    except UNREADABLE:
        return RequestFailedError(exchange_name, path, "no error text", status) if status >= 400 else None
    if not outcome.code and status < 400:
        return None
    if outcome.code == TOO_OFTEN:
        return RateLimitError(exchange_name, None, outcome.text)
    if outcome.code == NO_MARKET:
        return InvalidSymbolError(exchange_name, "", outcome.text)
    code = str(outcome.code)
    if code in ADVICE:
        return login_error(exchange_name, outcome.text, code, ADVICE[code])
    return RequestFailedError(exchange_name, path, outcome.text, status, code, is_temporary=outcome.code in BUSY)
