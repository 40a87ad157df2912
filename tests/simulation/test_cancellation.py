"""Cancelled anywhere, the gateway leaves nothing behind."""

import asyncio
import gc
from collections.abc import Coroutine

import pytest

from bt_api_py.exchanges import EXCHANGES
from bt_api_py.simulator import run_virtual

from .gateway import check_nothing_left
from .judge import on

SYMBOL = "SIM001USDT"


class CancelledAt(Coroutine):
    """A coroutine that is cancelled where it waits for the n-th time; `waits` counts."""

    def __init__(self, work, place):
        self._work = work
        self._place = place
        self.waits = 0

    def send(self, value):
        waited_for = self._work.send(value)
        if self.waits == self._place:
            if waited_for is not None:
                waited_for.cancel()
                waited_for._asyncio_future_blocking = False
            waited_for = self._work.throw(asyncio.CancelledError())
        self.waits += 1
        return waited_for

    def throw(self, *error):
        return self._work.throw(*error)

    def close(self):
        self._work.close()

    def __await__(self):
        return self

    __iter__ = __await__

    def __next__(self):
        return self.send(None)


async def closing(api, exchange):
    """Use a gateway and close it, as `async with` does."""
    symbol = on(exchange, SYMBOL)
    async with api, api.stream_trades(exchange, symbol, events=True) as trades:
        await anext(trades)
        await api.async_get_trades(exchange, symbol, limit=5)
        async with asyncio.timeout(30):
            async with api.stream_depth(exchange, symbol, levels=None) as books, api.stream_status() as status:
                await anext(books)
                await anext(status)
        await anext(trades)


async def dropping(api, exchange):
    """Use a gateway and leave it to the collector."""
    async for _ in api.stream_trades(exchange, on(exchange, SYMBOL)):
        break
    async for _ in api.stream_depth(exchange, on(exchange, SYMBOL), levels=None):
        break


@pytest.mark.parametrize("scenario", [closing, dropping])
@pytest.mark.parametrize(
    "exchange", sorted(name for name in EXCHANGES if {"trades", "depth"} <= set(EXCHANGES[name].kinds))
)
def test_cancelled_wherever_it_waits_nothing_is_left(exchange, scenario):
    """For every place at which a program waits: cancelled there, no task, socket or subscription stays."""

    def run(place):
        return run_virtual(
            lambda sim: _cancelled(sim, exchange, scenario, place),
            exchanges=[exchange],
            symbols=[SYMBOL],
            rate=20.0,
            limit=600,
        )

    waits, was_cancelled = run(place=None)
    assert waits > 1
    assert not was_cancelled
    for place in range(waits):
        assert run(place)[1], f"place {place} of {waits}"


async def _cancelled(sim, exchange, scenario, place):
    others = asyncio.all_tasks()
    work = CancelledAt(scenario(sim.api(), exchange), place)
    task = asyncio.ensure_future(_awaited(work))
    await asyncio.gather(task, return_exceptions=True)
    outcome = work.waits, task.cancelled()
    del work, task
    gc.collect()
    await asyncio.sleep(20)  # a subscription lingers, and so does the last connection
    await check_nothing_left(sim, others)
    assert not [name for name, dialect in sim.world.dialects.items() if dialect.topics]
    return outcome


async def _awaited(work):
    await work
