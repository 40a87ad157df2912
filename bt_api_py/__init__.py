"""Async market-data gateway for crypto exchanges: one interface, true order books, no silent holes."""

from .api import BtApi
from .containers import (
    AccountData,
    BalanceData,
    BarData,
    FundingRateData,
    LiquidationData,
    MarkPriceData,
    OpenInterestData,
    OrderBookData,
    OrderData,
    PositionData,
    SymbolData,
    TickerData,
    TradeData,
)
from .exceptions import (
    AuthenticationError,
    BtApiError,
    ConfigurationError,
    ExchangeNotFoundError,
    InvalidSymbolError,
    StreamOverflowError,
    SubscribeError,
    UnsupportedError,
    WebSocketError,
)
from .net.stream import Stream, StreamEvent, StreamStats
from .settings import ExchangeSettings, WebSocketSettings

__all__ = [
    "AccountData",
    "AuthenticationError",
    "BalanceData",
    "BarData",
    "BtApi",
    "BtApiError",
    "ConfigurationError",
    "ExchangeNotFoundError",
    "ExchangeSettings",
    "FundingRateData",
    "InvalidSymbolError",
    "LiquidationData",
    "MarkPriceData",
    "OpenInterestData",
    "OrderBookData",
    "OrderData",
    "PositionData",
    "Stream",
    "StreamEvent",
    "StreamOverflowError",
    "StreamStats",
    "SubscribeError",
    "SymbolData",
    "TickerData",
    "TradeData",
    "UnsupportedError",
    "WebSocketError",
    "WebSocketSettings",
]
