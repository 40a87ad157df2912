"""What all products of HTX share on the wire: sockets, envelopes, errors and what they mean.

Source: HTX spot API documentation and USDT-margined contracts API documentation (websocket connection, error codes,
authentication), last public state of 2021-06, compared with clients of 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import field

from ...exceptions import BtApiError, InvalidSymbolError, RateLimitError, RequestFailedError
from ..account_base import CHECK_CLOCK, CHECK_RIGHTS, login_error
from ..base import UNREADABLE, Command, Endpoint, Heartbeat, Rate

_TOO_OFTEN = {"429", "510", "1006", "1032", "2004", "2030", "4000", "40403", "base-request-exceed-frequency-limit"}
_BUSY = {"500", "1004", "gateway-internal-error"}
_NO_MARKET = {"1013", "1014", "1332", "2011", "base-symbol-error"}
_NO_LOGIN = {"login-required", "403"}
CHECK_ALL = "check the key, the secret and the clock"
_OUT_OF_TIME = re.compile(r"time ?stamp|expired|submission time", re.IGNORECASE)
_UNKNOWN_MARKET = re.compile(r"invalid (symbol|contract)|contract doesn.t exist", re.IGNORECASE)


class Outcome(msgspec.Struct):
    """Success or error: with hyphens on spot and on sockets, with underscores on contracts."""

    status: str = ""
    error_code: str | int = field(name="err-code", default="")
    error_text: str = field(name="err-msg", default="")
    contract_error_code: str | int = field(name="err_code", default="")
    contract_error_text: str = field(name="err_msg", default="")
    code: str | int = 200  # newer paths use this and one of the others instead
    message: str = ""
    msg: str = ""


_outcome = msgspec.json.Decoder(Outcome).decode


def endpoint(
    base: str, path: str, sends: Rate, *, ping: str | None = None, silence: float = 15, private: bool = False
) -> Endpoint:
    """Return the socket of a path. The venue pings, mostly every 5 s; where it answers pings of ours, `ping` is one."""
    return Endpoint(
        base,
        path,
        Heartbeat(send=ping, silence=silence),
        topics_per_socket=100,  # no limit is documented; practice of other clients
        sends=sends,
        connects=Rate(2, 1.0),
        private=private,
    )


def command(word: str, name: str, ids: Iterator[int], **more: str) -> Command:
    """Return a command about one topic of a market socket."""
    number = str(next(ids))
    frame: dict[str, Any] = {word: name, **more, "id": number}
    return Command(msgspec.json.encode(frame).decode(), (name,), number)


def is_pace(code: str, text: str) -> bool:
    """Whether the venue asks for fewer requests or connections."""
    # It also says so in words, under codes of wider meaning: "429 too many request", "too.many.request".
    return code in _TOO_OFTEN or "too many" in text or "too.many" in text


def is_no_market(code: str, text: str) -> bool:
    """Whether the venue does not know the market."""
    return code in _NO_MARKET or _UNKNOWN_MARKET.search(text) is not None


def advice(code: str, text: str) -> str | None:
    """Return what to look at when a login or a signature was refused; the text tells more than the code."""
    if text.startswith("invalid.ip") or "IP address" in text:
        return CHECK_RIGHTS
    if code.startswith("api-signature") or code in _NO_LOGIN or text.startswith("auth.fail"):
        return CHECK_CLOCK if _OUT_OF_TIME.search(text) else CHECK_ALL
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
    code = str(outcome.code if is_new else outcome.error_code or outcome.contract_error_code)
    text = (outcome.message or outcome.msg) if is_new else outcome.error_text or outcome.contract_error_text
    text = text or "no error text"
    if is_pace(code, text):
        return RateLimitError(exchange_name, None, text)
    if is_no_market(code, text):
        return InvalidSymbolError(exchange_name, "", text)
    hint = advice(code, text)
    if hint is not None:
        return login_error(exchange_name, text, code, hint)
    return RequestFailedError(exchange_name, path, text, status, code, is_temporary=code in _BUSY)
