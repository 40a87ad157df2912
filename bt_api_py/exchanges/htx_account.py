"""HTX spot: the account of one user.

Source: HTX spot API documentation (authentication, websocket asset and order, account, trading), last public state of
2021-06, compared with clients of 2026. Paging and the list of past orders are from general knowledge.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import field

from ..containers.base import Number, Place, Row, nan
from ..containers.order import OrderStatus
from ..exceptions import BtApiError, ConfigurationError
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
)
from .base import Ack, Answer, Channel, Command, Control, Endpoint, Heartbeat, Ignored, Item, Pages, Rate, Request
from .htx_wire import advice, failure, is_pace

_ORDERS, _FILLS, _BALANCES = "orders#*", "trade.clearing#*#0", "accounts.update#2"
# Pushes name one market where the subscription names all.
_NAMES = {name.partition("#")[0]: name for name in (_ORDERS, _FILLS, _BALANCES)}
_PAGE = 500
_ACCOUNTS_PACE = Rate(100, 2.0)
_ORDERS_PACE = Rate(50, 2.0)
_ORDER_PACE = Rate(50, 2.0, "order")  # the path of one order holds its id
_FILLS_PACE = Rate(20, 2.0)
_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}

STATUS: Mapping[str, OrderStatus] = {
    "created": "new",
    "pre-submitted": "new",
    "submitted": "new",
    "partial-filled": "partial",
    "filled": "filled",
    "canceled": "canceled",
    "partial-canceled": "canceled",
    "rejected": "rejected",
}
_IN_FORCE = {"ioc": "IOC", "limit_fok": "FOK"}


class AnyOrder(OrderRow):
    """What pushes and REST records of an order share: the venue's type is side and kind, as in ``buy-limit-maker``."""

    @property
    def side(self) -> str | None:
        return self.kind_word.partition("-")[0] or None  # type: ignore[attr-defined]  # declared by both

    @property
    def order_type(self) -> str | None:
        kind: str = self.kind_word.partition("-")[2]  # type: ignore[attr-defined]
        return kind.replace("-", "_") or None

    @property
    def time_in_force(self) -> str | None:
        return _IN_FORCE.get(self.order_type or "")

    @property
    def status(self) -> OrderStatus:
        return status_of(STATUS, self.venue_status)  # type: ignore[attr-defined]

    @property
    def _is_in_quote(self) -> bool:
        return bool(self.kind_word == "buy-market")  # type: ignore[attr-defined]


class Order(AnyOrder):
    """One change of an order; which fields it has depends on the kind of event.

    A market order that buys is told in the quote asset, its base quantity nowhere: that is the sum of its fills. Fees
    and means are not told either.
    """

    venue_symbol: str = field(name="symbol")
    venue_status: str = field(name="orderStatus")
    number: str | int | None = field(name="orderId", default=None)
    client_order_id: str | None = field(name="clientOrderId", default=None)
    type_word: str = field(name="type", default="")
    side_word: str = field(name="orderSide", default="")
    price: Number = field(name="orderPrice", default=None)
    size: Number = field(name="orderSize", default=None)
    executed: Number = field(name="execAmt", default=None)
    trade_id: str | int | None = field(name="tradeId", default=None)
    trade_price: float = field(name="tradePrice", default=nan)
    trade_quantity: float = field(name="tradeVolume", default=nan)
    trade_time: int | None = field(name="tradeTime", default=None)
    is_taker: bool | None = field(name="aggressor", default=None)
    create_time: int | None = field(name="orderCreateTime", default=None)
    last_time: int | None = field(name="lastActTime", default=None)

    @property
    def order_id(self) -> str:
        # A conditional order that never became one has no number; its client id is all that names it.
        return str(self.client_order_id or "" if self.number is None else self.number)

    @property
    def kind_word(self) -> str:
        return self.type_word or self.side_word

    @property
    def quantity(self) -> Number:
        return None if self._is_in_quote else self.size

    @property
    def filled_quantity(self) -> Number:
        return None if self._is_in_quote else self.executed

    @property
    def cumulative_quote(self) -> Number:
        return self.executed if self._is_in_quote else None

    @property
    def timestamp(self) -> int | None:
        return next((time for time in (self.trade_time, self.last_time, self.create_time) if time is not None), None)

    @property
    def fill(self) -> FillRow | None:
        if self.trade_id is None:
            return None
        return OwnFill(
            venue_symbol=self.venue_symbol,
            order_id=self.order_id,
            client_order_id=self.client_order_id or None,
            trade_id=self.trade_id,
            price=self.trade_price,
            quantity=self.trade_quantity,
            side=self.side,
            trade_type=_liquidity(self.is_taker),
            timestamp=self.timestamp or 0,
        )

    @property
    def awaits_fill(self) -> str | None:
        return None if self.trade_id is None else str(self.trade_id)


