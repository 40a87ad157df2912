"""The whole simulator on loopback: real HTTP, real websockets, clean ends."""

import asyncio
import gzip
import json
import subprocess
import sys

import aiohttp
import pytest

from bt_api_py.simulator import Simulator

BINANCE, OKX, HTX = "BINANCE___SPOT", "OKX___SPOT", "HTX___SPOT"


async def until(websocket, wanted):
    """Return the first message that fits."""
    async with asyncio.timeout(10):
        while True:
            message = await websocket.receive()
            assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), message
            data = gzip.decompress(message.data) if isinstance(message.data, bytes) else message.data
            row = json.loads(data) if data != "pong" else {"pong": True}
            if wanted(row):
                return row


async def test_every_exchange_answers_on_its_own_path(lively, web):
    """The settings for BtApi lead to sockets and REST of each venue."""
    settings = lively.exchange_kwargs()
    assert {BINANCE, OKX, HTX} <= set(settings) <= set(lively.exchanges)
    async with web.ws_connect(settings[BINANCE]["ws_url"] + "/stream?streams=btcusdt@trade") as socket:
        assert (await until(socket, lambda row: "stream" in row))["data"]["s"] == "BTCUSDT"
    async with web.ws_connect(settings[OKX]["ws_url"] + "/ws/v5/public") as socket:
        await socket.send_json({"op": "subscribe", "args": [{"channel": "trades", "instId": "BTC-USDT"}]})
        await socket.send_str("ping")
        assert await until(socket, lambda row: "pong" in row)
        assert (await until(socket, lambda row: "data" in row))["arg"]["instId"] == "BTC-USDT"
    async with web.ws_connect(settings[HTX]["ws_url"] + "/ws") as socket:
        await socket.send_json({"sub": "market.btcusdt.bbo", "id": "1"})
        assert (await until(socket, lambda row: "ch" in row))["tick"]["symbol"] == "btcusdt"
    for name, path in ((BINANCE, "/api/v3/time"), (OKX, "/api/v5/public/time"), (HTX, "/v1/common/timestamp")):
        async with web.get(settings[name]["rest_url"] + path) as answer:
            assert answer.status == 200
            assert answer.content_type == "application/json"
        assert lively.stats[name].http[path] == 1
        assert lively.stats[name].connects == 1


async def test_an_unknown_exchange_is_not_found(lively, web):
    """A path outside the exchanges gets 404 and the list of exchanges."""
    async with web.get(lively.url + "/NOSUCH/api/v3/time") as answer:
        assert answer.status == 404
        assert OKX in await answer.text()


async def test_five_hundred_symbols_on_one_connection(lively, web):
    """A connection that names nearly every symbol gets data of many of them."""
    names = [f"{symbol.lower()}@depth@100ms" for symbol in lively.truth.symbols(BINANCE)]
    assert len(names) == 499
    async with web.ws_connect(lively.exchange_kwargs()[BINANCE]["ws_url"] + "/stream") as socket:
        await socket.send_json({"method": "SUBSCRIBE", "params": names, "id": 1})
        seen = set()
        async with asyncio.timeout(20):
            while len(seen) < 300:
                seen.add((await until(socket, lambda row: "stream" in row))["stream"])


async def test_a_cut_connection_has_no_close_frame(lively, web):
    """Disconnecting with 1006 resets the connection: the client sees an abnormal end."""
    socket = await web.ws_connect(lively.exchange_kwargs()[BINANCE]["ws_url"] + "/ws/btcusdt@trade")
    lively.faults.disconnect(BINANCE, code=1006)
    async with asyncio.timeout(10):
        while not socket.closed:
            await socket.receive()
    assert socket.close_code == 1006


async def test_a_closed_connection_has_its_code(lively, web):
    """Disconnecting with another code sends a close frame with it."""
    socket = await web.ws_connect(lively.exchange_kwargs()[OKX]["ws_url"] + "/ws/v5/public")
    lively.faults.disconnect(OKX, code=4004, reason="No data received in 30s.")
    message = await socket.receive(timeout=10)
    assert (message.type, message.data, message.extra) == (
        aiohttp.WSMsgType.CLOSE,
        4004,
        "No data received in 30s.",
    )


async def test_refused_upgrades_fail(lively, web):
    """A refused upgrade shows its status, or a reset connection."""
    url = lively.exchange_kwargs()[OKX]["ws_url"] + "/ws/v5/public"
    lively.faults.refuse(OKX, status=503)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await web.ws_connect(url)
    assert refused.value.status == 503
    lively.faults.refuse(OKX)
    with pytest.raises(aiohttp.ClientConnectionError):
        await web.ws_connect(url)


