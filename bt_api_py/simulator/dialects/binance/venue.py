"""Binance as far as spot and futures agree: stream connections and their commands, request weight, REST answers.

Source: binance-spot-api-docs, "WebSocket Streams", "General endpoints", July 2026; USD-M futures documentation,
"Websocket Market Streams", "General Info", May 2026.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from ...faults import Frame
from ...instruments import Instrument
from ...limits import SlidingLimit, WeightLimit
from ...market import Market
from ..base import Dialect, Request, Response, UnknownTopicError, json_response
from ..parameters import RestError
from ..topics import Topic
from .account_rest import Handler, signed_answer
from .session import BinanceSession

_MAX_STREAMS = 1024

Route = Callable[[Any, Mapping[str, str]], Any]


class Binance(Dialect[BinanceSession]):
    """Market streams, user streams and REST of one product.

    To declare: `streams` (pattern of a channel -> topic), `arrays` (streams of all markets), `routes` and
    `account_routes` (path -> weight and handler) of REST, `weight_limit`; to write: `weight`, `takes`.
    """

    session_type = BinanceSession
    weight_limit: ClassVar[int]
    streams: ClassVar[Mapping[str, type[Topic]]]
    arrays: ClassVar[Mapping[str, type[Topic]]] = {}
    routes: ClassVar[Mapping[str, Route]]
    account_routes: ClassVar[Mapping[str, tuple[int, Handler]]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connects = SlidingLimit(300, 300.0)
        self._weight = WeightLimit(self.weight_limit)

    def weight(self, path: str, query: Mapping[str, str]) -> int:
        """Return the weight of a public request."""
        raise NotImplementedError

    def wire_symbol(self, item: Instrument) -> str:
        return item.symbol

    # -- sockets ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        if not self.takes(path):
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        if not self._connects.allow(self.venue.now()):
            self.venue.stats.breaches["connects"] += 1
            return json_response(self.error_body(429), 429, {"Retry-After": "60"})
        return None

    def takes(self, path: str) -> bool:
        """Tell whether sockets are served at a path."""
        raise NotImplementedError

    def opened(self, session: BinanceSession) -> None:
        if session.combined:
            # "+" in a query means a space, and "@+08:00" is part of a stream's name
            wanted = session.query.get("streams", "").replace(" ", "+")
        else:
            wanted = session.path.partition("/ws")[2].strip("/")
        self.subscribe(session, [name for name in wanted.split("/") if name])

    def count_inbound(self, session: BinanceSession) -> bool:
        if session.inbound.allow(self.venue.now()):
            return True
        self.venue.stats.breaches["messages per second"] += 1
        session.end(1008, "Too many requests")
        return False

    def on_ping(self, session: BinanceSession, payload: bytes) -> None:
        super().on_ping(session, payload)
        if not session.is_frozen:
            self.count_inbound(session)

    def on_pong(self, session: BinanceSession, payload: bytes) -> None:
        if session.is_frozen:
            return
        super().on_pong(session, payload)
        if self.count_inbound(session) and payload in session.unanswered:
            session.unanswered.clear()  # a pong answers every ping before it too

    def keep_alive(self, session: BinanceSession, now: float) -> None:
        if session.unanswered and now - min(session.unanswered.values()) >= session.pong_within_s:
            self.venue.stats.breaches["pong"] += 1
            session.end(1008, "Pong timeout")
        elif now >= session.next_ping:
            session.next_ping += session.ping_every_s * (1 + (now - session.next_ping) // session.ping_every_s)
            payload = str(int(now * 1000)).encode()
            session.unanswered[payload] = now
            session.transport.ping(payload)

    def received(self, session: BinanceSession, text: str) -> None:
        if self.count_inbound(session):
            self.obey(session, text)

    def obey(self, session: BinanceSession, text: str) -> None:
        """Act on a command of a stream connection."""
        try:
            message = json.loads(text)
        except ValueError:
            session.reply({"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"})
            return
        identity = message.get("id") if isinstance(message, dict) else None
        problem = _problem(message)
        if problem is not None:
            code, words = problem
            session.reply({"code": code, "msg": words} | ({} if identity is None else {"id": identity}))
            return
        method, params = message["method"], message.get("params", [])
        result: Any = None
        if method == "SUBSCRIBE":
            rejected = [name for name in params if name.split("@")[0].upper() in self.venue.faults.rejected]
            if rejected:
                words = f"Invalid request: stream {rejected[0]} is not available"
                session.reply({"code": 2, "msg": words, "id": identity})
                return
            if len(set(session.topics) | set(params)) > _MAX_STREAMS:
                self.venue.stats.breaches["streams"] += 1
                session.reply({"code": 2, "msg": "Invalid request: too many streams", "id": identity})
                return
            self.subscribe(session, params)
        elif method == "UNSUBSCRIBE":
            for name in params:
                self.leave(session, name)
        elif method == "LIST_SUBSCRIPTIONS":
            result = list(session.topics)
        elif method == "SET_PROPERTY":
            session.combined = params[1]
        elif method == "GET_PROPERTY":
            result = session.combined
        session.reply({"result": result, "id": identity})

    def subscribe(self, session: BinanceSession, names: Sequence[str]) -> None:
        """Let a session listen to streams; what does not exist is confirmed like the rest."""
        for name in names[:_MAX_STREAMS]:
            if name in session.topics:
                continue
            topic: Topic | None
            try:
                topic = self.topic(session, name)
            except UnknownTopicError:
                topic = None  # acknowledged like any other, and silent for ever
            if name.split("@")[0].upper() in self.venue.faults.rejected:
                topic = None
            self.join(session, name, topic)

    def resolve(self, session: BinanceSession, name: str) -> tuple[type[Topic], str, str]:
        if name in self.arrays:
            return self.arrays[name], name, ""
        symbol, _, channel = name.partition("@")
        if symbol != symbol.lower():
            raise UnknownTopicError(name)
        item = self.instrument(symbol.upper())
        for pattern, kind in self.streams.items():
            if re.fullmatch(pattern, channel):
                return kind, channel, item.symbol
        raise UnknownTopicError(name)

    def addressed(self, session: BinanceSession, name: str, frame: Frame) -> Frame:
        if not session.combined:
            return frame
        data = b'{"stream":"%s","data":%s}' % (name.encode(), frame.data)
        return Frame(data, frame.kind, frame.topic, frame.channel, frame.symbol)

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        return message.get("stream") if isinstance(message, dict) else None

    def recorded_payload(self, text: str) -> bytes:
        # the recorded text is {"stream": …, "data": …}; its inner part stays as it was written
        return text[text.index('"data":') + len('"data":') : text.rindex("}")].strip().encode()

    # -- REST ------------------------------------------------------------------------------------------------

    def error_body(self, status: int) -> Any:
        if status in (418, 429):
            return {
                "code": -1003,
                "msg": "Too much request weight used; please use WebSocket Streams instead.",
            }
        return {"code": -1000, "msg": "An unknown error occurred while processing the request."}

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        return self.weighed(self.weight(path, query), lambda: recorded or self._respond(path, query))

    def account_answer(self, request: Request) -> Response | None:
        found = signed_answer(self, request)
        return None if found is None else self.weighed(*found)

    def spend(self, request_weight: int) -> tuple[int, int]:
        """Count a weight and return (status, seconds to wait): 200, or 429 and 418 over the limit."""
        status, wait = self._weight.spend(request_weight, self.venue.now())
        stats = self.venue.stats
        stats.weight_used = self._weight.used
        stats.weight_peak = max(stats.weight_peak, self._weight.used)
        if status != 200:
            stats.breaches["banned" if status == 418 else "weight"] += 1
        return status, wait

    def weighed(self, request_weight: int, respond: Callable[[], Response]) -> Response:
        """Count a weight, then answer."""
        status, wait = self.spend(request_weight)
        used = str(self.venue.stats.weight_used)
        headers = {"X-MBX-USED-WEIGHT": used, "X-MBX-USED-WEIGHT-1M": used}
        if status != 200:
            return json_response(self.error_body(status), status, headers | {"Retry-After": str(wait)})
        answer = respond()
        return Response(answer.status, answer.body, {**answer.headers, **headers}, answer.content_type)

    def _respond(self, path: str, query: Mapping[str, str]) -> Response:
        handler = self.routes.get(path)
        if handler is None:
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        try:
            return json_response(handler(self, query))
        except RestError as error:
            return json_response({"code": error.code, "msg": str(error)}, 400)

    def rest_market(self, query: Mapping[str, str]) -> Market:
        """Return the market of a request."""
        return self.venue.market(self.rest_instrument(query).symbol)

    def rest_instrument(self, query: Mapping[str, str]) -> Instrument:
        """Return the instrument of a request."""
        symbol = query.get("symbol")
        if not symbol:
            words = "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
            raise RestError(-1102, words)
        return self._known(symbol)

    def _known(self, symbol: str) -> Instrument:
        if not re.fullmatch(r"[A-Z0-9_.-]{1,20}", symbol):
            raise RestError(
                -1100, "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'."
            )
        try:
            return self.instrument(symbol)
        except UnknownTopicError:
            raise RestError(-1121, "Invalid symbol.") from None

    def chosen(self, query: Mapping[str, str]) -> tuple[list[Instrument], bool]:
        """Return the instruments of a request and whether the answer is a list."""
        if "symbol" in query:
            return [self._known(query["symbol"])], False
        if "symbols" in query:
            try:
                names = json.loads(query["symbols"])
            except ValueError:
                raise RestError(-1100, "Illegal characters found in parameter 'symbols'.") from None
            return [self._known(str(name)) for name in names], True
        return list(self.venue.instruments.values()), True


def _problem(message: Any) -> tuple[int, str] | None:
    if not isinstance(message, dict) or "method" not in message:
        return 2, "Invalid request: missing field `method` at line 1 column 40"
    method, params = message["method"], message.get("params")
    if method in ("SUBSCRIBE", "UNSUBSCRIBE"):
        if not isinstance(params, list) or not all(isinstance(name, str) for name in params):
            return 2, "Invalid request: params must be an array of strings"
    elif method == "SET_PROPERTY":
        if not isinstance(params, list) or len(params) != 2 or params[0] != "combined":
            return 0, "Unknown property"
        if not isinstance(params[1], bool):
            return 1, "Invalid value type: expected Boolean"
    elif method not in ("LIST_SUBSCRIPTIONS", "GET_PROPERTY"):
        return 2, f"Invalid request: unknown variant `{method}`"
    return None
