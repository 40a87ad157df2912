"""Binance spot: market streams and public REST.

Source: binance-spot-api-docs, "WebSocket Streams" and "General endpoints", "Market data endpoints", July
    2026.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from ..candles import MINUTE, SECOND, UTC8, Bar, Interval, Series, interval
from ..faults import Frame
from ..instruments import Instrument, listed
from ..limits import SlidingLimit, WeightLimit
from ..market import ASK, BID, SELL, Level, Market, Merged, Trade
from ..text import fixed
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
    intervals,
    json_response,
    whole,
)

_INTERVALS = intervals(
    {text: text for text in ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d",
    "3d", "1w", "1M")}
)  # fmt: skip
_QUIET = 490  # generated markets, so that 500 symbols can be subscribed
_MAX_STREAMS = 1024
_PING_EVERY_S = 20
_PONG_WITHIN_S = 60


class BinanceSession(Session):
    """A stream connection: raw (`/ws`) or combined (`/stream`)."""

    def __init__(
        self,
        dialect: "Dialect[Any]",
        transport: Transport,
        path: str,
        query: Mapping[str, str],
        number: int,
    ) -> None:
        super().__init__(dialect, transport, path, query, number)
        self.combined = path.split("/")[1] == "stream"
        self.inbound = SlidingLimit(5, 1.0)
        self.next_ping = self.opened + _PING_EVERY_S
        self.unanswered: dict[bytes, float] = {}


class BinanceSpot(Dialect[BinanceSession]):
    """Spot market streams and public REST of Binance."""

    name = "BINANCE___SPOT"
    hosts = ("api.binance.com", "www.binance.com", "stream.binance.com", "data-api.binance.vision")
    session_type = BinanceSession
    intervals = _INTERVALS
    timeless = frozenset({"/api/v3/ping", "/api/v3/time", "/api/v3/exchangeInfo"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connects = SlidingLimit(300, 300.0)
        self._weight = WeightLimit(6_000)

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        return listed(seed, _QUIET)

    def wire_symbol(self, item: Instrument) -> str:
        return item.symbol

    # -- sockets ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        if path.split("/")[1] not in ("ws", "stream"):
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        if not self._connects.allow(self.venue.now()):
            self.venue.stats.breaches["connects"] += 1
            return json_response(self.error_body(429), 429, {"Retry-After": "60"})
        return None

    def opened(self, session: BinanceSession) -> None:
        if session.combined:
            # "+" in a query means a space, and "@+08:00" is part of a stream's name
            wanted = session.query.get("streams", "").replace(" ", "+")
        else:
            wanted = session.path.removeprefix("/ws").strip("/")
        self._subscribe(session, [name for name in wanted.split("/") if name])

    def _count_inbound(self, session: BinanceSession) -> bool:
        if session.inbound.allow(self.venue.now()):
            return True
        self.venue.stats.breaches["messages per second"] += 1
        session.end(1008, "Too many requests")
        return False

    def on_ping(self, session: BinanceSession, payload: bytes) -> None:
        super().on_ping(session, payload)
        self._count_inbound(session)

    def on_pong(self, session: BinanceSession, payload: bytes) -> None:
        super().on_pong(session, payload)
        if self._count_inbound(session) and payload in session.unanswered:
            session.unanswered.clear()  # a pong answers every ping before it too

    def keep_alive(self, session: BinanceSession, now: float) -> None:
        if session.unanswered and now - min(session.unanswered.values()) >= _PONG_WITHIN_S:
            self.venue.stats.breaches["pong"] += 1
            session.end(1008, "Pong timeout")
        elif now >= session.next_ping:
            session.next_ping += _PING_EVERY_S * (1 + (now - session.next_ping) // _PING_EVERY_S)
            payload = str(int(now * 1000)).encode()
            session.unanswered[payload] = now
            session.transport.ping(payload)

    def announce_end(self, session: BinanceSession) -> None:
        event = {"e": "serverShutdown", "E": self.venue.now_ms()}
        session.reply({"stream": "!serverShutdown", "data": event} if session.combined else event)

    def received(self, session: BinanceSession, text: str) -> None:
        if not self._count_inbound(session):
            return
        try:
            message = json.loads(text)
        except ValueError:
            session.reply({"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"})
            return
        identity = message.get("id") if isinstance(message, dict) else None
        problem = _problem(message)
        if problem is not None:
            code, words = problem
            session.reply({"code": code, "msg": words} | ({} if identity is None else {"id": identity}))
            return
        method, params = message["method"], message.get("params", [])
        result: Any = None
        if method == "SUBSCRIBE":
            rejected = [name for name in params if name.split("@")[0].upper() in self.venue.faults.rejected]
            if rejected:
                words = f"Invalid request: stream {rejected[0]} is not available"
                session.reply({"code": 2, "msg": words, "id": identity})
                return
            if len(set(session.topics) | set(params)) > _MAX_STREAMS:
                self.venue.stats.breaches["streams"] += 1
                session.reply({"code": 2, "msg": "Invalid request: too many streams", "id": identity})
                return
            self._subscribe(session, params)
        elif method == "UNSUBSCRIBE":
            for name in params:
                self.leave(session, name)
        elif method == "LIST_SUBSCRIPTIONS":
            result = list(session.topics)
        elif method == "SET_PROPERTY":
            session.combined = params[1]
        elif method == "GET_PROPERTY":
            result = session.combined
        session.reply({"result": result, "id": identity})

    def _subscribe(self, session: BinanceSession, names: Sequence[str]) -> None:
        for name in names[:_MAX_STREAMS]:
            if name in session.topics:
                continue
            topic: Topic | None
            try:
                topic = self.topic(session, name)
            except UnknownTopicError:
                topic = None  # acknowledged like any other, and silent for ever
            if name.split("@")[0].upper() in self.venue.faults.rejected:
                topic = None
            self.join(session, name, topic)

    def resolve(self, session: BinanceSession, name: str) -> tuple[type[Topic], str, str]:
        if name == "!miniTicker@arr":
            return MiniTickers, name, ""
        symbol, _, channel = name.partition("@")
        if symbol != symbol.lower():
            raise UnknownTopicError(name)
        item = self.instrument(symbol.upper())
        for pattern, kind in _STREAMS.items():
            if re.fullmatch(pattern, channel):
                return kind, channel, item.symbol
        raise UnknownTopicError(name)

    def addressed(self, session: BinanceSession, name: str, frame: Frame) -> Frame:
        if not session.combined:
            return frame
        data = b'{"stream":"%s","data":%s}' % (name.encode(), frame.data)
        return Frame(data, frame.kind, frame.topic, frame.channel, frame.symbol)

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        return message.get("stream") if isinstance(message, dict) else None

    def recorded_payload(self, text: str) -> bytes:
        # the recorded text is {"stream": …, "data": …}; its inner part stays as it was written
        return text[text.index('"data":') + len('"data":') : text.rindex("}")].strip().encode()

    # -- REST ------------------------------------------------------------------------------------------------

    def error_body(self, status: int) -> Any:
        if status in (418, 429):
            return {
                "code": -1003,
                "msg": "Too much request weight used; please use WebSocket Streams instead.",
            }
        return {"code": -1000, "msg": "An unknown error occurred while processing the request."}

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        status, wait = self._weight.spend(_weight(path, query), self.venue.now())
        stats = self.venue.stats
        stats.weight_used = self._weight.used
        stats.weight_peak = max(stats.weight_peak, self._weight.used)
        headers = {
            "X-MBX-USED-WEIGHT": str(self._weight.used),
            "X-MBX-USED-WEIGHT-1M": str(self._weight.used),
        }
        if status != 200:
            stats.breaches["banned" if status == 418 else "weight"] += 1
            return json_response(self.error_body(status), status, headers | {"Retry-After": str(wait)})
        answer = recorded or self._respond(path, query)
        return Response(answer.status, answer.body, {**answer.headers, **headers}, answer.content_type)

    def _respond(self, path: str, query: Mapping[str, str]) -> Response:
        handler = _REST.get(path)
        if handler is None:
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        try:
            return json_response(handler(self, query))
        except RestError as error:
            return json_response({"code": error.code, "msg": str(error)}, 400)

    def rest_market(self, query: Mapping[str, str]) -> Market:
        """Return the market of a request."""
        symbol = query.get("symbol")
        if not symbol:
            words = "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
            raise RestError(-1102, words)
        return self.venue.market(self._known(symbol).symbol)

    def _known(self, symbol: str) -> Instrument:
        if not re.fullmatch(r"[A-Z0-9_.-]{1,20}", symbol):
            raise RestError(
                -1100, "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'."
            )
        try:
            return self.instrument(symbol)
        except UnknownTopicError:
            raise RestError(-1121, "Invalid symbol.") from None

    def chosen(self, query: Mapping[str, str]) -> tuple[list[Instrument], bool]:
        """Return the instruments of a request and whether the answer is a list."""
        if "symbol" in query:
            return [self._known(query["symbol"])], False
        if "symbols" in query:
            try:
                names = json.loads(query["symbols"])
            except ValueError:
                raise RestError(-1100, "Illegal characters found in parameter 'symbols'.") from None
            return [self._known(str(name)) for name in names], True
        return list(self.venue.instruments.values()), True


class RestError(Exception):
    """A request that the venue answers with an error code."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


