"""HTX spot (formerly Huobi): market data.

Source: HTX spot API documentation (websocket market data, market by price, REST market data), last public
state of 2021-06, compared with clients of 2026.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...book.sequence import Linked, Whole
from ...containers import BarData, TickerData, TradeData
from ...symbols import SymbolStyle
from ..base import Book, Channel, Command, Rate, Request, Subscription, TimeData, instruments
from .account import HtxAccount
from .markets import HtxMarkets, by_id, by_opening
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
from .wire import command, endpoint

_HOST = "wss://api.huobi.pro"
_PACE = Rate(10, 1.0)  # per address and path

_TICKER = Channel(TickerData, Ticker)
_WHOLE = Channel(None, Depth, ("tick",), book=Book(Whole()))
_REFRESH = Channel(None, ByPrice, book=Book(Whole()))
_REST_TICKER = Channel(TickerData, MergedTicker)
_REST_TICKERS = Channel(TickerData, Figures, ("data",), many=True)
_REST_TRADES = Channel(TradeData, RestTrade, ("data", "*", "data"), many=True, sort=by_id)
_REST_KLINES = Channel(BarData, Kline, ("data",), many=True, sort=by_opening)
_REST_INSTRUMENTS = instruments(Instrument, "data")
_REST_TIME = Channel(TimeData, ServerTime)


def _kept(depth: int) -> Channel:
    return Channel(None, ByPrice, book=Book(Linked(snapshot="request"), depth=depth))


class HtxSpot(HtxMarkets):
    """Spot markets of HTX."""

    name = "HTX___SPOT"
    account = HtxAccount
    rest = "https://api.huobi.pro"
    endpoints = {
        "market": endpoint(_HOST, "/ws", Rate(10, 1.0)),
        "feed": endpoint(_HOST, "/feed", Rate(1, 0.1)),  # requests must be 100 ms apart
    }
    symbols = SymbolStyle(lower=True)
    intervals = {**HtxMarkets.intervals, "1y": "1year"}
    channels = {
        "ticker": _TICKER,
        "detail": _TICKER,
        "bbo": Channel(TickerData, BookTicker, ("tick",)),
        "trade.detail": Channel(TradeData, Trade, ("tick", "data"), many=True, sort=by_id),
        "kline": Channel(BarData, Kline, ("tick",)),
        **{f"depth.step{step}": _WHOLE for step in range(6)},
        **{f"mbp.refresh.{depth}": _REFRESH for depth in (5, 10, 20)},
        **{f"mbp.{depth}": _kept(depth) for depth in (5, 10, 20, 150, 400)},
    }

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

    def ask_snapshot(self, name: str, ids: Iterator[int]) -> list[Command]:
        return [command("req", name, ids)]

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
