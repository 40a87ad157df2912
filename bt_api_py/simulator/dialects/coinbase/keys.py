"""Coinbase keys and signatures: what a signed subscription and a signed request must carry, and how they are refused.

Source: Coinbase Exchange documentation, "WebSocket feed: authentication", "REST authentication", November 2026.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...account import Account
from ..base import Request

if TYPE_CHECKING:
    from . import CoinbaseSpot

_VALID_MS = 30_000
VERIFY = "GET/users/self/verify"  # follows the timestamp of a subscription


class KeyRefusedError(Exception):
    """A key, or what it signed, that is refused."""

    def __init__(self, words: str, status: int = 401) -> None:
        super().__init__(words)
        self.status = status


def signature(secret: str, text: str) -> str:
    """Return the signature of a text; empty when the secret is no Base64 text."""
    try:
        key = base64.b64decode(secret)
    except ValueError:
        return ""
    return base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()


def check_message(dialect: CoinbaseSpot, message: Mapping[str, Any]) -> Account:
    """Return the account of a signed subscription.

    Raises:
        KeyRefusedError: in the venue's words.
    """
    given = {name: str(message.get(name) or "") for name in ("key", "signature", "passphrase", "timestamp")}
    return _check(dialect, given, given["timestamp"] + VERIFY)


def check_request(dialect: CoinbaseSpot, request: Request) -> Account:
    """Return the account of a signed request.

    Raises:
        KeyRefusedError: in the venue's words.
    """
    headers = {"key": "key", "signature": "sign", "passphrase": "passphrase", "timestamp": "timestamp"}
    given = {}
    for name, header in headers.items():
        given[name] = request.headers.get(f"cb-access-{header}", "")
        if not given[name]:
            raise KeyRefusedError(f"CB-ACCESS-{header.upper()} header is required", 400)
    path = f"{request.path}?{request.raw_query}" if request.raw_query else request.path
    body = request.body.decode("utf-8", "replace")
    return _check(dialect, given, f"{given['timestamp']}{request.method}{path}{body}")


def _check(dialect: CoinbaseSpot, given: Mapping[str, str], text: str) -> Account:
    account = dialect.accounts.find(given["key"])
    if account is None:
        raise KeyRefusedError("Invalid API Key")
    if not re.fullmatch(r"\d{1,12}(\.\d+)?", given["timestamp"]):
        raise KeyRefusedError("invalid timestamp", 400)
    late = abs(float(given["timestamp"]) * 1000 - dialect.venue.server_ms())
    if dialect.accounts.checks_time and late > _VALID_MS:
        raise KeyRefusedError("request timestamp expired", 400)
    if not dialect.accounts.is_signed(given["signature"], signature(account.secret, text)):
        raise KeyRefusedError("invalid signature")
    if not dialect.accounts.is_known_phrase(account, given["passphrase"]):
        raise KeyRefusedError("Invalid Passphrase")
    if not account.ip_ok:
        raise KeyRefusedError("IP does not match IP whitelist", 403)
    if "read" not in account.permissions:
        raise KeyRefusedError("Forbidden", 403)
    return account
