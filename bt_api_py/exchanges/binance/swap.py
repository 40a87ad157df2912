"""Binance USD-M futures: market data of perpetual and dated contracts that settle in stable coins.

Source: Binance USD-M futures documentation (market streams, market data, change log), state of 2026-05. The calls for
open interest and for mark price and funding are from general knowledge where the documentation was not at hand.
"""

from __future__ import annotations

from msgspec import field

from ...book.sequence import Spanning, Whole
from ...containers import (
    BarData,
    FundingRateData,
    LiquidationData,
    MarkPriceData,
    OpenInterestData,
    TickerData,
    TradeData,
)
from ...containers.base import Number, Row, Side
from ...containers.derivatives import LiquidationRow
from ...symbols import SymbolStyle
from ..base import PING_FRAME, Book, Channel, Endpoint, Heartbeat, Pages, Rate, Request, Subscription, instruments
from .markets import INTERVALS, BinanceMarkets
from .rows import AggregateTrade, BookTicker, Difference, Instrument, Kline, RestTicker, Snapshot, Ticker
from .swap_account import WEIGHT, BinanceSwapAccount

_POLLED_S = 5.0  # between two looks at the open interest, which the venue has by REST only
_BOOKS = ("depth", "bookTicker", "rpiDepth")  # what the route of books carries


class LinkedDifference(Difference):
    previous: int = field(name="pu")


class Top(LinkedDifference):
    """The best levels, whole, in the form of a difference; only the name of the stream tells the two apart."""

    @property
    def is_snapshot(self) -> bool:
        return True


class Mark(Row):
    """Mark price and funding; a dated contract has no funding, and the time of its settlement is 0."""

    timestamp: int = field(name="E")
    mark_price: Number = field(name="p")
    index_price: Number = field(name="i", default=None)
    settlement_price: Number = field(name="P", default=None)
    rate: Number = field(name="r", default=None)
    settled_at: int = field(name="T", default=0)

    @property
    def current_funding_rate(self) -> Number:
        return self.rate if self.settled_at else None

    @property
    def current_funding_time(self) -> int:
        return self.settled_at


class RestMark(Mark):
    timestamp: int = field(name="time")
    mark_price: Number = field(name="markPrice")
    index_price: Number = field(name="indexPrice", default=None)
    settlement_price: Number = field(name="estimatedSettlePrice", default=None)
    rate: Number = field(name="lastFundingRate", default=None)
    settled_at: int = field(name="nextFundingTime", default=0)


class ForcedOrder(LiquidationRow):
    timestamp: int = field(name="T")
    price: float = field(name="p")
    quantity: float = field(name="q")
    side_word: str = field(name="S")
    average_price: Number = field(name="ap", default=None)

    @property
    def side(self) -> Side:
        return "buy" if self.side_word == "BUY" else "sell"


class OpenContracts(Row):
    timestamp: int = field(name="time")
    open_interest: Number = field(name="openInterest")


class Contract(Instrument):
    settle_asset: str | None = field(name="marginAsset", default=None)
    kind: str = field(name="contractType", default="")
    delivery_date: int = field(name="deliveryDate", default=0)
    maintain_margin_percent: Number = field(name="maintMarginPercent", default=None)
    required_margin_percent: Number = field(name="requiredMarginPercent", default=None)

    @property
    def contract_type(self) -> str | None:
        if self.kind.endswith("PERPETUAL"):
            return "perpetual"
        return "future" if "QUARTER" in self.kind or "MONTH" in self.kind else None

    @property
    def delivery_time(self) -> int:
        return self.delivery_date if self.contract_type == "future" else 0  # of others it lies in the year 2100


_TOP = Channel(None, Top, ("data",), book=Book(Whole(), rest_numbers=True))
_REST_TICKER = Channel(TickerData, RestTicker)
_REST_TICKERS = Channel(TickerData, RestTicker, many=True)
_REST_BOOK = Channel(None, Snapshot)
_REST_TRADES = Channel(TradeData, AggregateTrade, many=True)
_REST_MARK = Channel(MarkPriceData, RestMark)
_REST_FUNDING = Channel(FundingRateData, RestMark)
_REST_OPEN_INTEREST = Channel(OpenInterestData, OpenContracts)
_REST_INSTRUMENTS = instruments(Contract, "symbols")


