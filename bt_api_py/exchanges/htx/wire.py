"""What both sides of HTX spot share on the wire: errors, and what they mean.

Source: HTX spot API documentation (error codes, authentication), last public state of 2021-06, compared with clients
of 2026.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import field

from ...exceptions import BtApiError, InvalidSymbolError, RateLimitError, RequestFailedError
from ..account_base import CHECK_CLOCK, CHECK_RIGHTS, login_error
from ..base import UNREADABLE

_TOO_OFTEN = {"429", "510", "1006", "4000", "40403", "base-request-exceed-frequency-limit"}
_BUSY = {"500", "gateway-internal-error"}
_CHECK_ALL = "check the key, the secret and the clock"
_OUT_OF_TIME = re.compile(r"time ?stamp|expired|submission time", re.IGNORECASE)


class Outcome(msgspec.Struct):
    status: str = ""
    error_code: str | int = field(name="err-code", default="")
    error_text: str = field(name="err-msg", default="")
    code: str | int = 200  # newer paths use this and `message` instead
    message: str = ""


_outcome = msgspec.json.Decoder(Outcome).decode


def is_pace(code: str, text: str) -> bool:
    """Whether the venue asks for fewer requests or connections."""
    # It also says so in words, under codes of wider meaning: "429 too many request", "too.many.request".
    return code in _TOO_OFTEN or "too many" in text or "too.many" in text


def advice(code: str, text: str) -> str | None:
    """Return what to look at when a login or a signature was refused; the text tells more than the code."""
    if text.startswith("invalid.ip"):
        return CHECK_RIGHTS
    if code.startswith("api-signature") or code == "login-required" or text.startswith("auth.fail"):
        return CHECK_CLOCK if _OUT_OF_TIME.search(text) else _CHECK_ALL
    return None


def failure(exchange_name: str, path: str, status: int, body: bytes) -> BtApiError | None:
    """Return the error that a REST answer means, ``None`` when it is none."""
    try:
        outcome = _outcome(body)
    except UNREADABLE:
        return RequestFailedError(exchange_name, path, "no error text", status) if status >= 400 else None
    is_new = str(outcome.code) != "200"
    if status < 400 and outcome.status != "error" and not is_new:
        return None
    code = str(outcome.code if is_new else outcome.error_code)
    text = (outcome.message if is_new else outcome.error_text) or "no error text"
    if is_pace(code, text):
        return RateLimitError(exchange_name, None, text)
    if "invalid symbol" in text or code == "base-symbol-error":
        return InvalidSymbolError(exchange_name, "", text)
    hint = advice(code, text)
    if hint is not None:
        return login_error(exchange_name, text, code, hint)
    return RequestFailedError(exchange_name, path, text, status, code, is_temporary=code in _BUSY)