def _problem(message: Any) -> tuple[int, str] | None:
    if not isinstance(message, dict) or "method" not in message:
        return 2, "Invalid request: missing field `method` at line 1 column 40"
    method, params = message["method"], message.get("params")
    if method in ("SUBSCRIBE", "UNSUBSCRIBE"):
        if not isinstance(params, list) or not all(isinstance(name, str) for name in params):
            return 2, "Invalid request: params must be an array of strings"
    elif method == "SET_PROPERTY":
        if not isinstance(params, list) or len(params) != 2 or params[0] != "combined":
            return 0, "Unknown property"
        if not isinstance(params[1], bool):
            return 1, "Invalid value type: expected Boolean"
    elif method not in ("LIST_SUBSCRIPTIONS", "GET_PROPERTY"):
        return 2, f"Invalid request: unknown variant `{method}`"
    return None


# -- figures -------------------------------------------------------------------------------------------------


def _price(market: Market, ticks: int) -> str:
    return fixed(ticks, market.instrument.price_decimals)


def _quantity(market: Market, lots: int) -> str:
    return fixed(lots, market.instrument.quantity_decimals)


def _value(market: Market, quote: int) -> str:
    item = market.instrument
    return fixed(quote, item.price_decimals + item.quantity_decimals)


def _rows(market: Market, levels: Sequence[Level]) -> list[list[str]]:
    return [[_price(market, price), _quantity(market, quantity)] for price, quantity in levels]


