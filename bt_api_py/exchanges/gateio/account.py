"""Gate spot: the account of one user.

There is no login: every subscription is signed. Orders, fills and balances come by channels of their own.

Source: Gate API v4 documentation (spot web socket: authentication, orders, user trades, balances; REST spot and its
signature), state of 2026-04. The lists of open orders, of finished ones and of own trades by REST are from general
knowledge.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from decimal import Decimal
from hashlib import sha512
from typing import Any

import msgspec
from msgspec import field

from ...containers.base import Number
from ...containers.order import OrderStatus
from ...exceptions import BtApiError
from ..account_base import (
    BalanceRow,
    FillRow,
    LoginCommand,
    OrderRow,
    PrivateSide,
    SignedCall,
    encoded,
    number_of,
    time_of,
)
from ..base import Ack, Channel, Command, Control, Pages, Request
from .wire import ADVICE, ALREADY, PACE, REST, TESTNET_REST, Results, endpoint, envelope, failure, label_of, notice

_PAGE = 100
_NO_BODY = sha512().hexdigest()
_IN_FORCE = {"gtc": "GTC", "ioc": "IOC", "poc": "PO", "fok": "FOK"}


class Order(OrderRow):
    """An order as the channel and REST tell it; its fee is that of all its fills."""

    order_id: str = field(name="id")
    venue_symbol: str = field(name="currency_pair")
    side: str
    order_type: str = field(name="type", default="limit")
    text: str = ""  # one's own id begins with "t-"; another word tells by which way the order came
    amount: Number = None
    price: Number = None
    left: Number = None
    filled_amount: Number = None
    cumulative_quote: Number = field(name="filled_total", default=None)
    average_price: Number = field(name="avg_deal_price", default=None)
    in_force: str = field(name="time_in_force", default="")
    total_fee: Number = field(name="fee", default=None)
    total_fee_asset: str | None = field(name="fee_currency", default=None)
    event: str = ""  # of the channel
    state: str = field(name="status", default="")  # of REST
    finish_as: str = ""
    created_ms: Number = field(name="create_time_ms", default=None)
    updated_ms: Number = field(name="update_time_ms", default=None)

    @property
    def timestamp(self) -> int:
        return time_of(self.updated_ms, time_of(self.created_ms, 0))

    @property
    def create_time(self) -> int:
        return time_of(self.created_ms, 0)

    @property
    def client_order_id(self) -> str | None:
        return self.text if self.text.startswith("t-") else None

    @property
    def time_in_force(self) -> str | None:
        return _IN_FORCE.get(self.in_force)

    @property
    def venue_status(self) -> str:
        return self.finish_as or self.state

    @property
    def _is_in_quote(self) -> bool:
        return self.order_type == "market" and self.side == "buy"

    @property
    def quantity(self) -> float | None:
        if not self._is_in_quote:
            return number_of(self.amount)
        # So much money was offered: how much of the base asset that is shows when it is spent, and not before.
        return self.filled_quantity if self.status == "filled" else None

    @property
    def filled_quantity(self) -> float | None:
        told = number_of(self.filled_amount)
        if told is not None:
            return told
        if self._is_in_quote:
            value, price = number_of(self.cumulative_quote), number_of(self.average_price)
            return None if value is None or price is None else value / price if price else 0.0
        amount, left = number_of(self.amount), number_of(self.left)
        return None if amount is None or left is None else float(Decimal(repr(amount)) - Decimal(repr(left)))

    @property
    def status(self) -> OrderStatus:
        if self.finish_as in ("", "open") and self.event != "finish" and self.state in ("", "open"):
            return "partial" if self.filled_quantity else "new"
        match self.finish_as:
            case "filled":
                return "filled"
            case "ioc":
                return "canceled" if number_of(self.left) else "filled"
            case "poc" | "fok":
                return "canceled" if self.filled_quantity else "rejected"
        if self.state == "closed" and not self.finish_as:
            return "filled"
        # Whatever else ended it, nothing more will be filled.
        return "canceled" if self.event == "finish" or self.state in ("cancelled", "closed") else "unknown"


class Fill(FillRow):
    number: int = field(name="id")
    order_id: str
    venue_symbol: str = field(name="currency_pair")
    side: str
    price: float
    quantity: float = field(name="amount")
    moment_ms: Decimal = field(name="create_time_ms")
    trade_type: str | None = field(name="role", default=None)
    fee: float | None = None
    fee_asset: str | None = field(name="fee_currency", default=None)
    text: str = ""

    @property
    def trade_id(self) -> int:
        return self.number

    @property
    def timestamp(self) -> int:
        return int(self.moment_ms)

    @property
    def client_order_id(self) -> str | None:
        return self.text if self.text.startswith("t-") else None

    def defect(self) -> str | None:
        return super().defect() or (None if 0 <= self.moment_ms < 10**14 else f"time {self.moment_ms}")


class Balance(BalanceRow):
    asset: str = field(name="currency")
    total: Number = None
    free: Number = field(name="available", default=None)
    locked: Number = field(name="freeze", default=None)
    timestamp: int | None = field(name="timestamp_ms", default=None)


class Account(BalanceRow):
    asset: str = field(name="currency")
    free: float = field(name="available")
    locked: float


_ORDER = Channel(None, Order)
_ORDERS = Channel(None, Order, many=True)
_OPEN = Channel(None, Order, ("*", "orders"), many=True)  # grouped by markets
_FILLS = Channel(None, Fill, many=True)
_ACCOUNTS = Channel(None, Account, many=True)


class GateioAccount(PrivateSide):
    """The spot orders and the balances of one Gate key. No channel begins with the present state."""

    name = "GATEIO___SPOT"
    rest = REST
    testnet_rest = TESTNET_REST
    is_timed = True
    endpoints = {"account": endpoint(private=True)}
    channels = {
        "spot.orders": Results(None, Order),
        "spot.usertrades": Results(None, Fill),
        "spot.balances": Results(None, Balance),
    }
    names = tuple(channels)
    advice = ADVICE
    cancels = frozenset({"expired"})

    def login(self, now_ms: int, ids: Iterator[int]) -> None:
        return None

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        query, moment = encoded(request.query), str(now_ms // 1000)
        signature = self._signature(f"GET\n{request.path}\n{query}\n{_NO_BODY}\n{moment}")
        return SignedCall(query, {"KEY": self.key("api_key"), "SIGN": signature, "Timestamp": moment})

    def _signature(self, text: str) -> str:
        return hmac.digest(self.key("secret").encode(), text.encode(), sha512).hex()

    def route(self, payload: bytes) -> str | None:
        frame = envelope(payload)
        return frame.channel if frame.is_data else None

    def split(self, name: str) -> tuple[str, str, str]:
        return name, "", ""

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [self._command("subscribe", name, next(ids)) for name in names]

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [self._command("unsubscribe", name, next(ids)) for name in names]

    def _command(self, event: str, name: str, number: int) -> Command:
        moment = self.now_ms // 1000
        frame: dict[str, Any] = {"time": moment, "id": number, "channel": name, "event": event}
        if name != "spot.balances":
            frame["payload"] = ["!all"]
        signature = self._signature(f"channel={name}&event={event}&time={moment}")
        frame["auth"] = {"method": "api_key", "KEY": self.key("api_key"), "SIGN": signature}
        return LoginCommand(msgspec.json.encode(frame).decode(), (name,), str(number))

    def control(self, payload: bytes) -> list[Control]:
        frame = envelope(payload)
        if frame.event not in ("subscribe", "unsubscribe"):
            return [notice(frame)]
        if frame.error is None:
            return [Ack(id=frame.number, name=frame.channel)]
        label, text = label_of(frame.error)
        if text.startswith(ALREADY):
            return [Ack(id=frame.number, name=frame.channel)]
        return [self.refusal(text, label, id=frame.number, name=frame.channel)]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def balances(self) -> Pages:
        yield _asked("accounts", _ACCOUNTS)

    def open_orders(self) -> Pages:
        page = 1
        while True:
            query = {"page": str(page), "limit": str(_PAGE)}
            rows = yield _asked("open_orders", _OPEN, query)
            if len(rows) < _PAGE:
                return
            page += 1

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        yield _asked(f"orders/{order_id}", _ORDER, {"currency_pair": venue_symbol})

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        yield from _pages("orders", _ORDERS, {"status": "finished", "from": str(since_ms // 1000)})

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        yield from _pages("my_trades", _FILLS, {"from": str(since_ms // 1000)})


def _asked(call: str, channel: Channel, query: dict[str, str] | None = None) -> Request:
    return Request(f"/api/v4/spot/{call}", channel, query or {}, PACE, signed=True)


def _pages(call: str, channel: Channel, query: dict[str, str]) -> Pages:
    """Ask for a list by pages, newest first; what is added meanwhile moves the rest back and comes twice."""
    page = 1
    while True:
        rows = yield _asked(call, channel, {**query, "page": str(page), "limit": str(_PAGE)})
        if len(rows) < _PAGE:
            return
        page += 1
