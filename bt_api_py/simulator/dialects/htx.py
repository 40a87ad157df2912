"""HTX spot: market websockets (`/ws`, `/feed`) and public REST.

Source: HTX spot API reference, "Websocket Market Data", "Market Data", "Reference Data", 2021, with later
    client reports.
"""

import gzip
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from ..candles import UTC8, Bar, Interval, interval
from ..instruments import Instrument, listed
from ..limits import SlidingLimit
from ..market import ASK, BID, Level, Market, Trade
from ..text import exact
from .base import (
    BookTopic,
    Dialect,
    MarketTopic,
    Response,
    Session,
    Topic,
    TradesTopic,
    Transport,
    UnknownTopicError,
    difference,
    json_response,
    parse_object,
    whole,
)

_QUIET = 120
_DECIMALS = {
    "BTCUSDT": (2, 6), "BTCUSDC": (2, 6), "ETHUSDT": (2, 4), "SOLUSDT": (4, 4), "BNBUSDT": (2, 4),
    "XRPUSDT": (5, 2), "DOGEUSDT": (6, 2), "ETHBTC": (6, 4),
}  # fmt: skip
_PING_EVERY_S = 5
_PINGS_UNANSWERED = 2
_PERIODS: dict[str, Interval] = {
    "1min": interval("1m"),
    "5min": interval("5m"),
    "15min": interval("15m"),
    "30min": interval("30m"),
    "60min": interval("1h"),
    "4hour": interval("4h"),
    "1day": interval("1d", UTC8),
    "1week": interval("1w", UTC8),
    "1mon": interval("1M", UTC8),
    "1year": interval("12M", UTC8),
}
_VERSION_AHEAD = 36_978_982_612  # `version` of the depth topics is another counter than `seqNum`
_REQ_BARS = 300


class HtxSession(Session):
    """A client of `/ws` or `/feed`."""

    def __init__(
        self,
        dialect: "Dialect[Any]",
        transport: Transport,
        path: str,
        query: Mapping[str, str],
        number: int,
    ) -> None:
        super().__init__(dialect, transport, path, query, number)
        self.next_ping = self.opened + _PING_EVERY_S
        self.pings: list[int] = []  # unanswered
        self.requests = SlidingLimit(1, 0.1)


