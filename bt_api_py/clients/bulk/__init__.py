"""BULK in its own language: one websocket for market data, the account and trading, and REST.

The signer needs further packages: ``pip install 'bt_api_py[bulk]'``. Without a signer nothing more is needed.
"""

from .account import (
    AccountSnapshot,
    Fill,
    LeverageSetting,
    Margin,
    MarginUpdate,
    OrderState,
    Position,
    PositionUpdate,
)
from .actions import (
    Action,
    CancelAll,
    CancelOrder,
    LimitOrder,
    MarketOrder,
    ModifyOrder,
    OraclePrice,
    SetLeverage,
    Side,
    TimeInForce,
)
from .book import OrderBook
from .http import BulkHttpClient
from .inventory import Holding, Inventory, Pnl
from .market import Candle, L2Delta, L2Snapshot, OrderBookLevel, Ticker, Trade
from .responses import OrderResponse, OrderStatus
from .signing import TransactionSigner
from .topics import Topic
from .websocket import BulkWebSocketClient, ResultUnknownError

__all__ = [
    "AccountSnapshot",
    "Action",
    "BulkHttpClient",
    "BulkWebSocketClient",
    "CancelAll",
    "CancelOrder",
    "Candle",
    "Fill",
    "Holding",
    "Inventory",
    "L2Delta",
    "L2Snapshot",
    "LeverageSetting",
    "LimitOrder",
    "Margin",
    "MarginUpdate",
    "MarketOrder",
    "ModifyOrder",
    "OraclePrice",
    "OrderBook",
    "OrderBookLevel",
    "OrderResponse",
    "OrderState",
    "OrderStatus",
    "Pnl",
    "Position",
    "PositionUpdate",
    "ResultUnknownError",
    "SetLeverage",
    "Side",
    "Ticker",
    "TimeInForce",
    "Topic",
    "Trade",
    "TransactionSigner",
]
