"""What has no counterpart in a loop for one market: a thousand streams, and the first state of a large book.

Each runs in a process of its own: ``python -m benchmarks.figures NAME PORT``.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from .frames import symbols
from .subjects import connect, open_stream

STREAMS = 1000
LEVELS = 50_000  # of both sides together
_IDLE = 5.0  # seconds for which the idle streams are watched


def _resident_kb() -> float:
    """Return the memory of this process; where no such file is, the most that it ever had."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return pages * resource.getpagesize() / 1024


async def thousand(port: int) -> dict[str, float]:
    """Open a thousand streams of trades, wait for a message on each, and leave them idle."""
    extra, *names = symbols(STREAMS + 1)
    left = len(names)
    complete = asyncio.Event()

    async def read(stream: Any) -> None:
        nonlocal left
        async for _ in stream:
            left -= 1
            if not left:
                complete.set()

    async with connect(port) as api:
        await anext(open_stream(api, "trades", extra, 0))  # modules, the list of markets, and the socket
        before, began = _resident_kb(), time.perf_counter()
        tasks = [asyncio.create_task(read(open_stream(api, "trades", name, 0))) for name in names]
        await complete.wait()
        seconds, memory = time.perf_counter() - began, _resident_kb() - before
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.sleep(_IDLE)
        idle = (time.process_time() - cpu) / (time.perf_counter() - began)
        for task in tasks:
            task.cancel()
    return {
        f"first messages of {STREAMS} symbols, seconds": seconds,
        "memory of an idle stream, kB": memory / STREAMS,
        f"processor while {STREAMS} streams are idle, %": 100 * idle,
    }


async def snapshot(port: int) -> dict[str, float]:
    """Open the stream of a large book and find the longest turn of the event loop until it is there."""
    longest = 0.0
    before = time.thread_time()

    async def watch() -> None:
        nonlocal longest, before
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            longest, before = max(longest, now - before), now

    first, second = symbols(2)
    async with connect(port) as api:
        await anext(open_stream(api, "depth", first, 21))  # modules, the list of markets, and the socket
        stream = open_stream(api, "depth", second, 21)
        before = time.thread_time()
        watcher = asyncio.create_task(watch())
        await anext(stream)
        watcher.cancel()
    return {f"longest turn of the loop at a first state of {LEVELS:,} levels, ms": 1000 * longest}


FIGURES: dict[str, Callable[[int], Coroutine[Any, Any, dict[str, float]]]] = {
    "thousand": thousand,
    "snapshot": snapshot,
}

if __name__ == "__main__":
    json.dump(asyncio.run(FIGURES[sys.argv[1]](int(sys.argv[2]))), sys.stdout)
