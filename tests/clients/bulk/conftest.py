"""A venue in memory that a test plays itself, and clients connected to it."""

import asyncio

import pytest

from bt_api_py.clients.bulk import BulkWebSocketClient, TransactionSigner

from ...net.fakes import FakeClock, FakeTransport, settle
from .messages import ACCOUNT, PRIVATE, account


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def transport(clock, monkeypatch):
    monkeypatch.delenv("BT_API_SIMULATOR", raising=False)
    network = FakeTransport(clock)
    network.answers = False
    return network


@pytest.fixture
def signer():
    return TransactionSigner(PRIVATE)


class Peer:
    """A client, and the venue's end of its socket."""

    def __init__(self, client, transport, clock):
        self.client = client
        self.transport = transport
        self.clock = clock
        self.events = []

    @property
    def socket(self):
        return self.transport.sockets[-1]

    async def say(self, *frames):
        """Let the client receive, and act on it."""
        self.socket.feed(*frames)
        await settle()

    def sent(self):
        """Return what the client sent on the present connection."""
        return self.socket.commands()

    def hear(self, *topics):
        """Keep the events of these topics in `events`."""
        for topic in topics:
            self.client.on(topic, lambda event, topic=topic: self.events.append((topic, event)))

    async def begin(self, coroutine):
        """Start a call and let it go as far as it can."""
        task = asyncio.ensure_future(coroutine)
        await settle()
        return task


@pytest.fixture
async def connected(transport, clock):
    """Return a maker of connected clients; with a signer, the account's first state is there."""
    made = []

    async def make(**options):
        client = BulkWebSocketClient(clock=clock, transport=transport, **options)
        made.append(client)
        peer = Peer(client, transport, clock)
        connecting = await peer.begin(client.connect())
        if client.signer is not None:
            await peer.say(account(ACCOUNT))
        assert await connecting is True
        return peer

    yield make
    for client in made:
        await client.disconnect()
    await settle()
