"""OKX keys and signatures: what a login and a signed request must carry, and how they are refused.

Source: OKX v5 documentation, "REST authentication", "WebSocket login", "Error code", July 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ...account import Account
from ...signatures import base64_hmac
from ..base import Request

if TYPE_CHECKING:
    from .venue import Okx

_VALID_MS = 30_000
_LOGIN_TEXT = "GET/users/self/verify"  # follows the timestamp, whatever the host
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class RefusedError(Exception):
    """A login or a request that is answered with an error code."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def login_text(timestamp: str) -> str:
    """Return what is signed to log in; the timestamp is in seconds."""
    return timestamp + _LOGIN_TEXT


def request_text(timestamp: str, method: str, path: str, raw_query: str, body: str) -> str:
    """Return what is signed of a REST request; the timestamp is ISO text."""
    return f"{timestamp}{method}{path}{'?' if raw_query else ''}{raw_query}{body}"


def check_login(dialect: Okx, arg: Any) -> Account:
    """Return the account of a login.

    Raises:
        RefusedError: in the venue's words.
    """
    given: Mapping[str, Any] = arg if isinstance(arg, dict) else {}
    for code, name, header in (
        ("60001", "apiKey", "KEY"),
        ("60002", "sign", "SIGN"),
        ("60003", "passphrase", "PASSPHRASE"),
    ):
        if not given.get(name) or not isinstance(given[name], str):
            raise RefusedError(code, f'"OK_ACCESS_{header}" can not be empty')
    stamp = str(given.get("timestamp", ""))
    if not re.fullmatch(r"\d{1,16}", stamp):
        raise RefusedError("60004", f"Invalid timestamp: {stamp}")
    if dialect.accounts.checks_time and abs(int(stamp) * 1000 - dialect.venue.server_ms()) > _VALID_MS:
        raise RefusedError("60006", "Timestamp request expired")
    if not re.fullmatch(r"[!-~]+", given["apiKey"]):
        raise RefusedError("60005", "Invalid apiKey")
    account = dialect.accounts.find(given["apiKey"])
    if account is None:
        raise RefusedError("60032", "API key doesn't exist")
    if not dialect.accounts.is_signed(given["sign"], base64_hmac(account.secret, login_text(stamp))):
        raise RefusedError("60007", "Invalid sign")
    if not dialect.accounts.is_known_phrase(account, given["passphrase"]):
        raise RefusedError("60024", "Wrong passphrase")
    if not account.ip_ok or "read" not in account.permissions:
        raise RefusedError("60009", "Login failed.")
    return account


def check_request(dialect: Okx, request: Request) -> Account:
    """Return the account of a signed request.

    Raises:
        RefusedError: in the venue's words.
    """
    given = {}
    for code, name in (("50103", "key"), ("50104", "passphrase"), ("50106", "sign"), ("50107", "timestamp")):
        header = f"ok-access-{name}"
        given[name] = request.headers.get(header, "")
        if not given[name]:
            raise RefusedError(code, f'Request header "{header.upper()}" can not be empty')
    _check_iso_time(dialect, given["timestamp"])
    account = dialect.accounts.find(given["key"])
    if account is None:
        raise RefusedError("50111", "Invalid OK-ACCESS-KEY")
    is_demo = request.headers.get("x-simulated-trading") == "1"
    if dialect.accounts.strict and is_demo != account.demo:
        raise RefusedError("50101", "APIKey does not match current environment.")
    body = request.body.decode("utf-8", "replace")
    text = request_text(given["timestamp"], request.method, request.path, request.raw_query, body)
    if not dialect.accounts.is_signed(given["sign"], base64_hmac(account.secret, text)):
        raise RefusedError("50113", "Invalid Sign")
    if not dialect.accounts.is_known_phrase(account, given["passphrase"]):
        raise RefusedError("50105", 'Request header "OK-ACCESS-PASSPHRASE" incorrect.')
    if not account.ip_ok:
        raise RefusedError("50110", "Your IP is not included in your API key's IP whitelist.")
    if "read" not in account.permissions:
        raise RefusedError("50120", "This API key doesn't have permission to use this function.")
    return account


def _check_iso_time(dialect: Okx, stamp: str) -> None:
    try:
        if not _ISO.fullmatch(stamp):
            raise ValueError(stamp)
        ms = datetime.fromisoformat(stamp).timestamp() * 1000
    except ValueError:
        raise RefusedError("50112", "Invalid OK-ACCESS-TIMESTAMP") from None
    if dialect.accounts.checks_time and abs(ms - dialect.venue.server_ms()) > _VALID_MS:
        raise RefusedError("50102", "Timestamp request expired")
