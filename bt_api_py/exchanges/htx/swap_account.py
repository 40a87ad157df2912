"""HTX contracts: the account of one user on cross margin.

Source: HTX USDT-margined contracts API documentation (authentication, orders and accounts by websocket, trade and
account interfaces), state of 2021-06 to 2026. The paging of past orders is from general knowledge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import msgspec

from ...symbols import SymbolStyle
from ..account_base import LoginCommand
from ..base import Channel, Command, Control, Pages, Rate, Refusal, Request
from .keys import HtxKey
from .notices import ask, notice, said
from .swap_account_rows import ContractOrder, ContractOrders, ContractPosition, Margin, PastMatch
from .wire import CHECK_ALL, endpoint

_AUTH = "auth"
_REFUSED = ("2001", "2002", "2003")
_PACE = Rate(72, 3.0, "account")
_PAGE = 50
_LONGEST_MS = 47 * 3_600_000  # of a list of the past; the venue allows 48 hours
_ORDERS = Channel(None, ContractOrder, ("data",), many=True)
_OPEN = Channel(None, ContractOrder, ("data", "orders"), many=True)
_FILLS = Channel(None, PastMatch, ("data",), many=True)


class HtxSwapAccount(HtxKey):
    """The orders and positions of one HTX key on cross margin, and its margin.

    Accounts that were moved to the unified mode of 2026 are refused by the venue here.
    """

    name = "HTX___USDT_SWAP"
    rest = "https://api.hbdm.com"
    kinds = ("orders", "fills", "balances", "positions")
    endpoints = {"account": endpoint("wss://api.hbdm.com", "/linear-swap-notification", Rate(40, 1.0), private=True)}
    symbols = SymbolStyle(separator="-", is_perpetual=True)
    channels = {
        "orders_cross": ContractOrders(None, ContractOrder),
        "positions_cross": Channel(None, ContractPosition, ("data",), many=True),
        "accounts_cross": Channel(None, Margin, ("data",), many=True),
    }
    names = tuple(f"{word}.*" for word in channels)
    lists_by_market = True
    cancels = frozenset({"expired", "rejected"})
    logged_in_ms = 0

    def login(self, now_ms: int, ids: Iterator[int]) -> Command:
        self.logged_in_ms = now_ms
        identity = self.identity(now_ms)
        frame = {"op": _AUTH, "type": "api", **identity, "Signature": self.login_signature(identity)}
        return LoginCommand(msgspec.json.encode(frame).decode(), (_AUTH,), str(next(ids)))

    def hint(self, code: str, text: str) -> str | None:
        return super().hint(code, text) or (CHECK_ALL if code in _REFUSED else None)

    def route(self, payload: bytes) -> str | None:
        frame = notice(payload)
        # What comes over a wildcard is named after the market, or has no ending at all.
        return f"{frame.topic.partition('.')[0]}.*" if frame.op == "notify" else None

    def split(self, name: str) -> tuple[str, str, str]:
        return name.partition(".")[0], "", ""

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [ask("sub", name, ids) for name in names]

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [ask("unsub", name, ids) for name in names]

    def control(self, payload: bytes) -> list[Control]:
        frame = notice(payload)
        answer = said(frame)
        if not isinstance(answer, Refusal):
            return [answer]
        name = _AUTH if frame.op == _AUTH else answer.name
        return [self.refusal(answer.detail, answer.code, id=answer.id, name=name, is_pace=answer.is_pace)]

    def balances(self) -> Pages:
        yield _call("v1/swap_cross_account_info", self.channels["accounts_cross"])

    def positions(self) -> Pages:
        yield _call("v1/swap_cross_position_info", self.channels["positions_cross"])

    def open_orders(self) -> Pages:
        for page in count(1):
            rows = yield _call("v1/swap_cross_openorders", _OPEN, page_index=page, page_size=_PAGE)
            if len(rows) < _PAGE:
                return

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        yield _call("v1/swap_cross_order_info", _ORDERS, contract_code=venue_symbol, order_id=order_id)

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        for symbol in symbols:
            yield from self._past("v3/swap_cross_hisorders", _ORDERS, symbol, since_ms, type=1, status="0")

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        for symbol in symbols:
            yield from self._past("v3/swap_cross_matchresults", _FILLS, symbol, since_ms)

    def _past(self, call: str, channel: Channel, symbol: str, since_ms: int, **more: Any) -> Pages:
        """Ask for a list of one market, oldest first, page by page."""
        start = max(since_ms, self.logged_in_ms - _LONGEST_MS)
        query = {"contract": symbol, "trade_type": 0, **more, "start_time": start, "direct": "next"}
        last = None
        while True:
            rows = yield _call(call, channel, **query)
            newest = max((row.query_id or 0 for row in rows), default=last)
            if not rows or newest == last:
                return
            last = query["from_id"] = newest


def _call(call: str, channel: Channel, **query: Any) -> Request:
    body = msgspec.json.encode(query)
    return Request(f"/linear-swap-api/{call}", channel, rate=_PACE, signed=True, body=body)
