"""Many topics with one reader: what it is told, and that one topic's end is no other's."""

import asyncio

import pytest

from bt_api_py import InvalidSymbolError, WebSocketError
from bt_api_py.net.errors import ConnectionLost
from bt_api_py.net.group import Group
from bt_api_py.net.stream import Wish

from .fakes import settle, ticker

SPOT = "BINANCE___SPOT"


class Listener:
    """Writes down what it is told."""

    def __init__(self):
        self.taken = []
        self.noted = []
        self.over = {}

    def take(self, part, item):
        self.taken.append((part.wish.symbol, item.get_symbol(), item.get_timestamp()))

    def note(self, part, event):
        self.noted.append((part.wish.symbol, event.kind))

    def ended(self, part, error):
        assert part.wish.symbol not in self.over, "told twice"
        self.over[part.wish.symbol] = error


@pytest.fixture
def opened(connect):
    """Return a maker of groups of tickers that have been opened: (group, its listener)."""

    async def make(*symbols, api=None, **websocket):
        api = api or connect(**websocket)
        listener = Listener()
        hub = api._hub()
        group = Group(hub, [Wish(exchange=SPOT, kind="ticker", symbol=symbol) for symbol in symbols], listener)
        group.open()
        await settle()
        return group, listener

    return make


async def test_one_socket_and_one_command_bring_every_topic(opened, transport):
    """Each item is told with its topic, in the spelling that was asked for; a topic begins with `connected`."""
    _, heard = await opened("BTC-USDT", "ETH/USDT", "SOLUSDT")
    [socket] = transport.sockets
    assert len(socket.commands()) == 1
    assert heard.noted == [(symbol, "connected") for symbol in ("BTC-USDT", "ETH/USDT", "SOLUSDT")]
    socket.feed(ticker(1, "ETHUSDT"), ticker(2, "BTCUSDT"))
    await settle()
    assert [(symbol, own) for symbol, own, _ in heard.taken] == [("ETH/USDT", "ETH/USDT"), ("BTC-USDT", "BTC-USDT")]


async def test_a_topic_that_others_read_already_is_connected_at_once(opened, connect, transport):
    """A late group is told that the venue serves the topic, although nothing is asked for any more."""
    api = connect()
    _, first = await opened("BTCUSDT", api=api)
    _, late = await opened("BTC-USDT", "ETHUSDT", api=api)
    assert first.noted == [("BTCUSDT", "connected")]
    assert late.noted == [("BTC-USDT", "connected"), ("ETHUSDT", "connected")]
    assert transport.sockets[0].names() == ["btcusdt@ticker", "ethusdt@ticker"]
    transport.sockets[0].feed(ticker(1))
    await settle()
    assert [entry[0] for entry in first.taken + late.taken] == ["BTCUSDT", "BTC-USDT"]


async def test_a_topic_that_fails_leaves_the_others_be(opened, transport):
    """An unknown symbol ends its own topic with the error; the others go on."""
    _, heard = await opened("BTCUSDT", "NOSUCHUSDT", "ETHUSDT")
    assert set(heard.over) == {"NOSUCHUSDT"}
    assert isinstance(heard.over["NOSUCHUSDT"], InvalidSymbolError)
    transport.sockets[0].feed(ticker(1), ticker(1, "ETHUSDT"))
    await settle()
    assert [entry[0] for entry in heard.taken] == ["BTCUSDT", "ETHUSDT"]


async def test_a_loss_is_told_for_every_topic_and_giving_up_ends_them(opened, transport, clock):
    """Each topic hears of the loss; when reconnecting gives up each ends with the error, once."""
    group, heard = await opened("BTCUSDT", "ETHUSDT", max_reconnect=1, reconnect_delay=0)
    transport.refuse_all = ConnectionLost("nobody there")
    transport.sockets[0].lose()
    await clock.run(60)
    assert heard.noted[2:4] == [("BTCUSDT", "disconnected"), ("ETHUSDT", "disconnected")]
    group.close()
    assert {symbol: type(error) for symbol, error in heard.over.items()} == {
        "BTCUSDT": WebSocketError,
        "ETHUSDT": WebSocketError,
    }


async def test_closing_gives_every_topic_back(opened, connect, transport, clock):
    """A group that is closed, or whose gateway is, hears no more than that it is over."""
    api = connect(linger=0)
    group, heard = await opened("BTCUSDT", "ETHUSDT", api=api)
    _, other = await opened("BTCUSDT", api=api)
    group.close()
    await clock.run(1)
    assert transport.sockets[0].names("UNSUBSCRIBE") == ["ethusdt@ticker"]
    transport.sockets[0].feed(ticker(1))
    await settle()
    assert heard.over == {"BTCUSDT": None, "ETHUSDT": None}
    assert (heard.taken, len(other.taken)) == ([], 1)
    await api.async_close()
    assert other.over == {"BTCUSDT": None}


async def test_bad_records_and_unreadable_frames_are_counted(opened, transport):
    """`rejected` counts records of its topics and frames that no topic can be told of, also after the end."""
    group, _ = await opened("BTCUSDT", "ETHUSDT")
    bad = ticker(1)
    bad["data"]["E"] = "never"
    transport.sockets[0].feed(bad, b"<html>", ticker(2))
    await settle()
    assert group.rejected == 2
    group.close()
    assert group.rejected == 2


async def test_a_list_of_markets_that_is_out_of_reach_is_asked_for_once(opened, transport):
    """All topics of a group share the failure, and go on with guessed names."""
    transport.pages["exchangeInfo"] = (503, {}, b"{}")
    _, heard = await opened(*(f"COIN{number}USDT" for number in range(50)))
    assert len(transport.requests) == 1
    assert len(heard.noted) == 50
    assert len(asyncio.all_tasks()) < 10  # of the connection, none of a topic
