"""OKX spot: market data.

Source: OKX API v5 documentation (public and business web socket channels, public and market data endpoints),
state of 2026-07; what older recordings hold besides is read as well.
"""

from __future__ import annotations

from msgspec import field

from ...containers import TickerData
from ...containers.base import Number
from ...symbols import SymbolStyle
from ..base import Channel, instruments
from .account import OkxAccount
from .markets import CHANNELS, OkxMarkets
from .rows import Listed, Ticker


class SpotTicker(Ticker):
    turnover: Number = field(name="volCcy24h", default=None)


class Instrument(Listed, kw_only=True):
    base: str = field(name="baseCcy")
    quote: str = field(name="quoteCcy")


_TICKERS = Channel(TickerData, SpotTicker, ("data",), many=True)


class OkxSpot(OkxMarkets):
    """Spot markets of OKX."""

    name = "OKX___SPOT"
    account = OkxAccount
    product = "SPOT"
    tickers = _TICKERS
    listing = instruments(Instrument, "data")
    symbols = SymbolStyle(separator="-")
    channels = {"tickers": _TICKERS, **CHANNELS}