def _day_figures(market: Market) -> dict[str, Any]:
    """Return the 24-hour statistics by their REST names."""
    item, last, day = market.instrument, market.last, market.day()
    bar = day.bar
    change = last.price - bar.open
    percent = (abs(change) * 100_000 * 2 + bar.open) // (2 * bar.open) * (1 if change >= 0 else -1)
    mean = bar.quote * 10 ** (8 - item.price_decimals) // bar.volume if bar.volume else 0
    bid, ask = market.best(BID), market.best(ASK)
    return {
        "symbol": item.symbol,
        "priceChange": _price(market, change),
        "priceChangePercent": fixed(percent, 3, 3),
        "weightedAvgPrice": fixed(mean, 8),
        "prevClosePrice": _price(market, day.previous_close),
        "lastPrice": _price(market, last.price),
        "lastQty": _quantity(market, last.quantity),
        "bidPrice": _price(market, bid[0]),
        "bidQty": _quantity(market, bid[1]),
        "askPrice": _price(market, ask[0]),
        "askQty": _quantity(market, ask[1]),
        "openPrice": _price(market, bar.open),
        "highPrice": _price(market, bar.high),
        "lowPrice": _price(market, bar.low),
        "volume": _quantity(market, bar.volume),
        "quoteVolume": _value(market, bar.quote),
        "openTime": day.open_ms,
        "closeTime": market.now_ms,
        "firstId": bar.first_id,
        "lastId": bar.last_id,
        "count": bar.count,
    }


