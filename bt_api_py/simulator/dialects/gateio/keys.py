"""Gate keys and signatures: what a signed request or subscription must carry, and how it is refused.

Source: Gate API v4 documentation, "Authentication" of REST and of the spot web socket, April 2026.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...account import Account
from ..base import Request

if TYPE_CHECKING:
    from . import GateioSpot

_VALID_S = 60


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, code: str, words: str, status: int = 401) -> None:
        super().__init__(words)
        self.code = code
        self.status = status


def signature(secret: str, text: str) -> str:
    """Return HMAC-SHA512 as lower-case hexadecimal digits."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def request_text(method: str, path: str, raw_query: str, body: bytes, moment: str) -> str:
    """Return what is signed of a REST request."""
    return f"{method}\n{path}\n{raw_query}\n{hashlib.sha512(body).hexdigest()}\n{moment}"


def socket_text(channel: str, event: str, moment: int) -> str:
    """Return what is signed of a subscription."""
    return f"channel={channel}&event={event}&time={moment}"


def check_request(dialect: GateioSpot, request: Request) -> Account:
    """Return the account of a signed request.

    Raises:
        RefusedError: in the venue's words.
    """
    headers = request.headers
    moment = headers.get("timestamp", "")
    text = request_text(request.method, request.path, request.raw_query, request.body, moment)
    return _check(dialect, headers.get("key", ""), headers.get("sign", ""), moment, text)


def check_socket(dialect: GateioSpot, message: Mapping[str, Any]) -> Account:
    """Return the account of a subscription.

    Raises:
        RefusedError: in the venue's words.
    """
    auth = message.get("auth")
    given: Mapping[str, Any] = auth if isinstance(auth, dict) else {}
    moment = message.get("time")
    text = socket_text(str(message.get("channel")), str(message.get("event")), moment if isinstance(moment, int) else 0)
    return _check(dialect, str(given.get("KEY", "")), str(given.get("SIGN", "")), str(moment), text)


def _check(dialect: GateioSpot, key: str, sign: str, moment: str, text: str) -> Account:
    account = dialect.accounts.find(key)
    if account is None:
        raise RefusedError("INVALID_KEY", "Invalid key provided")
    far = not moment.isdecimal() or abs(int(moment) - dialect.venue.server_ms() / 1000) > _VALID_S
    if far and dialect.accounts.checks_time:
        raise RefusedError("REQUEST_EXPIRED", "gap between request Timestamp and server time exceeds 60", 403)
    if not dialect.accounts.is_signed(sign, signature(account.secret, text)):
        raise RefusedError("INVALID_SIGNATURE", "Signature mismatch")
    if "read" not in account.permissions or not account.ip_ok:
        raise RefusedError("FORBIDDEN", "Request forbidden", 403)
    return account
