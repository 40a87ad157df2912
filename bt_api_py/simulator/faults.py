"""Faults on order: what goes wrong between a venue and its clients, chosen by a test.

Every frame that leaves a simulated venue passes the rules of this module; the market behind it goes on
undisturbed, so the truth stays the judge.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .dialects.base import Dialect

DATA, CONTROL = "data", "control"
GARBAGE_KINDS = ("json", "text", "types", "nan", "binary")


@dataclass(frozen=True, slots=True)
class Frame:
    """One message on its way to a client.

    Attributes:
        data: the payload as JSON (or plain text), before compression.
        kind: DATA, or CONTROL for acknowledgements, errors and heartbeats.
        topic: "ticker", "depth", "trades", "klines" …; channel: the venue's word for it; symbol: BTCUSDT.
        cut: send only the first half of the bytes. binary: send raw bytes whatever the venue does.
    """

    data: bytes
    kind: str = CONTROL
    topic: str = ""
    channel: str = ""
    symbol: str = ""
    cut: bool = False
    binary: bool = False


@dataclass(slots=True)
class Rule:
    """A fault that applies to chosen data frames, a limited number of times or until it is switched off."""

    topic: str | None = None
    symbol: str | None = None
    count: int | None = None

    def matches(self, frame: Frame) -> bool:
        """Tell whether the fault concerns this frame."""
        if frame.kind != DATA or self.count == 0:
            return False
        if self.topic is not None and self.topic not in (frame.topic, frame.channel):
            return False
        return self.symbol is None or self.symbol == frame.symbol

    def apply(self, frame: Frame, lane: Lane) -> list[Frame]:
        """Return what is sent in place of the frame."""
        if not self.matches(frame):
            return [frame]
        out = self.change(frame, lane)
        if out != [frame] and self.count is not None:
            self.count -= 1
        return out

    def change(self, frame: Frame, lane: Lane) -> list[Frame]:
        """Return what replaces a frame that matches."""
        raise NotImplementedError


@dataclass(slots=True)
class Lane:
    """What one session's outgoing side remembers between frames."""

    held: dict[int, Frame] = field(default_factory=dict)  # by rule, for reorder
    late: list[tuple[float, Frame]] = field(default_factory=list)  # (due, frame), for slow


class Skip(Rule):
    """Lose the frame."""

    def change(self, frame: Frame, lane: Lane) -> list[Frame]:
        return []


class Duplicate(Rule):
    """Send the frame twice."""

    def change(self, frame: Frame, lane: Lane) -> list[Frame]:
        return [frame, frame]


class Reorder(Rule):
    """Hold a frame back and send it after the next one of the same topic and symbol."""

    def apply(self, frame: Frame, lane: Lane) -> list[Frame]:
        held = lane.held.get(id(self))
        if held is not None:
            if (held.channel, held.symbol) != (frame.channel, frame.symbol):
                return [frame]
            del lane.held[id(self)]
            return [frame, held]
        if not Rule.matches(self, frame):
            return [frame]
        lane.held[id(self)] = frame
        if self.count is not None:
            self.count -= 1
        return []


class Truncate(Rule):
    """Send half of the bytes."""

    def change(self, frame: Frame, lane: Lane) -> list[Frame]:
        return [replace(frame, cut=True)]


class Rewrite(Rule):
    """Send the frame with its message changed; a frame that holds nothing to change passes."""

    def change(self, frame: Frame, lane: Lane) -> list[Frame]:
        message = _parsed(frame)
        if message is None or not self.rewrite(message):
            return [frame]
        return [replace(frame, data=json.dumps(message, separators=(",", ":")).encode())]

    def rewrite(self, message: Any) -> bool:
        """Change the message in place and tell whether anything changed."""
        raise NotImplementedError


class Corrupt(Rewrite):
    """Double one quantity, or the first decimal number of a message that shows none."""

    def rewrite(self, message: Any) -> bool:
        leaves = list(_leaves(message))
        decimals = (leaf for leaf in leaves if "." in str(leaf[2]) and not isinstance(leaf[0], list))
        found = next((leaf for leaf in leaves if _is_quantity(*leaf[:2])), None) or next(decimals, None)
        if found is None:
            return False
        container, key, value = found
        changed = float(value) * 2 + 1
        container[key] = str(changed) if isinstance(value, str) else changed
        return True


def _is_quantity(container: Any, key: Any) -> bool:
    """Tell whether a number is the second of a pair, or goes by a name that venues give to quantities."""
    return key == 1 if isinstance(container, list) else key in ("sz", "size", "qty", "quantity")


class WrongChecksum(Rewrite):
    """Send a checksum that does not fit the book."""

    def rewrite(self, message: Any) -> bool:
        changed = False
        for container, key, value in _leaves(message):
            if key in ("checksum", "cs", "crc32") and str(value).lstrip("-").isdigit():
                container[key] = value + 1 if isinstance(value, int) else str(int(value) + 1)
                changed = True
        return changed


