"""The public side of OKX as far as spot and swaps agree: topics, commands, answers, REST calls.

Source: OKX API v5 documentation (public and business web socket channels, public and market data endpoints),
state of 2026-07.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import ClassVar

import msgspec

from ...book.checksum import Crc32
from ...book.sequence import Linked, Whole
from ...containers import BarData, TradeData
from ...exceptions import BtApiError
from ..base import (
    Ack,
    Alive,
    Book,
    Channel,
    Command,
    Control,
    Exchange,
    Pages,
    Rate,
    Refusal,
    Request,
    Subscription,
    TimeData,
    batches,
)
from .rows import Candle, KeptFrame, ServerTime, Trade, WholeFrame
from .wire import NO_INSTRUMENT, PONG, TOO_OFTEN, Argument, Envelope, demo_header, endpoint, envelope, failure, notice

_ARGS_PER_COMMAND = 100  # far below the 64 KB that the arguments of one command may have
_BOOKS = ("books", "books-l2-tbt", "books50-l2-tbt")
_BUSINESS = ("trades-all", "books-elp-all", "orders-algo", "algo-advance")
_WRONG_NAME = re.compile(r"channel:([\w-]+),instId:([\w-]+)")
_NO_CHANNEL = "60018"
_LIQUIDATIONS = "liquidation-orders"
_OF_PRODUCT = ("instruments", _LIQUIDATIONS)  # channels of all markets at once


def _numeric(trade_id: str) -> tuple[int, str]:
    """Return what puts ids, which are texts of digits, in the order of their numbers."""
    return len(trade_id), trade_id


def _is_wide(name: str) -> bool:
    return name.partition(":")[0] == _LIQUIDATIONS


_ORDERS_LAST = -1  # the full book leaves out the unused number that stands before it elsewhere
_WHOLE = Channel(None, WholeFrame, book=Book(Whole(may_restart=True), order_count_at=_ORDERS_LAST))
_KEPT = Channel(None, KeptFrame, book=Book(Linked(may_restart=True), checksum=Crc32(25), order_count_at=3))
_TRADES = Channel(TradeData, Trade, ("data",), many=True)
CHANNELS: Mapping[str, Channel] = {
    "trades": _TRADES,
    "trades-all": _TRADES,
    "candle": Channel(BarData, Candle, ("data",), many=True),
    "books": _KEPT,
    "books-l2-tbt": _KEPT,
    "books50-l2-tbt": _KEPT,
    "books5": _WHOLE,
    "bbo-tbt": _WHOLE,
}
_REST_TRADES = Channel(TradeData, Trade, ("data",), many=True, sort=lambda row: _numeric(row.trade_id))
_REST_CANDLES = Channel(BarData, Candle, ("data",), many=True, sort=attrgetter("timestamp"))
_REST_TIME = Channel(TimeData, ServerTime, ("data",), many=True)


class OkxMarkets(Exchange):
    """To declare beside what an exchange does: `product`, `tickers` and `listing`.

    Bars of six hours and more open at midnight UTC, as users expect, and not at the venue's own UTC+8.
    """

    product: ClassVar[str]  # the venue's word, instType
    tickers: ClassVar[Channel]
    listing: ClassVar[Channel]  # of the markets
    kind_channels: ClassVar[Mapping[str, str]] = {}  # of the kinds that only this product has
    mark = b',"data":'
    heads_lead = True
    rest = "https://openapi.okx.com"
    endpoints = {
        "public": endpoint("public", 100),
        "books": endpoint("public", 25),  # fewer than 30 books of 50 or 400 levels are advised
        "business": endpoint("business", 100),
    }
    intervals = {
        **{word: word for word in ("1s", "1m", "3m", "5m", "15m", "30m")},
        **{word: word.upper() for word in ("1h", "2h", "4h")},
        **{word: word.upper() + "utc" for word in ("6h", "12h", "1d", "2d", "3d", "5d", "1w", "1M", "3M")},
    }

    @property
    def rest_headers(self) -> Mapping[str, str]:
        return demo_header(self.settings)

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
            **self.kind_channels,
        }[kind]
        return self.place_raw(channel, venue_symbol)

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        endpoint = "books" if channel in _BOOKS else "public"
        if "candle" in channel or channel in _BUSINESS or channel.startswith("sprd-"):
            endpoint = "business"
        return Subscription(endpoint, Argument(channel, venue_symbol).name)

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        # A channel of all markets may have other readers, so it is left with its socket.
        own = [name for name in names if not _is_wide(name)]
        return super().unsubscribe(own, ids)

    def commands(self, verb: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        commands = []
        own = [name for name in names if not _is_wide(name)]
        # What is one channel there may be many topics here: a command of its own is answered for all of them.
        wide = [name for name in names if _is_wide(name)]
        for part in (*batches(own, _ARGS_PER_COMMAND), *batches(wide, len(wide) or 1)):
            number = str(next(ids))
            arguments = list(dict.fromkeys(map(self._argument, part)))
            frame = {"id": number, "op": verb, "args": [dict(argument) for argument in arguments]}
            commands.append(Command(msgspec.json.encode(frame).decode(), tuple(part), number))
        return commands

    def _argument(self, name: str) -> tuple[tuple[str, str], ...]:
        channel, _, symbol = name.partition(":")
        if channel in _OF_PRODUCT:
            return ("channel", channel), ("instType", self.product)
        return (("channel", channel), ("instId", symbol)) if symbol else (("channel", channel),)

    def control(self, payload: bytes) -> list[Control]:
        if payload == PONG:
            return [Alive()]
        frame = envelope(payload)
        number = None if frame.id is None else str(frame.id)
        name = frame.arg.name if frame.arg is not None and not _is_wide(frame.arg.name) else None
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
        return Request("/api/v5/market/ticker", self.tickers, {"instId": venue_symbol}, Rate(20, 2.0))

    def tickers_request(self) -> Request:
        return Request("/api/v5/market/tickers", self.tickers, {"instType": self.product}, Rate(20, 2.0))

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
        return Request("/api/v5/public/instruments", self.listing, {"instType": self.product}, Rate(20, 2.0))

    def time_request(self) -> Request:
        return Request("/api/v5/public/time", _REST_TIME, rate=Rate(10, 2.0))