def _kline_row(market: Market, bar: Bar, rule: Interval) -> list[Any]:
    return [
        bar.open_ms,
        _price(market, bar.open),
        _price(market, bar.high),
        _price(market, bar.low),
        _price(market, bar.close),
        _quantity(market, bar.volume),
        rule.next_of(bar.open_ms) - 1,
        _value(market, bar.quote),
        bar.count,
        _quantity(market, bar.taker_volume),
        _value(market, bar.taker_quote),
        "0",
    ]


def _aggregate(market: Market, row: Merged) -> dict[str, Any]:
    return {
        "a": row.id,
        "p": _price(market, row.price),
        "q": _quantity(market, row.quantity),
        "f": row.first_id,
        "l": row.last_id,
        "T": row.ms,
        "m": row.side == SELL,
        "M": True,
    }


# -- streams -------------------------------------------------------------------------------------------------


class Ticker(MarketTopic):
    """`<s>@ticker`."""

    kind = "ticker"
    every_ms = 1000
    names: ClassVar[dict[str, str]] = {
        "s": "symbol", "p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice", "x":
        "prevClosePrice", "c": "lastPrice", "Q": "lastQty", "b": "bidPrice", "B": "bidQty", "a": "askPrice",
        "A": "askQty", "o": "openPrice", "h": "highPrice", "l": "lowPrice", "v": "volume", "q": "quoteVolume",
        "O": "openTime", "C": "closeTime", "F": "firstId", "L": "lastId", "n": "count",
    }  # fmt: skip
    event = "24hrTicker"

    def begin(self) -> None:
        self.seen: tuple[int, int] | None = None

    def news(self, now_ms: int) -> Sequence[Any]:
        state = (self.market.last.id, self.market.update_id)
        if state == self.seen:
            return ()
        self.seen = state
        figures = _day_figures(self.market)
        head = {"e": self.event, "E": now_ms}
        return [head | {short: figures[name] for short, name in self.names.items()}]


class MiniTicker(Ticker):
    """`<s>@miniTicker`."""

    names: ClassVar[dict[str, str]] = {
        "s": "symbol", "c": "lastPrice", "o": "openPrice", "h": "highPrice", "l": "lowPrice", "v": "volume",
        "q": "quoteVolume",
    }  # fmt: skip
    event = "24hrMiniTicker"


class MiniTickers(Topic):
    """`!miniTicker@arr`: the symbols that traded since the last push."""

    kind = "ticker"
    every_ms = 1000

    def start(self) -> None:
        self.seen: dict[str, int] = {}

    def news(self, now_ms: int) -> Sequence[Any]:
        rows = []
        venue = self.dialect.venue
        for key, item in venue.instruments.items():
            if item.halted:
                continue
            market = venue.market(key)
            if self.seen.get(key) != market.last.id:
                self.seen[key] = market.last.id
                figures = _day_figures(market)
                head = {"e": MiniTicker.event, "E": now_ms}
                rows.append(head | {short: figures[name] for short, name in MiniTicker.names.items()})
        return [rows] if rows else ()


class BookTicker(BookTopic):
    """`<s>@bookTicker`."""

    kind = "bbo"

    def begin(self) -> None:
        super().begin()
        self.seen = self._best()

    def _best(self) -> tuple[Level, Level]:
        return self.market.best(BID), self.market.best(ASK)

    def news(self, now_ms: int) -> Sequence[Any]:
        best = self._best()
        if best == self.seen:
            return ()
        self.seen = best
        market, (bid, ask) = self.market, best
        row = {"u": market.update_id, "s": self.key}
        row |= {"b": _price(market, bid[0]), "B": _quantity(market, bid[1])}
        row |= {"a": _price(market, ask[0]), "A": _quantity(market, ask[1])}
        return [row]