@dataclass(slots=True)
class Garbage(Rule):
    """Send rubbish ahead of a true frame."""

    style: str = "json"

    def change(self, frame: Frame, lane: Lane) -> list[Frame]:
        if self.style == "binary":
            return [replace(frame, data=b"\x00\xff\x13\x37", binary=True), frame]
        if self.style == "text":
            return [replace(frame, data=b"<html>Bad Gateway</html>"), frame]
        if self.style == "json":
            return [replace(frame, data=frame.data[: len(frame.data) * 2 // 3]), frame]
        message = _parsed(frame)
        if message is None:
            return [frame]
        for container, key, value in _leaves(message):
            if self.style == "nan":
                container[key] = "NaN" if isinstance(value, str) else float("nan")
            else:
                container[key] = {"unexpected": [value]}
        return [replace(frame, data=json.dumps(message).encode()), frame]


class Stall(Skip):
    """Let no data through; the socket stays open and heartbeats are answered."""


def _parsed(frame: Frame) -> Any:
    """Return the message of a frame; None where another fault has made rubbish of it."""
    try:
        return json.loads(frame.data)
    except ValueError:
        return None


def _leaves(message: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yield (container, key, value) of every number, or text that is a number, in a message."""
    items = list(message.items() if isinstance(message, dict) else enumerate(message))
    for key, value in items:
        if isinstance(value, dict | list):
            yield from _leaves(value)
        elif (isinstance(value, int | float) and not isinstance(value, bool)) or (
            isinstance(value, str) and value.removeprefix("-").replace(".", "", 1).isdigit()
        ):
            yield message, key, value


@dataclass(slots=True)
class HttpFault:
    """An HTTP answer in place of the venue's own."""

    status: int
    count: int | None
    path: str | None
    retry_after: float | None


class VenueFaults:
    """The faults switched on for one exchange."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.http: list[HttpFault] = []
        self.refuse: int | str | None = None  # a status, "reset", or None
        self.rejected: set[str] = set()
        self.delay = 0.0
        self.hangs = False
        self.http_delay = 0.0
        self.age_limit: float | None = None
        self.skew_ms = 0

    def through(self, frame: Frame, lane: Lane) -> list[Frame]:
        """Return what the rules make of a frame."""
        frames = [frame]
        for rule in self.rules:
            frames = [out for one in frames for out in rule.apply(one, lane)]
        self.rules = [rule for rule in self.rules if rule.count != 0 or isinstance(rule, Reorder)]
        return frames

    def http_fault(self, path: str) -> HttpFault | None:
        """Return the HTTP answer that is forced on this path, and count it."""
        for fault in self.http:
            if fault.path is not None and fault.path not in path:
                continue
            if fault.count is not None:
                fault.count -= 1
                if fault.count == 0:
                    self.http.remove(fault)
            return fault
        return None


class Faults:
    """Switches for everything that can go wrong, by exchange name.

    `topic` is "ticker", "depth", "trades", "klines", "bbo" or the venue's own channel name; `symbol` takes
    any spelling; `count=None` means until `clear`.
    """

    def __init__(self, find: Callable[[str], Dialect[Any]]) -> None:
        self._find = find

    # -- sockets ---------------------------------------------------------------------------------------------

    def disconnect(self, exchange: str, code: int = 1006, reason: str = "") -> int:
        """End every open socket and return how many; 1006 cuts the TCP connection without a close frame."""
        dialect = self._find(exchange)
        sessions = list(dialect.sessions)
        for session in sessions:
            session.end(code, reason)
        return len(sessions)

    def refuse(self, exchange: str, on: bool = True, status: int | None = None) -> None:
        """Refuse new sockets: with an HTTP status, or by a reset of the TCP connection."""
        self._state(exchange).refuse = (status or "reset") if on else None

    def freeze(self, exchange: str) -> int:
        """Let every open socket go dead without a word, as when a router forgets it, and return how many.

        Nothing comes from it any more, neither data nor a pong nor an end, and nothing that is sent arrives.
        """
        dialect = self._find(exchange)
        for session in dialect.sessions:
            session.is_frozen = True
        return len(dialect.sessions)

    def hang(self, exchange: str, on: bool = True) -> None:
        """Answer neither new sockets nor requests, while what is open goes on; those that came are cut at its end."""
        self._state(exchange).hangs = on

    def age_limit(self, exchange: str, seconds: float | None) -> None:
        """End every socket that gets that old, as venues do after 24 hours; None: no limit."""
        self._state(exchange).age_limit = seconds

    def expire_token(self, exchange: str) -> None:
        """End what logins have opened, while the keys stay good.

        Binance ends its event streams and leaves the sockets open; OKX and HTX know no token, so there the
        connections end.
        """
        self._find(exchange).expire_logins()

    def clock_skew(self, exchange: str, ms: int) -> None:
        """Let the venue's clock be ahead by so much, behind when it is negative; 0 ends it.

        Its server time and the times of account events are off then, and signatures with the local time are refused,
        whatever the key. The times of market data stay.
        """
        self._state(exchange).skew_ms = ms

    def maintenance(self, exchange: str, seconds: float = 1.0) -> None:
        """Announce the end of all present connections, as the venue does (if it does), and end them then."""
        dialect = self._find(exchange)
        for session in list(dialect.sessions):
            dialect.announce_end(session)
            session.ends_at = dialect.venue.now() + seconds

    def slow(self, exchange: str, delay: float) -> None:
        """Send every frame that many seconds late; 0 ends it."""
        self._state(exchange).delay = delay

    # -- frames ----------------------------------------------------------------------------------------------

    def stall(self, exchange: str, topic: str | None = None, symbol: str | None = None, on: bool = True) -> None:
        """Send no data while the socket stays open and pings are answered; the truth goes on."""
        state = self._state(exchange)
        rule = Stall(topic, self._key(exchange, symbol))
        same = [r for r in state.rules if isinstance(r, Stall) and (r.topic, r.symbol) == (rule.topic, rule.symbol)]
        if on and not same:
            state.rules.append(rule)
        elif not on:
            everything = topic is None and symbol is None
            state.rules = [r for r in state.rules if not (isinstance(r, Stall) and (everything or r in same))]

    def skip(self, exchange: str, topic: str | None = None, symbol: str | None = None, count: int | None = 1) -> None:
        """Lose the next data frames."""
        self._add(exchange, Skip(topic, self._key(exchange, symbol), count))

    def duplicate(
        self, exchange: str, topic: str | None = None, symbol: str | None = None, count: int | None = 1
    ) -> None:
        """Send the next data frames twice."""
        self._add(exchange, Duplicate(topic, self._key(exchange, symbol), count))

    def reorder(
        self, exchange: str, topic: str | None = None, symbol: str | None = None, count: int | None = 1
    ) -> None:
        """Swap the next data frame with the one that follows it on its topic."""
        self._add(exchange, Reorder(topic, self._key(exchange, symbol), count))

    def corrupt(
        self, exchange: str, topic: str | None = None, symbol: str | None = None, count: int | None = 1
    ) -> None:
        """Send a wrong number in the next data frames."""
        self._add(exchange, Corrupt(topic, self._key(exchange, symbol), count))

    def truncate(
        self, exchange: str, topic: str | None = None, symbol: str | None = None, count: int | None = 1
    ) -> None:
        """Send only half of the bytes of the next data frames."""
        self._add(exchange, Truncate(topic, self._key(exchange, symbol), count))

    def wrong_checksum(self, exchange: str, symbol: str | None = None, count: int | None = 1) -> None:
        """Send a wrong checksum in the next book frames that carry one."""
        self._add(exchange, WrongChecksum("depth", self._key(exchange, symbol), count))

    def garbage(
        self,
        exchange: str,
        count: int = 1,
        kind: str = "json",
        topic: str | None = None,
        symbol: str | None = None,
    ) -> None:
        """Send rubbish ahead of the next data frames; the true frames follow unharmed.

        Args:
            kind: "json" (broken off), "text" (an HTML page), "types" (objects in place of numbers), "nan", or
                "binary" (bytes that are no message).
        """
        if kind not in GARBAGE_KINDS:
            raise ValueError(f"garbage kind {kind!r}: choose one of {', '.join(GARBAGE_KINDS)}")
        self._add(exchange, Garbage(topic, self._key(exchange, symbol), count, kind))

    def reject_subscribe(self, exchange: str, symbol: str, on: bool = True) -> None:
        """Answer subscriptions to a symbol with the venue's error."""
        venue = self._find(exchange).venue
        if on:
            venue.faults.rejected.add(venue.key(symbol))
        else:
            venue.faults.rejected.discard(venue.key(symbol))

    def sequence_reset(self, exchange: str, symbol: str) -> None:
        """Let the book's sequence numbers start again from a small number, as after OKX maintenance.

        Raises:
            ValueError: the venue is not known to do so.
        """
        dialect = self._find(exchange)
        dialect.reset_sequence(dialect.venue.key(symbol))

    # -- HTTP ------------------------------------------------------------------------------------------------

    def http_status(
        self,
        exchange: str,
        status: int,
        count: int | None = None,
        path: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Answer HTTP requests with a status; 0 resets the connection, 200 ends the fault.

        Args:
            path: only requests whose path contains this text.
            retry_after: seconds, sent as the Retry-After header.
        """
        state = self._state(exchange)
        if status == 200:
            state.http = [fault for fault in state.http if path is not None and fault.path != path]
        else:
            state.http.append(HttpFault(status, count, path, retry_after))

    def http_delay(self, exchange: str, delay: float) -> None:
        """Let the answers to HTTP requests take so many seconds more on their way; 0 ends it.

        What an answer tells is what was true when the request came.
        """
        self._state(exchange).http_delay = delay

    def clear(self, exchange: str) -> None:
        """End every fault of an exchange."""
        self._find(exchange).venue.faults = VenueFaults()

    def _state(self, exchange: str) -> VenueFaults:
        return self._find(exchange).venue.faults

    def _key(self, exchange: str, symbol: str | None) -> str | None:
        return None if symbol is None else self._find(exchange).venue.key(symbol)

    def _add(self, exchange: str, rule: Rule) -> None:
        self._state(exchange).rules.append(rule)
