"""One socket: open, read, send within the venue's pace, keep alive, close."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from ..clock import Clock
from ..exchanges.base import PING_FRAME, Endpoint, Heartbeat
from ..settings import ExchangeSettings
from .errors import ConnectionLost
from .limits import Budget, host_of, limits_of
from .tasks import end, start
from .transport import Socket, Transport

log = logging.getLogger("bt_api_py.net")


class Connection:
    """An open socket of one endpoint. Owns two tasks, one that writes and one that watches for signs of life."""

    def __init__(
        self,
        endpoint: Endpoint,
        heartbeat: Heartbeat,
        settings: ExchangeSettings,
        socket: Socket,
        clock: Clock,
        label: str,
    ) -> None:
        self._heartbeat = heartbeat
        self._settings = settings.websocket
        self._socket = socket
        self.take = socket.take  # see `Socket.take`
        self._clock = clock
        self._label = label
        self._paces = [Budget(rate) for rate in endpoint.paces]
        self._urgent: deque[str] = deque()
        self._commands: deque[str] = deque()
        self._work = asyncio.Event()
        self._verdict: ConnectionLost | None = None
        self.opened = clock.monotonic()
        self.heard = self.opened
        self._tasks = [
            start(self._write(), f"{label} writer"),
            start(self._watch(), f"{label} watch"),
        ]

    @classmethod
    async def open(
        cls,
        endpoint: Endpoint,
        settings: ExchangeSettings,
        transport: Transport,
        clock: Clock,
        label: str,
        url: str,
        heartbeat: Heartbeat | None = None,
    ) -> Connection:
        """Connect, inside the host's budget of new sockets.

        Args:
            heartbeat: in place of the endpoint's own.

        Raises:
            ConnectionLost: it did not succeed.
        """
        limits = limits_of(clock).host(host_of(url))
        options = settings.websocket
        with limits.reserve("connects", endpoint.connects, clock.monotonic()) as turn:
            while (wait := turn.wait(clock.monotonic())) > 0:
                log.debug("%s: waits %.1f s for its turn to connect", label, wait)
                await clock.sleep(wait)
            began = clock.monotonic()
            try:
                socket = await transport.connect(
                    url,
                    timeout=options.connect_timeout,
                    compression=options.compression,
                    max_message_size=options.max_message_size,
                    proxy=settings.proxy_url,
                )
            except ConnectionLost as lost:
                if lost.status in (418, 429):
                    limits.block(clock.monotonic(), lost.retry_after if lost.retry_after is not None else 1.0)
                raise
            finally:
                turn.arrived(clock.monotonic())
        log.info("%s: connected in %.0f ms", label, (clock.monotonic() - began) * 1000)
        return cls(endpoint, heartbeat or endpoint.heartbeat, settings, socket, clock, label)

    async def receive(self) -> bytes:
        """Return the next message, empty for a sign of life without content.

        Raises:
            ConnectionLost: the socket has ended; the cause is what ended it.
            DataParseError: this one message cannot be read.
        """
        try:
            payload = await self._socket.receive()
        except ConnectionLost as lost:
            raise self._verdict or lost from None
        self.heard = self._clock.monotonic()
        return payload

    def answer(self, payload: str) -> None:
        """Send soon, before any command and outside the pace: the venue waits for it."""
        self._urgent.append(payload)
        self._work.set()

    def send(self, payload: str) -> None:
        """Send as soon as the venue's pace allows."""
        self._commands.append(payload)
        self._work.set()

    @property
    def is_sending(self) -> bool:
        """Whether commands wait for their turn."""
        return bool(self._commands)

    def give_up(self, cause: str) -> None:
        """End the socket: `receive` raises `ConnectionLost` with this cause."""
        if self._verdict is None:
            self._verdict = ConnectionLost(cause)
            self._tasks.append(start(self._socket.close(), f"{self._label} closer"))

    async def _write(self) -> None:
        try:
            while True:
                await self._work.wait()
                self._work.clear()
                while self._urgent or self._commands:
                    while self._urgent:
                        await self._socket.send(self._urgent.popleft())
                    if self._commands:
                        turns = [pace.reserve(self._clock.monotonic()) for pace in self._paces]
                        while (wait := max(turn.wait(self._clock.monotonic()) for turn in turns)) > 0:
                            await self._pause(wait)
                        await self._socket.send(self._commands.popleft())
        except ConnectionLost as lost:
            self.give_up(lost.cause)

    async def _pause(self, seconds: float) -> None:
        """Wait for the pace; answers go out meanwhile."""
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0:
            await self._clock.sleep(min(left, 0.5))
            while self._urgent:
                await self._socket.send(self._urgent.popleft())

    async def _watch(self) -> None:
        beat, options, clock = self._heartbeat, self._settings, self._clock
        asks = beat.send is not None
        quiet = options.ping_interval if asks else beat.silence or options.stale_after
        if beat.within is not None:
            quiet = min(quiet, beat.within)
        # A steady rhythm is not held up by an answer that is awaited.
        patience = min(options.ping_timeout, quiet) if beat.is_steady else options.ping_timeout
        asked = self.opened
        try:
            while True:
                since = asked if beat.is_steady else self.heard
                left = since + quiet - clock.monotonic()
                if left > 0:
                    await clock.sleep(left)
                    continue
                if not asks:
                    self.give_up(f"nothing heard for {quiet:g} s")
                    return
                await self._ask(beat.send)
                asked = clock.monotonic()
                await clock.sleep(patience)
                if self.heard < asked:
                    self.give_up(f"no answer to a ping within {patience:g} s")
                    return
        except ConnectionLost as lost:
            self.give_up(lost.cause)

    async def _ask(self, ping: str | None) -> None:
        """Send a ping. One that cannot even be written is left to the deadline: the peer reads nothing."""
        try:
            async with asyncio.timeout(self._settings.ping_timeout):
                if ping == PING_FRAME:
                    await self._socket.ping()
                elif ping is not None:
                    await self._socket.send(ping)
        except TimeoutError:
            log.debug("%s: a ping could not be written", self._label)

    async def close(self) -> None:
        """Close the socket and end the tasks."""
        try:
            await end(self._tasks)
        finally:
            await self._socket.close()
