"""HTX spot: market websockets (`/ws`, `/feed`), the private one (`/ws/v2`), public and signed REST.

Source: HTX spot API reference, "Websocket Market Data", "Market Data", "Reference Data", "Websocket Asset and Order",
2021, with later client reports.
"""

import gzip
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...account import House
from ...instruments import Instrument, listed
from ...limits import SlidingLimit
from ...market import ASK, BID, Market
from ..base import Dialect, Request, Response, UnknownTopicError, json_response, parse_object
from ..topics import Topic
from .account_rest import answer_signed
from .figures import PERIODS, book_body, depth_body, detail_body, kline_row, trade_row
from .private import PRIVATE_PATH, PrivateSession
from .rest import ROUTES, RestError
from .session import HtxSession
from .streams import TOPICS, AllTickers, Increments

_QUIET = 120
_DECIMALS = {
    "BTCUSDT": (2, 6), "BTCUSDC": (2, 6), "ETHUSDT": (2, 4), "SOLUSDT": (4, 4), "BNBUSDT": (2, 4),
    "XRPUSDT": (5, 2), "DOGEUSDT": (6, 2), "ETHBTC": (6, 4),
}  # fmt: skip
_PINGS_UNANSWERED = 2
_REQ_BARS = 300


class HtxSpot(Dialect[HtxSession]):
    """Spot market data and accounts of HTX; every market frame is a gzip member."""

    name = "HTX___SPOT"
    hosts = ("api.huobi.pro", "api-aws.huobi.pro")
    session_type = HtxSession
    house = House(27_163_532, 102_523_573_998, Decimal("0.002"), Decimal("0.002"))
    is_binary = True
    intervals = PERIODS
    timeless = frozenset(
        {
            "/v1/common/timestamp",
            "/v1/common/symbols",
            "/v1/settings/common/market-symbols",
            "/v2/settings/common/symbols",
        }
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rest_limits: dict[str, SlidingLimit] = {}

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        return listed(seed, _QUIET, _DECIMALS)

    def wire_symbol(self, item: Instrument) -> str:
        return item.symbol.lower()

    def wire(self, data: bytes) -> bytes:
        return gzip.compress(data, 1, mtime=0)

    # -- sockets ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        if path not in ("/ws", "/feed", PRIVATE_PATH):
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        return None

    def session_for(self, path: str) -> type[HtxSession]:
        return PrivateSession if path == PRIVATE_PATH else HtxSession

    def keep_alive(self, session: HtxSession, now: float) -> None:
        if now < session.next_ping:
            return
        if len(session.pings) >= _PINGS_UNANSWERED:
            self.venue.stats.breaches["pong"] += 1
            session.end_unanswered()
            return
        session.next_ping += session.ping_every_s * (1 + (now - session.next_ping) // session.ping_every_s)
        stamp = int(now * 1000)
        session.pings.append(stamp)
        session.ask(stamp)

    def received(self, session: HtxSession, text: str) -> None:
        if isinstance(session, PrivateSession):
            session.received(text)
            return
        try:
            message = parse_object(text)
        except ValueError:
            self._error(session, {}, "error json")
            return
        if "pong" in message:
            if message["pong"] in session.pings:  # the number must come back as it was sent
                session.pings.clear()
        elif "ping" in message:
            session.reply({"pong": message["ping"]})
        elif isinstance(message.get("sub"), str):
            self._subscribe(session, message)
        elif isinstance(message.get("unsub"), str):
            self._unsubscribe(session, message)
        elif isinstance(message.get("req"), str):
            self._request(session, message)
        else:
            self._error(session, message, "invalid request")

    def _subscribe(self, session: HtxSession, message: Mapping[str, Any]) -> None:
        name = message["sub"]
        try:
            topic = session.topics.get(name) or self.topic(session, name)
            if topic.key in self.venue.faults.rejected:
                self._drop_unused(topic)
                raise UnknownTopicError(f"invalid symbol {topic.key.lower()}")
        except UnknownTopicError as error:
            self._error(session, message, str(error))
            return
        session.reply(self._identity(message) | {"status": "ok", "subbed": name, "ts": self.venue.now_ms()})
        if name not in session.topics:
            self.join(session, name, topic)

    def _drop_unused(self, topic: Topic) -> None:
        if not topic.sessions and self.topics.pop(topic.name, None) is not None:
            topic.stop()

    def _unsubscribe(self, session: HtxSession, message: Mapping[str, Any]) -> None:
        name = message["unsub"]
        if not self.leave(session, name):
            self._error(session, message, f"unsub with not subbed topic {name}")
            return
        session.reply(self._identity(message) | {"status": "ok", "unsubbed": name, "ts": self.venue.now_ms()})

    def _request(self, session: HtxSession, message: Mapping[str, Any]) -> None:
        name = message["req"]
        if not session.requests.allow(self.venue.now()):
            self.venue.stats.breaches["req interval"] += 1
            self._error(session, message, "429 too many request")
            return
        try:
            _, channel, key = self.resolve(session, name)
            data = self._requested(name, channel, self.venue.market(key), message)
        except UnknownTopicError as error:
            self._error(session, message, str(error))
            return
        answer = {"rep": name, "status": "ok", "ts": self.venue.now_ms(), "data": data}
        session.reply(self._identity(message) | answer)

    def _requested(self, name: str, channel: str, market: Market, message: Mapping[str, Any]) -> Any:
        if channel.startswith("mbp."):
            shared = self.topics.get(name)
            if isinstance(shared, Increments):
                return shared.snapshot()
            count = int(channel.split(".")[1])
            return book_body(market, market.levels(BID, count), market.levels(ASK, count), market.update_id)
        if channel.startswith("kline."):
            rule = PERIODS[channel.split(".")[1]]
            end = min(int(message.get("to", market.now_ms // 1000)) * 1000, market.now_ms)
            series = market.series(rule)
            start = max(int(message.get("from", 0)) * 1000, series.back_from(end, _REQ_BARS))
            return [kline_row(market, bar) for bar in series.filled(start, end)]
        if channel.startswith("depth."):
            return depth_body(market, channel)
        if channel == "trade.detail":
            return [trade_row(trade, market) for trade in market.trades[-300:]]
        if channel == "detail":
            return detail_body(market)
        raise UnknownTopicError(f"invalid topic {name}")

    def _identity(self, message: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": message["id"]} if "id" in message else {}

    def _error(self, session: HtxSession, message: Mapping[str, Any], words: str) -> None:
        answer = {"status": "error", "ts": self.venue.now_ms()} | self._identity(message)
        session.reply(answer | {"err-code": "bad-request", "err-msg": words})

    def resolve(self, session: HtxSession, name: str) -> tuple[type[Topic], str, str]:
        if name == "market.tickers" and session.path == "/ws":
            return AllTickers, "tickers", ""
        match = re.fullmatch(r"market\.([^.]+)\.(.+)", name)
        if match is None:
            raise UnknownTopicError(f"invalid topic {name}")
        symbol, channel = match.groups()
        try:
            item = self.instrument(symbol)
        except UnknownTopicError:
            raise UnknownTopicError(f"invalid symbol {symbol}") from None
        for path, pattern, kind in TOPICS:
            if path == session.path and re.fullmatch(pattern, channel):
                if channel in ("mbp.5", "mbp.20") and not item.is_major:
                    break
                return kind, channel, item.symbol
        raise UnknownTopicError(f"invalid topic {name}")

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        return message.get("ch") if isinstance(message, dict) else None

    # -- REST ------------------------------------------------------------------------------------------------

    def error_body(self, status: int) -> Any:
        code, words = ("bad-request", "429 too many request") if status == 429 else ("gateway-internal-error", "")
        return {"status": "error", "err-code": code, "err-msg": words, "ts": self.venue.now_ms()}

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        refusal = self.too_often(path, 10, 1.0)
        if refusal is not None:
            return refusal
        if recorded is not None:
            return recorded
        handler = ROUTES.get(path)
        if handler is None:
            return json_response(
                {"status": "error", "err-code": "not-found", "err-msg": "", "ts": self.venue.now_ms()}, 404
            )
        try:
            return json_response(handler(self, query))
        except RestError as error:
            body = {"status": "error", "err-code": "invalid-parameter", "err-msg": str(error)}
            return json_response(body | {"ts": self.venue.now_ms()})

    def account_answer(self, request: Request) -> Response | None:
        return answer_signed(self, request)

    def too_often(self, path: str, count: int, seconds: float) -> Response | None:
        """Count a request and return the refusal if it is one too many."""
        limit = self._rest_limits.setdefault(path, SlidingLimit(count, seconds))
        if limit.allow(self.venue.now()):
            return None
        self.venue.stats.breaches[f"rest {path}"] += 1
        return json_response(self.error_body(429), 429)

    def rest_market(self, query: Mapping[str, str]) -> Market:
        """Return the market of a request."""
        try:
            return self.venue.market(self.instrument(query.get("symbol", "")).symbol)
        except UnknownTopicError:
            raise RestError("invalid symbol") from None
