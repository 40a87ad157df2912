"""What all sides of Deribit share on the wire: the socket, JSON-RPC envelopes and errors.

Source: Deribit API v2 documentation (connection management, heartbeat, rate limits, RPC error codes), state of 2026-01.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import field

from ...exceptions import BtApiError, InvalidSymbolError, RateLimitError, RequestFailedError
from ..account_base import CHECK_CLOCK, CHECK_KEY, CHECK_RIGHTS, login_error
from ..base import (
    UNREADABLE,
    Accepted,
    Ack,
    Alive,
    Answer,
    Command,
    Control,
    Endpoint,
    Heartbeat,
    Ignored,
    Rate,
    Refusal,
    batches,
)

NAME = "DERIBIT___SWAP"
REST = "https://www.deribit.com"
TESTNET_REST = "https://test.deribit.com"
# A call costs 500 of the credits of an address, which come back at 10 000 a second: 20 calls. Sockets take from them.
PACE = Rate(15, 1.0, "credits")

TOO_OFTEN = 10028
BUSY = (10040, 10041, 10047, 10066, 11051, 11094, 13028, 13888)

ADVICE = {
    "13004": CHECK_KEY,  # or the secret: the venue does not say which
    "13009": CHECK_RIGHTS,
    "13021": CHECK_RIGHTS,
}

_CHANNELS_PER_COMMAND = 100
_HEARTBEAT_S = 10  # the least that the venue takes
_LOGIN_S = 900  # for which a login is good by the venue's example
_OWN_ID = 0  # of what is said beside numbered commands


def call(method: str, params: dict[str, Any], number: int) -> str:
    """Return the message that calls a method."""
    frame = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return msgspec.json.encode(frame).decode()


_ANSWER = Answer(call("public/test", {}, _OWN_ID))


class Fault(msgspec.Struct):
    code: int = 0
    message: str = ""
    data: Any = None

    @property
    def detail(self) -> str:
        """What the venue says, with the parameter that it blames."""
        reason = self._reason("reason")
        return f"{self.message}: {f'{self.blamed} '.lstrip()}{reason}" if reason else self.message

    @property
    def blamed(self) -> str:
        """The parameter that is wrong; empty where the venue names none."""
        return self._reason("param")

    def _reason(self, key: str) -> str:
        found = self.data.get(key) if isinstance(self.data, dict) else None
        return found if isinstance(found, str) else ""


class Params(msgspec.Struct):
    channel: str = ""
    type: str = ""
    data: msgspec.Raw = field(default_factory=msgspec.Raw)


class Envelope(msgspec.Struct):
    """What a message may hold at its top, whichever kind it is."""

    method: str = ""
    id: int | str | None = None
    params: Params = field(default_factory=Params)
    result: msgspec.Raw = field(default_factory=msgspec.Raw)
    error: Fault | None = None

    @property
    def number(self) -> str | None:
        """The id of the command that this answers."""
        return None if self.id is None else str(self.id)

    @property
    def topic(self) -> str | None:
        """The name of the topic whose data this is; ``None`` when it is none."""
        is_data = self.method == "subscription" and self.params.channel and len(self.params.data)
        return self.params.channel if is_data else None


class Outcome(msgspec.Struct):
    error: Fault | None = None


envelope = msgspec.json.Decoder(Envelope).decode
_outcome = msgspec.json.Decoder(Outcome).decode
_channels = msgspec.json.Decoder(list[str]).decode


def endpoint(*, private: bool = False) -> Endpoint:
    """Return the socket, which serves both sides."""
    return Endpoint(
        "wss://www.deribit.com",
        "/ws/api/v2",
        Heartbeat(send=None, silence=3 * _HEARTBEAT_S),
        opening=call("public/set_heartbeat", {"interval": _HEARTBEAT_S}, _OWN_ID),
        topics_per_socket=400,  # 500 are said to be the most
        sends=Rate(3, 1.0),
        connects=Rate(10, 1.0),  # no rate is documented; 32 may stand at a time
        lifetime=_LOGIN_S if private else None,
        testnet_base="wss://test.deribit.com",
        private=private,
    )


def commands(method: str, names: Sequence[str], ids: Iterator[int]) -> list[Command]:
    """Return the commands that call a method for these channels."""
    made = []
    for part in batches(names, _CHANNELS_PER_COMMAND):
        number = next(ids)
        made.append(Command(call(method, {"channels": list(part)}, number), tuple(part), str(number)))
    return made


def control(frame: Envelope) -> Control:
    """Return what a message without data says."""
    if frame.method == "heartbeat":
        return _ANSWER if frame.params.type == "test_request" else Alive()
    if frame.error is not None:
        fault = frame.error
        return Refusal(fault.detail, id=frame.number, code=str(fault.code), is_pace=is_pace(fault))
    if frame.number is None:
        return Ignored(frame.method or "message without method or id")
    try:
        return Accepted(frame.number, frozenset(_channels(frame.result)))
    except UNREADABLE:
        return Ack(frame.number)  # of a call of another kind


def is_pace(fault: Fault) -> bool:
    """Return whether the same command may succeed a little later."""
    return fault.code in (TOO_OFTEN, *BUSY)


def failure(exchange_name: str, path: str, status: int, body: bytes) -> BtApiError | None:
    """Return the error that a REST answer means, ``None`` when it is none."""
    try:
        fault = _outcome(body).error
    except UNREADABLE:
        fault = None
    if fault is None:
        return RequestFailedError(exchange_name, path, "no error text", status) if status >= 400 else None
    if fault.code == TOO_OFTEN:
        return RateLimitError(exchange_name, None, fault.detail)
    if fault.blamed == "instrument_name":
        return InvalidSymbolError(exchange_name, "", fault.detail)
    code = str(fault.code)
    hint = CHECK_CLOCK if fault.blamed == "timestamp" else ADVICE.get(code)
    if hint is not None:
        return login_error(exchange_name, fault.detail, code, hint)
    return RequestFailedError(exchange_name, path, fault.detail, status, code, is_temporary=fault.code in BUSY)
