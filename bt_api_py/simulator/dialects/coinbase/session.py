"""Coinbase websocket connections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...account import Account, AccountChange, AccountOrder
from ...faults import DATA, Frame
from ...limits import BucketLimit
from ...text import encode
from ..base import Dialect, Session, Transport
from .account_rows import balance, done, matched, opened, part_name, received
from .figures import sequence

if TYPE_CHECKING:
    from . import CoinbaseSpot

_RESTS = ("limit", "limit_maker")


class CoinbaseSession(Session):
    """A client of the feed, of which there is one for all."""

    dialect: CoinbaseSpot

    def __init__(
        self,
        dialect: Dialect[Any],
        transport: Transport,
        path: str,
        query: Mapping[str, str],
        number: int,
    ) -> None:
        super().__init__(dialect, transport, path, query, number)
        self.requests = BucketLimit(10, 1000)
        self.beats: dict[str, float] = {}  # by the key of a market: when its next heartbeat is due
        self.has_asked = False  # for anything; who does not is sent away
        self.markets: dict[str, None] = {}  # whose orders are told
        self.parts: dict[str, None] = {}  # of the account, whose balances are told

    def changed(self, account: Account, change: AccountChange) -> None:
        """Send the messages of a change."""
        order = change.order
        if order is not None and order.symbol in self.markets:
            for row in self._told(account, order, change.cause):
                self._send(row, "orders", "user", order.symbol)
        for held in change.balances:
            if part_name(account, held.asset) in self.parts:
                self._send(balance(account, held), "balances", "balance", "")

    def _told(self, account: Account, order: AccountOrder, cause: str) -> list[dict[str, Any]]:
        venue, house = self.dialect.venue, self.dialect.house
        item, number = venue.instruments[order.symbol], sequence(venue.market(order.symbol))
        if cause == "place":
            rows = [received(account, order, item, number)]
            return [*rows, opened(account, order, item, number)] if order.type in _RESTS else rows
        fill = order.last
        if fill is None:
            return [done(account, order, item, number)]
        rate = house.maker_fee if fill.is_maker else house.taker_fee
        rows = [matched(account, order, fill, item, number, rate)]
        return rows if order.is_open else [*rows, done(account, order, item, number)]

    def _send(self, row: dict[str, Any], topic: str, channel: str, symbol: str) -> None:
        self.push(Frame(encode(row), DATA, topic, channel, symbol))
