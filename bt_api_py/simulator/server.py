"""The network side of a simulator: HTTP and websockets on loopback, by aiohttp."""

import asyncio
import contextlib
import ipaddress
from collections import deque
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from .dialects.base import MAX_INBOUND, Dialect, Response
from .world import TICK_S, World

Route = Callable[[str], tuple[Dialect[Any], str] | None]

_MAX_QUEUED = 50_000  # frames a client may leave unread before it is cut off
_CLOSE_WAIT_S = 1.0


class Socket:
    """A client's websocket as the dialects see it: sending queues, a task of the handler writes."""

    def __init__(self, websocket: web.WebSocketResponse, request: web.Request) -> None:
        self._websocket = websocket
        self._request = request
        self._queue: deque[tuple[str, Any]] = deque()
        self._wake = asyncio.Event()
        self._is_ended = False

    def send_text(self, text: str) -> None:
        self._put("text", text)

    def send_bytes(self, data: bytes) -> None:
        self._put("bytes", data)

    def ping(self, payload: bytes) -> None:
        self._put("ping", payload)

    def pong(self, payload: bytes) -> None:
        self._put("pong", payload)

    def close(self, code: int, reason: str) -> None:
        self._put("close", (code, reason))
        self._is_ended = True

    def abort(self) -> None:
        self._is_ended = True
        self._queue.clear()
        if self._request.transport is not None:
            self._request.transport.abort()
        self._wake.set()

    def _put(self, kind: str, payload: Any) -> None:
        if self._is_ended:
            return
        if len(self._queue) >= _MAX_QUEUED:
            self.abort()  # a reader that slow would otherwise fill the memory
            return
        self._queue.append((kind, payload))
        self._wake.set()

    async def write(self) -> None:
        """Write what is queued until the connection ends."""
        with contextlib.suppress(ConnectionError):  # the client has gone; the reading side sees it too
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._queue:
                    kind, payload = self._queue.popleft()
                    await self._write_one(kind, payload)
                    if kind == "close":
                        return
                if self._is_ended:
                    return

    async def _write_one(self, kind: str, payload: Any) -> None:
        if kind == "text":
            await self._websocket.send_str(payload)
        elif kind == "bytes":
            await self._websocket.send_bytes(payload)
        elif kind == "ping":
            await self._websocket.ping(payload)
        elif kind == "pong":
            await self._websocket.pong(payload)
        else:
            code, reason = payload
            await self._websocket.close(code=code, message=reason.encode())


class Server:
    """Serves a world on one loopback port.

    Args:
        route: finds the dialect of a path; None: the first part of the path is the name of the exchange.

    Raises:
        ValueError: the host is not a loopback address.
    """

    def __init__(self, world: World, host: str, port: int, route: Route | None = None) -> None:
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"a simulator listens on loopback only, not on {host}")
        self._world = world
        self._route = route or world.route
        self._host = host
        self._wanted_port = port
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen; `port` is known afterwards."""
        app = web.Application(client_max_size=MAX_INBOUND)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_CLOSE_WAIT_S)
        await runner.setup()
        self._runner = runner
        try:
            site = web.TCPSite(runner, self._host, self._wanted_port)
            await site.start()
        except OSError:
            await self.stop()
            raise
        self.port = runner.addresses[0][1]

    async def stop(self) -> None:
        """End every connection and stop listening."""
        self._world.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        routed = self._route(request.path)
        if routed is None:
            names = ", ".join(self._world.dialects)
            return web.Response(status=404, text=f"no such exchange; this simulator runs {names}\n")
        dialect, path = routed
        if dialect.venue.faults.hangs:
            while dialect.venue.faults.hangs:  # noqa: ASYNC110  # a switch that anybody may turn
                await asyncio.sleep(TICK_S)
            return _plain(Response(0), request)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            refusal = dialect.admit(path, dict(request.query))
            if refusal is None:
                return await _talk(dialect, request, path)
            return _plain(refusal, request)
        body = await request.read()
        raw_query = request.rel_url.raw_query_string
        answer = dialect.handle_http(request.method, path, dict(request.query), request.headers, body, raw_query)
        if dialect.venue.faults.http_delay:
            await dialect.venue.clock.sleep(dialect.venue.faults.http_delay)
        return _plain(answer, request)


def _plain(answer: Response, request: web.Request) -> web.Response:
    if answer.status == 0:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)
    return web.Response(
        status=answer.status,
        body=answer.body,
        headers=dict(answer.headers),
        content_type=answer.content_type,
    )


async def _talk(dialect: Dialect[Any], request: web.Request, path: str) -> web.WebSocketResponse:
    websocket = web.WebSocketResponse(
        timeout=_CLOSE_WAIT_S, autoping=False, compress=False, max_msg_size=2 * MAX_INBOUND
    )
    await websocket.prepare(request)
    socket = Socket(websocket, request)
    raw_query = request.rel_url.raw_query_string
    session = dialect.on_open(socket, path, dict(request.query), request.host, raw_query)
    writer = asyncio.create_task(socket.write())
    try:
        async for message in websocket:
            if message.type is WSMsgType.TEXT:
                dialect.on_text(session, message.data)
            elif message.type is WSMsgType.BINARY:
                dialect.on_bytes(session, message.data)
            elif message.type is WSMsgType.PING:
                dialect.on_ping(session, bytes(message.data))  # aiohttp hands out a bytearray
            elif message.type is WSMsgType.PONG:
                dialect.on_pong(session, bytes(message.data))
    finally:
        dialect.on_close(session)
        if not writer.done():
            writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
    return websocket
