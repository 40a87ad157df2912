"""JSON lines on standard output."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import orjson


class JsonLines:
    """Writes one object per line and flushes each.

    A reader of the pipe that is slow, or stopped, holds up a thread and not the event loop, so that the
    sockets are served meanwhile.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def write(self, data: dict[str, Any]) -> None:
        """Write one object.

        Raises:
            BrokenPipeError: nobody reads any more.
        """
        line = orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE)
        async with self._turn:
            await asyncio.to_thread(_put, line)


def _put(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
