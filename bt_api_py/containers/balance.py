"""Balances: what one account holds of one asset."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from .base import Container


class BalanceData(Container):
    """The balance of one asset. Of free, locked and total, venues send two; the third follows from them."""

    event = "BalanceEvent"

    def get_asset(self) -> str:
        """Return the code of the asset, upper case."""
        return str(self._required("asset")).upper()

    get_currency = get_asset

    def get_symbol(self) -> str:
        """Return the code of the asset: a balance belongs to no market."""
        return self.get_asset()

    get_symbol_name = get_symbol

    def get_free_balance(self) -> float:
        """Return what can be used now, in the asset."""
        free = self._number("free")
        return free if free == free else _exact_sum(self._number("total"), -self._number("locked"))

    get_available_margin = get_free_balance
    get_free = get_free_balance

    def get_locked_balance(self) -> float:
        """Return what open orders hold, in the asset."""
        locked = self._number("locked")
        return locked if locked == locked else _exact_sum(self._number("total"), -self._number("free"))

    get_used_margin = get_locked_balance
    get_locked = get_locked_balance

    def get_total_balance(self) -> float:
        """Return free plus locked, in the asset."""
        total = self._number("total")
        return total if total == total else _exact_sum(self._number("free"), self._number("locked"))

    get_margin = get_total_balance
    get_total = get_total_balance

    def get_account_type(self) -> str | None:
        """Return the kind of account in the venue's word, ``"spot"`` or ``"margin"`` and the like."""
        return self._text("account_type")

    def get_account_id(self) -> str | None:
        """Return the venue's id of the account, exact."""
        return self._text("account_id")

    def get_fee_tier(self) -> str | None:
        """Return the fee tier of the account in the venue's word."""
        return self._text("fee_tier")

    # Margin accounts

    def get_unrealized_profit(self) -> float:
        """Return the profit of open positions at the mark price, in the asset."""
        return self._number("unrealized_profit")

    def get_interest(self) -> float:
        """Return the interest owed, in the asset."""
        return self._number("interest")

    def get_maintain_margin(self) -> float:
        """Return the margin below which positions are liquidated, in the asset."""
        return self._number("maintain_margin")

    def get_max_withdraw_amount(self) -> float:
        """Return the most that can be withdrawn, in the asset."""
        return self._number("max_withdraw_amount")

    def get_position_initial_margin(self) -> float:
        """Return the initial margin of open positions, in the asset."""
        return self._number("position_initial_margin")

    def get_open_order_initial_margin(self) -> float:
        """Return the initial margin of open orders, in the asset."""
        return self._number("open_order_initial_margin")

    def get_open_order_maintenance_margin(self) -> float:
        """Return the maintenance margin of open orders, in the asset."""
        return self._number("open_order_maintenance_margin")

    def _summary(self) -> Iterable[tuple[str, Any]]:
        yield "free", self.get_free_balance()
        yield "locked", self.get_locked_balance()
        yield "total", self.get_total_balance()
        yield "timestamp", self.get_timestamp()


def _exact_sum(first: float, second: float) -> float:
    # In decimals, as the venue counts: 0.1 and 0.2 make 0.3, and nothing is left of 0.3 less 0.3.
    return float(Decimal(repr(first)) + Decimal(repr(second)))
