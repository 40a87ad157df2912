"""A Vega network in its own words: a data node by REST and streams, a party's world in memory, and its wallet.

The network itself was closed in 2024. These clients talk to any node that is named to them: one of a local network, or
the simulated one.
"""

from .api import VegaApiClient
from .decimals import convert_from_decimals, convert_to_decimals, round_to_tick
from .instructions import (
    BatchMarketInstruction,
    OrderAmendment,
    OrderCancellation,
    OrderSubmission,
    instruction_to_json,
)
from .models import Account, AppState, Asset, Market, MarketData, Order, Position, ReferencePrice
from .parsers import (
    parse_account,
    parse_asset,
    parse_market,
    parse_market_data,
    parse_order,
    parse_position,
    parsers,
)
from .quoting import QuotingBot
from .store import VegaStore
from .stream import VegaStream, VegaStreamError
from .tables import StoreChange
from .wallet import SentTransaction, VegaWallet, WalletError
from .websocket import VegaWebSocketClient

__all__ = [
    "Account",
    "AppState",
    "Asset",
    "BatchMarketInstruction",
    "Market",
    "MarketData",
    "Order",
    "OrderAmendment",
    "OrderCancellation",
    "OrderSubmission",
    "Position",
    "QuotingBot",
    "ReferencePrice",
    "SentTransaction",
    "StoreChange",
    "VegaApiClient",
    "VegaStore",
    "VegaStream",
    "VegaStreamError",
    "VegaWallet",
    "VegaWebSocketClient",
    "WalletError",
    "convert_from_decimals",
    "convert_to_decimals",
    "instruction_to_json",
    "parse_account",
    "parse_asset",
    "parse_market",
    "parse_market_data",
    "parse_order",
    "parse_position",
    "parsers",
    "round_to_tick",
]
