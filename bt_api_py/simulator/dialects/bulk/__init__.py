"""BULK perpetual futures: one websocket for market data, accounts and trading; REST.

Source: BULK API 1.0.15, "WebSocket", "Streams", "Trading", "Limits", and OpenAPI 3.0.10, May 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from ...account import Account, House
from ...instruments import Instrument, listed
from ...margin import MarginAccount
from ..base import Dialect, Request, Response, UnknownTopicError, json_response, parse_object
from ..topics import Topic
from .account_rest import answer_account
from .account_rows import order_number
from .codec import pubkey
from .figures import INTERVALS, NS, bucket_of
from .keys import draw_keys
from .rest import RestError, answer
from .session import PING_EVERY_S, BulkSession
from .streams import CHANNELS, QuickCandles
from .trading import Trader, execute, posts_prices

_QUIET = 20
_PONG_WITHIN_S = 10
_MOST_TOPICS = 100
_PREFIXES = {channel.lower(): channel for channel in CHANNELS}  # topics are compared whatever their case


class BulkSwap(Dialect[BulkSession]):
    """Market data, accounts and trading of BULK's perpetual futures.

    Attributes:
        domain: which network signatures are made for; a simulator is a testnet.
        fills_have_ids: fills carry `tradeId`, as the newest servers do.
        fills_tell_taker: `isBuy` of a fill tells whether the taker bought, as the documents say, and not whether the
            account did, as clients take it.
        oracles: by symbol's key, prices that oracle accounts posted.
    """

    domain: ClassVar[int] = 2

    name = "BULK___SWAP"
    hosts = ("mainnet-ws1.bulk.trade", "exchange-ws1.bulk.trade", "staging-ws.bulk.trade", "exchange-wss.bulk.trade")
    session_type = BulkSession
    account_type = MarginAccount
    house = House(
        1,
        8_400_000,
        Decimal("0.00018"),
        Decimal("0.00033"),
        leverage=Decimal(5),
        write_id=order_number,
        draw_keys=draw_keys,
    )
    intervals = INTERVALS
    timeless = frozenset({"/api/v1/exchangeInfo"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.oracles: dict[str, float] = {}
        self.fills_have_ids = True
        self.fills_tell_taker = False
        self._traders: dict[Account, Trader] = {}

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        pairs = [item for item in listed(seed, _QUIET).values() if item.quote == "USDT"]
        swaps = [replace(item, quote="USDC", name=f"{item.base}-USD") for item in pairs]
        return {item.symbol: item for item in swaps}

    def wire_symbol(self, item: Instrument) -> str:
        return item.name or f"{item.base}-{item.quote}"

    def spelled(self, key: str) -> str:
        """Return the venue's spelling of a market's key."""
        return self.wire_symbol(self.venue.instruments[key])

    # -- sockets ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        return None if path == "/" else json_response({"error": {"message": "not found"}}, 404)

    def keep_alive(self, session: BulkSession, now: float) -> None:
        if session.unanswered is not None and now - session.unanswered >= _PONG_WITHIN_S:
            self.venue.stats.breaches["pong"] += 1
            session.end(1008, "pong timeout")
        elif now >= session.next_ping:
            session.next_ping += PING_EVERY_S * (1 + (now - session.next_ping) // PING_EVERY_S)
            session.unanswered = now
            session.transport.ping(b"")

    def on_pong(self, session: BulkSession, payload: bytes) -> None:
        super().on_pong(session, payload)
        session.unanswered = None

    def received(self, session: BulkSession, text: str) -> None:
        if not session.inbound.allow(self.venue.now()):
            self.venue.stats.breaches["messages per second"] += 1
            session.end(1008, "too many messages")
            return
        try:
            message = parse_object(text)
        except ValueError:
            session.error("invalid JSON")
            return
        method, wanted = message.get("method"), message.get("subscription")
        if method == "subscribe" and isinstance(wanted, list) and wanted:
            self._subscribe(session, wanted)
        elif method == "unsubscribe" and isinstance(message.get("topic"), str):
            self._unsubscribe(session, message["topic"])
        elif method == "post":
            self._post(session, message)
        else:
            session.error(f"invalid request: {text[:200]}")

    def _subscribe(self, session: BulkSession, wanted: list[Any]) -> None:
        topics = []
        for one in wanted:
            try:
                topics += self._joined(session, one)
            except (UnknownTopicError, ValueError) as error:
                session.error(f"invalid subscription: {error}")
                continue
            if len(session.topics) > _MOST_TOPICS:
                self.venue.stats.breaches["topics per connection"] += 1
                session.end(1008, "too many subscriptions")
                return
        if topics:
            session.reply({"type": "subscriptionResponse", "topics": topics})
        for name in topics:
            if name in session.accounts:
                session.snapshot(name)

    def _joined(self, session: BulkSession, wanted: Any) -> list[str]:
        """Carry out one subscription and return its topics.

        Raises:
            UnknownTopicError, ValueError: there is no such subscription.
        """
        if isinstance(wanted, dict) and wanted.get("type") == "account":
            return self._joined_accounts(session, wanted.get("user"))
        name, shared = self._named(wanted)
        if name not in session.topics:
            self.join(session, name, self.topic(session, shared))
        return [name]

    def _joined_accounts(self, session: BulkSession, users: Any) -> list[str]:
        found = {}
        for user in users if isinstance(users, list) else [users]:
            pubkey(user)
            account = self.account(user)
            if account is None:
                raise UnknownTopicError(f"account {user}")
            found[f"account.{user}"] = account
        for name, account in found.items():
            if name not in session.topics:
                self.join(session, name, None)
                session.watch(name, account)
        return list(found)

    def _named(self, wanted: Any) -> tuple[str, str]:
        """Return a subscription's topic on the wire, and the name under which all share what it asks for.

        Raises:
            UnknownTopicError, ValueError: there is no such subscription.
        """
        if not isinstance(wanted, dict) or wanted.get("type") not in CHANNELS:
            raise UnknownTopicError(str(wanted))
        channel = wanted["type"]
        if channel == "frontendContext":
            return channel, channel
        prefix = channel.lower() if channel.startswith("l2") else channel
        name = f"{prefix}.{wanted.get('symbol')}"
        if channel == "candle":
            name += f".{wanted.get('interval')}"
        options = {}
        if channel == "l2Snapshot" and self.playback is None:
            item = self.instrument(str(wanted.get("symbol")))
            if wanted.get("nlevels") is not None:
                options["nlevels"] = str(max(1, int(wanted["nlevels"])))
            if wanted.get("aggregation") is not None:
                bucket_of(item, float(wanted["aggregation"]))
                options["aggregation"] = str(float(wanted["aggregation"]))
        return name, f"{name}?{urlencode(options)}" if options else name

    def _unsubscribe(self, session: BulkSession, wanted: str) -> None:
        name = next((name for name in session.topics if name.lower() == wanted.lower()), None)
        if name is None:
            session.error(f"not subscribed: {wanted}")
            return
        self.leave(session, name)
        session.forget(name)
        session.reply({"type": "unsubscribeResponse", "topic": name})

    def resolve(self, session: BulkSession, name: str) -> tuple[type[Topic], str, str]:
        first, *rest = name.partition("?")[0].split(".")
        channel = _PREFIXES.get(first.lower())
        if channel is None:
            raise UnknownTopicError(name)
        kind = CHANNELS[channel]
        if channel == "frontendContext":
            return kind, channel, ""
        if len(rest) != (2 if channel == "candle" else 1):
            raise UnknownTopicError(name)
        key = self.instrument(rest[0]).symbol
        if key in self.venue.faults.rejected:
            raise UnknownTopicError(name)
        if channel == "candle":
            if rest[1] not in self.intervals:
                raise UnknownTopicError(name)
            kind = QuickCandles if rest[1] == "10s" else kind
        return kind, channel, key

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        if not isinstance(message, dict) or message.get("type") not in CHANNELS:
            return None
        name = message.get("topic")
        return name if isinstance(name, str) else None

    # -- accounts and trading --------------------------------------------------------------------------------

    def account(self, key: str) -> MarginAccount | None:
        """Return the account of a public key; None: the venue does not know it."""
        found = self.accounts.find(key)
        assert found is None or isinstance(found, MarginAccount)
        return found

    def trader(self, account: Account) -> Trader:
        """Return what the venue remembers of an account beside its orders."""
        return self._traders.setdefault(account, Trader())

    def agents_of(self, account: Account) -> list[str]:
        """Return the keys that may sign for an account."""
        return list(self.trader(account).agents)

    def tell(self, account: Account, kind: str, figures: Mapping[str, Any]) -> None:
        """Tell whoever listens to an account of something that changed nothing."""
        row = {"type": kind, **figures, "timestamp": self.venue.server_ms() * NS}
        for session in list(self.sessions):
            session.tell(account, row)

    def _post(self, session: BulkSession, message: Mapping[str, Any]) -> None:
        number, request = message.get("id"), message.get("request")
        if not isinstance(number, int) or not isinstance(request, dict) or request.get("type") != "action":
            session.error("invalid post request")
            return
        payload = request.get("payload")
        answer = execute(self, payload)
        data = _acknowledged(answer) if posts_prices(payload) else {"type": "action", "payload": answer}
        session.reply({"type": "post", "id": number, "data": data})

    def account_answer(self, request: Request) -> Response | None:
        return answer_account(self, request)

    # -- REST ------------------------------------------------------------------------------------------------

    def error_body(self, status: int) -> Any:
        return {"error": {"message": "too many requests" if status == 429 else "service unavailable"}}

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        if recorded is not None:
            return recorded
        try:
            return json_response(answer(self, path, query))
        except RestError as error:
            return json_response({"error": {"message": str(error)}}, error.status)


def _acknowledged(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the short answer that oracle prices get."""
    response = answer["response"]
    if answer["status"] != "ok":
        return {"type": "ack", "ok": False, "message": response}
    failed = next((status["error"]["message"] for status in response["data"]["statuses"]), "")
    return {"type": "ack", "ok": not failed, "message": failed}