class Trades(TradesTopic):
    """`<s>@trade`."""

    def news(self, now_ms: int) -> Sequence[Any]:
        return [self._row(trade, now_ms) for trade in self.new_trades()]

    def _row(self, trade: Trade, now_ms: int) -> dict[str, Any]:
        return {
            "e": "trade",
            "E": now_ms,
            "s": self.key,
            "t": trade.id,
            "p": _price(self.market, trade.price),
            "q": _quantity(self.market, trade.quantity),
            "T": trade.ms,
            "m": trade.side == SELL,
            "M": True,
        }


class AggregateTrades(MergedTopic):
    """`<s>@aggTrade`."""

    def news(self, now_ms: int) -> Sequence[Any]:
        head = {"e": "aggTrade", "E": now_ms, "s": self.key}
        return [head | _aggregate(self.market, row) for row in self.new_merged()]


class Klines(TradesTopic):
    """`<s>@kline_<interval>`, pushed when trades change the bar, and once more when it is final."""

    kind = "klines"
    every_ms = 2000

    def __init__(self, dialect: "Dialect[Any]", name: str, channel: str, key: str) -> None:
        text, _, zone = channel.removeprefix("kline_").partition("@")
        self.text = text
        self.rule = interval(text, UTC8 if zone else 0)
        super().__init__(dialect, name, channel, key)

    def begin(self) -> None:
        super().begin()
        self.series: Series = self.market.series(self.rule)
        self.open_ms = self.rule.open_of(self.market.now_ms)

    def tick(self, now_ms: int) -> None:
        fast = 1000 if self.rule.length_ms == SECOND else self.every_ms
        slot = now_ms // self.dialect.pace(fast)
        if slot == self._last_slot and self.rule.open_of(now_ms) == self.open_ms:
            return
        self._last_slot = -1  # the slot was judged here; a bar that closes is news at once
        super().tick(now_ms)
        self._last_slot = slot

    def news(self, now_ms: int) -> Sequence[Any]:
        open_ms = self.rule.open_of(now_ms)
        traded = bool(self.new_trades())
        rows = []
        if open_ms != self.open_ms:
            for bar in self.series.between(self.open_ms, open_ms - 1):
                rows.append(self._row(bar, now_ms, final=True))
            self.open_ms = open_ms
        bar_now = self.series.bars.get(open_ms)
        if traded and bar_now is not None:
            rows.append(self._row(bar_now, now_ms, final=False))
        return rows

    def _row(self, bar: Bar, now_ms: int, final: bool) -> dict[str, Any]:
        market = self.market
        row = _kline_row(market, bar, self.rule)
        k = {"t": row[0], "T": row[6], "s": self.key, "i": self.text, "f": bar.first_id, "L": bar.last_id}
        k |= {"o": row[1], "c": row[4], "h": row[2], "l": row[3], "v": row[5], "n": row[8], "x": final}
        k |= {"q": row[7], "V": row[9], "Q": row[10], "B": "0"}
        return {"e": "kline", "E": now_ms, "s": self.key, "k": k}


class Depth(BookTopic):
    """`<s>@depth` and `<s>@depth@100ms`: what changed in the book."""

    every_ms = 1000

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        before, bids, asks = self.new_changes()
        row = {"e": "depthUpdate", "E": now_ms, "s": self.key, "U": before + 1, "u": self.sent_id}
        row["b"] = _rows(self.market, sorted(bids.items(), reverse=True))
        row["a"] = _rows(self.market, sorted(asks.items()))
        return [row]


class FastDepth(Depth):
    """`<s>@depth@100ms`."""

    every_ms = 100


class PartialDepth(BookTopic):
    """`<s>@depth<N>`: the best N levels, whole."""

    every_ms = 1000
    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        self.sent_id = self.market.update_id
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        count = int(re.findall(r"\d+", self.channel)[0])
        return [_book(self.market, count)]


class FastPartialDepth(PartialDepth):
    """`<s>@depth<N>@100ms`."""

    every_ms = 100


