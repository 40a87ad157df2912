"""A simulated node, and one that a test plays itself, on virtual time."""

import asyncio

import pytest

from bt_api_py.clients.vega import VegaApiClient, VegaStore, VegaWallet
from bt_api_py.simulator import VirtualLoop, virtual_simulator
from bt_api_py.simulator.virtual_time import VirtualClock

from ...net.fakes import FakeTransport
from .messages import MARKET, PARTY, serve

NAME = "VEGA___FUTURE"
TOKEN = "nobody-may-see-this-token"


def pytest_asyncio_loop_factories(config, item):
    """Run every async test here on virtual time."""
    return {"virtual": VirtualLoop}


@pytest.fixture
async def clock():
    return VirtualClock(asyncio.get_running_loop())


@pytest.fixture
async def transport(clock):
    """A node that the test plays: it has one market, one asset, and nothing else."""
    network = FakeTransport(clock)
    network.answers = False
    serve(network)
    return network


@pytest.fixture
async def played(transport, clock):
    """Yield a store whose node the test plays, started."""
    async with VegaStore(
        "wss://node.example/api/v2", "https://node.example/api/v2", clock=clock, transport=transport
    ) as store:
        await store.async_start(MARKET, PARTY)
        yield store


class World:
    """The simulated network, a party, its market, and makers of clients."""

    def __init__(self, sim):
        self.sim = sim
        self.clock = sim.clock
        self.dialect = sim.world.find(NAME)
        self.account = sim.account(NAME, secret=TOKEN, balances={"USDT": 10_000_000, "BTC": 1})
        self.party = self.account.api_key
        self.item = self.dialect.venue.instruments["BTCUSDT"]
        self.market = self.dialect.wire_symbol(self.item)
        where = sim.transport.settings(NAME)
        self.rest_url, self.ws_url = where["rest_url"], where["ws_url"]
        self.options = {"clock": sim.clock, "transport": sim.transport}

    def api(self):
        return VegaApiClient(self.rest_url, **self.options)

    def store(self):
        return VegaStore(self.ws_url, self.rest_url, **self.options)

    def wallet(self, token=TOKEN):
        return VegaWallet(token, self.rest_url, self.party, **self.options)


@pytest.fixture
async def world():
    async with virtual_simulator(exchanges=[NAME], rate=20, strict_keys=True) as sim:
        yield World(sim)


@pytest.fixture
async def store(world):
    """Yield a store of the simulated node, ready."""
    async with world.store() as made:
        await made.async_start(world.market, world.party)
        await made.wait_ready(10)
        yield made
