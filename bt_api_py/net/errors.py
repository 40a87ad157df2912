"""What may go wrong on the wire, in the package's own words."""

from __future__ import annotations

from ..exceptions import BtApiError


class ConnectionLost(Exception):
    """A socket could not be opened, or ended.

    Attributes:
        cause: one short text for the user, such as ``"closed by the venue, code 1006"``.
        code: websocket close code, or the HTTP status of a refused upgrade.
        retry_after: seconds that the venue asked to wait, ``None`` when it asked for nothing.
    """

    def __init__(self, cause: str, *, code: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.code = code
        self.retry_after = retry_after


def is_retryable(error: BaseException) -> bool:
    """Return whether the same call may succeed later without any change."""
    if isinstance(error, BtApiError):
        return error.retryable
    return isinstance(error, (ConnectionLost, OSError, TimeoutError))
