"""What both sides of Gate share on the wire: the socket, envelopes, results and errors.

Source: Gate API v4 documentation (spot web socket: requests, errors, application ping; REST: authentication, errors),
state of 2026-04.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import field

from ...containers.base import Container, Place
from ...exceptions import BtApiError, InvalidSymbolError, RateLimitError, RequestFailedError
from ..account_base import CHECK_CLOCK, CHECK_KEY, CHECK_RIGHTS, CHECK_SECRET, login_error
from ..base import PING_FRAME, UNREADABLE, Alive, Book, Channel, Control, Endpoint, Farewell, Heartbeat, Ignored, Rate

REST = "https://api.gateio.ws"
TESTNET_REST = "https://api-testnet.gateapi.io"
PACE = Rate(200, 10.0)  # per address and path
NO_MARKET = "unknown currency pair"
ALREADY = "Alert sub"  # the stream is subscribed on this socket
BUSY = ("SERVER_ERROR", "INTERNAL", "BUSY", "TOO_BUSY")

ADVICE = {
    "INVALID_KEY": CHECK_KEY,
    "INVALID_SIGNATURE": CHECK_SECRET,
    "MISSING_REQUIRED_HEADER": CHECK_KEY,
    "REQUEST_EXPIRED": CHECK_CLOCK,
    "INVALID_CREDENTIALS": CHECK_KEY,
    "IP_FORBIDDEN": CHECK_RIGHTS,
    "READ_ONLY": CHECK_RIGHTS,
    "FORBIDDEN": CHECK_RIGHTS,
    "4": CHECK_KEY,  # of a socket, which names no reason
}


def endpoint(*, private: bool = False) -> Endpoint:
    """Return the socket, which serves both sides."""
    return Endpoint(
        "wss://api.gateio.ws",
        "/ws/v4/",
        Heartbeat(send=PING_FRAME),  # the venue pings with frames, too
        topics_per_socket=100,  # advised
        sends=Rate(10, 1.0),  # no rate is documented
        connects=Rate(10, 1.0),
        testnet_base="wss://ws-testnet.gate.com",
        testnet_path="/v4/ws/spot",
        private=private,
    )


class Fault(msgspec.Struct):
    code: int = 0
    message: str = ""


class Envelope(msgspec.Struct):
    """What a frame may hold at its top, whichever kind it is."""

    channel: str = ""
    event: str = ""
    id: int | str | None = None
    error: Fault | None = None
    result: msgspec.Raw = field(default_factory=msgspec.Raw)

    @property
    def number(self) -> str | None:
        """The id of the command that this answers."""
        return None if self.id is None else str(self.id)

    @property
    def is_data(self) -> bool:
        """Whether it carries data; ``"all"`` stands for a whole state."""
        return self.event in ("update", "all") and self.error is None


class Refused(msgspec.Struct):
    label: str = ""
    message: str = ""


envelope = msgspec.json.Decoder(Envelope).decode
_refused = msgspec.json.Decoder(Refused).decode


class Results(Channel):
    """A channel whose frames hold one record, or a list of records in its place."""

    __slots__ = ("_list",)

    def __init__(
        self,
        container: type[Container] | None,
        row: Any,
        *,
        book: Book | None = None,
        contiguous: bool = False,
    ) -> None:
        super().__init__(container, row, ("result",), book=book, contiguous=contiguous)
        self._list = Channel(container, row, ("result",), many=True)

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        is_list = bytes(envelope(payload).result)[:1] == b"["
        return self._list.read(payload) if is_list else super().read(payload)


def label_of(fault: Fault) -> tuple[str, str]:
    """Return the label and the text of an error on a socket: some texts are JSON themselves."""
    try:
        inner = _refused(fault.message)
    except UNREADABLE:
        return str(fault.code), fault.message
    return inner.label or str(fault.code), inner.message or fault.message


def notice(frame: Envelope) -> Control:
    """Return what a frame says that is neither data nor the answer to a subscription."""
    if frame.event == "upgrade":
        return Farewell("the venue moves its service")
    if frame.channel == "spot.pong":
        return Alive()
    return Ignored(f"{frame.channel} {frame.event}".strip() or "frame without channel or event")


def failure(exchange_name: str, path: str, status: int, body: bytes) -> BtApiError | None:
    """Return the error that a REST answer means, ``None`` when it is none."""
    if status < 400:
        return None
    try:
        refused = _refused(body)
    except UNREADABLE:
        return RequestFailedError(exchange_name, path, "no error text", status)
    label, text = refused.label, refused.message or "no error text"
    if label == "TOO_MANY_REQUESTS":
        return RateLimitError(exchange_name, None, text)
    if label == "INVALID_CURRENCY_PAIR":
        return InvalidSymbolError(exchange_name, "", text)
    if label in ADVICE:
        return login_error(exchange_name, text, label, ADVICE[label])
    return RequestFailedError(exchange_name, path, text, status, label, is_temporary=label in BUSY)
