"""Streams over sockets that the test plays: addresses, envelopes, errors, reconnects."""

import json

import pytest

from bt_api_py.clients.vega import VegaStreamError, VegaWebSocketClient
from bt_api_py.exceptions import ConfigurationError, NetworkError
from bt_api_py.net.errors import ConnectionLost

from ...net.fakes import settle
from . import messages as m
from .messages import MARKET, PARTY, result, socket


@pytest.fixture
async def client(transport, clock):
    made = VegaWebSocketClient(
        "wss://node.example/api/v2", on_error=lambda error: errors.append(error), transport=transport, clock=clock
    )
    errors = made.errors = []
    yield made
    await made.stop()


BASE = "wss://node.example/api/v2/stream"


@pytest.mark.parametrize(
    ("method", "given", "url"),
    [
        ("subscribe_market_data", (MARKET,), f"{BASE}/markets/data?marketIds={MARKET}"),
        ("subscribe_orders", (MARKET, PARTY), f"{BASE}/orders?marketIds={MARKET}&partyIds={PARTY}"),
        ("subscribe_positions", (MARKET, PARTY), f"{BASE}/positions?partyId={PARTY}&marketId={MARKET}"),
        ("subscribe_accounts", (MARKET, PARTY), f"{BASE}/accounts?partyId={PARTY}"),
        ("subscribe_depth", (MARKET,), f"{BASE}/markets/depth?marketIds={MARKET}"),
        ("subscribe_depth_updates", (MARKET,), f"{BASE}/markets/depth/updates?marketIds={MARKET}"),
        ("subscribe_trades", (MARKET,), f"{BASE}/trades?marketIds={MARKET}"),
        ("subscribe_candles", ("id 1",), f"{BASE}/candle/data?candleId=id+1"),
        ("subscribe_margin_levels", (MARKET, PARTY), f"{BASE}/margin/levels?partyId={PARTY}&marketId={MARKET}"),
        ("subscribe_endpoint", ("votes?partyId=x",), f"{BASE}/votes?partyId=x"),
        ("subscribe_endpoint", (f"{BASE}/votes?partyId=x",), f"{BASE}/votes?partyId=x"),
    ],
)
async def test_a_stream_is_an_address(client, transport, method, given, url):
    """Each stream has a socket with its filter in the address, nothing is sent, and the callback gets the result."""
    heard = []
    await getattr(client, method)(*given, heard.append)
    [opened] = transport.sockets
    assert opened.url == url
    opened.feed(result(anything=1), result(anything=2))
    await settle()
    assert heard == [{"anything": 1}, {"anything": 2}]
    assert opened.sent == []


async def test_a_message_over_several_frames(client, transport):
    """An object that an older node spreads over frames is read when it is whole."""
    heard = []
    stream = await client.subscribe_market_data(MARKET, heard.append)
    text = json.dumps(result(marketData=[m.STREAMED_DATA]), indent=1)
    transport.sockets[0].feed(*(line.encode() + b"\n" for line in text.splitlines()))
    await settle()
    assert heard == [{"marketData": [m.STREAMED_DATA]}]
    assert stream.rejected == 0


async def test_garbage_costs_one_frame(client, transport, clock):
    """A frame that is nothing is counted, and what follows is read."""
    heard = []
    stream = await client.subscribe_market_data(MARKET, heard.append)
    transport.sockets[0].feed(b'{"result":{"mark', result(a=1), b"<html>", result(a=2))
    await settle()
    assert (heard, stream.rejected) == ([{"a": 1}, {"a": 2}], 2)
    transport.sockets[0].feed(b"<html>")
    await clock.sleep(2)
    assert stream.rejected == 3


async def test_an_error_of_the_node_is_told_and_tried_again(client, transport, clock):
    """The envelope of an error reaches the caller with its code, and another socket is opened, ever more slowly."""
    heard = []
    await client.subscribe_orders(MARKET, PARTY, heard.append)
    error = {"error": {"code": 8, "message": "client reached max subscription allowed", "details": []}}
    for number in range(1, 4):
        assert len(transport.sockets) == number
        transport.sockets[-1].feed(error)
        await settle()
        await clock.sleep(2**number + 0.1)
    assert [(error.code, error.is_final) for error in client.errors] == [(8, False)] * 3
    assert "max subscription" in str(client.errors[0])
    assert isinstance(client.errors[0], VegaStreamError)
    assert len(transport.sockets) == 4


async def test_a_refusal_for_good_is_not_tried_again(client, transport, clock):
    """A filter that the node does not understand ends the stream."""
    stream = await client.subscribe_orders("x", PARTY, print)
    transport.sockets[0].feed({"error": {"code": 3, "message": "invalid market id", "details": []}})
    await clock.sleep(100)
    assert (len(transport.sockets), stream.is_connected) == (1, False)
    assert client.errors[0].is_final


async def test_a_lost_socket_is_opened_again(client, transport, clock):
    """After a loss the same address is opened again, with pauses that grow while it is refused."""
    heard = []
    stream = await client.subscribe_market_data(MARKET, heard.append)
    transport.refusals.extend([ConnectionLost("no"), ConnectionLost("no")])
    transport.sockets[0].lose()
    await clock.sleep(0.8)
    assert not stream.is_connected
    await clock.sleep(10)
    assert [each.url for each in transport.sockets] == [transport.sockets[0].url] * 2
    pauses = [later - earlier for earlier, later in zip(transport.attempts[1:], transport.attempts[2:], strict=False)]
    assert pauses[0] < pauses[1]
    transport.sockets[1].feed(result(back=1))
    await settle()
    assert heard == [{"back": 1}]


async def test_pauses_are_drawn_by_chance(transport, clock, monkeypatch):
    """Clients that lose their sockets together come back apart: each pause is a part of its ceiling, never none."""
    lucks = [0.0, 0.5, 0.999]
    pauses = []
    for luck in lucks:
        monkeypatch.setattr(clock, "random", lambda luck=luck: luck)
        client = VegaWebSocketClient("wss://node.example", transport=transport, clock=clock)
        await client.subscribe_market_data(MARKET, print)
        began = clock.monotonic()
        transport.sockets[-1].lose()
        await clock.sleep(3)
        pauses.append(transport.attempts[-1] - began)
        await client.stop()
    assert 0 < pauses[0] < pauses[1] < pauses[2] <= 1.1


async def test_a_callback_that_fails(client, transport, caplog):
    """A mistake of the caller is logged, and the stream goes on."""
    heard = []

    def fragile(found):
        heard.append(found["a"])

    await client.subscribe_market_data(MARKET, fragile)
    transport.sockets[0].feed(result(b=1), result(a=2))
    await settle()
    assert heard == [2]
    assert "a callback failed" in caplog.text


async def test_a_node_that_is_not_there(client, transport):
    """The first attempt fails at once, and nothing is left behind."""
    transport.refuse_all = ConnectionLost("nobody there")
    with pytest.raises(NetworkError, match="nobody there"):
        await client.subscribe_market_data(MARKET, print)
    assert client.streams == []


async def test_stop_closes_every_stream(client, transport, clock):
    """After the end no socket is open, and none is opened."""
    await client.subscribe_market_data(MARKET, print)
    await client.subscribe_orders(MARKET, PARTY, print)
    await client.stop()
    await clock.sleep(100)
    assert [each.is_closed for each in transport.sockets] == [True, True]
    assert socket(transport, "orders").is_closed


def test_plain_text_goes_to_loopback_only():
    """An unencrypted node elsewhere is refused."""
    with pytest.raises(ConfigurationError, match="loopback"):
        VegaWebSocketClient("ws://node.example")
