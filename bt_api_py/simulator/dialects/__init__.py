"""The wire languages of the venues, and which exchange speaks which.

A new exchange is a package here with a `Dialect` (handshake, subscriptions, heartbeats, limits), its topics
and its REST rows, written from the venue's own documents, and a line in `DIALECTS`.
"""

from typing import Any

from .base import Dialect
from .binance import BinanceSpot, BinanceSwap
from .bitget import BitgetSpot
from .bulk import BulkSwap
from .bybit import BybitSpot, BybitSwap
from .coinbase import CoinbaseSpot
from .coinblockpro import CoinblockproSpot
from .deribit import DeribitSwap
from .gateio import GateioSpot
from .htx import HtxSpot, HtxSwap
from .hyperliquid import HyperliquidSwap
from .kraken import KrakenSpot
from .kucoin import KucoinSpot
from .okx import OkxSpot, OkxSwap
from .vega import VegaFuture

_ALL: tuple[type[Dialect[Any]], ...] = (
    BinanceSpot,
    BinanceSwap,
    OkxSpot,
    OkxSwap,
    HtxSpot,
    HtxSwap,
    BulkSwap,
    BybitSpot,
    BybitSwap,
    CoinbaseSpot,
    CoinblockproSpot,
    VegaFuture,
    KrakenSpot,
    KucoinSpot,
    GateioSpot,
    DeribitSwap,
    BitgetSpot,
    HyperliquidSwap,
)

DIALECTS: dict[str, type[Dialect[Any]]] = {dialect.name: dialect for dialect in _ALL}

__all__ = ["DIALECTS", "Dialect"]
