"""Bitget spot: version 2 of the websockets, public and signed REST.

Source: Bitget API v2 documentation, "Websocket introduction", "Spot", April 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...account import House
from ...instruments import Instrument, listed
from ...limits import SlidingLimit
from ...market import Market
from ..base import Dialect, Request, Response, UnknownTopicError, bars, json_response, parse_object
from ..parameters import RestError
from ..topics import Topic
from .account_rest import answer_signed
from .figures import trade_number
from .private import PRIVATE_PATH, PrivateSession
from .rest import ROUTES, SYMBOLS, TIME
from .session import BitgetSession
from .streams import CHANNELS, Candles

_DECIMALS = {"BTCUSDT": (2, 6), "BTCUSDC": (2, 6), "ETHUSDT": (2, 4)}
_QUIET = 120
_UNPINGED_S = 120
_LIFETIME_S = 86_400
_MOST_TOPICS = 1000


class BitgetSpot(Dialect[BitgetSession]):
    """Spot market data and accounts of Bitget."""

    name = "BITGET___SPOT"
    hosts = ("api.bitget.com", "ws.bitget.com")
    session_type = BitgetSession
    house = House(
        1_171_779_081_105_780_739, 742_000_554, Decimal("0.001"), Decimal("0.001"), write_trade_id=trade_number
    )
    intervals = bars(("1m", "3m", "5m", "15m", "30m", "1H", "4H"), ("6H", "12H", "1D", "3D", "1W", "1M"))
    timeless = frozenset({TIME, SYMBOLS})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connects = SlidingLimit(300, 300.0)
        self._rest_limits: dict[str, SlidingLimit] = {}

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        return listed(seed, _QUIET, _DECIMALS)

    def wire_symbol(self, item: Instrument) -> str:
        return item.symbol

    # -- sockets ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        if path not in ("/v2/ws/public", PRIVATE_PATH):
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        if not self._connects.allow(self.venue.now()):
            self.venue.stats.breaches["connects"] += 1
            return json_response(self.error_body(429), 429)
        return None

    def session_for(self, path: str) -> type[BitgetSession]:
        return PrivateSession if path == PRIVATE_PATH else BitgetSession

    def keep_alive(self, session: BitgetSession, now: float) -> None:
        if now - session.pinged >= _UNPINGED_S:
            self.venue.stats.breaches["no ping"] += 1
            session.end(1000, "no ping")
        elif now - session.opened >= _LIFETIME_S:
            session.end(1000, "24 hours")

    def received(self, session: BitgetSession, text: str) -> None:
        now = self.venue.now()
        if not session.messages.allow(now):
            self.venue.stats.breaches["messages per second"] += 1
            session.end(1008, "too many messages")
            return
        if text == "ping":
            session.pinged = now
            session.reply(b"pong")
            return
        try:
            message = parse_object(text)
        except ValueError:
            message = {}
        operation, args = message.get("op"), message.get("args")
        if not isinstance(args, list) or not args:
            session.refuse(30002, "Illegal request")
        elif operation == "login" and isinstance(session, PrivateSession):
            session.log_in(args)
        elif operation not in ("subscribe", "unsubscribe"):
            session.refuse(30003, "Invalid op")
        elif not session.requests.allow(now):
            self.venue.stats.breaches["requests per hour"] += 1
            session.refuse(30006, "Request too many")
        elif len(session.topics) + len(args) > _MOST_TOPICS:
            self.venue.stats.breaches["topics"] += 1
            session.refuse(30007, "Request over limit")
        else:
            for arg in args:
                self._act(session, operation, arg)

    def _act(self, session: BitgetSession, operation: str, arg: Any) -> None:
        """Carry out one argument; each is answered by itself."""
        if not isinstance(arg, dict):
            session.refuse(30016, "Param error")
            return
        try:
            session.act(operation, arg)
        except UnknownTopicError:
            words = ",".join(f"{key}:{value}" for key, value in arg.items())
            session.refuse(30001, f"{words} doesn't exist", {"arg": arg}, {"op": operation})

    def resolve(self, session: BitgetSession, name: str) -> tuple[type[Topic], str, str]:
        channel, _, symbol = name.partition(":")
        is_candle = channel.startswith("candle") and channel.removeprefix("candle") in self.intervals
        kind = Candles if is_candle else CHANNELS.get(channel)
        if kind is None:
            raise UnknownTopicError(name)
        return kind, channel, self.instrument(symbol).symbol

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        if not isinstance(message, dict) or "data" not in message or "arg" not in message:
            return None
        arg = message["arg"]
        return f"{arg.get('channel')}:{arg.get('instId')}"

    # -- REST ------------------------------------------------------------------------------------------------

    def error_body(self, status: int) -> Any:
        code, words = ("429", "Too Many Requests") if status == 429 else ("40015", "System is abnormal")
        return self.answer(code, words, None)

    def answer(self, code: str, words: str, data: Any) -> dict[str, Any]:
        """Return the body of an answer."""
        return {"code": code, "msg": words, "requestTime": self.venue.server_ms(), "data": data}

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        route = ROUTES.get(path)
        if route is None:
            return recorded or json_response(self.answer("40404", "Request URL NOT FOUND", None), 404)
        per_second, handler = route
        refusal = self.too_often(path, per_second)
        if refusal is not None:
            return refusal
        if recorded is not None:
            return recorded
        try:
            return json_response(self.answer("00000", "success", handler(self, query)))
        except RestError as error:
            return json_response(self.answer(error.code, str(error), None), error.status)

    def account_answer(self, request: Request) -> Response | None:
        return answer_signed(self, request)

    def too_often(self, path: str, per_second: int) -> Response | None:
        """Count a request and return the refusal if it is one too many."""
        if self._rest_limits.setdefault(path, SlidingLimit(per_second, 1.0)).allow(self.venue.now()):
            return None
        self.venue.stats.breaches[f"rest {path}"] += 1
        return json_response(self.error_body(429), 429)

    def rest_market(self, query: Mapping[str, str]) -> Market:
        """Return the market of a request."""
        name = query.get("symbol", "")
        try:
            return self.venue.market(self.instrument(name).symbol)
        except UnknownTopicError:
            raise RestError("40034", f"Parameter {name} does not exist") from None
