"""What a venue wants to be asked for before a socket is opened: a token, or an address."""

import asyncio

import pytest

from bt_api_py import WebSocketError
from bt_api_py.containers.base import Row
from bt_api_py.exceptions import AuthenticationError
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.exchanges.base import Channel, Rate, Request
from bt_api_py.exchanges.binance import BinanceSpot

from .fakes import settle, ticker

SPOT = "BINANCE___SPOT"


class Ticket(Row):
    token: str


class Ticketed(BinanceSpot):
    """A venue that lets nobody in without a ticket."""

    def ticket_request(self, endpoint_name):
        return Request("/api/v3/ticket", Channel(None, Ticket), rate=Rate(100, 1.0))

    def admit(self, url, ticket):
        return f"{url}?token={ticket.token}"

    def failure(self, path, status, body):
        if status == 401:
            return AuthenticationError(self.name, "no such key", code="401")
        return super().failure(path, status, body)


@pytest.fixture(autouse=True)
def ticketed(monkeypatch):
    monkeypatch.setitem(EXCHANGES, SPOT, Ticketed)


def reading(api):
    return asyncio.ensure_future(anext(api.stream_ticker(SPOT, "BTCUSDT")))


async def test_every_socket_gets_a_ticket_of_its_own(connect, transport, clock):
    """The address is what the adapter makes of the answer, which is asked for anew before each socket."""
    tokens = iter("abc")
    transport.pages["ticket"] = lambda query: (200, {}, {"token": next(tokens)})
    reader = reading(connect(reconnect_delay=0.1))
    await settle()
    transport.sockets[0].feed(ticker(1))
    await reader
    transport.sockets[0].lose()
    await clock.run(5)
    assert [socket.url.rpartition("?")[2] for socket in transport.sockets] == ["token=a", "token=b"]


async def test_without_a_ticket_it_is_tried_again(connect, transport, clock):
    """A ticket that is not to be had, or cannot be read, is a failed attempt to connect, and the last one says why."""
    answers = iter([(503, {}, b""), (200, {}, {"other": 1}), OSError("cut"), (200, {}, {"token": "late"})])
    transport.pages["ticket"] = lambda query: next(answers)
    reader = reading(connect(reconnect_delay=0.1, max_reconnect=None))
    await clock.run(30)
    [socket] = transport.sockets
    assert socket.url.endswith("?token=late")
    socket.feed(ticker(1))
    assert (await reader).get_symbol() == "BTCUSDT"

    transport.pages["ticket"] = (503, {}, b"")
    reader = reading(connect(reconnect_delay=0.1, max_reconnect=2))
    await clock.run(30)
    with pytest.raises(WebSocketError, match="no ticket for a socket"):
        await reader


async def test_a_ticket_refused_to_the_key_ends_the_streams(connect, transport, clock):
    """Keys that the venue refuses are not tried again."""
    transport.pages["ticket"] = (401, {}, b"")
    reader = reading(connect())
    await clock.run(30)
    with pytest.raises(AuthenticationError, match="no such key"):
        await reader
    assert transport.sockets == []
    assert [path for _, path in transport.requests].count("ticket") == 1


class TestRenewal:
    """A ticket that is good for a time only."""

    @pytest.fixture(autouse=True)
    def renewed(self, monkeypatch, transport):
        monkeypatch.setattr(Ticketed, "renewal", 100.0)
        ask = Request("/api/v3/renew", Channel(None, Row), rate=Rate(100, 1.0), method="PUT")
        monkeypatch.setattr(Ticketed, "renewal_request", lambda self, name: ask)
        transport.pages["ticket"] = (200, {}, {"token": "a"})
        transport.pages["renew"] = (200, {}, {})

    async def test_it_is_renewed_while_the_socket_stands(self, connect, transport, clock):
        """The call is made in its rhythm, with its method, and ends with the stream."""
        api = connect(ping_interval=1000, stale_after=1000)
        reader = reading(api)
        await clock.run(350)
        assert [method for url, method, _ in transport.posted if url.endswith("renew")] == ["PUT"] * 3
        assert len(transport.sockets) == 1
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)

    async def test_a_refused_renewal_opens_another_socket(self, connect, transport, clock):
        """What cannot be renewed is fetched anew, while trouble of the venue is waited out."""
        reader = reading(connect(ping_interval=1000, stale_after=1000, reconnect_delay=0.1))
        transport.pages["renew"] = (503, {}, b"")
        await clock.run(170)
        assert len(transport.sockets) == 1
        transport.pages["renew"] = (400, {}, {"code": -1125, "msg": "This key does not exist."})
        await clock.run(70)
        assert len(transport.sockets) == 2
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