class HtxSpot(Dialect[HtxSession]):
    """Spot market data of HTX; every frame is a gzip member."""

    name = "HTX___SPOT"
    hosts = ("api.huobi.pro", "api-aws.huobi.pro")
    session_type = HtxSession
    is_binary = True
    intervals = _PERIODS
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
        if path not in ("/ws", "/feed"):
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        return None

    def keep_alive(self, session: HtxSession, now: float) -> None:
        if now < session.next_ping:
            return
        if len(session.pings) >= _PINGS_UNANSWERED:
            self.venue.stats.breaches["pong"] += 1
            session.end(1003, f"ping check expired, session: {session.number}")
            return
        session.next_ping += _PING_EVERY_S * (1 + (now - session.next_ping) // _PING_EVERY_S)
        stamp = int(now * 1000)
        session.pings.append(stamp)
        session.reply({"ping": stamp})

    def received(self, session: HtxSession, text: str) -> None:
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
            return _sides(market, market.levels(BID, count), market.levels(ASK, count), market.update_id)
        if channel.startswith("kline."):
            rule = _PERIODS[channel.split(".")[1]]
            end = min(int(message.get("to", market.now_ms // 1000)) * 1000, market.now_ms)
            series = market.series(rule)
            start = max(int(message.get("from", 0)) * 1000, series.back_from(end, _REQ_BARS))
            return [_kline(market, bar) for bar in series.filled(start, end)]
        if channel.startswith("depth."):
            return _depth_tick(market, channel)
        if channel == "trade.detail":
            return [_trade_row(trade, market) for trade in market.trades[-300:]]
        if channel == "detail":
            return _detail(market)
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
        for path, pattern, kind in _TOPICS:
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
        limit = self._rest_limits.setdefault(path, SlidingLimit(10, 1.0))
        if not limit.allow(self.venue.now()):
            self.venue.stats.breaches[f"rest {path}"] += 1
            return json_response(self.error_body(429), 429)
        if recorded is not None:
            return recorded
        handler = _REST.get(path)
        if handler is None:
            return json_response(
                {"status": "error", "err-code": "not-found", "err-msg": "", "ts": self.venue.now_ms()}, 404
            )
        try:
            return json_response(handler(self, query))
        except RestError as error:
            body = {"status": "error", "err-code": "invalid-parameter", "err-msg": str(error)}
            return json_response(body | {"ts": self.venue.now_ms()})

    def rest_market(self, query: Mapping[str, str]) -> Market:
        """Return the market of a request."""
        try:
            return self.venue.market(self.instrument(query.get("symbol", "")).symbol)
        except UnknownTopicError:
            raise RestError("invalid symbol") from None


class RestError(Exception):
    """A request that the venue answers with `invalid-parameter`."""


# -- figures: prices and sizes are JSON numbers --------------------------------------------------------------


def _levels(market: Market, levels: Iterable[Level]) -> list[list[Any]]:
    item = market.instrument
    return [[exact(price, item.price_decimals), exact(lots, item.quantity_decimals)] for price, lots in levels]


def _sides(market: Market, bids: Iterable[Level], asks: Iterable[Level], sequence: int) -> dict[str, Any]:
    return {"seqNum": sequence, "bids": _levels(market, bids), "asks": _levels(market, asks)}


def _day(market: Market) -> dict[str, Any]:
    """Return the 24-hour figures that every ticker shares."""
    item, bar = market.instrument, market.day().bar
    places = item.price_decimals
    return {
        "open": exact(bar.open, places),
        "high": exact(bar.high, places),
        "low": exact(bar.low, places),
        "close": exact(market.last.price, places),
        "amount": exact(bar.volume, item.quantity_decimals),
        "vol": exact(bar.quote, places + item.quantity_decimals),
        "count": bar.count,
    }


def _best(market: Market) -> dict[str, Any]:
    (bid, bid_size), (ask, ask_size) = _levels(market, [market.best(BID), market.best(ASK)])
    return {"bid": bid, "bidSize": bid_size, "ask": ask, "askSize": ask_size}


def _ticker(market: Market) -> dict[str, Any]:
    [[price, size]] = _levels(market, [(market.last.price, market.last.quantity)])
    return _day(market) | _best(market) | {"lastPrice": price, "lastSize": size}


def _detail(market: Market) -> dict[str, Any]:
    day = _day(market)
    number = market.update_id + 2 * _VERSION_AHEAD
    head = {"id": number, "low": day["low"], "high": day["high"], "open": day["open"], "close": day["close"]}
    return head | {"vol": day["vol"], "amount": day["amount"], "version": number, "count": day["count"]}


def _summary(market: Market) -> dict[str, Any]:
    return {"symbol": market.instrument.symbol.lower()} | _day(market)


def _kline(market: Market, bar: Bar) -> dict[str, Any]:
    item = market.instrument
    places = item.price_decimals
    return {
        "id": bar.open_ms // 1000,
        "open": exact(bar.open, places),
        "close": exact(bar.close, places),
        "low": exact(bar.low, places),
        "high": exact(bar.high, places),
        "amount": exact(bar.volume, item.quantity_decimals),
        "vol": exact(bar.quote, places + item.quantity_decimals),
        "count": bar.count,
    }


def _depth_tick(market: Market, channel: str, count: int | None = None) -> dict[str, Any]:
    """Return a `depth.stepN` book: step0 as it is, step1 to step5 in ever coarser prices."""
    step = int(channel[-1])
    bids, asks = market.levels(BID), market.levels(ASK)
    if step:
        bids, asks = _merged(bids, 10**step, up=False), _merged(asks, 10**step, up=True)
    wanted = count or (20 if step else 150)
    return {
        "bids": _levels(market, bids[:wanted]),
        "asks": _levels(market, asks[:wanted]),
        "version": market.update_id + _VERSION_AHEAD,
        "ts": market.now_ms,
    }


def _merged(levels: Sequence[Level], ticks: int, up: bool) -> list[Level]:
    def rounded(level: Level) -> int:
        return (-(-level[0] // ticks) if up else level[0] // ticks) * ticks

    return [(price, sum(lots for _, lots in group)) for price, group in groupby(levels, key=rounded)]


def _trade_row(trade: Trade, market: Market, name: str = "tradeId") -> dict[str, Any]:
    item = market.instrument
    return {
        "id": exact(_push_id(trade) * 10**15 + trade.id, 0),
        "ts": trade.ms,
        name: trade.id,
        "amount": exact(trade.quantity, item.quantity_decimals),
        "price": exact(trade.price, item.price_decimals),
        "direction": trade.side,
    }


def _push_id(trade: Trade) -> int:
    return 137_000_000_000 + trade.order


# -- topics --------------------------------------------------------------------------------------------------


def _pushed(topic: Topic, now_ms: int, tick: Any) -> dict[str, Any]:
    return {"ch": topic.name, "ts": now_ms, "tick": tick}


class Ticker(MarketTopic):
    """`ticker`: on change, at most every 100 ms; the present state first."""

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
        return [_pushed(self, now_ms, self.figures())]

    def figures(self) -> dict[str, Any]:
        """Return the body of a push."""
        return _ticker(self.market)


class Detail(Ticker):
    """`detail`: 24-hour figures without best prices."""

    def news(self, now_ms: int) -> Sequence[Any]:
        if self.seen == (self.market.last.id,):
            return ()
        self.seen = (self.market.last.id,)
        return self.welcome(now_ms)

    def figures(self) -> dict[str, Any]:
        return _detail(self.market)


class AllTickers(Topic):
    """`market.tickers`: every symbol, once a second."""

    kind = "ticker"
    every_ms = 1000

    def news(self, now_ms: int) -> Sequence[Any]:
        venue = self.dialect.venue
        rows = [_summary(venue.market(key)) for key, item in venue.instruments.items() if not item.halted]
        return [{"ch": self.name, "status": "ok", "ts": now_ms, "data": rows}]


class BestOffer(MarketTopic):
    """`bbo`: on change."""

    kind = "bbo"
    greets = True

    def begin(self) -> None:
        self.seen: Any = None

    def news(self, now_ms: int) -> Sequence[Any]:
        state = (self.market.best(BID), self.market.best(ASK))
        if state == self.seen:
            return ()
        self.seen = state
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        best = _best(self.market)
        tick = {"seqId": self.market.update_id, "ask": best["ask"], "askSize": best["askSize"]}
        tick |= {"bid": best["bid"], "bidSize": best["bidSize"]}
        tick |= {"quoteTime": self.market.now_ms, "symbol": self.key.lower()}
        return [_pushed(self, now_ms, tick)]


class Trades(TradesTopic):
    """`trade.detail`: the matches of one taker order per push."""

    def news(self, now_ms: int) -> Sequence[Any]:
        return [
            _pushed(
                self,
                now_ms,
                {
                    "id": _push_id(trades[0]),
                    "ts": trades[-1].ms,
                    "data": [_trade_row(trade, self.market) for trade in trades],
                },
            )
            for trades in self.new_orders()
        ]


class Klines(TradesTopic):
    """`kline.<period>`: the running bar while it changes; nothing marks its end."""

    kind = "klines"
    every_ms = 1000
    greets = True

    def begin(self) -> None:
        super().begin()
        self.rule = _PERIODS[self.channel.removeprefix("kline.")]
        self.series = self.market.series(self.rule)
        self.open_ms = self.rule.open_of(self.market.now_ms)

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.new_trades():
            return ()
        before, self.open_ms = self.open_ms, self.rule.open_of(now_ms)
        return [_pushed(self, now_ms, _kline(self.market, bar)) for bar in self.series.between(before, now_ms)]

    def welcome(self, now_ms: int) -> Sequence[Any]:
        bar = self.series.last
        return [_pushed(self, now_ms, _kline(self.market, bar))] if bar is not None else ()


class Depth(MarketTopic):
    """`depth.stepN`: the whole book, every second."""

    kind = "depth"
    every_ms = 1000
    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        return [_pushed(self, now_ms, _depth_tick(self.market, self.channel))]


class Refresh(BookTopic):
    """`mbp.refresh.N`: the best N levels, whole, while they change."""

    every_ms = 100
    greets = True

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        self.sent_id = self.market.update_id
        return self.welcome(now_ms)

    def welcome(self, now_ms: int) -> Sequence[Any]:
        count = int(self.channel.rsplit(".", 1)[1])
        market = self.market
        tick = _sides(market, market.levels(BID, count), market.levels(ASK, count), market.update_id)
        return [_pushed(self, now_ms, tick)]


class Increments(BookTopic):
    """`mbp.150`, `mbp.400`: what changed inside the best N levels, chained by prevSeqNum."""

    every_ms = 100

    def begin(self) -> None:
        super().begin()
        self.count = int(self.channel.split(".")[1])
        self.window = self._window()

    def _window(self) -> tuple[list[Level], list[Level]]:
        return self.market.levels(BID, self.count), self.market.levels(ASK, self.count)

    def news(self, now_ms: int) -> Sequence[Any]:
        if not self.has_changed:
            return ()
        before, (old_bids, old_asks) = self.sent_id, self.window
        self.window = bids, asks = self._window()
        self.sent_id = self.market.update_id
        tick = {
            "seqNum": self.sent_id,
            "prevSeqNum": before,
            "bids": _levels(self.market, difference(old_bids, bids)),
            "asks": _levels(self.market, difference(old_asks, asks)),
        }
        return [_pushed(self, now_ms, tick)]

    def snapshot(self) -> dict[str, Any]:
        """Return the book as the last increment left it."""
        return _sides(self.market, *self.window, self.sent_id)


class FastIncrements(Increments):
    """`mbp.5`, `mbp.20`: the same for the major symbols, as often as the book changes."""

    every_ms = 0


_TOPICS: tuple[tuple[str, str, type[Topic]], ...] = (
    ("/ws", r"ticker", Ticker),
    ("/ws", r"detail", Detail),
    ("/ws", r"bbo", BestOffer),
    ("/ws", r"trade\.detail", Trades),
    ("/ws", rf"kline\.({'|'.join(_PERIODS)})", Klines),
    ("/ws", r"depth\.step[0-5]", Depth),
    ("/ws", r"mbp\.refresh\.(5|10|20)", Refresh),
    ("/feed", r"mbp\.(150|400)", Increments),
    ("/feed", r"mbp\.(5|20)", FastIncrements),
)


# -- REST ----------------------------------------------------------------------------------------------------


def _answer(dialect: HtxSpot, channel: str, key: str, body: Any) -> dict[str, Any]:
    head = {"ch": channel} if channel else {}
    return head | {"status": "ok", "ts": dialect.venue.now_ms(), key: body}


def _size(query: Mapping[str, str], default: int) -> int:
    try:
        number = whole(query.get("size"), default, 1, 1 << 31)
    except ValueError:
        raise RestError("invalid size, valid range: [1,2000]") from None
    if number is None or number > 2000:
        raise RestError("invalid size, valid range: [1,2000]")
    return number


def _rest_tickers(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    markets = [dialect.venue.market(key) for key, item in dialect.venue.instruments.items() if not item.halted]
    return _answer(dialect, "", "data", [_summary(market) | _best(market) for market in markets])


def _rest_merged(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    best, detail = _best(market), _detail(market)
    tick = {name: detail[name] for name in ("id", "version", "open", "close", "low", "high", "amount", "vol", "count")}
    tick |= {"bid": [best["bid"], best["bidSize"]], "ask": [best["ask"], best["askSize"]]}
    return _answer(dialect, f"market.{query['symbol']}.detail.merged", "tick", tick)


def _rest_detail(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    return _answer(dialect, f"market.{query.get('symbol')}.detail", "tick", _detail(dialect.rest_market(query)))


def _rest_depth(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    market, step = dialect.rest_market(query), query.get("type", "")
    if not re.fullmatch(r"step[0-5]", step):
        raise RestError("invalid type")
    count = query.get("depth")
    if count is not None and count not in ("5", "10", "20"):
        raise RestError("invalid depth")
    body = _depth_tick(market, f"depth.{step}", int(count) if count else None)
    tick = {name: body[name] for name in ("ts", "version", "bids", "asks")}
    return _answer(dialect, f"market.{query['symbol']}.depth.{step}", "tick", tick)


def _groups(market: Market, trades: Iterable[Trade]) -> list[dict[str, Any]]:
    groups = []
    for _, same in groupby(trades, key=lambda trade: trade.order):
        rows = list(same)
        data = [_trade_row(trade, market, "trade-id") for trade in rows]
        groups.append({"id": _push_id(rows[0]), "ts": rows[-1].ms, "data": data})
    return groups


def _rest_trade(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    [group] = _groups(market, market.trades[-1:])
    return _answer(dialect, f"market.{query['symbol']}.trade.detail", "tick", group)


def _rest_trades(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    groups = _groups(market, market.trades[-_size(query, 1) :])
    groups.reverse()
    return _answer(dialect, f"market.{query['symbol']}.trade.detail", "data", groups)


def _rest_klines(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    market = dialect.rest_market(query)
    rule = _PERIODS.get(query.get("period", ""))
    if rule is None:
        raise RestError("invalid period")
    series, count = market.series(rule), _size(query, 150)
    bars = list(series.filled(series.back_from(market.now_ms, count), market.now_ms))
    bars.reverse()
    return _answer(
        dialect,
        f"market.{query['symbol']}.kline.{query['period']}",
        "data",
        [_kline(market, bar) for bar in bars],
    )


def _rest_symbols(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    return {"status": "ok", "data": [_symbol_row(item) for item in dialect.venue.instruments.values()]}


def _symbol_row(item: Instrument) -> dict[str, Any]:
    lot = exact(1, item.quantity_decimals)
    return {
        "base-currency": item.base.lower(),
        "quote-currency": item.quote.lower(),
        "price-precision": item.price_decimals,
        "amount-precision": item.quantity_decimals,
        "symbol-partition": "main",
        "symbol": item.symbol.lower(),
        "state": "suspend" if item.halted else "online",
        "value-precision": 8,
        "limit-order-min-order-amt": lot,
        "limit-order-max-order-amt": 1_000_000,
        "sell-market-min-order-amt": lot,
        "sell-market-max-order-amt": 100_000,
        "buy-market-max-order-value": 1_000_000,
        "min-order-value": 10,
        "api-trading": "disabled" if item.halted else "enabled",
    }


def _rest_settings_symbols(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    rows = [
        {
            "sc": item.symbol.lower(),
            "bc": item.base.lower(),
            "qc": item.quote.lower(),
            "bcdn": item.base,
            "qcdn": item.quote,
            "state": "suspend" if item.halted else "online",
            "te": not item.halted,
            "tpp": item.price_decimals,
            "tap": item.quantity_decimals,
        }
        for item in dialect.venue.instruments.values()
    ]
    return {"status": "ok", "data": rows, "ts": str(dialect.venue.now_ms()), "full": 1}


def _rest_market_symbols(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    rows = [
        {
            "symbol": item.symbol.lower(),
            "state": "suspend" if item.halted else "online",
            "bc": item.base.lower(),
            "qc": item.quote.lower(),
            "pp": item.price_decimals,
            "ap": item.quantity_decimals,
            "minoa": exact(1, item.quantity_decimals),
            "minov": 10,
            "at": "disabled" if item.halted else "enabled",
        }
        for item in dialect.venue.instruments.values()
    ]
    return {"status": "ok", "data": rows, "ts": str(dialect.venue.now_ms()), "full": 1}


def _rest_time(dialect: HtxSpot, query: Mapping[str, str]) -> Any:
    return {"status": "ok", "data": dialect.venue.now_ms()}


_REST: dict[str, Callable[[HtxSpot, Mapping[str, str]], Any]] = {
    "/market/tickers": _rest_tickers,
    "/market/detail/merged": _rest_merged,
    "/market/detail": _rest_detail,
    "/market/depth": _rest_depth,
    "/market/trade": _rest_trade,
    "/market/history/trade": _rest_trades,
    "/market/history/kline": _rest_klines,
    "/v1/common/symbols": _rest_symbols,
    "/v1/common/timestamp": _rest_time,
    "/v1/settings/common/market-symbols": _rest_market_symbols,
    "/v2/settings/common/symbols": _rest_settings_symbols,
}