_STREAMS: dict[str, type[Topic]] = {
    r"ticker": Ticker,
    r"miniTicker": MiniTicker,
    r"bookTicker": BookTicker,
    r"trade": Trades,
    r"aggTrade": AggregateTrades,
    rf"kline_({'|'.join(_INTERVALS)})(@\+08:00)?": Klines,
    r"depth(@1000ms)?": Depth,
    r"depth@100ms": FastDepth,
    r"depth(5|10|20)(@1000ms)?": PartialDepth,
    r"depth(5|10|20)@100ms": FastPartialDepth,
}


# -- REST ----------------------------------------------------------------------------------------------------


def _limit(query: Mapping[str, str], default: int, high: int) -> int:
    return _number(query, "limit", default, high, low=1) or default


def _number(
    query: Mapping[str, str], name: str, default: int | None = None, high: int = 1 << 53, low: int = 0
) -> int | None:
    try:
        return whole(query.get(name), default, low, high)
    except ValueError:
        raise RestError(-1130, f"Data sent for parameter '{name}' is not valid.") from None


def _weight(path: str, query: Mapping[str, str]) -> int:
    """Return the request weight."""
    one = "symbol" in query
    if path == "/api/v3/depth":
        text = query.get("limit", "100")
        limit = int(text) if text.isdigit() else 100
        return 5 if limit <= 100 else 25 if limit <= 500 else 50 if limit <= 1000 else 250
    if path == "/api/v3/ticker/24hr":
        count = query.get("symbols", "").count(",") + 1 if "symbols" in query else 1 if one else 101
        return 2 if count <= 20 else 40 if count <= 100 else 80
    if path in ("/api/v3/ticker/price", "/api/v3/ticker/bookTicker"):
        return 2 if one else 4
    return {
        "/api/v3/exchangeInfo": 20,
        "/api/v3/trades": 25,
        "/api/v3/historicalTrades": 25,
        "/api/v3/aggTrades": 4,
        "/api/v3/klines": 2,
        "/api/v3/uiKlines": 2,
        "/api/v3/avgPrice": 2,
    }.get(path, 1)


def _book(market: Market, count: int) -> dict[str, Any]:
    return {
        "lastUpdateId": market.update_id,
        "bids": _rows(market, market.levels(BID, count)),
        "asks": _rows(market, market.levels(ASK, count)),
    }


def _ping(dialect: BinanceSpot, query: Mapping[str, str]) -> Any:
    return {}


def _time(dialect: BinanceSpot, query: Mapping[str, str]) -> Any:
    return {"serverTime": dialect.venue.now_ms()}


def _exchange_info(dialect: BinanceSpot, query: Mapping[str, str]) -> Any:
    items, _ = dialect.chosen(query)
    return {
        "timezone": "UTC",
        "serverTime": dialect.venue.now_ms(),
        "rateLimits": [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000},
            {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 300000},
        ],
        "symbols": [_symbol_row(item) for item in items],
    }


def _symbol_row(item: Instrument) -> dict[str, Any]:
    tick, lot = fixed(1, item.price_decimals), fixed(1, item.quantity_decimals)
    return {
        "symbol": item.symbol,
        "status": "HALT" if item.halted else "TRADING",
        "baseAsset": item.base,
        "baseAssetPrecision": 8,
        "quoteAsset": item.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": tick,
                "maxPrice": "1000000.00000000",
                "tickSize": tick,
            },
            {"filterType": "LOT_SIZE", "minQty": lot, "maxQty": "9000000.00000000", "stepSize": lot},
            {"filterType": "NOTIONAL", "minNotional": "5.00000000"},
        ],
    }


def _depth(dialect: BinanceSpot, query: Mapping[str, str]) -> Any:
    return _book(dialect.rest_market(query), _limit(query, 100, 5000))


def _trade_rows(market: Market, trades: Sequence[Trade]) -> list[dict[str, Any]]:
    return [
        {
            "id": trade.id,
            "price": _price(market, trade.price),
            "qty": _quantity(market, trade.quantity),
            "quoteQty": _value(market, trade.price * trade.quantity),
            "time": trade.ms,
            "isBuyerMaker": trade.side == SELL,
            "isBestMatch": True,
        }
        for trade in trades
    ]


