"""The state of one's own account as the gateway keeps it: balances, open orders, positions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ..containers import BalanceData, OrderData, PositionData, TradeData
from ..containers.base import row_of
from ..net.stream import Owner, Stream, Wish
from .local import LocalCopy, Watch

AccountChange = OrderData | TradeData | BalanceData | PositionData

_OPEN = ("new", "partial", "unknown")


class _Ledger(Watch):
    """A box that enters what it is given instead of queueing it."""

    __slots__ = ("_held", "balances", "orders", "positions")

    def __init__(self, wish: Wish) -> None:
        super().__init__(wish)
        self.balances: dict[str, BalanceData] = {}
        self.orders: dict[str, OrderData] = {}
        self.positions: dict[str, PositionData] = {}
        self._held: dict[str, PositionData] = {}  # by what tells two positions apart

    def push(self, item: Any) -> None:
        kind = type(item)
        if kind is OrderData:
            self._enter_order(item)
        elif kind is BalanceData:
            self.balances[item.get_asset()] = item
        elif kind is PositionData:
            self._enter_position(item)
        self.wake()

    def _enter_order(self, order: OrderData) -> None:
        if order.get_status() in _OPEN:
            self.orders[order.get_order_id()] = order
        else:
            self.orders.pop(order.get_order_id(), None)

    def _enter_position(self, position: PositionData) -> None:
        key = row_of(position).key
        if position.get_quantity() == 0:
            self._held.pop(key, None)
        else:
            self._held[key] = position
        held = self._held.values()
        count = Counter(position.get_symbol() for position in held)
        self.positions.clear()
        for each in held:
            symbol = each.get_symbol()
            self.positions[symbol if count[symbol] == 1 else f"{symbol} {each.get_side()}"] = each


class AccountState(LocalCopy):
    """One's own account at one exchange: read-only mappings that follow its streams.

    While `is_live` they are the venue's state, as far as it has told. After a loss of the connection they stand as they
    were then, and `is_live` is ``False``, until the state has been read anew and what had changed is entered.
    """

    def __init__(self, wish: Wish, owner_for_loop: Callable[[], Owner]) -> None:
        ledger = _Ledger(wish)
        super().__init__(ledger, owner_for_loop)
        self._balances = MappingProxyType(ledger.balances)
        self._orders = MappingProxyType(ledger.orders)
        self._positions = MappingProxyType(ledger.positions)

    @property
    def balances(self) -> Mapping[str, BalanceData]:
        """Balances by asset, ``"USDT"``. An asset of which nothing is left stays, with zeros."""
        return self._balances

    @property
    def open_orders(self) -> Mapping[str, OrderData]:
        """Orders that may still be filled, by the venue's id. One that is over leaves."""
        return self._orders

    @property
    def positions(self) -> Mapping[str, PositionData]:
        """Open positions by symbol, ``"BTCUSDT"``; empty where the exchange has none, as on spot.

        Where a long and a short position of one market are held side by side, they stand under ``"BTCUSDT long"`` and
        ``"BTCUSDT short"``.
        """
        return self._positions

    def __aiter__(self) -> Stream[AccountChange]:
        """Stream what is entered, and the fills: the present state first, then every change, once.

        A stream of its own, with `stats`. When the state is open, the mappings already hold what the stream hands out.
        It raises `StreamOverflowError` when its reader fell behind by more than 100 000 changes.
        """
        wish = Wish(exchange=self._box.wish.exchange, kind="account", overflow="raise", buffer=100_000)
        return Stream(wish, self._owner_for_loop)
