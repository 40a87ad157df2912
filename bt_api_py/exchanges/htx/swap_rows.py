"""Records of the market data of HTX's contracts. Quantities are numbers of contracts, counted on both sides.

Source: HTX USDT-margined contracts API documentation (websocket market, index and notification interfaces, market and
reference data by REST), state of 2021-06 to 2026, and recorded public messages.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Literal

import msgspec
from msgspec import field

from ...containers.base import Number, Row, Side
from ...containers.derivatives import LiquidationRow
from ...containers.trade import TradeRow
from ..base import BookRow, InstrumentRow, Stamp
from .rows import Around, Bar, Best, Levels


class ContractFigures(Best):
    volume: Number = field(name="vol", default=None)
    turnover: Number = field(name="trade_turnover", default=None)


class ContractTicker(Around):
    tick: ContractFigures


class ListedTicker(Best):
    """A row of the list of tickers, where ``vol`` is money."""

    venue_symbol: str = field(name="contract_code", default="")
    timestamp: int | None = field(name="ts", default=None)
    volume: Number = field(name="number_of", default=None)
    turnover: Number = field(name="vol", default=None)


class BestOffer(Best):
    timestamp: int | None = field(name="ts", default=None)
    sequence: int | None = field(name="version", default=None)


class ContractTrade(TradeRow):
    """Ids grow by thousands: in them stand the number of a match, which all orders count, and a place in it."""

    sparse = True

    timestamp: int = field(name="ts")
    trade_id: int = field(name="id")
    price: float
    quantity: float = field(name="amount")
    side: Side = field(name="direction")


class ContractBar(Bar):
    volume: float = field(name="vol")
    amount: Number = field(name="trade_turnover", default=None)
    num_trades: int = field(name="count", default=0)


class WholeDepth(BookRow, kw_only=True):
    """A whole book, numbered by the venue's last match; its ``version`` is a time in seconds."""

    last: int = field(name="mrid")
    timestamp: int = field(name="ts")
    bids: Levels = []
    asks: Levels = []

    @property
    def is_snapshot(self) -> bool:
        return True


class KeptDepth(WholeDepth, kw_only=True):
    """A book, or what changed in it; the changes of one subscription are numbered without a hole."""

    last: int = field(name="version")
    event: Literal["snapshot", "update"]

    @property
    def previous(self) -> int:
        last: int = self.last
        return last - 1

    @property
    def is_snapshot(self) -> bool:
        return self.event == "snapshot"


class _Close(msgspec.Struct):
    close: Number


class Mark(Row):
    """The running bar of mark prices."""

    timestamp: int = field(name="ts")
    tick: _Close
    mark_price = property(attrgetter("tick.close"))


class Answered(Row):
    """The answer to a call about one contract; its time lies beside a list of one record."""

    timestamp: int = field(name="ts")

    def defect(self) -> str | None:
        return None if self.data else "empty list"  # type: ignore[attr-defined]  # declared by each of them


class RestMark(Answered):
    data: list[_Close]

    @property
    def mark_price(self) -> Number:
        return self.data[-1].close


class _Rate(msgspec.Struct):
    rate: Number = field(name="funding_rate")
    estimated: Number = field(name="estimated_rate", default=None)
    told_at: Number = field(name="funding_time", default=None)
    settled_at: Number = field(name="settlement_time", default=None)


class _Funding(Answered):
    current_funding_rate = property(attrgetter("_rate.rate"))
    next_funding_rate = property(attrgetter("_rate.estimated"))


class Funding(_Funding):
    """The rate of the running interval, which the venue reckons anew every minute: that is its ``funding_time``."""

    data: list[_Rate]
    current_funding_time = property(attrgetter("_rate.settled_at"))

    @property
    def _rate(self) -> _Rate:
        return self.data[0]


class RestFunding(_Funding):
    """By REST ``funding_time`` is when the running interval is settled."""

    data: _Rate
    _rate = property(attrgetter("data"))
    current_funding_time = property(attrgetter("data.told_at"))


class _Open(msgspec.Struct):
    volume: Number
    amount: Number = None


class OpenContracts(Answered):
    data: list[_Open]

    @property
    def open_interest(self) -> Number:
        return self.data[0].volume

    @property
    def open_interest_ccy(self) -> Number:
        return self.data[0].amount


class Liquidation(LiquidationRow):
    venue_symbol: str = field(name="contract_code")
    timestamp: int = field(name="created_at")
    price: float
    quantity: float = field(name="volume")
    side: Side = field(name="direction")


_STATUS = {
    0: "closed",
    1: "trading",
    2: "pending listing",
    3: "suspended",
    4: "suspending listing",
    5: "settling",
    6: "delivering",
    7: "settled",
    8: "delivered",
}


class ContractInstrument(InstrumentRow):
    """A perpetual or dated contract; quantities are counted in contracts of `factor`."""

    venue_symbol: str = field(name="contract_code")
    base: str = field(name="symbol")
    factor: float = field(name="contract_size")
    tick_size: Number = field(name="price_tick")
    status_code: int = field(name="contract_status")
    business: str = field(name="business_type", default="swap")
    partition: str = field(name="trade_partition", default="")
    ends_at: Number = field(name="delivery_time", default=None)

    lot_size = 1
    min_quantity = 1

    def defect(self) -> str | None:
        return super().defect() or (None if self.factor > 0 else f"contract value {self.factor!r}")

    @property
    def quote(self) -> str:
        return self.venue_symbol.partition("-")[2].partition("-")[0]

    @property
    def settle_asset(self) -> str:
        return self.partition or self.quote

    @property
    def contract_type(self) -> str:
        return "perpetual" if self.business == "swap" else "future"

    @property
    def delivery_time(self) -> Number:
        return self.ends_at if self.contract_type == "future" else 0

    @property
    def is_trading(self) -> bool:
        return self.status_code == 1

    @property
    def status(self) -> str:
        return _STATUS.get(self.status_code, str(self.status_code))


class ServerTime(Stamp):
    timestamp: int = field(name="ts")
