"""HTX websocket connections: what all have in common, and the market sockets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ...limits import SlidingLimit
from ..base import Dialect, Session, Transport, UnknownTopicError, parse_object

if TYPE_CHECKING:
    from .venue import Htx


class HtxSession(Session):
    """A client: pings are asked of it, and must be answered."""

    dialect: Htx
    ping_every_s: ClassVar[int] = 5
    most_pings: ClassVar[int] = 2  # that a client may leave unanswered

    def __init__(
        self,
        dialect: Dialect[Any],
        transport: Transport,
        path: str,
        query: Mapping[str, str],
        number: int,
    ) -> None:
        super().__init__(dialect, transport, path, query, number)
        self.next_ping = self.opened + self.ping_every_s
        self.pings: list[int] = []  # unanswered

    def ask(self, stamp: int) -> None:
        """Send a ping."""
        self.reply({"ping": stamp})

    def answered(self, stamp: Any) -> None:
        """Take the answer to a ping: its time must come back as it was sent."""
        if stamp in self.pings:
            self.pings.clear()

    def end_unanswered(self) -> None:
        """End a connection whose client left pings unanswered."""
        self.end(1003, f"ping check expired, session: {self.number}")

    def received(self, text: str) -> None:
        """Act on a message."""
        raise NotImplementedError

    def is_too_often(self) -> bool:
        """Count a subscription and tell whether it is one too many."""
        return False


class MarketSession(HtxSession):
    """A client of a market socket."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.requests = SlidingLimit(1, 0.1)

    def received(self, text: str) -> None:
        try:
            message = parse_object(text)
        except ValueError:
            self._error({}, "error json")
            return
        if "pong" in message:
            self.answered(message["pong"])
        elif "ping" in message:
            self.reply({"pong": message["ping"]})
        elif isinstance(message.get("sub"), str):
            self._subscribe(message)
        elif isinstance(message.get("unsub"), str):
            self._unsubscribe(message)
        elif isinstance(message.get("req"), str):
            self._request(message)
        else:
            self._error(message, "invalid request")

    def topic_name(self, name: str, message: Mapping[str, Any]) -> str:
        """Return the name under which a subscription is kept."""
        return name

    def _subscribe(self, message: Mapping[str, Any]) -> None:
        name = self.topic_name(message["sub"], message)
        if self.is_too_often():
            self._error(message, "429 too many request")
            return
        try:
            topic = self.topics.get(name) or self.dialect.topic(self, name)
            if topic.key in self.dialect.venue.faults.rejected:
                self.dialect.spare_topic(topic)
                raise UnknownTopicError(f"invalid symbol {self.dialect.written(topic.key)}")
        except UnknownTopicError as error:
            self._error(message, str(error))
            return
        self._accept(message, subbed=message["sub"])
        if name not in self.topics:
            self.dialect.join(self, name, topic)

    def _unsubscribe(self, message: Mapping[str, Any]) -> None:
        if not self.dialect.leave(self, self.topic_name(message["unsub"], message)):
            self._error(message, f"unsub with not subbed topic {message['unsub']}")
            return
        self._accept(message, unsubbed=message["unsub"])

    def _request(self, message: Mapping[str, Any]) -> None:
        name, venue = message["req"], self.dialect.venue
        if not self.requests.allow(venue.now()):
            venue.stats.breaches["req interval"] += 1
            self._error(message, "429 too many request")
            return
        try:
            _, channel, key = self.dialect.resolve(self, name)
            data = self.dialect.requested(name, channel, venue.market(key), message)
        except UnknownTopicError as error:
            self._error(message, str(error))
            return
        answer = {"rep": name, "status": "ok", "ts": venue.now_ms(), "data": data}
        self.reply(_identity(message) | answer)

    def _accept(self, message: Mapping[str, Any], **named: str) -> None:
        self.reply(_identity(message) | {"status": "ok"} | named | {"ts": self.dialect.venue.now_ms()})

    def _error(self, message: Mapping[str, Any], words: str) -> None:
        answer = {"status": "error", "ts": self.dialect.venue.now_ms()} | _identity(message)
        self.reply(answer | {"err-code": "bad-request", "err-msg": words})


def _identity(message: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": message["id"]} if "id" in message else {}
