"""HTX spot (formerly Huobi): market data.

Source: HTX spot API documentation (websocket market data, market by price, REST market data), last public
state of 2021-06, compared with clients of 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Annotated, Any

import msgspec
from msgspec import field

from ..book.sequence import Linked, Whole
from ..containers import BarData, TickerData, TradeData
from ..containers.bar import BarRow
from ..containers.base import Number, Row, Side
from ..containers.trade import TradeRow
from ..exceptions import BtApiError
from ..symbols import SymbolStyle
from .base import (
    Ack,
    Answer,
    Book,
    BookRow,
    Channel,
    Command,
    Control,
    Endpoint,
    Exchange,
    Heartbeat,
    Ignored,
    InstrumentRow,
    Rate,
    Refusal,
    Request,
    Stamp,
    Subscription,
    TimeData,
    instruments,
)
from .htx_account import HtxAccount
from .htx_wire import Outcome, failure, is_pace

_HEAD = b'{"ch":"'
_TOPIC = re.compile(r"market\.[\w.]*\w")
_PACE = Rate(10, 1.0)  # per address and path

# Levels are JSON numbers, perhaps in exponent form; as decimals they keep their exact value.
Levels = list[tuple[Decimal, ...]]
Digits = Annotated[int, msgspec.Meta(ge=0, le=30)]


class Day(Row):
    last_price: Number = field(name="close", default=None)
    open_price: Number = field(name="open", default=None)
    high_price: Number = field(name="high", default=None)
    low_price: Number = field(name="low", default=None)
    volume: Number = field(name="amount", default=None)
    turnover: Number = field(name="vol", default=None)


class Figures(Day):
    """A row of the list of tickers, which have no time, and the inner part of the others."""

    venue_symbol: str | None = field(name="symbol", default=None)
    last_quantity: Number = field(name="lastSize", default=None)
    bid_price: Number = field(name="bid", default=None)
    bid_quantity: Number = field(name="bidSize", default=None)
    ask_price: Number = field(name="ask", default=None)
    ask_quantity: Number = field(name="askSize", default=None)


class MergedFigures(Day):
    bid: list[Number] = []  # price and quantity; empty without a bid
    ask: list[Number] = []
    bid_price = property(lambda self: _part(self.bid, 0))
    bid_quantity = property(lambda self: _part(self.bid, 1))
    ask_price = property(lambda self: _part(self.ask, 0))
    ask_quantity = property(lambda self: _part(self.ask, 1))


def _part(pair: list[Number], place: int) -> Number:
    return pair[place] if len(pair) > place else None


class _Around(Row):
    """The whole frame is the record, because the time of the figures lies beside them."""

    timestamp: int = field(name="ts")
    last_price = property(attrgetter("tick.last_price"))
    bid_price = property(attrgetter("tick.bid_price"))
    bid_quantity = property(attrgetter("tick.bid_quantity"))
    ask_price = property(attrgetter("tick.ask_price"))
    ask_quantity = property(attrgetter("tick.ask_quantity"))
    open_price = property(attrgetter("tick.open_price"))
    high_price = property(attrgetter("tick.high_price"))
    low_price = property(attrgetter("tick.low_price"))
    volume = property(attrgetter("tick.volume"))
    turnover = property(attrgetter("tick.turnover"))


class Ticker(_Around):
    tick: Figures
    last_quantity = property(attrgetter("tick.last_quantity"))


class MergedTicker(_Around):
    """By REST: best price and quantity stand in one list."""

    tick: MergedFigures


class BookTicker(Row):
    timestamp: int = field(name="quoteTime")
    bid_price: Number = field(name="bid")
    bid_quantity: Number = field(name="bidSize")
    ask_price: Number = field(name="ask")
    ask_quantity: Number = field(name="askSize")
    sequence: int = field(name="seqId")


class Trade(TradeRow):
    """Beside `tradeId` the venue sends an obsolete ``id`` of more than 64 bits."""

    timestamp: int = field(name="ts")
    trade_id: int = field(name="tradeId")
    price: float
    quantity: float = field(name="amount")
    side: Side = field(name="direction")


class RestTrade(Trade):
    trade_id: int = field(name="trade-id")


class Kline(BarRow):
    """The venue never says that a bar is closed; one is when the next begins."""

    opened_s: int = field(name="id")
    open: float
    high: float
    low: float
    close: float
    volume: float = field(name="amount")
    amount: float = field(name="vol")
    num_trades: int = field(name="count")

    @property
    def timestamp(self) -> int:
        return self.opened_s * 1000


class Depth(BookRow):
    """A whole book, numbered by a counter of its own."""

    timestamp: int = field(name="ts")
    last: int = field(name="version")
    bids: Levels
    asks: Levels

    @property
    def is_snapshot(self) -> bool:
        return True


class Prices(msgspec.Struct):
    last: int = field(name="seqNum")
    previous: int | None = field(name="prevSeqNum", default=None)
    bids: Levels = []  # the venue leaves out a side that did not change
    asks: Levels = []


class ByPrice(BookRow):
    """The whole frame: its time lies beside the levels. The answer to a request has them under ``data``."""

    timestamp: int = field(name="ts")
    tick: Prices | None = None
    data: Prices | None = None
    last = property(attrgetter("_prices.last"))
    previous = property(attrgetter("_prices.previous"))
    bids = property(attrgetter("_prices.bids"))
    asks = property(attrgetter("_prices.asks"))

    @property
    def _prices(self) -> Prices | None:
        return self.data if self.tick is None else self.tick

    @property
    def is_snapshot(self) -> bool:
        return self.tick is None

    def defect(self) -> str | None:
        return "no levels" if self._prices is None else None


class Instrument(InstrumentRow):
    venue_symbol: str = field(name="symbol")
    base: str = field(name="base-currency")
    quote: str = field(name="quote-currency")
    price_digits: Digits = field(name="price-precision")
    quantity_digits: Digits = field(name="amount-precision")
    status: str = field(name="state")
    api_trading: str = field(name="api-trading", default="enabled")
    min_quantity: Number = field(name="limit-order-min-order-amt", default=None)
    max_quantity: Number = field(name="limit-order-max-order-amt", default=None)
    min_notional: Number = field(name="min-order-value", default=None)

    @property
    def tick_size(self) -> str:
        return f"1e-{self.price_digits}"

    @property
    def lot_size(self) -> str:
        return f"1e-{self.quantity_digits}"

    @property
    def is_trading(self) -> bool:
        return self.status == "online" and self.api_trading == "enabled"


class ServerTime(Stamp):
    timestamp: int = field(name="data")


class Envelope(Outcome):
    """What a frame may hold at its top, whichever kind it is."""

    ch: str | None = None
    rep: str | None = None
    id: str | int | None = None
    ping: str | int | None = None
    subbed: str | None = None
    unsubbed: str | None = None


_envelope = msgspec.json.Decoder(Envelope).decode

_TICKER = Channel(TickerData, Ticker)
_WHOLE = Channel(None, Depth, ("tick",), book=Book(Whole()))
_REFRESH = Channel(None, ByPrice, book=Book(Whole()))
_by_id = attrgetter("trade_id")
_REST_TICKER = Channel(TickerData, MergedTicker)
_REST_TICKERS = Channel(TickerData, Figures, ("data",), many=True)
_REST_TRADES = Channel(TradeData, RestTrade, ("data", "*", "data"), many=True, sort=_by_id)
_REST_KLINES = Channel(BarData, Kline, ("data",), many=True, sort=attrgetter("opened_s"))
_REST_INSTRUMENTS = instruments(Instrument, "data")
_REST_TIME = Channel(TimeData, ServerTime)


def _kept(depth: int) -> Channel:
    return Channel(None, ByPrice, book=Book(Linked(snapshot="request"), depth=depth))


def _endpoint(path: str, sends: Rate) -> Endpoint:
    return Endpoint(
        "wss://api.huobi.pro",
        path,
        Heartbeat(send=None, silence=15),  # the venue pings every 5 s
        topics_per_socket=100,  # no limit is documented; practice of other clients
        sends=sends,
        connects=Rate(2, 1.0),
    )


class HtxSpot(Exchange):
    """Spot markets of HTX.

    Bars of a day and more open at midnight in UTC+8, 16:00 UTC, and no bar is ever marked as closed.
    """

    name = "HTX___SPOT"
    account = HtxAccount
    rest = "https://api.huobi.pro"
    endpoints = {
        "market": _endpoint("/ws", Rate(10, 1.0)),
        "feed": _endpoint("/feed", Rate(1, 0.1)),  # requests must be 100 ms apart
    }
    symbols = SymbolStyle(lower=True)
    intervals = {
        **{f"{count}m": f"{count}min" for count in (1, 5, 15, 30)},
        "1h": "60min",
        "4h": "4hour",
        "1d": "1day",
        "1w": "1week",
        "1M": "1mon",
        "1y": "1year",
    }
    channels = {
        "ticker": _TICKER,
        "detail": _TICKER,
        "bbo": Channel(TickerData, BookTicker, ("tick",)),
        "trade.detail": Channel(TradeData, Trade, ("tick", "data"), many=True, sort=_by_id),
        "kline": Channel(BarData, Kline, ("tick",)),
        **{f"depth.step{step}": _WHOLE for step in range(6)},
        **{f"mbp.refresh.{depth}": _REFRESH for depth in (5, 10, 20)},
        **{f"mbp.{depth}": _kept(depth) for depth in (5, 10, 20, 150, 400)},
    }

    def head(self, payload: bytes) -> bytes | None:
        return payload[7 : payload.find(b'"', 7)] if payload.startswith(_HEAD) else None

    def route(self, payload: bytes) -> str | None:
        frame = _envelope(payload)
        if frame.ch is not None:
            return frame.ch
        is_book = frame.rep is not None and ".mbp." in frame.rep and frame.status == "ok"
        return frame.rep if is_book else None

    def split(self, name: str) -> tuple[str, str, str]:
        _, _, rest = name.partition(".")
        symbol, _, word = rest.partition(".")
        if word.startswith("kline."):
            return "kline", symbol, word.removeprefix("kline.")
        return word, symbol, ""

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        channel = {
            "ticker": "ticker",
            "trades": "trade.detail",
            "klines": f"kline.{interval}",
            "depth": _depth_channel(levels),
        }[kind]
        return self.place_raw(channel, venue_symbol)

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        is_update = channel.startswith("mbp.") and not channel.startswith("mbp.refresh.")
        name = f"market.{venue_symbol}.{channel}" if venue_symbol else f"market.{channel}"
        return Subscription("feed" if is_update else "market", name)

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [_command("sub", name, ids) for name in names]

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [_command("unsub", name, ids) for name in names]

    def ask_snapshot(self, name: str, ids: Iterator[int]) -> list[Command]:
        return [_command("req", name, ids)]

    def control(self, payload: bytes) -> list[Control]:
        frame = _envelope(payload)
        if frame.ping is not None:
            return [Answer(msgspec.json.encode({"pong": frame.ping}).decode())]
        number = None if frame.id is None else str(frame.id)
        if frame.status == "error":
            text, code = frame.error_text, str(frame.error_code)
            name = match[0] if (match := _TOPIC.search(text)) else None
            is_symbol = "invalid symbol" in text
            return [Refusal(text, number, name, code, is_symbol=is_symbol, is_pace=is_pace(code, text))]
        name = frame.subbed or frame.unsubbed
        if name is not None:
            return [Ack(id=number, name=name)]
        return [Ignored("answer to a request" if frame.rep else "frame without channel or status")]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def ticker_request(self, venue_symbol: str) -> Request:
        return Request("/market/detail/merged", _REST_TICKER, {"symbol": venue_symbol}, _PACE)

    def tickers_request(self) -> Request:
        return Request("/market/tickers", _REST_TICKERS, rate=_PACE)

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        query = {"symbol": venue_symbol, "type": "step0"}
        depth = next((depth for depth in (5, 10, 20) if levels is not None and levels <= depth), None)
        if depth is not None:
            query["depth"] = str(depth)
        return Request("/market/depth", _WHOLE, query, _PACE)

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        query = {"symbol": venue_symbol, "size": str(min(limit, 2000))}
        return Request("/market/history/trade", _REST_TRADES, query, _PACE)

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        query = {"symbol": venue_symbol, "period": interval, "size": str(min(limit, 2000))}
        return Request("/market/history/kline", _REST_KLINES, query, _PACE)

    def instruments_request(self) -> Request:
        return Request("/v1/common/symbols", _REST_INSTRUMENTS, rate=_PACE)

    def time_request(self) -> Request:
        return Request("/v1/common/timestamp", _REST_TIME, rate=_PACE)


def _depth_channel(levels: int | None) -> str:
    """Return the shallowest channel that every market has and that holds so many levels."""
    if levels is not None and levels <= 20:
        return "mbp.refresh.20"
    return "mbp.150" if levels is not None and levels <= 150 else "mbp.400"


def _command(word: str, name: str, ids: Iterator[int]) -> Command:
    number = str(next(ids))
    frame: dict[str, Any] = {word: name, "id": number}
    return Command(msgspec.json.encode(frame).decode(), (name,), number)
