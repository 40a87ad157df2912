"""The words a venue is described in: how it is reached, what a frame can say, what is sent, what is asked by REST."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ..settings import ExchangeSettings

if TYPE_CHECKING:
    from .channel import Channel

# How a venue is reached


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any `per_s` seconds. `name` tells budgets of one host apart."""

    count: int
    per_s: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """How a socket is kept alive and how its death is noticed. Times in seconds.

    Attributes:
        send: what we send after silence: a text, or ``None`` for nothing; ``PING_FRAME`` for a websocket ping.
        within: the venue closes a socket that was silent for longer; the user's `ping_interval` is cut to less.
        silence: without any frame for so long the socket is dead, whatever the settings say; for venues that ping us.
        is_steady: the venue counts what it hears from us, so pings go out however much it sends.
    """

    send: str | None
    within: float | None = None
    silence: float | None = None
    is_steady: bool = False


PING_FRAME = "\x00websocket ping"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One websocket address of a venue, and its manners.

    Attributes:
        base: scheme, host and port; `path` is appended to it or to the user's base.
        testnet_base: of the venue's test environment; `testnet_path` where that differs too.
        topics_per_socket: a further topic opens another socket.
        sends: messages that we may send on one socket.
        sustained: how many in the long run, where the venue limits that apart from the haste.
        connects: sockets that one address may open.
        lifetime: seconds after which the venue cuts the socket; ``None``: never.
        private: logs in first.
        spares: further bases that serve the same; a second socket of the same topics uses them.
        opening: what is sent first on every socket, before a login; its answer is no command's.
        most_sockets: that may be open at a time; ``None``: any number.
        greets: the venue speaks first, and what it is sent before is lost.
    """

    base: str
    path: str
    heartbeat: Heartbeat
    topics_per_socket: int
    sends: Rate
    connects: Rate
    testnet_base: str | None = None
    testnet_path: str | None = None
    lifetime: float | None = None
    private: bool = False
    spares: tuple[str, ...] = ()
    sustained: Rate | None = None
    opening: str = ""
    most_sockets: int | None = None
    greets: bool = False

    @property
    def paces(self) -> tuple[Rate, ...]:
        """Every rate that messages keep to."""
        return (self.sends,) if self.sustained is None else (self.sends, self.sustained)

    def url(self, settings: ExchangeSettings, host: int = 0) -> str:
        """Return the address to connect to; `host` counts through the base and its spares."""
        base = settings.private_ws_url if self.private else settings.ws_url
        if base is not None:
            return base + self.path
        if settings.testnet and self.testnet_base:
            return self.testnet_base + (self.testnet_path or self.path)
        bases = (self.base, *self.spares)
        return bases[host % len(bases)] + self.path


# What a frame can say besides data


class Ack(msgspec.Struct, frozen=True):
    """The venue accepted a command: the one with this id, or the one for this name."""

    id: str | None = None
    name: str | None = None
    time_ms: int | None = None  # the venue's, where its answer tells it better than REST does


class Subscribed(msgspec.Struct, frozen=True):
    """The venue tells everything that is subscribed on this socket, as the answer to whatever changed it."""

    names: frozenset[str]


class Accepted(msgspec.Struct, frozen=True):
    """The venue names what it accepted of the command with this id; what it leaves out is refused without a word."""

    id: str
    names: frozenset[str]


class Refusal(msgspec.Struct, frozen=True):
    """The venue refused a command: the one with this id, or the one for this name; neither: it did not say which."""

    detail: str
    id: str | None = None
    name: str | None = None
    code: str = ""
    symbol: str | None = None  # the venue's name of the market, where that is told and not the topic
    is_partial: bool = False  # the rest of the command is answered by itself
    is_symbol: bool = False  # the market does not exist, rather than the channel
    is_pace: bool = False  # too many messages: worth another try
    is_login: bool = False  # key, signature, passphrase, address or permission
    is_clock: bool = False  # the time stamp of a login


class Answer(msgspec.Struct, frozen=True):
    """Send this back at once: the venue pings."""

    payload: str


class Alive(msgspec.Struct, frozen=True):
    """A sign of life without content, such as the answer to our ping."""


class Expired(msgspec.Struct, frozen=True):
    """What was subscribed here is over without the socket being closed: a key was revoked, a token ran out."""

    detail: str


class Farewell(msgspec.Struct, frozen=True):
    """The venue announces that it will close this socket soon."""

    detail: str


class Rejected(msgspec.Struct, frozen=True):
    """A record or a whole frame that could not be used, and why."""

    detail: str


class Ignored(msgspec.Struct, frozen=True):
    """A frame of a kind that this adapter does not know; counted once per kind."""

    kind: str


Control = Ack | Subscribed | Accepted | Refusal | Answer | Alive | Expired | Farewell | Rejected | Ignored
Item = tuple[str, Any]


class Command(msgspec.Struct, frozen=True):
    """A text to send, the names of the topics it is about, and the id that its answer will carry."""

    payload: str
    names: tuple[str, ...]
    id: str


class Subscription(msgspec.Struct, frozen=True):
    """Where a topic is found: the endpoint, and the venue's name for it there."""

    endpoint: str
    name: str


class Request(msgspec.Struct, frozen=True):
    """A REST call: a GET unless `method` says otherwise, or a POST when it has a body.

    Attributes:
        path: behind the base address.
        query: parameters in the order in which they are sent.
        channel: how the answer is read.
        rate: the budget it is taken from; one without a name is the path's own.
        cost: units of that budget.
        signed: the private side signs it.
        body: JSON that is posted.
    """

    path: str
    channel: Channel
    query: dict[str, str] = {}
    rate: Rate = Rate(10, 1.0)
    cost: int = 1
    signed: bool = False
    body: bytes = b""
    method: Literal["", "POST", "PUT"] = ""

    @property
    def budget(self) -> str:
        """The name of the budget."""
        return self.rate.name or self.path


class Page(list[Any]):
    """The objects of one REST answer, and where venues tell how to go on: its headers by lower-case name, its body."""

    __slots__ = ("body", "headers")

    def __init__(
        self, objects: Iterable[Any] = (), headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> None:
        super().__init__(objects)
        self.headers: Mapping[str, str] = headers or {}
        self.body = body


# Asks for one page after another: yields a request, is sent the objects of its answer, and ends when that is enough.
Pages = Generator[Request, Page, None]
# The same; what it returns, if anything, counts in place of the pages: objects that several answers make together.
Answers = Generator[Request, Page, Sequence[Any] | None]


def batches(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Yield `items` in parts of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
