"""OKX v5 as far as spot and swaps agree: public, business and private websockets, public and signed REST.

Source: OKX v5 documentation, "WebSocket overview", "Order book trading", "Public data", "Trading account", July 2026.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ...instruments import Instrument
from ...limits import SlidingLimit
from ...market import Market
from ..base import Dialect, Request, Response, UnknownTopicError, bars, json_response, parse_object
from ..parameters import RestError
from ..topics import Topic
from .account_rest import answer_signed
from .figures import inst_id
from .private import PRIVATE_PATH, PrivateSession
from .rest import Route
from .session import OkxSession
from .streams import AllTrades, Candles, OfProduct

_IDLE_S = 30
_AFTER_RESET = 10_000_000
_MAX_ARGS_BYTES = 64 * 1024


@dataclass(slots=True)
class _Numbering:
    """How a book's sequence numbers follow from the market's update numbers: sequence = update - base."""

    base: int
    from_update: int


class Okx(Dialect[OkxSession]):
    """To declare: `product`, the venue's word for what is traded; `channels` by name, `routes` by path."""

    product: ClassVar[str]
    channels: ClassVar[Mapping[str, type[Topic]]]
    routes: ClassVar[Mapping[str, Route]]
    session_type = OkxSession
    intervals = bars(
        ("1s", "1m", "3m", "5m", "15m", "30m", "1H", "2H", "4H"),
        ("6H", "12H", "1D", "2D", "3D", "5D", "1W", "1M", "3M"),
    )
    timeless = frozenset({"/api/v5/public/time", "/api/v5/public/instruments"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connects = SlidingLimit(3, 1.0)
        self._rest_limits: dict[str, SlidingLimit] = {}
        self._numbering: dict[str, list[_Numbering]] = {}

    def wire_symbol(self, item: Instrument) -> str:
        return inst_id(item)

    # -- sequence numbers ------------------------------------------------------------------------------------

    def sequence(self, key: str, update: int) -> int:
        """Return the sequence number of an update that happens now."""
        numbering = self._numbering.get(key)
        return update - numbering[-1].base if numbering else update

    def reset_sequence(self, key: str) -> None:
        update = self.venue.market(key).update_id
        known = self._numbering.setdefault(key, [_Numbering(0, 0)])
        # A low number for the last update, another one each time: `update_of` has to tell them apart.
        known.append(_Numbering(update - _AFTER_RESET // len(known), update))

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
        if path not in ("/ws/v5/public", "/ws/v5/business", PRIVATE_PATH):
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        if not self._connects.allow(self.venue.now()):
            self.venue.stats.breaches["connects"] += 1
            return json_response(self.error_body(429), 429)
        return None

    def session_for(self, path: str) -> type[OkxSession]:
        return PrivateSession if path == PRIVATE_PATH else OkxSession

    def keep_alive(self, session: OkxSession, now: float) -> None:
        if isinstance(session, PrivateSession):
            session.push_regularly(now)
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
            self.refuse(session, message, "60012", f"Invalid request: {text[:200]}")
            return
        if not session.requests.allow(self.venue.now()):
            self.venue.stats.breaches["requests per hour"] += 1
            self.refuse(session, message, "60014", "Requests too frequent.")
            return
        assert isinstance(args, list)
        if operation == "login":
            if isinstance(session, PrivateSession):
                session.log_in(message, args[0])
            else:
                self.refuse(session, message, "60008", "Login is not supported on this URL.")
            return
        for arg in args:
            if not isinstance(arg, dict) or not isinstance(arg.get("channel"), str):
                self.refuse(session, message, "60013", "Invalid args.")
            elif isinstance(session, PrivateSession):
                (session.subscribe if operation == "subscribe" else session.unsubscribe)(message, arg)
            elif operation == "subscribe":
                self._subscribe(session, message, arg)
            else:
                self.leave(session, _name(arg))
                self.acknowledge(session, message, arg)

    def _subscribe(self, session: OkxSession, message: Mapping[str, Any], arg: dict[str, Any]) -> None:
        channel, name = arg["channel"], _name(arg)
        if channel in ("books-l2-tbt", "books50-l2-tbt") and self.playback is None:
            self.refuse(session, message, "64003", "Your trading fee tier doesn't meet the requirement.")
            return
        rejected = self.venue.key(str(arg.get("instId", ""))) in self.venue.faults.rejected
        try:
            if rejected:
                raise UnknownTopicError(name)
            topic = session.topics.get(name) or self.topic(session, name)
        except UnknownTopicError:
            self.refuse_channel(session, message, arg)
            return
        self.acknowledge(session, message, arg)
        if name not in session.topics:
            self.join(session, name, topic)

    def refuse_channel(self, session: OkxSession, message: Mapping[str, Any], arg: Mapping[str, Any]) -> None:
        """Answer that this URL does not carry what was asked for."""
        parts = ",".join(f"{key}:{value}" for key, value in arg.items())
        words = "doesn't exist. Please use the correct URL, channel and parameters referring to API document."
        self.refuse(session, message, "60018", f"Wrong URL or {parts} {words}")

    def acknowledge(self, session: OkxSession, message: Mapping[str, Any], arg: Mapping[str, Any]) -> None:
        """Answer that a request was carried out."""
        identity = {"id": message["id"]} if "id" in message else {}
        session.reply(identity | {"event": message["op"], "arg": arg, "connId": session.connection})

    def refuse(self, session: OkxSession, message: Mapping[str, Any], code: str, words: str) -> None:
        """Answer with an error."""
        identity = {"id": message["id"]} if "id" in message else {}
        session.reply(identity | {"event": "error", "code": code, "msg": words, "connId": session.connection})

    def resolve(self, session: OkxSession, name: str) -> tuple[type[Topic], str, str]:
        arg = json.loads(name)
        channel = arg["channel"]
        kind: type[Topic] | None
        if channel.startswith("candle"):
            kind = Candles if channel.removeprefix("candle") in self.intervals else None
        else:
            kind = self.channels.get(channel)
        if kind is None or session.socket != ("business" if kind in (Candles, AllTrades) else "public"):
            raise UnknownTopicError(name)
        if issubclass(kind, OfProduct):
            if arg.get("instType") != self.product:
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
        route = self.routes.get(path)
        if route is None:
            if recorded is not None:
                return recorded
            return json_response({"code": "404", "data": {}, "msg": "Invalid request path"}, 404)
        per_two_seconds, handler = route
        refusal = self.too_often(path, per_two_seconds)
        if refusal is not None:
            return refusal
        if recorded is not None:
            return recorded
        try:
            return json_response({"code": "0", "msg": "", "data": handler(self, query)})
        except RestError as error:
            return json_response({"code": error.code, "msg": str(error), "data": []}, error.status)

    def account_answer(self, request: Request) -> Response | None:
        return answer_signed(self, request)

    def too_often(self, path: str, per_two_seconds: int) -> Response | None:
        """Count a request and return the refusal if it is one too many."""
        limit = self._rest_limits.setdefault(path, SlidingLimit(per_two_seconds, 2.0))
        if limit.allow(self.venue.now()):
            return None
        self.venue.stats.breaches[f"rest {path}"] += 1
        return json_response(self.error_body(429), 429)

    def rest_market(self, query: Mapping[str, str]) -> Market:
        """Return the market of a request."""
        return self.venue.market(self.rest_instrument(query).symbol)

    def rest_instrument(self, query: Mapping[str, str]) -> Instrument:
        """Return the instrument of a request."""
        if not query.get("instId"):
            raise RestError("50014", "Parameter instId can not be empty.", 400)
        try:
            return self.instrument(query["instId"])
        except UnknownTopicError:
            raise RestError("51001", "Instrument ID doesn't exist.", 200) from None


def _name(arg: Mapping[str, Any]) -> str:
    """Return one text for a subscription argument, whatever the order of its keys."""
    return json.dumps({key: arg[key] for key in sorted(arg)}, separators=(",", ":"))
