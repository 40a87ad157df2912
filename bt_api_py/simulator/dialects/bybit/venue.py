"""What all categories of Bybit share: public and private websockets, public and signed REST.

Source: Bybit v5 documentation, "Connect", "Public streams", "Market", "Rate limit rules", July 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ...account import Account
from ...instruments import Instrument
from ...limits import SlidingLimit
from ...market import Market
from ..base import Dialect, Request, Response, UnknownTopicError, json_response, parse_object
from ..numbers import BookNumbers
from ..parameters import RestError
from ..topics import Topic
from .account_rest import answer_signed
from .figures import INTERVALS
from .private import PRIVATE_PATH, PrivateSession
from .rest import ROUTES, TIME, check_category
from .session import BybitSession
from .streams import CHANNELS, Candles

_IDLE_S = 600
_BANNED_S = 600
_MOST_LETTERS = 21_000  # of all arguments of a connection
_FIRST_NUMBERS = {1: 4_000_000_000, 50: 1_000_000_000, 200: 2_000_000_000, 1000: 3_000_000_000}


class Bybit(Dialect[BybitSession]):
    """Market data and accounts of one category of Bybit."""

    hosts = ("api.bybit.com", "stream.bybit.com")
    session_type = BybitSession
    intervals = INTERVALS
    timeless = frozenset({TIME, "/v5/market/instruments-info"})
    category: ClassVar[str]
    channels: ClassVar[Mapping[str, type[Topic]]] = CHANNELS
    args_per_command: ClassVar[int | None] = None
    longest_trades: ClassVar[int] = 1000  # of a list by REST
    usual_levels: ClassVar[int] = 25  # of a book by REST
    direction: ClassVar[Mapping[str, str]] = {}  # which way the price went, where trades tell it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connects = SlidingLimit(500, 300.0)
        self._calls = SlidingLimit(600, 5.0)
        self._banned_until = 0.0
        self.numbers = BookNumbers(_FIRST_NUMBERS)

    def wire_symbol(self, item: Instrument) -> str:
        return item.symbol

    def instrument_row(self, item: Instrument) -> dict[str, Any]:
        """Return a market of the list."""
        raise NotImplementedError

    def ticker_row(self, market: Market, ms: int) -> dict[str, str]:
        """Return a ticker of a list, as it is at that time."""
        raise NotImplementedError

    def update_of(self, key: str, sequence: int) -> int:
        return self.numbers.update_of(key, sequence)

    # -- sockets ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        if path not in (f"/v5/public/{self.category}", PRIVATE_PATH):
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        if not self._connects.allow(self.venue.now()):
            self.venue.stats.breaches["connects"] += 1
            return Response(403, b"access too frequent", content_type="text/plain")
        return None

    def session_for(self, path: str) -> type[BybitSession]:
        return PrivateSession if path == PRIVATE_PATH else BybitSession

    def keep_alive(self, session: BybitSession, now: float) -> None:
        if now - max(session.heard, session.last_sent) >= _IDLE_S:
            self.venue.stats.breaches["idle"] += 1
            session.end(1000, "idle")

    def received(self, session: BybitSession, text: str) -> None:
        session.heard = self.venue.now()
        try:
            message = parse_object(text)
        except ValueError:
            message = {}
        operation, args = message.get("op"), message.get("args")
        if operation == "ping":
            session.reply(session.pong(message))
        elif operation == "auth" and isinstance(session, PrivateSession):
            session.log_in(args)
        elif operation not in ("subscribe", "unsubscribe") or not isinstance(args, list) or not args:
            self.refuse(session, message, "error:invalid op")
        elif isinstance(session, PrivateSession):
            names = [str(arg) for arg in args]
            (session.subscribe if operation == "subscribe" else session.unsubscribe)(message, names)
        elif self.args_per_command is not None and len(args) > self.args_per_command:
            self.venue.stats.breaches["args"] += 1
            self.refuse(session, message, f"args size >{self.args_per_command}")
        elif operation == "subscribe":
            self._subscribe(session, message, [str(arg) for arg in args])
        else:
            for arg in args:
                self.leave(session, str(arg))
            self.acknowledge(session, message)

    def pong(self, session: BybitSession, message: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a ping on a public socket."""
        raise NotImplementedError

    def _subscribe(self, session: BybitSession, message: Mapping[str, Any], names: list[str]) -> None:
        if sum(map(len, {*session.topics, *names})) > _MOST_LETTERS:
            self.venue.stats.breaches["letters"] += 1
            self.refuse(session, message, "error:args length exceeded")
            return
        found = {}
        for name in names:
            if name in session.topics or name in found:
                self.refuse(session, message, f"error:already subscribed,topic:{name}")
                return
            try:
                if name.rpartition(".")[2] in self.venue.faults.rejected:
                    raise UnknownTopicError(name)
                found[name] = self.topic(session, name)
            except UnknownTopicError:
                # One that is wrong costs all of them.
                self.refuse(session, message, f"error:handler not found,topic:{name}")
                for topic in found.values():
                    if not topic.sessions:
                        topic.stop()
                        self.topics.pop(topic.name, None)
                return
        self.acknowledge(session, message)
        for name, topic in found.items():
            self.join(session, name, topic)

    def acknowledge(self, session: BybitSession, message: Mapping[str, Any]) -> None:
        """Answer that a command was carried out."""
        session.reply(self._answer(session, message, success=True, words=self.accepted(message)))

    def accepted(self, message: Mapping[str, Any]) -> str:
        """Return what is said of a command that was carried out."""
        return ""

    def refuse(self, session: BybitSession, message: Mapping[str, Any], words: str) -> None:
        """Answer with an error."""
        session.reply(self._answer(session, message, success=False, words=words))

    def _answer(
        self, session: BybitSession, message: Mapping[str, Any], *, success: bool, words: str
    ) -> dict[str, Any]:
        head = {"success": success, "ret_msg": words, "conn_id": session.connection}
        return head | {"req_id": message.get("req_id", ""), "op": message.get("op", "")}

    def resolve(self, session: BybitSession, name: str) -> tuple[type[Topic], str, str]:
        channel, _, symbol = name.rpartition(".")
        word, _, interval = channel.partition(".")
        kind = Candles if word == "kline" and interval in self.intervals else self.channels.get(channel)
        if kind is None:
            raise UnknownTopicError(name)
        return kind, channel, self.instrument(symbol).symbol

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        if not isinstance(message, dict) or "data" not in message:
            return None
        topic = message.get("topic")
        return topic if isinstance(topic, str) else None

    # -- REST ------------------------------------------------------------------------------------------------

    def error_body(self, status: int) -> Any:
        code, words = (10006, "Too many visits!") if status == 429 else (10016, "Server error.")
        return self._envelope(code, words, {})

    def _envelope(self, code: int, words: str, result: Any) -> dict[str, Any]:
        head = {"retCode": code, "retMsg": words, "result": result, "retExtInfo": {}}
        return head | {"time": self.venue.server_ms()}

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        if self._is_too_often():
            return Response(403, b"access too frequent", content_type="text/plain")
        if recorded is not None:
            return recorded
        handler = ROUTES.get(path)
        if handler is None:
            return Response(404)

        def answered() -> Any:
            if path != TIME:
                check_category(self, query)
            return handler(self, query)

        return self._told(answered)

    def account_answer(self, request: Request) -> Response | None:
        return answer_signed(self, request)

    def answer(self, work: Callable[[], Any]) -> Response:
        """Count a call and return what the work gives, or the error that it raises, in the venue's envelope."""
        if self._is_too_often():
            return Response(403, b"access too frequent", content_type="text/plain")
        return self._told(work)

    def _told(self, work: Callable[[], Any]) -> Response:
        try:
            return json_response(self._envelope(0, "OK", work()))
        except RestError as error:
            return json_response(self._envelope(error.code, str(error), {}))

    def markets_of(self, account: Account) -> list[Market]:
        """Return the markets in which an account has positions."""
        return [self.venue.market(held.symbol) for held in account.positions()]

    def _is_too_often(self) -> bool:
        """Count a call; who made too many is turned away for ten minutes."""
        now = self.venue.now()
        if now < self._banned_until:
            return True
        if self._calls.allow(now):
            return False
        self.venue.stats.breaches["rest"] += 1
        self._banned_until = now + _BANNED_S
        return True
