"""Kraken keys, signatures and tokens: what a signed request must carry, and how it is refused.

Source: Kraken documentation, "Spot REST authentication", "Spot WebSocket authentication", "API errors", July 2026.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from ...account import Account
from ...venue import Venue
from ..base import Request

if TYPE_CHECKING:
    from . import KrakenSpot

TOKEN_S = 900


class RefusedError(Exception):
    """A request that is answered with an error."""


def signature(secret: str, path: str, nonce: str, body: str) -> str:
    """Return what must stand in `API-Sign`; empty when the secret is no Base64 text."""
    try:
        key = base64.b64decode(secret + "=" * (-len(secret) % 4))
    except ValueError:
        return ""
    text = path.encode() + hashlib.sha256((nonce + body).encode()).digest()
    return base64.b64encode(hmac.new(key, text, hashlib.sha512).digest()).decode()


def check_request(dialect: KrakenSpot, request: Request) -> tuple[Account, Mapping[str, str]]:
    """Return the account of a signed request, and its parameters.

    Raises:
        RefusedError: in the venue's words.
    """
    body = request.body.decode("utf-8", "replace")
    form = dict(parse_qsl(body, keep_blank_values=True))
    nonce = form.get("nonce", "")
    account = dialect.accounts.find(request.headers.get("api-key", ""))
    if account is None:
        raise RefusedError("EAPI:Invalid key")
    if not nonce.isdecimal() or int(nonce) <= dialect.tokens.nonces.get(account.api_key, -1):
        raise RefusedError("EAPI:Invalid nonce")
    expected = signature(account.secret, request.path, nonce, body)
    if not dialect.accounts.is_signed(request.headers.get("api-sign", ""), expected):
        raise RefusedError("EAPI:Invalid signature")
    dialect.tokens.nonces[account.api_key] = int(nonce)
    if "read" not in account.permissions or not account.ip_ok:
        raise RefusedError("EGeneral:Permission denied")
    return account, form


class Tokens:
    """The tokens that open private channels, and the last nonce of every key."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._tokens: dict[str, tuple[Account, float]] = {}
        self.nonces: dict[str, int] = {}

    def issue(self, account: Account) -> str:
        """Return a new token."""
        number = self._venue.random.getrandbits(240)
        token = base64.b64encode(number.to_bytes(30, "big")).decode()
        self._tokens[token] = (account, self._venue.now() + TOKEN_S)
        return token

    def account(self, token: str, *, is_new: bool) -> Account | None:
        """Return whose token it is; one too old for a connection on which it was not used yet is worth nothing."""
        known = self._tokens.get(token)
        if known is None or known[0].is_revoked or (is_new and self._venue.now() > known[1]):
            return None
        return known[0]

    def forget(self) -> None:
        """Make every token worthless."""
        self._tokens.clear()
