"""Accounts: balances, positions, permissions and fees of one account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .balance import BalanceData
from .base import Container
from .position import PositionData


class AccountData(Container):
    """One account as a whole. Sums are in the account's own currency.

    The record holds its balances and positions as finished objects, since each belongs to a topic of its own:
    the quantity of a position depends on the contract value of its market.
    """

    event = "AccountEvent"

    def get_balances(self) -> list[BalanceData]:
        """Return the balances, one per asset, in the venue's order."""
        return list(getattr(self._row, "balances", ()))

    def get_positions(self) -> list[PositionData]:
        """Return the open positions in the venue's order; empty on spot accounts."""
        return list(getattr(self._row, "positions", ()))

    def get_account_id(self) -> str | None:
        """Return the venue's id of the account, exact."""
        return self._text("account_id")

    def get_account_type(self) -> str | None:
        """Return the kind of account in the venue's word."""
        return self._text("account_type")

    # Permissions

    def get_can_trade(self) -> bool | None:
        """Return whether the account may trade; ``None`` where the venue does not say."""
        return self._flag("can_trade")

    def get_can_deposit(self) -> bool | None:
        """Return whether the account may deposit; ``None`` where the venue does not say."""
        return self._flag("can_deposit")

    def get_can_withdraw(self) -> bool | None:
        """Return whether the account may withdraw; ``None`` where the venue does not say."""
        return self._flag("can_withdraw")

    def get_is_multi_assets_margin(self) -> bool | None:
        """Return whether several assets serve as margin together; ``None`` where the venue does not say."""
        return self._flag("is_multi_assets_margin")

    # Sums

    def get_total_wallet_balance(self) -> float:
        """Return all that the account holds, unrealised profit left out."""
        return self._number("total_wallet_balance")

    def get_total_margin(self) -> float:
        """Return the margin of the account: what it holds, unrealised profit counted."""
        return self._number("total_margin")

    def get_total_available_margin(self) -> float:
        """Return the margin that is free for new orders."""
        return self._number("total_available_margin")

    def get_total_used_margin(self) -> float:
        """Return the margin that orders and positions hold."""
        return self._number("total_used_margin")

    def get_total_maintain_margin(self) -> float:
        """Return the margin below which positions are liquidated."""
        return self._number("total_maintain_margin")

    def get_total_unrealized_profit(self) -> float:
        """Return the profit of all open positions at the mark price."""
        return self._number("total_unrealized_profit")

    def get_total_position_initial_margin(self) -> float:
        """Return the initial margin of all open positions."""
        return self._number("total_position_initial_margin")

    def get_total_open_order_initial_margin(self) -> float:
        """Return the initial margin of all open orders."""
        return self._number("total_open_order_initial_margin")

    def get_max_withdraw_amount(self) -> float:
        """Return the most that can be withdrawn."""
        return self._number("max_withdraw_amount")

    # Fees

    def get_fee_tier(self) -> str | None:
        """Return the fee tier in the venue's word."""
        return self._text("fee_tier")

    def get_spot_maker_commission_rate(self) -> float:
        """Return the maker fee on spot as a fraction: 0.001 is 0.1 %."""
        return self._number("spot_maker_commission_rate")

    def get_spot_taker_commission_rate(self) -> float:
        """Return the taker fee on spot as a fraction."""
        return self._number("spot_taker_commission_rate")

    def get_future_maker_commission_rate(self) -> float:
        """Return the maker fee on futures and swaps as a fraction."""
        return self._number("future_maker_commission_rate")

    def get_future_taker_commission_rate(self) -> float:
        """Return the taker fee on futures and swaps as a fraction."""
        return self._number("future_taker_commission_rate")

    def get_option_maker_commission_rate(self) -> float:
        """Return the maker fee on options as a fraction."""
        return self._number("option_maker_commission_rate")

    def get_option_taker_commission_rate(self) -> float:
        """Return the taker fee on options as a fraction."""
        return self._number("option_taker_commission_rate")

    def _summary(self) -> Iterable[tuple[str, Any]]:
        yield "account_id", self.get_account_id()
        yield "balances", len(self.get_balances())
        yield "positions", len(self.get_positions())
        yield "timestamp", self.get_timestamp()
