"""What the wire languages of all venues share: sessions, topics, the outgoing side, HTTP answers.

Free of any network library. A transport hands text and HTTP requests in and takes frames out; time comes from
the venue's clock.
"""

from __future__ import annotations

import difflib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar
from urllib.parse import quote

from ..account import Account, AccountChange, House
from ..accounts import Accounts
from ..candles import UTC8, Interval, interval
from ..faults import DATA, Frame, HttpFault, Lane
from ..instruments import Instrument, quiet_instrument
from ..matching import Matching
from ..text import encode
from ..venue import Venue
from .topics import Topic

if TYPE_CHECKING:
    from ..capture import Playback

MAX_INBOUND = 1 << 20


class Transport(Protocol):
    """One client connection, as a dialect sees it. Nothing here waits."""

    def send_text(self, text: str) -> None:
        """Queue a text frame."""

    def send_bytes(self, data: bytes) -> None:
        """Queue a binary frame."""

    def ping(self, payload: bytes) -> None:
        """Queue a ping frame."""

    def pong(self, payload: bytes) -> None:
        """Queue a pong frame."""

    def close(self, code: int, reason: str) -> None:
        """Send what is queued, then a close frame."""

    def abort(self) -> None:
        """Cut the connection at once."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request, as a venue needs it to check its signature.

    Attributes:
        path: the venue's own, without the exchange name. raw_query: the query exactly as it was sent.
        headers: by lower-case name.
    """

    method: str
    path: str
    query: Mapping[str, str]
    raw_query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


