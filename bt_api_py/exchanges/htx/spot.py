"""HTX spot (formerly Huobi): market data.

Source: HTX spot API documentation (websocket market data, market by price, REST market data), last public
state of 2021-06, compared with clients of 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from ...book.sequence import Linked, Whole
from ...containers import BarData, TickerData, TradeData
from ...exceptions import BtApiError
from ...symbols import SymbolStyle
from ..base import (
    Ack,
    Answer,
    Book,
    Channel,
    Command,
    Control,
    Endpoint,
    Exchange,
    Heartbeat,
    Ignored,
    Rate,
    Refusal,
    Request,
    Subscription,
    TimeData,
    instruments,
)
from .account import HtxAccount
from .rows import (
    BookTicker,
    ByPrice,
    Depth,
    Figures,
    Instrument,
    Kline,
    MergedTicker,
    RestTrade,
    ServerTime,
    Ticker,
    Trade,
)
from .wire import Outcome, failure, is_pace

_HEAD = b'{"ch":"'
_TOPIC = re.compile(r"market\.[\w.]*\w")
_PACE = Rate(10, 1.0)  # per address and path


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
