"""Minutes, days and weeks of virtual time."""

import asyncio
import dataclasses

import pytest

from bt_api_py.exchanges import EXCHANGES
from bt_api_py.simulator import run_virtual

from .gateway import Plan, check_nothing_left, run_plan
from .judge import Trades, on

DAY = 86_400.0
BINANCE = "BINANCE___SPOT"


@pytest.mark.parametrize("seconds", [60, pytest.param(600, marks=pytest.mark.long)])
@pytest.mark.parametrize("exchange", sorted(EXCHANGES))
def test_minutes_with_a_fault_every_second(exchange, seconds):
    """After a fault a second, of all kinds, on one exchange everything was delivered, filled and true."""
    run = run_plan(dataclasses.replace(Plan.drawn(9), exchanges=(exchange,), seconds=float(seconds)))
    assert len(run.mischief.done) > 0.8 * seconds


@pytest.mark.long
def test_a_quiet_market_is_left_alone_for_a_day():
    """A day in which nothing is traded sees no reconnect, no gap and no alarm on any exchange."""

    async def main(sim):
        events = []
        async with sim.api() as api:
            streams = []
            for name in sim.exchanges:
                kinds = EXCHANGES[name].kinds
                quiet = on(name, "HALTUSDT")
                streams += [getattr(api, f"stream_{kind}")(name, quiet) for kind in kinds if kind != "klines"]
                streams += [api.stream_depth(name, quiet, levels=None)] if "depth" in kinds else []
                streams += [api.stream_klines(name, quiet, "1h")] if "klines" in kinds else []
            tasks = [asyncio.create_task(_drain(stream)) for stream in streams]
            tasks.append(asyncio.create_task(_collect(api.stream_status(), events)))
            await asyncio.sleep(DAY)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return events, [stream.stats for stream in streams]

    events, stats = run_virtual(main, symbols=["HALTUSDT"], tick=1.0, limit=2 * DAY)
    assert {event.kind for event in events} <= {"connected", "quiet", "rotated"}
    assert sum(event.kind == "quiet" for event in events) > 1000
    assert [each.reconnects for each in stats] == [0] * len(stats)


@pytest.mark.long
def test_a_week_at_the_age_limit_is_seven_rotations():
    """Sockets that the venue cuts after a day are replaced before, once a day, without a hole or a duplicate."""

    async def main(sim):
        sim.faults.age_limit(BINANCE, DAY)
        record = Trades(sim, BINANCE, "trades", "SIM001USDT")
        async with sim.api() as api:
            record.stream = api.stream_trades(BINANCE, "SIM001USDT", events=True)
            task = asyncio.create_task(_read(record))
            await asyncio.sleep(7 * DAY)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            [connection] = api.health()[BINANCE]["connections"].values()
        return record, connection

    record, connection = run_virtual(
        main, exchanges=[BINANCE], symbols=["SIM001USDT"], rate=0.05, tick=2.0, limit=8 * DAY
    )
    assert connection["rotations"] == 7
    assert [event.kind for event in record.events].count("rotated") == 7
    assert {event.kind for event in record.events} <= {"connected", "rotated"}
    assert record.missing == []
    assert (record.stream.stats.reconnects, record.stream.stats.gaps) == (0, 0)
    assert len(record.trades) > 1000


@pytest.mark.parametrize("trouble", [None, 429], ids=["in peace", "while 429 is answered"])
@pytest.mark.parametrize("exchange", sorted(EXCHANGES))
@pytest.mark.parametrize("count", [30, pytest.param(300, marks=pytest.mark.long)])
def test_many_books_start_anew_at_once(exchange, trouble, count):
    """When every book of a venue breaks at one moment, all come back inside the venue's limits."""
    if "depth" not in EXCHANGES[exchange].kinds:
        pytest.skip(f"{exchange} has no books")
    symbols = [on(exchange, f"SIM{number:03d}USDT") for number in range(1, count + 1)]

    async def main(sim):
        others = asyncio.all_tasks()
        async with sim.api(websocket={"max_reconnect": None, "stale_after": 600}) as api:
            streams = [api.stream_depth(exchange, symbol, levels=100) for symbol in symbols]
            tasks = [asyncio.create_task(_drain(stream)) for stream in streams]
            await _until(lambda: all(stream.stats.state == "live" for stream in streams), 600)
            if trouble is not None:
                sim.faults.http_status(exchange, trouble, count=20, retry_after=5)
            for symbol in symbols:
                sim.faults.skip(exchange, topic="depth", symbol=symbol)
            sim.faults.disconnect(exchange)
            await _until(lambda: all(stream.stats.reconnects for stream in streams), 10)
            began = sim.clock.monotonic()
            await _until(lambda: all(stream.stats.state == "live" for stream in streams), 900)
            lasted = sim.clock.monotonic() - began
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await check_nothing_left(sim, others)
        return lasted, sim.stats[exchange]

    lasted, stats = run_virtual(main, exchanges=[exchange], symbols=symbols, rate=2.0, tick=0.1, limit=DAY)
    assert not stats.breaches, f"{dict(stats.breaches)} within {lasted:.0f} s"


async def _until(condition, seconds):
    """Return when a condition holds; it must within so many virtual seconds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # virtual time costs nothing
            await asyncio.sleep(0.5)


async def _drain(stream):
    async for _ in stream:
        pass


async def _read(record):
    async for item in record.stream:
        record.take(item)


async def _collect(stream, into):
    async for item in stream:
        into.append(item)
