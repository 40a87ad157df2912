"""Bitget keys and signatures: what a login and a signed request must carry, and how they are refused.

Source: Bitget API v2 documentation, "Websocket login", "Signature", "Error codes", April 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...account import Account
from ...signatures import base64_hmac
from ..base import Request

if TYPE_CHECKING:
    from . import BitgetSpot

_VALID_MS = 30_000


class RefusedError(Exception):
    """A login or a request that is answered with an error code."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


def login_text(timestamp: str) -> str:
    """Return what is signed to log in; the timestamp is in seconds."""
    return f"{timestamp}GET/user/verify"


def request_text(timestamp: str, method: str, path: str, raw_query: str, body: str) -> str:
    """Return what is signed of a REST request; the timestamp is in milliseconds."""
    return f"{timestamp}{method}{path}{'?' if raw_query else ''}{raw_query}{body}"


def check_login(dialect: BitgetSpot, arg: Any) -> Account:
    """Return the account of a login.

    Raises:
        RefusedError: in the venue's words.
    """
    given: Mapping[str, Any] = arg if isinstance(arg, dict) else {}
    fields = {name: str(given.get(name, "")) for name in ("apiKey", "passphrase", "timestamp", "sign")}
    if not re.fullmatch(r"\d{1,12}", fields["timestamp"]):
        raise RefusedError(30013, "Invalid timestamp")
    if dialect.accounts.checks_time and _is_expired(dialect, int(fields["timestamp"]) * 1000):
        raise RefusedError(30014, "Timestamp expired")
    account = dialect.accounts.find(fields["apiKey"])
    if account is None:
        raise RefusedError(30011, "Invalid ACCESS_KEY")
    expected = base64_hmac(account.secret, login_text(fields["timestamp"]))
    if not dialect.accounts.is_signed(fields["sign"], expected):
        raise RefusedError(30015, "Invalid sign")
    if not dialect.accounts.is_known_phrase(account, fields["passphrase"]):
        raise RefusedError(30012, "Invalid passphrase")
    if not account.ip_ok or "read" not in account.permissions:
        raise RefusedError(30005, "Login failed")
    return account


def check_request(dialect: BitgetSpot, request: Request) -> Account:
    """Return the account of a signed request.

    Raises:
        RefusedError: in the venue's words.
    """
    given = {}
    for code, name in ((40001, "key"), (40003, "sign"), (40005, "timestamp"), (40011, "passphrase")):
        header = f"access-{name}"
        given[name] = request.headers.get(header, "")
        if not given[name]:
            raise RefusedError(code, f"{header.upper().replace('-', '_')} cannot be empty")
    if not re.fullmatch(r"\d{1,15}", given["timestamp"]):
        raise RefusedError(40005, "Invalid ACCESS_TIMESTAMP")
    if dialect.accounts.checks_time and _is_expired(dialect, int(given["timestamp"])):
        raise RefusedError(40008, "Request timestamp expired")
    account = dialect.accounts.find(given["key"])
    if account is None:
        raise RefusedError(40006, "Invalid ACCESS_KEY")
    is_demo = request.headers.get("paptrading") == "1"
    if dialect.accounts.strict and is_demo != account.demo:
        raise RefusedError(40099, "exchange environment is incorrect")
    body = request.body.decode("utf-8", "replace")
    text = request_text(given["timestamp"], request.method, request.path, request.raw_query, body)
    if not dialect.accounts.is_signed(given["sign"], base64_hmac(account.secret, text)):
        raise RefusedError(40009, "sign signature error")
    if not dialect.accounts.is_known_phrase(account, given["passphrase"]):
        raise RefusedError(40012, "apikey/password is incorrect")
    if not account.ip_ok:
        raise RefusedError(40018, "Invalid IP")
    if "read" not in account.permissions:
        raise RefusedError(40014, "Incorrect permissions")
    return account


def _is_expired(dialect: BitgetSpot, ms: int) -> bool:
    return abs(ms - dialect.venue.server_ms()) > _VALID_MS
