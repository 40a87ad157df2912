"""Deribit keys and signatures: what a login and a signed call must carry, and how they are refused.

Source: Deribit API v2 documentation, "Authentication", January 2026. What is said of a wrong time is from general
knowledge.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...account import Account
from ...signatures import hex_hmac
from ..base import Request
from .rpc import RpcError, invalid

if TYPE_CHECKING:
    from . import DeribitSwap

UNAUTHORIZED = 13009, "unauthorized"
_INVALID = 13004, "invalid_credentials"
_VALID_MS = 60_000
_HEADER = re.compile(r"deri-hmac-sha256 id=([^,]+),ts=(\d+),nonce=([^,]+),sig=([0-9a-f]+)")


def signature(secret: str, timestamp: str, nonce: str, data: str) -> str:
    """Return the signature of a login, whose data may be empty, or of a call."""
    return hex_hmac(secret, f"{timestamp}\n{nonce}\n{data}")


def check_login(dialect: DeribitSwap, params: Mapping[str, Any]) -> Account:
    """Return the account of a login by secret or by signature.

    Raises:
        RpcError: in the venue's words.
    """
    grant, key = params.get("grant_type"), str(params.get("client_id", ""))
    if grant == "client_credentials":
        return _checked(dialect, key, str(params.get("client_secret", "")), lambda secret: secret)
    if grant != "client_signature":
        raise invalid("grant_type", "value not in list")
    stamp, nonce, data = (str(params.get(name, "")) for name in ("timestamp", "nonce", "data"))
    _check_time(dialect, stamp)
    return _checked(
        dialect, key, str(params.get("signature", "")), lambda secret: signature(secret, stamp, nonce, data)
    )


def check_request(dialect: DeribitSwap, request: Request) -> Account:
    """Return the account of a signed call.

    Raises:
        RpcError: in the venue's words.
    """
    found = _HEADER.fullmatch(request.headers.get("authorization", ""))
    if found is None:
        raise RpcError(*UNAUTHORIZED)
    key, stamp, nonce, signed = found.groups()
    _check_time(dialect, stamp)
    path = f"{request.path}?{request.raw_query}" if request.raw_query else request.path
    data = f"{request.method}\n{path}\n{request.body.decode('utf-8', 'replace')}\n"
    return _checked(dialect, key, signed, lambda secret: signature(secret, stamp, nonce, data))


def _check_time(dialect: DeribitSwap, stamp: str) -> None:
    if not stamp.isdecimal():
        raise invalid("timestamp", "wrong format")
    if dialect.accounts.checks_time and abs(int(stamp) - dialect.venue.server_ms()) > _VALID_MS:
        raise invalid("timestamp", "too far from the time of the server")


def _checked(dialect: DeribitSwap, key: str, shown: str, expected: Any) -> Account:
    account = dialect.accounts.find(key)
    if account is None or not dialect.accounts.is_signed(shown, expected(account.secret)):
        raise RpcError(*_INVALID)
    if not account.ip_ok or "read" not in account.permissions:
        raise RpcError(*UNAUTHORIZED)
    return account
