"""One stream of a data node: its socket, kept up, and what it tells.

Source: Vega v0.79.0, data node API v2, streams, state of 2024-10.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

import msgspec

from ...clock import Clock
from ...exceptions import NetworkError, WebSocketError
from ...exchanges.base import UNREADABLE
from ...exchanges.vega.wire import HOPELESS, NAME, TOO_LONG, endpoint
from ...net.errors import ConnectionLost
from ...net.link import Link
from ...net.transport import Transport
from ...settings import ExchangeSettings

log = logging.getLogger("bt_api_py.vega")

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds before a new attempt
_PATIENCE = 1.0  # seconds for the rest of a message that came in part
_LARGEST = 16 * 2**20  # bytes of such a message


class VegaStreamError(WebSocketError):
    """A node ended a stream with an error.

    Attributes:
        code: gRPC's number.
        is_too_long: there is more than a stream may begin with; REST tells it, and the stream is tried again.
        is_final: it is not tried again.
    """

    def __init__(self, path: str, code: int, detail: str) -> None:
        super().__init__(NAME, f"code {code}: {detail}", topic=path.partition("?")[0])
        self.code = code
        self.is_too_long = TOO_LONG in detail
        self.is_final = code in HOPELESS and not self.is_too_long


class Listener:
    """Who a stream tells what happens to it. Nothing here may wait."""

    def opened(self) -> None:
        """The socket is open, for the first time or again: what follows begins afresh."""

    def received(self, result: dict[str, Any]) -> None:
        """A message came."""

    def damaged(self, detail: str) -> None:
        """A message came that cannot be read: something is missing."""

    def lost(self, cause: str) -> None:
        """The socket ended; another is on its way."""

    def failed(self, error: VegaStreamError) -> None:
        """The node refused, or ended the stream; unless `error.is_final`, another socket is on its way."""


class VegaStream:
    """One stream and the socket that carries it.

    Attributes:
        path: with its filter, below ``/stream/``.
        rejected: messages that could not be read.
    """

    def __init__(
        self, path: str, listener: Listener, settings: ExchangeSettings, transport: Transport, clock: Clock
    ) -> None:
        self.path = path
        self.rejected = 0
        self.reconnect_delay = _FIRST_PAUSE  # longer with every error of the node: those come after a good connect
        self.max_reconnect_delay = _LONGEST_PAUSE
        self._listener = listener
        self._part = b""
        self._patience: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None
        label = f"{NAME} {path.partition('?')[0]}"
        self._link = Link(self, endpoint(path), settings, transport=transport, clock=clock, label=label)

    @property
    def is_connected(self) -> bool:
        """Whether the socket is open."""
        return self._link.is_connected

    @property
    def reconnects(self) -> int:
        """How often another socket was tried."""
        return self._link.reconnects

    async def open(self) -> None:
        """Connect; from then on the socket is kept up.

        Raises:
            NetworkError: this first attempt failed, and nothing is kept up.
        """
        try:
            await self._link.open()
        except ConnectionLost as lost:
            raise NetworkError(NAME, lost.cause, topic=self.path.partition("?")[0]) from lost

    async def close(self) -> None:
        """Close the socket for good."""
        self._forget_part()
        await self._link.close()
        if self._ending is not None:
            await asyncio.wait([self._ending])

    # What the link asks of its owner

    def greeting(self) -> Iterable[str]:
        self._forget_part()
        self._listener.opened()
        return ()

    def take(self, payload: bytes) -> None:
        frame = _message(payload)
        if frame is not None:
            if self._part:
                self._drop_part("a message ended early")
            self._understand(frame)
            return
        # Nodes of older versions spread an object over several frames.
        self._part += payload
        frame = _message(self._part)
        if frame is not None:
            self._forget_part()
            self._understand(frame)
        elif len(self._part) > _LARGEST:
            self._drop_part(f"a message is larger than {_LARGEST} bytes")
        elif self._patience is None:
            loop = asyncio.get_running_loop()
            self._patience = loop.call_later(_PATIENCE, self._drop_part, "a message is no JSON")

    def reject(self, detail: str) -> None:
        self.rejected += 1
        self._listener.damaged(detail)

    def lost(self, cause: str) -> None:
        self._forget_part()
        self._listener.lost(cause)

    def _forget_part(self) -> None:
        self._part = b""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _drop_part(self, detail: str) -> None:
        self._forget_part()
        log.warning("%s %s: %s", NAME, self.path.partition("?")[0], detail)
        self.reject(detail)

    def _understand(self, frame: dict[str, Any]) -> None:
        result = frame.get("result")
        if isinstance(result, dict):
            self.reconnect_delay = _FIRST_PAUSE
            self._listener.received(result)
            return
        given = frame.get("error")
        told = given if isinstance(given, dict) else {"message": str(given)}
        code = told.get("code")
        self.reconnect_delay = min(2 * self.reconnect_delay, _LONGEST_PAUSE)
        error = VegaStreamError(self.path, code if isinstance(code, int) else 0, str(told.get("message", "")))
        log.warning("%s", error)
        self._listener.failed(error)
        if error.is_final:
            self._ending = asyncio.get_running_loop().create_task(self._link.close(), name=f"{NAME} stream ends")
        else:
            self._link.restart(str(error))


def _message(payload: bytes) -> dict[str, Any] | None:
    """Return an envelope, ``None`` when these bytes are not one."""
    try:
        frame = msgspec.json.decode(payload)
    except UNREADABLE:
        return None
    return frame if isinstance(frame, dict) and ("result" in frame or "error" in frame) else None
