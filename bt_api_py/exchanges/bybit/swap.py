"""Bybit linear contracts: market data of perpetual and dated contracts that settle in stable coins.

Source: Bybit API v5 documentation (web socket public channels, market endpoints), state of 2026-07. The channel of
liquidations is from general knowledge and recorded public messages.
"""

from __future__ import annotations

from ...containers import FundingRateData, LiquidationData, MarkPriceData, OpenInterestData, TickerData
from ...symbols import SymbolStyle
from ..base import Channel, Request, Subscription, instruments
from .channels import CHANNELS
from .listing import ContractInstrument
from .markets import BybitMarkets
from .rows import Liquidation
from .swap_account import BybitSwapAccount
from .tickers import ContractTicker, RestContract
from .wire import DatedChannel, endpoint

_LIST = ("result", "list")
_REST_FIGURES = {
    "mark_price": DatedChannel(MarkPriceData, RestContract, _LIST, many=True),
    "funding_rate": DatedChannel(FundingRateData, RestContract, _LIST, many=True),
    "open_interest": DatedChannel(OpenInterestData, RestContract, _LIST, many=True),
}
_REST_INSTRUMENTS = instruments(ContractInstrument, *_LIST)
_IN_TICKER = ("mark_price", "funding_rate", "open_interest")


class BybitSwap(BybitMarkets):
    """Contracts of Bybit that settle in stable coins; quantities are in base asset. One channel tells all figures."""

    name = "BYBIT___SWAP"
    account = BybitSwapAccount
    endpoints = {"public": endpoint("public/linear", 400)}
    symbols = SymbolStyle(is_perpetual=True)
    category = "linear"
    longest_trades = 1000
    kinds = ("ticker", "depth", "trades", "klines", *_IN_TICKER, "liquidations")
    channels = {
        "tickers": Channel(TickerData, ContractTicker, patches=True),
        "allLiquidation": Channel(LiquidationData, Liquidation, ("data",), many=True),
        **CHANNELS,
    }

    def place(self, kind: str, venue_symbol: str, *, interval: str = "", levels: int | None = None) -> Subscription:
        if kind in _IN_TICKER:
            kind = "ticker"
        if kind == "liquidations":
            return self.place_raw("allLiquidation", venue_symbol)
        return super().place(kind, venue_symbol, interval=interval, levels=levels)

    def figure_request(self, kind: str, venue_symbol: str) -> Request:
        return self.ask("tickers", _REST_FIGURES[kind], symbol=venue_symbol)

    def instruments_request(self) -> Request:
        return self.ask("instruments-info", _REST_INSTRUMENTS, limit="1000")
