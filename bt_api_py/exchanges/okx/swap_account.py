"""OKX swaps: the account of one user.

Source: OKX API v5 documentation (orders channel, account channel, positions channel, trade and account endpoints),
state of 2026-07. The paging of past orders and fills is from general knowledge.
"""

from __future__ import annotations

from ...symbols import SymbolStyle
from ..base import Channel, Pages, Request, Selection
from .account import BALANCE_PACE, OkxKey
from .account_rows import Position, SwapBalance, SwapFill, SwapOrder


class OkxSwapAccount(OkxKey):
    """The orders and positions of one OKX key in contracts that settle in the quote asset, and its balances.

    Orders and positions in inverse contracts are left out, as these are.
    """

    name = "OKX___SWAP"
    product = "SWAP"
    full_page = 1  # what was left out makes a page short
    kinds = ("orders", "fills", "balances", "positions")
    symbols = SymbolStyle(separator="-", suffix="-SWAP", is_perpetual=True)
    channels = {
        "orders": Selection(None, SwapOrder, ("data",), only="is_linear"),
        "account": Channel(None, SwapBalance, ("data", "*", "details"), many=True),
        "positions": Selection(None, Position, ("data",), only="is_linear"),
    }
    names = tuple(channels)
    rest_fills = Selection(None, SwapFill, ("data",), only="is_linear")

    def positions(self) -> Pages:
        query = {"instType": self.product}
        yield Request("/api/v5/account/positions", self.channels["positions"], query, BALANCE_PACE, signed=True)
