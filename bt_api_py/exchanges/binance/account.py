"""The private side of Binance as far as spot and futures agree: signatures, orders and fills, lists page by page.

Source: Binance spot API documentation (request security, account endpoints), state of 2026-07-21; USD-M futures
documentation (general information, account endpoints), state of 2026-05.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib import import_module
from typing import ClassVar

from msgspec import field

from ...containers.base import Number
from ...containers.order import OrderStatus
from ...exceptions import BtApiError, ConfigurationError
from ..account_base import FillRow, OrderRow, PrivateSide, SignedCall, encoded, status_of
from ..base import Channel, Pages, Rate, Request
from .wire import ADVICE, failure

_PAGE = 1000
_PEM = "-----BEGIN "

STATUS: Mapping[str, OrderStatus] = {
    "NEW": "new",
    "PENDING_NEW": "new",
    "PARTIALLY_FILLED": "partial",
    "FILLED": "filled",
    "CANCELED": "canceled",
    "PENDING_CANCEL": "canceled",
    "REJECTED": "rejected",
    "EXPIRED": "expired",
    "EXPIRED_IN_MATCH": "expired",  # self-trade prevention
}


class AnyOrder(OrderRow):
    """What events and REST records of an order share, whatever their fields are called."""

    @property
    def order_id(self) -> str:
        return str(self.order_number)  # type: ignore[attr-defined]  # declared by both

    @property
    def side(self) -> str | None:
        word: str | None = self.side_word  # type: ignore[attr-defined]
        return word.lower() if word else None

    @property
    def order_type(self) -> str | None:
        word: str | None = self.type_word  # type: ignore[attr-defined]
        return word.lower() if word else None

    @property
    def status(self) -> OrderStatus:
        return status_of(STATUS, self.venue_status)  # type: ignore[attr-defined]


class Report(AnyOrder, kw_only=True):
    """One change of an order. A fee is that of this one fill, so it goes with the fill and not with the order."""

    no_fill: ClassVar[int]  # the number that stands for none

    venue_symbol: str = field(name="s")
    order_number: int = field(name="i")
    venue_status: str = field(name="X")
    side_word: str | None = field(name="S", default=None)
    type_word: str | None = field(name="o", default=None)
    time_in_force: str | None = field(name="f", default=None)
    price: Number = field(name="p", default=None)
    filled_quantity: Number = field(name="z", default=None)
    fill_id: int | None = field(name="t", default=None)
    fill_quantity: float = field(name="l", default=0.0)
    fill_price: float | None = field(name="L", default=None)
    fill_fee: float | None = field(name="n", default=None)
    fill_fee_asset: str | None = field(name="N", default=None)
    is_maker: bool = field(name="m", default=False)

    @property
    def trade_id(self) -> int | None:
        number = self.fill_id
        return number if number is not None and number > self.no_fill and self.fill_quantity > 0 else None

    @property
    def fill(self) -> FillRow | None:
        if self.trade_id is None:
            return None
        return self.own_fill(
            self.trade_id,
            self.fill_price,
            self.fill_quantity,
            self.timestamp,  # type: ignore[attr-defined]  # declared by both
            trade_type="maker" if self.is_maker else "taker",
            fee=self.fill_fee,
            fee_asset=self.fill_fee_asset,
        )


class ListedOrder(AnyOrder):
    """An order as REST tells it."""

    venue_symbol: str = field(name="symbol")
    order_number: int = field(name="orderId")
    venue_status: str = field(name="status")
    timestamp: int = field(name="updateTime")
    create_time: int | None = field(name="time", default=None)
    client_order_id: str | None = field(name="clientOrderId", default=None)
    side_word: str | None = field(name="side", default=None)
    type_word: str | None = field(name="type", default=None)
    time_in_force: str | None = field(name="timeInForce", default=None)
    price: Number = None
    filled_quantity: Number = field(name="executedQty", default=None)


class ListedFill(FillRow):
    """A fill as REST tells it; `is_buyer` and `is_maker` have other names on futures."""

    venue_symbol: str = field(name="symbol")
    trade_id: int = field(name="id")
    order_number: int = field(name="orderId")
    price: float
    quantity: float = field(name="qty")
    timestamp: int = field(name="time")
    fee: float | None = field(name="commission", default=None)
    fee_asset: str | None = field(name="commissionAsset", default=None)

    @property
    def order_id(self) -> str:
        return str(self.order_number)

    @property
    def side(self) -> str:
        return "buy" if self.is_buyer else "sell"  # type: ignore[attr-defined]  # declared by both

    @property
    def trade_type(self) -> str:
        return "maker" if self.is_maker else "taker"  # type: ignore[attr-defined]


class Lists:
    """The lists of one product's orders and fills."""

    def __init__(
        self,
        api: str,
        fills_call: str,
        order: type[ListedOrder],
        fill: type[ListedFill],
        weight: Rate,
        *,
        open_cost: int,
        order_cost: int,
        page_cost: int,
    ) -> None:
        """Describe them.

        Args:
            api: what the paths of all calls begin with. fills_call: that of one's own trades.
            order, fill: the records.
            open_cost, order_cost, page_cost: the weight of a call for all open orders, for one order, for a page.
        """
        self._api = api
        self._fills_call = fills_call
        self._order = Channel(None, order)
        self._orders = Channel(None, order, many=True)
        self._fills = Channel(None, fill, many=True)
        self._weight = weight
        self._costs = open_cost, order_cost, page_cost

    def open_orders(self) -> Request:
        """Return the call for every open order."""
        return self._ask("openOrders", self._orders, {}, self._costs[0])

    def order(self, venue_symbol: str, order_id: str) -> Request:
        """Return the call for one order."""
        return self._ask("order", self._order, {"symbol": venue_symbol, "orderId": order_id}, self._costs[1])

    def orders_since(self, venue_symbol: str, since_ms: int) -> Pages:
        """Ask for the orders of a market since a time."""
        yield from self._since("allOrders", self._orders, venue_symbol, since_ms, "orderId", "order_number")

    def fills_since(self, venue_symbol: str, since_ms: int) -> Pages:
        """Ask for one's own trades in a market since a time."""
        yield from self._since(self._fills_call, self._fills, venue_symbol, since_ms, "fromId", "trade_id")

    def _since(
        self, call: str, channel: Channel, venue_symbol: str, since_ms: int, parameter: str, number: str
    ) -> Pages:
        """Ask for the first page by time, for the next ones from the number after the last."""
        start, last = {"startTime": str(since_ms)}, -1
        while True:
            query = {"symbol": venue_symbol, **start, "limit": str(_PAGE)}
            rows = yield self._ask(call, channel, query, self._costs[2])
            newest = max((getattr(row, number) for row in rows), default=last)
            if len(rows) < _PAGE or newest <= last:
                return
            start, last = {parameter: str(newest + 1)}, newest

    def _ask(self, call: str, channel: Channel, query: dict[str, str], cost: int) -> Request:
        return Request(f"{self._api}/{call}", channel, query, self._weight, cost, signed=True)


