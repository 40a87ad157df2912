"""Simulated venues in a thread of their own, which a test may disturb and ask for the truth."""

import asyncio
from concurrent.futures import Future
from threading import Thread

import pytest

from bt_api_py.simulator import Simulator


class Venues:
    """A simulator that belongs to another thread; `call` runs there."""

    def __init__(self, loop, simulator):
        self._loop = loop
        self.simulator = simulator
        self.url = simulator.url

    def call(self, function, *args, **options):
        async def work():
            return function(*args, **options)

        return asyncio.run_coroutine_threadsafe(work(), self._loop).result(20)


@pytest.fixture(scope="session")
def running():
    """Yield simulated venues, five times as busy as normal."""
    started = Future()

    async def serve():
        ended = asyncio.Event()
        async with Simulator(rate=5, exchanges=["COINBASE___SPOT", "BINANCE___SPOT"]) as simulator:
            loop = asyncio.get_running_loop()
            started.set_result((Venues(loop, simulator), lambda: loop.call_soon_threadsafe(ended.set)))
            await ended.wait()

    thread = Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    venues, end = started.result(20)
    yield venues
    end()
    thread.join(20)


@pytest.fixture
def venues(running, monkeypatch):
    """Return the simulated venues; every `BtApi` of the test goes there."""
    monkeypatch.setenv("BT_API_SIMULATOR", running.url)
    yield running
    running.call(running.simulator.faults.clear, "COINBASE___SPOT")
