"""Binance spot: market data.

Source: Binance spot API documentation (web socket streams, general and market data endpoints), state of 2026-07-21.
"""

from __future__ import annotations

from msgspec import field

from ...book.sequence import Spanning, Whole
from ...containers import BarData, TickerData, TradeData
from ...containers.trade import TradeRow
from ...symbols import SymbolStyle
from ..base import (
    PING_FRAME,
    Book,
    Channel,
    Endpoint,
    Heartbeat,
    Pages,
    Rate,
    Request,
    Subscription,
    instruments,
)
from .markets import INTERVALS, BinanceMarkets
from .rows import AggregateTrade, BookTicker, Difference, Instrument, Kline, RestTicker, Snapshot, Taker, Ticker
from .spot_account import WEIGHT, BinanceAccount


class SpotTicker(Ticker):
    last_trade_id: int | None = field(name="L", default=None)


class Trade(TradeRow):
    timestamp: int = field(name="T")  # matching engine
    trade_id: int = field(name="t")
    price: float = field(name="p")
    quantity: float = field(name="q")
    buyer_is_maker: bool = field(name="m")
    side = Taker.side


class RestSpotTicker(RestTicker):
    last_trade_id: int | None = field(name="lastId", default=None)


class RestTrade(TradeRow):
    timestamp: int = field(name="time")
    trade_id: int = field(name="id")
    price: float
    quantity: float = field(name="qty")
    buyer_is_maker: bool = field(name="isBuyerMaker")
    side = Taker.side


_PARTIAL = Channel(None, Snapshot, ("data",), book=Book(Whole(), rest_numbers=True))
_REST_TICKER = Channel(TickerData, RestSpotTicker)
_REST_TICKERS = Channel(TickerData, RestSpotTicker, many=True)
_REST_BOOK = Channel(None, Snapshot)
_REST_TRADES = Channel(TradeData, RestTrade, many=True)
_REST_INSTRUMENTS = instruments(Instrument, "symbols")


class BinanceSpot(BinanceMarkets):
    """Spot markets of Binance."""

    name = "BINANCE___SPOT"
    rest = "https://api.binance.com"
    testnet_rest = "https://testnet.binance.vision"
    account = BinanceAccount
    api = "/api/v3"
    weight = WEIGHT
    klines_page = 1000, 2
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
    intervals = {word: word for word in ("1s", *INTERVALS)}
    channels = {
        "ticker": Channel(TickerData, SpotTicker, ("data",)),
        "bookTicker": Channel(TickerData, BookTicker, ("data",)),
        "trade": Channel(TradeData, Trade, ("data",), contiguous=True),
        "aggTrade": Channel(TradeData, AggregateTrade, ("data",), contiguous=True),
        "kline": Channel(BarData, Kline, ("data", "k")),
        "depth": Channel(None, Difference, ("data",), book=Book(Spanning(), rest_numbers=True)),
        "depth5": _PARTIAL,
        "depth10": _PARTIAL,
        "depth20": _PARTIAL,
    }

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

    def ticker_request(self, venue_symbol: str) -> Request:
        return self.ask("/ticker/24hr", _REST_TICKER, 2, symbol=venue_symbol)

    def tickers_request(self) -> Request:
        return self.ask("/ticker/24hr", _REST_TICKERS, 80)

    def book_request(self, venue_symbol: str, levels: int | None) -> Request:
        least = 5000 if levels is None else levels
        limit, cost = next(((n, w) for n, w in ((100, 5), (500, 25), (1000, 50)) if least <= n), (5000, 250))
        return self.ask("/depth", _REST_BOOK, cost, symbol=venue_symbol, limit=str(limit))

    def trades_request(self, venue_symbol: str, limit: int) -> Request:
        return self.ask("/trades", _REST_TRADES, 25, symbol=venue_symbol, limit=str(min(limit, 1000)))

    def last_trade_request(self, venue_symbol: str) -> Request:
        return self.ticker_request(venue_symbol)

    def trades_between(self, venue_symbol: str, after: int, before: int, since_ms: int) -> Pages:
        yield from self.trades_by_id("/historicalTrades", _REST_TRADES, 25, venue_symbol, after, before)

    def instruments_request(self) -> Request:
        return self.ask("/exchangeInfo", _REST_INSTRUMENTS, 20)
