"""What all sides of Binance share on the wire: errors.

Source: Binance spot API documentation (error codes), state of 2026-07-21; USD-M futures documentation (error codes),
state of 2026-05.
"""

from __future__ import annotations

import msgspec

from ...exceptions import BtApiError, InvalidSymbolError, RequestFailedError
from ..account_base import CHECK_CLOCK, CHECK_KEY, CHECK_RIGHTS, CHECK_SECRET, login_error
from ..base import UNREADABLE

ADVICE = {
    "-1002": CHECK_RIGHTS,
    "-1021": CHECK_CLOCK,
    "-1022": CHECK_SECRET,
    "-2008": CHECK_KEY,
    "-2014": CHECK_KEY,
    "-2015": CHECK_RIGHTS,
}


class Fault(msgspec.Struct):
    code: int = 0
    msg: str = ""


_fault = msgspec.json.Decoder(Fault).decode


def failure(exchange_name: str, path: str, status: int, body: bytes) -> BtApiError | None:
    """Return the error that a REST answer means, ``None`` when it is none."""
    if status < 400:
        return None
    try:
        fault = _fault(body)
    except UNREADABLE:
        return RequestFailedError(exchange_name, path, "no error text", status)
    code = str(fault.code)
    if fault.code == -1121:
        return InvalidSymbolError(exchange_name, "", fault.msg)
    if code in ADVICE:
        return login_error(exchange_name, fault.msg, code, ADVICE[code])
    return RequestFailedError(exchange_name, path, fault.msg, status, code)