def _trades(dialect: BinanceSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    return _trade_rows(market, market.trades[-_limit(query, 500, 1000) :])


def _historical_trades(dialect: BinanceSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    limit = _limit(query, 500, 1000)
    first = _number(query, "fromId")
    if first is None:
        return _trade_rows(market, market.trades[-limit:])
    start = market.trade_index(first)
    return _trade_rows(market, market.trades[start : start + limit])


def _aggregate_trades(dialect: BinanceSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    limit = _limit(query, 500, 1000)
    first, start, end = (_number(query, name) for name in ("fromId", "startTime", "endTime"))
    rows: Sequence[Merged] = market.merged
    if first is not None:
        rows = rows[max(0, first - rows[0].id) :][:limit]
    elif start is not None or end is not None:
        low, high = start or 0, market.now_ms if end is None else end
        rows = [row for row in rows if low <= row.ms <= high]
        rows = rows[:limit] if start is not None else rows[-limit:]
    else:
        rows = rows[-limit:]
    return [_aggregate(market, row) for row in rows]


def _klines(dialect: BinanceSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    rule = _INTERVALS.get(query.get("interval", ""))
    if rule is None:
        raise RestError(-1120, "Invalid interval.")
    limit = _limit(query, 500, 1000)
    start, end = _number(query, "startTime"), _number(query, "endTime")
    series = market.series(rule)
    stop = min(market.now_ms, market.now_ms if end is None else end)
    bars: list[Bar] = []
    for bar in series.filled(series.back_from(stop, limit) if start is None else start, stop):
        bars.append(bar)
        if len(bars) == limit:
            break
    return [_kline_row(market, bar, rule) for bar in bars]


def _ticker_24h(dialect: BinanceSpot, query: Mapping[str, str]) -> Any:
    items, is_list = dialect.chosen(query)
    rows = [_day_figures(dialect.venue.market(item.symbol)) for item in items]
    return rows if is_list else rows[0]


def _ticker_price(dialect: BinanceSpot, query: Mapping[str, str]) -> Any:
    return _picked(dialect, query, {"symbol": "symbol", "price": "lastPrice"})


def _ticker_book(dialect: BinanceSpot, query: Mapping[str, str]) -> Any:
    return _picked(dialect, query, {name: name for name in ("symbol", "bidPrice", "bidQty", "askPrice", "askQty")})


def _picked(dialect: BinanceSpot, query: Mapping[str, str], names: Mapping[str, str]) -> Any:
    figures = _ticker_24h(dialect, query)
    if isinstance(figures, list):
        return [{name: row[source] for name, source in names.items()} for row in figures]
    return {name: figures[source] for name, source in names.items()}


def _average_price(dialect: BinanceSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    bars = list(market.series(_INTERVALS["1m"]).between(market.now_ms - 5 * MINUTE, market.now_ms))
    volume = sum(bar.volume for bar in bars)
    places = 10 ** (8 - market.instrument.price_decimals)
    mean = sum(bar.quote for bar in bars) * places // volume if volume else market.last.price * places
    return {"mins": 5, "price": fixed(mean, 8), "closeTime": market.now_ms}


_REST: dict[str, Callable[[BinanceSpot, Mapping[str, str]], Any]] = {
    "/api/v3/ping": _ping,
    "/api/v3/time": _time,
    "/api/v3/exchangeInfo": _exchange_info,
    "/api/v3/depth": _depth,
    "/api/v3/trades": _trades,
    "/api/v3/historicalTrades": _historical_trades,
    "/api/v3/aggTrades": _aggregate_trades,
    "/api/v3/klines": _klines,
    "/api/v3/uiKlines": _klines,
    "/api/v3/avgPrice": _average_price,
    "/api/v3/ticker/24hr": _ticker_24h,
    "/api/v3/ticker/price": _ticker_price,
    "/api/v3/ticker/bookTicker": _ticker_book,
}
