"""The streams of a data node: a socket for each, kept up, with its filter in the address.

Source: Vega v0.79.0, data node API v2, streams, state of 2024-10.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from ...clock import SYSTEM_CLOCK, Clock
from ...exchanges.vega.wire import NAME, STREAMS
from ...net.transport import DefaultTransport, Transport
from .addresses import socket_settings
from .stream import Listener, VegaStream, VegaStreamError

log = logging.getLogger("bt_api_py.vega")

Callback = Callable[[dict[str, Any]], object]


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
