"""Bitget websocket connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...limits import SlidingLimit
from ..base import Session, UnknownTopicError

if TYPE_CHECKING:
    from . import BitgetSpot


class BitgetSession(Session):
    """A client of the public socket, which has to ping and may not be hasty."""

    dialect: BitgetSpot

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.messages = SlidingLimit(10, 1.0)
        self.requests = SlidingLimit(240, 3600.0)
        self.pinged = self.opened

    def act(self, operation: str, arg: Mapping[str, Any]) -> None:
        """Carry out one argument of a command, and answer.

        Raises:
            UnknownTopicError: there is no such topic.
        """
        name = f"{arg.get('channel')}:{arg.get('instId')}"
        if operation == "unsubscribe":
            self.dialect.leave(self, name)
        else:
            symbol = self.dialect.venue.key(str(arg.get("instId")))
            if arg.get("instType") != "SPOT" or symbol in self.dialect.venue.faults.rejected:
                raise UnknownTopicError(name)
            topic = self.dialect.topic(self, name)
            if name not in self.topics:
                self.dialect.join(self, name, topic)
        self.reply({"event": operation, "arg": arg})

    def refuse(
        self,
        code: int,
        words: str,
        about: Mapping[str, Any] | None = None,
        command: Mapping[str, Any] | None = None,
    ) -> None:
        """Answer with an error: what it is about, where that is known, and of which command."""
        self.reply({"event": "error", **(about or {}), "code": code, "msg": words, **(command or {})})
