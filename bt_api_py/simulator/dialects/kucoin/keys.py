"""KuCoin keys, signatures and tokens: what a signed request must carry, and what opens a socket.

Source: KuCoin API documentation, "Authentication", "Get public token", "Get private token", November 2025.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from ...account import Account
from ...signatures import base64_hmac
from ...venue import Venue
from ..base import Request

if TYPE_CHECKING:
    from . import KucoinSpot

TOKEN_S = 24 * 3600
_VALID_MS = 5_000


class RefusedError(Exception):
    """A signed request that is answered with an error."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


class Tokens:
    """The tokens that open sockets."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._ends: dict[str, float] = {}
        self._owners: dict[str, Account] = {}

    def issue(self, owner: Account | None = None) -> str:
        """Return a new token, for the sockets of an account or for those that anybody may open."""
        parts = [self._venue.random.getrandbits(200).to_bytes(25, "big") for _ in range(2)]
        token = ".".join(base64.b64encode(part).decode() for part in parts)
        self._ends[token] = self._venue.now() + TOKEN_S
        if owner is not None:
            self._owners[token] = owner
        return token

    def is_good(self, token: str) -> bool:
        """Tell whether a token opens a socket."""
        owner = self._owners.get(token)
        return self._venue.now() < self._ends.get(token, 0.0) and not (owner is not None and owner.is_revoked)

    def owner(self, token: str) -> Account | None:
        """Return whose account a token shows; None for one that anybody may have."""
        return self._owners.get(token)

    def forget(self) -> None:
        """Make every token worthless."""
        self._ends.clear()


def request_text(timestamp: str, method: str, path: str, raw_query: str, body: str) -> str:
    """Return what is signed of a request; the timestamp is in milliseconds."""
    return f"{timestamp}{method}{path}{'?' if raw_query else ''}{raw_query}{body}"


def check_request(dialect: KucoinSpot, request: Request) -> Account:
    """Return the account of a signed request.

    Raises:
        RefusedError: in the venue's words.
    """
    names = ("key", "sign", "timestamp", "passphrase")
    given = {name: request.headers.get(f"kc-api-{name}", "") for name in names}
    if not all(given.values()):
        missing = ", ".join(f"KC-API-{name.upper()}" for name in names if not given[name])
        raise RefusedError("400001", f"Please check the header of your request for {missing}")
    if not re.fullmatch(r"\d{1,15}", given["timestamp"]) or _is_expired(dialect, int(given["timestamp"])):
        raise RefusedError("400002", "Invalid KC-API-TIMESTAMP")
    account = dialect.accounts.find(given["key"])
    if account is None:
        raise RefusedError("400003", "KC-API-KEY not exists")
    # Since version 2 of the keys the passphrase is not sent as it is, but signed.
    if not dialect.accounts.is_signed(given["passphrase"], base64_hmac(account.secret, account.passphrase)):
        raise RefusedError("400004", "Invalid KC-API-PASSPHRASE")
    body = request.body.decode("utf-8", "replace")
    text = request_text(given["timestamp"], request.method, request.path, request.raw_query, body)
    if not dialect.accounts.is_signed(given["sign"], base64_hmac(account.secret, text)):
        raise RefusedError("400005", "Invalid KC-API-SIGN")
    if not account.ip_ok:
        raise RefusedError("400006", "The requested ip address is not in the api whitelist")
    if "read" not in account.permissions:
        raise RefusedError("400007", "Access denied, require more permission")
    return account


def _is_expired(dialect: KucoinSpot, ms: int) -> bool:
    return dialect.accounts.checks_time and abs(ms - dialect.venue.server_ms()) > _VALID_MS
