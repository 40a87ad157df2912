"""The wire languages of the venues, and which exchange speaks which.

A new exchange is a package here with a `Dialect` (handshake, subscriptions, heartbeats, limits), its topics
and its REST rows, written from the venue's own documents, and a line in `DIALECTS`.
"""

from typing import Any

from .base import Dialect
from .binance import BinanceSpot
from .bulk import BulkSwap
from .coinbase import CoinbaseSpot
from .htx import HtxSpot
from .okx import OkxSpot

DIALECTS: dict[str, type[Dialect[Any]]] = {
    dialect.name: dialect for dialect in (BinanceSpot, OkxSpot, HtxSpot, BulkSwap, CoinbaseSpot)
}

__all__ = ["DIALECTS", "Dialect"]
