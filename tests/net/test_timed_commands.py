"""Commands that carry the time, and refusals of those that carry keys."""

import asyncio
import json

import pytest

from bt_api_py import AuthenticationError, BtApi
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.exchanges.base import Ack, Command, Refusal
from bt_api_py.exchanges.binance import BinanceSpot

from .fakes import settle
from .own_account import OwnAccount, OwnVenue

SPOT = "BINANCE___SPOT"
AHEAD_MS = 90_000


class TimedSpot(BinanceSpot):
    is_timed = True

    def subscribe(self, names, ids):
        number = next(ids)
        return [
            Command(json.dumps({"id": number, "method": "SUBSCRIBE", "params": self.now_ms}), (*names,), str(number))
        ]


class TimedAccount(OwnAccount):
    is_timed = True

    def subscribe(self, names, ids):
        number = next(ids)
        return [
            Command(json.dumps({"id": number, "method": "SUBSCRIBE", "params": self.now_ms}), (*names,), str(number))
        ]

    def control(self, payload):
        frame = json.loads(payload)
        refused = frame.get("refused")
        number = str(frame["id"])
        if refused is None:
            return [Ack(id=number)]
        return [Refusal("no", id=number, is_login=refused == "login", is_clock=refused == "clock")]


@pytest.fixture
def timed(monkeypatch):
    monkeypatch.setitem(EXCHANGES, SPOT, TimedSpot)
    monkeypatch.setattr(TimedSpot, "account", TimedAccount)
    monkeypatch.delenv("BT_API_SIMULATOR", raising=False)


@pytest.fixture
async def venue(clock, transport, timed):
    """Yield the venue of an account, whose clock is ahead of ours."""
    settings = {"api_key": "key-nobody-may-see", "secret": "secret-nobody-may-see"}
    api = BtApi({SPOT: {**settings, "websocket": {"max_reconnect": None}}}, clock=clock, transport=transport)
    found = OwnVenue(api, transport)
    transport.pages["time"] = lambda query: (200, {}, {"serverTime": int(clock.now() * 1000) + AHEAD_MS})
    yield found
    await api.async_close()
    await settle()


async def test_public_commands_carry_our_time(connect, transport, clock, timed):
    """Without a measurement our own clock has to do."""
    reader = asyncio.ensure_future(anext(connect().stream_ticker(SPOT, "BTCUSDT")))
    await settle()
    assert transport.sockets[0].commands()[0]["params"] == int(clock.now() * 1000)
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)


async def test_signed_commands_carry_the_venues_time(venue, clock):
    """Before commands are signed the venue's clock is read."""
    await venue.read("orders")
    assert venue.socket.commands()[0]["params"] == int(clock.now() * 1000) + AHEAD_MS


async def test_keys_that_a_subscription_shows_may_be_refused(venue, transport):
    """A subscription that is refused for its keys ends the streams, and nobody tries again."""
    transport.answers = False
    orders = await venue.read("orders")
    venue.socket.feed({"id": 1, "refused": "login"})
    await settle()
    assert isinstance(orders.error, AuthenticationError)
    assert len(transport.sockets) == 1


async def test_a_time_that_is_refused_is_measured_anew(venue, transport, clock):
    """A subscription that is refused for its time is tried on a new connection, with the venue's clock read again."""
    transport.answers = False
    orders = await venue.read("orders")
    asked = venue.asked("time")
    venue.socket.feed({"id": 1, "refused": "clock"})
    await settle()
    await clock.run(5)
    assert orders.error is None
    assert len(transport.sockets) == 2
    assert venue.asked("time") == asked + 1
