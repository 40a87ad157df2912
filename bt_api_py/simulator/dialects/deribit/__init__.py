"""Deribit API v2: futures and perpetual contracts, and accounts that trade the linear ones.

Source: Deribit API v2 documentation, "JSON-RPC", "Authentication", "Subscriptions", "Market data", "Session
management", January 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ...account import Account, House
from ...candles import interval
from ...instruments import Instrument, listed, major
from ...limits import BucketLimit
from ...margin import MarginAccount
from ..base import Dialect, Request, Response, UnknownTopicError, json_response, parse_object
from ..topics import Topic
from .keys import UNAUTHORIZED, check_login, check_request
from .private import PRIVATE_METHODS, is_channel
from .rpc import API, BUSY, METHODS, TOO_OFTEN, RpcError, error_of, number
from .session import DeribitSession
from .streams import BOOKS, CHANNELS, WHOLE_BOOKS, Candles

_QUIET = 120
_DECIMALS = {"BTCUSDT": (1, 4), "BTCUSDC": (1, 4), "ETHUSDT": (2, 3)}
_MOST_SOCKETS = 32
_MOST_CHANNELS = 500
_TOKENS = {"refresh_token": "simulated-refresh", "access_token": "simulated-access", "expires_in": 900}
_PACES = ("100ms", "agg2")
_DEPTHS = ("1", "10", "20")
_MINUTES = {"1": "1m", "3": "3m", "5": "5m", "10": "10m", "15": "15m", "30": "30m"}
_HOURS = {"60": "1h", "120": "2h", "180": "3h", "360": "6h", "720": "12h"}


class DeribitSwap(Dialect[DeribitSession]):
    """Market data of Deribit's contracts, and accounts in those that settle in stable coins.

    The markets behind them count base asset, so the amount of an inverse contract, in US dollars, is exact but no whole
    number of contracts.
    """

    name = "DERIBIT___SWAP"
    hosts = ("www.deribit.com", "streams.deribit.com")
    session_type = DeribitSession
    account_type = MarginAccount
    house = House(46_108_941_243, 219_381_310, Decimal("0"), Decimal("0.0005"))
    intervals = {name: interval(text) for name, text in (_MINUTES | _HOURS | {"1D": "1d"}).items()}
    timeless = frozenset({f"{API}/public/get_time", f"{API}/public/get_instruments"})
    liquidations_by_match = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._credits = BucketLimit(20, 100)

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        linear = [item for item in listed(seed, _QUIET, _DECIMALS).values() if item.quote in ("USDT", "USDC")]
        inverse = major("ETH", "USD", "3010", 2, 3, 14.0), major("BTC", "USD", "88900", 1, 4, 16.0)
        found = [inverse[0], *linear, inverse[1]]
        return {item.symbol: replace(item, name=_name(item)) for item in found}

    def wire_symbol(self, item: Instrument) -> str:
        return item.name

    # -- sockets ---------------------------------------------------------------------------------------------

    def check_path(self, path: str, query: Mapping[str, str]) -> Response | None:
        if path != "/ws/api/v2":
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        if len(self.sessions) >= _MOST_SOCKETS:
            self.venue.stats.breaches["sockets"] += 1
            return Response(429)
        return None

    def keep_alive(self, session: DeribitSession, now: float) -> None:
        if not session.is_due(now):
            return
        if session.is_asked:
            self.venue.stats.breaches["heartbeat"] += 1
            session.end(1000, "heartbeat timeout")
            return
        session.beat()

    def received(self, session: DeribitSession, text: str) -> None:
        try:
            message = parse_object(text)
        except ValueError:
            session.reply(error_of(None, RpcError(-32700, "Parse error")))
            return
        sent = message.get("id")
        try:
            result = self._called(session, str(message.get("method")), message.get("params") or {})
        except RpcError as error:
            session.reply(error_of(sent, error))
            return
        session.reply(self.answer(sent, result))
        session.settle()

    def _called(self, session: DeribitSession, method: str, params: Mapping[str, Any]) -> Any:
        match method:
            case "public/subscribe":
                return self._subscribe(session, params)
            case "public/unsubscribe":
                self._count_command(session)
                return [name for name in _channels(params) if self.leave(session, name)]
            case "public/auth":
                account = check_login(self, params)
                session.closed()  # of another account, where there was one
                session.listen(account)
                return {"token_type": "bearer", "scope": "connection account:read trade:read", **_TOKENS}
            case "private/subscribe":
                return self._subscribe_private(session, params)
            case "private/unsubscribe":
                self._count_command(session)
                return [name for name in _channels(params) if session.private.pop(name, 0) is None]
            case "public/set_heartbeat":
                session.start_heartbeat(number(params, "interval", None, low=10))
                return "ok"
            case "public/test":
                session.is_asked = False
        return self.call(method, params, session.account)

    def _count_command(self, session: DeribitSession) -> None:
        if not session.commands.allow(self.venue.now()):
            self.venue.stats.breaches["commands"] += 1
            raise RpcError(*TOO_OFTEN)

    def _subscribe(self, session: DeribitSession, params: Mapping[str, Any]) -> list[str]:
        self._count_command(session)
        names = _channels(params)
        if any(name.endswith(".raw") for name in names):
            raise RpcError(13778, "raw_subscriptions_not_available_for_unauthorized")
        if len({*session.topics, *names}) > _MOST_CHANNELS:
            self.venue.stats.breaches["channels"] += 1
            raise RpcError(-32602, "Invalid params", {"reason": "too many channels", "param": "channels"})
        accepted = []
        for name in dict.fromkeys(names):
            try:
                if name not in session.topics:
                    session.joining[name] = self.topic(session, name)
            except UnknownTopicError:
                continue  # without a word
            accepted.append(name)
        return accepted

    def _subscribe_private(self, session: DeribitSession, params: Mapping[str, Any]) -> list[str]:
        self._count_command(session)
        if session.account is None:
            raise RpcError(*UNAUTHORIZED)
        accepted = [name for name in _channels(params) if is_channel(name)]
        self.venue.stats.subscribes += len(set(accepted) - set(session.private))
        session.private |= dict.fromkeys(accepted)
        return accepted

    def resolve(self, session: DeribitSession, name: str) -> tuple[type[Topic], str, str]:
        word, *rest = name.split(".")
        if word == "chart" and len(rest) == 3 and rest[0] == "trades" and rest[2] in self.intervals:
            return Candles, "chart.trades", self._key(rest[1])
        if word == "quote" and len(rest) == 1:
            return CHANNELS[word, ""], word, self._key(rest[0])
        if word == "book" and len(rest) == 4 and rest[1] == "none" and rest[2] in _DEPTHS and rest[3] in _PACES:
            return WHOLE_BOOKS[rest[3]], word, self._key(rest[0])
        if word == "book" and len(rest) == 2 and rest[1] in _PACES:
            return BOOKS[rest[1]], word, self._key(rest[0])
        if len(rest) == 2 and (word, rest[1]) in CHANNELS:
            return CHANNELS[word, rest[1]], word, self._key(rest[0])
        raise UnknownTopicError(name)

    def _key(self, symbol: str) -> str:
        key = self.instrument(symbol).symbol
        if key in self.venue.faults.rejected:
            raise UnknownTopicError(symbol)
        return key

    @staticmethod
    def recorded_name(message: Any) -> str | None:
        params = message.get("params") if isinstance(message, dict) else None
        channel = params.get("channel") if isinstance(params, dict) else None
        return channel if isinstance(channel, str) else None

    # -- calls, over a socket or by REST ---------------------------------------------------------------------

    def call(self, method: str, params: Mapping[str, Any], account: Account | None = None) -> Any:
        """Return what a method answers.

        Args:
            account: that of the caller, who has logged in or signed.

        Raises:
            RpcError: the venue refuses.
        """
        if not self._credits.allow(self.venue.now()):
            self.venue.stats.breaches["credits"] += 1
            raise RpcError(*TOO_OFTEN)
        if method in PRIVATE_METHODS:
            if account is None:
                raise RpcError(*UNAUTHORIZED)
            return PRIVATE_METHODS[method](self, account, params)
        handler = METHODS.get(method)
        if handler is None:
            raise RpcError(-32601, "Method not found")
        return handler(self, params)

    def answer(self, sent: Any, result: Any) -> dict[str, Any]:
        """Return a result in its envelope."""
        us = self.venue.server_ms() * 1000
        head = {"jsonrpc": "2.0"} if sent is None else {"jsonrpc": "2.0", "id": sent}
        return head | {"result": result, "usIn": us, "usOut": us + 250, "usDiff": 250, "testnet": False}

    def error_body(self, status: int) -> Any:
        return error_of(None, RpcError(*(TOO_OFTEN if status == 429 else BUSY)))

    def limited(self, path: str, query: Mapping[str, str], recorded: Response | None) -> Response:
        if recorded is not None:
            return recorded
        if not path.startswith(f"{API}/"):
            return Response(404, b"<html>Not found</html>", content_type="text/html")
        return self._answered(path, query, lambda: None)

    def account_answer(self, request: Request) -> Response | None:
        if not request.path.startswith(f"{API}/private/"):
            return None
        return self._answered(request.path, request.query, lambda: check_request(self, request))

    def _answered(self, path: str, query: Mapping[str, str], caller: Callable[[], Account | None]) -> Response:
        try:
            return json_response(self.answer(None, self.call(path.removeprefix(f"{API}/"), query, caller())))
        except RpcError as error:
            return json_response(error_of(None, error), 400)


def _name(item: Instrument) -> str:
    return f"{item.base}-PERPETUAL" if item.quote == "USD" else f"{item.base}_{item.quote}-PERPETUAL"


def _channels(params: Mapping[str, Any]) -> list[str]:
    channels = params.get("channels")
    if not isinstance(channels, list):
        raise RpcError(-32602, "Invalid params", {"reason": "is required", "param": "channels"})
    return [str(channel) for channel in channels]
