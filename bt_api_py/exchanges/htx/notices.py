"""The notification sockets of HTX's contracts: commands, pushes and answers that begin with an operation.

Source: HTX USDT-margined contracts API documentation (websocket heartbeat and authentication, orders and accounts,
response codes), state of 2021-06 to 2026.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import field

from ..base import Ack, Answer, Command, Control, Farewell, Ignored, Refusal
from .wire import is_no_market, is_pace

HEAD = b'{"op":"notify","topic":"'
_GOOD = "0"
_KNOWN_ALREADY = "2014"


class Notice(msgspec.Struct):
    """What a frame may hold at its top, whichever kind it is."""

    op: str = ""
    topic: str = ""
    number: str | int | None = field(name="cid", default=None)
    error: str | int = field(name="err-code", default="")
    text: str = field(name="err-msg", default="")
    ts: msgspec.Raw = field(default_factory=msgspec.Raw)

    @property
    def id(self) -> str | None:
        """The number of the command that this answers."""
        return None if self.number is None else str(self.number)

    @property
    def code(self) -> str:
        """What went wrong, ``"0"`` for nothing; empty in what is no answer."""
        return str(self.error)


notice = msgspec.json.Decoder(Notice).decode


def ask(operation: str, topic: str, ids: Iterator[int], **more: str) -> Command:
    """Return a command about one topic."""
    number = str(next(ids))
    frame = {"op": operation, "cid": number, "topic": topic, **more}
    return Command(msgspec.json.encode(frame).decode(), (topic,), number)


def said(frame: Notice) -> Control:
    """Return what a frame without data says."""
    match frame.op:
        case "ping":
            # Its time goes back as it came, text or number.
            return Answer(f'{{"op":"pong","ts":{bytes(frame.ts).decode()}}}')
        case "close":
            return Farewell("the venue closes the socket")
        case "sub" | "unsub" | "auth" if frame.code in (_GOOD, _KNOWN_ALREADY):
            return Ack(id=frame.id, name=frame.topic or frame.op)
        case "sub" | "unsub" | "auth" | "error":
            is_symbol, is_limit = is_no_market(frame.code, frame.text), is_pace(frame.code, frame.text)
            return Refusal(frame.text, frame.id, frame.topic or None, frame.code, is_symbol=is_symbol, is_pace=is_limit)
    return Ignored(frame.op or "frame without operation")
