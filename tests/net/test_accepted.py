"""Venues that begin with a message of ours, and that name what they accepted of a command."""

import asyncio
import json
from dataclasses import replace

import pytest

from bt_api_py import SubscribeError
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.exchanges.base import Accepted, Alive
from bt_api_py.exchanges.binance import BinanceSpot

from .fakes import settle, trade

SPOT = "BINANCE___SPOT"
OPENING = '{"method":"HELLO","params":[]}'


class Naming(BinanceSpot):
    endpoints = {name: replace(endpoint, opening=OPENING) for name, endpoint in BinanceSpot.endpoints.items()}

    def control(self, payload):
        frame = json.loads(payload)
        return [Accepted(str(frame["id"]), frozenset(frame["result"]))] if "id" in frame else [Alive()]


@pytest.fixture(autouse=True)
def _naming(monkeypatch, transport):
    monkeypatch.setitem(EXCHANGES, SPOT, Naming)
    transport.answers = False


def read_all(api, *symbols):
    return [asyncio.ensure_future(anext(api.stream_trades(SPOT, symbol))) for symbol in symbols]


async def test_the_first_message_opens_the_socket(connect, transport):
    """What a venue wants to hear first is sent once on every socket, before anything is subscribed."""
    api = connect()
    readers = read_all(api, "BTCUSDT")
    await settle()
    [socket] = transport.sockets
    assert [frame["method"] for frame in socket.commands()] == ["HELLO", "SUBSCRIBE"]
    await api.async_close()
    await asyncio.gather(*readers, return_exceptions=True)


async def test_what_is_left_out_is_refused(connect, transport):
    """The one topic that the answer leaves out fails at once; the others are live and not asked for again."""
    api = connect()
    bitcoin, ether, solana = read_all(api, "BTCUSDT", "ETHUSDT", "SOLUSDT")
    await settle()
    [socket] = transport.sockets
    command = socket.commands()[-1]
    socket.feed({"id": command["id"], "result": [name for name in command["params"] if "eth" not in name]})
    with pytest.raises(SubscribeError, match="left out of what it accepted"):
        await ether
    socket.feed(trade(1, "BTCUSDT"), trade(1, "SOLUSDT"))
    assert [item.get_symbol() for item in await asyncio.gather(bitcoin, solana)] == ["BTCUSDT", "SOLUSDT"]
    assert socket.names() == command["params"]
    await api.async_close()


async def test_several_that_are_left_out_are_asked_for_alone(connect, transport):
    """Where more than one is left out, each gets a command of its own: a good one is not lost with a bad one."""
    api = connect()
    readers = read_all(api, "BTCUSDT", "ETHUSDT")
    await settle()
    [socket] = transport.sockets
    first = socket.commands()[-1]
    socket.feed({"id": first["id"], "result": []})
    await settle()
    again = socket.commands()[2:]
    assert [len(command["params"]) for command in again] == [1, 1]
    for command in again:
        socket.feed({"id": command["id"], "result": command["params"]})
    socket.feed(trade(1, "BTCUSDT"), trade(1, "ETHUSDT"))
    assert len(await asyncio.gather(*readers)) == 2
    await api.async_close()


async def test_an_answer_to_nothing_is_nothing(connect, transport):
    """An answer with a number that nobody waits for changes nothing."""
    api = connect()
    [reader] = read_all(api, "BTCUSDT")
    await settle()
    [socket] = transport.sockets
    command = socket.commands()[-1]
    socket.feed({"id": 99, "result": []}, {"id": command["id"], "result": command["params"]}, trade(1, "BTCUSDT"))
    assert (await reader).get_trade_id() == "1"
    await api.async_close()
