"""The data objects that users receive, and the words in which a venue's records become such objects."""

from .account import AccountData
from .balance import BalanceData
from .bar import BarData, BarRow
from .base import Container, Frame, Number, Origin, Row, Side, Topic
from .derivatives import FundingRateData, LiquidationData, LiquidationRow, MarkPriceData, OpenInterestData
from .instrument import SymbolData
from .order import OrderData, OrderStatus
from .orderbook import BookState, Level, OrderBookData
from .position import PositionData, PositionSide
from .ticker import TickerData
from .trade import TradeData, TradeRow

__all__ = [
    "AccountData",
    "BalanceData",
    "BarData",
    "BarRow",
    "BookState",
    "Container",
    "Frame",
    "FundingRateData",
    "Level",
    "LiquidationData",
    "LiquidationRow",
    "MarkPriceData",
    "Number",
    "OpenInterestData",
    "OrderBookData",
    "OrderData",
    "OrderStatus",
    "Origin",
    "PositionData",
    "PositionSide",
    "Row",
    "Side",
    "SymbolData",
    "TickerData",
    "Topic",
    "TradeData",
    "TradeRow",
]
