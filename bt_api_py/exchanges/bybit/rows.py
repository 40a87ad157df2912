"""The records of Bybit's market data, most of which spot and contracts share.

Source: Bybit API v5 documentation (web socket public channels, market endpoints), state of 2026-07.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Literal, Self

import msgspec
from msgspec import field

from ...containers.bar import BarRow
from ...containers.base import Number, Place, Row, Side
from ...containers.derivatives import LiquidationRow
from ...containers.trade import TradeRow
from ..base import BookRow, Channel, InstrumentRow, PatchRow, Stamp

Levels = list[tuple[str, ...]]


class Figures(msgspec.Struct):
    """The figures of a ticker under the names that frames and lists share."""

    last_price: Number = field(name="lastPrice", default=None)
    open_price: Number = field(name="prevPrice24h", default=None)
    high_price: Number = field(name="highPrice24h", default=None)
    low_price: Number = field(name="lowPrice24h", default=None)
    volume: Number = field(name="volume24h", default=None)
    turnover: Number = field(name="turnover24h", default=None)
    change_fraction: Number = field(name="price24hPcnt", default=None)


class OfFigures(Row):
    """What is computed of the figures of a ticker, wherever they lie."""

    @property
    def price_change_percent(self) -> float | None:
        # The venue sends a fraction.
        fraction: Number = self.change_fraction  # type: ignore[attr-defined]  # declared by each record
        try:
            return None if fraction is None else float(fraction) * 100
        except ValueError:
            return None


class Ticker(OfFigures):
    """A ticker of spot, always whole; the best prices are told by REST only."""

    data: Figures
    timestamp: int = field(name="ts")
    last_price = property(attrgetter("data.last_price"))
    open_price = property(attrgetter("data.open_price"))
    high_price = property(attrgetter("data.high_price"))
    low_price = property(attrgetter("data.low_price"))
    volume = property(attrgetter("data.volume"))
    turnover = property(attrgetter("data.turnover"))
    change_fraction = property(attrgetter("data.change_fraction"))


class ContractFigures(Figures):
    """The figures of a contract: best prices, mark price, funding and open interest besides."""

    bid_price: Number = field(name="bid1Price", default=None)
    bid_quantity: Number = field(name="bid1Size", default=None)
    ask_price: Number = field(name="ask1Price", default=None)
    ask_quantity: Number = field(name="ask1Size", default=None)
    mark_price: Number = field(name="markPrice", default=None)
    index_price: Number = field(name="indexPrice", default=None)
    open_interest: Number = field(name="openInterest", default=None)
    current_funding_rate: Number = field(name="fundingRate", default=None)
    current_funding_time: Number = field(name="nextFundingTime", default=None)


class ContractTicker(Ticker, PatchRow, kw_only=True):
    """A ticker of a contract: whole once, then what changed."""

    data: ContractFigures
    kind: Literal["snapshot", "delta"] = field(name="type")
    sequence: int = field(name="cs", default=0)
    bid_price = property(attrgetter("data.bid_price"))
    bid_quantity = property(attrgetter("data.bid_quantity"))
    ask_price = property(attrgetter("data.ask_price"))
    ask_quantity = property(attrgetter("data.ask_quantity"))
    mark_price = property(attrgetter("data.mark_price"))
    index_price = property(attrgetter("data.index_price"))
    open_interest = property(attrgetter("data.open_interest"))
    current_funding_rate = property(attrgetter("data.current_funding_rate"))
    current_funding_time = property(attrgetter("data.current_funding_time"))

    def completed(self, before: Self | None) -> Self | None:
        if self.kind == "snapshot":
            return self
        if before is None or (self.sequence, self.timestamp) < (before.sequence, before.timestamp):
            return None  # the older one came by a second socket
        told = {name: value for name in _FIGURES if (value := getattr(self.data, name)) is not None}
        return msgspec.structs.replace(self, data=msgspec.structs.replace(before.data, **told))


_FIGURES = ContractFigures.__struct_fields__


class Dated(Row):
    """A record of a list whose time stands beside the list, see `DatedChannel`."""

    timestamp: int | None = None


class RestTicker(Dated, OfFigures, kw_only=True):
    venue_symbol: str = field(name="symbol")
    last_price: Number = field(name="lastPrice", default=None)
    bid_price: Number = field(name="bid1Price", default=None)
    bid_quantity: Number = field(name="bid1Size", default=None)
    ask_price: Number = field(name="ask1Price", default=None)
    ask_quantity: Number = field(name="ask1Size", default=None)
    open_price: Number = field(name="prevPrice24h", default=None)
    high_price: Number = field(name="highPrice24h", default=None)
    low_price: Number = field(name="lowPrice24h", default=None)
    volume: Number = field(name="volume24h", default=None)
    turnover: Number = field(name="turnover24h", default=None)
    change_fraction: Number = field(name="price24hPcnt", default=None)


class RestContract(RestTicker, kw_only=True):
    mark_price: Number = field(name="markPrice", default=None)
    index_price: Number = field(name="indexPrice", default=None)
    open_interest: Number = field(name="openInterest", default=None)
    current_funding_rate: Number = field(name="fundingRate", default=None)
    current_funding_time: Number = field(name="nextFundingTime", default=None)


class Answered(msgspec.Struct):
    """When the venue answered a call."""

    time: int | None = None


_answered = msgspec.json.Decoder(Answered).decode


class DatedChannel(Channel):
    """A list whose records have the time of the answer."""

    __slots__ = ()

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        rows, refused = super().read(payload)
        time = _answered(payload).time
        for _, row in rows:
            row.timestamp = time
        return rows, refused


class OfTaker(TradeRow):
    """A trade whose id is a text without order: a number on spot, mostly, and a UUID elsewhere."""

    ordered = False

    @property
    def side(self) -> Side:
        word: str = self.side_word  # type: ignore[attr-defined]  # declared by each record
        return "buy" if word == "Buy" else "sell"


class Trade(OfTaker):
    timestamp: int = field(name="T")
    trade_id: str = field(name="i")
    price: float = field(name="p")
    quantity: float = field(name="v")
    side_word: Literal["Buy", "Sell"] = field(name="S")


class RestTrade(OfTaker):
    timestamp: int = field(name="time")
    trade_id: str = field(name="execId")
    price: float
    quantity: float = field(name="size")
    side_word: Literal["Buy", "Sell"] = field(name="side")


class Liquidation(LiquidationRow):
    timestamp: int = field(name="T")
    price: float = field(name="p")
    quantity: float = field(name="v")
    position: Literal["Buy", "Sell"] = field(name="S")

    @property
    def side(self) -> Side:
        # The venue names the side of the position; the order that closes it has the other one.
        return "sell" if self.position == "Buy" else "buy"


class Candle(BarRow):
    timestamp: int = field(name="start")
    open: float
    high: float
    low: float
    close: float
    confirm: bool
    close_time: int | None = field(name="end", default=None)
    volume: Number = None
    amount: Number = field(name="turnover", default=None)

    @property
    def closed(self) -> bool | None:
        return self.confirm


class RestCandle(BarRow, array_like=True):
    timestamp: int
    open: float
    high: float
    low: float
    close: float
    volume: Number = None
    amount: Number = None


class Depth(msgspec.Struct):
    bids: Levels = field(name="b")
    asks: Levels = field(name="a")
    last: int = field(name="u")


class WholeFrame(BookRow):
    """The best level of each side, always whole."""

    data: Depth
    kind: Literal["snapshot"] = field(name="type")
    sent_time: int = field(name="ts")
    matched_time: int | None = field(name="cts", default=None)
    bids = property(attrgetter("data.bids"))
    asks = property(attrgetter("data.asks"))
    last = property(attrgetter("data.last"))

    @property
    def timestamp(self) -> int:
        return self.sent_time if self.matched_time is None else self.matched_time

    @property
    def is_snapshot(self) -> bool:
        return True


class KeptFrame(WholeFrame):
    """A book, or what changed in it; updates of one topic are numbered without a hole."""

    kind: Literal["snapshot", "delta"] = field(name="type")  # type: ignore[assignment]  # one word more

    @property
    def previous(self) -> int:
        last: int = self.last
        return last - 1

    @property
    def is_snapshot(self) -> bool:
        # Number 1 is that of a service that was started again, and the frame a whole book, whatever it says.
        return self.kind == "snapshot" or self.last == 1


class RestBook(BookRow):
    bids: Levels = field(name="b")
    asks: Levels = field(name="a")
    last: int = field(name="u")
    sent_time: int = field(name="ts")
    matched_time: int | None = field(name="cts", default=None)
    timestamp = WholeFrame.timestamp
    is_snapshot = WholeFrame.is_snapshot


class Lots(msgspec.Struct):
    """Steps and bounds of quantities: `basePrecision` and `minOrderAmt` on spot, the other names on contracts."""

    base_precision: str | None = field(name="basePrecision", default=None)
    step: str | None = field(name="qtyStep", default=None)
    least: str | None = field(name="minOrderQty", default=None)
    most: str | None = field(name="maxOrderQty", default=None)
    least_amount: str | None = field(name="minOrderAmt", default=None)
    least_notional: str | None = field(name="minNotionalValue", default=None)


class Prices(msgspec.Struct):
    tick_size: str | None = field(name="tickSize", default=None)
    min_price: str | None = field(name="minPrice", default=None)
    max_price: str | None = field(name="maxPrice", default=None)


class Instrument(InstrumentRow):
    venue_symbol: str = field(name="symbol")
    base: str = field(name="baseCoin")
    quote: str = field(name="quoteCoin")
    status: str
    lots: Lots = field(name="lotSizeFilter", default_factory=Lots)
    prices: Prices = field(name="priceFilter", default_factory=Prices)
    tick_size = property(attrgetter("prices.tick_size"))
    min_price = property(attrgetter("prices.min_price"))
    max_price = property(attrgetter("prices.max_price"))
    min_quantity = property(attrgetter("lots.least"))
    max_quantity = property(attrgetter("lots.most"))

    @property
    def lot_size(self) -> str | None:
        return self.lots.step or self.lots.base_precision

    @property
    def min_notional(self) -> str | None:
        return self.lots.least_notional or self.lots.least_amount

    @property
    def is_trading(self) -> bool:
        return self.status == "Trading"


class ContractInstrument(Instrument, kw_only=True):
    kind: str = field(name="contractType", default="")
    settle_asset: str | None = field(name="settleCoin", default=None)
    ends_at: int = field(name="deliveryTime", default=0)

    @property
    def contract_type(self) -> str | None:
        if self.kind.endswith("Perpetual"):
            return "perpetual"
        return "future" if self.kind.endswith("Futures") else None

    @property
    def delivery_time(self) -> int:
        return self.ends_at if self.contract_type == "future" else 0


class ServerTime(Stamp):
    timestamp: int = field(name="time")
