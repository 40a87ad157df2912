"""Hyperliquid perpetual contracts: one websocket, and one path for all that is read.

Source: Hyperliquid documentation, "WebSocket", "Subscriptions", "Info endpoint", "Rate limits", May 2026.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ...account import House
from ...instruments import Instrument, listed, quiet_instrument
from ...limits import SlidingLimit, WeightLimit
from ...margin import MarginAccount
from ..base import Dialect, Request, Response, UnknownTopicError, json_response, parse_object
from ..topics import Topic
from .account_rest import ACCOUNT_READERS
from .account_rows import ADDRESS, CHANGES, draw_keys
from .figures import INTERVALS, trade_id
from .rest import INFO, READERS
from .session import HyperliquidSession
from .streams import CHANNELS

_QUIET = 20
_DECIMALS = {  # no more than five significant digits
    "BTCUSDT": (0, 5), "ETHUSDT": (1, 4), "SOLUSDT": (2, 2), "BNBUSDT": (2, 3), "XRPUSDT": (4, 0), "DOGEUSDT": (5, 0),
}  # fmt: skip
_IDLE_S = 60  # without a message to it a socket is closed
_MOST_SOCKETS = 10
_MOST_TOPICS = 1000  # of all sockets
_WEIGHT = 1200  # a minute
_NO_JSON = "Error parsing JSON into valid websocket request: "


class HyperliquidSwap(Dialect[HyperliquidSession]):
    """Perpetual contracts of Hyperliquid, named by their base asset and quoted in USDC."""

    name = "HYPERLIQUID___SWAP"
    hosts = ("api.hyperliquid.xyz", "api.hyperliquid-testnet.xyz")
    session_type = HyperliquidSession
    account_type = MarginAccount
    house = House(
        7_456_484_275,
        1,
        Decimal("0.00015"),
        Decimal("0.00045"),
        write_trade_id=trade_id,
        draw_keys=draw_keys,
        key_name="account_id",
        client_prefix="0x" + 22 * "0",
    )
    intervals = INTERVALS
    timeless = frozenset({INFO})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connects = SlidingLimit(30, 60.0)
        self._messages = SlidingLimit(2000, 60.0)  # of all sockets
        self._weight = WeightLimit(_WEIGHT)

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        pairs = [item for item in listed(seed, _QUIET, _DECIMALS).values() if item.quote == "USDT"]
        swaps = [_swap(item) for item in pairs]
        return {item.symbol: item for item in swaps}

    @classmethod
    def made_up(cls, seed: int, base: str, quote: str) -> Instrument:
        return _swap(quiet_instrument(seed, base, quote))

    def wire_symbol(self, item: Instrument) -> str:
        return item.base

    # -- sockets ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        if path != "/ws":
            return Response(404)
        if len(self.sessions) >= _MOST_SOCKETS or not self._connects.allow(self.venue.now()):
            self.venue.stats.breaches["connects"] += 1
            return Response(429)
        return None

    def opened(self, session: HyperliquidSession) -> None:
        session.reply(b"Websocket connection established.")

    def keep_alive(self, session: HyperliquidSession, now: float) -> None:
        if now - session.last_sent >= _IDLE_S:
            self.venue.stats.breaches["idle"] += 1
            session.end(1000, "Inactive")

    def received(self, session: HyperliquidSession, text: str) -> None:
        if not self._messages.allow(self.venue.now()):
            self.venue.stats.breaches["messages"] += 1
            session.end(1008, "too many messages")
            return
        try:
            message = parse_object(text)
        except ValueError:
            message = {}
        method, wanted = message.get("method"), message.get("subscription")
        if method == "ping":
            session.reply({"channel": "pong"})
        elif method not in ("subscribe", "unsubscribe") or not isinstance(wanted, dict):
            session.error(_NO_JSON + text)
        elif method == "subscribe":
            self._subscribe(session, wanted, text)
        elif self.leave(session, name_of(wanted)):
            session.forget(name_of(wanted))
            session.confirm(method, wanted)
        else:
            session.error(f"Already unsubscribed: {json.dumps(wanted)}")

    def _subscribe(self, session: HyperliquidSession, wanted: dict[str, Any], text: str) -> None:
        name = name_of(wanted)
        if name in session.topics:
            session.error(f"Already subscribed: {json.dumps(wanted)}")
            return
        if sum(len(each.topics) for each in self.sessions) >= _MOST_TOPICS:
            self.venue.stats.breaches["topics"] += 1
            session.error(f"Cannot track more than {_MOST_TOPICS} total subscriptions.")
            return
        is_private = wanted.get("type") in CHANGES
        try:
            account = self.account(wanted.get("user")) if is_private else None
            topic = None if is_private else self.topic(session, name)
        except (UnknownTopicError, ValueError):
            session.error(_NO_JSON + text)
            return
        session.confirm("subscribe", wanted)
        self.join(session, name, topic)
        if account is not None:
            session.watch(name, wanted["type"], account)

    def account(self, user: Any) -> MarginAccount | None:
        """Return the account of an address; None: nothing was ever done there.

        Raises:
            ValueError: it is no address.
        """
        if not isinstance(user, str) or not ADDRESS.fullmatch(user):
            raise ValueError("user")
        found = self.accounts.find(user.lower())
        assert found is None or isinstance(found, MarginAccount)
        return found

    def resolve(self, session: HyperliquidSession, name: str) -> tuple[type[Topic], str, str]:
        channel, coin, interval = (*name.split(":"), "", "")[:3]
        kind = CHANNELS.get(channel)
        if kind is None or (interval not in self.intervals if channel == "candle" else interval):
            raise UnknownTopicError(name)
        key = self.instrument(coin).symbol
        if key in self.venue.faults.rejected:
            raise UnknownTopicError(name)
        return kind, channel, key

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        if not isinstance(message, dict) or message.get("channel") not in CHANNELS:
            return None
        data = message.get("data")
        row = data[0] if isinstance(data, list) and data else data
        if not isinstance(row, dict):
            return None
        return name_of({"type": message["channel"], "coin": row.get("coin", row.get("s")), "interval": row.get("i")})

    # -- REST ------------------------------------------------------------------------------------------------

    def account_answer(self, request: Request) -> Response | None:
        # What is wanted, market data too, stands in the body.
        return self._read(request.body) if (request.method, request.path) == ("POST", INFO) else None

    def _read(self, body: bytes) -> Response:
        try:
            message = parse_object(body.decode())
            reader, weight, rows = {**READERS, **ACCOUNT_READERS}[message["type"]]
            found = reader(self, message)
        except (ValueError, KeyError, TypeError):
            words = b"Failed to deserialize the JSON body into the target type"
            return Response(422, words, content_type="text/plain")
        if rows and isinstance(found, list):
            weight += len(found) // rows
        status, _ = self._weight.spend(weight, self.venue.now())
        if status == 200:
            return json_response(found)
        self.venue.stats.breaches["weight"] += 1
        return self.error_response(429, None)

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        return recorded or Response(404)

    def error_body(self, status: int) -> Any:
        return None


def _swap(item: Instrument) -> Instrument:
    """Return the contract for a pair; the prices of quiet markets lose a digit, so that they have no more than five."""
    if not item.is_major:
        item = replace(item, price=item.price // 10, price_decimals=item.price_decimals - 1)
    return replace(item, quote="USDC", name=item.base)


def name_of(subscription: Mapping[str, Any]) -> str:
    """Return the name under which all share what a subscription asks for."""
    parts = (subscription.get(key) for key in ("type", "coin", "interval", "user"))
    return ":".join(str(part) for part in parts if part)
