"""Many streams at once: within the venue's pace, and light. The venue runs in a process of its own."""

import asyncio
import json
import sys
import tracemalloc
from contextlib import asynccontextmanager
from itertools import islice, product
from pathlib import Path

import pytest

from bt_api_py import BtApi
from bt_api_py.exchanges import EXCHANGES

from ..contract.worlds import cost, is_subscribed
from .fast_clock import FastClock

COUNT = 1000
MOST_BYTES = 20_000  # of one stream, its topic and its share of everything else
SOCKET_BYTES = 50_000  # of a socket, which its topics share
BEGIN_WITH_THE_PAST = {"BULK___SWAP"}  # thousands of candles in the first message of each topic
SPEED = 2.5
ROOT = Path(__file__).resolve().parents[2]


class Venue:
    """A simulated venue in another process."""

    def __init__(self, process):
        self._process = process
        self.settings = {}
        self.symbols = []

    async def begin(self):
        self.settings, self.symbols = await self._line()

    async def counters(self):
        """Return how many topics were asked for, and the limits that were broken."""
        self._process.stdin.write(b"\n")
        return await self._line()

    async def _line(self):
        async with asyncio.timeout(20):
            return json.loads(await self._process.stdout.readline())


@asynccontextmanager
async def venue_of(exchange):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.sockets.venue_process", exchange, str(SPEED),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    try:
        venue = Venue(process)
        await venue.begin()
        yield venue
    finally:
        process.stdin.close()
        await process.wait()


def topics(exchange, symbols):
    """Return a thousand different topics of the feed: markets times kinds, and intervals of bars.

    Fewer where the venue does not allow so many sockets.
    """
    kinds = [(kind, ()) for kind in EXCHANGES[exchange].kinds if kind in ("ticker", "trades")]
    if "klines" in EXCHANGES[exchange].kinds and exchange not in BEGIN_WITH_THE_PAST:
        words = EXCHANGES[exchange].intervals
        kinds += [("klines", (word,)) for word in words if word not in EXCHANGES[exchange].built]
    markets = [symbol for symbol in symbols if not symbol.startswith("HALT")]
    return list(islice(((kind, market, rest) for (kind, rest), market in product(kinds, markets)), most(exchange)))


def most(exchange):
    """Return how many topics are asked for."""
    rooms = [
        endpoint.topics_per_socket * endpoint.most_sockets
        for endpoint in EXCHANGES[exchange].endpoints.values()
        if endpoint.most_sockets is not None
    ]
    return min([COUNT, *rooms])


def shared_by(exchange):
    """Return how many topics a socket has room for."""
    adapter = EXCHANGES[exchange]()
    endpoint = adapter.endpoints[adapter.place("ticker", adapter.symbols.join("BTC", "USDT")).endpoint]
    return endpoint.topics_per_socket


async def drain(stream):
    async for _ in stream:
        pass


@pytest.mark.long
@pytest.mark.parametrize("exchange", sorted(EXCHANGES))
async def test_a_thousand_streams_are_polite_and_light(exchange):
    """A thousand topics are asked for inside every limit of the venue, and each costs less than 20 kB and a share of a
    socket.
    """
    async with venue_of(exchange) as venue, BtApi(venue.settings, clock=FastClock(SPEED)) as api:
        wanted = topics(exchange, venue.symbols)
        await api.async_get_symbols(exchange)  # the list of markets is no stream's own
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            streams = [getattr(api, f"stream_{kind}")(exchange, market, *rest) for kind, market, rest in wanted]
            readers = [asyncio.ensure_future(drain(stream)) for stream in streams]
            asked, all_of_them = 0, sum(cost(exchange, kind) for kind, *_ in wanted) if is_subscribed(exchange) else 1
            async with asyncio.timeout(30):
                while asked < all_of_them:
                    asked, breaches = await venue.counters()
                    await asyncio.wait(readers, timeout=0.05)  # a reader that ends has failed
                    assert not any(reader.done() for reader in readers)
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        _, breaches = await venue.counters()
        assert breaches == {}
        assert len(wanted) >= min(most(exchange), len(venue.symbols))
        assert asked == all_of_them
        bytes_each = (after - before) / len(wanted)
        assert bytes_each < MOST_BYTES + SOCKET_BYTES / shared_by(exchange), f"{bytes_each:.0f} bytes a stream"
