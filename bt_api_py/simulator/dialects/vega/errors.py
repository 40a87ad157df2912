"""How Vega's data node refuses: gRPC status numbers, over HTTP and inside a stream.

Source: Vega data node v0.79.0, API v2, October 2024.
"""

from __future__ import annotations

from typing import Any

INVALID_ARGUMENT, NOT_FOUND, EXHAUSTED, INTERNAL, UNAVAILABLE = 3, 5, 8, 13, 14
_STATUSES = {INVALID_ARGUMENT: 400, NOT_FOUND: 404, EXHAUSTED: 429, INTERNAL: 500, UNAVAILABLE: 503}
_CODES = {status: code for code, status in _STATUSES.items()}


class NodeError(Exception):
    """A request or a stream that is refused."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return _STATUSES[self.code]

    @property
    def body(self) -> dict[str, Any]:
        """Return what the node says."""
        return {"code": self.code, "message": str(self), "details": []}


def body_of(status: int) -> dict[str, Any]:
    """Return what the node says where a status is all that is known."""
    code = _CODES.get(status, INTERNAL)
    words = {EXHAUSTED: "rate limit exceeded", UNAVAILABLE: "service unavailable"}
    return NodeError(code, words.get(code, "internal error")).body
