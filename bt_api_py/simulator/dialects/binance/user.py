"""Binance WebSocket API as far as user streams need it: log-on, subscriptions, account events.

Source: binance-spot-api-docs, "WebSocket API", "User Data Streams", July 2026.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ...account import Account, AccountChange
from ...faults import DATA, Frame
from ...signatures import is_pem
from ...text import encode
from .account_rows import account_position, balance_update, execution_report
from .keys import RefusedError, authenticate, invalid_key, looks_like_ed25519, socket_payload
from .session import BinanceSession

if TYPE_CHECKING:
    from .spot import BinanceSpot

USER_PATH = "/ws-api/v3"
_WEIGHT = 2
_MOST_SUBSCRIPTIONS = 1_000
_MOST_OF_A_LIFE = 65_535


class UserSession(BinanceSession):
    """A connection to the WebSocket API. Limited by request weight, not by messages."""

    dialect: BinanceSpot
    messages_per_second: ClassVar[int] = 1 << 30

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._subscriptions: dict[int, Account] = {}
        self._subscribed = 0  # in the life of this connection
        self._logged_on: Account | None = None
        self._logged_on_ms: int | None = None

    @property
    def is_private(self) -> bool:
        return bool(self._subscriptions) or self._logged_on is not None

    def closed(self) -> None:
        for account in self._accounts():
            account.listeners.pop(self, None)
        self._subscriptions.clear()
        self._logged_on = self._logged_on_ms = None

    def _accounts(self) -> list[Account]:
        known = [*self._subscriptions.values(), *([self._logged_on] if self._logged_on else [])]
        return list(dict.fromkeys(known))

    # -- requests ----------------------------------------------------------------------------------------------

    def received(self, text: str) -> None:
        """Answer a request."""
        identity: Any = None
        try:
            message = json.loads(text)
            if not isinstance(message, dict) or not isinstance(message.get("method"), str):
                raise RefusedError(
                    400, -1102, "Mandatory parameter 'method' was not sent, was empty/null, or malformed."
                )
            identity, params = message.get("id"), message.get("params") or {}
            if not isinstance(params, dict):
                raise RefusedError(400, -1102, "Mandatory parameter 'params' was malformed.")
            self._spend()
            self._answer(identity, self._handler(message["method"])(self, params))
        except ValueError:
            self._refuse(None, RefusedError(400, -1000, "JSON Syntax Error"))
        except RefusedError as error:
            self._refuse(identity, error)

    def _handler(self, method: str) -> Callable[[UserSession, Mapping[str, Any]], Any]:
        if method in ("userDataStream.start", "userDataStream.ping", "userDataStream.stop"):
            raise RefusedError(410, -1000, "This method is no longer available.")
        handler = _METHODS.get(method)
        if handler is None:
            raise RefusedError(400, -5000, f"Method {method} is invalid")
        return handler

    def _spend(self) -> None:
        status, wait = self.dialect.spend(_WEIGHT)
        if status != 200:
            now = self.dialect.venue.server_ms()
            data = {"serverTime": now, "retryAfter": now + wait * 1000}
            words = "Too much request weight used; please use WebSocket Streams instead."
            raise RefusedError(status, -1003, words, data)

    def _answer(self, identity: Any, result: Any) -> None:
        used = self.dialect.venue.stats.weight_used
        limit = {
            "rateLimitType": "REQUEST_WEIGHT",
            "interval": "MINUTE",
            "intervalNum": 1,
            "limit": 6000,
            "count": used,
        }
        self.reply({"id": identity, "status": 200, "result": result, "rateLimits": [limit]})

    def _refuse(self, identity: Any, error: RefusedError) -> None:
        body = {"code": error.code, "msg": str(error)} | ({"data": error.data} if error.data else {})
        self.reply({"id": identity, "status": error.status, "error": body})

    def _authenticate(self, params: Mapping[str, Any]) -> Account:
        return authenticate(self.dialect, str(params.get("apiKey", "")), params, socket_payload(params))

    def _logon(self, params: Mapping[str, Any]) -> Any:
        account = self._authenticate(params)
        strict = self.dialect.accounts.strict
        if not (is_pem(account.secret) if strict else looks_like_ed25519(str(params["signature"]))):
            raise RefusedError(400, -4056, "HMAC_SHA256 API key is not supported.")
        self._logged_on, self._logged_on_ms = account, self.dialect.venue.server_ms()
        account.listeners[self] = None
        return self._status(params)

    def _logout(self, params: Mapping[str, Any]) -> Any:
        account, self._logged_on, self._logged_on_ms = self._logged_on, None, None
        if account is not None:
            self._end([number for number, of in self._subscriptions.items() if of is account])
            account.listeners.pop(self, None)
        return self._status(params)

    def _status(self, params: Mapping[str, Any]) -> Any:
        return {
            "apiKey": self._logged_on.api_key if self._logged_on else None,
            "authorizedSince": self._logged_on_ms,
            "connectedSince": int(self.opened * 1000),
            "returnRateLimits": True,
            "serverTime": self.dialect.venue.server_ms(),
            "userDataStream": bool(self._subscriptions),
        }

    def _subscribe_signed(self, params: Mapping[str, Any]) -> Any:
        return self._subscribe(self._authenticate(params))

    def _subscribe_logged_on(self, params: Mapping[str, Any]) -> Any:
        if self._logged_on is None:
            raise invalid_key()
        return self._subscribe(self._logged_on)

    def _subscribe(self, account: Account) -> Any:
        if account in self._subscriptions.values():
            raise RefusedError(400, -2035, "User Data Stream subscription already active.")
        if len(self._subscriptions) >= _MOST_SUBSCRIPTIONS or self._subscribed >= _MOST_OF_A_LIFE:
            raise RefusedError(400, -1000, "Too many subscriptions on this connection.")
        number = self._subscribed
        self._subscribed += 1
        self._subscriptions[number] = account
        account.listeners[self] = None
        self.dialect.venue.stats.subscribes += 1
        return {"subscriptionId": number}

    def _unsubscribe(self, params: Mapping[str, Any]) -> Any:
        number = params.get("subscriptionId")
        if number is None:
            self._end(list(self._subscriptions))
        elif number in self._subscriptions:
            self._end([number])
        else:
            raise RefusedError(400, -2036, "User Data Stream subscription not active.")
        return {}

    def _list(self, params: Mapping[str, Any]) -> Any:
        return [{"subscriptionId": number} for number in self._subscriptions]

    def _ping(self, params: Mapping[str, Any]) -> Any:
        return {}

    def _time(self, params: Mapping[str, Any]) -> Any:
        return {"serverTime": self.dialect.venue.server_ms()}

    # -- events ------------------------------------------------------------------------------------------------

    def changed(self, account: Account, change: AccountChange) -> None:
        """Send the events of a change."""
        for number in [number for number, of in self._subscriptions.items() if of is account]:
            if change.order is not None:
                self._event(number, "orders", execution_report(change, change.order), change.order.symbol)
            if change.cause == "transfer" and change.balances:
                self._event(number, "balances", balance_update(change))
            if change.balances:
                self._event(number, "balances", account_position(change))

    def revoked(self, account: Account) -> None:
        """End what belongs to a key that was taken back, and say so."""
        self._end([number for number, of in self._subscriptions.items() if of is account])
        account.listeners.pop(self, None)
        if self._logged_on is account:
            self._logged_on = self._logged_on_ms = None
        self._refuse(None, invalid_key())

    def terminate(self) -> None:
        """End every subscription and the log-on; the connection stays."""
        self._end(list(self._subscriptions))
        self.closed()

    def _end(self, numbers: list[int]) -> None:
        for number in numbers:
            account = self._subscriptions.pop(number)
            if account is not self._logged_on and account not in self._subscriptions.values():
                account.listeners.pop(self, None)
            event = {"e": "eventStreamTerminated", "E": self.dialect.venue.server_ms()}
            self.reply({"subscriptionId": number, "event": event})

    def _event(self, number: int, topic: str, event: dict[str, Any], symbol: str = "") -> None:
        self.push(Frame(encode({"subscriptionId": number, "event": event}), DATA, topic, event["e"], symbol))


_METHODS: dict[str, Callable[[UserSession, Mapping[str, Any]], Any]] = {
    "ping": UserSession._ping,
    "time": UserSession._time,
    "session.logon": UserSession._logon,
    "session.logout": UserSession._logout,
    "session.status": UserSession._status,
    "session.subscriptions": UserSession._list,
    "userDataStream.subscribe": UserSession._subscribe_logged_on,
    "userDataStream.subscribe.signature": UserSession._subscribe_signed,
    "userDataStream.unsubscribe": UserSession._unsubscribe,
}