def _endpoint(path: str) -> Endpoint:
    return Endpoint(
        "wss://fstream.binance.com",
        path,
        # The venue pings every 3 minutes; asked by us, it answers as well.
        Heartbeat(send=PING_FRAME),
        topics_per_socket=1024,
        sends=Rate(8, 1.0),  # the venue allows 10, and our pings and pongs count
        connects=Rate(300, 300.0),  # not documented; the figure of spot
        testnet_base="wss://fstream.binancefuture.com",
        lifetime=24 * 3600,
    )


class BinanceSwap(BinanceMarkets):
    """Contracts of Binance that settle in stable coins (USD-M).

    Books and market data have routes of their own: what is subscribed on the wrong one is confirmed and stays silent.
    """

    name = "BINANCE___SWAP"
    rest = "https://fapi.binance.com"
    testnet_rest = "https://demo-fapi.binance.com"
    account = BinanceSwapAccount
    api = "/fapi/v1"
    weight = WEIGHT
    klines_page = 499, 2
    endpoints = {"public": _endpoint("/public/stream"), "market": _endpoint("/market/stream")}
    symbols = SymbolStyle(is_perpetual=True)
    intervals = {word: word for word in INTERVALS}
    kinds = ("ticker", "depth", "trades", "klines", "mark_price", "funding_rate", "open_interest", "liquidations")
    polled = {"open_interest": _POLLED_S}
    channels = {
        "ticker": Channel(TickerData, Ticker, ("data",)),
        "bookTicker": Channel(TickerData, BookTicker, ("data",)),
        "aggTrade": Channel(TradeData, AggregateTrade, ("data",), contiguous=True),
        "kline": Channel(BarData, Kline, ("data", "k")),
        "depth": Channel(None, LinkedDifference, ("data",), book=Book(Spanning(linked=True), rest_numbers=True)),
        "depth5": _TOP,
        "depth10": _TOP,
        "depth20": _TOP,
        "markPrice": Channel(MarkPriceData, Mark, ("data",)),
        "forceOrder": Channel(LiquidationData, ForcedOrder, ("data", "o")),
    }

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        channel = {
            "ticker": "ticker",
            "trades": "aggTrade",
            "klines": f"kline_{interval}",
            "depth": "depth20@100ms" if levels is not None and levels <= 20 else "depth@100ms",
            "mark_price": "markPrice@1s",
            "funding_rate": "markPrice@1s",
            "liquidations": "forceOrder",
        }[kind]
        return self.place_raw(channel, venue_symbol)

    def place_raw(self, channel: str, venue_symbol: str) -> Subscription:
        route = "public" if channel.lstrip("!").startswith(_BOOKS) else "market"
        return Subscription(route, f"{venue_symbol.lower()}@{channel}" if venue_symbol else channel)

    def ticker_request(self, venue_symbol: str) -> Request:
        return self.ask("/ticker/24hr", _REST_TICKER, symbol=venue_symbol)

    def tickers_request(self) -> Request:
        return self.ask("/ticker/24hr", _REST_TICKERS, 40)

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        least = 1000 if levels is None else levels
        sizes = ((5, 2), (10, 2), (20, 2), (50, 2), (100, 5), (500, 10))
        limit, cost = next(((n, w) for n, w in sizes if least <= n), (1000, 20))
        return self.ask("/depth", _REST_BOOK, cost, symbol=venue_symbol, limit=str(limit))

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        return self.ask("/aggTrades", _REST_TRADES, 20, symbol=venue_symbol, limit=str(min(limit, 1000)))

    def trades_between(self, venue_symbol: str, after: int, before: int, since_ms: int) -> Pages:
        yield from self.trades_by_id("/aggTrades", _REST_TRADES, 20, venue_symbol, after, before)

    def figure_request(self, kind: str, venue_symbol: str) -> Request:
        if kind == "open_interest":
            return self.ask("/openInterest", _REST_OPEN_INTEREST, symbol=venue_symbol)
        channel = _REST_MARK if kind == "mark_price" else _REST_FUNDING
        return self.ask("/premiumIndex", channel, symbol=venue_symbol)

    def instruments_request(self) -> Request:
        return self.ask("/exchangeInfo", _REST_INSTRUMENTS)