class Clearing(FillRow):
    """A fill with its fee. In no particular order with the changes of its order."""

    venue_symbol: str = field(name="symbol")
    number: str | int = field(name="orderId")
    trade_id: str | int = field(name="tradeId")
    price: float = field(name="tradePrice")
    quantity: float = field(name="tradeVolume")
    side: str = field(name="orderSide")
    timestamp: int = field(name="tradeTime")
    client_order_id: str | None = field(name="clientOrderId", default=None)
    is_taker: bool | None = field(name="aggressor", default=None)
    cost: float | None = field(name="transactFee", default=None)
    cost_asset: str = field(name="feeCurrency", default="")
    deducted: Number = field(name="feeDeduct", default=None)
    deducted_asset: str = field(name="feeDeductType", default="")

    @property
    def order_id(self) -> str:
        return str(self.number)

    @property
    def trade_type(self) -> str | None:
        return _liquidity(self.is_taker)

    @property
    def fee(self) -> float | None:
        return number_of(self.deducted) if _is_deducted(self) else self.cost

    @property
    def fee_asset(self) -> str | None:
        word = self.deducted_asset if _is_deducted(self) else self.cost_asset
        return word.upper() or None


class Balance(BalanceRow):
    """One asset of one account: every account that the key may see is told, margin ones too."""

    asset: str = field(name="currency")
    account: str | int = field(name="accountId")
    total: float = field(name="balance")
    free: float = field(name="available")
    account_type: str = field(name="accountType")
    timestamp: int | None = field(name="changeTime", default=None)
    watched: frozenset[str] = frozenset()  # the accounts that count; set by `HtxAccount.decode`

    @property
    def account_id(self) -> str:
        return str(self.account)

    @property
    def counts(self) -> bool:
        return self.account_type == "trade" and (not self.watched or self.account_id in self.watched)


class AccountEntry(BalanceRow):
    """The name of one account; it tells no balance, so it does not count as one."""

    number: int = field(name="id")
    account_type: str = field(name="type")
    state: str = ""

    def defect(self) -> str | None:
        return None

    @property
    def counts(self) -> bool:
        return False


class Part(Row):
    """What can be used of an asset, or what orders hold of it."""

    asset: str = field(name="currency")
    kind: str = field(name="type")
    quantity: float = field(name="balance")


class RestBalance(BalanceRow):
    asset: str
    free: float = 0.0
    locked: float = 0.0


class Holdings(Channel):
    """The assets of an account: two records of the venue make one of ours, and what is zero is left out."""

    __slots__ = ()

    def read(self, payload: bytes) -> tuple[Sequence[tuple[Place, Any]], list[str]]:
        parts, refused = super().read(payload)
        found: dict[str, RestBalance] = {}
        for _, part in parts:
            held = found.setdefault(part.asset, RestBalance(part.asset))
            if part.kind == "trade":
                held.free += part.quantity
            elif part.kind == "frozen":
                held.locked += part.quantity
        return [(-1, held) for held in found.values() if held.free or held.locked], refused


class RestOrder(AnyOrder):
    """An order by REST; the list of open ones and the answer about one name the same figures differently."""

    venue_symbol: str = field(name="symbol")
    number: int = field(name="id")
    venue_status: str = field(name="state")
    kind_word: str = field(name="type")
    create_time: int = field(name="created-at")
    size: Number = field(name="amount", default=None)
    price: Number = None
    client_order_id: str | None = field(name="client-order-id", default=None)
    filled: float | None = field(name="filled-amount", default=None)
    paid: float | None = field(name="filled-cash-amount", default=None)
    field_filled: float | None = field(name="field-amount", default=None)  # the venue's own spelling
    field_paid: float | None = field(name="field-cash-amount", default=None)
    finish_time: int | None = field(name="finished-at", default=None)
    cancel_time: int | None = field(name="canceled-at", default=None)

    @property
    def order_id(self) -> str:
        return str(self.number)

    @property
    def filled_quantity(self) -> float | None:
        return self.field_filled if self.filled is None else self.filled

    @property
    def cumulative_quote(self) -> float | None:
        return self.field_paid if self.paid is None else self.paid

    @property
    def quantity(self) -> Number:
        if not self._is_in_quote:
            return self.size
        return self.filled_quantity if self.venue_status == "filled" else None

    @property
    def timestamp(self) -> int:
        return self.finish_time or self.cancel_time or self.create_time


