"""Each venue over real sockets and real HTTP: the promises themselves are tested on virtual time, in tests/contract."""

import asyncio

import pytest

from bt_api_py import BtApi
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.simulator import Simulator
from bt_api_py.simulator.dialects import DIALECTS

PATIENCE = 20.0  # seconds, for anything that must happen
PUSHED = ("ticker", "trades", "depth")


async def read(stream, count):
    async with asyncio.timeout(PATIENCE):
        return [await anext(stream) for _ in range(count)]


@pytest.mark.parametrize("exchange", sorted(EXCHANGES))
async def test_streams_survive_a_cut_connection(exchange):
    """Streams of every kind deliver over a real socket, before it is cut and after."""
    symbol = next(iter(DIALECTS[exchange].instruments(7)))
    async with Simulator(exchanges=[exchange], symbols=[symbol], rate=20) as sim:
        settings = {
            name: {**given, "websocket": {"reconnect_delay": 0.01}} for name, given in sim.exchange_kwargs().items()
        }
        async with BtApi(settings) as api:
            streams = [
                getattr(api, f"stream_{kind}")(exchange, symbol) for kind in EXCHANGES[exchange].kinds if kind in PUSHED
            ]
            for items in await asyncio.gather(*(read(stream, 2) for stream in streams)):
                assert {item.get_symbol() for item in items} == {symbol}
            connects = sim.stats[exchange].connects
            assert sim.faults.disconnect(exchange) >= 1
            for stream in streams:
                await read(stream, stream.stats.queued + 2)
            assert sim.stats[exchange].connects > connects
            assert all(stream.stats.reconnects for stream in streams)
            assert sim.stats[exchange].open_sockets >= 1
        assert not sim.stats[exchange].breaches
