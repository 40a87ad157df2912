"""Tickers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .base import Container, as_number, nan


class TickerData(Container):
    """Last trade, best prices and 24-hour figures of one symbol.

    Everything is optional, since hardly a venue sends all of it: what is missing is ``nan``.
    """

    # Getters that programs call for every message look themselves whether a number is one: a call costs as much again.

    event = "TickerEvent"
    kind = "ticker"

    # Last trade and best prices

    def get_last_price(self) -> float:
        """Return the price of the latest trade, quote asset per base asset.

        Where the venue tells no such price: the middle between the best prices.
        """
        value = self._row.last_price
        if type(value) is float and value - value == 0.0:
            return value
        last = as_number(value)
        return last if last == last else self._number("mid_price")

    def get_last_volume(self) -> float:
        """Return the quantity of the latest trade, base asset."""
        return self._quantity("last_quantity")

    def get_bid_price(self) -> float:
        """Return the best bid, quote asset per base asset."""
        value = self._row.bid_price
        return value if type(value) is float and value - value == 0.0 else as_number(value)

    def get_bid_volume(self) -> float:
        """Return the quantity at the best bid, base asset."""
        return self._quantity("bid_quantity")

    def get_ask_price(self) -> float:
        """Return the best ask, quote asset per base asset."""
        value = self._row.ask_price
        return value if type(value) is float and value - value == 0.0 else as_number(value)

    def get_ask_volume(self) -> float:
        """Return the quantity at the best ask, base asset."""
        return self._quantity("ask_quantity")

    # 24 hours

    def get_open_price(self) -> float:
        """Return the price 24 hours ago, quote asset per base asset."""
        return self._number("open_price")

    get_open_24h = get_open_price

    def get_high_price(self) -> float:
        """Return the highest price of 24 hours, quote asset per base asset."""
        return self._number("high_price")

    get_high_24h = get_high_price

    def get_low_price(self) -> float:
        """Return the lowest price of 24 hours, quote asset per base asset."""
        return self._number("low_price")

    get_low_24h = get_low_price

    def get_prev_close(self) -> float:
        """Return the last price before the 24-hour window, quote asset per base asset."""
        return self._number("previous_close")

    def get_volume(self) -> float:
        """Return the quantity traded in 24 hours, base asset."""
        value = self._row.volume
        if type(value) is float and value - value == 0.0:
            return value * self._topic.factor
        return as_number(value) * self._topic.factor

    get_volume_24h = get_volume
    get_vol_24h = get_volume

    def get_turnover_24h(self) -> float:
        """Return the value traded in 24 hours, quote asset."""
        return self._number("turnover")

    get_vol_ccy_24h = get_turnover_24h

    def get_price_change(self) -> float:
        """Return the change over 24 hours in percent: 2.5 is 2.5 %.

        As the venue sends it, in percent or as a fraction, otherwise (last / open - 1) * 100; ``nan`` when that needs
        an open price which is missing or zero.
        """
        value = self._row.price_change_percent
        if type(value) is float and value - value == 0.0:
            return value
        percent = as_number(value)
        if percent == percent:
            return percent
        fraction = self._number("price_change_fraction")
        if fraction == fraction:
            return fraction * 100
        opened = self.get_open_price()
        return (self.get_last_price() / opened - 1) * 100 if opened else nan

    get_price_change_pct = get_price_change

    def get_price_change_abs(self) -> float:
        """Return the change over 24 hours, quote asset per base asset.

        As the venue sends it, otherwise last minus open; ``nan`` when that needs an open price which is
        missing or zero.
        """
        change = self._number("price_change")
        if change == change:
            return change
        opened = self.get_open_price()
        return self.get_last_price() - opened if opened else nan

    get_ticker_symbol_name = Container.get_venue_symbol

    def _summary(self) -> Iterable[tuple[str, Any]]:
        yield "last_price", self.get_last_price()
        yield "bid_price", self.get_bid_price()
        yield "ask_price", self.get_ask_price()
        yield "volume", self.get_volume()
        yield "timestamp", self.get_timestamp()
