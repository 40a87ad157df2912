"""OKX v5 spot: public and business websockets, public REST.

Source: OKX v5 documentation, "WebSocket overview", "Order book trading", "Public data", July 2026.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...instruments import Instrument, listed
from ...limits import SlidingLimit
from ...market import Market
from ..base import Dialect, Response, Session, Transport, UnknownTopicError, json_response, parse_object
from ..topics import Topic
from .figures import _bars
from .rest import ROUTES, RestError
from .streams import CHANNELS, AllTrades, Candles, Instruments

_DECIMALS = {"BTCUSDT": (1, 8), "BTCUSDC": (1, 8), "BNBUSDT": (1, 6)}
_QUIET = 120
_IDLE_S = 30
_MAX_ARGS_BYTES = 64 * 1024


class OkxSession(Session):
    """A client of the public or the business socket."""

    def __init__(
        self,
        dialect: "Dialect[Any]",
        transport: Transport,
        path: str,
        query: Mapping[str, str],
        number: int,
    ) -> None:
        super().__init__(dialect, transport, path, query, number)
        self.socket = path.rsplit("/", 1)[1]
        self.connection = f"{dialect.venue.random.getrandbits(32):08x}"
        self.requests = SlidingLimit(480, 3600.0)


@dataclass(slots=True)
class _Numbering:
    """How a book's sequence numbers follow from the market's update numbers: sequence = update - base."""

    base: int
    from_update: int


class OkxSpot(Dialect[OkxSession]):
    """Spot market data of OKX."""

    name = "OKX___SPOT"
    hosts = ("www.okx.com", "openapi.okx.com", "ws.okx.com")
    session_type = OkxSession
    intervals = _bars()
    timeless = frozenset({"/api/v5/public/time", "/api/v5/public/instruments"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connects = SlidingLimit(3, 1.0)
        self._rest_limits: dict[str, SlidingLimit] = {}
        self._numbering: dict[str, list[_Numbering]] = {}

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        return listed(seed, _QUIET, _DECIMALS)

    def wire_symbol(self, item: Instrument) -> str:
        return f"{item.base}-{item.quote}"

    # -- sequence numbers ------------------------------------------------------------------------------------

    def sequence(self, key: str, update: int) -> int:
        """Return the sequence number of an update that happens now."""
        numbering = self._numbering.get(key)
        return update - numbering[-1].base if numbering else update

    def reset_sequence(self, key: str) -> None:
        update = self.venue.market(key).update_id
        small = 3  # an arbitrary low number for the last update; the next one is greater by one or more
        self._numbering.setdefault(key, [_Numbering(0, 0)]).append(_Numbering(update - small, update))

    def update_of(self, key: str, sequence: int) -> int:
        end = self.venue.market(key).update_id
        for numbering in reversed(self._numbering.get(key, [])):
            if numbering.from_update <= sequence + numbering.base <= end:
                return sequence + numbering.base
            end = numbering.from_update
        return sequence

    def sequence_of(self, key: str) -> int:
        return self.sequence(key, self.venue.market(key).update_id)

    # -- sockets ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        if path not in ("/ws/v5/public", "/ws/v5/business"):
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        if not self._connects.allow(self.venue.now()):
            self.venue.stats.breaches["connects"] += 1
            return json_response(self.error_body(429), 429)
        return None

    def keep_alive(self, session: OkxSession, now: float) -> None:
        if now - session.last_sent >= _IDLE_S:
            self.venue.stats.breaches["idle"] += 1
            session.end(4004, "No data received in 30s.")

    def announce_end(self, session: OkxSession) -> None:
        words = "The connection will soon be closed for a service upgrade. Please reconnect."
        session.reply({"event": "notice", "code": "64008", "msg": words, "connId": session.connection})

    def received(self, session: OkxSession, text: str) -> None:
        if text == "ping":
            session.reply(b"pong")
            return
        try:
            message = parse_object(text)
        except ValueError:
            message = {}
        operation, args = message.get("op"), message.get("args")
        is_valid = operation in ("subscribe", "unsubscribe", "login") and isinstance(args, list) and args
        if not is_valid or len(text.encode()) > _MAX_ARGS_BYTES:
            self._error(session, message, "60012", f"Invalid request: {text[:200]}")
            return
        if not session.requests.allow(self.venue.now()):
            self.venue.stats.breaches["requests per hour"] += 1
            self._error(session, message, "60014", "Requests too frequent.")
            return
        if operation == "login":
            self._error(session, message, "60008", "Login is not supported on this URL.")
            return
        assert isinstance(args, list)
        for arg in args:
            if not isinstance(arg, dict) or not isinstance(arg.get("channel"), str):
                self._error(session, message, "60013", "Invalid args.")
            elif operation == "subscribe":
                self._subscribe(session, message, arg)
            else:
                self.leave(session, _name(arg))
                self._acknowledge(session, message, arg)

    def _subscribe(self, session: OkxSession, message: Mapping[str, Any], arg: dict[str, Any]) -> None:
        channel, name = arg["channel"], _name(arg)
        if channel in ("books-l2-tbt", "books50-l2-tbt") and self.playback is None:
            self._error(session, message, "64003", "Your trading fee tier doesn't meet the requirement.")
            return
        rejected = str(arg.get("instId", "")).replace("-", "") in self.venue.faults.rejected
        try:
            if rejected:
                raise UnknownTopicError(name)
            topic = session.topics.get(name) or self.topic(session, name)
        except UnknownTopicError:
            parts = ",".join(f"{key}:{value}" for key, value in arg.items())
            words = "doesn't exist. Please use the correct URL, channel and parameters referring to API document."
            self._error(session, message, "60018", f"Wrong URL or {parts} {words}")
            return
        self._acknowledge(session, message, arg)
        if name not in session.topics:
            self.join(session, name, topic)

    def _acknowledge(self, session: OkxSession, message: Mapping[str, Any], arg: Mapping[str, Any]) -> None:
        identity = {"id": message["id"]} if "id" in message else {}
        session.reply(identity | {"event": message["op"], "arg": arg, "connId": session.connection})

    def _error(self, session: OkxSession, message: Mapping[str, Any], code: str, words: str) -> None:
        identity = {"id": message["id"]} if "id" in message else {}
        session.reply(identity | {"event": "error", "code": code, "msg": words, "connId": session.connection})

    def resolve(self, session: OkxSession, name: str) -> tuple[type[Topic], str, str]:
        arg = json.loads(name)
        channel = arg["channel"]
        kind: type[Topic] | None
        if channel.startswith("candle"):
            kind = Candles if channel.removeprefix("candle") in self.intervals else None
        else:
            kind = CHANNELS.get(channel)
        if kind is None or session.socket != ("business" if kind in (Candles, AllTrades) else "public"):
            raise UnknownTopicError(name)
        if kind is Instruments:
            if arg.get("instType") != "SPOT":
                raise UnknownTopicError(name)
            return kind, channel, ""
        return kind, channel, self.instrument(str(arg.get("instId"))).symbol

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        if not isinstance(message, dict) or "data" not in message or "arg" not in message:
            return None
        return _name(message["arg"])

    # -- REST ------------------------------------------------------------------------------------------------

    def error_body(self, status: int) -> Any:
        code, words = ("50011", "Too Many Requests") if status == 429 else ("50001", "Service temporarily unavailable.")
        return {"code": code, "msg": words, "data": []}

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        route = ROUTES.get(path)
        if route is None:
            if recorded is not None:
                return recorded
            return json_response({"code": "404", "data": {}, "msg": "Invalid request path"}, 404)
        per_two_seconds, handler = route
        limit = self._rest_limits.setdefault(path, SlidingLimit(per_two_seconds, 2.0))
        if not limit.allow(self.venue.now()):
            self.venue.stats.breaches[f"rest {path}"] += 1
            return json_response(self.error_body(429), 429)
        if recorded is not None:
            return recorded
        try:
            return json_response({"code": "0", "msg": "", "data": handler(self, query)})
        except RestError as error:
            return json_response({"code": error.code, "msg": str(error), "data": []}, error.status)

    def rest_market(self, query: Mapping[str, str]) -> Market:
        """Return the market of a request."""
        if not query.get("instId"):
            raise RestError("50014", "Parameter instId can not be empty.", 400)
        try:
            return self.venue.market(self.instrument(query["instId"]).symbol)
        except UnknownTopicError:
            raise RestError("51001", "Instrument ID doesn't exist.") from None


def _name(arg: Mapping[str, Any]) -> str:
    """Return one text for a subscription argument, whatever the order of its keys."""
    return json.dumps({key: arg[key] for key in sorted(arg)}, separators=(",", ":"))