def json_response(payload: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a payload as an HTTP answer."""
    return Response(status, encode(payload), headers or {})


class UnknownTopicError(LookupError):
    """A client asked for a topic that the venue does not have."""


class Session:
    """One connected client and what it subscribed to."""

    def __init__(
        self, dialect: Dialect[Any], transport: Transport, path: str, query: Mapping[str, str], number: int
    ) -> None:
        self.dialect = dialect
        self.transport = transport
        self.path = path
        self.query = query
        self.number = number
        self.host = ""  # what the client calls us: part of some signatures
        self.raw_query = ""  # the query exactly as it was sent
        self.is_binary = dialect.is_binary
        self.opened = dialect.venue.now()
        self.last_sent = self.opened
        self.ends_at: float | None = None  # when announced maintenance ends the connection
        self.topics: dict[str, Topic | None] = {}  # None: asked for, but nothing will ever come
        self.lane = Lane()
        self.is_open = True
        self.is_frozen = False  # nothing passes any more, in either direction
        self.account: Account | None = None  # whose key the client has shown

    def reply(self, payload: Any) -> None:
        """Send an acknowledgement, an error or a heartbeat."""
        self.push(Frame(payload if isinstance(payload, bytes) else encode(payload)))

    def push(self, frame: Frame) -> None:
        """Send a frame through the faults."""
        if not self.is_open or self.is_frozen:
            return
        faults = self.dialect.venue.faults
        for out in faults.through(frame, self.lane):
            if faults.delay or self.lane.late:
                self.lane.late.append((self.dialect.venue.now() + faults.delay, out))
            else:
                self._transmit(out)

    def release(self, now: float) -> None:
        """Send the frames whose delay is over."""
        while self.lane.late and self.lane.late[0][0] <= now:
            self._transmit(self.lane.late.pop(0)[1])

    def _transmit(self, frame: Frame) -> None:
        if self.is_frozen:
            return
        stats = self.dialect.venue.stats
        stats.ws_out += 1
        if frame.kind == DATA:
            stats.sent[f"{frame.channel} {frame.symbol}".rstrip()] += 1
        self.last_sent = self.dialect.venue.now()
        if frame.binary:
            wire = frame.data
        else:
            wire = self.dialect.wire(frame.data) if self.is_binary else self.dialect.spoken(frame.data)
        if frame.cut:
            wire = wire[: len(wire) // 2]
        if frame.binary or self.is_binary:
            self.transport.send_bytes(wire)
        else:
            self.transport.send_text(wire.decode())

    def closed(self) -> None:
        """Let go of what the session held, when it has ended."""
        if self.account is not None:
            self.account.listeners.pop(self, None)
            self.account = None

    @property
    def is_private(self) -> bool:
        """Tell whether a client has shown a key here."""
        return self.account is not None

    def listen(self, account: Account) -> None:
        """Tell what happens to an account from now on."""
        self.account = account
        account.listeners[self] = None

    def changed(self, account: Account, change: AccountChange) -> None:
        """Tell of a change."""

    def revoked(self, account: Account) -> None:
        """End the connection of a key that was taken back."""
        self.end(1008, "key revoked")

    def end(self, code: int, reason: str = "") -> None:
        """Close the connection; 1006 cuts it."""
        if not self.is_open:
            return
        self.is_open = False
        if not self.is_frozen:
            if code == 1006:
                self.transport.abort()
            else:
                self.transport.close(code, reason)
        self.dialect.on_close(self)


S = TypeVar("S", bound=Session)


class Dialect(ABC, Generic[S]):
    """How one exchange talks: handshake, subscriptions, heartbeats, pushes, HTTP answers."""

    name: ClassVar[str] = ""
    hosts: ClassVar[tuple[str, ...]] = ()  # whose recorded traffic is this exchange's
    session_type: type[S]
    venue_type: ClassVar[type[Venue]] = Venue
    is_binary: ClassVar[bool] = False
    account_type: ClassVar[type[Account]] = Account
    house: ClassVar[House] = House(1_000_000, 1_000_000, Decimal("0.001"), Decimal("0.001"))
    intervals: ClassVar[Mapping[str, Interval]] = {}
    liquidations_by_match: ClassVar[bool] = False  # each match of a liquidation is told by itself
    timeless: ClassVar[frozenset[str]] = frozenset()  # paths answered beside a capture: clock and instrument list

    def __init__(self, venue: Venue, *, tick_ms: int = 50, playback: Playback | None = None) -> None:
        self.venue = venue
        self.tick_ms = tick_ms
        self.playback = playback
        self.sessions: dict[S, None] = {}
        self.topics: dict[str, Topic] = {}
        self.accounts = Accounts(venue, self.house, self.account_type)
        self.matching = Matching(venue)
        self._numbers = 0

    @classmethod
    @abstractmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        """Return what the exchange lists, by key."""

    @classmethod
    def made_up(cls, seed: int, base: str, quote: str) -> Instrument:
        """Return a market that the exchange lists only since somebody wants it, as near to that as it has any."""
        return quiet_instrument(seed, base, quote)

    # -- the client's side -----------------------------------------------------------------------------------

    def admit(self, path: str, query: Mapping[str, str]) -> Response | None:
        """Return the answer to a websocket upgrade that is turned away; None when it is accepted.

        A status of 0 stands for a reset of the connection.
        """
        refuse = self.venue.faults.refuse
        if refuse is not None:
            self.venue.stats.refused += 1
            return Response(0) if isinstance(refuse, str) else self.error_response(refuse, None)
        answer = self.check_path(path, query)
        if answer is not None:
            self.venue.stats.refused += 1
        return answer

    @abstractmethod
    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        """Return the answer to an upgrade that this path does not take."""

    def session_for(self, path: str) -> type[S]:
        """Return what serves the sockets of a path."""
        return self.session_type

    def on_open(
        self,
        transport: Transport,
        path: str,
        query: Mapping[str, str],
        host: str = "",
        raw_query: str | None = None,
    ) -> S:
        """Welcome a client and return its session.

        Args:
            host: what the client called us, with the port.
            raw_query: the query exactly as it was sent; None: as `query` is encoded usually.
        """
        self._numbers += 1
        self.venue.stats.connects += 1
        self.venue.stats.open_sockets += 1
        session = self.session_for(path)(self, transport, path, query, self._numbers)
        session.host = host
        session.raw_query = _encoded(query) if raw_query is None else raw_query
        self.sessions[session] = None
        self.opened(session)
        return session

    def opened(self, session: S) -> None:
        """Do what the venue does first on a new connection."""

    def on_text(self, session: S, text: str) -> None:
        """Take a text message from the client."""
        if session.is_frozen:
            return
        self.venue.stats.ws_in += 1
        if not session.is_open:
            return
        if len(text) > MAX_INBOUND:
            session.end(1009, "message too big")
            return
        self.received(session, text)

    def on_bytes(self, session: S, data: bytes) -> None:
        """Take a binary message from the client; venues here expect text."""
        self.on_text(session, data.decode("utf-8", "replace"))

    @abstractmethod
    def received(self, session: S, text: str) -> None:
        """Act on a message from the client."""

    def on_ping(self, session: S, payload: bytes) -> None:
        """Take a ping frame."""
        if session.is_frozen:
            return
        self.venue.stats.control_in += 1
        session.transport.pong(payload)

    def on_pong(self, session: S, payload: bytes) -> None:
        """Take a pong frame."""
        self.venue.stats.control_in += 1

    def on_close(self, session: S) -> None:
        """Forget a client; may be called again."""
        if session not in self.sessions:
            return
        session.is_open = False
        del self.sessions[session]
        self.venue.stats.open_sockets -= 1
        for name in list(session.topics):
            self.leave(session, name)
        session.closed()

    def expire_logins(self) -> None:
        """End what keys have opened, while the keys stay good: where there is no token, the connection itself."""
        for session in list(self.sessions):
            if session.is_private:
                session.end(1001, "login expired")

    # -- subscriptions ---------------------------------------------------------------------------------------

    def join(self, session: S, name: str, topic: Topic | None) -> None:
        """Let a session listen to a topic."""
        session.topics[name] = topic
        if topic is not None:
            topic.sessions[session] = not topic.greets
        self.venue.stats.subscribes += 1

    def leave(self, session: S, name: str) -> bool:
        """End a subscription and tell whether there was one."""
        if name not in session.topics:
            return False
        topic = session.topics.pop(name)
        if topic is not None:
            topic.sessions.pop(session, None)
            if not topic.sessions:
                topic.stop()
                self.topics.pop(topic.name, None)
        return True

    def topic(self, session: S, name: str) -> Topic:
        """Return the topic of that name, shared by all who listen.

        Raises:
            UnknownTopicError: the venue has no such topic; the text is the venue's own.
        """
        if self.playback is not None:
            return self.playback.topic(self, session, name)
        shared = self.topics.get(name)
        if shared is None:
            kind, channel, key = self.resolve(session, name)
            shared = self.topics[name] = kind(self, name, channel, key)
        return shared

    @abstractmethod
    def resolve(self, session: S, name: str) -> tuple[type[Topic], str, str]:
        """Return what serves a topic name: the class, the venue's channel, the symbol's key ("" for none).

        Raises:
            UnknownTopicError: the venue has no such topic here; the text is the venue's own.
        """

    def instrument(self, symbol: str) -> Instrument:
        """Return the instrument written exactly as the venue writes it.

        Raises:
            UnknownTopicError: there is none.
        """
        item = self.venue.instruments.get(self.venue.key(symbol))
        if item is None or self.wire_symbol(item) != symbol:
            raise UnknownTopicError(symbol)
        return item

    @abstractmethod
    def wire_symbol(self, item: Instrument) -> str:
        """Return the venue's spelling."""

    # -- time ------------------------------------------------------------------------------------------------

    def pace(self, every_ms: int) -> int:
        """Return a push interval in ms: a faster order flow is reported faster, down to one push per tick."""
        return max(self.tick_ms, int(every_ms / max(1.0, self.venue.rate)))

    def tick(self, now: float) -> None:
        """Advance the markets to that time and push what is due."""
        now_ms = int(now * 1000)
        self.venue.advance(now_ms)
        for session in list(self.sessions):
            self._end_when_due(session, now)
            if session.is_open and not session.is_frozen:
                self.keep_alive(session, now)
        for topic in list(self.topics.values()):
            topic.tick(now_ms)
        if self.playback is None:
            self.accounts.advance(now_ms)
            self.matching.advance()
        else:
            self.playback.tick(now)
        for session in list(self.sessions):
            session.release(now)

    def _end_when_due(self, session: S, now: float) -> None:
        age_limit = self.venue.faults.age_limit
        if session.ends_at is not None and now >= session.ends_at:
            session.end(1001, "service upgrade")
        elif age_limit is not None and now - session.opened >= age_limit:
            session.end(1001, "connection too old")

    def keep_alive(self, session: S, now: float) -> None:
        """Send heartbeats that are due and end a session that does not answer."""

    def announce_end(self, session: S) -> None:
        """Tell a client that its connection will end, where the venue does that."""

    def reset_sequence(self, key: str) -> None:
        """Let the sequence numbers of a book start again."""
        raise ValueError(f"{self.name} is not known to reset its sequence numbers")

    def update_of(self, key: str, sequence: int) -> int:
        """Return the market's update number behind a sequence number that the venue sent."""
        return sequence

    def sequence_of(self, key: str) -> int:
        """Return the sequence number of the book as it stands."""
        return self.venue.market(key).update_id

    # -- frames ----------------------------------------------------------------------------------------------

    def wire(self, data: bytes) -> bytes:
        """Return a payload as it goes over the wire."""
        return data

    def spoken(self, data: bytes) -> bytes:
        """Return a payload as the venue writes it in a text frame, where that is not JSON."""
        return data

    def addressed(self, session: S, name: str, frame: Frame) -> Frame:
        """Return a frame as this session wants it."""
        return frame

    @staticmethod
    @abstractmethod
    def recorded_name(message: Any) -> str | None:
        """Return the topic name of a recorded data message; None for everything else."""

    def recorded_payload(self, text: str) -> bytes:
        """Return what `addressed` expects of a recorded message."""
        return text.encode()

    # -- HTTP ------------------------------------------------------------------------------------------------

    def handle_http(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        raw_query: str | None = None,
    ) -> Response:
        """Answer a request; the path is the venue's own, without the exchange name.

        Args:
            raw_query: the query exactly as it was sent; None: as `query` is encoded usually.
        """
        if raw_query is None:
            raw_query = _encoded(query)
        lower = {name.lower(): value for name, value in headers.items()}
        self.venue.stats.http[path] += 1
        fault = self.venue.faults.http_fault(path)
        if fault is not None:
            answer = self.error_response(fault.status, fault)
        elif (private := self.account_answer(Request(method, path, query, raw_query, lower, body))) is not None:
            answer = private
        else:
            recorded = self.playback.response(path, query) if self.playback is not None else None
            if self.playback is not None and recorded is None and path not in self.timeless:
                recorded = Response(404, b'{"msg":"not in this capture"}')
            answer = self.limited(path, query, recorded)
        self.venue.stats.statuses[answer.status] += 1
        return answer

    def account_answer(self, request: Request) -> Response | None:
        """Answer a request that concerns an account; None when it does not."""
        return None

    @abstractmethod
    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        """Count the request against the limits, then answer it; a recorded answer goes first."""

    @abstractmethod
    def error_body(self, status: int) -> Any:
        """Return the venue's body for a refused request."""

    def error_response(self, status: int, fault: HttpFault | None) -> Response:
        """Return a refusal in the venue's own form."""
        headers = {}
        if fault is not None and fault.retry_after is not None:
            headers["Retry-After"] = f"{fault.retry_after:g}"
        return json_response(self.error_body(status), status, headers)


def _encoded(query: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())


def parse_object(text: str) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        ValueError: it is none.
    """
    message = json.loads(text)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    return message


def whole(text: str | None, default: int | None, low: int, high: int) -> int | None:
    """Return a query parameter as a whole number inside low … high; `default` when it is absent.

    Raises:
        ValueError: it is not a whole number, or too small; what is too large is cut to `high`.
    """
    if text is None or text == "":
        return default
    number = int(text)
    if number < low:
        raise ValueError(text)
    return min(number, high)


def intervals(pairs: Mapping[str, str], shift_ms: int = 0) -> dict[str, Interval]:
    """Return venue names and common names ("1m", "4h", "1M") as intervals."""
    return {name: interval(text, shift_ms) for name, text in pairs.items()}


def bars(short: Sequence[str], long: Sequence[str]) -> dict[str, Interval]:
    """Return intervals by the names of venues that cut long bars in UTC+8, and in UTC under the ending "utc"."""

    def rule(name: str, shift_ms: int) -> Interval:
        return interval(name if name.endswith("M") else name.lower(), shift_ms)

    found = {name: rule(name, 0) for name in short} | {name: rule(name, UTC8) for name in long}
    return found | {f"{name}utc": rule(name, 0) for name in long}


def nearest(word: str, known: Sequence[str]) -> str:
    """Return a hint that names the most similar known word, or nothing."""
    found = difflib.get_close_matches(word, known, 1)
    return f"; did you mean {found[0]}?" if found else f"; known are {', '.join(known)}"
