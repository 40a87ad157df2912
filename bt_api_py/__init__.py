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
    BookError,
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
from .stores.account import AccountState
from .stores.order_book import MaintainedBook
from .stores.ticker_map import TickerMap

# Silent until the program that uses the package sets up logging.
logging.getLogger("bt_api_py").addHandler(logging.NullHandler())

__all__ = [
    "AccountData",
    "AccountState",
    "AuthenticationError",
    "BalanceData",
    "BarData",
    "BookError",
    "BtApi",
    "BtApiError",
    "ConfigurationError",
    "ExchangeNotFoundError",
    "ExchangeSettings",
    "FundingRateData",
    "InvalidSymbolError",
    "LiquidationData",
    "MaintainedBook",
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
    "TickerMap",
    "TradeData",
    "UnsupportedError",
    "WebSocketError",
    "WebSocketSettings",
]
