"""The public side of HTX as far as spot and contracts agree: topics, commands and answers on the market sockets.

Source: HTX spot API documentation and USDT-margined contracts API documentation (websocket market data), last public
state of 2021-06, compared with clients of 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from operator import attrgetter

import msgspec

from ...exceptions import BtApiError
from ..base import Ack, Alive, Answer, Command, Control, Exchange, Ignored, Refusal, until
from .wire import Outcome, command, failure, is_no_market, is_pace

_HEAD = b'{"ch":"'
_TOPIC = re.compile(r"market\.[\w.-]*\w")

by_id = attrgetter("trade_id")
by_opening = attrgetter("opened_s")


class Envelope(Outcome):
    """What a frame may hold at its top, whichever kind it is."""

    ch: str | None = None
    rep: str | None = None
    id: str | int | None = None
    ping: str | int | None = None
    pong: str | int | None = None
    subbed: str | None = None
    unsubbed: str | None = None


_envelope = msgspec.json.Decoder(Envelope).decode


class HtxMarkets(Exchange):
    """Bars of a day and more open at midnight in UTC+8, 16:00 UTC, and no bar is ever marked as closed."""

    heads_lead = True
    intervals = {
        **{f"{count}m": f"{count}min" for count in (1, 5, 15, 30)},
        "1h": "60min",
        "4h": "4hour",
        "1d": "1day",
        "1w": "1week",
        "1M": "1mon",
    }

    def head(self, payload: bytes) -> bytes | None:
        return until(payload, b'"', len(_HEAD)) if payload.startswith(_HEAD) else None

    def route(self, payload: bytes) -> str | None:
        frame = _envelope(payload)
        if frame.ch is not None:
            return frame.ch
        is_book = frame.rep is not None and ".mbp." in frame.rep and frame.status == "ok"
        return frame.rep if is_book else None

    def split(self, name: str) -> tuple[str, str, str]:
        _, _, rest = name.partition(".")
        symbol, _, word = rest.partition(".")
        if word.startswith("kline."):
            return "kline", symbol, word.removeprefix("kline.")
        return word, symbol, ""

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [command("sub", name, ids) for name in names]

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [command("unsub", name, ids) for name in names]

    def control(self, payload: bytes) -> list[Control]:
        frame = _envelope(payload)
        if frame.ping is not None:
            return [Answer(msgspec.json.encode({"pong": frame.ping}).decode())]
        if frame.pong is not None:
            return [Alive()]
        number = None if frame.id is None else str(frame.id)
        if frame.status == "error":
            text, code = frame.error_text, str(frame.error_code)
            name = match[0] if (match := _TOPIC.search(text)) else None
            is_symbol = is_no_market(code, text)
            return [Refusal(text, number, name, code, is_symbol=is_symbol, is_pace=is_pace(code, text))]
        name = frame.subbed or frame.unsubbed
        if name is not None:
            return [Ack(id=number, name=name)]
        return [Ignored("answer to a request" if frame.rep else "frame without channel or status")]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)