class RestFill(FillRow):
    venue_symbol: str = field(name="symbol")
    number: int = field(name="order-id")
    trade_id: int = field(name="trade-id")
    record: int = field(name="id")
    price: float
    quantity: float = field(name="filled-amount")
    kind_word: str = field(name="type")
    timestamp: int = field(name="created-at")
    trade_type: str | None = field(name="role", default=None)
    cost: float | None = field(name="filled-fees", default=None)
    cost_asset: str = field(name="fee-currency", default="")
    deducted: Number = field(name="filled-points", default=None)
    deducted_asset: str = field(name="fee-deduct-currency", default="")

    @property
    def order_id(self) -> str:
        return str(self.number)

    @property
    def side(self) -> str:
        return self.kind_word.partition("-")[0]

    fee = Clearing.fee
    fee_asset = Clearing.fee_asset


class Envelope(msgspec.Struct):
    """What a frame may hold at its top, whichever kind it is."""

    action: str = ""
    ch: str = ""
    code: str | int | None = None
    message: str = ""
    data: msgspec.Raw = field(default_factory=msgspec.Raw)


_envelope = msgspec.json.Decoder(Envelope).decode

_REST_ACCOUNTS = Channel(None, AccountEntry, ("data",), many=True)
_REST_BALANCES = Holdings(None, Part, ("data", "list"), many=True)
_REST_ORDER = Channel(None, RestOrder, ("data",))
_REST_ORDERS = Channel(None, RestOrder, ("data",), many=True)
_REST_FILLS = Channel(None, RestFill, ("data",), many=True)


