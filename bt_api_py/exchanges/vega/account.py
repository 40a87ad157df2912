"""Vega: the account of one party. Reading needs no secret; orders are sent by a wallet, see `clients.vega`.

Source: Vega v0.79.0, data node API v2, its protocol buffers and list of routes, state of 2024-10.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

import msgspec

from ...containers.base import Place
from ...exceptions import AuthenticationError, BtApiError, DataParseError
from ..account_base import PrivateSide
from ..base import Answers, Channel, Command, Control, Ignored, Pages, Refusal, Request
from ..scale import scaled
from .account_rows import Balance, Fill, Held, Moved, Order, PartyChannel, Position
from .listing import Asset, assets_request
from .wire import (
    ACCOUNT_TYPE,
    API,
    HOPELESS,
    INVALID_ARGUMENT,
    LONGEST_PAGE,
    NAME,
    NOWHERE,
    PACE,
    TOO_LONG,
    ListChannel,
    Refused,
    ended,
    endpoint,
    every_page,
    failure,
    frame,
    node_of,
)

_NS = 10**6  # in a millisecond
_FREE = "ACCOUNT_TYPE_GENERAL"
_LOCKED = ("ACCOUNT_TYPE_MARGIN", "ACCOUNT_TYPE_ORDER_MARGIN", "ACCOUNT_TYPE_BOND", "ACCOUNT_TYPE_HOLDING")
_TOO_MANY = "the party has more than a stream may begin with; `clients.vega` reads such lists by REST"
_PARTY = {"orders": "partyIds", "trades": "partyIds", "positions": "partyId", "accounts": "partyId"}

_REST_ORDERS = ListChannel(None, Order, "orders")
_REST_ORDER = Channel(None, Order, ("order",))
_REST_FILLS = ListChannel(None, Fill, "trades")
_REST_POSITIONS = ListChannel(None, Position, "positions")
_REST_ACCOUNTS = ListChannel(None, Held, "accounts")


class VegaAccount(PrivateSide):
    """The orders, fills, positions and accounts of a party, each on a socket of its own.

    What a stream begins with is the same as by REST, and read there.
    """

    name = NAME
    rest = NOWHERE
    credentials = ("api_key",)  # the party: its public key
    kinds = ("orders", "fills", "balances", "positions")
    endpoints = {"account": endpoint(private=True)}
    names = tuple(_PARTY)
    channels = {
        "orders": PartyChannel(Order, "orders"),
        "trades": Channel(None, Fill, ("result", "trades"), many=True),
        "positions": PartyChannel(Position, "positions"),
        "accounts": PartyChannel(Moved, "accounts"),
    }
    balances_by_rest = True  # a record tells one of the accounts that make a balance
    settles_in = 1.0  # a node reads what there is before it attaches a stream to what changes
    advice: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._assets: dict[str, Asset] = {}

    def login(self, now_ms: int, ids: Any) -> None:
        return None

    @property
    def rest_url(self) -> str:
        return node_of(self.settings)

    def address(self, url: str, names: Sequence[str]) -> str:
        [name] = names
        return f"{url}{name}?{urlencode({_PARTY[name]: self.key('api_key')})}"

    def commands(self, verb: str, names: Sequence[str], ids: Any) -> list[Command]:
        return []

    def route(self, payload: bytes) -> str | None:
        told = frame(payload)
        if told.held not in ("snapshot", "updates"):
            return told.held if told.held in self.channels else None
        part = msgspec.json.decode(told.result[told.held], type=dict[str, msgspec.Raw])
        return next((key for key in part if key in self.channels), None)

    def control(self, payload: bytes) -> list[Control]:
        told = frame(payload)
        if told.error is None:
            return [Ignored(told.held or "frame without result")]
        if TOO_LONG in told.error.message:
            # Which of the streams this is, the socket knows: it brings no other.
            return [Refusal(f"{told.error.message}: {_TOO_MANY}", name=name) for name in self.names]
        if told.error.code in HOPELESS:
            return [Refusal(_advised(told.error.message), code=str(told.error.code), is_login=True)]
        return [ended(told.error)]

    def failure(self, path: str, status: int, body: bytes) -> BtApiError | None:
        error = failure(path, status, body)
        if error is not None and Refused.of(body).code == INVALID_ARGUMENT:
            return AuthenticationError(NAME, _advised(str(error)), topic="account", code=str(INVALID_ARGUMENT))
        return error

    def _scaled(
        self, rows: Sequence[tuple[Place, Any]], venue_symbol: str, refused: list[str]
    ) -> Sequence[tuple[Place, Any]]:
        found = super()._scaled(rows, venue_symbol, refused)
        for _, row in found:
            if isinstance(row, Fill):
                row.taken_by(self.key("api_key"), self.scales[row.venue_symbol])
        return found

    def open_orders(self) -> Pages:
        yield from every_page(self._list("orders", _REST_ORDERS, **{"filter.liveOnly": "true"}))

    def orders_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        # By the time of their beginning; older ones are read one by one.
        since = str(since_ms * _NS)
        yield from every_page(self._list("orders", _REST_ORDERS, **{"filter.dateRange.startTimestamp": since}))

    def order(self, venue_symbol: str, order_id: str) -> Pages:
        yield Request(f"{API}/order/{order_id}", _REST_ORDER, rate=PACE)

    def fills_since(self, since_ms: int, symbols: Sequence[str]) -> Pages:
        query = {"partyIds": self.key("api_key"), "dateRange.startTimestamp": str(since_ms * _NS), **_LONG}
        yield from every_page(Request(f"{API}/trades", _REST_FILLS, query, PACE))

    def positions(self) -> Pages:
        yield from every_page(self._list("positions", _REST_POSITIONS))

    def balances(self) -> Answers:
        held: list[Held] = yield from every_page(self._list("accounts", _REST_ACCOUNTS))
        if not self._assets.keys() >= {row.asset for row in held}:
            self._assets = {row.asset_id: row for row in (yield from every_page(assets_request()))}
        found: dict[str, Balance] = {}
        for row in held:
            asset = self._assets.get(row.asset)
            if asset is None:
                raise DataParseError("accounts", f"the node does not list asset {row.asset!r}", exchange_name=NAME)
            amount = scaled(row.balance, asset.details.decimals)
            balance = found.setdefault(row.asset, Balance(asset.details.symbol))
            kind = ACCOUNT_TYPE.read(row.kind_word)
            if kind == _FREE:
                balance.free += amount
            elif kind in _LOCKED:
                balance.locked += amount
        return list(found.values())

    def _list(self, name: str, channel: Channel, **query: str) -> Request:
        wanted = {"filter.partyIds": self.key("api_key"), **query, **_LONG}
        return Request(f"{API}/{name}", channel, wanted, PACE)


_LONG = {"pagination.first": str(LONGEST_PAGE)}


def _advised(text: str) -> str:
    return f"{text}; check api_key: it is the public key of a party, 64 hexadecimal digits"
