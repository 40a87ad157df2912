"""Binance keys and signatures: what a signed request must carry, and how it is refused.

Source: binance-spot-api-docs, "Request security", "Errors", July 2026.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...account import Account
from ...signatures import hex_hmac, is_ed25519, is_pem

if TYPE_CHECKING:
    from .venue import Binance

_WINDOW_MS, _MOST_WINDOW_MS, _AHEAD_MS = 5_000, 60_000, 1_000
_ED25519_BYTES = 64


class RefusedError(Exception):
    """A request that is answered with an error; status as in HTTP, data as the venue adds it."""

    def __init__(self, status: int, code: int, words: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.code = code
        self.data = data


def invalid_key() -> RefusedError:
    """Return the refusal of a key that is unknown, revoked, used from elsewhere or not allowed to do this."""
    return RefusedError(401, -2015, "Invalid API-key, IP, or permissions for action.")


def authenticate(dialect: Binance, api_key: str, values: Mapping[str, Any], payload: str) -> Account:
    """Return the account of a signed request.

    Args:
        values: holds timestamp, signature and recvWindow. payload: the text that is signed.

    Raises:
        RefusedError: in the venue's words.
    """
    _check_form(api_key)
    for name in ("timestamp", "signature"):
        if values.get(name) in (None, ""):
            words = f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
            raise RefusedError(400, -1102, words)
    _check_time(dialect, values)
    accounts = dialect.accounts
    account = accounts.find(api_key)
    if account is None:
        raise invalid_key()
    if not _is_signed(dialect, account, str(values["signature"]), payload):
        raise RefusedError(400, -1022, "Signature for this request is not valid.")
    if not account.ip_ok or "read" not in account.permissions:
        raise invalid_key()
    return account


def key_owner(dialect: Binance, api_key: str) -> Account:
    """Return the account of a request that shows a key and is not signed.

    Raises:
        RefusedError: in the venue's words.
    """
    _check_form(api_key)
    account = dialect.accounts.find(api_key)
    if account is None or not account.ip_ok or "read" not in account.permissions:
        raise invalid_key()
    return account


def _check_form(api_key: str) -> None:
    if not re.fullmatch(r"[!-~]{1,256}", api_key):
        raise RefusedError(401, -2014, "API-key format invalid.")


def _is_signed(dialect: Binance, account: Account, signature: str, payload: str) -> bool:
    if dialect.accounts.strict and is_pem(account.secret):
        return is_ed25519(account.secret, payload, signature)
    return dialect.accounts.is_signed(signature, hex_hmac(account.secret, payload))


def _check_time(dialect: Binance, values: Mapping[str, Any]) -> None:
    try:
        stamp, window = int(values["timestamp"]), int(values.get("recvWindow", _WINDOW_MS))
    except (TypeError, ValueError):
        words = "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed."
        raise RefusedError(400, -1102, words) from None
    if window > _MOST_WINDOW_MS:
        raise RefusedError(400, -1131, "recvWindow must be less than 60000.")
    if not dialect.accounts.checks_time:
        return
    now = dialect.venue.server_ms()
    if stamp >= now + _AHEAD_MS:
        raise RefusedError(400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if now - stamp > window:
        raise RefusedError(400, -1021, "Timestamp for this request is outside of the recvWindow.")


def looks_like_ed25519(signature: str) -> bool:
    """Tell whether a signature has the form of an Ed25519 one: 64 bytes as Base64."""
    try:
        return len(base64.b64decode(signature, validate=True)) == _ED25519_BYTES
    except binascii.Error:
        return False


def socket_payload(params: Mapping[str, Any]) -> str:
    """Return what is signed of a WebSocket API request: its parameters by name, not encoded."""
    return "&".join(f"{name}={params[name]}" for name in sorted(params) if name != "signature")
