"""KuCoin on the wire: the token of each socket, envelopes, commands and errors.

Source: KuCoin API documentation (web socket: token, connection, ping, subscription; REST: rate limits, errors), state
of 2025-11. What single REST calls weigh is from general knowledge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec
from msgspec import field

from ...containers.base import Row
from ...exceptions import BtApiError, ConfigurationError, InvalidSymbolError, RateLimitError, RequestFailedError
from ...settings import checked_url
from ..account_base import CHECK_CLOCK, CHECK_KEY, CHECK_PASSPHRASE, CHECK_RIGHTS, CHECK_SECRET, login_error
from ..base import (
    UNREADABLE,
    Ack,
    Alive,
    Channel,
    Command,
    Control,
    Endpoint,
    Exchange,
    Expired,
    Heartbeat,
    Ignored,
    Rate,
    Refusal,
    Request,
)

REST = "https://api.kucoin.com"
PACE = Rate(1800, 30.0, "public")  # weights; the venue allows 2000 of one address
SYMBOLS_PER_COMMAND = 100

_GOOD = "200000"
_TOO_OFTEN = "429000"
_NO_MARKET = "900001"
_TOKEN_WEIGHT = 10
_PING = '{"id":"ping","type":"ping"}'

ADVICE = {
    "400001": CHECK_KEY,  # a header is missing
    "400002": CHECK_CLOCK,
    "400003": CHECK_KEY,
    "400004": CHECK_PASSPHRASE,
    "400005": CHECK_SECRET,
    "400006": CHECK_RIGHTS,
    "400007": CHECK_RIGHTS,
}


class Server(msgspec.Struct):
    endpoint: str
    interval_ms: int = field(name="pingInterval")


class Ticket(Row):
    """A token for one socket, and the servers that take it."""

    token: str
    servers: list[Server] = field(name="instanceServers")

    def defect(self) -> str | None:
        if not self.token:
            return "no token"
        if not self.servers or self.servers[0].interval_ms <= 0:
            return "no server"
        try:
            checked_url("the venue's address", self.servers[0].endpoint, ("ws", "wss"))
        except ConfigurationError as error:
            return str(error)
        return None


_TICKET = Channel(None, Ticket, ("data",))


def endpoint(topics: int, *, private: bool = False) -> Endpoint:
    """Return a socket that holds so many of our topics. Its address and its rhythm come with the token."""
    return Endpoint(
        "wss://ws-api-spot.kucoin.com",
        "/",
        Heartbeat(send=_PING, within=18, is_steady=True),
        topics_per_socket=topics,
        sends=Rate(90, 10.0),  # the venue allows 100 and says nothing of what it leaves out; pings count as well
        connects=Rate(30, 60.0),
        lifetime=24 * 3600,  # of the token
        greets=True,
        private=private,
    )


class Envelope(msgspec.Struct):
    """What a frame may hold at its top, whichever kind it is."""

    type: str = ""
    id: str | int | None = None
    topic: str = ""
    subject: str = ""
    code: int | str = ""
    data: msgspec.Raw = field(default_factory=msgspec.Raw)

    @property
    def number(self) -> str | None:
        """The id of the command that this answers."""
        return None if self.id is None else str(self.id)


class Outcome(msgspec.Struct):
    code: str = ""
    text: str = field(name="msg", default="")


envelope = msgspec.json.Decoder(Envelope).decode
_outcome = msgspec.json.Decoder(Outcome, strict=False).decode
_text = msgspec.json.Decoder(str).decode


def command(kind: str, topic: str, names: Sequence[str], number: int, *, private: bool = False) -> Command:
    """Return the message that subscribes, or gives back, one of the venue's topics; only a text is taken as its id."""
    frame = {"id": str(number), "type": kind, "topic": topic, "privateChannel": private, "response": True}
    return Command(msgspec.json.encode(frame).decode(), tuple(names), str(number))


class KucoinSide(Exchange):
    """What every socket of the venue needs, and how the venue answers."""

    rest = REST
    ticket_path: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._interval_s: float | None = None  # between two pings, as the newest token's server wants it

    def ticket_request(self, endpoint_name: str) -> Request:
        return Request(self.ticket_path, _TICKET, rate=PACE, cost=_TOKEN_WEIGHT, method="POST")

    def admit(self, url: str, ticket: Ticket) -> str:
        server = ticket.servers[0]
        self._interval_s = server.interval_ms / 1000
        # Tokens differ, so what is made of one names its connection.
        name = sha256(ticket.token.encode()).hexdigest()[:24]
        address = url if self.settings.ws_url else server.endpoint  # the user's own counts
        return f"{address}?token={quote(ticket.token, safe='')}&connectId={name}"

    def heartbeat(self, endpoint_name: str) -> Heartbeat:
        beat = super().heartbeat(endpoint_name)
        return beat if self._interval_s is None else replace(beat, within=self._interval_s)

    def control(self, payload: bytes) -> list[Control]:
        frame = envelope(payload)
        match frame.type:
            case "welcome" | "pong":
                return [Alive()]
            case "ack":
                return [Ack(id=frame.number)]
            case "error":
                return [self._refusal(frame)]
        return [Ignored(frame.type or "frame without type")]

    def _refusal(self, frame: Envelope) -> Control:
        try:
            text = _text(frame.data)
        except UNREADABLE:
            text = "no error text"
        if "token is expired" in text:
            return Expired(text)
        return Refusal(text, id=frame.number, code=str(frame.code))

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        try:
            found = _outcome(body)
        except UNREADABLE:
            return RequestFailedError(self.name, path, "no error text", status) if status >= 400 else None
        if status < 400 and found.code in (_GOOD, ""):
            return None
        text = found.text or "no error text"
        if found.code == _TOO_OFTEN:
            return RateLimitError(self.name, None, text)
        if found.code == _NO_MARKET:
            return InvalidSymbolError(self.name, "", text)
        if found.code in ADVICE:
            return login_error(self.name, text, found.code, ADVICE[found.code])
        return RequestFailedError(self.name, path, text, status, found.code)
