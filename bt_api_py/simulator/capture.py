"""Playback of recorded traffic: the frames of a capture file, served in the venue's own dialect.

A capture is JSON lines (gzip if the name ends in .gz): `t` in epoch seconds, `dir`, `kind`, `url`, `data`.
"""

import gzip
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from weakref import WeakKeyDictionary

from .dialects.base import Dialect, Response, Session, UnknownTopicError
from .dialects.topics import Topic
from .faults import DATA, Frame
from .instruments import Instrument, canonical, split


@dataclass(slots=True)
class Recording:
    """What a capture holds of one exchange.

    Attributes:
        start: time of the first line, epoch seconds.
        frames: by topic name, (time, payload text) in the recorded order.
        responses: (path, query, body), in the recorded order.
    """

    start: float
    frames: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    responses: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    def symbols(self) -> list[str]:
        """Return the keys (BTCUSDT) of the symbols that have frames."""
        found = {key: None for name in self.frames if (key := _symbol_in(name))}
        return list(found)


class CaptureError(ValueError):
    """A file that is no capture, or one of an exchange that the simulator does not speak."""


def read_capture(path: str | Path, dialects: Iterable[type[Dialect[Any]]]) -> dict[str, Recording]:
    """Return what a capture file holds, by exchange name.

    Raises:
        CaptureError: a line does not fit the format, or no line belongs to a known exchange.
    """
    by_host = {host: dialect for dialect in dialects for host in dialect.hosts}
    found: dict[str, Recording] = {}
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                moment, direction, kind = float(row["t"]), row["dir"], row["kind"]
                url, data = urlsplit(row["url"]), row["data"]
            except (ValueError, KeyError, TypeError) as error:
                raise CaptureError(f"{path}, line {number}: {error}") from None
            dialect = by_host.get(url.hostname or "")
            if dialect is None or direction != "in":
                continue
            recording = found.setdefault(dialect.name, Recording(moment))
            if kind == "http":
                recording.responses.append((url.path, dict(parse_qsl(url.query)), data))
            elif (name := _name_of(dialect, data)) is not None:
                recording.frames.setdefault(name, []).append((moment, data))
    if not found:
        raise CaptureError(f"{path}: no traffic of {', '.join(sorted(d.name for d in dialects))}")
    return found


def _name_of(dialect: type[Dialect[Any]], data: str) -> str | None:
    try:
        return dialect.recorded_name(json.loads(data))
    except ValueError:
        return None  # a text heartbeat


def _symbol_in(name: str) -> str | None:
    """Return the key of the symbol inside a topic name: {"instId":…}, market.btcusdt.…, trades.BTC-USD, btcusdt@…"""
    if name.startswith("{"):
        return canonical(str(json.loads(name).get("instId", ""))) or None
    if name.startswith("market."):
        parts = name.split(".")
        return canonical(parts[1]) if len(parts) > 2 else None
    if "." in name:
        return canonical(name.split(".")[1])
    return None if name.startswith("!") else canonical(name.partition("@")[0])


class Playback:
    """Serves one recording to every client that asks.

    Args:
        rate: speed against the recorded time; 0: everything at once.

    Each session has its own playback, which starts with its first subscription; a topic that joins later
    catches up.
    """

    def __init__(self, recording: Recording, rate: float) -> None:
        self.recording = recording
        self.rate = rate
        self._playing: dict[PlayedTopic, None] = {}
        self._started: WeakKeyDictionary[Session, float] = WeakKeyDictionary()

    def instruments(self) -> dict[str, Instrument]:
        """Return the recorded symbols as instruments, for what the recording does not answer itself."""
        found = {}
        for key in self.recording.symbols():
            try:
                base, quote = split(key)
            except ValueError:
                continue  # derivatives and other names that are no pair
            found[key] = Instrument(base, quote, 8, 8, 10**8, 10**8, 0.0, 10, 10)
        return found

    def topic(self, dialect: Dialect[Any], session: Session, name: str) -> Topic:
        """Return the frames of a topic for one session.

        Raises:
            UnknownTopicError: neither the recording nor the venue knows the topic.
        """
        frames = self.recording.frames.get(name, [])
        try:
            served, channel, key = dialect.resolve(session, name)
            kind = served.kind
        except UnknownTopicError:
            if not frames:
                raise
            kind, channel, key = "", name, _symbol_in(name) or ""  # recorded, so the venue had it
        topic = PlayedTopic(dialect, name, channel, key)
        topic.kind = kind
        topic.play_from(self, frames, self._started.setdefault(session, dialect.venue.now()))
        self._playing[topic] = None
        return topic

    def due(self, started: float, moment: float) -> float:
        """Return when a frame recorded at that moment is to be sent."""
        return started if self.rate <= 0 else started + (moment - self.recording.start) / self.rate

    def tick(self, now: float) -> None:
        """Send what is due, in the recorded order within each topic."""
        for topic in list(self._playing):
            topic.play(now)

    def forget(self, topic: "PlayedTopic") -> None:
        """Stop playing a topic."""
        self._playing.pop(topic, None)

    def response(self, path: str, query: Mapping[str, str]) -> Response | None:
        """Return the recorded answer to a request.

        An exact match of path and query wins; else the same endpoint for the same symbol, whatever its
        version and its other parameters.
        """
        for recorded_path, recorded_query, body in self.recording.responses:
            if recorded_path == path and recorded_query == dict(query):
                return Response(200, body.encode())
        for recorded_path, recorded_query, body in self.recording.responses:
            if _endpoint(recorded_path) == _endpoint(path) and _subject(recorded_query) == _subject(query):
                return Response(200, body.encode())
        return None


class PlayedTopic(Topic):
    """The recorded frames of one topic, for one session."""

    def play_from(self, playback: Playback, frames: Sequence[tuple[float, str]], started: float) -> None:
        """Begin; the session's playback started at that time."""
        self._playback = playback
        self._frames = frames
        self._started = started
        self._next = 0

    def stop(self) -> None:
        self._playback.forget(self)

    def play(self, now: float) -> None:
        """Send the frames that are due."""
        while self._next < len(self._frames) and self.sessions:
            moment, text = self._frames[self._next]
            if self._playback.due(self._started, moment) > now:
                return
            self._next += 1
            frame = Frame(self.dialect.recorded_payload(text), DATA, self.kind, self.channel, self.key)
            for session in list(self.sessions):
                session.push(self.dialect.addressed(session, self.name, frame))


def _endpoint(path: str) -> str:
    """Return a path without its API version: /api/v3/depth and /api/v1/depth are the same endpoint."""
    return "/".join(part for part in path.split("/") if not re.fullmatch(r"v\d+", part))


def _subject(query: Mapping[str, str]) -> tuple[str | None, ...]:
    return tuple(query.get(name) for name in ("symbol", "instId", "instType", "uly", "type"))
