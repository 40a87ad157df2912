"""What all products of HTX share: market websockets and public REST.

Source: HTX spot API reference and USDT-margined contracts API reference, "Websocket Market Data", "Market Data", 2021,
with later client reports.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ...instruments import Instrument
from ...limits import SlidingLimit
from ...market import Market
from ..base import Dialect, Response, UnknownTopicError, json_response
from ..topics import Topic
from .figures import PERIODS
from .rest import RestError, Route
from .session import HtxSession


class Htx(Dialect[HtxSession]):
    """Market data of one product of HTX; every market frame is a gzip member.

    To declare: `sockets`, what serves each path; `channels`, the topics by path and pattern; `routes` of REST.
    """

    session_type = HtxSession
    is_binary = True
    intervals = PERIODS
    sockets: ClassVar[Mapping[str, type[HtxSession]]]
    channels: ClassVar[Sequence[tuple[str, str, type[Topic]]]]
    routes: ClassVar[Mapping[str, Route]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rest_limits: dict[str, SlidingLimit] = {}

    def wire(self, data: bytes) -> bytes:
        return gzip.compress(data, 1, mtime=0)

    # -- sockets ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        if path not in self.sockets:
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        return None

    def session_for(self, path: str) -> type[HtxSession]:
        return self.sockets[path]

    def keep_alive(self, session: HtxSession, now: float) -> None:
        if now < session.next_ping:
            return
        if len(session.pings) >= session.most_pings:
            self.venue.stats.breaches["pong"] += 1
            session.end_unanswered()
            return
        session.next_ping += session.ping_every_s * (1 + (now - session.next_ping) // session.ping_every_s)
        stamp = int(now * 1000)
        session.pings.append(stamp)
        session.ask(stamp)

    def received(self, session: HtxSession, text: str) -> None:
        session.received(text)

    def written(self, key: str) -> str:
        """Return the name of a market as the venue writes it."""
        return self.wire_symbol(self.venue.instruments[key])

    def spare_topic(self, topic: Topic) -> None:
        """Let go of a topic that nobody listens to."""
        if not topic.sessions and self.topics.pop(topic.name, None) is not None:
            topic.stop()

    def requested(self, name: str, channel: str, market: Market, message: Mapping[str, Any]) -> Any:
        """Return what a request on the socket asks for.

        Raises:
            UnknownTopicError: there is no such request.
        """
        raise UnknownTopicError(f"invalid topic {name}")

    def resolve(self, session: HtxSession, name: str) -> tuple[type[Topic], str, str]:
        match = re.fullmatch(r"(?:market|public)\.([^.]+)\.(.+)", name)
        if match is None:
            raise UnknownTopicError(f"invalid topic {name}")
        symbol, channel = match.groups()
        try:
            item = self.instrument(symbol)
        except UnknownTopicError:
            raise UnknownTopicError(f"invalid symbol {symbol}") from None
        for path, pattern, kind in self.channels:
            if path == session.path and re.fullmatch(pattern, channel) and self.offers(channel, item):
                return kind, channel, item.symbol
        raise UnknownTopicError(f"invalid topic {name}")

    def offers(self, channel: str, item: Instrument) -> bool:
        """Tell whether a market has that channel."""
        return True

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        return message.get("ch") if isinstance(message, dict) else None

    # -- REST ------------------------------------------------------------------------------------------------

    def error_body(self, status: int) -> Any:
        code, words = ("bad-request", "429 too many request") if status == 429 else ("gateway-internal-error", "")
        return {"status": "error", "err-code": code, "err-msg": words, "ts": self.venue.now_ms()}

    def refused(self, error: RestError) -> dict[str, Any]:
        """Return the answer to a request that is wrong."""
        return {"status": "error", "err-code": "invalid-parameter", "err-msg": str(error), "ts": self.venue.now_ms()}

    def budget(self, path: str) -> tuple[str, int, float]:
        """Return the limit that a path counts against: its name, so many requests, in so many seconds."""
        return path, 10, 1.0

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        refusal = self.too_often(*self.budget(path))
        if refusal is not None:
            return refusal
        if recorded is not None:
            return recorded
        handler = self.routes.get(path)
        if handler is None:
            return json_response(
                {"status": "error", "err-code": "not-found", "err-msg": "", "ts": self.venue.now_ms()}, 404
            )
        try:
            return json_response(handler(self, query))
        except RestError as error:
            return json_response(self.refused(error))

    def too_often(self, budget: str, count: int, seconds: float) -> Response | None:
        """Count a request and return the refusal if it is one too many."""
        limit = self._rest_limits.setdefault(budget, SlidingLimit(count, seconds))
        if limit.allow(self.venue.now()):
            return None
        self.venue.stats.breaches[f"rest {budget}"] += 1
        return json_response(self.error_body(429), 429)

    def rest_market(self, symbol: str) -> Market:
        """Return the market of a request."""
        try:
            return self.venue.market(self.instrument(symbol).symbol)
        except UnknownTopicError:
            raise RestError("invalid symbol", 1014) from None
