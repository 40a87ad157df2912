"""Binance spot: market data.

Source: Binance spot API documentation (web socket streams, general and market data endpoints), state of 2026-07-21.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import field

from ..book.sequence import Spanning, Whole
from ..containers import BarData, TickerData, TradeData
from ..containers.bar import BarRow
from ..containers.base import Number, Row, Side
from ..containers.trade import TradeRow
from ..exceptions import BtApiError
from ..symbols import SymbolStyle
from .base import (
    PING_FRAME,
    Ack,
    Book,
    BookRow,
    Channel,
    Command,
    Control,
    Endpoint,
    Exchange,
    Farewell,
    Heartbeat,
    Ignored,
    InstrumentRow,
    Pages,
    Rate,
    Refusal,
    Request,
    Stamp,
    Subscription,
    TimeData,
    batches,
    instruments,
)
from .binance_account import BinanceAccount
from .binance_wire import WEIGHT, Fault, failure

_HEAD = b'{"stream":"'
_NAMES_PER_COMMAND = 200  # no cap is documented; practice of other clients

Levels = list[tuple[str, ...]]


class Ticker(Row):
    timestamp: int = field(name="E")
    last_price: Number = field(name="c")
    last_quantity: Number = field(name="Q", default=None)
    bid_price: Number = field(name="b", default=None)
    bid_quantity: Number = field(name="B", default=None)
    ask_price: Number = field(name="a", default=None)
    ask_quantity: Number = field(name="A", default=None)
    open_price: Number = field(name="o", default=None)
    high_price: Number = field(name="h", default=None)
    low_price: Number = field(name="l", default=None)
    previous_close: Number = field(name="x", default=None)  # last trade before the window
    volume: Number = field(name="v", default=None)
    turnover: Number = field(name="q", default=None)
    price_change: Number = field(name="p", default=None)
    price_change_percent: Number = field(name="P", default=None)
    last_trade_id: int | None = field(name="L", default=None)


class BookTicker(Row):
    """Best prices; the venue sends neither a name nor a time with it."""

    bid_price: Number = field(name="b")
    bid_quantity: Number = field(name="B")
    ask_price: Number = field(name="a")
    ask_quantity: Number = field(name="A")
    sequence: int = field(name="u")


class _Taker:
    """The flag says that the buyer was the maker, so the taker sold."""

    buyer_is_maker: bool

    @property
    def side(self) -> Side:
        return "sell" if self.buyer_is_maker else "buy"


class Trade(TradeRow):
    timestamp: int = field(name="T")  # matching engine
    trade_id: int = field(name="t")
    price: float = field(name="p")
    quantity: float = field(name="q")
    buyer_is_maker: bool = field(name="m")
    side = _Taker.side


class AggregateTrade(TradeRow):
    timestamp: int = field(name="T")
    trade_id: int = field(name="a")
    price: float = field(name="p")
    quantity: float = field(name="q")
    buyer_is_maker: bool = field(name="m")
    first_trade_id: int | None = field(name="f", default=None)
    last_trade_id: int | None = field(name="l", default=None)
    side = _Taker.side


class Kline(BarRow):
    timestamp: int = field(name="t")
    close_time: int = field(name="T")
    open: float = field(name="o")
    high: float = field(name="h")
    low: float = field(name="l")
    close: float = field(name="c")
    volume: float = field(name="v")
    amount: float = field(name="q")
    num_trades: int = field(name="n")
    closed: bool = field(name="x")
    taker_buy_volume: Number = field(name="V", default=None)
    taker_buy_amount: Number = field(name="Q", default=None)


class Difference(BookRow):
    timestamp: int = field(name="E")
    first: int = field(name="U")
    last: int = field(name="u")
    bids: Levels = field(name="b")
    asks: Levels = field(name="a")


class Snapshot(BookRow):
    """The book by REST, and the partial book of the stream: neither has a time."""

    last: int = field(name="lastUpdateId")
    bids: Levels
    asks: Levels

    @property
    def is_snapshot(self) -> bool:
        return True


class RestTicker(Row):
    venue_symbol: str = field(name="symbol")
    last_price: Number = field(name="lastPrice")
    timestamp: int = field(name="closeTime")
    last_quantity: Number = field(name="lastQty", default=None)
    bid_price: Number = field(name="bidPrice", default=None)
    bid_quantity: Number = field(name="bidQty", default=None)
    ask_price: Number = field(name="askPrice", default=None)
    ask_quantity: Number = field(name="askQty", default=None)
    open_price: Number = field(name="openPrice", default=None)
    high_price: Number = field(name="highPrice", default=None)
    low_price: Number = field(name="lowPrice", default=None)
    previous_close: Number = field(name="prevClosePrice", default=None)
    volume: Number = None
    turnover: Number = field(name="quoteVolume", default=None)
    price_change: Number = field(name="priceChange", default=None)
    price_change_percent: Number = field(name="priceChangePercent", default=None)
    last_trade_id: int | None = field(name="lastId", default=None)


class RestTrade(TradeRow):
    timestamp: int = field(name="time")
    trade_id: int = field(name="id")
    price: float
    quantity: float = field(name="qty")
    buyer_is_maker: bool = field(name="isBuyerMaker")
    side = _Taker.side


class RestKline(BarRow, array_like=True):
    """The venue sends no flag for the last, unfinished bar, so nothing is said here."""

    timestamp: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    close_time: int
    amount: float
    num_trades: int
    taker_buy_volume: Number
    taker_buy_amount: Number


class Filter(Row):
    kind: str = field(name="filterType")
    tick_size: str | None = field(name="tickSize", default=None)
    step_size: str | None = field(name="stepSize", default=None)
    min_price: str | None = field(name="minPrice", default=None)
    max_price: str | None = field(name="maxPrice", default=None)
    min_quantity: str | None = field(name="minQty", default=None)
    max_quantity: str | None = field(name="maxQty", default=None)
    min_notional: str | None = field(name="minNotional", default=None)


class Instrument(InstrumentRow):
    venue_symbol: str = field(name="symbol")
    base: str = field(name="baseAsset")
    quote: str = field(name="quoteAsset")
    status: str
    filters: list[Filter] = []

    def _of(self, kind: str, name: str) -> str | None:
        return next((getattr(entry, name) for entry in self.filters if entry.kind == kind), None)

    @property
    def is_trading(self) -> bool:
        return self.status == "TRADING"

    @property
    def tick_size(self) -> str | None:
        return self._of("PRICE_FILTER", "tick_size")

    @property
    def min_price(self) -> str | None:
        return self._of("PRICE_FILTER", "min_price")

    @property
    def max_price(self) -> str | None:
        return self._of("PRICE_FILTER", "max_price")

    @property
    def lot_size(self) -> str | None:
        return self._of("LOT_SIZE", "step_size")

    @property
    def min_quantity(self) -> str | None:
        return self._of("LOT_SIZE", "min_quantity")

    @property
    def max_quantity(self) -> str | None:
        return self._of("LOT_SIZE", "max_quantity")

    @property
    def min_notional(self) -> str | None:
        return self._of("NOTIONAL", "min_notional") or self._of("MIN_NOTIONAL", "min_notional")


class ServerTime(Stamp):
    timestamp: int = field(name="serverTime")


class Envelope(Fault):
    """What a frame may hold at its top, whichever kind it is."""

    stream: str | None = None
    event: str | None = field(name="e", default=None)
    id: int | str | None = None
    error: Fault | None = None
    result: Any = msgspec.UNSET


_envelope = msgspec.json.Decoder(Envelope).decode

_PARTIAL = Channel(None, Snapshot, ("data",), book=Book(Whole(), rest_numbers=True))
_REST_TICKER = Channel(TickerData, RestTicker)
_REST_TICKERS = Channel(TickerData, RestTicker, many=True)
_REST_BOOK = Channel(None, Snapshot)
_REST_TRADES = Channel(TradeData, RestTrade, many=True)
_REST_KLINES = Channel(BarData, RestKline, many=True)
_REST_INSTRUMENTS = instruments(Instrument, "symbols")
_REST_TIME = Channel(TimeData, ServerTime)


class BinanceSpot(Exchange):
    """Spot markets of Binance."""

    name = "BINANCE___SPOT"
    rest = "https://api.binance.com"
    testnet_rest = "https://testnet.binance.vision"
    account = BinanceAccount
    used_weight_header = "X-MBX-USED-WEIGHT-1M"
    endpoints = {
        "market": Endpoint(
            "wss://stream.binance.com:9443",
            "/stream",
            # The venue pings every 20 s with a websocket frame; ours count as messages.
            Heartbeat(send=PING_FRAME),
            topics_per_socket=1024,
            sends=Rate(4, 1.0),  # the venue allows 5, and our pings and pongs count
            connects=Rate(300, 300.0),
            testnet_base="wss://stream.testnet.binance.vision",
            lifetime=24 * 3600,
            spares=("wss://stream.binance.com:443",),
        )
    }
    symbols = SymbolStyle()
    intervals = {
        word: word
        for word in ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M")
    }
    channels = {
        "ticker": Channel(TickerData, Ticker, ("data",)),
        "bookTicker": Channel(TickerData, BookTicker, ("data",)),
        "trade": Channel(TradeData, Trade, ("data",), contiguous=True),
        "aggTrade": Channel(TradeData, AggregateTrade, ("data",), contiguous=True),
        "kline": Channel(BarData, Kline, ("data", "k")),
        "depth": Channel(None, Difference, ("data",), book=Book(Spanning(), rest_numbers=True)),
        "depth5": _PARTIAL,
        "depth10": _PARTIAL,
        "depth20": _PARTIAL,
    }

    def head(self, payload: bytes) -> bytes | None:
        return payload[11 : payload.find(b'"', 11)] if payload.startswith(_HEAD) else None

    def route(self, payload: bytes) -> str | None:
        name = _envelope(payload).stream
        return None if name == "!serverShutdown" else name

    def split(self, name: str) -> tuple[str, str, str]:
        symbol, _, rest = name.partition("@")
        word, _, _ = rest.partition("@")  # what follows is a speed or a time zone
        word, _, interval = word.partition("_")
        return word, symbol.upper(), interval

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        symbol = venue_symbol.lower()
        suffix = {
            "ticker": "ticker",
            "trades": "trade",
            "klines": f"kline_{interval}",
            # Up to 20 levels the venue sends whole books: nothing to keep, nothing to get out of step.
            "depth": "depth20@100ms" if levels is not None and levels <= 20 else "depth@100ms",
        }[kind]
        return Subscription("market", f"{symbol}@{suffix}")

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        return Subscription("market", f"{venue_symbol.lower()}@{channel}" if venue_symbol else channel)

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return self._commands("SUBSCRIBE", names, ids)

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return self._commands("UNSUBSCRIBE", names, ids)

    def _commands(self, method: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        commands = []
        for part in batches(names, _NAMES_PER_COMMAND):
            number = next(ids)
            text = msgspec.json.encode({"method": method, "params": part, "id": number}).decode()
            commands.append(Command(text, tuple(part), str(number)))
        return commands

    def control(self, payload: bytes) -> list[Control]:
        frame = _envelope(payload)
        if frame.event == "serverShutdown" or frame.stream == "!serverShutdown":
            return [Farewell("the venue announced a shutdown")]
        number = None if frame.id is None else str(frame.id)
        fault = frame.error or frame
        if frame.error is not None or fault.msg:
            return [Refusal(fault.msg, id=number, code=str(fault.code))]
        if frame.result is not msgspec.UNSET:
            return [Ack(id=number)]
        return [Ignored(frame.event or "frame without stream, result or error")]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def ticker_request(self, venue_symbol: str) -> Request:
        return Request("/api/v3/ticker/24hr", _REST_TICKER, {"symbol": venue_symbol}, WEIGHT, 2)

    def tickers_request(self) -> Request:
        return Request("/api/v3/ticker/24hr", _REST_TICKERS, rate=WEIGHT, cost=80)

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        least = 5000 if levels is None else levels
        limit, weight = next(((n, w) for n, w in ((100, 5), (500, 25), (1000, 50)) if least <= n), (5000, 250))
        query = {"symbol": venue_symbol, "limit": str(limit)}
        return Request("/api/v3/depth", _REST_BOOK, query, WEIGHT, weight)

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        query = {"symbol": venue_symbol, "limit": str(min(limit, 1000))}
        return Request("/api/v3/trades", _REST_TRADES, query, WEIGHT, 25)

    def last_trade_request(self, venue_symbol: str) -> Request:
        return self.ticker_request(venue_symbol)

    def trades_between(self, venue_symbol: str, after: int, before: int, since_ms: int) -> Pages:
        start = after + 1
        while start < before:
            query = {"symbol": venue_symbol, "fromId": str(start), "limit": str(min(1000, before - start))}
            trades = yield Request("/api/v3/historicalTrades", _REST_TRADES, query, WEIGHT, 25)
            if not trades:
                return
            start = int(trades[-1].get_trade_id()) + 1

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        while start <= end:
            query = {"symbol": venue_symbol, "interval": interval, "startTime": str(start), "endTime": str(end)}
            query["limit"] = "1000"
            bars = yield Request("/api/v3/klines", _REST_KLINES, query, WEIGHT, 2)
            if not bars:
                return
            start = bars[-1].get_close_time() + 1

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        query = {"symbol": venue_symbol, "interval": interval, "limit": str(min(limit, 1000))}
        return Request("/api/v3/klines", _REST_KLINES, query, WEIGHT, 2)

    def instruments_request(self) -> Request:
        return Request("/api/v3/exchangeInfo", _REST_INSTRUMENTS, rate=WEIGHT, cost=20)

    def time_request(self) -> Request:
        return Request("/api/v3/time", _REST_TIME, rate=WEIGHT)
