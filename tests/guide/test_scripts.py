"""Programs as users write them, with nothing but `BtApi()`, against simulated venues."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bt_api_py import BtApi
from bt_api_py.exceptions import WebSocketError
from bt_api_py.simulator import Simulator

TICKER = """
import asyncio
from bt_api_py import BtApi

async def main():
    api = BtApi()
    shown = 0
    async for ticker in api.stream_ticker("BINANCE___SPOT", "BTCUSDT"):
        ticker.init_data()
        price, volume, change = ticker.get_last_price(), ticker.get_volume(), ticker.get_price_change()
        print(f"{ticker.get_symbol()}|{price:.2f}|{volume:,.0f}|{change:+.2f}%|{volume > 1000}")
        shown += 1
        if shown == 3:
            return

asyncio.run(main())
"""

MARKET = """
import asyncio
from bt_api_py import BtApi

async def books(api):
    async for depth in api.stream_depth("OKX___SPOT", "BTCUSDT"):
        depth.init_data()
        if depth.get_bids() and depth.get_asks():
            bid, ask = depth.get_bids()[0][0], depth.get_asks()[0][0]
            print(f"depth {bid < ask} {len(depth.get_bids())} {len(depth.get_asks())}")
            break

async def trades(api):
    sides = set()
    async for trade in api.stream_trades("HTX___SPOT", "BTCUSDT"):
        trade.init_data()
        sides.add(trade.get_side())
        positive = trade.get_quantity() > 0 and trade.get_price() > 0
        print(f"trade {trade.get_side()} {positive} {trade.get_timestamp()}")
        if sides == {"buy", "sell"}:
            break

async def candles(api):
    async for bar in api.stream_klines("BINANCE___SPOT", "BTCUSDT", "1m"):
        bar.init_data()
        fits = bar.get_low() <= min(bar.get_open(), bar.get_close()) <= bar.get_high()
        print(f"bar {fits} {bar.get_volume() >= 0} {bar.get_timestamp() % 60_000}")
        break

async def main():
    api = BtApi()
    await asyncio.gather(books(api), trades(api), candles(api))

asyncio.run(main())
"""

THREE = """
import asyncio
from bt_api_py import BtApi

async def follow(api, exchange_name):
    try:
        async for ticker in api.stream_ticker(exchange_name, "BTCUSDT"):
            print(exchange_name, ticker.get_symbol(), f"{ticker.get_last_price():.2f}")
            break
    except Exception as error:
        print(f"{exchange_name} error: {error}")

async def main():
    api = BtApi()
    await asyncio.gather(*(follow(api, name) for name in ("BINANCE___SPOT", "OKX___SPOT", "HTX___SPOT")))

asyncio.run(main())
"""


def simulated(source: str, folder: Path) -> list[str]:
    """Run a script with `bt-api simulate --` and return its lines; it must end well, without a complaint."""
    script = folder / "script.py"
    script.write_text(source)
    python = [sys.executable, "-W", "error"]
    command = [sys.executable, "-m", "bt_api_py", "simulate", "--rate", "3", "--", *python, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_ticker(tmp_path):
    """The ticker has the symbol as asked for, a price, a volume above 1000 and a change in percent."""
    lines = simulated(TICKER, tmp_path)
    assert len(lines) == 3
    for line in lines:
        assert re.fullmatch(r"BTCUSDT\|[1-9]\d*\.\d\d\|[\d,]+\|[+-]\d{1,2}\.\d\d%\|True", line)


def test_depth_trades_and_candles(tmp_path):
    """Depth has two sorted sides of 20 levels or more, trades have both sides, and a bar holds its prices."""
    lines = simulated(MARKET, tmp_path)
    [depth] = [line.split() for line in lines if line.startswith("depth")]
    assert depth[1] == "True"
    assert min(int(depth[2]), int(depth[3])) >= 20
    trades = [line for line in lines if line.startswith("trade")]
    assert all(re.fullmatch(r"trade (buy|sell) True \d{13}", line) for line in trades)
    assert {line.split()[1] for line in trades} == {"buy", "sell"}
    assert [line for line in lines if line.startswith("bar")] == ["bar True True 0"]


def test_three_exchanges(tmp_path):
    """One spelling of the market serves three exchanges."""
    lines = sorted(simulated(THREE, tmp_path))
    assert [line.split()[0] for line in lines] == ["BINANCE___SPOT", "HTX___SPOT", "OKX___SPOT"]
    assert all(re.fullmatch(r"\S+ BTCUSDT [1-9]\d*\.\d\d", line) for line in lines)


@pytest.mark.parametrize("exchange", ["BINANCE___SPOT", "OKX___SPOT", "HTX___SPOT"])
async def test_a_stream_gives_up_and_can_begin_again(exchange):
    """`max_reconnect` failures are a `WebSocketError` of one line; afterwards a new stream works."""
    async with Simulator(rate=3) as simulator:
        kwargs = simulator.exchange_kwargs()
        kwargs[exchange]["websocket"] = {"max_reconnect": 2, "reconnect_delay": 0.01}
        async with BtApi(kwargs) as api:
            simulator.faults.refuse(exchange)
            with pytest.raises(WebSocketError) as caught:
                async for _ in api.stream_ticker(exchange, "BTCUSDT"):
                    pytest.fail("data from an exchange that refuses everybody")
            assert exchange in str(caught.value)
            assert "\n" not in str(caught.value)
            simulator.faults.refuse(exchange, False)
            async with asyncio.timeout(10), api.stream_ticker(exchange, "BTCUSDT") as tickers:
                assert (await anext(tickers)).get_last_price() > 0
