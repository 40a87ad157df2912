"""HTX keys and signatures: what a login and a signed request must carry, and how they are refused.

Source: HTX spot API reference, "Authentication", "Websocket Asset and Order", 2021, with later client reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...account import Account
from ...signatures import base64_hmac
from ..base import Request

if TYPE_CHECKING:
    from .venue import Htx

_VALID_MS = 300_000
_METHOD = "HmacSHA256"


class RefusedError(Exception):
    """A login that is answered with a code, or a request that is answered with words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


def signed_text(method: str, host: str, path: str, values: Mapping[str, str]) -> str:
    """Return what is signed: four lines, the values by name and percent-encoded."""
    pairs = "&".join(f"{name}={quote(values[name], safe='')}" for name in sorted(values))
    return f"{method}\n{host.lower()}\n{path}\n{pairs}"


def _hosts(dialect: Htx, called: str) -> Iterable[str]:
    """Yield the names a client may sign with: what it called us, with and without the port, and the venue's own."""
    return dict.fromkeys((called, called.rpartition(":")[0] or called, *dialect.hosts))


def _is_signed(
    dialect: Htx, account: Account, signature: str, method: str, called: str, path: str, values: Mapping[str, str]
) -> bool:
    hosts = _hosts(dialect, called)
    expected = (base64_hmac(account.secret, signed_text(method, host, path, values)) for host in hosts)
    return dialect.accounts.is_signed(signature, *expected)


def _is_timely(dialect: Htx, stamp: str) -> bool:
    try:
        moment = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return False
    if not dialect.accounts.checks_time:
        return True
    return abs(moment.timestamp() * 1000 - dialect.venue.server_ms()) <= _VALID_MS


def check_login(dialect: Htx, params: Any, host: str, path: str) -> Account:
    """Return the account of a login on the private socket.

    Raises:
        RefusedError: in the venue's words.
    """
    given: Mapping[str, Any] = params if isinstance(params, dict) else {}
    names = ("accessKey", "signatureMethod", "signatureVersion", "timestamp", "signature")
    if given.get("authType") != "api" or not all(isinstance(given.get(name), str) and given[name] for name in names):
        raise RefusedError(2001, "missing.param.auth")
    values = {name: given[name] for name in names if name != "signature"}
    account = dialect.accounts.find(values["accessKey"])
    if (
        account is None
        or (values["signatureMethod"], values["signatureVersion"]) != (_METHOD, "2.1")
        or not _is_timely(dialect, values["timestamp"])
        or not _is_signed(dialect, account, given["signature"], "GET", host, path, values)
        or "read" not in account.permissions
    ):
        raise RefusedError(2002, "auth.fail")
    if not account.ip_ok:
        raise RefusedError(2000, "invalid.ip")
    return account


def check_request(dialect: Htx, request: Request) -> Account:
    """Return the account of a signed request.

    Raises:
        RefusedError: in the venue's words.
    """
    values = {name: value for name, value in request.query.items() if name != "Signature"}
    for name in ("AccessKeyId", "SignatureMethod", "SignatureVersion", "Timestamp"):
        if not values.get(name):
            raise RefusedError(0, f"Signature not valid: Missing {name}")
    signature = request.query.get("Signature", "")
    account = dialect.accounts.find(values["AccessKeyId"])
    if account is None:
        raise RefusedError(0, "Signature not valid: Incorrect Access key")
    if not _is_timely(dialect, values["Timestamp"]):
        raise RefusedError(0, "Signature not valid: Invalid Timestamp")
    is_known = (values["SignatureMethod"], values["SignatureVersion"]) == (_METHOD, "2")
    host = request.headers.get("host", "")
    if not is_known or not _is_signed(dialect, account, signature, request.method, host, request.path, values):
        raise RefusedError(0, "Signature not valid: Verification failure")
    if not account.ip_ok:
        raise RefusedError(0, "Signature not valid: Incorrect IP address")
    if "read" not in account.permissions:
        raise RefusedError(0, "Signature not valid: Incorrect Access key permission")
    return account
