"""A made-up account in plain JSON, at a venue in memory, and those who read it."""

import asyncio
import json
from typing import ClassVar

from msgspec import field

from bt_api_py import StreamEvent
from bt_api_py.containers.base import Number
from bt_api_py.exceptions import RequestFailedError
from bt_api_py.exchanges.account_base import (
    CHECK_CLOCK,
    CHECK_KEY,
    BalanceRow,
    HoldingsRow,
    OrderRow,
    OwnFill,
    PositionRow,
    PrivateSide,
    login_error,
)
from bt_api_py.exchanges.base import Ack, Channel, Command, Endpoint, Heartbeat, Rate, Request

from .fakes import settle

NOW_MS = 1_700_000_000_000


class OwnOrder(OrderRow):
    venue_symbol: str
    order_id: str
    status: str
    timestamp: int
    price: Number = None
    quantity: Number = None
    filled_quantity: Number = None
    cumulative_quote: Number = None
    side: str | None = None
    venue_status: str | None = None
    remaining_quantity: Number = None
    awaits: str | None = field(name="awaits_fill", default=None)
    follows: bool = False
    resizes: bool = False

    @property
    def continues(self):
        return self.follows

    @property
    def amends(self):
        return self.resizes

    @property
    def awaits_fill(self):
        return self.awaits


class OwnBalance(BalanceRow):
    asset: str
    free: float
    locked: float
    timestamp: int | None = None


class OwnPosition(PositionRow):
    venue_symbol: str
    quantity: float
    side: str | None = None


class OwnHoldings(HoldingsRow):
    balances: list[OwnBalance]
    positions: list[OwnPosition]


_KINDS = {"orders": OwnOrder, "fills": OwnFill, "balances": OwnBalance, "positions": OwnPosition}
_LISTS = {name: Channel(None, row, ("data",), many=True) for name, row in _KINDS.items()}


class OwnAccount(PrivateSide):
    """A channel for each kind, and one for balances and positions together; REST lists under the names of the calls."""

    name = "BINANCE___SPOT"
    rest = "https://own.example"
    endpoints: ClassVar = {
        "account": Endpoint(
            "wss://own.example",
            "/own",
            Heartbeat(send=None, silence=3600),
            topics_per_socket=10,
            sends=Rate(100, 1.0),
            connects=Rate(100, 1.0),
            private=True,
        )
    }
    kinds = tuple(_KINDS)
    channels: ClassVar = {**_LISTS, "holdings": Channel(None, OwnHoldings, ("data",), many=True)}
    names = tuple(channels)
    advice: ClassVar = {"401": CHECK_KEY, "425": CHECK_CLOCK}

    def login(self, now_ms, ids):
        return None

    def route(self, payload):
        return json.loads(payload).get("topic")

    def split(self, name):
        return name, "", ""

    def subscribe(self, names, ids):
        number = next(ids)
        text = json.dumps({"method": "SUBSCRIBE", "params": list(names), "id": number})
        return [Command(text, tuple(names), str(number))]

    def unsubscribe(self, names, ids):
        return []

    def control(self, payload):
        return [Ack(id=str(json.loads(payload)["id"]))]

    def failure(self, path, status, body):
        if status < 400:
            return None
        hint = self.hint(str(status), "")
        if hint is not None:
            return login_error(self.name, "refused", str(status), hint)
        return RequestFailedError(self.name, path, "out of order", status, is_temporary=status == 503)

    def balances(self):
        yield Request("/balances", _LISTS["balances"])

    def positions(self):
        yield Request("/positions", _LISTS["positions"])

    def open_orders(self):
        yield Request("/open", _LISTS["orders"])

    def orders_since(self, since_ms, symbols):
        yield Request("/changed", _LISTS["orders"], {"since": str(since_ms), "symbols": ",".join(symbols)})

    def order(self, venue_symbol, order_id):
        yield Request("/order", _LISTS["orders"], {"symbol": venue_symbol, "id": order_id})

    def fills_since(self, since_ms, symbols):
        yield Request("/fills", _LISTS["fills"], {"since": str(since_ms), "symbols": ",".join(symbols)})


def listed(*rows):
    """Return a REST answer."""
    return 200, {}, {"data": list(rows)}


def failed(status):
    """Return a REST answer that is none."""
    return status, {}, {}


def order(number, status, second=1, symbol="BTCUSDT", **more):
    """Return a record of an order."""
    return {"venue_symbol": symbol, "order_id": number, "status": status, "timestamp": NOW_MS + 1000 * second} | more


def fill(number, order_id, quantity, second=1, price=100.0, fee=0.01, fee_asset="BNB"):
    """Return a record of a fill."""
    row = {"venue_symbol": "BTCUSDT", "order_id": order_id, "trade_id": number, "price": price, "quantity": quantity}
    return row | {"side": "buy", "timestamp": NOW_MS + 1000 * second, "fee": fee, "fee_asset": fee_asset}


class Reader:
    """Reads a stream to its end and keeps what came."""

    def __init__(self, stream):
        self.stream = stream
        self.items = []
        self.events = []
        self.error = None
        self.task = asyncio.create_task(self._read())

    async def _read(self):
        try:
            async for item in self.stream:
                (self.events if isinstance(item, StreamEvent) else self.items).append(item)
        except Exception as error:
            self.error = error

    @property
    def state(self):
        return self.stream.stats.state

    def statuses(self, number="1"):
        """Return what was told of an order: its status, and what is filled."""
        return [(item.get_status(), item.get_filled_quantity()) for item in self.items if item.get_order_id() == number]

    def taken(self):
        """Return what came since the last call."""
        items, self.items = self.items, []
        return items


class OwnVenue:
    """The venue's side: what REST answers, and what is sent."""

    def __init__(self, api, transport):
        self.api = api
        self.transport = transport
        self.pages = transport.pages
        for name in ("open", "changed", "order", "fills", "balances", "positions"):
            self.pages[name] = listed()
        self.pages["time"] = lambda query: (200, {}, {"serverTime": int(transport.clock.now() * 1000)})

    async def read(self, kind, symbol=None, **options):
        """Open a stream and let it begin."""
        name = self.api.stream_balances if kind == "balances" else getattr(self.api, f"stream_{kind}")
        arguments = ["BINANCE___SPOT"] if kind == "balances" else ["BINANCE___SPOT", symbol]
        reader = Reader(name(*arguments, **options))
        await settle()
        return reader

    @property
    def socket(self):
        return self.transport.sockets[-1]

    async def send(self, topic, *rows):
        """Let the client receive records."""
        self.socket.feed({"topic": topic, "data": list(rows)})
        await settle()

    async def lose(self):
        """End the connection and let the client notice."""
        self.socket.lose()
        await settle()

    def asked(self, name):
        """Return how often a list was read."""
        return sum(path == name for _, path in self.transport.requests)