class HtxAccount(PrivateSide):
    """The spot account of one HTX key, or the account that the user names by `account_id`.

    Changes of orders come without fees and fills with them, in no particular order. A market order that buys is told
    in the quote asset, so its base quantity is unknown before REST tells it.
    """

    name = "HTX___SPOT"
    rest = "https://api.huobi.pro"
    endpoints = {
        "account": Endpoint(
            "wss://api.huobi.pro",
            "/ws/v2",
            Heartbeat(send=None, silence=60),  # the venue pings every 20 s
            topics_per_socket=100,
            sends=Rate(50, 1.0),
            connects=Rate(2, 1.0),
            private=True,
        )
    }
    symbols = SymbolStyle(lower=True)
    channels = {
        "orders": Channel(None, Order, ("data",)),
        "trade.clearing": Channel(None, Clearing, ("data",)),
        "accounts.update": Channel(None, Balance, ("data",)),
    }
    names = (_ORDERS, _FILLS, _BALANCES)
    cancels = frozenset({"expired"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = self.settings.account_id
        self._watched: frozenset[str] = frozenset((named,)) if named else frozenset()

    def login(self, now_ms: int, ids: Iterator[int]) -> Command:
        parameters = {
            "accessKey": self.key("api_key"),
            "signatureMethod": "HmacSHA256",
            "signatureVersion": "2.1",
            "timestamp": _moment(now_ms),
        }
        endpoint = self.endpoints["account"]
        signature = self._signature(endpoint.url(self.settings), endpoint.path, encoded(parameters))
        # Here the values are as they are, and not percent-encoded as in what was signed.
        text = msgspec.json.encode(
            {"action": "req", "ch": "auth", "params": {"authType": "api", **parameters, "signature": signature}}
        )
        return LoginCommand(text.decode(), ("auth",), str(next(ids)))

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        parameters = {
            **request.query,
            "AccessKeyId": self.key("api_key"),
            "SignatureMethod": "HmacSHA256",
            "SignatureVersion": "2",
            "Timestamp": _moment(now_ms),
        }
        query = encoded(dict(sorted(parameters.items())))
        signature = self._signature(self.rest_url, request.path, query)
        return SignedCall(f"{query}&{encoded({'Signature': signature})}", {})

    def _signature(self, url: str, path: str, query: str) -> str:
        text = f"GET\n{_host(url)}\n{path}\n{query}"
        return b64encode(hmac.digest(self.key("secret").encode(), text.encode(), sha256)).decode()

    def hint(self, code: str, text: str) -> str | None:
        return advice(code, text)

    def decode(self, payload: bytes, received: float = nan) -> list[Item]:
        items = super().decode(payload, received)
        for _, item in items:
            if type(item) is Balance:
                item.watched = self._watched
        return items

    def route(self, payload: bytes) -> str | None:
        frame = _envelope(payload)
        # Some pushes come without their action; answers have a code.
        is_push = frame.action in ("push", "") and frame.code is None and len(frame.data) > 0
        return _name(frame.ch) if is_push and frame.ch else None

    def split(self, name: str) -> tuple[str, str, str]:
        return name.partition("#")[0], "", ""

    def subscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [_command("sub", name, ids) for name in names]

    def unsubscribe(self, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
        return [_command("unsub", name, ids) for name in names]

    def control(self, payload: bytes) -> list[Control]:
        frame = _envelope(payload)
        if frame.action == "ping":
            # What is in it goes back as it came.
            return [Answer(f'{{"action":"pong","data":{bytes(frame.data).decode()}}}')]
        if frame.code is None:
            return [Ignored(frame.action or "frame without channel or code")]
        name, code = _name(frame.ch) if frame.ch else None, str(frame.code)
        if code == "200":
            return [Ack(name=name)]
        return [self.refusal(frame.message, code, name=name, is_pace=is_pace(code, frame.message))]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def balances(self) -> Pages:
        account = self.settings.account_id
        if account is None:
            entries = yield Request("/v1/account/accounts", _REST_ACCOUNTS, rate=_ACCOUNTS_PACE, signed=True)
            account = next((str(entry.number) for entry in entries if entry.account_type == "spot"), None)
            if account is None:
                raise ConfigurationError("the key has no spot account; name one by account_id", exchange_name=self.name)
            self._watched = frozenset((account,))
        # What is not listed is zero.
        path = f"/v1/account/accounts/{quote(account, safe='')}/balance"
        yield Request(path, _REST_BALANCES, rate=_ACCOUNTS_PACE, signed=True)

    def open_orders(self) -> Pages:
        yield from _pages("/v1/order/openOrders", _REST_ORDERS, {}, _ORDERS_PACE, "number")

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        path = f"/v1/order/orders/{quote(order_id, safe='')}"
        yield Request(path, _REST_ORDER, rate=_ORDER_PACE, signed=True)

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        # All markets at once; the venue looks back two days and says no more than a thousand.
        query = {"start-time": str(since_ms), "size": "1000"}
        yield Request("/v1/order/history", _REST_ORDERS, query, _ORDERS_PACE, signed=True)

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        query = {"start-time": str(since_ms)}
        yield from _pages("/v1/order/matchresults", _REST_FILLS, query, _FILLS_PACE, "record")


def _pages(path: str, channel: Channel, query: dict[str, str], rate: Rate, number: str) -> Pages:
    """Ask for a list, newest first; a page begins with or after the last record of the one before."""
    query = {**query, "size": str(_PAGE)}
    oldest = None
    while True:
        rows = yield Request(path, channel, query, rate, signed=True)
        last = getattr(rows[-1], number) if rows else oldest
        if len(rows) < _PAGE or last == oldest:
            return
        oldest = last
        query = {**query, "from": str(oldest), "direct": "next"}


def _name(channel: str) -> str:
    """Return the subscription that a push or an answer belongs to."""
    return _NAMES.get(channel.partition("#")[0], channel)


def _command(action: str, name: str, ids: Iterator[int]) -> Command:
    # The venue answers by the name and knows no number.
    text = msgspec.json.encode({"action": action, "ch": name}).decode()
    return Command(text, (name,), str(next(ids)))


def _moment(now_ms: int) -> str:
    return f"{datetime.fromtimestamp(now_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}"


def _host(url: str) -> str:
    """Return the host as it stands in the request and is signed: lower case, the port only where it is unusual."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return host if parts.port in (None, _PORTS[parts.scheme]) else f"{host}:{parts.port}"


def _liquidity(is_taker: bool | None) -> str | None:
    return None if is_taker is None else "taker" if is_taker else "maker"


def _is_deducted(fill: Clearing | RestFill) -> bool:
    """Return whether the fee was paid in another asset than it is reckoned in."""
    return (number_of(fill.deducted) or 0.0) > 0
