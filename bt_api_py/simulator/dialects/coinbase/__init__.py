"""Coinbase Exchange: the feed, and public and signed REST.

Source: Coinbase Exchange documentation, "WebSocket feed" (overview, channels, rate limits) and "REST API" (products,
pagination, rate limits), November 2026.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...account import Account, House
from ...instruments import Instrument, listed, major
from ...limits import BucketLimit
from ..base import Dialect, Request, Response, UnknownTopicError, intervals, json_response, parse_object
from ..topics import Topic
from .account_rest import answer_signed
from .account_rows import part_name
from .commands import RefusedError, asked_for
from .figures import moment, order_uuid, product_id, sequence
from .keys import KeyRefusedError, check_message
from .rest import answer
from .session import CoinbaseSession
from .streams import CHANNELS

_DECIMALS = {"BTCUSDT": (2, 8), "ETHUSDT": (2, 8), "SOLUSDT": (2, 8), "BTCUSDC": (2, 8)}
_QUIET = 120
_BEAT_S = 1.0
_FIRST_S = 5.0  # for a first subscription
_MOST_TEXT = 64 * 1024
_WITH_KEY = ("level2", "level3", "full", "user", "balance")
_OWN = ("user", "balance")
_NEED_KEY = (
    "level2, level3, and full channels now require authentication. "
    "https://docs.cloud.coinbase.com/exchange/docs/websocket-auth"
)
_TOLD_AS = {"level2_batch": "level2_50"}
_RECORDED = {
    "ticker": "ticker",
    "match": "matches",
    "last_match": "matches",
    "snapshot": "level2_batch",
    "l2update": "level2_batch",
}


class CoinbaseSpot(Dialect[CoinbaseSession]):
    """Market data and accounts of Coinbase Exchange."""

    name = "COINBASE___SPOT"
    hosts = (
        "ws-feed.exchange.coinbase.com",
        "api.exchange.coinbase.com",
        "ws-feed.pro.coinbase.com",
        "api.pro.coinbase.com",
    )
    session_type = CoinbaseSession
    house = House(
        1_183_870_700_000,
        5_455_504,
        Decimal("0.004"),
        Decimal("0.006"),
        write_id=order_uuid,
        in_quote=True,
        fee_step=Decimal("1e-16"),
    )
    intervals = intervals({"60": "1m", "300": "5m", "900": "15m", "3600": "1h", "21600": "6h", "86400": "1d"})
    timeless = frozenset({"/time", "/products"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connects = BucketLimit(8, 20)
        self._requests = BucketLimit(10, 15)
        self.private_requests = BucketLimit(15, 30)
        self.fill_requests = BucketLimit(10, 20)

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        busy = [
            major("BTC", "USD", "88900", 2, 8, 16.0),
            major("ETH", "USD", "3010", 2, 8, 14.0),
            major("BTC", "EUR", "76800", 2, 8, 12.0),
            major("ETH", "EUR", "2600", 2, 8, 10.0),
        ]
        return listed(seed, _QUIET, _DECIMALS) | {item.symbol: item for item in busy}

    def wire_symbol(self, item: Instrument) -> str:
        return product_id(item)

    # -- sockets ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        if path != "/":
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        if not self._connects.allow(self.venue.now()):
            self.venue.stats.breaches["connects"] += 1
            return json_response(self.error_body(429), 429)
        return None

    def keep_alive(self, session: CoinbaseSession, now: float) -> None:
        if not session.has_asked and now - session.opened >= _FIRST_S:
            self.venue.stats.breaches["no subscription within 5 s"] += 1
            session.end(1000, "no subscription")
            return
        for key, due in session.beats.items():
            if now >= due:
                session.beats[key] = now + _BEAT_S
                session.reply(self._beat(key))

    def _beat(self, key: str) -> dict[str, Any]:
        market = self.venue.market(key)
        return {
            "type": "heartbeat",
            "sequence": sequence(market),
            "last_trade_id": market.last.id,
            "product_id": product_id(market.instrument),
            "time": moment(self.venue.now_ms()),
        }

    def received(self, session: CoinbaseSession, text: str) -> None:
        if len(text) > _MOST_TEXT:
            self._part(session, "Message too big")
            return
        if not session.requests.allow(self.venue.now()):
            self.venue.stats.breaches["messages"] += 1
            self._part(session, "ErrSlowRead")
            return
        session.has_asked = True
        try:
            message = parse_object(text)
        except ValueError:
            self.refuse(session, RefusedError("Malformed JSON", "Malformed message"))
            return
        try:
            if message.get("type") == "subscribe":
                self._subscribe(session, message)
            elif message.get("type") == "unsubscribe":
                self._unsubscribe(session, message)
            else:
                raise RefusedError(f"{message.get('type')} is not a valid type", "Malformed message")
        except RefusedError as error:
            self.refuse(session, error)
            return
        session.reply({"type": "subscriptions", "channels": self._listed(session)})

    def _part(self, session: CoinbaseSession, words: str) -> None:
        session.reply({"type": "error", "message": words, "reason": words})
        session.end(1008, words)

    def refuse(self, session: CoinbaseSession, error: RefusedError) -> None:
        """Answer with an error; nothing tells what it is the answer to."""
        session.reply({"type": "error", "message": error.message, "reason": str(error)})

    def _subscribe(self, session: CoinbaseSession, message: Mapping[str, Any]) -> None:
        """Take a subscription, all of it or nothing."""
        asked = list(asked_for(message))
        account = self._account(session, message) if any(channel in _WITH_KEY for channel, _ in asked) else None
        found: dict[str, Topic] = {}
        beats: list[str] = []
        markets: list[str] = []
        parts: list[str] = []
        for channel, product in asked:
            if channel == "heartbeat":
                beats.append(self._product(product))
                continue
            if channel == "user":
                markets.append(self._product(product))
                continue
            if channel == "balance":
                parts.append(product)
                continue
            name = _name(channel, product)
            try:
                found[name] = session.topics.get(name) or self.topic(session, name)
            except UnknownTopicError as error:
                raise RefusedError(str(error)) from None
        for name, topic in found.items():
            if name not in session.topics:
                self.join(session, name, topic)
        for key in beats:
            session.beats.setdefault(key, self.venue.now() + _BEAT_S)
        if account is not None:
            unknown = set(parts) - {part_name(account, asset) for asset in self._assets(account)}
            if unknown:
                raise RefusedError(f"{sorted(unknown)[0]} is not a valid account")
            session.markets |= dict.fromkeys(markets)
            session.parts |= dict.fromkeys(parts)
            session.listen(account)
            self.venue.stats.subscribes += 1

    def _account(self, session: CoinbaseSession, message: Mapping[str, Any]) -> Account:
        if not message.get("signature"):
            raise RefusedError(_NEED_KEY)
        try:
            account = check_message(self, message)
        except KeyRefusedError as error:
            raise RefusedError(json.dumps({"message": str(error)}), "Authentication Failed") from None
        if session.account not in (None, account):
            raise RefusedError("another key is in use here", "Authentication Failed")
        return account

    def _assets(self, account: Account) -> set[str]:
        """Return the assets of which an account has a part."""
        items = self.venue.instruments.values()
        return {*account.balances(), *(asset for item in items for asset in (item.base, item.quote))}

    def _unsubscribe(self, session: CoinbaseSession, message: Mapping[str, Any]) -> None:
        for channel, product in asked_for(message):
            if channel == "heartbeat":
                gone = [self.venue.key(product)] if product else list(session.beats)
                for key in gone:
                    session.beats.pop(key, None)
            elif channel in _OWN:
                held = session.markets if channel == "user" else session.parts
                for key in [self.venue.key(product) if channel == "user" else product] if product else list(held):
                    held.pop(key, None)
            elif product or channel == "status":
                self.leave(session, _name(channel, product))
            else:
                for name in [name for name in session.topics if name.endswith(f"@{channel}")]:
                    self.leave(session, name)

    def _listed(self, session: CoinbaseSession) -> list[dict[str, Any]]:
        """Return everything that the connection is subscribed to."""
        held: dict[str, list[str]] = {}
        for name in session.topics:
            product, _, channel = name.rpartition("@")
            held.setdefault(channel, []).extend([product] if product else [])
        if session.beats:
            held["heartbeat"] = [product_id(self.venue.instruments[key]) for key in session.beats]
        if session.markets:
            held["user"] = [product_id(self.venue.instruments[key]) for key in session.markets]
        rows: list[dict[str, Any]] = [
            {"name": _TOLD_AS.get(channel, channel), "product_ids": products, "account_ids": None}
            for channel, products in held.items()
        ]
        if session.parts:
            rows.append({"name": "balance", "product_ids": [], "account_ids": list(session.parts)})
        return rows

    def _product(self, product: str) -> str:
        """Return the key of a market."""
        try:
            key = self.instrument(product).symbol
        except UnknownTopicError:
            key = ""
        if not key or key in self.venue.faults.rejected:
            raise RefusedError(f"{product} is not a valid product")
        return key

    def resolve(self, session: CoinbaseSession, name: str) -> tuple[type[Topic], str, str]:
        product, _, channel = name.rpartition("@")
        kind = CHANNELS.get(channel)
        if kind is None:
            raise UnknownTopicError(f"{channel} is not a valid channel")
        if channel == "status":
            return kind, channel, ""
        try:
            return kind, channel, self._product(product)
        except RefusedError as error:
            raise UnknownTopicError(str(error)) from None

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        channel = _RECORDED.get(message.get("type", "")) if isinstance(message, dict) else None
        return _name(channel, message["product_id"]) if channel is not None else None

    # -- REST ------------------------------------------------------------------------------------------------

    def error_body(self, status: int) -> Any:
        return {"message": "Public rate limit exceeded" if status == 429 else "Internal server error"}

    def account_answer(self, request: Request) -> Response | None:
        if not request.headers.get("user-agent"):
            return json_response({"message": "User-Agent header is required."}, 400)
        return answer_signed(self, request)

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        if not self._requests.allow(self.venue.now()):
            self.venue.stats.breaches["rest"] += 1
            return json_response(self.error_body(429), 429)
        return recorded if recorded is not None else answer(self, path, query)


def _name(channel: str, product: str) -> str:
    return f"{product}@{channel}"