class BinanceKey(PrivateSide):
    """What one key may do: HMAC, or Ed25519 when the secret is a private key in PEM form. To declare: `lists`."""

    lists: ClassVar[Lists]

    used_weight_header = "X-MBX-USED-WEIGHT-1M"
    advice = ADVICE
    lists_by_market = True

    def sign(self, request: Request, now_ms: int) -> SignedCall:
        query = encoded({**request.query, "timestamp": str(now_ms)})
        sealed = encoded({"signature": self.signature(query)})
        return SignedCall(f"{query}&{sealed}", {"X-MBX-APIKEY": self.key("api_key")})

    def signature(self, text: str) -> str:
        """Return the signature of a text."""
        secret = self.key("secret")
        if secret.lstrip().startswith(_PEM):
            return _ed25519(secret.strip().encode(), text.encode(), self.name)
        return hmac.new(secret.encode(), text.encode(), sha256).hexdigest()

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        return failure(self.name, path, status, body)

    def open_orders(self) -> Pages:
        yield self.lists.open_orders()

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        yield self.lists.order(venue_symbol, order_id)

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        for symbol in symbols:
            yield from self.lists.orders_since(symbol, since_ms)

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        for symbol in symbols:
            yield from self.lists.fills_since(symbol, since_ms)


def _ed25519(pem: bytes, text: bytes, exchange_name: str) -> str:
    """Return the signature of a text in Base64.

    Raises:
        ConfigurationError: the package that signs is not installed, or the key cannot be used. The cause is left out,
            since it may quote the key.
    """
    try:
        serialization = import_module("cryptography.hazmat.primitives.serialization")
        kind = import_module("cryptography.hazmat.primitives.asymmetric.ed25519").Ed25519PrivateKey
        unsupported = import_module("cryptography.exceptions").UnsupportedAlgorithm
    except ImportError:
        raise ConfigurationError(
            "a secret in PEM form needs another package: pip install 'bt_api_py[ed25519]'", exchange_name=exchange_name
        ) from None
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (TypeError, ValueError, unsupported):
        key = None
    if not isinstance(key, kind):
        raise ConfigurationError(
            "the secret begins like a private key, but is no unencrypted Ed25519 one", exchange_name=exchange_name
        )
    return b64encode(key.sign(text)).decode()
