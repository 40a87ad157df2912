"""A venue in memory and a clock that stands still."""

import pytest

from bt_api_py import BtApi

from .fakes import FakeClock, FakeTransport, settle

SPOT = "BINANCE___SPOT"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def transport(clock):
    return FakeTransport(clock)


@pytest.fixture
async def connect(clock, transport, monkeypatch):
    """Return a maker of BtApi objects on the network in memory; the keywords are its websocket settings."""
    monkeypatch.delenv("BT_API_SIMULATOR", raising=False)
    made = []

    def make(**websocket):
        api = BtApi({SPOT: {"websocket": websocket}}, clock=clock, transport=transport)
        made.append(api)
        return api

    yield make
    for api in made:
        await api.async_close()
    await settle()
