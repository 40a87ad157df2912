"""The two things asked of the network. A test may put another transport in the place of aiohttp's."""

from __future__ import annotations

import asyncio
import math
import zlib
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar, Protocol

import msgspec

from ..exceptions import DataParseError


class Response(msgspec.Struct, frozen=True):
    """The answer to a REST call; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Socket(Protocol):
    """An open websocket."""

    async def receive(self) -> bytes:
        """Return the next message, inflated; empty for a sign of life without content.

        Raises:
            ConnectionLost: the socket has ended.
            DataParseError: this one message cannot be inflated; the socket goes on.
        """
        ...

    def take(self, most: int) -> list[bytes]:
        """Return messages that have arrived already, no more than so many, inflated.

        It ends before whatever is no plain message or cannot be inflated: that is for `receive`.
        """
        ...

    async def send(self, payload: str) -> None:
        """Send a text."""
        ...

    async def ping(self) -> None:
        """Send a websocket ping."""
        ...

    async def close(self) -> None:
        """Close; a pending `receive` ends with `ConnectionLost`."""
        ...


class Transport(Protocol):
    """Opens sockets and makes requests."""

    async def connect(
        self, url: str, *, timeout: float, compression: bool, max_message_size: int, proxy: str | None
    ) -> Socket:
        """Open a websocket.

        Raises:
            ConnectionLost: refused, unreachable, or not open within `timeout` seconds.
        """
        ...

    async def get(
        self, url: str, query: Mapping[str, str], headers: Mapping[str, str], *, timeout: float, proxy: str | None
    ) -> Response:
        """Make a GET request. A URL that has a query of its own is sent as it is: it may be signed.

        Raises:
            TimeoutError: no answer within `timeout` seconds.
            OSError: no connection.
        """
        ...

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
        """Make a request that changes something, or has a body; the URL is sent as it is. Raises as `get` does."""
        ...

    async def close(self) -> None:
        """Give everything back. Lets go before it waits, so that a use meanwhile begins afresh."""
        ...


class DefaultTransport:
    """aiohttp's transport, imported with the first use: that takes longer than the import of all of ours.

    A thread does it, so that the event loop is not held up.
    """

    _module: ClassVar[ModuleType | None] = None

    def __init__(self) -> None:
        self._real: Transport | None = None

    async def _ready(self) -> Transport:
        real = self._real
        if real is None:
            module = DefaultTransport._module
            if module is None:
                module = await asyncio.to_thread(import_module, "bt_api_py.net.aiohttp_transport")
                DefaultTransport._module = module
            # Another caller may have been first.
            real = self._real = self._real or module.AiohttpTransport()
        return real

    async def connect(
        self, url: str, *, timeout: float, compression: bool, max_message_size: int, proxy: str | None
    ) -> Socket:
        transport = await self._ready()
        return await transport.connect(
            url, timeout=timeout, compression=compression, max_message_size=max_message_size, proxy=proxy
        )

    async def get(
        self, url: str, query: Mapping[str, str], headers: Mapping[str, str], *, timeout: float, proxy: str | None
    ) -> Response:
        transport = await self._ready()
        return await transport.get(url, query, headers, timeout=timeout, proxy=proxy)

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
        transport = await self._ready()
        return await transport.post(url, body, headers, timeout=timeout, proxy=proxy, method=method)

    async def close(self) -> None:
        real, self._real = self._real, None
        if real is not None:
            await real.close()


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a ``Retry-After`` header, ``None`` when there is none or it is a date."""
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    try:
        seconds = float(value) if value is not None else math.nan
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _gzip_library() -> Any:
    """Return what opens gzip frames: isal where it is installed (extra ``fast``), else the standard library."""
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib
    return isal_zlib


_gzip = _gzip_library()


def inflate(data: bytes, limit: int) -> bytes:
    """Return the content of one gzip member.

    Raises:
        DataParseError: it is none, or larger than `limit` bytes when inflated.
    """
    inflater = _gzip.decompressobj(31)
    try:
        text: bytes = inflater.decompress(data, limit)
    except _gzip.error as error:
        raise DataParseError("frame", f"no gzip: {error}") from error
    if inflater.eof:
        return text
    if inflater.unconsumed_tail or len(text) >= limit:
        raise DataParseError("frame", f"larger than {limit} bytes when inflated")
    raise DataParseError("frame", "gzip data ends early")
