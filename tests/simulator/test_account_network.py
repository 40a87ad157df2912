"""Accounts over a real network: sockets, signed requests and what a user gets without any account at hand."""

import asyncio
import json
import time
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import pytest

from bt_api_py.simulator import Simulator
from bt_api_py.simulator.dialects.htx.keys import signed_text
from bt_api_py.simulator.dialects.okx.keys import login_text, request_text
from bt_api_py.simulator.signatures import base64_hmac, hex_hmac

BINANCE, OKX, HTX = "BINANCE___SPOT", "OKX___SPOT", "HTX___SPOT"


def utc(form):
    return datetime.now(UTC).strftime(form)


def binance_opening(account, base):
    params = {"apiKey": account.api_key, "timestamp": int(time.time() * 1000)}
    params["signature"] = hex_hmac(account.secret, f"apiKey={params['apiKey']}&timestamp={params['timestamp']}")
    return "/ws-api/v3", [{"id": 1, "method": "userDataStream.subscribe.signature", "params": params}]


def okx_opening(account, base):
    stamp = str(int(time.time()))
    sign = base64_hmac(account.secret, login_text(stamp))
    login = {"apiKey": account.api_key, "passphrase": account.passphrase, "timestamp": stamp, "sign": sign}
    subscription = {"channel": "orders", "instType": "SPOT"}
    return "/ws/v5/private", [{"op": "login", "args": [login]}, {"op": "subscribe", "args": [subscription]}]


def htx_opening(account, base):
    values = {"accessKey": account.api_key, "signatureMethod": "HmacSHA256", "signatureVersion": "2.1"}
    values["timestamp"] = utc("%Y-%m-%dT%H:%M:%S")
    signature = base64_hmac(account.secret, signed_text("GET", urlsplit(base).netloc, "/ws/v2", values))
    params = {"authType": "api", **values, "signature": signature}
    return "/ws/v2", [{"action": "req", "ch": "auth", "params": params}, {"action": "sub", "ch": "orders#*"}]


def binance_orders(account, base):
    text = f"timestamp={int(time.time() * 1000)}"
    return f"/api/v3/openOrders?{text}&signature={hex_hmac(account.secret, text)}", {"X-MBX-APIKEY": account.api_key}


def okx_orders(account, base):
    path, query, stamp = "/api/v5/trade/orders-pending", "instType=SPOT", utc("%Y-%m-%dT%H:%M:%S.000Z")
    headers = {
        "OK-ACCESS-KEY": account.api_key,
        "OK-ACCESS-PASSPHRASE": account.passphrase,
        "OK-ACCESS-TIMESTAMP": stamp,
        "OK-ACCESS-SIGN": base64_hmac(account.secret, request_text(stamp, "GET", path, query, "")),
    }
    return f"{path}?{query}", headers


def htx_orders(account, base):
    path = "/v1/order/openOrders"
    values = {"AccessKeyId": account.api_key, "SignatureMethod": "HmacSHA256", "SignatureVersion": "2"}
    values["Timestamp"] = utc("%Y-%m-%dT%H:%M:%S")
    values["Signature"] = base64_hmac(account.secret, signed_text("GET", urlsplit(base).netloc, path, values))
    return f"{path}?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items()), {}


WAYS = [(BINANCE, binance_opening, binance_orders), (OKX, okx_opening, okx_orders), (HTX, htx_opening, htx_orders)]


async def told(socket, client_id):
    """Return the message that names an order."""
    async with asyncio.timeout(10):
        async for message in socket:
            if client_id in message.data:
                return json.loads(message.data)
    raise AssertionError("the socket ended")


@pytest.mark.parametrize(("exchange", "opening", "orders"), WAYS, ids=[way[0] for way in WAYS])
async def test_a_signed_client_sees_its_orders(web, exchange, opening, orders):
    """Over loopback a signed stream tells of an order at once, and signed REST lists it; wrong secrets see nothing."""
    async with Simulator(exchanges=[exchange], strict_keys=True) as sim:
        account = sim.account(exchange)
        settings = sim.exchange_kwargs()[exchange]
        path, messages = opening(account, settings["ws_url"])
        async with web.ws_connect(settings["ws_url"] + path) as socket:
            for message in messages:
                await socket.send_str(json.dumps(message))
            while not sim.stats[exchange].subscribes:
                assert json.loads((await socket.receive(10)).data)
            order = account.place("BTCUSDT", "sell", "0.5", "99000", client_order_id="bt0001")
            assert "bt0001" in json.dumps(await told(socket, "bt0001"))
        path, headers = orders(account, settings["rest_url"])
        async with web.get(settings["rest_url"] + path, headers=headers) as answer:
            assert order.order_id in await answer.text()
        account.secret = "another"  # so that what was signed before is signed wrong
        async with web.get(settings["rest_url"] + path, headers=headers) as answer:
            assert order.order_id not in await answer.text()


async def test_any_key_has_a_life_of_its_own(web):
    """Without strict keys any key and any signature open a stream on that orders come and go."""
    async with Simulator(exchanges=[BINANCE], rate=20) as sim:
        params = {"apiKey": "mine", "timestamp": 1, "signature": "none"}
        async with web.ws_connect(sim.exchange_kwargs()[BINANCE]["ws_url"] + "/ws-api/v3") as socket:
            request = {"id": 1, "method": "userDataStream.subscribe.signature", "params": params}
            await socket.send_str(json.dumps(request))
            message = await told(socket, '"x":"TRADE"')
        assert str(message["event"]["i"]) in {order.order_id for order in sim.truth.orders(BINANCE, "mine")}


def test_an_account_needs_its_exchange():
    """An account on an exchange that does not run here is refused with the nearest name."""
    with pytest.raises(ValueError, match="did you mean OKX___SPOT"):
        Simulator(exchanges=[OKX]).account("OKX___SPO")
