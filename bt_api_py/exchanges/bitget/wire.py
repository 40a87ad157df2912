"""What both sides of Bitget share on the wire: sockets, envelopes and errors.

Source: Bitget API v2 documentation (web socket introduction, REST introduction, error codes), state of 2026-04.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import field

from ...exceptions import BtApiError, InvalidSymbolError, RateLimitError, RequestFailedError
from ...settings import ExchangeSettings
from ..account_base import CHECK_CLOCK, CHECK_KEY, CHECK_PASSPHRASE, CHECK_RIGHTS, CHECK_SECRET, login_error
from ..base import UNREADABLE, Ack, Control, Endpoint, Heartbeat, Ignored, Rate

REST = "https://api.bitget.com"
PONG = b"pong"
PRODUCT = "SPOT"
NO_TOPIC = "30001"  # neither channel nor market are told apart
TOO_OFTEN = ("429", "30006", "30007")
BUSY = ("40015", "40725", "45001")
_GOOD = "00000"
_NO_MARKET = "40034"
ARGS_PER_COMMAND = 50

ADVICE = {
    "30005": CHECK_KEY,
    "30011": CHECK_KEY,
    "30012": CHECK_PASSPHRASE,
    "30013": CHECK_CLOCK,
    "30014": CHECK_CLOCK,
    "30015": CHECK_SECRET,
    "40001": CHECK_KEY,
    "40002": CHECK_SECRET,
    "40003": CHECK_SECRET,
    "40004": CHECK_CLOCK,
    "40005": CHECK_CLOCK,
    "40006": CHECK_KEY,
    "40008": CHECK_CLOCK,
    "40009": CHECK_SECRET,
    "40010": CHECK_SECRET,
    "40011": CHECK_PASSPHRASE,
    "40012": CHECK_PASSPHRASE,  # or the key: the venue does not tell which
    "40014": CHECK_RIGHTS,
    "40018": CHECK_RIGHTS,
    "40037": CHECK_KEY,
    "40099": CHECK_KEY,  # a key of demo trading at the real venue, or the other way round
}


class Argument(msgspec.Struct):
    """What a frame is about; the channel of balances names no market."""

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
    code: str | int = ""
    msg: str = ""

    @property
    def has_data(self) -> bool:
        """Whether the frame is one of a topic."""
        return self.arg is not None and not self.event and bool(len(self.data))


class Outcome(msgspec.Struct):
    code: str | int
    msg: str = ""


envelope = msgspec.json.Decoder(Envelope).decode
_outcome = msgspec.json.Decoder(Outcome).decode


def endpoint(side: str, topics: int, *, private: bool = False) -> Endpoint:
    """Return the socket of a side, which holds so many topics."""
    return Endpoint(
        "wss://ws.bitget.com",
        f"/v2/ws/{side}",
        Heartbeat(
            send="ping", within=30, is_steady=True
        ),  # the venue cuts a socket that was not pinged for two minutes
        topics_per_socket=topics,
        sends=Rate(8, 1.0),  # the venue allows 10, pings included, and blocks addresses that send more
        sustained=Rate(240, 3600.0),
        connects=Rate(300, 300.0),
        testnet_base="wss://wspap.bitget.com",
        lifetime=86_400.0,
        private=private,
    )


def demo_header(settings: ExchangeSettings) -> Mapping[str, str]:
    """Return what tells demo trading by REST, which has sockets of its own but shares the host."""
    return {"PAPTRADING": "1"} if settings.testnet else {}


def command(operation: str, arguments: list[dict[str, Any]]) -> str:
    """Return the text of a command."""
    return msgspec.json.encode({"op": operation, "args": arguments}).decode()


def notice(frame: Envelope, name: str | None) -> Control:
    """Return what a frame without data says that is no refusal; an answer is known by its name alone."""
    if frame.event in ("subscribe", "unsubscribe"):
        return Ack(name=name)
    return Ignored(f"{frame.event} {frame.code}".strip() or "frame without data or event")


def failure(exchange_name: str, path: str, status: int, body: bytes) -> BtApiError | None:
    """Return the error that a REST answer means, ``None`` when it is none."""
    try:
        outcome = _outcome(body)
    except UNREADABLE:
        return RequestFailedError(exchange_name, path, "no error text", status) if status >= 400 else None
    code = str(outcome.code)
    if code == _GOOD and status < 400:
        return None
    if code in TOO_OFTEN:
        return RateLimitError(exchange_name, None, outcome.msg)
    if code == _NO_MARKET:
        return InvalidSymbolError(exchange_name, "", outcome.msg)
    if code in ADVICE:
        return login_error(exchange_name, outcome.msg, code, ADVICE[code])
    return RequestFailedError(exchange_name, path, outcome.msg, status, code, is_temporary=code in BUSY)
