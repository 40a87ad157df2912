"""KuCoin spot: the websockets of the classic API, public and signed REST.

Source: KuCoin API documentation, "Websocket: introduction", "Spot public channels", "Spot private channels", "Spot
market data", "Rate limit", November 2025. The weights of single calls are from general knowledge.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ...account import Account, House
from ...candles import interval
from ...instruments import Instrument, listed
from ...limits import QuotaLimit, SlidingLimit
from ..base import Dialect, Request, Response, UnknownTopicError, json_response, parse_object
from ..parameters import RestError
from ..topics import Topic
from .account_rest import answer_signed
from .figures import pair
from .keys import Tokens
from .rest import ROUTES, answered
from .session import PRIVATE_TOPICS, KucoinSession
from .streams import STREAMS

_DECIMALS = {"BTCUSDT": (1, 8), "BTCUSDC": (2, 8), "ETHUSDT": (2, 7), "SOLUSDT": (3, 4), "ETHBTC": (5, 7)}
_QUIET = 120
_PING_MS, _PING_TIMEOUT_MS = 18_000, 10_000
_MOST_TOPICS = 100  # of one connection, and symbols in one message
_TOKEN_WEIGHT = 10
_PUBLIC_TOKEN = "/api/v1/bullet-public"


class KucoinSpot(Dialect[KucoinSession]):
    """Spot market data and accounts of KuCoin."""

    name = "KUCOIN___SPOT"
    hosts = ("api.kucoin.com", "ws-api-spot.kucoin.com", "push-private.kucoin.com")
    session_type = KucoinSession
    house = House(7_120_486_000, 11_067_996_711, Decimal("0.001"), Decimal("0.001"), in_quote=True)
    intervals = {
        **{f"{count}min": interval(f"{count}m") for count in (1, 3, 5, 15, 30)},
        **{f"{count}hour": interval(f"{count}h") for count in (1, 2, 4, 6, 8, 12)},
        "1day": interval("1d"),
        "1week": interval("1w"),
        "1month": interval("1M"),
    }
    timeless = frozenset({"/api/v1/timestamp", "/api/v2/symbols"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tokens = Tokens(self.venue)
        self._connects = SlidingLimit(30, 60.0)
        self._weights = QuotaLimit(2000, 30.0)

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        return listed(seed, _QUIET, _DECIMALS)

    def wire_symbol(self, item: Instrument) -> str:
        return pair(item)

    # -- sockets ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        if path != "/":
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        if not self._connects.allow(self.venue.now()):
            self.venue.stats.breaches["connects"] += 1
            return json_response(self.error_body(429), 429)
        return None

    def opened(self, session: KucoinSession) -> None:
        token = session.query.get("token", "")
        if not self.tokens.is_good(token):
            session.reply({"type": "error", "code": 401, "data": "token is expired"})
            session.end(1000, "token is expired")
            return
        owner = self.tokens.owner(token)
        if owner is not None:
            session.listen(owner)

    def keep_alive(self, session: KucoinSession, now: float) -> None:
        if not session.is_welcomed:
            session.is_welcomed = True
            session.reply({"id": session.query.get("connectId", ""), "type": "welcome"})
        if (now - session.heard) * 1000 >= _PING_MS + _PING_TIMEOUT_MS:
            session.end(1000, "nothing heard")

    def received(self, session: KucoinSession, text: str) -> None:
        if not session.is_welcomed:
            self.venue.stats.breaches["before the welcome"] += 1
            return
        if not session.requests.allow(self.venue.now()):
            self.venue.stats.breaches["requests"] += 1
            return
        session.heard = self.venue.now()
        try:
            message = parse_object(text)
        except ValueError:
            message = {}
        number = message.get("id")
        if not isinstance(number, str):
            self.refuse(session, number, 400, "data format is invalid")
        elif message.get("type") == "ping":
            session.reply({"id": number, "type": "pong", "timestamp": self.venue.server_ms() * 1000})
        elif message.get("type") in ("subscribe", "unsubscribe"):
            self._serve(session, message)
        else:
            self.refuse(session, number, 415, "type is not supported")

    def refuse(self, session: KucoinSession, number: Any, code: int, words: str) -> None:
        """Answer with an error."""
        session.reply({"id": number, "type": "error", "code": code, "data": words})

    def _serve(self, session: KucoinSession, message: Mapping[str, Any]) -> None:
        number, asked = message["id"], str(message.get("topic"))
        if asked in PRIVATE_TOPICS:
            self._serve_private(session, message, asked)
            return
        channel, _, symbols = asked.partition(":")
        names = [f"{channel}:{symbol}" for symbol in symbols.split(",")]
        if message["type"] == "unsubscribe":
            for name in names:
                self.leave(session, name)
        else:
            try:
                topics = self._asked(session, names)
            except UnknownTopicError:
                self.refuse(session, number, 404, f"topic {asked} is not found")
                return
            if len(session.topics) + len(topics) > _MOST_TOPICS:
                words = f"exceed max subscription count limitation of {_MOST_TOPICS} per session"
                self.refuse(session, number, 509, words)
                self.venue.stats.breaches["topics"] += 1
                return
            for name, topic in topics.items():
                self.join(session, name, topic)
        if message.get("response") is True:
            session.reply({"id": number, "type": "ack"})

    def _serve_private(self, session: KucoinSession, message: Mapping[str, Any], topic: str) -> None:
        if session.account is None or message.get("privateChannel") is not True:
            self.refuse(session, message["id"], 406, f"{topic} is a private channel")
            return
        if message["type"] == "unsubscribe":
            session.private.discard(topic)
        else:
            session.private.add(topic)
            self.venue.stats.subscribes += 1
        if message.get("response") is True:
            session.reply({"id": message["id"], "type": "ack"})

    def _asked(self, session: KucoinSession, names: Sequence[str]) -> dict[str, Topic]:
        """Return the topics that are new to a session.

        Raises:
            UnknownTopicError: there is none of such a name, or too many of them in one message.
        """
        if len(names) > _MOST_TOPICS:
            raise UnknownTopicError(names[0])
        return {name: self.topic(session, name) for name in names if name not in session.topics}

    def resolve(self, session: KucoinSession, name: str) -> tuple[type[Topic], str, str]:
        channel, _, rest = name.partition(":")
        symbol, _, option = rest.partition("_")
        has_interval = option in self.intervals if channel == "/market/candles" else not option
        if channel not in STREAMS or not has_interval or self.venue.key(symbol) in self.venue.faults.rejected:
            raise UnknownTopicError(name)
        return STREAMS[channel], channel, self.instrument(symbol).symbol

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        is_data = isinstance(message, dict) and message.get("type") == "message"
        return str(message.get("topic")) if is_data else None

    # -- REST ------------------------------------------------------------------------------------------------

    def error_body(self, status: int) -> Any:
        if status == 429:
            return {"code": "429000", "msg": "Too many requests in a short period of time, please retry later."}
        return {"code": "500000", "msg": "Internal Server Error"}

    def too_often(self, path: str, weight: int) -> Response | None:
        """Count a request and return the refusal if it is one too many."""
        allowed, left, reset_s = self._weights.spend(weight, self.venue.now())
        if allowed:
            return None
        self.venue.stats.breaches[f"rest {path}"] += 1
        told = {"limit": self._weights.most, "remaining": left, "reset": int(reset_s * 1000)}
        headers = {f"gw-ratelimit-{name}": str(count) for name, count in told.items()}
        return json_response(self.error_body(429), 429, headers)

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        route = ROUTES.get(path)
        if route is None:
            return recorded or json_response({"code": "404", "msg": "Not Found"}, 404)
        weight, handler = route
        refusal = self.too_often(path, weight)
        if refusal is not None:
            return refusal
        if recorded is not None:
            return recorded
        try:
            return answered(handler(self, query))
        except RestError as error:
            return json_response({"code": error.code, "msg": str(error)}, error.status)

    def account_answer(self, request: Request) -> Response | None:
        if request.path != _PUBLIC_TOKEN or request.method != "POST":
            return answer_signed(self, request)
        return self.too_often(request.path, _TOKEN_WEIGHT) or answered(self.ticket(request))

    def ticket(self, request: Request, owner: Account | None = None) -> Any:
        """Return a token for a socket, of an account if it has an owner, and where to take it: where we were found."""
        host = request.headers.get("host", "localhost")
        scheme = "ws" if _is_loopback(host) else "wss"
        server = {
            "endpoint": f"{scheme}://{host}/{self.name}/",
            "encrypt": scheme == "wss",
            "protocol": "websocket",
            "pingInterval": _PING_MS,
            "pingTimeout": _PING_TIMEOUT_MS,
        }
        return {"token": self.tokens.issue(owner), "instanceServers": [server]}


def _is_loopback(host: str) -> bool:
    name = host.rpartition(":")[0] or host
    try:
        return name == "localhost" or ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
