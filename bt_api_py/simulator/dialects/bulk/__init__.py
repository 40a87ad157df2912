"""BULK perpetual futures: one websocket for market data, accounts and trading; REST.

Source: BULK API 1.0.15, "WebSocket", "Streams", "Limits", and OpenAPI 3.0.10, May 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from ...account import House
from ...instruments import Instrument, listed
from ..base import Dialect, Response, UnknownTopicError, json_response, parse_object
from ..topics import Topic
from .figures import INTERVALS, bucket_of
from .rest import RestError, answer
from .session import PING_EVERY_S, BulkSession
from .streams import CHANNELS, QuickCandles

_QUIET = 20
_PONG_WITHIN_S = 10
_MOST_TOPICS = 100
_PREFIXES = {channel.lower(): channel for channel in CHANNELS}  # topics are compared whatever their case


class BulkSwap(Dialect[BulkSession]):
    """Market data of BULK's perpetual futures."""

    name = "BULK___SWAP"
    hosts = ("mainnet-ws1.bulk.trade", "exchange-ws1.bulk.trade", "staging-ws.bulk.trade", "exchange-wss.bulk.trade")
    session_type = BulkSession
    house = House(1, 1, Decimal("0.00018"), Decimal("0.00033"))
    intervals = INTERVALS
    timeless = frozenset({"/api/v1/exchangeInfo"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.oracles: dict[str, float] = {}  # by symbol's key: prices that oracle accounts posted

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        pairs = [item for item in listed(seed, _QUIET).values() if item.quote == "USDT"]
        swaps = [replace(item, quote="USDC", name=f"{item.base}-USD") for item in pairs]
        return {item.symbol: item for item in swaps}

    def wire_symbol(self, item: Instrument) -> str:
        return item.name or f"{item.base}-{item.quote}"

    # -- sockets ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        return None if path == "/" else json_response({"error": {"message": "not found"}}, 404)

    def keep_alive(self, session: BulkSession, now: float) -> None:
        if session.unanswered is not None and now - session.unanswered >= _PONG_WITHIN_S:
            self.venue.stats.breaches["pong"] += 1
            session.end(1008, "pong timeout")
        elif now >= session.next_ping:
            session.next_ping += PING_EVERY_S * (1 + (now - session.next_ping) // PING_EVERY_S)
            session.unanswered = now
            session.transport.ping(b"")

    def on_pong(self, session: BulkSession, payload: bytes) -> None:
        super().on_pong(session, payload)
        session.unanswered = None

    def received(self, session: BulkSession, text: str) -> None:
        if not session.inbound.allow(self.venue.now()):
            self.venue.stats.breaches["messages per second"] += 1
            session.end(1008, "too many messages")
            return
        try:
            message = parse_object(text)
        except ValueError:
            session.error("invalid JSON")
            return
        method, wanted = message.get("method"), message.get("subscription")
        if method == "subscribe" and isinstance(wanted, list) and wanted:
            self._subscribe(session, wanted)
        elif method == "unsubscribe" and isinstance(message.get("topic"), str):
            self._unsubscribe(session, message["topic"])
        else:
            session.error(f"invalid request: {text[:200]}")

    def _subscribe(self, session: BulkSession, wanted: list[Any]) -> None:
        topics = []
        for one in wanted:
            try:
                name, shared = self._named(one)
                if name not in session.topics:
                    topic = self.topic(session, shared)
                    self.join(session, name, topic)
            except (UnknownTopicError, ValueError) as error:
                session.error(f"invalid subscription: {error}")
                continue
            topics.append(name)
            if len(session.topics) > _MOST_TOPICS:
                self.venue.stats.breaches["topics per connection"] += 1
                session.end(1008, "too many subscriptions")
                return
        if topics:
            session.reply({"type": "subscriptionResponse", "topics": topics})

    def _named(self, wanted: Any) -> tuple[str, str]:
        """Return a subscription's topic on the wire, and the name under which all share what it asks for.

        Raises:
            UnknownTopicError, ValueError: there is no such subscription.
        """
        if not isinstance(wanted, dict) or wanted.get("type") not in CHANNELS:
            raise UnknownTopicError(str(wanted))
        channel = wanted["type"]
        if channel == "frontendContext":
            return channel, channel
        prefix = channel.lower() if channel.startswith("l2") else channel
        name = f"{prefix}.{wanted.get('symbol')}"
        if channel == "candle":
            name += f".{wanted.get('interval')}"
        options = {}
        if channel == "l2Snapshot" and self.playback is None:
            item = self.instrument(str(wanted.get("symbol")))
            if wanted.get("nlevels") is not None:
                options["nlevels"] = str(max(1, int(wanted["nlevels"])))
            if wanted.get("aggregation") is not None:
                bucket_of(item, float(wanted["aggregation"]))
                options["aggregation"] = str(float(wanted["aggregation"]))
        return name, f"{name}?{urlencode(options)}" if options else name

    def _unsubscribe(self, session: BulkSession, wanted: str) -> None:
        name = next((name for name in session.topics if name.lower() == wanted.lower()), None)
        if name is None:
            session.error(f"not subscribed: {wanted}")
            return
        self.leave(session, name)
        session.reply({"type": "unsubscribeResponse", "topic": name})

    def resolve(self, session: BulkSession, name: str) -> tuple[type[Topic], str, str]:
        first, *rest = name.partition("?")[0].split(".")
        channel = _PREFIXES.get(first.lower())
        if channel is None:
            raise UnknownTopicError(name)
        kind = CHANNELS[channel]
        if channel == "frontendContext":
            return kind, channel, ""
        if len(rest) != (2 if channel == "candle" else 1):
            raise UnknownTopicError(name)
        key = self.instrument(rest[0]).symbol
        if key in self.venue.faults.rejected:
            raise UnknownTopicError(name)
        if channel == "candle":
            if rest[1] not in self.intervals:
                raise UnknownTopicError(name)
            kind = QuickCandles if rest[1] == "10s" else kind
        return kind, channel, key

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        if not isinstance(message, dict) or message.get("type") not in CHANNELS:
            return None
        name = message.get("topic")
        return name if isinstance(name, str) else None

    # -- REST ------------------------------------------------------------------------------------------------

    def error_body(self, status: int) -> Any:
        return {"error": {"message": "too many requests" if status == 429 else "service unavailable"}}

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        if recorded is not None:
            return recorded
        try:
            return json_response(answer(self, path, query))
        except RestError as error:
            return json_response({"error": {"message": str(error)}}, error.status)
