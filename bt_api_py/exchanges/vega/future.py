"""Vega: market data of a data node. Every stream has a socket of its own, whose address says what it is about.

Source: Vega v0.79.0, data node API v2, state of 2024-10.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

import msgspec

from ...book.sequence import Spanning
from ...containers import BarData, MarkPriceData, OpenInterestData, SymbolData, TickerData, TradeData
from ...containers.base import row_of
from ...exceptions import BtApiError
from ...symbols import SymbolStyle
from ..base import (
    UNREADABLE,
    Answers,
    Book,
    Channel,
    Command,
    Control,
    Exchange,
    Ignored,
    Item,
    Pages,
    Refusal,
    Rejected,
    Request,
    Subscription,
    TimeData,
    until,
)
from .account import VegaAccount
from .listing import Market, assets_request
from .rows import Candle, CandleChannel, CandleList, Data, Depth, DepthUpdate, ServerTime, Trade
from .wire import (
    API,
    HOPELESS,
    LONGEST_PAGE,
    NAME,
    NOWHERE,
    PACE,
    ListChannel,
    ended,
    endpoint,
    every_page,
    failure,
    frame,
    node_of,
)

_HEAD = b'{"result":{"'
_DATA, _DEPTH, _TRADES, _CANDLES = "markets/data", "markets/depth/updates", "trades", "candle/data"
_CHANNEL_OF = {"marketData": _DATA, "update": _DEPTH, "trades": _TRADES}  # by what a result holds
_PLACES = {"ticker": _DATA, "mark_price": _DATA, "open_interest": _DATA, "depth": _DEPTH, "trades": _TRADES}
_CANDLE = "trades_candle_"  # a candle's id goes on with interval and market
_NS = 10**6  # in a millisecond
_LONGEST_LIST = 1000  # of trades or candles, which have no end

_REST_DATA = ("marketData",)
_REST_TICKER = Channel(TickerData, Data, _REST_DATA)
_REST_TICKERS = Channel(TickerData, Data, ("marketsData",), many=True)
_REST_FIGURES = {
    "mark_price": Channel(MarkPriceData, Data, _REST_DATA),
    "open_interest": Channel(OpenInterestData, Data, _REST_DATA),
}
_REST_BOOK = Channel(None, Depth)
_REST_TRADES = ListChannel(TradeData, Trade, "trades", newest_first=True)
_REST_CANDLES = CandleList(BarData, Candle, "candles")
_REST_MARKETS = ListChannel(SymbolData, Market, "markets")
_REST_TIME = Channel(TimeData, ServerTime)


class VegaFuture(Exchange):
    """The markets of a Vega network: perpetual and dated contracts, and spot where there is any."""

    name = NAME
    rest = NOWHERE
    endpoints = {"stream": endpoint()}
    heads_lead = True
    symbols = SymbolStyle(is_opaque=True)
    intervals = {
        "1m": "1 minute",
        "5m": "5 minutes",
        "15m": "15 minutes",
        "30m": "30 minutes",
        "1h": "1 hour",
        "4h": "4 hours",
        "6h": "6 hours",
        "8h": "8 hours",
        "12h": "12 hours",
        "1d": "1 day",
        "1w": "7 days",
    }
    kinds = ("ticker", "depth", "trades", "klines", "mark_price", "open_interest")
    channels = {
        _DATA: Channel(TickerData, Data, ("result", "marketData"), many=True, mixed=True),
        _DEPTH: Channel(
            None,
            DepthUpdate,
            ("result", "update"),
            many=True,
            mixed=True,
            book=Book(Spanning(), order_count_at=2, rest_numbers=True),
        ),
        _TRADES: Channel(TradeData, Trade, ("result", "trades"), many=True, mixed=True),
        _CANDLES: CandleChannel(BarData, Candle, ("result", "candle")),
    }

    account = VegaAccount

    def head(self, payload: bytes) -> bytes | None:
        return until(payload, b'"', len(_HEAD)) if payload.startswith(_HEAD) else None

    def route(self, payload: bytes) -> str | None:
        held = frame(payload).held
        # A candle does not say whose it is: it is what this socket was opened for.
        return self._only if held == "candle" else _CHANNEL_OF.get(held)

    @property
    def _only(self) -> str | None:
        return next(iter(self._topics), None)

    def split(self, name: str) -> tuple[str, str, str]:
        channel, _, query = name.partition("?")
        wanted = query.partition("=")[2]
        if channel != _CANDLES:
            return channel, wanted, ""
        interval, _, symbol = wanted.removeprefix(_CANDLE).rpartition("_")
        return channel, symbol, interval.replace("_", " ")

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        if kind == "klines":
            return self.place_raw(f"{_CANDLES}?{urlencode({'candleId': candle_id(interval, venue_symbol)})}", "")
        return self.place_raw(_PLACES[kind], venue_symbol)

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        name = f"{channel}?{urlencode({'marketIds': venue_symbol})}" if venue_symbol else channel
        return Subscription("stream", name)

    @property
    def rest_url(self) -> str:
        return node_of(self.settings)

    def address(self, url: str, names: Sequence[str]) -> str:
        [name] = names
        return url + name

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return []

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return []

    def decode_raw(self, payload: bytes) -> list[Item]:
        try:
            told = msgspec.json.decode(payload)
            if isinstance(told, dict) and "result" in told:
                return [(name, told) for name in self._topics]
            return [("", control) for control in self.control(payload)]
        except UNREADABLE as error:
            return [("", Rejected(f"frame is not understood: {error}"))]

    def control(self, payload: bytes) -> list[Control]:
        told = frame(payload)
        error = told.error
        if error is None:
            return [Ignored(told.held or "frame without result")]
        if error.code in HOPELESS:
            return [Refusal(error.message, name=self._only, code=str(error.code), is_symbol=True)]
        return [ended(error)]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(path, status, body)

    def ticker_request(self, venue_symbol: str) -> Request:
        return _ask(f"market/data/{venue_symbol}/latest", _REST_TICKER)

    def tickers_request(self) -> Request:
        return _ask("markets/data", _REST_TICKERS)

    def figure_request(self, kind: str, venue_symbol: str) -> Request:
        return _ask(f"market/data/{venue_symbol}/latest", _REST_FIGURES[kind])

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        query = {} if levels is None else {"maxDepth": str(levels)}
        return _ask(f"market/depth/{venue_symbol}/latest", _REST_BOOK, query)

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        return _ask("trades", _REST_TRADES, {"marketIds": venue_symbol, **_newest(limit)})

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        return _ask("candle", _REST_CANDLES, {"candleId": candle_id(interval, venue_symbol), **_newest(limit)})

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        query = {
            "candleId": candle_id(interval, venue_symbol),
            "fromTimestamp": str(start * _NS),
            "toTimestamp": str((end + 1) * _NS),
        }
        yield from every_page(_ask("candle", _REST_CANDLES, query))

    def instruments_request(self) -> Request:
        return _ask("markets", _REST_MARKETS, {"pagination.first": str(LONGEST_PAGE)})

    def instruments(self) -> Answers:
        assets = {row.asset_id: row for row in (yield from every_page(assets_request()))}
        markets: list[SymbolData] = yield from every_page(self.instruments_request())
        for market in markets:
            row = row_of(market)
            row.money = assets.get(row.money_id)
        # What trades comes first: a market that is over may have the same pair.
        return sorted(markets, key=SymbolData.is_trading, reverse=True)

    def time_request(self) -> Request:
        return _ask("vega/time", _REST_TIME)


def candle_id(interval: str, venue_symbol: str) -> str:
    """Return the id of a market's candles, as ``/candle/intervals`` tells it."""
    return f"{_CANDLE}{interval.replace(' ', '_')}_{venue_symbol}"


def _ask(path: str, channel: Channel, query: dict[str, str] | None = None) -> Request:
    return Request(f"{API}/{path}", channel, query or {}, PACE)


def _newest(limit: int) -> dict[str, str]:
    return {"pagination.newestFirst": "true", "pagination.first": str(min(limit, _LONGEST_LIST))}
