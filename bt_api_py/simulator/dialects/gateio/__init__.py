"""Gate spot: version 4 of the websocket, public and signed REST.

Source: Gate API v4 documentation, "Spot WebSocket v4", "Spot", and the announcements on `spot.obu`, April 2026.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ...account import House
from ...candles import interval
from ...instruments import Instrument, listed
from ...limits import SlidingLimit
from ..base import Dialect, Request, Response, UnknownTopicError, json_response, parse_object
from ..parameters import RestError
from ..topics import Topic
from .account_rest import answer_signed
from .figures import pair
from .keys import RefusedError, check_socket
from .private import PRIVATE_CHANNELS, Subscriptions
from .rest import ROUTES
from .session import GateioSession
from .streams import BestOffer, Candles, Changes, Kept, Tickers, Trades, Whole

_DECIMALS = {"BTCUSDT": (1, 6), "ETHUSDT": (2, 5)}
_QUIET = 120
_INTERVALS = ("10s", "1m", "5m", "15m", "30m", "1h", "4h", "8h", "1d")
_LEVELS = ("5", "10", "20", "50", "100")
_PER_PAIR: dict[str, type[Topic]] = {"spot.tickers": Tickers, "spot.book_ticker": BestOffer, "spot.trades": Trades}


class GateioSpot(Dialect[GateioSession]):
    """Spot market data and accounts of Gate."""

    name = "GATEIO___SPOT"
    hosts = ("api.gateio.ws",)
    session_type = GateioSession
    house = House(399_123_456_000, 5_736_713_000, Decimal("0.001"), Decimal("0.002"), client_prefix="t-sim")
    intervals = {name: interval(name) for name in _INTERVALS} | {"7d": interval("1w")}
    timeless = frozenset({"/api/v4/spot/time", "/api/v4/spot/currency_pairs"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rest_limits: dict[str, SlidingLimit] = {}

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        return listed(seed, _QUIET, _DECIMALS)

    def wire_symbol(self, item: Instrument) -> str:
        return pair(item)

    # -- sockets ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        if path != "/ws/v4/":
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        return None

    def announce_end(self, session: GateioSession) -> None:
        now = self.venue.server_ms()
        session.reply({"time": now // 1000, "time_ms": now, "channel": "spot.trades", "event": "upgrade"})

    def received(self, session: GateioSession, text: str) -> None:
        try:
            message = parse_object(text)
        except ValueError:
            self._answer(session, {}, {"code": 1, "message": "invalid request body"})
            return
        channel, event, payload = message.get("channel"), message.get("event"), message.get("payload", [])
        if channel == "spot.ping":
            now = self.venue.server_ms()
            pong = {"time": now // 1000, "channel": "spot.pong", "event": "", "error": None, "result": None}
            session.reply(pong)
        elif event not in ("subscribe", "unsubscribe") or not isinstance(payload, list):
            self._answer(session, message, {"code": 1, "message": "invalid request body"})
        elif channel in PRIVATE_CHANNELS:
            self._serve_private(session, message, [str(part) for part in payload])
        else:
            self._serve_public(session, message, [str(part) for part in payload])

    def _answer(
        self, session: GateioSession, message: Mapping[str, Any], error: Mapping[str, Any] | None = None
    ) -> None:
        now = self.venue.server_ms()
        number = {"id": message["id"]} if "id" in message else {}
        frame = {"time": now // 1000, "time_ms": now} | number | {"conn_id": session.connection}
        frame |= {name: message[name] for name in ("channel", "event", "payload") if name in message}
        session.reply(frame | {"error": error, "result": {"status": "success" if error is None else "fail"}})

    def _serve_private(self, session: GateioSession, message: Mapping[str, Any], payload: Sequence[str]) -> None:
        try:
            account = check_socket(self, message)
            if not {name for name in payload if name != "!all" and name.replace("_", "") not in self.venue.instruments}:
                self._keep(session, account, message, payload)
                self._answer(session, message)
                return
            self._answer(session, message, {"code": 2, "message": f"unknown currency pair: {payload[0]}"})
        except RefusedError as error:
            words = json.dumps({"label": error.code, "message": str(error)}, separators=(",", ":"))
            self._answer(session, message, {"code": 4, "message": f"{words}\n"})

    def _keep(self, session: GateioSession, account: Any, message: Mapping[str, Any], payload: Sequence[str]) -> None:
        if session.private is None:
            session.private = Subscriptions(self, session, account)
        kept = session.private.pairs
        if message["event"] == "subscribe":
            kept.setdefault(message["channel"], set()).update(payload)
            self.venue.stats.subscribes += 1
        else:
            kept.pop(message["channel"], None)

    def _serve_public(self, session: GateioSession, message: Mapping[str, Any], payload: Sequence[str]) -> None:
        channel = str(message.get("channel"))
        parts = payload if channel in _PER_PAIR or channel == "spot.obu" else [",".join(payload)]
        names = [f"{channel}:{part}" for part in parts]
        if message["event"] == "unsubscribe":
            for name in names:
                self.leave(session, name)
            self._answer(session, message)
            return
        try:
            topics = {name: self._asked(session, name) for name in names}
        except UnknownTopicError as error:
            self._answer(session, message, {"code": 2, "message": str(error)})
            return
        self._answer(session, message)
        for name, topic in topics.items():
            if name not in session.topics:
                self.join(session, name, topic)

    def _asked(self, session: GateioSession, name: str) -> Topic:
        if name in session.topics and name.startswith("spot.obu:"):
            raise UnknownTopicError(f"Alert sub {name.partition(':')[2]}")
        return self.topic(session, name)

    def resolve(self, session: GateioSession, name: str) -> tuple[type[Topic], str, str]:
        channel, _, rest = name.partition(":")
        parts = rest.split(",")
        if channel in _PER_PAIR:
            return _PER_PAIR[channel], channel, self._key(rest)
        if channel == "spot.candlesticks" and len(parts) == 2 and parts[0] in self.intervals:
            return Candles, channel, self._key(parts[1])
        if channel == "spot.order_book" and len(parts) == 3 and parts[1] in _LEVELS:
            return Whole, channel, self._key(parts[0])
        if channel == "spot.order_book_update" and len(parts) == 2 and parts[1] in ("20ms", "100ms"):
            return Changes, channel, self._key(parts[0])
        if channel == "spot.obu" and rest.startswith("ob.") and rest.endswith((".50", ".400")):
            return Kept, channel, self._key(rest.split(".")[1])
        raise UnknownTopicError(f"unknown channel or payload: {name}")

    def _key(self, symbol: str) -> str:
        try:
            if symbol.replace("_", "") in self.venue.faults.rejected:
                raise UnknownTopicError(symbol)
            return self.instrument(symbol).symbol
        except UnknownTopicError:
            raise UnknownTopicError(f"unknown currency pair: {symbol}") from None

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        if not isinstance(message, dict) or message.get("event") != "update":
            return None
        channel, row = message.get("channel"), message.get("result") or {}
        if channel == "spot.candlesticks":
            return f"{channel}:{','.join(str(row.get('n', '')).split('_', 1))}"
        if channel == "spot.order_book":
            return f"{channel}:{row.get('s')},{row.get('l')},100ms"
        if channel == "spot.order_book_update":
            return f"{channel}:{row.get('s')},100ms"
        return f"{channel}:{row.get('currency_pair') or row.get('s')}"

    # -- REST ------------------------------------------------------------------------------------------------

    def error_body(self, status: int) -> Any:
        if status == 429:
            return {"label": "TOO_MANY_REQUESTS", "message": "Request Rate limit Exceeded"}
        return {"label": "SERVER_ERROR", "message": "Internal server error"}

    def too_often(self, path: str) -> Response | None:
        """Count a request and return the refusal if it is one too many."""
        if self._rest_limits.setdefault(path, SlidingLimit(200, 10.0)).allow(self.venue.now()):
            return None
        self.venue.stats.breaches[f"rest {path}"] += 1
        return json_response(self.error_body(429), 429)

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        handler = ROUTES.get(path)
        if handler is None:
            return recorded or json_response({"label": "NOT_FOUND", "message": "Not Found"}, 404)
        refusal = self.too_often(path)
        if refusal is not None:
            return refusal
        if recorded is not None:
            return recorded
        try:
            return json_response(handler(self, query))
        except RestError as error:
            return json_response({"label": error.code, "message": str(error)}, error.status)

    def account_answer(self, request: Request) -> Response | None:
        return answer_signed(self, request)
