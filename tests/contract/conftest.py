"""A simulated venue for each exchange, busy, and a BtApi connected to it, on virtual time."""

import pytest

from bt_api_py import BtApi
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.simulator import VirtualLoop, virtual_simulator

from .worlds import is_subscribed, settings


def pytest_asyncio_loop_factories(config, item):
    """Run every test here on virtual time."""
    return {"virtual": VirtualLoop}


@pytest.fixture(params=sorted(EXCHANGES))
def exchange(request):
    """Return the name of each exchange in turn."""
    return request.param


@pytest.fixture
def kinds(exchange):
    """Return a function that skips a test where the venue has no such stream."""

    def need(*wanted):
        missing = [kind for kind in wanted if kind not in EXCHANGES[exchange].kinds]
        if missing:
            pytest.skip(f"{exchange} has no {' and '.join(missing)} stream")

    return need


@pytest.fixture
def subscribing(exchange):
    """Skip a test where nothing is subscribed: the venue sends everything to everybody."""
    if not is_subscribed(exchange):
        pytest.skip(f"{exchange} has no subscriptions")


@pytest.fixture
def rate():
    """Return how busy the markets are; a test that waits for minutes parametrises it."""
    return 20.0


@pytest.fixture
async def sim(exchange, rate):
    """Yield the venue; that no test broke one of its limits is part of every test."""
    async with virtual_simulator(exchanges=[exchange], rate=rate) as running:
        yield running
        assert not running.stats[exchange].breaches


@pytest.fixture
def clock(sim):
    """Return the clock of both sides."""
    return sim.clock


@pytest.fixture
def symbols(sim, exchange):
    """Return two busy markets, as the simulator spells them."""
    return sim.truth.symbols(exchange)[:2]


@pytest.fixture
def symbol(symbols):
    """Return a busy market."""
    return symbols[0]


@pytest.fixture
async def api(connect):
    """Yield a BtApi that talks to the venue."""
    async with connect() as connected:
        yield connected


@pytest.fixture
def connect(sim):
    """Return a maker of BtApi objects that talk to the venue; the keywords are its websocket settings."""
    return lambda **websocket: BtApi(settings(sim, websocket=websocket), clock=sim.clock, transport=sim.transport)
