"""The streams of a data node: a socket for each, kept up, with its filter in the address.

Source: Vega v0.79.0, data node API v2, streams, state of 2024-10.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from ...clock import SYSTEM_CLOCK, Clock
from ...exceptions import NetworkError, WebSocketError
from ...exchanges.base import UNREADABLE
from ...exchanges.vega.wire import HOPELESS, NAME, STREAMS, TOO_LONG, endpoint
from ...net.errors import ConnectionLost
from ...net.link import Link
from ...net.transport import DefaultTransport, Transport
from ...settings import ExchangeSettings
from .addresses import socket_settings

log = logging.getLogger("bt_api_py.vega")

Callback = Callable[[dict[str, Any]], object]

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


class VegaWebSocketClient:
    """The streams of a data node.

    Each ``subscribe_*`` opens a socket and returns its `VegaStream`; the callback is given the ``result`` of every
    message, from the reader of the socket, so it must not wait. A lost socket is opened again after a pause that
    doubles up to half a minute; a stream then begins afresh.

    Args:
        data_node_url: of the streams, ``wss://`` (``ws://`` to loopback), with or without ``/api/v2``.
        on_error: called with each `VegaStreamError`.
        clock, transport: time and network, for tests.

    ``subscribe_*`` raise:
        NetworkError: the first attempt failed.
    """

    def __init__(
        self,
        data_node_url: str,
        *,
        on_error: Callable[[VegaStreamError], object] | None = None,
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._settings = socket_settings(data_node_url)
        self._on_error = on_error
        self._clock = clock or SYSTEM_CLOCK
        self._transport = transport or DefaultTransport()
        self.streams: list[VegaStream] = []

    async def subscribe_market_data(self, market_id: str, callback: Callback) -> VegaStream:
        """Stream changes of a market; there is no first state."""
        return await self.subscribe_endpoint(stream_path("markets/data", marketIds=market_id), callback)

    async def subscribe_orders(self, market_id: str | None, party_id: str, callback: Callback) -> VegaStream:
        """Stream a party's live orders, then every state of any; of one market or of all."""
        return await self.subscribe_endpoint(stream_path("orders", marketIds=market_id, partyIds=party_id), callback)

    async def subscribe_positions(self, market_id: str | None, party_id: str, callback: Callback) -> VegaStream:
        """Stream a party's positions, of one market or of all."""
        return await self.subscribe_endpoint(stream_path("positions", partyId=party_id, marketId=market_id), callback)

    async def subscribe_accounts(self, market_id: str | None, party_id: str, callback: Callback) -> VegaStream:
        """Stream all accounts of a party. `market_id` is no filter: general accounts have none, and would fall out."""
        return await self.subscribe_endpoint(stream_path("accounts", partyId=party_id), callback)

    async def subscribe_depth(self, market_id: str, callback: Callback) -> VegaStream:
        """Stream whole books of a market."""
        return await self.subscribe_endpoint(stream_path("markets/depth", marketIds=market_id), callback)

    async def subscribe_depth_updates(self, market_id: str, callback: Callback) -> VegaStream:
        """Stream changes of a market's book."""
        return await self.subscribe_endpoint(stream_path("markets/depth/updates", marketIds=market_id), callback)

    async def subscribe_trades(
        self, market_id: str | None, callback: Callback, party_id: str | None = None
    ) -> VegaStream:
        """Stream trades, of one market, one party, or both."""
        return await self.subscribe_endpoint(stream_path("trades", marketIds=market_id, partyIds=party_id), callback)

    async def subscribe_candles(self, candle_id: str, callback: Callback) -> VegaStream:
        """Stream the candles of an id, which ``/candle/intervals`` tells; one without trades has no prices."""
        return await self.subscribe_endpoint(stream_path("candle/data", candleId=candle_id), callback)

    async def subscribe_margin_levels(self, market_id: str | None, party_id: str, callback: Callback) -> VegaStream:
        """Stream a party's margin levels, of one market or of all."""
        return await self.subscribe_endpoint(
            stream_path("margin/levels", partyId=party_id, marketId=market_id), callback
        )

    async def subscribe_endpoint(self, url: str, callback: Callback) -> VegaStream:
        """Stream anything else: the path below ``/stream/`` and its filter, such as ``"votes?partyId=…"``."""
        return await self.follow(url, _Told(callback, self._on_error))

    async def follow(self, url: str, listener: Listener) -> VegaStream:
        """Open a stream for somebody who also wants to hear of losses and new beginnings."""
        path = url.partition(STREAMS)[2] or url
        stream = VegaStream(path.lstrip("/"), listener, self._settings, self._transport, self._clock)
        self.streams.append(stream)
        try:
            await stream.open()
        except BaseException:
            self.streams.remove(stream)
            await stream.close()
            raise
        return stream

    async def stop(self) -> None:
        """Close every stream."""
        await self.close(self.streams)
        await self._transport.close()

    async def close(self, streams: Sequence[VegaStream]) -> None:
        """Close some of the streams."""
        for stream in list(streams):
            self.streams.remove(stream)
            await stream.close()


class _Told(Listener):
    def __init__(self, callback: Callback, on_error: Callable[[VegaStreamError], object] | None) -> None:
        self._callback = callback
        self._on_error = on_error

    def received(self, result: dict[str, Any]) -> None:
        try:
            self._callback(result)
        except Exception:
            # The caller's mistake must not end the stream of everybody else.
            log.exception("%s: a callback failed", NAME)

    def failed(self, error: VegaStreamError) -> None:
        if self._on_error is not None:
            self._on_error(error)


def stream_path(name: str, **given: str | None) -> str:
    """Return the path of a stream with its filter."""
    return f"{name}?{urlencode({key: value for key, value in given.items() if value is not None})}"


def _message(payload: bytes) -> dict[str, Any] | None:
    """Return an envelope, ``None`` when these bytes are not one."""
    try:
        frame = msgspec.json.decode(payload)
    except UNREADABLE:
        return None
    return frame if isinstance(frame, dict) and ("result" in frame or "error" in frame) else None
