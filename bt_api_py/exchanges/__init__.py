"""The venues, by name."""

from __future__ import annotations

from ..exceptions import ExchangeNotFoundError
from .base import Exchange
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

_ALL: tuple[type[Exchange], ...] = (
    BinanceSpot,
    BinanceSwap,
    OkxSpot,
    OkxSwap,
    HtxSpot,
    HtxSwap,
    CoinbaseSpot,
    KrakenSpot,
    KucoinSpot,
    CoinblockproSpot,
    BulkSwap,
    GateioSpot,
    BybitSpot,
    BybitSwap,
    DeribitSwap,
    BitgetSpot,
    VegaFuture,
    HyperliquidSwap,
)

EXCHANGES: dict[str, type[Exchange]] = {cls.name: cls for cls in _ALL}

ALIASES = {
    "BINANCE___USDM_SWAP": "BINANCE___SWAP",
    "HTX___SWAP": "HTX___USDT_SWAP",
    "HYPERLIQUID___PERP": "HYPERLIQUID___SWAP",
}


def exchange_class(name: str) -> type[Exchange]:
    """Return the adapter of an exchange.

    Raises:
        ExchangeNotFoundError: none has this name; the message names the nearest.
    """
    try:
        return EXCHANGES[ALIASES.get(name, name)]
    except (KeyError, TypeError):
        raise ExchangeNotFoundError(str(name), sorted(EXCHANGES)) from None
