"""KuCoin tokens: what opens a socket.

Source: KuCoin API documentation, "Get public token", November 2025.
"""

from __future__ import annotations

import base64

from ...venue import Venue

TOKEN_S = 24 * 3600


class Tokens:
    """The tokens that open sockets."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._ends: dict[str, float] = {}

    def issue(self) -> str:
        """Return a new token."""
        parts = [self._venue.random.getrandbits(200).to_bytes(25, "big") for _ in range(2)]
        token = ".".join(base64.b64encode(part).decode() for part in parts)
        self._ends[token] = self._venue.now() + TOKEN_S
        return token

    def is_good(self, token: str) -> bool:
        """Tell whether a token opens a socket."""
        return self._venue.now() < self._ends.get(token, 0.0)

    def forget(self) -> None:
        """Make every token worthless."""
        self._ends.clear()
