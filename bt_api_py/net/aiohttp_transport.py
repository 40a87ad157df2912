"""Sockets and requests by aiohttp. Imported with the first use, so that `import bt_api_py` stays quick."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import chain, islice, repeat, starmap
from operator import itemgetter, methodcaller
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from ..exceptions import DataParseError
from .errors import ConnectionLost
from .transport import Response, inflate, retry_after

_CLOSE_WAIT = 1.0  # seconds for the venue to confirm that we close
_GZIP = b"\x1f\x8b"
_message = itemgetter(0)  # of an entry of aiohttp's queue
_kind, _data = itemgetter(0), itemgetter(1)  # of a message
_awaiting = methodcaller("__await__")
_TEXT, _BINARY = aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY


class AiohttpSocket:
    """A websocket of aiohttp."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool], max_message_size: int) -> None:
        self._socket = socket
        self._limit = max_message_size
        # The messages that one read of the network brought in wait here. Asked for one by one, each costs as much
        # again as everything else that is done with it. Another layout of aiohttp's costs the speed, nothing else.
        queue = getattr(socket, "_reader", None)
        self._waiting: Sequence[Any] = getattr(queue, "_buffer", ())
        self._read: Any = getattr(queue, "read", None)

    async def receive(self) -> bytes:
        message = await self._socket.receive()
        kind, data = _kind(message), _data(message)
        if kind is _TEXT or kind is _BINARY:
            return self._content(data)
        if kind is aiohttp.WSMsgType.PING:
            await self._socket.pong(data)
            return b""
        if kind is aiohttp.WSMsgType.PONG:
            return b""
        raise self._ended(message)

    def take(self, most: int) -> list[bytes]:
        if not self._waiting:
            return []
        # Nothing here is a step of Python for each message, as long as all of them are texts.
        messages = list(map(_message, islice(self._waiting, most)))
        payloads = list(map(_data, messages))
        if list(map(_kind, messages)).count(_TEXT) != len(messages):
            payloads = self._plain(messages)
        # This takes them out of the queue; it does not wait for what is there.
        for _ in chain.from_iterable(map(_awaiting, starmap(self._read, repeat((), len(payloads))))):
            raise RuntimeError("a message that had arrived was not there")
        return payloads

    def _plain(self, messages: list[Any]) -> list[bytes]:
        """Return the contents of messages as far as there is nothing special about one."""
        payloads = []
        for message in messages:
            kind, data = _kind(message), _data(message)
            if kind is not _TEXT:
                if kind is not _BINARY:
                    break
                try:
                    data = self._content(data)
                except DataParseError:
                    break
            payloads.append(data)
        return payloads

    def _content(self, data: bytes) -> bytes:
        # Texts are bytes as well: nothing is decoded here.
        return inflate(data, self._limit) if data[:2] == _GZIP else data

    def _ended(self, message: Any) -> ConnectionLost:
        code = self._socket.close_code
        if message.type is aiohttp.WSMsgType.ERROR:
            return ConnectionLost(f"protocol error: {message.data}", code=code)
        reason = message.extra if message.type is aiohttp.WSMsgType.CLOSE and message.extra else ""
        return ConnectionLost(f"closed by the venue, code {code}{f' ({reason})' if reason else ''}", code=code)

    async def send(self, payload: str) -> None:
        try:
            await self._socket.send_str(payload)
        except (ConnectionError, RuntimeError) as error:
            raise ConnectionLost(f"connection lost while sending: {error}") from error

    async def ping(self) -> None:
        try:
            await self._socket.ping()
        except (ConnectionError, RuntimeError) as error:
            raise ConnectionLost(f"connection lost while sending: {error}") from error

    async def close(self) -> None:
        with suppress(ConnectionError):
            await self._socket.close()


class AiohttpTransport:
    """Sockets and requests by one aiohttp session, opened with the first use. TLS is always verified."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            # Limits are kept per venue by `net.limits`; the pool must not add one of its own.
            connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=60)
            self._session = aiohttp.ClientSession(connector=connector, auto_decompress=True, trust_env=False)
            # aiohttp asks a second time at once when a connection is cut; retries are ours, inside the venue's pace.
            self._session._retry_connection = False
        return self._session

    async def connect(
        self, url: str, *, timeout: float, compression: bool, max_message_size: int, proxy: str | None
    ) -> AiohttpSocket:
        try:
            async with asyncio.timeout(timeout):
                socket = await self._open().ws_connect(
                    url,
                    autoping=False,
                    autoclose=True,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_WAIT),
                    compress=15 if compression else 0,
                    max_msg_size=max_message_size,
                    proxy=proxy,
                    decode_text=False,
                )
        except aiohttp.WSServerHandshakeError as error:
            wait = retry_after(error.headers or {})
            raise ConnectionLost(f"refused with HTTP {error.status}", status=error.status, retry_after=wait) from error
        except TimeoutError as error:
            raise ConnectionLost(f"not open within {timeout:g} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ConnectionLost(f"cannot connect to {urlsplit(url).netloc}: {_reason(error)}") from error
        return AiohttpSocket(socket, max_message_size)

    async def get(
        self, url: str, query: Mapping[str, str], headers: Mapping[str, str], *, timeout: float, proxy: str | None
    ) -> Response:
        address = URL(url).with_query(query) if query else URL(url, encoded=True)
        return await self._ask("GET", address, b"", headers, timeout, proxy)

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
        return await self._ask(method, URL(url, encoded=True), body, headers, timeout, proxy)

    async def _ask(
        self, method: str, address: URL, body: bytes, headers: Mapping[str, str], timeout: float, proxy: str | None
    ) -> Response:
        data = body or None
        try:
            async with (
                asyncio.timeout(timeout),
                self._open().request(
                    method, address, data=data, headers=headers, proxy=proxy, allow_redirects=False
                ) as answer,
            ):
                text = await answer.read()
                names = {name.lower(): value for name, value in answer.headers.items()}
                return Response(answer.status, names, text)
        except aiohttp.ClientError as error:
            raise OSError(_reason(error)) from error

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def __del__(self) -> None:
        # The loop may be gone before anybody could await: let go without aiohttp's complaint.
        session = self._session
        if session is not None and not session.closed and (connector := session.connector) is not None:
            session.detach()
            with suppress(RuntimeError):  # the loop is closed, and the sockets with it
                connector._close()


def _reason(error: BaseException) -> str:
    inner = getattr(error, "os_error", None) or error
    return str(inner) or type(inner).__name__
