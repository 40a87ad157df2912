"""Frames that arrive together take a shorter way than single ones. What readers see of them must not differ."""

import asyncio
import json
import random

import orjson
import pytest

from bt_api_py import BtApi, StreamEvent
from bt_api_py.containers import Container

from . import fakes

SPOT = "BINANCE___SPOT"
SYMBOLS = ("BTCUSDT", "ETHUSDT")
BAD = [b"{", b'{"stream":"btcusdt@trade","data":{}}', b'{"stream":"btcusdt@trade","data":{"t":"x"}}', b"[]", b"7", b""]


class World:
    """A gateway with readers of several kinds, and the venue's end of its socket."""

    def __init__(self):
        self.clock = fakes.FakeClock()
        self.transport = fakes.FakeTransport(self.clock)
        self.transport.pages["depth"] = fakes.depth_snapshot(1)
        self.api = BtApi({SPOT: {}}, clock=self.clock, transport=self.transport)
        self.seen = {}
        self.streams = {}
        self.tasks = []

    async def open(self):
        """Subscribe to everything; two readers share a topic, one of them with another spelling and a short queue."""
        for symbol in SYMBOLS:
            self._read(f"ticker {symbol}", self.api.stream_ticker(SPOT, symbol))
            trades = {"backfill": False, "events": True}
            self._read(f"trades {symbol}", self.api.stream_trades(SPOT, symbol, **trades))
            self._read(f"trades {symbol.lower()}", self.api.stream_trades(SPOT, symbol.lower(), **trades))
            self._read(f"depth {symbol}", self.api.stream_depth(SPOT, symbol, levels=21, events=True))
            self._read(f"short {symbol}", self.api.stream_depth(SPOT, symbol, levels=50))
        await fakes.settle()
        [self.socket] = self.transport.sockets
        for symbol in SYMBOLS:
            self.socket.feed(fakes.trade(1, symbol), fakes.ticker(1, symbol), fakes.depth(1, symbol))
        await fakes.settle()
        await self.clock.run(1.0)
        self.socket.feed(*(fakes.depth(number, symbol) for symbol in SYMBOLS for number in (2, 3)))
        await fakes.settle()

    def _read(self, name, stream):
        seen = self.seen[name] = []
        self.streams[name] = stream

        async def read():
            async for item in stream:
                seen.append(plain(item))

        self.tasks.append(asyncio.create_task(read()))

    async def close(self):
        """End everything and return what was seen, and the counters."""
        counters = {name: stream.stats.as_dict() for name, stream in self.streams.items()}
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.api.async_close()
        return self.seen, counters


def plain(item):
    """Return an object or an event as data that can be compared."""
    if isinstance(item, StreamEvent):
        return item.as_dict()
    assert isinstance(item, Container)
    return item.get_all_data(), item.get_raw_data(), item.get_origin()


def traffic(seed):
    """Return frames in the order of a venue that skips, repeats and garbles now and then."""
    rng = random.Random(seed)
    numbers = dict.fromkeys([(kind, symbol) for kind in ("trade", "ticker", "depth") for symbol in SYMBOLS], 1)
    for symbol in SYMBOLS:
        numbers["depth", symbol] = 3
    frames = []
    for _ in range(120):
        kind, symbol = rng.choice(list(numbers))
        numbers[kind, symbol] += rng.choices([1, 2, 0], [20, 1, 1])[0]
        # What has spaces in it goes the general way, among those that do not.
        write = rng.choices([orjson.dumps, lambda frame: json.dumps(frame).encode()], [9, 1])[0]
        frames.append(write(getattr(fakes, kind)(numbers[kind, symbol], symbol)))
        if rng.random() < 0.02:
            frames.append(rng.choice(BAD))
    return frames


async def played(frames, sizes):
    """Return what readers see of frames that arrive in groups of these sizes."""
    world = World()
    await world.open()
    left = list(frames)
    while left:
        size = next(sizes)
        world.socket.feed(*left[:size])
        del left[:size]
        await fakes.settle()
    return await world.close()


@pytest.mark.parametrize("seed", range(12))
async def test_what_arrives_together_is_seen_as_if_it_came_singly(seed):
    """Objects, events, their order, and every counter are the same, whichever frames arrive together."""
    frames = traffic(seed)
    rng = random.Random(-seed)
    singly, counted = await played(frames, iter(lambda: 1, None))
    together, counted_together = await played(frames, iter(lambda: rng.choice([1, 3, 40, 200]), None))
    assert together == singly
    assert counted_together == counted
    assert all(singly.values())


async def test_an_update_that_is_none_breaks_the_book_once():
    """Among updates that arrive together, the one that cannot be used is refused once, and the next book is whole."""
    world = World()
    await world.open()
    before = len(world.seen["depth BTCUSDT"])
    broken = fakes.depth(5)
    broken["data"]["b"] = [["98.00", "x"]]
    world.transport.pages["depth"] = fakes.depth_snapshot(4)  # joins the broken one, if that was kept
    world.socket.feed(fakes.depth(4), broken, fakes.depth(6), fakes.depth(7))
    await fakes.settle()
    await world.clock.run(5.0)
    world.transport.pages["depth"] = fakes.depth_snapshot(7)
    await world.clock.run(5.0)
    world.socket.feed(fakes.depth(8))
    await fakes.settle()
    seen, counters = await world.close()
    told = seen["depth BTCUSDT"][before:]
    events = [item["kind"] for item in told if isinstance(item, dict)]
    books = [item[0]["sequence"] for item in told if not isinstance(item, dict)]
    assert (events[0], events[-1], events.count("gap")) == ("gap", "resynced", 1)
    assert (books[0], books[-1]) == (4, 8)
    assert {name: counters["depth BTCUSDT"][name] for name in ("rejected", "gaps", "resyncs")} == {
        "rejected": 1,
        "gaps": 1,
        "resyncs": 1,
    }
