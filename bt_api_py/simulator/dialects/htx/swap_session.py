"""The websocket connections of HTX's contracts: market and index sockets, and the notifications with their own words.

Source: HTX USDT-margined contracts API reference, "WebSocket Heartbeat and Authentication", "Response code", 2021 to
2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ...limits import SlidingLimit
from ..base import UnknownTopicError, parse_object
from .session import HtxSession, MarketSession
from .swap_streams import INCREMENTAL

_SUBS_PER_S = 40


class _Contracts(HtxSession):
    """A client of any of the sockets."""

    most_pings: ClassVar[int] = 5

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._subs = SlidingLimit(_SUBS_PER_S, 1.0)

    def is_too_often(self) -> bool:
        if self._subs.allow(self.dialect.venue.now()):
            return False
        self.dialect.venue.stats.breaches["subscriptions per second"] += 1
        return True


class SwapSession(_Contracts, MarketSession):
    """A client of the market or the index socket."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.requests = SlidingLimit(50, 1.0)

    def topic_name(self, name: str, message: Mapping[str, Any]) -> str:
        return name + INCREMENTAL if message.get("data_type") == "incremental" else name


class NotificationSession(_Contracts):
    """A client of the notifications."""

    def ask(self, stamp: int) -> None:
        self.reply({"op": "ping", "ts": str(stamp)})

    def end_unanswered(self) -> None:
        self.reply({"op": "close", "ts": self.dialect.venue.now_ms()})
        super().end_unanswered()

    def received(self, text: str) -> None:
        try:
            message = parse_object(text)
        except ValueError:
            message = {}
        operation, topic = message.get("op"), message.get("topic")
        if operation == "pong":
            if str(message.get("ts")).isdecimal():
                self.answered(int(message["ts"]))
        elif operation == "auth":
            self.log_in(message)
        elif operation not in ("sub", "unsub") or not isinstance(topic, str):
            self.reply({"op": "error", "ts": self.dialect.venue.now_ms()})
        else:
            self.command(message, operation, topic)

    def log_in(self, message: Mapping[str, Any]) -> None:
        """Take a login."""
        raise NotImplementedError

    def command(self, message: Mapping[str, Any], operation: str, topic: str) -> None:
        """Carry out a command about one topic."""
        if operation == "sub":
            self.subscribe(message, topic)
        elif self.dialect.leave(self, topic):
            self.answer(message)
        else:
            self.answer(message, 2012, "Topic not subscribed.")

    def subscribe(self, message: Mapping[str, Any], name: str) -> None:
        """Answer a subscription, and carry it out where it is right."""
        if self.is_too_often():
            self.answer(message, 2004, "Number of visits exceeds limit.")
            return
        if name in self.topics:
            self.answer(message, 2014, "Repeated subscription.")
            return
        try:
            topic = self.dialect.topic(self, name)
            if topic.key in self.dialect.venue.faults.rejected:
                self.dialect.spare_topic(topic)
                raise UnknownTopicError(f"invalid symbol {name}")
        except UnknownTopicError as error:
            is_market = "symbol" in str(error)
            self.answer(message, *((2011, "Contract doesn't exist.") if is_market else (2010, "Topic error.")))
            return
        self.answer(message)
        self.dialect.join(self, name, topic)

    def answer(self, message: Mapping[str, Any], code: int = 0, words: str = "", **more: Any) -> None:
        """Answer a command."""
        named = {word: message[word] for word in ("op", "cid", "type", "topic") if word in message}
        text = {"err-msg": words} if words else {}
        self.reply(named | {"ts": self.dialect.venue.now_ms(), "err-code": code} | text | more)
