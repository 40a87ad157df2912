"""Accounts over the wire inside one process, in virtual time: what a gateway there signs arrives as it was signed."""

import asyncio
import json

import pytest

from bt_api_py.simulator.dialects.htx.keys import signed_text
from bt_api_py.simulator.signatures import base64_hmac, hex_hmac
from bt_api_py.simulator.virtual_time import EPOCH_S, VirtualClock, VirtualLoop
from bt_api_py.simulator.wire import SimulatedTransport
from bt_api_py.simulator.world import World

BINANCE, HTX = "BINANCE___SPOT", "HTX___SPOT"


@pytest.fixture
def run():
    """Return a function that runs a scenario (world, transport) on virtual time, with strict keys."""

    def running(scenario):
        loop = VirtualLoop()
        try:
            world = World(
                seed=7,
                clock=VirtualClock(loop),
                rate=1.0,
                exchanges=[BINANCE, HTX],
                symbols=["BTCUSDT"],
                capture=None,
                strict_keys=True,
            )
            return loop.run_until_complete(scenario(world, SimulatedTransport(world)))
        finally:
            loop.close()

    return running


async def get(transport, url, query, headers):
    answer = await transport.get(url, query, headers, timeout=5, proxy=None)
    return answer.status, json.loads(answer.body)


def test_a_signed_query_may_be_given_apart_or_inside_the_url(run):
    """Binance accepts the signature of a query that is handed over as pairs, and of one that stands in the URL."""

    async def scenario(world, transport):
        account = world.find(BINANCE).accounts.open()
        base = transport.settings(BINANCE)["rest_url"] + "/api/v3/openOrders"
        text = f"symbol=BTCUSDT&timestamp={int(EPOCH_S * 1000)}"
        signature = hex_hmac(account.secret, text)
        headers = {"X-MBX-APIKEY": account.api_key}
        pairs = dict(pair.split("=") for pair in text.split("&"))
        return [
            await get(transport, base, pairs | {"signature": signature}, headers),
            await get(transport, f"{base}?{text}&signature={signature}", {}, headers),
            await get(transport, f"{base}?{text}&signature={signature[::-1]}", {}, headers),
        ]

    apart, inside, wrong = run(scenario)
    assert apart == inside == (200, [])
    assert (wrong[0], wrong[1]["code"]) == (400, -1022)


def test_the_host_of_the_url_is_the_host_that_is_signed(run):
    """HTX accepts what is signed with the host of the URL, on the private socket and by REST."""

    async def scenario(world, transport):
        account = world.find(HTX).accounts.open()
        settings = transport.settings(HTX)
        host = settings["ws_url"].split("/")[2]
        values = {"accessKey": account.api_key, "signatureMethod": "HmacSHA256", "signatureVersion": "2.1"}
        values["timestamp"] = "2026-11-21T00:00:00"
        signature = base64_hmac(account.secret, signed_text("GET", host, "/ws/v2", values))
        socket = await transport.connect(
            settings["ws_url"] + "/ws/v2", timeout=5, compression=False, max_message_size=1 << 20, proxy=None
        )
        params = {"authType": "api", **values, "signature": signature}
        await socket.send(json.dumps({"action": "req", "ch": "auth", "params": params}))
        answer = json.loads(await socket.receive())
        await socket.close()
        query = {"AccessKeyId": account.api_key, "SignatureMethod": "HmacSHA256", "SignatureVersion": "2"}
        query["Timestamp"] = values["timestamp"]
        query["Signature"] = base64_hmac(account.secret, signed_text("GET", host, "/v1/account/accounts", query))
        _, body = await get(transport, settings["rest_url"] + "/v1/account/accounts", query, {})
        return answer["code"], body["status"]

    assert run(scenario) == (200, "ok")


def test_a_change_reaches_the_client_in_time(run):
    """What a test does to an account arrives after the way's delay."""

    async def scenario(world, transport):
        account = world.find(BINANCE).accounts.open()
        url = transport.settings(BINANCE)["ws_url"] + "/ws-api/v3"
        socket = await transport.connect(url, timeout=5, compression=False, max_message_size=1 << 20, proxy=None)
        params = {"apiKey": account.api_key, "timestamp": int(EPOCH_S * 1000)}
        text = "&".join(f"{name}={value}" for name, value in params.items())
        params["signature"] = hex_hmac(account.secret, text)
        await socket.send(json.dumps({"id": 1, "method": "userDataStream.subscribe.signature", "params": params}))
        await socket.receive()
        account.place("BTCUSDT", "buy", "0.01", 88000, client_order_id="mine")
        sent = asyncio.get_running_loop().time()
        event = json.loads(await socket.receive())["event"]
        took = asyncio.get_running_loop().time() - sent
        await socket.close()
        return event["c"], took

    name, took = run(scenario)
    assert name == "mine"
    assert 0.02 <= took <= 0.031
