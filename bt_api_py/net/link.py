"""A socket that is kept up for one owner: connect, greet, read, and after every end the same again.

What `Leg` is for the feeds of `BtApi`, a `Link` is for a client that keeps its own state: it hands over every frame,
and leaves what is asked for, and what frames mean, to the owner.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Protocol

from ..clock import Clock
from ..exceptions import DataParseError
from ..exchanges.base import Endpoint
from ..settings import ExchangeSettings
from .connection import Connection
from .errors import ConnectionLost, pause_after
from .tasks import end, start
from .transport import Transport

log = logging.getLogger("bt_api_py.net")

_LEAST_SHARE = 0.9  # of a pause: a little chance, so that clients of one program do not come all at once


class Owner(Protocol):
    """What a link asks of its owner. None of these may wait."""

    reconnect_delay: float  # seconds before the first new attempt; doubles with every failure
    max_reconnect_delay: float

    def greeting(self) -> Iterable[str]:
        """Return what is sent first on every new connection."""

    def take(self, payload: bytes) -> None:
        """Take a frame."""

    def reject(self, detail: str) -> None:
        """A frame came that the transport could not even inflate."""

    def lost(self, cause: str) -> None:
        """The connection ended; another one is on its way."""


class Link:
    """One socket and the task that keeps it up, from `open` to `close`."""

    def __init__(
        self,
        owner: Owner,
        endpoint: Endpoint,
        settings: ExchangeSettings,
        *,
        transport: Transport,
        clock: Clock,
        label: str,
    ) -> None:
        self._owner = owner
        self._endpoint = endpoint
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._label = label
        self._connection: Connection | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._failures = 0
        self.reconnects = 0

    @property
    def is_connected(self) -> bool:
        """Whether the socket is open."""
        return self._connection is not None

    @property
    def is_kept(self) -> bool:
        """Whether the socket is kept up: open, or on its way to be open again."""
        return self._keeper is not None and not self._keeper.done()

    async def open(self) -> None:
        """Connect; from then on the socket is kept up.

        Raises:
            ConnectionLost: this first attempt failed, and nothing is kept up.
        """
        connection = await self._connect()
        self._begin(connection)
        self._keeper = start(self._keep(connection), f"{self._label} keeper")

    def send(self, payload: str) -> None:
        """Send as soon as the venue's pace allows.

        Raises:
            ConnectionLost: there is no connection.
        """
        if self._connection is None:
            raise ConnectionLost("not connected")
        self._connection.send(payload)

    def restart(self, cause: str) -> None:
        """Drop the connection and make another."""
        if self._connection is not None:
            self._connection.give_up(cause)

    async def close(self) -> None:
        """Close the socket and keep it up no longer."""
        keeper, self._keeper = self._keeper, None
        connection, self._connection = self._connection, None
        if keeper is not None:
            await end([keeper])
        if connection is not None:  # the keeper may not even have begun
            await connection.close()

    async def _connect(self) -> Connection:
        url = self._endpoint.url(self._settings)
        return await Connection.open(self._endpoint, self._settings, self._transport, self._clock, self._label, url)

    def _begin(self, connection: Connection) -> None:
        self._connection = connection
        for payload in self._owner.greeting():
            connection.send(payload)

    async def _keep(self, connection: Connection) -> None:
        while True:
            try:
                lost = await self._read(connection)
            except GeneratorExit:
                raise  # the loop is gone: nothing can be awaited any more
            except BaseException:
                self._connection = None
                await connection.close()
                raise
            self._connection = None
            await connection.close()
            log.info("%s: %s", self._label, lost.cause)
            self._owner.lost(lost.cause)
            connection = await self._again(lost)
            self._begin(connection)

    async def _read(self, connection: Connection) -> ConnectionLost:
        """Hand over frames until the connection ends, and return how it did."""
        while True:
            try:
                payload = await connection.receive()
            except DataParseError as error:
                self._owner.reject(error.detail)
                continue
            except ConnectionLost as lost:
                return lost
            if payload:
                self._failures = 0
                self._owner.take(payload)

    async def _again(self, lost: ConnectionLost) -> Connection:
        """Return a new connection, after as many attempts as it takes."""
        while True:
            self._failures += 1
            owner = self._owner
            share = _LEAST_SHARE + (1 - _LEAST_SHARE) * self._clock.random()
            delay = pause_after(
                lost, self._failures, first=owner.reconnect_delay, most=owner.max_reconnect_delay, share=share
            )
            log.debug("%s: next attempt in %.2f s", self._label, delay)
            await self._clock.sleep(delay)
            self.reconnects += 1
            try:
                return await self._connect()
            except ConnectionLost as again:
                log.info("%s: %s", self._label, again.cause)
                lost = again
