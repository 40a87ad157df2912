"""OKX spot: market data.

Source: OKX API v5 documentation (public and business web socket channels, public and market data endpoints),
state of 2026-07; what older recordings hold besides is read as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Literal

import msgspec
from msgspec import field

from ..book.checksum import Crc32
from ..book.sequence import Linked, Whole
from ..containers import BarData, TickerData, TradeData
from ..containers.bar import BarRow
from ..containers.base import Number, Row, Side
from ..containers.trade import TradeRow
from ..exceptions import BtApiError
from ..symbols import SymbolStyle
from .base import (
    Ack,
    Alive,
    Book,
    BookRow,
    Channel,
    Command,
    Control,
    Exchange,
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
from .okx_account import OkxAccount
from .okx_wire import NO_INSTRUMENT, PONG, TOO_OFTEN, Argument, Envelope, endpoint, envelope, failure, notice

_HEAD = b'{"arg":{"channel":"'
_ARGS_PER_COMMAND = 100  # far below the 64 KB that the arguments of one command may have
_BOOKS = ("books", "books-l2-tbt", "books50-l2-tbt")
_BUSINESS = ("trades-all", "books-elp-all", "orders-algo", "algo-advance")
_WRONG_NAME = re.compile(r"channel:([\w-]+),instId:([\w-]+)")
_NO_CHANNEL = "60018"

Levels = list[tuple[str, ...]]


class Ticker(Row):
    venue_symbol: str = field(name="instId")
    timestamp: int = field(name="ts")
    last_price: Number = field(name="last")
    last_quantity: Number = field(name="lastSz", default=None)
    bid_price: Number = field(name="bidPx", default=None)
    bid_quantity: Number = field(name="bidSz", default=None)
    ask_price: Number = field(name="askPx", default=None)
    ask_quantity: Number = field(name="askSz", default=None)
    open_price: Number = field(name="open24h", default=None)
    high_price: Number = field(name="high24h", default=None)
    low_price: Number = field(name="low24h", default=None)
    volume: Number = field(name="vol24h", default=None)
    turnover: Number = field(name="volCcy24h", default=None)


class Trade(TradeRow):
    """The channel ``trades`` merges the fills of one order at one price and tells how many in `count`."""

    timestamp: int = field(name="ts")
    trade_id: str = field(name="tradeId")  # of the last of them
    price: float = field(name="px")
    quantity: float = field(name="sz")
    side: Side
    count: int | None = None

    @property
    def first_trade_id(self) -> int | None:
        last = self.last_trade_id
        return None if last is None or self.count is None else last - self.count + 1

    @property
    def last_trade_id(self) -> int | None:
        if self.count is None or self.count < 1:
            return None
        return int(self.trade_id) if self.trade_id.isdecimal() and len(self.trade_id) < 20 else None

    @property
    def span(self) -> tuple[int, int] | None:
        if self.first_trade_id is None or self.last_trade_id is None:
            return super().span
        return self.first_trade_id, self.last_trade_id


class Candle(BarRow, array_like=True):
    timestamp: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    volume_in_currency: Number = None
    amount: Number = None
    confirm: str = ""

    @property
    def closed(self) -> bool | None:
        return self.confirm == "1" if self.confirm else None


class Depth(msgspec.Struct):
    bids: Levels
    asks: Levels
    timestamp: int = field(name="ts")
    last: int | None = field(name="seqId", default=None)
    previous: int | None = field(name="prevSeqId", default=None)
    checksum: int | None = None


class WholeFrame(BookRow):
    """The whole frame is the record; channels that send whole books do not say so."""

    data: list[Depth]
    bids = property(attrgetter("_depth.bids"))
    asks = property(attrgetter("_depth.asks"))
    timestamp = property(attrgetter("_depth.timestamp"))
    last = property(attrgetter("_depth.last"))
    previous = property(attrgetter("_depth.previous"))
    checksum = property(attrgetter("_depth.checksum"))

    @property
    def _depth(self) -> Depth:
        return self.data[0]

    @property
    def is_snapshot(self) -> bool:
        return True

    def defect(self) -> str | None:
        return None if len(self.data) == 1 else f"{len(self.data)} books in one frame"


class KeptFrame(WholeFrame):
    """What tells a snapshot from an update lies beside the levels."""

    action: Literal["snapshot", "update"]

    @property
    def is_snapshot(self) -> bool:
        return self.action == "snapshot"


class Instrument(InstrumentRow):
    venue_symbol: str = field(name="instId")
    base: str = field(name="baseCcy")
    quote: str = field(name="quoteCcy")
    status: str = field(name="state")
    tick_size: str | None = field(name="tickSz", default=None)
    lot_size: str | None = field(name="lotSz", default=None)
    min_quantity: str | None = field(name="minSz", default=None)
    max_quantity: str | None = field(name="maxLmtSz", default=None)

    @property
    def is_trading(self) -> bool:
        return self.status == "live"


class ServerTime(Stamp):
    timestamp: int = field(name="ts")


def _numeric(trade_id: str) -> tuple[int, str]:
    """Return what puts ids, which are texts of digits, in the order of their numbers."""
    return len(trade_id), trade_id


_ORDERS_LAST = -1  # the full book leaves out the unused number that stands before it elsewhere
_WHOLE = Channel(None, WholeFrame, book=Book(Whole(may_restart=True), order_count_at=_ORDERS_LAST))
_KEPT = Channel(None, KeptFrame, book=Book(Linked(may_restart=True), checksum=Crc32(25), order_count_at=3))
_TICKERS = Channel(TickerData, Ticker, ("data",), many=True)
_TRADES = Channel(TradeData, Trade, ("data",), many=True)
_CANDLES = Channel(BarData, Candle, ("data",), many=True)
_REST_TRADES = Channel(TradeData, Trade, ("data",), many=True, sort=lambda row: _numeric(row.trade_id))
_REST_CANDLES = Channel(BarData, Candle, ("data",), many=True, sort=attrgetter("timestamp"))
_REST_INSTRUMENTS = instruments(Instrument, "data")
_REST_TIME = Channel(TimeData, ServerTime, ("data",), many=True)


class OkxSpot(Exchange):
    """Spot markets of OKX.

    Bars of six hours and more open at midnight UTC, as users expect, and not at the venue's own UTC+8.
    """

    name = "OKX___SPOT"
    account = OkxAccount
    rest = "https://openapi.okx.com"
    endpoints = {
        "public": endpoint("public", 100),
        "books": endpoint("public", 25),  # fewer than 30 books of 50 or 400 levels are advised
        "business": endpoint("business", 100),
    }
    symbols = SymbolStyle(separator="-")
    intervals = {
        **{word: word for word in ("1s", "1m", "3m", "5m", "15m", "30m")},
        **{word: word.upper() for word in ("1h", "2h", "4h")},
        **{word: word.upper() + "utc" for word in ("6h", "12h", "1d", "2d", "3d", "5d", "1w", "1M", "3M")},
    }
    channels = {
        "tickers": _TICKERS,
        "trades": _TRADES,
        "trades-all": _TRADES,
        "candle": _CANDLES,
        "books": _KEPT,
        "books-l2-tbt": _KEPT,
        "books50-l2-tbt": _KEPT,
        "books5": _WHOLE,
        "bbo-tbt": _WHOLE,
    }

    @property
    def rest_headers(self) -> Mapping[str, str]:
        # Demo trading has sockets of its own, but shares the REST host.
        return {"x-simulated-trading": "1"} if self.settings.testnet else {}

    def head(self, payload: bytes) -> bytes | None:
        if not payload.startswith(_HEAD):
            return None
        end = payload.find(b'"}', len(_HEAD)) + 2
        # Acknowledgements begin alike.
        return payload[:end] if payload.startswith((b',"data":', b',"action":'), end) else None

    def route(self, payload: bytes) -> str | None:
        if payload == PONG:
            return None
        return envelope(payload).topic

    def split(self, name: str) -> tuple[str, str, str]:
        word, _, symbol = name.partition(":")
        if word.startswith("candle"):
            return "candle", symbol, word.removeprefix("candle")
        return word, symbol, ""

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        channel = {
            "ticker": "tickers",
            "trades": "trades",
            "klines": f"candle{interval}",
            "depth": "books5" if levels is not None and levels <= 5 else "books",
        }[kind]
        return self.place_raw(channel, venue_symbol)

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        endpoint = "books" if channel in _BOOKS else "public"
        if "candle" in channel or channel in _BUSINESS or channel.startswith("sprd-"):
            endpoint = "business"
        return Subscription(endpoint, Argument(channel, venue_symbol).name)

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return self._commands("subscribe", names, ids)

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return self._commands("unsubscribe", names, ids)

    def _commands(self, operation: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        commands = []
        for part in batches(names, _ARGS_PER_COMMAND):
            number = str(next(ids))
            frame = {"id": number, "op": operation, "args": [self._argument(name) for name in part]}
            commands.append(Command(msgspec.json.encode(frame).decode(), tuple(part), number))
        return commands

    def _argument(self, name: str) -> dict[str, str]:
        channel, _, symbol = name.partition(":")
        if symbol:
            return {"channel": channel, "instId": symbol}
        return {"channel": channel, "instType": "SPOT"} if channel == "instruments" else {"channel": channel}

    def control(self, payload: bytes) -> list[Control]:
        if payload == PONG:
            return [Alive()]
        frame = envelope(payload)
        number = None if frame.id is None else str(frame.id)
        name = frame.arg.name if frame.arg is not None else None
        match frame.event:
            case "subscribe" | "unsubscribe":
                return [Ack(id=number, name=name)]
            case "error":
                return [self._refusal(frame, number, name)]
        return [notice(frame)]

    def _refusal(self, frame: Envelope, number: str | None, name: str | None) -> Refusal:
        code = str(frame.code)
        is_symbol = code == NO_INSTRUMENT
        if match := _WRONG_NAME.search(frame.msg):
            name = Argument(match[1], match[2]).name
            # The code covers both; a channel that is known to exist leaves the market.
            is_symbol = is_symbol or (code == _NO_CHANNEL and self._is_known(name))
        is_pace = code in TOO_OFTEN
        return Refusal(frame.msg, id=number, name=name, code=code, is_symbol=is_symbol, is_pace=is_pace)

    def _is_known(self, name: str) -> bool:
        channel, _, interval = self.split(name)
        return channel in self.channels and (not interval or interval in self.intervals.values())

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def ticker_request(self, venue_symbol: str) -> Request:
        return Request("/api/v5/market/ticker", _TICKERS, {"instId": venue_symbol}, Rate(20, 2.0))

    def tickers_request(self) -> Request:
        return Request("/api/v5/market/tickers", _TICKERS, {"instType": "SPOT"}, Rate(20, 2.0))

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        least = 5000 if levels is None else levels
        if least <= 400:
            query = {"instId": venue_symbol, "sz": str(least)}
            return Request("/api/v5/market/books", _WHOLE, query, Rate(40, 2.0))
        query = {"instId": venue_symbol, "sz": str(min(least, 5000))}
        return Request("/api/v5/market/books-full", _WHOLE, query, Rate(10, 2.0))

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        query = {"instId": venue_symbol, "limit": str(min(limit, 500))}
        return Request("/api/v5/market/trades", _REST_TRADES, query, Rate(100, 2.0))

    def trades_between(self, venue_symbol: str, after: int, before: int, since_ms: int) -> Pages:
        trades = yield self.trades_request(venue_symbol, 500)
        while trades and _numeric(oldest := trades[0].get_trade_id()) > _numeric(str(after + 1)):
            # "after" means older than, and the list by id reaches back three months.
            older_than = min(oldest, str(before), key=_numeric)
            query = {"instId": venue_symbol, "type": "1", "after": older_than, "limit": "100"}
            trades = yield Request("/api/v5/market/history-trades", _REST_TRADES, query, Rate(20, 2.0))

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        older_than = end + 1
        while older_than > start:
            query = {"instId": venue_symbol, "bar": interval, "after": str(older_than), "limit": "300"}
            bars = yield Request("/api/v5/market/candles", _REST_CANDLES, query, Rate(40, 2.0))
            if not bars:
                return
            older_than = min(bar.get_timestamp() for bar in bars)

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        query = {"instId": venue_symbol, "bar": interval, "limit": str(min(limit, 300))}
        return Request("/api/v5/market/candles", _REST_CANDLES, query, Rate(40, 2.0))

    def instruments_request(self) -> Request:
        return Request("/api/v5/public/instruments", _REST_INSTRUMENTS, {"instType": "SPOT"}, Rate(20, 2.0))

    def time_request(self) -> Request:
        return Request("/api/v5/public/time", _REST_TIME, rate=Rate(10, 2.0))
