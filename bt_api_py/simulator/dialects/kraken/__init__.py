"""Kraken spot: version 2 of the public and private websockets, public and signed REST.

Where REST answers are counted, the venue's documents are vague: here once a second for each address, and for the lists
of trades and candles for each pair.

Source: Kraken documentation, "Spot WebSocket v2", "Book checksum", "Spot REST", July 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...account import House
from ...candles import interval
from ...instruments import Instrument, listed
from ...limits import SlidingLimit
from ..base import Dialect, Request, Response, UnknownTopicError, json_response, parse_object
from ..topics import Topic
from .account_rest import Counter, answer_signed
from .figures import time_text, ws_symbol
from .keys import Tokens
from .private import PRIVATE_CHANNELS, Subscriptions
from .rest import COUNTED_BY_PAIR, ROUTES, RestError
from .session import KrakenSession
from .streams import Books, Candles, Instruments, RecentCandles, RecentTrades, Tickers, Trades

_DECIMALS = {"BTCUSDT": (1, 8), "BTCUSDC": (2, 8), "ETHUSDT": (2, 8), "SOLUSDT": (2, 8), "ETHBTC": (5, 8)}
_QUIET = 120
_DEPTHS = (10, 25, 100, 500, 1000)
_MINUTES = {"1": "1m", "5": "5m", "15": "15m", "30": "30m", "60": "1h", "240": "4h", "1440": "1d", "10080": "1w"}
_IDLE_S = 60


class KrakenSpot(Dialect[KrakenSession]):
    """Spot market data and accounts of Kraken."""

    name = "KRAKEN___SPOT"
    hosts = ("api.kraken.com", "ws.kraken.com", "ws-auth.kraken.com")
    session_type = KrakenSession
    house = House(60_381_442_000, 37_496_584, Decimal("0.0025"), Decimal("0.004"), in_quote=True)
    intervals = {name: interval(text) for name, text in (*_MINUTES.items(), ("21600", "15d"))}
    timeless = frozenset({"/0/public/Time", "/0/public/AssetPairs"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tokens = Tokens(self.venue)
        self.counters: dict[str, Counter] = {}  # of signed calls, by key
        self._connects = SlidingLimit(150, 600.0)
        self._rest_limits: dict[str, SlidingLimit] = {}

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        return listed(seed, _QUIET, _DECIMALS)

    def wire_symbol(self, item: Instrument) -> str:
        return ws_symbol(item)

    # -- sockets ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        if path != "/v2":
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        if not self._connects.allow(self.venue.now()):
            self.venue.stats.breaches["connects"] += 1
            return json_response(self.error_body(429), 429)
        return None

    def opened(self, session: KrakenSession) -> None:
        self._tell_status(session, "online")

    def _tell_status(self, session: KrakenSession, system: str) -> None:
        number = 6_447_481_662_169_813_000 + session.number
        row = {"version": "2.0.10", "system": system, "api_version": "v2", "connection_id": number}
        session.reply({"channel": "status", "type": "update", "data": [row]})

    def announce_end(self, session: KrakenSession) -> None:
        self._tell_status(session, "maintenance")

    def keep_alive(self, session: KrakenSession, now: float) -> None:
        if session.is_subscribed:
            if now - session.last_sent >= 1:
                session.reply({"channel": "heartbeat"})
        elif now - max(session.heard, session.last_sent) >= _IDLE_S:
            session.end(1000, "idle")

    def expire_logins(self) -> None:
        self.tokens.forget()
        super().expire_logins()

    def received(self, session: KrakenSession, text: str) -> None:
        began = self.venue.server_ms()
        session.heard = self.venue.now()
        try:
            message = parse_object(text)
        except ValueError:
            session.reply({"error": "Malformed request", "success": False})
            return
        if not session.requests.allow(self.venue.now()):
            self.venue.stats.breaches["requests"] += 1
            session.reply({"Error": "Exceeded msg rate"})
            return
        method, params = message.get("method"), message.get("params") or {}
        if method == "ping":
            self.answer(session, message, {"method": "pong"}, began)
        elif method not in ("subscribe", "unsubscribe") or not isinstance(params, dict):
            self.refuse(session, message, "Event(s) not found")
        elif params.get("channel") in PRIVATE_CHANNELS:
            self._serve_private(session, message, params)
        else:
            self._serve_public(session, message, params)

    def answer(self, session: KrakenSession, message: Mapping[str, Any], body: Mapping[str, Any], ms: int) -> None:
        """Send an answer with the times and the number of its request."""
        frame = {**body, "time_in": time_text(ms), "time_out": time_text(self.venue.server_ms())}
        if "req_id" in message:
            frame["req_id"] = message["req_id"]
        session.reply(frame)

    def acknowledge(self, session: KrakenSession, message: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Answer that a part of a request was carried out."""
        body = {"method": message["method"], "result": result, "success": True}
        self.answer(session, message, body, self.venue.server_ms())

    def refuse(self, session: KrakenSession, message: Mapping[str, Any], words: str, symbol: str = "") -> None:
        """Answer with an error."""
        body: dict[str, Any] = {"method": message.get("method"), "success": False, "error": words}
        if symbol:
            body["symbol"] = symbol
        self.answer(session, message, body, self.venue.server_ms())

    def _serve_private(self, session: KrakenSession, message: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        account = self.tokens.account(str(params.get("token", "")), is_new=session.private is None)
        if account is None:
            self.refuse(session, message, "ESession:Invalid session")
            return
        if session.private is None:
            session.private = Subscriptions(self, session, account)
        if message["method"] == "subscribe":
            session.private.subscribe(message, params)
        else:
            session.private.unsubscribe(message, params)

    def _serve_public(self, session: KrakenSession, message: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        channel = params.get("channel")
        symbols = params.get("symbol", [""] if channel == "instrument" else None)
        if channel not in ("ticker", "trade", "book", "ohlc", "instrument") or not isinstance(symbols, list):
            self.refuse(session, message, "Malformed request")
            return
        found = self._option(str(channel), params)
        if isinstance(found, UnknownTopicError):
            self.refuse(session, message, str(found))
            return
        option, told = found
        for symbol in symbols:
            name = f"{channel}{option}:{symbol}"
            result = {"channel": channel, **({"symbol": symbol} if symbol else {}), **told}
            if message["method"] == "unsubscribe":
                self._unsubscribe(session, message, name, result)
            else:
                self._subscribe(session, message, name, result)

    def _option(self, channel: str, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | UnknownTopicError:
        """Return what tells the topics of a channel apart, as part of their name and as acknowledgements tell it."""
        if channel == "book":
            depth = params.get("depth", 10)
            if depth not in _DEPTHS:
                return UnknownTopicError("Subscription depth not supported")
            return f"-{depth}", {"depth": depth, "snapshot": params.get("snapshot", True)}
        if channel == "ohlc":
            minutes = params.get("interval", 1)
            if str(minutes) not in self.intervals:
                return UnknownTopicError("Subscription ohlc interval not supported")
            return f"-{minutes}", {"interval": minutes, "snapshot": params.get("snapshot", True)}
        if channel == "ticker":
            trigger = params.get("event_trigger", "trades")
            option = "-bbo" if trigger == "bbo" else ""
            return option, {"event_trigger": trigger, "snapshot": params.get("snapshot", True)}
        return "", {"snapshot": params.get("snapshot", channel == "instrument")}

    def _subscribe(self, session: KrakenSession, message: Mapping[str, Any], name: str, result: dict[str, Any]) -> None:
        symbol = str(result.get("symbol", ""))
        if _stem(name) in {_stem(known) for known in session.topics}:
            words = f"Already subscribed to {result['channel']} on {symbol}"
            self.refuse(session, message, words, symbol)
            return
        try:
            if symbol.replace("/", "") in self.venue.faults.rejected:
                raise UnknownTopicError(name)
            # Who wants the past gets another topic, whose first frame holds it.
            has_past = result["snapshot"] and result["channel"] in ("trade", "ohlc")
            topic = self.topic(session, f"{name}+" if has_past else name)
        except UnknownTopicError:
            self.refuse(session, message, f"Currency pair not supported {symbol}", symbol)
            return
        self.acknowledge(session, message, result)
        self.join(session, topic.name, topic)
        if not result["snapshot"]:
            topic.sessions[session] = True

    def _unsubscribe(
        self, session: KrakenSession, message: Mapping[str, Any], name: str, result: dict[str, Any]
    ) -> None:
        if self.leave(session, name) or self.leave(session, f"{name}+"):
            self.acknowledge(session, message, {key: value for key, value in result.items() if key != "snapshot"})
        else:
            self.refuse(session, message, "Subscription Not Found", str(result.get("symbol", "")))

    def resolve(self, session: KrakenSession, name: str) -> tuple[type[Topic], str, str]:
        channel, _, symbol = name.removesuffix("+").partition(":")
        word = channel.partition("-")[0]
        if word == "instrument":
            return Instruments, channel, ""
        kinds: dict[str, tuple[type[Topic], type[Topic]]] = {
            "ticker": (Tickers, Tickers),
            "trade": (Trades, RecentTrades),
            "ohlc": (Candles, RecentCandles),
            "book": (Books, Books),
        }
        return kinds[word][name.endswith("+")], channel, self.instrument(symbol).symbol

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        if not isinstance(message, dict) or message.get("channel") not in ("ticker", "trade", "book", "ohlc"):
            return None
        row: Any = next(iter(message.get("data") or ()), {})
        option = f"-{row.get('interval')}" if message["channel"] == "ohlc" else ""
        return f"{message['channel']}{option}:{row.get('symbol')}"

    # -- REST ------------------------------------------------------------------------------------------------

    def error_body(self, status: int) -> Any:
        return {"error": ["EGeneral:Too many requests" if status == 429 else "EService:Unavailable"]}

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        handler = ROUTES.get(path)
        if handler is None:
            return recorded or json_response({"error": ["EGeneral:Unknown method"]}, 404)
        key = f"{path} {query.get('pair', '')}" if path in COUNTED_BY_PAIR else "public"
        if not self._rest_limits.setdefault(key, SlidingLimit(1, 1.0)).allow(self.venue.now()):
            self.venue.stats.breaches[f"rest {key}"] += 1
            return json_response(self.error_body(429))
        if recorded is not None:
            return recorded
        try:
            return json_response({"error": [], "result": handler(self, query)})
        except RestError as error:
            return json_response({"error": [str(error)]})

    def account_answer(self, request: Request) -> Response | None:
        return answer_signed(self, request)


def _stem(name: str) -> str:
    """Return channel and symbol of a topic's name: of one channel a client may have each market once."""
    channel, _, symbol = name.removesuffix("+").partition(":")
    word = channel if channel.startswith("ohlc") else channel.partition("-")[0]
    return f"{word}:{symbol}"
