"""The replay server: a process that speaks just enough of Binance's wire to be subscribed to, and then sends.

It stands on loopback and does nothing for a message: all frames are built before anybody is served, and a flood is
written in blocks of many. So a subject that reads a flood never waits for it; the table marks a run where one did.
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
from urllib.parse import urlsplit

from .frames import Load, book, exchange_info, framed, symbols, topic

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_BLOCK = 1 << 16  # bytes that a flood writes at once
_SETTLED = 0.2  # seconds between the last request of a client and the flood
_TEXT, _CLOSE, _PING = 1, 8, 9


class Replay:
    """One load, sent to the client that subscribes to all of it: as fast as it reads, or so many frames a second."""

    def __init__(self, load: Load, *, rate: float | None, levels: int) -> None:
        self.load = load
        self.rate = rate
        self.sent: list[int] = []  # when each frame was written, monotonic nanoseconds
        frames = list(load.frames())
        names = [topic(load.kind, symbol) for symbol in symbols(load.symbols)]
        self._first = dict(zip(names, frames, strict=False))  # makes its topic live as soon as that is subscribed to
        self._frames = frames[len(names) :]
        self._pages = {"exchangeInfo": exchange_info(load.symbols), "depth": book(levels)}
        self._snapshots = 0  # that were not asked for yet
        self._all_asked = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection: REST calls, or a websocket."""
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                lines = head.split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
                if key := headers.get("sec-websocket-key"):
                    await self._stream(reader, writer, key)
                    return
                page = self._page(urlsplit(lines[0].split(" ")[1]).path.rpartition("/")[2])
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
                writer.write(b"Content-Length: %d\r\n\r\n" % len(page) + page)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is done
        finally:
            writer.close()

    def _page(self, name: str) -> bytes:
        if name == "depth":
            self._snapshots -= 1
            if self._snapshots == 0:
                self._all_asked.set()
        if name == "sent":
            return json.dumps(self.sent).encode()
        if name == "time":
            return b'{"serverTime":%d}' % (time.time() * 1000)
        return self._pages.get(name, b"[]")

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
        accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest())
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        writer.write(b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        sending: asyncio.Task[None] | None = None
        left = set(self._first)
        self._snapshots = len(left)
        try:
            while True:
                opcode, payload = await _client_frame(reader)
                if opcode == _CLOSE:
                    return
                if opcode == _PING:
                    writer.write(b"\x8a" + bytes([len(payload)]) + payload)
                elif opcode == _TEXT:
                    command = json.loads(payload)
                    writer.write(framed(json.dumps({"result": None, "id": command["id"]}).encode()))
                    if command["method"] == "SUBSCRIBE":
                        left.difference_update(command["params"])
                        self._write(writer, [self._first[name] for name in command["params"]])
                    if not left and sending is None:
                        sending = asyncio.create_task(self._send(writer))
        finally:
            if sending is not None:
                sending.cancel()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        if self.load.kind == "depth":
            await self._all_asked.wait()
        await asyncio.sleep(_SETTLED)
        if self.rate is not None:
            await self._send_paced(writer, self.rate)
            return
        for block in _blocks(self._frames):
            self._write(writer, block)
            await writer.drain()

    async def _send_paced(self, writer: asyncio.StreamWriter, rate: float) -> None:
        began, done = time.monotonic(), 0
        while done < len(self._frames):
            due = int((time.monotonic() - began) * rate)
            for frame in self._frames[done:due]:
                self._write(writer, [frame])
            done = max(done, due)
            await asyncio.sleep(0)

    def _write(self, writer: asyncio.StreamWriter, frames: list[bytes]) -> None:
        now = time.monotonic_ns()
        self.sent.extend([now] * len(frames))
        writer.write(b"".join(frames))


def _blocks(frames: list[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    size = 0
    for frame in frames:
        block.append(frame)
        size += len(frame)
        if size >= _BLOCK:
            yield block
            block, size = [], 0
    yield block


async def _client_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size >= 126:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
    mask = await reader.readexactly(4)
    data = await reader.readexactly(size)
    return first & 0x0F, bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))


async def main() -> None:
    """Serve one load until the standard input is closed; the port is told on the standard output."""
    options = argparse.ArgumentParser()
    options.add_argument("kind")
    options.add_argument("symbols", type=int)
    options.add_argument("count", type=int)
    options.add_argument("levels", type=int)
    options.add_argument("--rate", type=float)
    chosen = options.parse_args()
    load = Load(chosen.kind, chosen.symbols, chosen.count)
    server = await asyncio.start_server(Replay(load, rate=chosen.rate, levels=chosen.levels).serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
