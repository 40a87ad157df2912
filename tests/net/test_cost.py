"""What a message costs between the socket and its reader, in what no machine changes: calls, and memory.

Time is measured by `benchmarks`. Here a change that makes every message dearer is seen at once: who makes it on purpose
raises the number, and who makes messages cheaper lowers it.
"""

import asyncio
import gc
import sys
from itertools import count
from pathlib import Path

import orjson
import pytest

import bt_api_py

from . import fakes
from .conftest import SPOT

PACKAGE = str(Path(bt_api_py.__file__).parent)
MESSAGES = 400
MARGIN = 1.1

# For each message: calls of Python functions by the package or into it, and calls of native ones by the package.
CALLS = {
    "messages that arrive together": {"ticker": (5, 4), "trades": (5, 4), "depth": (13, 11)},
    "messages that arrive one by one": {"ticker": (23, 16), "trades": (24, 18), "depth": (37, 26)},
    "three readers": {"ticker": (13, 6), "trades": (13, 6), "depth": (21, 13)},
}
BLOCKS = {"ticker": 7, "trades": 7, "depth": 21}  # of memory, for each object that a reader holds; its frame is one


class Calls:
    """Counts calls while it is entered."""

    def __init__(self):
        self.python = 0
        self.native = 0

    def __enter__(self):
        self._before = sys.getprofile()
        sys.setprofile(self._note)

    def __exit__(self, *_):
        sys.setprofile(self._before)

    def _note(self, frame, event, _):
        if event == "call" and (is_ours(frame) or is_ours(frame.f_back)):
            self.python += 1
        elif event == "c_call" and is_ours(frame):
            self.native += 1


def is_ours(frame):
    return frame is not None and frame.f_code.co_filename.startswith(PACKAGE)


class Case:
    """Live streams of one kind and the venue's end of their socket."""

    makers = {"ticker": fakes.ticker, "trades": fakes.trade, "depth": fakes.depth}
    # More levels than the venue sends as whole books, so that a book is kept.
    options = {"ticker": {}, "trades": {}, "depth": {"levels": 21}}
    fields = {
        "ticker": lambda item: (item.get_last_price(), item.get_volume(), item.get_timestamp()),
        "trades": lambda item: (item.get_trade_price(), item.get_trade_volume(), item.get_timestamp()),
        "depth": lambda item: (item.get_bids()[0][0], item.get_asks()[0][0], item.get_timestamp()),
    }

    def __init__(self, api, transport, clock, kind):
        self.kind = kind
        self.seen = 0
        self.numbers = count(1)
        self.tasks = []
        self._api, self._transport, self._clock = api, transport, clock

    async def open(self, read, readers=1):
        """Subscribe, let every reader pass each object to `read`, and let the first messages go by."""
        self._transport.pages["depth"] = fakes.depth_snapshot(1)
        for _ in range(readers):
            stream = getattr(self._api, f"stream_{self.kind}")(SPOT, "BTCUSDT", **self.options[self.kind])
            self.tasks.append(asyncio.create_task(self._read(stream, read)))
        await fakes.settle()
        [self.socket] = self._transport.sockets
        await self.send(1)
        await self._clock.run(1.0)  # the first state of a book is fetched
        await self.send(100)

    async def _read(self, stream, read):
        async for item in stream:
            self.seen += 1
            read(item)

    async def send(self, messages):
        """Let so many messages arrive together and be read."""
        make = self.makers[self.kind]
        self.socket.feed(*(orjson.dumps(make(next(self.numbers))) for _ in range(messages)))
        await fakes.settle()


@pytest.fixture
async def case(request, connect, transport, clock):
    made = Case(connect(), transport, clock, request.param)
    yield made
    for task in made.tasks:
        task.cancel()
    await asyncio.gather(*made.tasks, return_exceptions=True)


@pytest.mark.parametrize("manner", CALLS)
@pytest.mark.parametrize("case", BLOCKS, indirect=True)
async def test_the_calls_for_each_message(case, manner):
    """A message takes no more calls on its way to a reader who looks at three fields than it did."""
    readers = 3 if manner == "three readers" else 1
    await case.open(case.fields[case.kind], readers)
    before, calls = case.seen, Calls()
    together = 1 if manner == "messages that arrive one by one" else MESSAGES
    for _ in range(0, MESSAGES, together):
        with calls:
            await case.send(together)
    assert case.seen - before == readers * MESSAGES
    python, native = CALLS[manner][case.kind]
    assert calls.python <= MARGIN * python * MESSAGES
    assert calls.native <= MARGIN * native * MESSAGES


@pytest.mark.parametrize("case", BLOCKS, indirect=True)
async def test_the_memory_of_an_object(case):
    """An object that a reader keeps takes no more blocks of memory than it did."""
    kept = []
    await case.open(kept.append)
    kept.clear()
    await case.send(MESSAGES)
    assert len(kept) == MESSAGES
    before = blocks()
    kept.clear()
    assert before - blocks() <= MARGIN * BLOCKS[case.kind] * MESSAGES


@pytest.mark.parametrize("case", BLOCKS, indirect=True)
async def test_nothing_stays_of_an_object(case):
    """Of an object that a reader drops nothing stays."""
    await case.open(lambda _: None)
    await case.send(MESSAGES)
    before = blocks()
    await case.send(MESSAGES)
    assert blocks() - before < MESSAGES / 10


def blocks():
    gc.collect()
    return sys.getallocatedblocks()
