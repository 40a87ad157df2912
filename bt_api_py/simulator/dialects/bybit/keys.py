"""Bybit keys and signatures: what a login and a signed request must carry, and how they are refused.

Source: Bybit v5 documentation, "Authentication", "Integration guidance", "Error codes", July 2026. That a time stamp
may be a second ahead at the most is from general knowledge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...account import Account
from ...signatures import hex_hmac
from ..base import Request
from ..parameters import RestError

if TYPE_CHECKING:
    from .venue import Bybit

_USUAL_WINDOW_MS = 5_000
_MOST_AHEAD_MS = 1_000


def login_text(expires: int) -> str:
    """Return what is signed to log in."""
    return f"GET/realtime{expires}"


def request_text(timestamp: str, key: str, window: str, sent: str) -> str:
    """Return what is signed of a REST request: at last the query, or the body, as it was sent."""
    return f"{timestamp}{key}{window}{sent}"


def check_login(dialect: Bybit, args: Any) -> Account:
    """Return the account of a login.

    Raises:
        RestError: in the venue's words.
    """
    is_whole = isinstance(args, list) and len(args) == 3
    key, expires, signature = args if is_whole else (None, None, None)
    if not isinstance(expires, int) or not isinstance(key, str) or not isinstance(signature, str):
        raise RestError(10001, "Params Error")
    if dialect.accounts.checks_time and expires <= dialect.venue.server_ms():
        raise RestError(10002, "The request time exceeds the time window range.")
    return _checked(dialect, key, signature, login_text(expires))


def check_request(dialect: Bybit, request: Request) -> Account:
    """Return the account of a signed request.

    Raises:
        RestError: in the venue's words.
    """
    key, stamp, signature = (request.headers.get(f"x-bapi-{name}", "") for name in ("api-key", "timestamp", "sign"))
    window = request.headers.get("x-bapi-recv-window", "")
    if not stamp.isdecimal() or not (window or "0").isdecimal():
        raise RestError(10001, "params error: X-BAPI-TIMESTAMP invalid")
    late = dialect.venue.server_ms() - int(stamp)
    if dialect.accounts.checks_time and not -_MOST_AHEAD_MS < late <= int(window or _USUAL_WINDOW_MS):
        raise RestError(10002, "invalid request, please check your server timestamp or recv_window param.")
    sent = request.raw_query or request.body.decode("utf-8", "replace")
    return _checked(dialect, key, signature, request_text(stamp, key, window, sent))


def _checked(dialect: Bybit, key: str, signature: str, text: str) -> Account:
    account = dialect.accounts.find(key)
    if account is None:
        raise RestError(10003, "API key is invalid.")
    if not dialect.accounts.is_signed(signature, hex_hmac(account.secret, text)):
        raise RestError(10004, "error sign! please check your signature generation algorithm.")
    if not account.ip_ok:
        raise RestError(10010, "Unmatched IP, please check your API key's bound IP addresses.")
    if "read" not in account.permissions:
        raise RestError(10005, "Permission denied, please check your API key permissions.")
    return account
