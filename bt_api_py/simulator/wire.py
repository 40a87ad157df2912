"""The way between a gateway and simulated venues inside one process: delays, order, ends, and no network.

`SimulatedTransport` is a `bt_api_py.net.transport.Transport`. The venues' own dialects answer, frame by frame, so what
is tried here is everything but aiohttp.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from urllib.parse import unquote, urlsplit

from ..exceptions import DataParseError
from ..net.errors import ConnectionLost
from ..net.transport import Response, inflate, retry_after
from .dialects.base import Dialect, Session
from .dialects.base import Response as Answer
from .virtual_time import RESOLUTION_S
from .world import TICK_S, World

DOMAIN = "simulated.invalid"  # never resolved: the name stays inside the process
_CLOSE_WAIT_S = 1.0
_MOST_UNREAD = 50_000  # frames that a client may leave unread before it is cut off
_GZIP = b"\x1f\x8b"
_STEP_S = 1e-6  # two frames of one direction never arrive at one moment


class _Lane:
    """One direction of a connection: everything arrives late by some time, and in order."""

    def __init__(self, delay: Callable[[], float], arrive: Callable[[Any], None]) -> None:
        self._delay = delay
        self._arrive = arrive
        self._under_way: deque[tuple[float, Any]] = deque()
        self._sent_at = -1.0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def put(self, item: Any) -> None:
        """Send something on its way. What is sent at one moment travels together."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now != self._sent_at:
            self._sent_at = now
            self._due = max(self._due + _STEP_S, now + self._delay())
        self._under_way.append((self._due, item))
        if self._timer is None:
            self._timer = loop.call_at(self._due, self._deliver)

    def _deliver(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        while self._under_way and self._under_way[0][0] <= loop.time() + RESOLUTION_S:
            self._arrive(self._under_way.popleft()[1])
        if self._under_way and self._timer is None:
            self._timer = loop.call_at(self._under_way[0][0], self._deliver)

    def cut(self) -> None:
        """Lose what is under way."""
        self._under_way.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _VenueEnd:
    """A client as a dialect sees it; see `dialects.base.Transport`."""

    def __init__(self, lane: _Lane) -> None:
        self._lane = lane

    def send_text(self, text: str) -> None:
        self._lane.put(text.encode())

    def send_bytes(self, data: bytes) -> None:
        self._lane.put(data)

    def ping(self, payload: bytes) -> None:
        self._lane.put(_Ping(payload))

    def pong(self, payload: bytes) -> None:
        self._lane.put(b"")

    def close(self, code: int, reason: str) -> None:
        text = f"closed by the venue, code {code}{f' ({reason})' if reason else ''}"
        self._lane.put(ConnectionLost(text, code=code))

    def abort(self) -> None:
        self._lane.cut()
        self._lane.put(ConnectionLost("closed by the venue, code 1006", code=1006))


class _Ping:
    """A ping frame."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload


class SimulatedSocket:
    """A client's end of a connection; see `bt_api_py.net.transport.Socket`."""

    def __init__(self, transport: SimulatedTransport, dialect: Dialect[Any], limit: int) -> None:
        self._transport = transport
        self._dialect = dialect
        self._limit = limit
        self._inbox: deque[Any] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._ended: ConnectionLost | None = None
        self._up = _Lane(transport.delay, self._went)
        self._down = _Lane(transport.delay, self._came)
        self._session: Session | None = None

    def open(self, path: str, query: Mapping[str, str], url: str) -> None:
        """Let the venue welcome this client."""
        parts = urlsplit(url)
        self._session = self._dialect.on_open(_VenueEnd(self._down), path, query, parts.netloc, parts.query)

    async def receive(self) -> bytes:
        while not self._inbox:
            if self._ended is not None:
                raise self._ended
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        return self._next()

    def take(self, most: int) -> list[bytes]:
        payloads: list[bytes] = []
        while self._inbox and len(payloads) < most:
            item = self._inbox[0]
            if isinstance(item, _Ping) or len(item) > self._limit:
                break
            try:
                payloads.append(self._content(item))
            except DataParseError:
                break
            self._inbox.popleft()
        return payloads

    def _next(self) -> bytes:
        item = self._inbox.popleft()
        if isinstance(item, _Ping):
            self._up.put(("pong", item.payload))
            return b""
        if len(item) > self._limit:
            raise self._end(ConnectionLost("protocol error: message too big", code=1009))
        return self._content(item)

    def _content(self, data: bytes) -> bytes:
        return inflate(data, self._limit) if data[:2] == _GZIP else data

    async def send(self, payload: str) -> None:
        self._put("text", payload)

    async def ping(self) -> None:
        self._put("ping", b"")

    def _put(self, kind: str, payload: Any) -> None:
        if self._ended is not None:
            raise ConnectionLost("connection lost while sending: the socket is closed")
        self._up.put((kind, payload))

    async def close(self) -> None:
        if self._ended is not None:
            return
        self._end(ConnectionLost("closed, code 1000", code=1000))
        self._up.put(("close", None))
        # The venue confirms, unless the connection is dead.
        confirmed = self._session is not None and not self._session.is_frozen
        await asyncio.sleep(2 * self._transport.delay() if confirmed else _CLOSE_WAIT_S)

    def abandon(self) -> None:
        """Give up a socket that nobody has yet."""
        if self._session is not None and self._ended is None:
            self._up.put(("close", None))
            self._end(ConnectionLost("closed, code 1000", code=1000))

    def _end(self, cause: ConnectionLost) -> ConnectionLost:
        if self._ended is None:
            self._ended = cause
            self._transport.sockets.discard(self)
            self._down.cut()
            self._wake()
        return self._ended

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _came(self, item: Any) -> None:
        """Something of the venue arrives here."""
        if self._ended is not None:
            return
        if isinstance(item, ConnectionLost):
            self._end(item)
        elif len(self._inbox) >= _MOST_UNREAD:
            self._dialect.on_close(self._venue_session)
            self._end(ConnectionLost("closed by the venue, code 1006", code=1006))
        else:
            self._inbox.append(item)
            self._wake()

    def _went(self, item: tuple[str, Any]) -> None:
        """Something of the client arrives at the venue."""
        kind, payload = item
        session = self._venue_session
        if kind == "text":
            self._dialect.on_text(session, payload)
        elif kind == "ping":
            self._dialect.on_ping(session, payload)
        elif kind == "pong":
            self._dialect.on_pong(session, payload)
        else:
            self._dialect.on_close(session)

    @property
    def _venue_session(self) -> Session:
        assert self._session is not None, "a socket that was not opened"
        return self._session


class SimulatedTransport:
    """Leads to the venues of a world; see `bt_api_py.net.transport.Transport`.

    Args:
        world: whoever drives it lets time pass there.
        seed: chooses the delays.
        latency: seconds that a message takes at least, one way; `jitter`: and at most so much more.

    Attributes:
        sockets: those that are open.
    """

    def __init__(self, world: World, *, seed: int = 0, latency: float = 0.02, jitter: float = 0.01) -> None:
        self._world = world
        self._chance = Random(f"wire/{seed}")
        self._latency = latency
        self._jitter = jitter
        self.sockets: set[SimulatedSocket] = set()

    def delay(self) -> float:
        """Return the seconds that the next message takes."""
        return self._latency + self._jitter * self._chance.random()

    @staticmethod
    def settings(exchange: str) -> dict[str, str]:
        """Return the settings that lead an exchange here; each has a host of its own, as real ones have."""
        host = f"{exchange.lower().replace('_', '-').strip('-')}.{DOMAIN}"
        return {"ws_url": f"wss://{host}/{exchange}", "rest_url": f"https://{host}/{exchange}"}

    def _find(self, url: str) -> tuple[Dialect[Any], str, dict[str, str]] | None:
        parts = urlsplit(url)
        routed = self._world.route(unquote(parts.path)) if (parts.hostname or "").endswith(DOMAIN) else None
        if routed is None:
            return None
        pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
        return *routed, {name: unquote(value) for name, _, value in pairs}

    async def _reaches(self, dialect: Dialect[Any]) -> bool:
        """Travel to the venue and return whether it listens; while it hangs, nothing comes back."""
        await asyncio.sleep(self.delay())
        listens = not dialect.venue.faults.hangs
        while dialect.venue.faults.hangs:  # noqa: ASYNC110  # a switch that anybody may turn
            await asyncio.sleep(TICK_S)
        return listens

    async def connect(
        self, url: str, *, timeout: float, compression: bool, max_message_size: int, proxy: str | None
    ) -> SimulatedSocket:
        found = self._find(url)
        if found is None:
            raise ConnectionLost(f"cannot connect to {urlsplit(url).netloc}: no such host")
        dialect, path, query = found
        socket = SimulatedSocket(self, dialect, max_message_size)
        try:
            async with asyncio.timeout(timeout):
                refusal = dialect.admit(path, query) if await self._reaches(dialect) else Answer(0)
                if refusal is None:
                    socket.open(path, query, url)
                    self.sockets.add(socket)
                await asyncio.sleep(self.delay())
        except TimeoutError as error:
            socket.abandon()
            raise ConnectionLost(f"not open within {timeout:g} s") from error
        except asyncio.CancelledError:
            socket.abandon()
            raise
        if refusal is None:
            return socket
        if refusal.status == 0:
            raise ConnectionLost(f"cannot connect to {urlsplit(url).netloc}: connection reset")
        names = {name.lower(): value for name, value in refusal.headers.items()}
        wait = retry_after(names)
        raise ConnectionLost(f"refused with HTTP {refusal.status}", status=refusal.status, retry_after=wait)

    async def get(
        self, url: str, query: Mapping[str, str], headers: Mapping[str, str], *, timeout: float, proxy: str | None
    ) -> Response:
        return await self._ask("GET", url, query, b"", headers, timeout)

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        timeout: float,
        proxy: str | None,
        method: str = "POST",
    ) -> Response:
        return await self._ask(method, url, {}, body, headers, timeout)

    async def _ask(
        self, method: str, url: str, query: Mapping[str, str], body: bytes, headers: Mapping[str, str], timeout: float
    ) -> Response:
        found = self._find(url)
        if found is None:
            raise OSError(f"cannot connect to {urlsplit(url).netloc}: no such host")
        dialect, path, in_url = found
        raw_query = None if query else urlsplit(url).query
        async with asyncio.timeout(timeout):
            if not await self._reaches(dialect):
                raise ConnectionResetError("connection reset")
            sent = {"Host": urlsplit(url).netloc, **headers}
            answer = dialect.handle_http(method, path, query or in_url, sent, body, raw_query)
            await asyncio.sleep(self.delay() + dialect.venue.faults.http_delay)
        if answer.status == 0:
            raise ConnectionResetError("connection reset")
        return Response(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.body)

    async def close(self) -> None:
        """Do nothing: sockets are closed by whoever opened them, and there is nothing else."""
