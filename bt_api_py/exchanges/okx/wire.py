"""What both sides of OKX share on the wire: sockets, envelopes, notices and errors.

Source: OKX API v5 documentation (overview, error codes), state of 2026-07.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import field

from ...exceptions import BtApiError, InvalidSymbolError, RateLimitError, RequestFailedError
from ...settings import ExchangeSettings
from ..account_base import CHECK_CLOCK, CHECK_KEY, CHECK_PASSPHRASE, CHECK_RIGHTS, CHECK_SECRET, login_error
from ..base import UNREADABLE, Alive, Control, Endpoint, Farewell, Heartbeat, Ignored, Rate, Refusal

PONG = b"pong"
NO_INSTRUMENT = "51001"
TOO_OFTEN = ("50011", "60014")
BUSY = ("50001", "50004", "50013", "50026")

ADVICE = {
    "50100": CHECK_RIGHTS,
    "50101": CHECK_KEY,  # a key of demo trading at the real venue, or the other way round
    "50102": CHECK_CLOCK,
    "50103": CHECK_KEY,
    "50104": CHECK_PASSPHRASE,
    "50105": CHECK_PASSPHRASE,
    "50106": CHECK_SECRET,
    "50107": CHECK_CLOCK,
    "50108": CHECK_KEY,
    "50109": CHECK_KEY,
    "50110": CHECK_RIGHTS,
    "50111": CHECK_KEY,
    "50112": CHECK_CLOCK,
    "50113": CHECK_SECRET,
    "50114": CHECK_RIGHTS,
    "50119": CHECK_KEY,
    "50120": CHECK_RIGHTS,
    "60001": CHECK_KEY,
    "60002": CHECK_SECRET,
    "60003": CHECK_PASSPHRASE,
    "60004": CHECK_CLOCK,
    "60005": CHECK_KEY,
    "60006": CHECK_CLOCK,
    "60007": CHECK_SECRET,
    "60009": CHECK_RIGHTS,
    "60024": CHECK_PASSPHRASE,
    "60032": CHECK_KEY,
}


class Argument(msgspec.Struct):
    channel: str = ""
    symbol: str = field(name="instId", default="")

    @property
    def name(self) -> str:
        return f"{self.channel}:{self.symbol}" if self.symbol else self.channel


class Envelope(msgspec.Struct):
    """What a frame may hold at its top, whichever kind it is."""

    arg: Argument | None = None
    data: msgspec.Raw = field(default_factory=msgspec.Raw)
    event: str = ""
    id: str | int | None = None
    code: str | int = ""
    msg: str = ""
    channel: str = ""

    @property
    def topic(self) -> str | None:
        """The name of the topic whose data this is; ``None`` when it is none."""
        return self.arg.name if self.arg is not None and not self.event and len(self.data) else None


class Outcome(msgspec.Struct):
    code: str | int
    msg: str = ""


envelope = msgspec.json.Decoder(Envelope).decode
_outcome = msgspec.json.Decoder(Outcome).decode


def endpoint(path: str, topics: int, *, private: bool = False) -> Endpoint:
    """Return the socket of a path, which holds so many topics."""
    return Endpoint(
        "wss://ws.okx.com:8443",
        f"/ws/v5/{path}",
        Heartbeat(send="ping", within=25),  # the venue cuts a socket that was silent for 30 s
        topics_per_socket=topics,
        sends=Rate(480, 3600.0),
        connects=Rate(3, 1.0),
        testnet_base="wss://wspap.okx.com:8443",
        private=private,
    )


def demo_header(settings: ExchangeSettings) -> Mapping[str, str]:
    """Return what tells demo trading by REST, which has sockets of its own but shares the host."""
    return {"x-simulated-trading": "1"} if settings.testnet else {}


def notice(frame: Envelope) -> Control:
    """Return what a frame says that is neither data nor the answer to a command."""
    match frame.event:
        case "notice" if str(frame.code) == "64008":
            return Farewell(frame.msg)
        case "channel-conn-count":
            return Alive()
        case "channel-conn-count-error":
            # It comes after a normal acknowledgement and means that no data will follow.
            return Refusal("too many connections", name=frame.channel, code=frame.event)
    return Ignored(f"{frame.event} {frame.code}".strip() or "frame without data or event")


def failure(exchange_name: str, path: str, status: int, body: bytes) -> BtApiError | None:
    """Return the error that a REST answer means, ``None`` when it is none."""
    try:
        outcome = _outcome(body)
    except UNREADABLE:
        return RequestFailedError(exchange_name, path, "no error text", status) if status >= 400 else None
    code = str(outcome.code)
    if code == "0" and status < 400:
        return None
    if code in TOO_OFTEN:
        return RateLimitError(exchange_name, None, outcome.msg)
    if code == NO_INSTRUMENT:
        return InvalidSymbolError(exchange_name, "", outcome.msg)
    if code in ADVICE:
        return login_error(exchange_name, outcome.msg, code, ADVICE[code])
    return RequestFailedError(exchange_name, path, outcome.msg, status, code, is_temporary=code in BUSY)
