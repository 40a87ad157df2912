"""Async market-data gateway for crypto exchanges: one interface, true order books, no silent holes."""

import logging

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

# Silent until the program that uses the package sets up logging.
logging.getLogger("bt_api_py").addHandler(logging.NullHandler())

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
