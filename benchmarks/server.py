"""The replay server: a process that speaks just enough of Binance's wire to be subscribed to, and then sends.

It stands on loopback and does nothing per message: all frames are built beforehand.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from .frames import Load, book, exchange_info, framed

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CHUNK = 1 << 16
_SETTLED = 0.2  # seconds between the last request of a client and the flood
_TEXT, _CLOSE, _PING = 1, 8, 9


class Replay:
    """One load, sent to each client that subscribes to all of it."""

    def __init__(self, load: Load, *, rate: float | None, book_levels: int) -> None:
        self.load = load
        self.rate = rate
        self.book_levels = book_levels
        self.frames = list(load.frames())
        self.sent: list[int] = []  # when each frame was written, monotonic nanoseconds
        self._snapshots = 0
        self._asked = asyncio.Event()  # all snapshots were fetched

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection: REST calls, or a websocket."""
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                target = head.split(" ", 2)[1]
                headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                if "sec-websocket-key" in headers:
                    key = next(line[19:] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key"))
                    await self._stream(reader, writer, key.strip().encode())
                    return
                body = self._answer(target)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
                    + body
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is done
        finally:
            writer.close()

    def _answer(self, target: str) -> bytes:
        parts = urlsplit(target)
        if parts.path.endswith("/exchangeInfo"):
            return exchange_info(max(self.load.symbols, 1))
        if parts.path.endswith("/depth"):
            assert parse_qs(parts.query)["symbol"]
            self._snapshots += 1
            if self._snapshots >= self.load.symbols:
                self._asked.set()
            return book(self.book_levels)
        if parts.path.endswith("/time"):
            return b'{"serverTime":%d}' % (time.time() * 1000)
        if parts.path == "/sent":
            return json.dumps(self.sent).encode()
        return b"[]"

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: bytes) -> None:
        accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        names = 0
        flood: asyncio.Task[None] | None = None
        try:
            while True:
                opcode, payload = await _client_frame(reader)
                if opcode == _CLOSE:
                    return
                if opcode == _PING:
                    writer.write(b"\x8a" + bytes([len(payload)]) + payload)
                elif opcode == _TEXT:
                    command = json.loads(payload)
                    names += len(command["params"])
                    writer.write(framed(json.dumps({"result": None, "id": command["id"]}).encode()))
                    if names >= self.load.symbols and flood is None:
                        flood = asyncio.create_task(self._send(writer))
        finally:
            if flood is not None:
                flood.cancel()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        beginning = self.load.symbols  # one of each symbol, so that every topic is live before the flood
        self._write(writer, self.frames[:beginning])
        if self.load.kind == "depth":
            await self._asked.wait()
            self._asked.clear()
        self._snapshots = 0
        await asyncio.sleep(_SETTLED)
        if self.rate is not None:
            await self._send_paced(writer, beginning, self.rate)
            return
        for chunk in _chunks(self.frames[beginning:]):
            self._write(writer, chunk)
            await writer.drain()

    async def _send_paced(self, writer: asyncio.StreamWriter, place: int, rate: float) -> None:
        began = time.monotonic() - place / rate
        while place < len(self.frames):
            due = min(int((time.monotonic() - began) * rate), len(self.frames))
            for frame in self.frames[place:due]:
                self._write(writer, [frame])
            place = max(place, due)
            await asyncio.sleep(0)

    def _write(self, writer: asyncio.StreamWriter, frames: list[bytes]) -> None:
        now = time.monotonic_ns()
        self.sent.extend([now] * len(frames))
        writer.write(b"".join(frames))


def _chunks(frames: list[bytes]) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    size = 0
    for frame in frames:
        chunk.append(frame)
        size += len(frame)
        if size >= _CHUNK:
            yield chunk
            chunk, size = [], 0
    yield chunk


async def _client_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size >= 126:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
    mask = await reader.readexactly(4)
    data = await reader.readexactly(size)
    return first & 0x0F, bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))


async def main(arguments: list[str]) -> None:
    """Serve one load until the standard input is closed; the port is told on the standard output."""
    options = argparse.ArgumentParser()
    options.add_argument("kind")
    options.add_argument("symbols", type=int)
    options.add_argument("count", type=int)
    options.add_argument("--rate", type=float)
    options.add_argument("--book-levels", type=int, default=1000)
    chosen = options.parse_args(arguments)
    load = Load(chosen.kind, chosen.symbols, chosen.count)
    replay = Replay(load, rate=chosen.rate, book_levels=chosen.book_levels)
    server = await asyncio.start_server(replay.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
