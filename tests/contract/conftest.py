"""A simulated venue for each exchange, busy, and a BtApi connected to it."""

import pytest

from bt_api_py import BtApi
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.simulator import Simulator

from .worlds import FastClock, settings


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
def pace():
    """Return the speed of the clock on both sides; a test that has to wait parametrises it."""
    return 1.0


@pytest.fixture
def clock(pace):
    """Return the clock of both sides."""
    return FastClock(pace)


@pytest.fixture
async def sim(exchange, clock, pace):
    """Yield the venue; that no test broke one of its limits is part of every test."""
    async with Simulator(exchanges=[exchange], rate=max(1.0, 20 / pace), clock=clock) as running:
        yield running
        assert not running.stats[exchange].breaches


@pytest.fixture
def symbols(sim, exchange):
    """Return two busy markets, as the simulator spells them."""
    return sim.truth.symbols(exchange)[:2]


@pytest.fixture
def symbol(symbols):
    """Return a busy market."""
    return symbols[0]


@pytest.fixture
async def api(sim, clock):
    """Yield a BtApi that talks to the venue."""
    async with BtApi(settings(sim), clock=clock) as connected:
        yield connected
