"""Positions on derivatives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from .base import Container

PositionSide = Literal["long", "short", "net"]


class PositionData(Container):
    """One open position. Money is in the asset the contract settles in."""

    event = "PositionEvent"

    def get_quantity(self) -> float:
        """Return the quantity held, base asset: negative when short, 0 when just closed."""
        quantity = self._quantity("quantity")
        # Venues with a long and a short position side by side send both as positive numbers.
        return -quantity if quantity > 0 and getattr(self._row, "side", None) == "short" else quantity

    get_position_volume = get_quantity
    get_position = get_quantity

    def get_side(self) -> PositionSide:
        """Return ``"long"`` or ``"short"``; ``"net"`` when nothing is held and the venue does not say."""
        quantity = self.get_quantity()
        if quantity > 0:
            return "long"
        if quantity < 0:
            return "short"
        side: PositionSide | None = getattr(self._row, "side", None)
        return side or "net"

    get_position_side = get_side

    def get_position_id(self) -> str | None:
        """Return the venue's id of the position, exact."""
        return self._text("position_id")

    def get_account_id(self) -> str | None:
        """Return the venue's id of the account, exact."""
        return self._text("account_id")

    def get_trade_num(self) -> float:
        """Return the number of trades that made the position."""
        return self._number("trade_num")

    # Prices

    def get_avg_price(self) -> float:
        """Return the mean entry price, quote asset per base asset."""
        return self._number("average_price")

    get_open_price = get_avg_price

    def get_mark_price(self) -> float:
        """Return the mark price, quote asset per base asset."""
        return self._number("mark_price")

    def get_liquidation_price(self) -> float:
        """Return the price at which the venue closes the position, quote asset per base asset."""
        return self._number("liquidation_price")

    # Profit

    def get_unrealized_pnl(self) -> float:
        """Return the profit at the mark price, settle asset; negative is a loss."""
        return self._number("unrealized_pnl")

    get_position_unrealized_pnl = get_unrealized_pnl
    get_unrealized_profit = get_unrealized_pnl

    def get_realized_pnl(self) -> float:
        """Return the profit already taken, settle asset; negative is a loss."""
        return self._number("realized_pnl")

    get_position_realized_pnl = get_realized_pnl

    def get_position_fee(self) -> float:
        """Return the fees paid for the position, settle asset."""
        return self._number("fee")

    get_position_commission = get_position_fee

    def get_position_funding_value(self) -> float:
        """Return the funding of the position so far, settle asset, signed as the venue does."""
        return self._number("funding_value")

    # Margin

    def get_leverage(self) -> float:
        """Return the leverage, times."""
        return self._number("leverage")

    def get_margin_type(self) -> str | None:
        """Return ``"cross"`` or ``"isolated"``."""
        return self._text("margin_type")

    def get_is_isolated(self) -> bool | None:
        """Return whether the margin is the position's own; ``None`` where the venue does not say."""
        isolated = self._flag("is_isolated")
        margin_type = self.get_margin_type()
        return margin_type == "isolated" if isolated is None and margin_type else isolated

    def get_is_auto_add_margin(self) -> bool | None:
        """Return whether margin is added by itself; ``None`` where the venue does not say."""
        return self._flag("is_auto_add_margin")

    def get_initial_margin(self) -> float:
        """Return the initial margin of the position and its orders, settle asset."""
        return self._number("initial_margin")

    def get_position_initial_margin(self) -> float:
        """Return the initial margin of the position alone, settle asset."""
        return self._number("position_initial_margin")

    def get_open_order_initial_margin(self) -> float:
        """Return the initial margin of its open orders, settle asset."""
        return self._number("open_order_initial_margin")

    open_order_initial_margin = get_open_order_initial_margin

    def get_maintain_margin(self) -> float:
        """Return the margin below which the position is liquidated, settle asset."""
        return self._number("maintain_margin")

    get_maintenance_margin = get_maintain_margin

    def get_max_notional_value(self) -> float:
        """Return the greatest value the position may have at this leverage, settle asset."""
        return self._number("max_notional_value")

    get_position_symbol_name = Container.get_venue_symbol

    def _summary(self) -> Iterable[tuple[str, Any]]:
        yield "side", self.get_side()
        yield "quantity", self.get_quantity()
        yield "avg_price", self.get_avg_price()
        yield "unrealized_pnl", self.get_unrealized_pnl()
        yield "timestamp", self.get_timestamp()
