"""What happens between the frames of one read: readers get turns, and may do what they like in them."""

from __future__ import annotations

import asyncio

import pytest

from . import fakes
from .conftest import SPOT

ASSETS = [f"A{letter}" for letter in "BCDEFGHIJKLM"]
SYMBOLS = [f"{asset}USDT" for asset in ASSETS]


async def opened(api, transport, open_stream, message):
    """Open a stream of every symbol, let a first message of each come, and return the streams and the socket."""
    transport.pages["exchangeInfo"] = fakes.exchange_info(*ASSETS)
    streams = {symbol: open_stream(api, symbol) for symbol in SYMBOLS}
    readers = [asyncio.create_task(anext(stream)) for stream in streams.values()]
    await fakes.settle()
    [socket] = transport.sockets
    socket.feed(*(message(1, symbol) for symbol in SYMBOLS))
    await asyncio.gather(*readers)
    return streams, socket


async def test_a_flood_leaves_turns_to_everybody(connect, transport):
    """However much has arrived together, other tasks run after some dozens of messages, in the order of the topics."""
    streams, socket = await opened(
        connect(), transport, lambda api, symbol: api.stream_ticker(SPOT, symbol), fakes.ticker
    )
    socket.feed(*(fakes.ticker(number, symbol) for number in range(2, 202) for symbol in SYMBOLS))
    before, steps, seen = 0, [], []
    while before < 199 * len(SYMBOLS):
        await asyncio.sleep(0)
        queued = {symbol: stream.stats.queued for symbol, stream in streams.items()}
        steps.append(sum(queued.values()) - before)
        before = sum(queued.values())
        seen.append(queued)
        assert len(seen) < 1000
    assert max(steps) <= 128
    firsts = [next(at for at, queued in enumerate(seen) if queued[symbol]) for symbol in SYMBOLS]
    assert firsts == sorted(firsts)
    for stream in streams.values():
        numbers = [(await anext(stream)).get_timestamp() for _ in range(200)]
        assert numbers == sorted(numbers)


@pytest.mark.parametrize("reopens", [False, True])
@pytest.mark.parametrize("place", [1, 10])
async def test_who_gives_back_a_topic_in_between_takes_nothing_from_others(connect, transport, place, reopens):
    """A stream is closed, or opened anew, while frames of the same read wait for it: nobody else misses one of them."""
    api = connect()

    def open_stream(api, symbol):
        return api.stream_trades(SPOT, symbol, backfill=False)

    streams, socket = await opened(api, transport, open_stream, fakes.trade)
    first, other = SYMBOLS[0], SYMBOLS[place]
    read: dict[str, list[int]] = {symbol: [1] for symbol in SYMBOLS}
    waited = []

    async def read_all(symbol):
        async for trade in streams[symbol]:
            read[symbol].append(int(trade.get_trade_id()))
            if symbol == first and len(read[symbol]) == 10:
                waited.append(streams[other].stats.queued)
                await streams[other].aclose()
                if reopens:
                    streams[other] = open_stream(api, other)
                    read[other] = []
                    tasks.append(asyncio.create_task(read_all(other)))

    tasks = [asyncio.create_task(read_all(symbol)) for symbol in SYMBOLS]
    await fakes.settle()
    # Every topic has more than fits in one turn, so the first one's reader acts before the others' frames are handled.
    socket.feed(*(fakes.trade(number, symbol) for symbol in SYMBOLS for number in range(2, 82)))
    await fakes.settle()
    socket.feed(*(fakes.trade(number, symbol) for symbol in SYMBOLS for number in range(82, 162)))
    await fakes.settle()
    assert waited == [0]
    for symbol in SYMBOLS:
        if symbol != other:
            assert read[symbol] == list(range(1, 162))
    if reopens:
        # What was handled before there was a new stream is not for it; what was not, is.
        assert read[other] == list(range(82 if place == 1 else 2, 162))
        assert streams[other].stats.missing == 0
    else:
        assert read[other] == [1]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_second_socket_in_between_brings_nothing_twice(connect, transport, clock):
    """While frames of one read wait, another socket is opened, which brings the same messages: each is seen once."""
    streams, old = await opened(connect(), transport, lambda api, symbol: api.stream_ticker(SPOT, symbol), fakes.ticker)
    old.feed({"e": "serverShutdown", "E": 1})
    await fakes.settle()
    told = [fakes.ticker(number, symbol) for number in range(2, 66) for symbol in SYMBOLS]
    old.feed(*told)
    clock.skip(1.0)
    for _ in range(100):
        if len(transport.sockets) == 2:
            break
        await asyncio.sleep(0)
    waiting = [symbol for symbol, stream in streams.items() if not stream.stats.queued]
    assert waiting
    transport.sockets[1].feed(*told)
    await fakes.settle()
    for symbol in waiting:
        stream = streams[symbol]
        numbers = [(await anext(stream)).get_timestamp() % 1000 for _ in range(stream.stats.queued)]
        assert numbers == list(range(2, 66))


async def test_a_burst_of_one_topic_does_not_fill_the_queue_of_a_reader_who_keeps_up(connect, transport):
    """However many topics a socket carries, a reader of one gets turns before a small queue is full."""
    streams, socket = await opened(
        connect(),
        transport,
        lambda api, symbol: api.stream_ticker(SPOT, symbol, buffer=64, overflow="raise"),
        fakes.ticker,
    )
    socket.feed(*(fakes.ticker(number, SYMBOLS[0]) for number in range(2, 502)))
    stream = streams[SYMBOLS[0]]
    assert [(await anext(stream)).get_timestamp() % 1000 for _ in range(500)] == list(range(2, 502))
