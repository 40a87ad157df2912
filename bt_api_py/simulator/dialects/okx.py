"""OKX v5 spot: public and business websockets, public REST.

Source: OKX v5 documentation, "WebSocket overview", "Order book trading", "Public data", July 2026.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..candles import UTC8, Bar, Interval, interval
from ..instruments import Instrument, listed
from ..limits import SlidingLimit
from ..market import ASK, BID, Level, Market, Trade
from ..text import plain
from .base import (
    BookTopic,
    Dialect,
    MarketTopic,
    MergedTopic,
    Response,
    Session,
    Topic,
    TradesTopic,
    Transport,
    UnknownTopicError,
    json_response,
    parse_object,
    whole,
)

_SHORT_BARS = ("1s", "1m", "3m", "5m", "15m", "30m", "1H", "2H", "4H")
_LONG_BARS = ("6H", "12H", "1D", "2D", "3D", "5D", "1W", "1M", "3M")
_DECIMALS = {"BTCUSDT": (1, 8), "BTCUSDC": (1, 8), "BNBUSDT": (1, 6)}
_QUIET = 120
_IDLE_S = 30
_HEARTBEAT_MS = 60_000
_MAX_ARGS_BYTES = 64 * 1024


def _bars() -> dict[str, Interval]:
    def rule(name: str, shift_ms: int) -> Interval:
        return interval(name if name.endswith("M") else name.lower(), shift_ms)

    found = {name: rule(name, 0) for name in _SHORT_BARS}
    found |= {name: rule(name, UTC8) for name in _LONG_BARS}
    return found | {f"{name}utc": rule(name, 0) for name in _LONG_BARS}


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
        for numbering in reversed(self._numbering.get(key, [])):
            if sequence + numbering.base >= numbering.from_update:
                return sequence + numbering.base
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
            kind = _CHANNELS.get(channel)
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
        route = _REST.get(path)
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


class RestError(Exception):
    """A request that the venue answers with an error code."""

    def __init__(self, code: str, words: str, status: int = 200) -> None:
        super().__init__(words)
        self.code = code
        self.status = status


def _name(arg: Mapping[str, Any]) -> str:
    """Return one text for a subscription argument, whatever the order of its keys."""
    return json.dumps({key: arg[key] for key in sorted(arg)}, separators=(",", ":"))


# -- figures -------------------------------------------------------------------------------------------------


def _price(market: Market, ticks: int) -> str:
    return plain(ticks, market.instrument.price_decimals)


def _size(market: Market, lots: int) -> str:
    return plain(lots, market.instrument.quantity_decimals)


def _value(market: Market, quote: int) -> str:
    item = market.instrument
    return plain(quote, item.price_decimals + item.quantity_decimals)


def _rows(market: Market, levels: Iterable[Level]) -> list[list[str]]:
    # The model counts quantities, not orders: the order count is a plausible number that a level keeps.
    return [
        [_price(market, price), _size(market, lots), "0", str(0 if lots == 0 else 1 + lots % 7)]
        for price, lots in levels
    ]


def _inst_id(market: Market) -> str:
    return f"{market.instrument.base}-{market.instrument.quote}"


def _ticker_row(market: Market) -> dict[str, str]:
    last, bar = market.last, market.day().bar
    bid, ask = market.best(BID), market.best(ASK)
    return {
        "instType": "SPOT",
        "instId": _inst_id(market),
        "last": _price(market, last.price),
        "lastSz": _size(market, last.quantity),
        "askPx": _price(market, ask[0]),
        "askSz": _size(market, ask[1]),
        "bidPx": _price(market, bid[0]),
        "bidSz": _size(market, bid[1]),
        "open24h": _price(market, bar.open),
        "high24h": _price(market, bar.high),
        "low24h": _price(market, bar.low),
        "volCcy24h": _value(market, bar.quote),
        "vol24h": _size(market, bar.volume),
        "sodUtc0": _price(market, _day_open(market, 0)),
        "sodUtc8": _price(market, _day_open(market, UTC8)),
        "ts": str(market.now_ms),
    }


def _day_open(market: Market, shift_ms: int) -> int:
    bar = market.series(interval("1d", shift_ms)).last
    return bar.open if bar is not None else market.last.price


def _candle_row(market: Market, bar: Bar, closed: bool) -> list[str]:
    prices = [_price(market, ticks) for ticks in (bar.open, bar.high, bar.low, bar.close)]
    quote = _value(market, bar.quote)
    return [str(bar.open_ms), *prices, _size(market, bar.volume), quote, quote, "1" if closed else "0"]


def _match_row(market: Market, trade: Trade) -> dict[str, str]:
    return {
        "instId": _inst_id(market),
        "side": trade.side,
        "sz": _size(market, trade.quantity),
        "px": _price(market, trade.price),
        "source": "0",
        "tradeId": str(trade.id),
        "ts": str(trade.ms),
    }


# -- channels ------------------------------------------------------------------------------------------------


def _pushed(topic: Topic, row: Any) -> dict[str, Any]:
    return {"arg": json.loads(topic.name), "data": [row]}


class Tickers(MarketTopic):
    """`tickers`: on change, at most every 100 ms; the present state first."""

    kind = "ticker"
    every_ms = 100
    greets = True

    def begin(self) -> None:
        self.seen: tuple[Any, ...] = ()

    def news(self, now_ms: int) -> Sequence[Any]:
        state = (self.market.last.id, self.market.best(BID), self.market.best(ASK))
        if state == self.seen:
            return ()
        self.seen = state
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [_pushed(self, _ticker_row(self.market))]


class MergedTrades(MergedTopic):
    """`trades`: one push per taker order and price."""

    dialect: OkxSpot

    def news(self, now_ms: int) -> Sequence[Any]:
        sequence = self.dialect.sequence(self.key, self.market.update_id)
        market = self.market
        return [
            _pushed(
                self,
                {
                    "instId": _inst_id(market),
                    "tradeId": str(row.last_id),
                    "px": _price(market, row.price),
                    "sz": _size(market, row.quantity),
                    "side": row.side,
                    "ts": str(row.ms),
                    "count": str(row.last_id - row.first_id + 1),
                    "source": "0",
                    "seqId": sequence,
                },
            )
            for row in self.new_merged()
        ]


class AllTrades(TradesTopic):
    """`trades-all`: one push per match."""

    def news(self, now_ms: int) -> Sequence[Any]:
        return [_pushed(self, _all_row(_match_row(self.market, trade))) for trade in self.new_trades()]


def _all_row(row: dict[str, str]) -> dict[str, str]:
    return {name: row[name] for name in ("instId", "tradeId", "px", "sz", "side", "ts", "source")}


class Candles(TradesTopic):
    """`candle<bar>`: at least 1 s apart while the bar changes, and once more when it closes."""

    kind = "klines"
    every_ms = 1000
    greets = True
    dialect: OkxSpot

    def begin(self) -> None:
        super().begin()
        self.rule = self.dialect.intervals[self.channel.removeprefix("candle")]
        self.series = self.market.series(self.rule)
        self.open_ms = self.rule.open_of(self.market.now_ms)

    def news(self, now_ms: int) -> Sequence[Any]:
        open_ms = self.rule.open_of(now_ms)
        traded = bool(self.new_trades())
        rows = []
        if open_ms != self.open_ms:
            rows = [self._row(bar, closed=True) for bar in self.series.between(self.open_ms, open_ms - 1)]
            self.open_ms = open_ms
        bar_now = self.series.bars.get(open_ms)
        if traded and bar_now is not None:
            rows.append(self._row(bar_now, closed=False))
        return rows

    def welcome(self, now_ms: int) -> Sequence[Any]:
        bar = self.series.bars.get(self.rule.open_of(now_ms))
        return [self._row(bar, closed=False)] if bar is not None else ()

    def _row(self, bar: Bar, closed: bool) -> dict[str, Any]:
        return _pushed(self, _candle_row(self.market, bar, closed))


class Books(BookTopic):
    """`books`: a snapshot, then what changed, chained by prevSeqId; an empty update after 60 s of rest."""

    every_ms = 100
    greets = True
    dialect: OkxSpot

    def begin(self) -> None:
        super().begin()
        self.sent_sequence = self.dialect.sequence(self.key, self.sent_id)
        self.sent_ms = self.market.now_ms

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            if now_ms - self.sent_ms < _HEARTBEAT_MS:
                return ()
            return [self._message("update", [], [], now_ms, self.sent_sequence)]
        previous = self.sent_sequence
        _, bids, asks = self.new_changes()
        self.sent_sequence = self.dialect.sequence(self.key, self.sent_id)
        return [self._message("update", sorted(bids.items(), reverse=True), sorted(asks.items()), now_ms, previous)]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        market = self.market
        return [self._message("snapshot", market.levels(BID), market.levels(ASK), now_ms, -1)]

    def _message(
        self, action: str, bids: Iterable[Level], asks: Iterable[Level], now_ms: int, previous: int
    ) -> dict[str, Any]:
        self.sent_ms = now_ms
        return {
            "arg": json.loads(self.name),
            "action": action,
            "data": [
                {
                    "asks": _rows(self.market, asks),
                    "bids": _rows(self.market, bids),
                    "ts": str(now_ms),
                    "checksum": 0,
                    "prevSeqId": previous,
                    "seqId": self.sent_sequence,
                }
            ],
        }


class FiveLevels(BookTopic):
    """`books5`: the best five levels, whole, on change; repeated after 60 s without change."""

    every_ms = 100
    greets = True
    count = 5
    dialect: OkxSpot

    def begin(self) -> None:
        super().begin()
        self.seen: Any = None
        self.sent_ms = self.market.now_ms

    def news(self, now_ms: int) -> Sequence[Any]:
        state = (self.market.levels(BID, self.count), self.market.levels(ASK, self.count))
        if state == self.seen and now_ms - self.sent_ms < _HEARTBEAT_MS:
            return ()
        self.seen = state
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        self.sent_ms = now_ms
        market = self.market
        row: dict[str, Any] = {
            "asks": _rows(market, market.levels(ASK, self.count)),
            "bids": _rows(market, market.levels(BID, self.count)),
        }
        if self.count > 1:
            row["instId"] = _inst_id(market)
        row |= {"ts": str(now_ms), "seqId": self.dialect.sequence(self.key, market.update_id)}
        return [_pushed(self, row)]


class BestOffer(FiveLevels):
    """`bbo-tbt`: the best level a side, as often as it changes."""

    kind = "bbo"
    every_ms = 10
    count = 1


class Instruments(Topic):
    """`instruments`: the list once, on arrival."""

    kind = "instruments"
    greets = True
    dialect: OkxSpot

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [{"arg": json.loads(self.name), "data": _instruments(self.dialect, {"instType": "SPOT"})}]


_CHANNELS: dict[str, type[Topic]] = {
    "tickers": Tickers,
    "trades": MergedTrades,
    "trades-all": AllTrades,
    "books": Books,
    "books5": FiveLevels,
    "bbo-tbt": BestOffer,
    "instruments": Instruments,
}


# -- REST ----------------------------------------------------------------------------------------------------


def _number(query: Mapping[str, str], name: str, default: int | None, high: int = 1 << 62, low: int = 0) -> int | None:
    try:
        return whole(query.get(name), default, low, high)
    except ValueError:
        raise RestError("51000", f"Parameter {name} error", 400) from None


def _limit(query: Mapping[str, str], default: int, high: int, name: str = "limit") -> int:
    return _number(query, name, default, high, low=1) or default


def _instruments(dialect: OkxSpot, query: Mapping[str, str]) -> list[dict[str, Any]]:
    kind = query.get("instType")
    if kind not in ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION"):
        raise RestError("51000", "Parameter instType error", 400)
    if kind != "SPOT":
        return []
    items = list(dialect.venue.instruments.values())
    if query.get("instId"):
        items = [item for item in items if dialect.wire_symbol(item) == query["instId"]]
        if not items:
            raise RestError("51001", "Instrument ID doesn't exist.")
    return [
        {
            "instType": "SPOT",
            "instId": dialect.wire_symbol(item),
            "instFamily": "",
            "uly": "",
            "baseCcy": item.base,
            "quoteCcy": item.quote,
            "settleCcy": "",
            "ctVal": "",
            "ctMult": "",
            "ctValCcy": "",
            "ctType": "",
            "tickSz": plain(1, item.price_decimals),
            "lotSz": plain(1, item.quantity_decimals),
            "minSz": plain(1, item.quantity_decimals),
            "state": "suspend" if item.halted else "live",
            "listTime": "1611916828000",
            "expTime": "",
            "instIdCode": 10_000 + number,
            "ruleType": "normal",
        }
        for number, item in enumerate(items)
    ]


def _tickers(dialect: OkxSpot, query: Mapping[str, str]) -> Any:
    if query.get("instType") != "SPOT":
        raise RestError("51000", "Parameter instType error", 400)
    items = [item for item in dialect.venue.instruments.values() if not item.halted]
    return [_ticker_row(dialect.venue.market(item.symbol)) for item in items]


def _ticker(dialect: OkxSpot, query: Mapping[str, str]) -> Any:
    return [_ticker_row(dialect.rest_market(query))]


def _books(dialect: OkxSpot, query: Mapping[str, str]) -> Any:
    return _book_answer(dialect.rest_market(query), _limit(query, 1, 400, "sz"))


def _books_full(dialect: OkxSpot, query: Mapping[str, str]) -> Any:
    return _book_answer(dialect.rest_market(query), _limit(query, 1, 5000, "sz"))


def _book_answer(market: Market, count: int) -> Any:
    asks, bids = market.levels(ASK, count), market.levels(BID, count)
    return [{"asks": _rows(market, asks), "bids": _rows(market, bids), "ts": str(market.now_ms)}]


def _trades(dialect: OkxSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    return [_match_row(market, trade) for trade in reversed(market.trades[-_limit(query, 100, 500) :])]


def _history_trades(dialect: OkxSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    limit = _limit(query, 100, 100)
    by_time = query.get("type", "1") == "2"
    older, newer = _number(query, "after", None), _number(query, "before", None)
    chosen: list[Trade] = []
    for trade in reversed(market.trades):
        place = trade.ms if by_time else trade.id
        if older is not None and place >= older:
            continue
        if len(chosen) == limit or (newer is not None and place <= newer):
            break
        chosen.append(trade)
    return [_match_row(market, trade) for trade in chosen]


def _candles(dialect: OkxSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    rule = dialect.intervals.get(query.get("bar", "1m"))
    if rule is None:
        raise RestError("51000", "Parameter bar error", 400)
    limit = _limit(query, 100, 300)
    older, newer = _number(query, "after", None), _number(query, "before", None)
    series = market.series(rule)
    end = market.now_ms if older is None else min(market.now_ms, older - 1)
    start = series.back_from(end, limit)
    if newer is not None:
        start = max(start, newer + 1)
    bars = list(series.filled(start, end))
    bars.reverse()
    return [_candle_row(market, bar, rule.next_of(bar.open_ms) <= market.now_ms) for bar in bars]


def _time(dialect: OkxSpot, query: Mapping[str, str]) -> Any:
    return [{"ts": str(dialect.venue.now_ms())}]


_Handler = Callable[[OkxSpot, Mapping[str, str]], Any]
_REST: dict[str, tuple[int, _Handler]] = {  # requests per 2 s, and who answers
    "/api/v5/public/instruments": (20, _instruments),
    "/api/v5/public/time": (10, _time),
    "/api/v5/market/tickers": (20, _tickers),
    "/api/v5/market/ticker": (20, _ticker),
    "/api/v5/market/books": (40, _books),
    "/api/v5/market/books-full": (10, _books_full),
    "/api/v5/market/trades": (100, _trades),
    "/api/v5/market/history-trades": (20, _history_trades),
    "/api/v5/market/candles": (40, _candles),
    "/api/v5/market/history-candles": (20, _candles),
}
