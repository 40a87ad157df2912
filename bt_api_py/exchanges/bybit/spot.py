"""Bybit spot: market data.

Source: Bybit API v5 documentation (web socket public channels, market endpoints), state of 2026-07.
"""

from __future__ import annotations

from ...containers import TickerData
from ...symbols import SymbolStyle
from ..base import Channel
from .account import BybitAccount
from .channels import CHANNELS
from .markets import BybitMarkets
from .tickers import Ticker
from .wire import endpoint


class BybitSpot(BybitMarkets):
    """Spot markets of Bybit."""

    name = "BYBIT___SPOT"
    account = BybitAccount
    endpoints = {"public": endpoint("public/spot", 400)}  # names of all topics of a socket: 21 000 letters
    symbols = SymbolStyle()
    category = "spot"
    longest_trades = 60
    channels = {"tickers": Channel(TickerData, Ticker), **CHANNELS}
