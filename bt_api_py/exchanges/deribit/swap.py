"""Deribit futures and perpetual contracts: market data.

Source: Deribit API v2 documentation (subscriptions, market data methods), state of 2026-01. What the figures of
funding mean is from general knowledge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter

from ...book.sequence import Linked, Whole
from ...containers import (
    BarData,
    FundingRateData,
    LiquidationData,
    MarkPriceData,
    OpenInterestData,
    TickerData,
    TradeData,
)
from ...containers.bar import bar_end
from ...exceptions import BtApiError
from .. import base
from ..base import (
    Channel,
    ColumnChannel,
    Command,
    Control,
    Exchange,
    Pages,
    Rate,
    Request,
    Selection,
    Subscription,
    TimeData,
    instruments,
)
from .account import DeribitAccount
from .rows import Book, BookUpdate, Candle, Instrument, Liquidation, Quote, RestCandle, ServerTime, Ticker, Trade
from .units import STYLE
from .wire import NAME, PACE, REST, TESTNET_REST, commands, control, endpoint, envelope, failure

_DATA = ("params", "data")
_FASTEST = "100ms"  # more often, as "raw", for those who log in only
_SLOWER = "agg2"
_PACED = ("ticker", "trades", "book")  # channels whose name ends in a pace
_CHART = "chart.trades"
_DEPTHS = (1, 10, 20)  # of books that are sent whole
_REST_DEPTHS = (1, 5, 10, 20, 50, 100, 1000, 10_000)
_PAGE = 1000
_BARS = 5000  # of one list; its greatest length is not documented

_IN_TICKER = {"mark_price": MarkPriceData, "funding_rate": FundingRateData, "open_interest": OpenInterestData}
_REST_FIGURES = {kind: Channel(container, Ticker, ("result",)) for kind, container in _IN_TICKER.items()}
_REST_TICKER = Channel(TickerData, Ticker, ("result",))
_REST_BOOK = Channel(None, Book, ("result",))
_REST_TRADES = Channel(TradeData, Trade, ("result", "trades"), many=True, sort=attrgetter("sequence"))
_REST_CANDLES = ColumnChannel(BarData, RestCandle, ("result",), sort=attrgetter("timestamp"))
_REST_INSTRUMENTS = instruments(Instrument, "result")
_REST_TIME = Channel(TimeData, ServerTime)


class DeribitSwap(Exchange):
    """Futures and perpetual contracts of Deribit. Quantities are in base asset, also of contracts sized in US dollars.

    One channel tells ticker, mark price, funding and open interest; liquidations are trades that say so.
    """

    name = NAME
    account = DeribitAccount
    rest = REST
    testnet_rest = TESTNET_REST
    endpoints = {"market": endpoint()}
    mark = b',"data":'
    heads_lead = True
    symbols = STYLE
    is_timed = True
    intervals = {
        **{f"{minutes}m": str(minutes) for minutes in (1, 3, 5, 10, 15, 30)},
        **{f"{hours}h": str(hours * 60) for hours in (1, 2, 3, 6, 12)},
        "1d": "1D",
    }
    kinds = ("ticker", "depth", "trades", "klines", *_IN_TICKER, "liquidations")
    channels = {
        "ticker": Channel(TickerData, Ticker, _DATA),
        "quote": Channel(TickerData, Quote, _DATA),
        "trades": Channel(TradeData, Trade, _DATA, many=True, sort=attrgetter("sequence"), contiguous=True),
        f"trades.{_SLOWER}": Selection(LiquidationData, Liquidation, _DATA, only="is_liquidation"),
        "book": Channel(None, BookUpdate, _DATA, book=base.Book(Linked(), rest_numbers=True)),
        "book.none": Channel(None, Book, _DATA, book=base.Book(Whole(), rest_numbers=True)),
        _CHART: Channel(BarData, Candle, _DATA),
    }

    def route(self, payload: bytes) -> str | None:
        return envelope(payload).topic

    def split(self, name: str) -> tuple[str, str, str]:
        word, _, rest = name.partition(".")
        if name.startswith(f"{_CHART}."):
            symbol, _, interval = name.removeprefix(f"{_CHART}.").partition(".")
            return _CHART, symbol, interval
        symbol, _, rest = rest.partition(".")
        if word == "trades" and rest == _SLOWER:
            return f"{word}.{rest}", symbol, ""
        # Whole books have a group of prices and a depth in their name.
        return ("book.none" if word == "book" and "." in rest else word), symbol, ""

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        depth = next((depth for depth in _DEPTHS if levels is not None and levels <= depth), None)
        channel = {
            "depth": "book" if depth is None else f"book.none.{depth}.{_FASTEST}",
            "trades": "trades",
            "klines": f"{_CHART}.{interval}",
            "liquidations": f"trades.{_SLOWER}",  # apart from the trades, which have readers of their own
        }.get(kind, "ticker")
        return self.place_raw(channel, venue_symbol)

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        if not venue_symbol:
            return Subscription("market", channel)
        word, _, rest = channel.partition(".")
        if channel.startswith(f"{_CHART}."):
            word, rest = _CHART, channel.removeprefix(f"{_CHART}.")
        rest = rest or (_FASTEST if word in _PACED else "")
        return Subscription("market", ".".join(filter(None, (word, venue_symbol, rest))))

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return commands("public/subscribe", names, ids)

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return commands("public/unsubscribe", names, ids)

    def control(self, payload: bytes) -> list[Control]:
        return [control(envelope(payload))]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def ticker_request(self, venue_symbol: str) -> Request:
        return _ask("ticker", _REST_TICKER, venue_symbol)

    def figure_request(self, kind: str, venue_symbol: str) -> Request:
        return _ask("ticker", _REST_FIGURES[kind], venue_symbol)

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        most = _REST_DEPTHS[-1]
        depth = next((depth for depth in _REST_DEPTHS if levels is not None and levels <= depth), most)
        return _ask("get_order_book", _REST_BOOK, venue_symbol, depth=str(depth))

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        return _ask_trades(venue_symbol, count=str(min(limit, _PAGE)), sorting="desc")

    def trades_between(self, venue_symbol: str, after: int, before: int, since_ms: int) -> Pages:
        first, last = after, before - 1
        while first <= last:
            query = {"start_seq": str(first), "end_seq": str(last), "count": str(_PAGE), "sorting": "asc"}
            trades = yield _ask_trades(venue_symbol, **query)
            if not trades:
                return
            first = int(trades[-1].get_last_trade_id()) + 1

    def trades_since(self, venue_symbol: str, since_ms: int, before: int) -> Pages:
        while before > 0:
            trades = yield _ask_trades(venue_symbol, end_seq=str(before - 1), count=str(_PAGE), sorting="desc")
            if not trades or trades[0].get_timestamp() < since_ms:
                return
            before = int(trades[0].get_last_trade_id())

    def klines_request(self, venue_symbol: str, interval: str, limit: int) -> Request:
        # The list is by time alone.
        start = self.now_ms - min(limit, _BARS) * self._length(interval) + 1
        return _ask_candles(venue_symbol, interval, max(0, start), self.now_ms)

    def klines_between(self, venue_symbol: str, interval: str, start: int, end: int) -> Pages:
        while start <= end:
            until = min(end, start + (_BARS - 1) * self._length(interval))
            yield _ask_candles(venue_symbol, interval, start, until)
            start = until + 1

    def _length(self, interval: str) -> int:
        """Return the length of a bar in milliseconds; `interval` is the venue's word."""
        return bar_end(0, self.user_interval(interval)) + 1

    def instruments_request(self) -> Request:
        query = {"currency": "any", "kind": "future", "expired": "false"}
        return Request("/api/v2/public/get_instruments", _REST_INSTRUMENTS, query, Rate(1, 1.0, "instruments"))

    def time_request(self) -> Request:
        return Request("/api/v2/public/get_time", _REST_TIME, rate=PACE)


def _ask(method: str, channel: Channel, venue_symbol: str, **query: str) -> Request:
    """Return a call for market data."""
    return Request(f"/api/v2/public/{method}", channel, {"instrument_name": venue_symbol, **query}, PACE)


def _ask_candles(venue_symbol: str, interval: str, start: int, end: int) -> Request:
    query = {"start_timestamp": str(start), "end_timestamp": str(end), "resolution": interval}
    return _ask("get_tradingview_chart_data", _REST_CANDLES, venue_symbol, **query)


def _ask_trades(venue_symbol: str, **query: str) -> Request:
    return _ask("get_last_trades_by_instrument", _REST_TRADES, venue_symbol, **query)
