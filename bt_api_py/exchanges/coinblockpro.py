"""Coinblockpro: the prices of a simulated exchange, one number per market.

It runs on one's own machine, trades nothing and knows no keys. The feed cannot be subscribed: whoever connects gets
every change of every market, as the text of a Python dictionary.

Source: coinblockpro 0.0.2 (package index, 2021), its REST and web socket servers as they answer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import combinations

import msgspec

from ..containers import SymbolData, TickerData
from ..containers.base import Row, nan
from ..exceptions import BtApiError, InvalidSymbolError, RequestFailedError
from ..symbols import SymbolStyle
from .base import (
    PING_FRAME,
    UNREADABLE,
    Alive,
    Command,
    Control,
    Endpoint,
    Exchange,
    Heartbeat,
    InstrumentRow,
    Item,
    PairChannel,
    Rate,
    Rejected,
    Request,
    Subscription,
)

ASSETS = ("btc", "ltc", "eth", "etc", "xlm", "xrp", "bch", "dot", "eur", "usd")
MARKETS = tuple(f"{base}_{quote}" for base, quote in combinations(ASSETS, 2))

_UNKNOWN_MARKET = "market code not recognised!"
_ENTRY = rb"'[^'\"\\\x00-\x1f]*'\s*:\s*-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_LITERAL = re.compile(rb"\{\s*(?:%s(?:\s*,\s*%s)*)?\s*\}" % (_ENTRY, _ENTRY))


def as_json(payload: bytes) -> bytes:
    """Return a frame as JSON: the text of a flat Python dictionary of numbers, or of ``None``, is rewritten.

    Whatever else it holds stays as it is and is left to the JSON decoder to judge.
    """
    if _LITERAL.fullmatch(payload):
        return payload.replace(b"'", b'"')
    return b"null" if payload == b"None" else payload


class Price(Row, array_like=True):
    """An entry of the answer or frame: market and price."""

    venue_symbol: str
    last_price: float

    def defect(self) -> str | None:
        return None if math.isfinite(self.last_price) and self.last_price > 0 else f"price {self.last_price}"


class Market(InstrumentRow, array_like=True):
    """The same entry, read for its name: there is no other list of markets."""

    venue_symbol: str

    @property
    def base(self) -> str:
        return self.venue_symbol.partition("_")[0]

    @property
    def quote(self) -> str:
        return self.venue_symbol.partition("_")[2]


class _Error(msgspec.Struct):
    error: str


_FEED = PairChannel(TickerData, Price, mixed=True)
_REST_PRICES = PairChannel(TickerData, Price, ("result",))
_REST_MARKETS = PairChannel(SymbolData, Market, ("result",))


class CoinblockproSpot(Exchange):
    """The markets of Coinblockpro."""

    name = "COINBLOCKPRO___SPOT"
    rest = "http://127.0.0.1:8000"
    endpoints = {
        "feed": Endpoint(
            "ws://127.0.0.1:8001",
            "/ticker_feed",
            Heartbeat(send=PING_FRAME),
            topics_per_socket=1000,  # all of them come anyway
            sends=Rate(10, 1.0),
            connects=Rate(10, 1.0),
        )
    }
    symbols = SymbolStyle(separator="_", lower=True, quotes=tuple(asset.upper() for asset in ASSETS))
    intervals = {}
    channels = {"ticker": _FEED}
    kinds = ("ticker",)

    def decode(self, payload: bytes, received: float = nan) -> list[Item]:
        return super().decode(as_json(payload), received)

    def decode_raw(self, payload: bytes) -> list[Item]:
        return super().decode_raw(as_json(payload))

    def head(self, payload: bytes) -> bytes | None:
        return b"{" if payload.startswith(b"{") else None

    def route(self, payload: bytes) -> str | None:
        return "ticker" if isinstance(msgspec.json.decode(payload), dict) else None

    def control(self, payload: bytes) -> list[Control]:
        if msgspec.json.decode(payload) is None:
            return [Alive()]  # another client was given the change
        return [Rejected("no object of prices")]

    def split(self, name: str) -> tuple[str, str, str]:
        channel, _, symbol = name.partition(":")
        return channel, symbol, ""

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        return self.place_raw(kind, venue_symbol)

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        return Subscription("feed", f"{channel}:{venue_symbol}" if venue_symbol else channel)

    def commands(self, verb: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return []

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        if status == 200:
            return None
        try:
            detail = msgspec.json.decode(body, type=_Error).error
        except UNREADABLE:  # a page of HTML
            detail = "no error text"
        if detail == _UNKNOWN_MARKET:
            return InvalidSymbolError(self.name, "", detail)
        return RequestFailedError(self.name, path, detail, status)

    def ticker_request(self, venue_symbol: str) -> Request:
        return Request("/single_ticker", _REST_PRICES, {"market": venue_symbol}, Rate(50, 1.0))

    def last_trade_request(self, venue_symbol: str) -> Request:
        return self.ticker_request(venue_symbol)

    def tickers_request(self) -> Request:
        return Request("/full_ticker", _REST_PRICES, rate=Rate(50, 1.0))

    def instruments_request(self) -> Request:
        return Request("/full_ticker", _REST_MARKETS, rate=Rate(50, 1.0))
