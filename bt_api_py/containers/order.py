"""One's own orders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from .base import Container, nan

OrderStatus = Literal["new", "partial", "filled", "canceled", "rejected", "expired", "unknown"]


class OrderData(Container):
    """The state of one order after one change to it."""

    event = "OrderEvent"

    # What it is

    def get_order_id(self) -> str:
        """Return the venue's id, exact."""
        return str(self._required("order_id"))

    def get_client_order_id(self) -> str | None:
        """Return one's own id, where one was given."""
        return self._text("client_order_id")

    def get_order_exchange_id(self) -> str | None:
        """Return the id at the market behind a broker."""
        return self._text("exchange_order_id")

    def get_side(self) -> str | None:
        """Return ``"buy"`` or ``"sell"``; ``None`` where the venue leaves it out of an update."""
        return self._text("side")

    get_order_side = get_side

    def get_order_type(self) -> str | None:
        """Return ``"limit"``, ``"market"`` and the like."""
        return self._text("order_type")

    get_origin_order_type = get_order_type

    def get_order_time_in_force(self) -> str | None:
        """Return how long it stays: ``"GTC"``, ``"IOC"``, ``"FOK"`` and the like."""
        return self._text("time_in_force")

    def get_quantity(self) -> float:
        """Return the quantity ordered, base asset."""
        return self._quantity("quantity")

    get_order_size = get_quantity
    get_order_qty = get_quantity

    def get_price(self) -> float:
        """Return the limit price, quote asset per base asset; ``nan`` for a market order."""
        # Some venues put the worst price they would accept into a market order.
        return nan if self.get_order_type() == "market" else self._price("price")

    get_order_price = get_price

    def get_reduce_only(self) -> bool | None:
        """Return whether it may only make a position smaller; ``None`` where the venue does not say."""
        return self._flag("reduce_only")

    def get_close_position(self) -> bool | None:
        """Return whether it closes the whole position; ``None`` where the venue does not say."""
        return self._flag("close_position")

    def get_position_side(self) -> str | None:
        """Return the position it works on, ``"long"``, ``"short"`` or ``"net"``, on derivatives."""
        return self._text("position_side")

    def get_order_offset(self) -> str | None:
        """Return ``"open"`` or ``"close"`` where a futures venue says so."""
        return self._text("offset")

    # What became of it

    def get_status(self) -> OrderStatus:
        """Return one of `OrderStatus`, the same words on every venue; ``"unknown"`` for a new word."""
        status: OrderStatus | None = getattr(self._row, "status", None)
        return status or "unknown"

    def get_order_status(self) -> str:
        """Return the status in the venue's own word, otherwise `get_status`."""
        return self._text("venue_status") or self.get_status()

    def get_filled_quantity(self) -> float:
        """Return the quantity filled so far, base asset."""
        return self._quantity("filled_quantity")

    get_executed_qty = get_filled_quantity
    get_order_filled_qty = get_filled_quantity

    def get_avg_price(self) -> float:
        """Return the mean price of the fills, quote asset per base asset; ``nan`` before the first one.

        As the venue sends it, otherwise filled value by filled quantity.
        """
        price = self._price("average_price")
        if price == price:
            return price
        filled = self.get_filled_quantity()
        return self.get_cum_quote() / filled if filled else nan

    get_order_avg_price = get_avg_price

    def get_cum_quote(self) -> float:
        """Return the value filled so far, quote asset."""
        return self._number("cumulative_quote")

    def get_trade_id(self) -> str | None:
        """Return the id of the fill that caused this update, exact; ``None`` when none did."""
        return self._text("trade_id")

    def get_fee(self) -> float:
        """Return the fee that the venue sends with the order, in `get_fee_asset`; negative is a rebate."""
        return self._number("fee")

    def get_fee_asset(self) -> str | None:
        """Return the asset the fee is paid in."""
        return self._text("fee_asset")

    def get_create_time(self) -> int:
        """Return when the venue took the order, milliseconds since 1970 UTC; 0 when missing."""
        return self._time("create_time")

    def get_update_time(self) -> int:
        """Return when the order last changed, milliseconds since 1970 UTC; else the time of the update."""
        return self._time("update_time") or self.get_timestamp()

    # Orders attached to it

    def get_stop_loss_price(self) -> float:
        """Return the price of the attached stop loss, quote asset per base asset."""
        return self._price("stop_loss_price")

    def get_stop_loss_trigger_price(self) -> float:
        """Return the price that triggers the stop loss, quote asset per base asset."""
        return self._price("stop_loss_trigger_price")

    def get_stop_loss_trigger_price_type(self) -> str | None:
        """Return which price triggers the stop loss: ``"last"``, ``"mark"`` or ``"index"``."""
        return self._text("stop_loss_trigger_price_type")

    def get_take_profit_price(self) -> float:
        """Return the price of the attached take profit, quote asset per base asset."""
        return self._price("take_profit_price")

    def get_take_profit_trigger_price(self) -> float:
        """Return the price that triggers the take profit, quote asset per base asset."""
        return self._price("take_profit_trigger_price")

    def get_take_profit_trigger_price_type(self) -> str | None:
        """Return which price triggers the take profit: ``"last"``, ``"mark"`` or ``"index"``."""
        return self._text("take_profit_trigger_price_type")

    def get_trailing_stop_price(self) -> float:
        """Return the price of the attached trailing stop, quote asset per base asset."""
        return self._price("trailing_stop_price")

    def get_trailing_stop_trigger_price(self) -> float:
        """Return the price that triggers the trailing stop, quote asset per base asset."""
        return self._price("trailing_stop_trigger_price")

    def get_trailing_stop_trigger_price_type(self) -> str | None:
        """Return which price triggers the trailing stop: ``"last"``, ``"mark"`` or ``"index"``."""
        return self._text("trailing_stop_trigger_price_type")

    def get_trailing_stop_callback_rate(self) -> float:
        """Return how far the price must turn to trigger the trailing stop, percent."""
        return self._number("trailing_stop_callback_rate")

    get_order_symbol_name = Container.get_venue_symbol

    def _price(self, name: str) -> float:
        """Return an optional price; ``nan`` also for zero, by which many venues mean that there is none."""
        return self._number(name) or nan

    def _summary(self) -> Iterable[tuple[str, Any]]:
        yield "order_id", self._text("order_id")
        yield "status", self.get_status()
        yield "side", self.get_side()
        yield "filled", f"{self.get_filled_quantity():g}/{self.get_quantity():g}"
        yield "price", self.get_price()
        yield "timestamp", self.get_timestamp()
