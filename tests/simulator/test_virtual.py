"""Virtual time: an event loop that leaps, and the way between a gateway and its venues."""

import asyncio

import pytest

from bt_api_py import BtApi
from bt_api_py.exceptions import WebSocketError
from bt_api_py.simulator import run_virtual
from bt_api_py.simulator.virtual_time import EPOCH_S, StuckError, VirtualLoop

OKX = "OKX___SPOT"


def run(main, seed=0):
    """Run a coroutine on virtual time."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(seed)) as runner:
        return runner.run(main)


def test_waiting_is_a_leap():
    """A year of sleep passes at once, and the loop's clock shows it."""

    async def main():
        await asyncio.sleep(365 * 86_400)
        return asyncio.get_running_loop().time()

    assert run(main()) == pytest.approx(365 * 86_400)


def test_timers_go_off_in_the_order_of_their_times():
    """What is due earlier happens earlier, whatever the order in which it was asked for."""

    async def main():
        seen = []

        async def note(delay):
            await asyncio.sleep(delay)
            seen.append(delay)

        await asyncio.gather(*(note(delay) for delay in (3, 1, 2)))
        return seen

    assert run(main()) == [1, 2, 3]


def test_the_seed_chooses_the_order_of_tasks():
    """Tasks of one moment run in an order that depends on the seed, and on nothing else."""

    async def main():
        seen = []

        async def work(number):
            for _ in range(20):
                await asyncio.sleep(0)
                seen.append(number)

        await asyncio.gather(*(work(number) for number in range(5)))
        return seen

    first = [run(main(), seed) for seed in range(5)]
    assert first == [run(main(), seed) for seed in range(5)]
    assert len({tuple(order) for order in first}) > 1


def test_a_wait_that_never_ends_is_an_error():
    """When no timer is left to leap to, the run ends with an error in place of hanging."""

    async def main():
        await asyncio.get_running_loop().create_future()

    with pytest.raises(StuckError, match="nothing is left"):
        run(main())


def test_a_circle_is_an_error():
    """Tasks that keep each other busy without time passing end the run."""

    async def main():
        loop = asyncio.get_running_loop()
        while loop.is_running():  # noqa: ASYNC110  # the circle is what is tried
            await asyncio.sleep(0)

    with pytest.raises(StuckError, match="without time passing"):
        run(main())


def test_the_limit_ends_a_run():
    """`limit` virtual seconds end a program that goes on for ever."""

    async def main(sim):
        await asyncio.sleep(10_000)

    with pytest.raises(TimeoutError):
        run_virtual(main, exchanges=[OKX], symbols=["HALTUSDT"], tick=1, limit=100)


def test_an_error_of_the_program_comes_out():
    """What `main` raises is what the caller sees, and what it returns is returned."""

    async def fails(sim):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        run_virtual(fails, exchanges=[OKX], symbols=["HALTUSDT"])

    async def returns(sim):
        return sim.exchanges, sim.clock.now() - EPOCH_S

    assert run_virtual(returns, exchanges=[OKX], symbols=["HALTUSDT"]) == ([OKX], 0.0)


def test_delays_are_as_chosen():
    """A REST call takes twice the latency, and at most twice the jitter more."""

    async def main(sim):
        async with sim.api() as api:
            began = sim.clock.monotonic()
            await api.async_get_server_time(OKX)
            return sim.clock.monotonic() - began

    assert 1.0 <= run_virtual(main, exchanges=[OKX], symbols=["BTCUSDT"], latency=0.5, jitter=0.1) <= 1.2


def test_a_frozen_socket_is_noticed_by_the_gateway():
    """A connection that is dead without a word is replaced after the deadline of a ping."""

    async def main(sim):
        settings = {"ping_interval": 3, "ping_timeout": 2}
        async with sim.api(websocket=settings) as api, api.stream_trades(OKX, "BTCUSDT") as trades:
            await anext(trades)
            assert sim.faults.freeze(OKX) == 1
            frozen = sim.clock.monotonic()
            while not trades.stats.reconnects:
                await anext(trades)
            return sim.clock.monotonic() - frozen

    assert 4 < run_virtual(main, exchanges=[OKX], symbols=["BTCUSDT"]) < 9


def test_a_venue_that_hangs_is_given_up():
    """Sockets that never open count as failed attempts, each after `connect_timeout`."""

    async def main(sim):
        async with sim.api(websocket={"max_reconnect": 2, "connect_timeout": 4}) as api:
            await api.async_get_symbols(OKX)
            sim.faults.hang(OKX)
            with pytest.raises(WebSocketError, match="not open within 4 s"):
                await anext(api.stream_trades(OKX, "BTCUSDT"))
            return sim.clock.monotonic()

    assert 8 < run_virtual(main, exchanges=[OKX], symbols=["BTCUSDT"]) < 20


def test_only_simulated_names_lead_anywhere():
    """An address of the real world is out of reach: nothing leaves the process."""

    async def main(sim):
        api = BtApi({OKX: {"websocket": {"max_reconnect": 1}}}, clock=sim.clock, transport=sim.transport)
        async with api:
            with pytest.raises(WebSocketError, match="no such host"):
                await anext(api.stream_trades(OKX, "BTC-USDT"))

    run_virtual(main, exchanges=[OKX], symbols=["BTCUSDT"])
