"""Bybit linear contracts: the account of one user.

Source: Bybit API v5 documentation (private streams and their endpoints), state of 2026-07. That lists of contracts are
asked for by asset of settlement, and the paging of lists, are from general knowledge.
"""

from __future__ import annotations

from ...symbols import SymbolStyle
from ..base import Channel, Pages, Selection
from .account import LIST, BybitAccount, BybitKey
from .account_rows import ListedPosition, Position, SwapFill, SwapOrder

_SETTLED_IN = ("USDT", "USDC")
_POSITIONS = Channel(None, ListedPosition, LIST, many=True)


class BybitSwapAccount(BybitKey):
    """The orders and positions of one Bybit key in contracts that settle in stable coins, and its wallet."""

    name = "BYBIT___SWAP"
    category = "linear"
    kinds = ("orders", "fills", "balances", "positions")
    symbols = SymbolStyle(is_perpetual=True)
    rest_orders = Channel(None, SwapOrder, LIST, many=True)
    rest_fills = Selection(None, SwapFill, LIST, only="is_trade")
    channels = {
        "order": Channel(None, SwapOrder, ("data",), many=True),
        "execution": Selection(None, SwapFill, ("data",), only="is_trade"),
        "wallet": BybitAccount.channels["wallet"],
        "position": Channel(None, Position, ("data",), many=True),
    }
    names = ("order.linear", "execution.linear", "wallet", "position.linear")

    def open_orders(self) -> Pages:
        for asset in _SETTLED_IN:
            yield from self.pages("order/realtime", self.rest_orders, settleCoin=asset)

    def positions(self) -> Pages:
        for asset in _SETTLED_IN:
            yield from self.pages("position/list", _POSITIONS, settleCoin=asset)
