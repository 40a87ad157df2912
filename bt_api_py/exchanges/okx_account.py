"""OKX spot: the account of one user.

Source: OKX API v5 documentation (login, orders channel, account channel, trade and account endpoints), state of
2026-07. The paging of past orders and fills is from general knowledge.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import ClassVar

import msgspec
from msgspec import field

from ..containers.base import Number
from ..containers.order import OrderStatus
from ..exceptions import BtApiError
from ..symbols import SymbolStyle
from .account_base import (
    BalanceRow,
    FillRow,
    LoginCommand,
    OrderRow,
    OwnFill,
    PrivateSide,
    SignedCall,
    encoded,
    number_of,
    status_of,
    time_of,
)
from .base import Ack, Alive, Channel, Command, Control, Pages, Rate, Request
from .okx_wire import ADVICE, PONG, TOO_OFTEN, endpoint, envelope, failure, notice

_PAGE = 100
_PACE = Rate(60, 2.0)  # per user and path
_SLOW_PACE = Rate(40, 2.0)
_BALANCE_PACE = Rate(10, 2.0)

STATUS: Mapping[str, OrderStatus] = {
    "live": "new",
    "partially_filled": "partial",
    "filled": "filled",
    "canceled": "canceled",
    "mmp_canceled": "canceled",
}
# Why the venue cancelled an order, where that is an end of another kind.
_CANCEL_SOURCE: Mapping[str, OrderStatus] = {
    "13": "expired",  # what was left of a fill-or-kill order
    "14": "expired",  # what was left of an immediate-or-cancel order
    "31": "rejected",  # a post-only order that would have taken
}
_IN_FORCE = {"fok": "FOK", "op_fok": "FOK", "ioc": "IOC", "optimal_limit_ioc": "IOC"}
_LIQUIDITY = {"M": "maker", "T": "taker"}


class Order(OrderRow):
    """An order as the channel and REST tell it; a fee is that of the last fill, so it goes with the fill."""

    venue_symbol: str = field(name="instId")
    order_id: str = field(name="ordId")
    venue_status: str = field(name="state")
    timestamp: int = field(name="uTime")
    side: str
    order_type: str = field(name="ordType")
    size: Number = field(name="sz", default=None)
    size_unit: str = field(name="tgtCcy", default="")
    price: Number = field(name="px", default=None)
    filled_quantity: Number = field(name="accFillSz", default=None)
    average_price: Number = field(name="avgPx", default=None)
    create_time: Number = field(name="cTime", default=None)
    client_order_id: str | None = field(name="clOrdId", default=None)
    reduce_only: str | bool | None = field(name="reduceOnly", default=None)
    cancel_source: str = field(name="cancelSource", default="")
    trade_id: str = field(name="tradeId", default="")
    fill_quantity: Number = field(name="fillSz", default=None)
    fill_price: Number = field(name="fillPx", default=None)
    fill_time: Number = field(name="fillTime", default=None)
    fill_fee: Number = field(name="fillFee", default=None)
    fill_fee_asset: str | None = field(name="fillFeeCcy", default=None)
    liquidity: str = field(name="execType", default="")

    @property
    def status(self) -> OrderStatus:
        status = status_of(STATUS, self.venue_status)
        return _CANCEL_SOURCE.get(self.cancel_source, status) if status == "canceled" else status

    @property
    def quantity(self) -> float | None:
        size = number_of(self.size)
        if not self._is_in_quote:
            return size
        # So much money was offered: how much of the base asset that is shows when it is spent, and not before.
        return number_of(self.filled_quantity) if self.venue_status == "filled" else None

    @property
    def _is_in_quote(self) -> bool:
        if self.order_type != "market":
            return False
        return self.size_unit == "quote_ccy" or (self.side == "buy" and self.size_unit != "base_ccy")

    @property
    def time_in_force(self) -> str | None:
        return _IN_FORCE.get(self.order_type)

    @property
    def fill(self) -> FillRow | None:
        quantity = number_of(self.fill_quantity)
        if not self.trade_id or not quantity:
            return None
        fee, price = number_of(self.fill_fee), number_of(self.fill_price)
        return OwnFill(
            venue_symbol=self.venue_symbol,
            order_id=self.order_id,
            client_order_id=self.client_order_id or None,
            trade_id=self.trade_id,
            price=float("nan") if price is None else price,
            quantity=quantity,
            side=self.side,
            trade_type=_LIQUIDITY.get(self.liquidity),
            fee=None if fee is None else _paid(fee),
            fee_asset=self.fill_fee_asset or None,
            timestamp=time_of(self.fill_time, self.timestamp),
        )


class PastFill(FillRow):
    venue_symbol: str = field(name="instId")
    order_id: str = field(name="ordId")
    trade_id: str = field(name="tradeId")
    bill_id: str = field(name="billId")
    price: float = field(name="fillPx")
    quantity: float = field(name="fillSz")
    side: str
    sent_time: int = field(name="ts")
    fill_time: Number = field(name="fillTime", default=None)
    client_order_id: str | None = field(name="clOrdId", default=None)
    liquidity: str = field(name="execType", default="")
    cost: Number = field(name="fee", default=None)
    fee_asset: str | None = field(name="feeCcy", default=None)

    @property
    def timestamp(self) -> int:
        return time_of(self.fill_time, self.sent_time)

    @property
    def trade_type(self) -> str | None:
        return _LIQUIDITY.get(self.liquidity)

    @property
    def fee(self) -> float | None:
        cost = number_of(self.cost)
        return None if cost is None else _paid(cost)


class Balance(BalanceRow):
    """One asset. Accounts that trade derivatives have their free part in ``availEq``."""

    asset: str = field(name="ccy")
    timestamp: int = field(name="uTime")
    available: Number = field(name="availBal", default=None)
    available_equity: Number = field(name="availEq", default=None)
    locked: Number = field(name="frozenBal", default=None)
    total: Number = field(name="cashBal", default=None)

    @property
    def free(self) -> Number:
        return self.available_equity if self.available in (None, "") else self.available


_ORDERS = Channel(None, Order, ("data",), many=True)
_BALANCES = Channel(None, Balance, ("data", "*", "details"), many=True)
_FILLS = Channel(None, PastFill, ("data",), many=True)


class OkxAccount(PrivateSide):
    """The spot orders and the balances of one OKX key.

    The channel of orders begins without the open ones. A balance event names only the assets that changed.
    """

    name = "OKX___SPOT"
    product: ClassVar[str] = "SPOT"
    rest = "https://openapi.okx.com"
    credentials = ("api_key", "secret", "passphrase")
    endpoints = {"account": endpoint("private", 100, private=True)}
    symbols = SymbolStyle(separator="-")
    channels = {"orders": _ORDERS, "account": _BALANCES}
    names = tuple(channels)
    advice = ADVICE

    @property
    def rest_headers(self) -> Mapping[str, str]:
        # Demo trading has sockets of its own, but shares the REST host.
        return {"x-simulated-trading": "1"} if self.settings.testnet else {}

    def login(self, now_ms: int, ids: Iterator[int]) -> Command:
        moment = str(now_ms // 1000)  # here in seconds, in REST calls as a date
        argument = {
            "apiKey": self.key("api_key"),
            "passphrase": self.key("passphrase"),
            "timestamp": moment,
            "sign": self._signature(f"{moment}GET/users/self/verify"),
        }
        # The venue's answer carries no number: it is known by its name.
        text = msgspec.json.encode({"op": "login", "args": [argument]}).decode()
        return LoginCommand(text, ("login",), str(next(ids)))

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        query = encoded(request.query)
        seconds, milliseconds = divmod(now_ms, 1000)
        moment = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds:03d}Z"
        path = f"{request.path}?{query}" if query else request.path
        headers = {
            "OK-ACCESS-KEY": self.key("api_key"),
            "OK-ACCESS-PASSPHRASE": self.key("passphrase"),
            "OK-ACCESS-TIMESTAMP": moment,
            "OK-ACCESS-SIGN": self._signature(f"{moment}GET{path}"),
        }
        return SignedCall(query, headers)

    def _signature(self, text: str) -> str:
        return b64encode(hmac.digest(self.key("secret").encode(), text.encode(), sha256)).decode()

    def route(self, payload: bytes) -> str | None:
        return None if payload == PONG else envelope(payload).topic

    def split(self, name: str) -> tuple[str, str, str]:
        return name, "", ""

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [self._command("subscribe", name, next(ids)) for name in names]

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [self._command("unsubscribe", name, next(ids)) for name in names]

    def _command(self, operation: str, name: str, number: int) -> Command:
        # One at a time, since a refusal names nothing but the number.
        argument = {"channel": name}
        if name == "orders":
            argument["instType"] = self.product
        else:
            argument["extraParams"] = '{"updateInterval":"0"}'  # when something changed, and not every few seconds
        text = msgspec.json.encode({"id": str(number), "op": operation, "args": [argument]}).decode()
        return Command(text, (name,), str(number))

    def control(self, payload: bytes) -> list[Control]:
        if payload == PONG:
            return [Alive()]
        frame = envelope(payload)
        number = None if frame.id is None else str(frame.id)
        name = frame.arg.name if frame.arg is not None else None
        code = str(frame.code)
        match frame.event:
            case "subscribe" | "unsubscribe":
                return [Ack(id=number, name=name)]
            case "login" if code in ("", "0"):
                return [Ack(id=number, name="login")]
            case "login" | "error":
                return [self.refusal(frame.msg, code, id=number, name=name, is_pace=code in TOO_OFTEN)]
        return [notice(frame)]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def balances(self) -> Pages:
        # What is not listed is zero.
        yield Request("/api/v5/account/balance", _BALANCES, rate=_BALANCE_PACE, signed=True)

    def open_orders(self) -> Pages:
        yield from self._pages("/api/v5/trade/orders-pending", _ORDERS, {}, _PACE, "order_id")

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        query = {"instId": venue_symbol, "ordId": order_id}
        yield Request("/api/v5/trade/order", _ORDERS, query, _PACE, signed=True)

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        # All markets at once; the list holds what is over, by the time at which it began.
        begin = {"begin": str(since_ms)}
        yield from self._pages("/api/v5/trade/orders-history", _ORDERS, begin, _SLOW_PACE, "order_id")

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        yield from self._pages("/api/v5/trade/fills", _FILLS, {"begin": str(since_ms)}, _PACE, "bill_id")

    def _pages(self, path: str, channel: Channel, query: dict[str, str], rate: Rate, number: str) -> Pages:
        """Ask for a list, newest first: "after" means older than."""
        query = {"instType": self.product, **query, "limit": str(_PAGE)}
        oldest = ""
        while True:
            rows = yield Request(path, channel, {**query, "after": oldest} if oldest else query, rate, signed=True)
            last = getattr(rows[-1], number) if rows else oldest
            if len(rows) < _PAGE or last == oldest:
                return
            oldest = last


def _paid(fee: float) -> float:
    """Return a fee with our sign: the venue's is the change of the balance."""
    return -fee if fee else 0.0
