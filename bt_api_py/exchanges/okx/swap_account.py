"""OKX swaps: the account of one user.

Source: OKX API v5 documentation (orders channel, account channel, positions channel, trade and account endpoints),
state of 2026-07. The paging of past orders and fills is from general knowledge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...symbols import SymbolStyle
from ..base import Channel, Pages, Request
from .account import BALANCE_PACE, OkxKey
from .account_rows import Position, SwapBalance, SwapFill, SwapOrder
from .linear import LinearOnly


class OkxSwapAccount(OkxKey):
    """The orders and positions of one OKX key in contracts that settle in the quote asset, and its balances.

    Orders and positions in inverse contracts are left out, as these are.
    """

    name = "OKX___SWAP"
    product = "SWAP"
    kinds = ("orders", "fills", "balances", "positions")
    symbols = SymbolStyle(separator="-", suffix="-SWAP", is_perpetual=True)
    channels = {
        "orders": LinearOnly(None, SwapOrder, ("data",), many=True),
        "account": Channel(None, SwapBalance, ("data", "*", "details"), many=True),
        "positions": LinearOnly(None, Position, ("data",), many=True),
    }
    names = tuple(channels)
    rest_fills = LinearOnly(None, SwapFill, ("data",), many=True)

    def positions(self) -> Pages:
        query = {"instType": self.product}
        yield Request("/api/v5/account/positions", self.channels["positions"], query, BALANCE_PACE, signed=True)

    def is_last(self, rows: Sequence[Any]) -> bool:
        return not rows  # what was left out makes a page short
