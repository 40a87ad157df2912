"""HTX spot: the account of one user.

Source: HTX spot API documentation (authentication, websocket asset and order, account, trading), last public state of
2021-06, compared with clients of 2026. Paging and the list of past orders are from general knowledge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import field

from ...containers.base import nan
from ...exceptions import ConfigurationError
from ...symbols import SymbolStyle
from ..account_base import LoginCommand
from ..base import Ack, Answer, Channel, Command, Control, Ignored, Item, Pages, Rate, Request
from .account_rows import Balance, Clearing, Order, RestFill, RestOrder
from .holdings import AccountEntry, Holdings, Part
from .keys import HtxKey, moment
from .wire import endpoint, is_pace

_ORDERS, _FILLS, _BALANCES = "orders#*", "trade.clearing#*#0", "accounts.update#2"
# Pushes name one market where the subscription names all.
_NAMES = {name.partition("#")[0]: name for name in (_ORDERS, _FILLS, _BALANCES)}
_PAGE = 500
_ACCOUNTS_PACE = Rate(100, 2.0)
_ORDERS_PACE = Rate(50, 2.0)
_ORDER_PACE = Rate(50, 2.0, "order")  # the path of one order holds its id
_FILLS_PACE = Rate(20, 2.0)


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


class HtxAccount(HtxKey):
    """The spot account of one HTX key, or the account that the user names by `account_id`.

    Changes of orders come without fees and fills with them, in no particular order. A market order that buys is told
    in the quote asset, so its base quantity is unknown before REST tells it.
    """

    name = "HTX___SPOT"
    rest = "https://api.huobi.pro"
    endpoints = {
        "account": endpoint("wss://api.huobi.pro", "/ws/v2", Rate(50, 1.0), silence=60, private=True)  # a ping in 20 s
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
            "timestamp": moment(now_ms),
        }
        # Here the values are as they are, and not percent-encoded as in what was signed.
        params = {"authType": "api", **parameters, "signature": self.login_signature(parameters)}
        text = msgspec.json.encode({"action": "req", "ch": "auth", "params": params})
        return LoginCommand(text.decode(), ("auth",), str(next(ids)))

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
