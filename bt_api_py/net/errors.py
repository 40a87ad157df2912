"""What may go wrong on the wire, in the package's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..exceptions import BtApiError


class ConnectionLost(Exception):
    """A socket could not be opened, or ended.

    Attributes:
        cause: one short text for the user, such as ``"closed by the venue, code 1006"``.
        code: websocket close code.
        status: HTTP status of a refused upgrade.
        retry_after: seconds that the venue asked to wait, ``None`` when it asked for nothing.
    """

    def __init__(
        self, cause: str, *, code: int | None = None, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(cause)
        self.cause = cause
        self.code = code
        self.status = status
        self.retry_after = retry_after


def is_retryable(error: BaseException) -> bool:
    """Return whether the same call may succeed later without any change."""
    if isinstance(error, BtApiError):
        return error.retryable
    return isinstance(error, (ConnectionLost, OSError, TimeoutError))


@dataclass(frozen=True, slots=True)
class Manner:
    """How a lost or refused connection is tried again.

    Attributes:
        at_least: seconds to wait, whatever the backoff says.
        at_once: the first attempt needs no wait: the venue closed in good order.
        hopeless: another try does not help; the streams end at once.
        hint: what the user can do, or why it happened.
    """

    at_least: float = 0.0
    at_once: bool = False
    hopeless: bool = False
    hint: str = ""


_DEFAULT = Manner()

_BY_STATUS: Mapping[int, Manner] = {
    400: Manner(hopeless=True, hint="the venue does not understand the request for a socket"),
    401: Manner(hopeless=True, hint="unauthorized"),
    403: Manner(at_least=10.0, hint="forbidden: a firewall of the venue, or too many attempts from this address"),
    404: Manner(hopeless=True, hint="no such address; look at ws_url"),
    405: Manner(hopeless=True, hint="this address offers no websocket"),
    410: Manner(hopeless=True, hint="this address is no longer served"),
    418: Manner(at_least=60.0, hint="the venue banned this address for a while"),
    429: Manner(at_least=5.0, hint="too many attempts"),
    451: Manner(hopeless=True, hint="not offered in this region"),
}

_BY_CODE: Mapping[int, Manner] = {
    1000: Manner(at_once=True),
    1001: Manner(at_once=True, hint="the server goes away"),
    1008: Manner(at_least=5.0, hint="the venue saw a breach of its rules, mostly of its message pace"),
    1009: Manner(at_least=1.0, hint="a message was too large; look at websocket.max_message_size"),
    1011: Manner(at_least=1.0, hint="trouble at the venue"),
    1012: Manner(at_least=1.0, hint="the server restarts"),
    1013: Manner(at_least=5.0, hint="the venue asks to come back later"),
}


def manner_of(lost: ConnectionLost, venue_codes: Mapping[int, Manner] | None = None) -> Manner:
    """Return how to try again after a loss; a venue's own close codes go first."""
    if lost.status is not None:
        return _BY_STATUS.get(lost.status, _DEFAULT)
    if lost.code is None:
        return _DEFAULT
    return (venue_codes or {}).get(lost.code) or _BY_CODE.get(lost.code, _DEFAULT)


def pause_after(lost: ConnectionLost, failures: int, *, first: float, most: float, share: float) -> float:
    """Return the seconds to wait before the next attempt.

    Args:
        failures: attempts in a row that failed.
        first: seconds of the first pause, which doubles with every failure up to `most`.
        share: the part of that pause that is really waited, from 0 to 1: chance, so that not everybody comes at once.
    """
    ceiling = min(most, first * 2.0 ** min(max(failures - 1, 0), 30))
    return max(ceiling * share, manner_of(lost).at_least, lost.retry_after or 0.0)
