"""OKX perpetual contracts ("SWAP") that settle in the quote asset: market data.

Source: OKX API v5 documentation (public and business web socket channels, public and market data endpoints), state of
2026-07. The records of mark price, funding, open interest and liquidations are from recorded public messages, their
calls by REST from general knowledge where the documentation was not at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from msgspec import field

from ...containers import FundingRateData, LiquidationData, MarkPriceData, OpenInterestData, SymbolData, TickerData
from ...containers.base import Number, Place, Row, Side
from ...containers.derivatives import LiquidationRow
from ...symbols import SymbolStyle
from ..base import Channel, Rate, Request, Selection
from .markets import CHANNELS, OkxMarkets
from .rows import Listed, Ticker
from .swap_account import OkxSwapAccount


class Mark(Row):
    venue_symbol: str = field(name="instId")
    timestamp: int = field(name="ts")
    mark_price: Number = field(name="markPx")


class Funding(Row):
    """The rate of the running interval; one that nobody knows yet is an empty text."""

    venue_symbol: str = field(name="instId")
    current_funding_rate: Number = field(name="fundingRate")
    timestamp: int | None = field(name="ts", default=None)  # older messages have none
    current_funding_time: Number = field(name="fundingTime", default=None)
    next_funding_rate: Number = field(name="nextFundingRate", default=None)
    next_funding_time: Number = field(name="nextFundingTime", default=None)
    pre_funding_time: Number = field(name="prevFundingTime", default=None)
    max_funding_rate: Number = field(name="maxFundingRate", default=None)
    min_funding_rate: Number = field(name="minFundingRate", default=None)
    settlement_funding_rate: Number = field(name="settFundingRate", default=None)
    settlement_status: str = field(name="settState", default="")
    method: str = ""


class OpenContracts(Row):
    venue_symbol: str = field(name="instId")
    timestamp: int = field(name="ts")
    open_interest: Number = field(name="oi")
    open_interest_ccy: Number = field(name="oiCcy", default=None)


class Liquidation(LiquidationRow):
    """One order; the market stands beside the list of them, see `Liquidations`. The price is that of bankruptcy."""

    timestamp: int = field(name="ts")
    price: float = field(name="bkPx")
    quantity: float = field(name="sz")
    side: Side
    position_word: str = field(name="posSide", default="")
    venue_symbol: str = field(name="instId", default="")

    @property
    def position_side(self) -> str | None:
        return self.position_word if self.position_word in ("long", "short") else None

    @property
    def bankruptcy_price(self) -> float:
        return self.price


class _Group(msgspec.Struct):
    symbol: str = field(name="instId")
    details: list[msgspec.Raw]


class _Groups(msgspec.Struct):
    data: list[_Group]


_groups = msgspec.json.Decoder(_Groups).decode


class Liquidations(Channel):
    """Liquidations of all markets, in groups that name theirs."""

    __slots__ = ()

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        symbols = [group.symbol for group in _groups(payload).data for _ in group.details]
        rows, refused = super().read(payload)
        for place, row in rows:
            assert isinstance(place, int), "a list of records counts them"
            row.venue_symbol = symbols[place]
        return rows, refused


class Contract(Listed, kw_only=True):
    """A perpetual contract; quantities are counted in contracts of `factor`."""

    underlying: str = field(name="uly", default="")
    family: str = field(name="instFamily", default="")
    settle_asset: str | None = field(name="settleCcy", default=None)
    contract_value: str = field(name="ctVal", default="")
    multiplier: str = field(name="ctMult", default="1")
    kind: str = field(name="ctType", default="")

    contract_type = "perpetual"

    def defect(self) -> str | None:
        return super().defect() or (None if self.factor > 0 else f"contract value {self.contract_value!r}")

    @property
    def base(self) -> str:
        return (self.family or self.underlying).partition("-")[0]

    @property
    def quote(self) -> str:
        return (self.family or self.underlying).partition("-")[2]

    @property
    def factor(self) -> float:
        try:
            return float(Decimal(self.contract_value) * Decimal(self.multiplier or "1"))
        except InvalidOperation:
            return 0.0

    @property
    def is_linear(self) -> bool:
        return self.kind == "linear"


_TICKERS = Channel(TickerData, Ticker, ("data",), many=True)
_MARKS = Channel(MarkPriceData, Mark, ("data",), many=True)
_FUNDING = Channel(FundingRateData, Funding, ("data",), many=True)
_OPEN_INTEREST = Channel(OpenInterestData, OpenContracts, ("data",), many=True)
_LIQUIDATIONS = Liquidations(LiquidationData, Liquidation, ("data", "*", "details"), many=True, mixed=True)


class OkxSwap(OkxMarkets):
    """Perpetual contracts of OKX that settle in the quote asset.

    Inverse contracts, of which one is worth so much money, are left out: their quantities in base asset would change
    with the price.
    """

    name = "OKX___SWAP"
    account = OkxSwapAccount
    product = "SWAP"
    tickers = _TICKERS
    listing = Selection(SymbolData, Contract, ("data",), only="is_linear")
    symbols = SymbolStyle(separator="-", suffix="-SWAP", is_perpetual=True)
    kinds = ("ticker", "depth", "trades", "klines", "mark_price", "funding_rate", "open_interest", "liquidations")
    kind_channels = {
        "mark_price": "mark-price",
        "funding_rate": "funding-rate",
        "open_interest": "open-interest",
        "liquidations": "liquidation-orders",
    }
    channels = {
        "tickers": _TICKERS,
        **CHANNELS,
        "mark-price": _MARKS,
        "funding-rate": _FUNDING,
        "open-interest": _OPEN_INTEREST,
        "liquidation-orders": Liquidations(
            LiquidationData, Liquidation, ("data", "*", "details"), many=True, mixed=True
        ),
    }

    def figure_request(self, kind: str, venue_symbol: str) -> Request:
        query = {"instType": self.product, "instId": venue_symbol}
        if kind == "mark_price":
            return Request("/api/v5/public/mark-price", _MARKS, query, Rate(10, 2.0))
        if kind == "open_interest":
            return Request("/api/v5/public/open-interest", _OPEN_INTEREST, query, Rate(20, 2.0))
        return Request("/api/v5/public/funding-rate", _FUNDING, {"instId": venue_symbol}, Rate(10, 2.0))
