"""Records of a futures account of Binance: orders, fills, balances and positions, as events and REST tell them.

Source: Binance USD-M futures documentation (user data streams, account endpoints), state of 2026-05. Lists of orders
and fills by REST are from general knowledge where the documentation was not at hand.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import field

from ...containers.base import Number
from ..account_base import BalanceRow, PositionRow
from .account import ListedFill, ListedOrder, Report

_SIDES = {"LONG": "long", "SHORT": "short"}  # any other word: both in one


class Sided:
    """Words of futures orders."""

    @property
    def position_side(self) -> str | None:
        word: str = self.position_word  # type: ignore[attr-defined]
        return _SIDES.get(word, "net") if word else None


class OrderUpdate(Report, kw_only=True):
    no_fill: ClassVar[int] = 0

    timestamp: int = field(name="T")
    client_order_id: str | None = field(name="c", default=None)
    average_price: Number = field(name="ap", default=None)
    quantity: Number = field(name="q", default=None)
    reduce_only: bool | None = field(name="R", default=None)
    close_position: bool | None = field(name="cp", default=None)
    position_word: str = field(name="ps", default="")
    position_side = Sided.position_side


class RestOrder(ListedOrder):
    quantity: Number = field(name="origQty", default=None)
    average_price: Number = field(name="avgPrice", default=None)
    cumulative_quote: Number = field(name="cumQuote", default=None)
    reduce_only: bool | None = field(name="reduceOnly", default=None)
    close_position: bool | None = field(name="closePosition", default=None)
    position_word: str = field(name="positionSide", default="")
    position_side = Sided.position_side


class RestFill(ListedFill, kw_only=True):
    is_buyer: bool = field(name="buyer")
    is_maker: bool = field(name="maker")


class Held:
    """Words of positions: each side of a market may be held apart, and a short one is negative."""

    @property
    def side(self) -> str | None:
        return _SIDES.get(self.side_word)  # type: ignore[attr-defined]

    @property
    def margin_type(self) -> str | None:
        word = self.margin_word.lower()  # type: ignore[attr-defined]
        return {"crossed": "cross"}.get(word, word) or None


class Position(PositionRow):
    """One that an event touched; its time stands beside the list, see `AccountUpdate`."""

    venue_symbol: str = field(name="s")
    quantity: float = field(name="pa")
    average_price: Number = field(name="ep", default=None)
    unrealized_pnl: Number = field(name="up", default=None)
    realized_pnl: Number = field(name="cr", default=None)
    margin_word: str = field(name="mt", default="")
    side_word: str = field(name="ps", default="BOTH")
    timestamp: int | None = None
    side = Held.side
    margin_type = Held.margin_type


class RestPosition(PositionRow):
    venue_symbol: str = field(name="symbol")
    quantity: float = field(name="positionAmt")
    average_price: Number = field(name="entryPrice", default=None)
    mark_price: Number = field(name="markPrice", default=None)
    liquidation_price: Number = field(name="liquidationPrice", default=None)
    unrealized_pnl: Number = field(name="unRealizedProfit", default=None)
    initial_margin: Number = field(name="initialMargin", default=None)
    maintain_margin: Number = field(name="maintMargin", default=None)
    side_word: str = field(name="positionSide", default="BOTH")
    timestamp: int | None = field(name="updateTime", default=None)
    side = Held.side


class RestBalance(BalanceRow):
    asset: str
    total: float = field(name="balance")
    free: float = field(name="availableBalance")
    unrealized_profit: Number = field(name="crossUnPnl", default=None)

    @property
    def locked(self) -> float | None:
        # With open profits more may be free than the wallet holds; else what is locked follows from the two.
        return 0.0 if self.free > self.total else None
