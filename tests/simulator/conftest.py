"""What tests of the simulator share."""

import socket

import aiohttp
import pytest

from bt_api_py.simulator import Simulator

from .simulated import VirtualWorld


@pytest.fixture
def virtual():
    """Return the maker of worlds in virtual time."""
    return VirtualWorld


@pytest.fixture
async def lively():
    """Yield a running simulator with a fast order flow."""
    async with Simulator(seed=7, rate=20) as running:
        yield running


@pytest.fixture
def unused_port():
    """Return a port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
async def web():
    """Yield an HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session