async def test_the_end_is_clean(web):
    """Stopping closes sockets with 1001, leaves no task behind, and the port is free again."""
    before = asyncio.all_tasks()
    async with Simulator(rate=5) as sim:
        port = int(sim.url.rsplit(":", 1)[1])
        socket = await web.ws_connect(sim.exchange_kwargs()[BINANCE]["ws_url"] + "/ws/btcusdt@trade")
        reader = asyncio.create_task(drain(socket))
    assert await asyncio.wait_for(reader, 10) == 1001
    assert {task for task in asyncio.all_tasks() - before if not task.done()} == set()
    async with Simulator(port=port) as again:
        assert again.url.endswith(f":{port}")
    with pytest.raises(RuntimeError, match="not running"):
        again.url


async def drain(socket):
    async for _ in socket:
        pass
    return socket.close_code


async def test_a_failing_market_is_reported(lively, monkeypatch, caplog):
    """An error in the markets is logged at once, and raised when the simulator stops."""
    failed = asyncio.Event()

    def fail(now):
        failed.set()
        raise ArithmeticError("broken market")

    simulator = Simulator()
    monkeypatch.setattr(simulator.world, "tick", fail)
    await simulator.start()
    await asyncio.wait_for(failed.wait(), 10)
    with pytest.raises(ArithmeticError, match="broken market"):
        await simulator.stop()
    assert "the simulated markets stopped" in caplog.text


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"host": "0.0.0.0"}, "loopback only"),
        ({"rate": -1}, "rate"),
        ({"rate": 0}, "rate"),
        ({"exchanges": ["BINANCE__SPOT"]}, "did you mean BINANCE___SPOT"),
        ({"symbols": ["NOSUCH"]}, "no known quote"),
    ],
)
def test_wrong_settings_are_refused(settings, words):
    """What cannot work is an error in the constructor."""
    with pytest.raises(ValueError, match=words):
        Simulator(**settings)


async def test_symbols_may_be_chosen(web):
    """With `symbols` every exchange lists exactly those, known ones and new ones."""
    async with Simulator(symbols=["BTC-USDT", "NEWUSDT"], exchanges=[OKX]) as sim:
        url = sim.exchange_kwargs()[OKX]["rest_url"]
        async with web.get(url + "/api/v5/public/instruments?instType=SPOT") as answer:
            rows = (await answer.json())["data"]
    assert [row["instId"] for row in rows] == ["BTC-USDT", "NEW-USDT"]


def test_prices_agree_across_venues(virtual):
    """The same symbol costs the same everywhere, to a thousandth, and moves."""
    world = virtual(rate=2)
    names = (BINANCE, OKX, HTX)
    first = [world.truth.book(name, "BTCUSDT").bids[0][0] for name in names]
    for _ in range(30):
        world.leap(60)
    later = [world.truth.book(name, "BTCUSDT").bids[0][0] for name in names]
    for prices in (first, later):
        assert max(prices) - min(prices) < max(prices) / 1000
    assert first != later


def test_the_same_seed_gives_the_same_frames(virtual):
    """Two worlds of one seed send the same frames byte by byte; another seed sends others."""
    runs = []
    for seed in (1, 1, 2):
        world = virtual(seed=seed, rate=5)
        binance = world.connect(BINANCE, "/stream", {"streams": "btcusdt@trade/btcusdt@depth@100ms/ethusdt@ticker"})
        htx = world.connect(HTX, "/ws")
        world.send(htx, {"sub": "market.btcusdt.trade.detail", "id": "1"})
        world.run(5)
        runs.append((binance.raw, htx.raw))
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_the_plugin_loads_nothing_at_start():
    """Importing the pytest plugin loads nothing else of the simulator."""
    code = (
        "import sys, bt_api_py.simulator.pytest_plugin;"
        "print([m for m in sys.modules if m.startswith('bt_api_py.simulator.') and 'plugin' not in m])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


async def test_the_fixture_is_a_running_simulator(simulator, web):
    """The plugin's `simulator` fixture answers requests."""
    async with web.get(simulator.exchange_kwargs()[OKX]["rest_url"] + "/api/v5/public/time") as answer:
        assert (await answer.json())["code"] == "0"


async def test_the_other_fixture_talks_to_it(api, simulator):
    """The plugin's `api` fixture is a BtApi whose requests reach the simulator."""
    tick = await api.async_get_tick(OKX, "BTCUSDT")
    assert tick.get_last_price() > 0
    assert simulator.stats[OKX].http["/api/v5/market/ticker"] == 1
