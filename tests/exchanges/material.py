"""Frames for the tests: our own small ones, and recorded traffic where it is at hand."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bt_api_py.exchanges.base import Exchange

ROOT = Path(__file__).resolve().parents[2]
FRAMES = ROOT / "tests" / "frames"
CAPTURES = ROOT.parent / "shared" / "captures"


class Message(NamedTuple):
    """One thing that a venue sent."""

    received: float
    kind: str
    url: str
    text: str

    @property
    def payload(self) -> bytes:
        """The text as bytes, as `Exchange.decode` takes it."""
        return self.text.encode()

    @property
    def plain(self) -> Any:
        """The text read by the standard library, which shares nothing with the decoders under test."""
        return json.loads(self.text)


@cache
def recorded(name: str) -> tuple[Message, ...]:
    """Return everything that the venue sent in a recording; skip the test where the recordings are missing."""
    path = CAPTURES / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"recorded traffic is not at hand: {path}")
    with gzip.open(path, "rt") as lines:
        rows = [json.loads(line) for line in lines]
    return tuple(Message(row["t"], row["kind"], row["url"], row["data"]) for row in rows if row["dir"] == "in")


def own_frames(venue: str) -> list[bytes]:
    """Return our own frames of a venue, one per channel and kind of answer."""
    return [
        line.encode() for path in sorted((FRAMES / venue).glob("*.jsonl")) for line in path.read_text().splitlines()
    ]


def objects(exchange: Exchange, payload: str | bytes, received: float = 0.0) -> list[Any]:
    """Return what a frame says, without the names."""
    payload = payload.encode() if isinstance(payload, str) else payload
    return [item for _, item in exchange.decode(payload, received)]


def only(exchange: Exchange, payload: str | bytes, received: float = 0.0) -> Any:
    """Return the one thing that a frame says."""
    (item,) = objects(exchange, payload, received)
    return item


def values(item: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return what the getters of these names give."""
    return {name: getattr(item, f"get_{name}")() for name in names}


def reordered(payload: bytes) -> bytes:
    """Return the same JSON with the keys of every object turned round and blanks between everything."""

    def turn(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turn(value[key]) for key in reversed(value)}
        return [turn(entry) for entry in value] if isinstance(value, list) else value

    # Numbers are carried as they stand, since a float would lose digits of the price.
    marked = json.loads(payload, parse_float=_Text, parse_int=_Text)
    text = json.dumps(turn(marked), separators=(" ,  ", " : "), indent=1, ensure_ascii=False)
    return text.replace(f'"{_MARK}', "").replace(f'{_MARK}"', "").encode()


_MARK = "\x7f"


class _Text(str):
    """A number of JSON, kept as its text between two marks that no venue sends."""

    __slots__ = ()

    def __new__(cls, text: str) -> _Text:
        return super().__new__(cls, f"{_MARK}{text}{_MARK}")
