"""``python -m tests.simulation.soak``: thousands of seeds, then millions of messages with slow readers and flat memory.

What `make soak` runs. Both parts end by themselves; the exit code is 1 when anything was wrong.
"""

import argparse
import asyncio
import gc
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress

from bt_api_py import BtApi
from bt_api_py.exceptions import StreamOverflowError
from bt_api_py.net.errors import ConnectionLost
from bt_api_py.net.transport import Response

from .test_many_seeds import trouble_of

EXCHANGE = "BINANCE___SPOT"
SYMBOL = "BTCUSDT"
_BURST = 200  # messages between two turns of the loop
_SAMPLES = 40
_NOISE = 0.05  # of the memory at the half: what it may grow by in the second half
_LEVELS = (
    ",".join(f'["{30_000 - n}.5","1.5"]' for n in range(20)),
    ",".join(f'["{30_001 + n}.5","2"]' for n in range(20)),
)
_MARKETS = b'{"symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","filters":[]}]}'


class Flood:
    """A transport whose only socket brings messages as fast as they are read, so many and no more."""

    def __init__(self, messages):
        self.left = messages
        self.number = 0
        self.is_over = asyncio.Event()
        self.open_sockets = 0
        self._answers = []
        self._closed = asyncio.Event()

    async def connect(self, url, *, timeout, compression, max_message_size, proxy):
        self.open_sockets += 1
        return self

    async def get(self, url, query, headers, *, timeout, proxy):
        return Response(200, {}, _MARKETS)

    def take(self):
        return None

    async def receive(self):
        if self._answers:
            return self._answers.pop()
        if self._closed.is_set():
            raise ConnectionLost("closed")
        if not self.left:
            self.is_over.set()
            await self._closed.wait()
            raise ConnectionLost("closed")
        self.left -= 1
        self.number += 1
        if self.number % _BURST == 0:
            await asyncio.sleep(0)
        return self._message(self.number)

    def _message(self, number):
        if number % 10 == 0:
            return b'{"stream":"btcusdt@depth20@100ms","data":{"lastUpdateId":%d,"bids":[%s],"asks":[%s]}}' % (
                number,
                _LEVELS[0].encode(),
                _LEVELS[1].encode(),
            )
        return (
            b'{"stream":"btcusdt@trade","data":{"e":"trade","E":1700000000000,"s":"BTCUSDT","t":%d,'
            b'"p":"30000.5","q":"0.1","T":1700000000000,"m":false}}' % (number - number // 10)
        )

    async def send(self, payload):
        number = payload.rsplit(":", 1)[1].strip("}")
        self._answers.append(b'{"result":null,"id":%s}' % number.encode())

    async def ping(self):
        """Do nothing: there is always something to hear."""

    async def close(self):
        self.open_sockets = 0
        self._closed.set()


def memory():
    """Return the bytes that this process holds."""
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def _read(stream, every):
    """Read one item, then let so many turns of the loop pass."""
    with suppress(StreamOverflowError):
        async for _ in stream:
            for _ in range(every):
                await asyncio.sleep(0)


async def flood(messages):
    """Send so many messages through a gateway with fast, slow and dying readers; return the samples of memory."""
    others = asyncio.all_tasks()
    transport = Flood(messages)
    samples = []
    async with BtApi(transport=transport) as api:
        fast = api.stream_trades(EXCHANGE, SYMBOL)
        slow = [
            api.stream_trades(EXCHANGE, SYMBOL, overflow="drop_oldest", buffer=1000),
            api.stream_trades(EXCHANGE, SYMBOL, overflow="latest"),
            api.stream_trades(EXCHANGE, SYMBOL, overflow="raise", buffer=1000),
            api.stream_depth(EXCHANGE, SYMBOL, overflow="drop_oldest", buffer=100),
        ]
        tasks = [asyncio.create_task(_read(fast, 0))]
        tasks += [asyncio.create_task(_read(stream, 1000)) for stream in slow]
        step = max(1, messages // _SAMPLES)
        while not transport.is_over.is_set():
            await asyncio.sleep(0.05)
            if transport.number >= step * (len(samples) + 1):
                samples.append(memory())
        await asyncio.sleep(0.1)
        for stream in slow[:2]:
            seen = stream.stats.delivered + stream.stats.dropped + stream.stats.queued
            assert seen == fast.stats.delivered, f"{seen} counted, {fast.stats.delivered} were sent"
        assert fast.stats.delivered == messages - messages // 10
        assert fast.stats.missing == fast.stats.dropped == 0
        assert slow[2].stats.state == "failed"
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert transport.open_sockets == 0
    assert asyncio.all_tasks() == others
    return samples


def growth(samples):
    """Return by what part of its size the memory grew in the second half, by a line through the samples."""
    half = samples[len(samples) // 2 :]
    count = len(half)
    middle, mean = (count - 1) / 2, sum(half) / count
    slope = sum((place - middle) * (size - mean) for place, size in enumerate(half))
    slope /= sum((place - middle) ** 2 for place in range(count)) or 1
    return slope * count / mean


def main():
    """Run both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3000)
    parser.add_argument("--first", type=int, default=10_000, help="the first seed")
    parser.add_argument("--messages", type=int, default=10_000_000)
    given = parser.parse_args()
    began = time.monotonic()
    bad = 0
    if given.seeds:
        with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
            seeds = range(given.first, given.first + given.seeds)
            for trouble in pool.map(trouble_of, seeds, chunksize=10):
                if trouble is not None:
                    bad += 1
                    print(trouble, flush=True)
        print(f"{given.seeds} seeds, {bad} failed, {time.monotonic() - began:.0f} s", flush=True)
    if given.messages:
        began = time.monotonic()
        samples = asyncio.run(flood(given.messages))
        grown = growth(samples)
        bad += abs(grown) > _NOISE
        rate = given.messages / (time.monotonic() - began)
        print(f"{given.messages} messages, {rate:.0f} a second, {samples[-1] / 2**20:.0f} MiB")
        print(f"memory in the second half: {grown:+.2%}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
