"""What is measured: programs that subscribe to a load, read three fields of every message, and tell what it cost.

Each runs in a process of its own: ``python -m benchmarks.subjects NAME KIND SYMBOLS COUNT PORT``.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from bisect import bisect_left, insort
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import orjson

from .frames import symbols, topic

_WARM = 0.1  # of the messages, before the clock starts


class Meter:
    """Counts messages; between the end of the warm-up and the last it takes CPU and wall time."""

    def __init__(self, count: int, *, with_times: bool) -> None:
        self.count = count
        self.seen = 0
        self.times: list[int] | None = [] if with_times else None
        self.done = asyncio.get_running_loop().create_future()
        self._from = int(count * _WARM)
        self._began = (0.0, 0.0)
        self._total = 0.0

    def note(self, a: float, b: float, c: float) -> None:
        """Take the three fields of one message, as a program would that does something with them."""
        self._total += a + b + c
        self.seen += 1
        if self.times is not None:
            self.times.append(time.monotonic_ns())
        if self.seen == self._from:
            self._began = time.process_time(), time.perf_counter()
        elif self.seen == self.count:
            cpu, wall = time.process_time() - self._began[0], time.perf_counter() - self._began[1]
            measured = self.count - self._from
            self.done.set_result({"cpu_us": cpu / measured * 1e6, "wall_us": wall / measured * 1e6})


async def reference(kind: str, names: list[str], port: int, meter: Meter) -> None:
    """The loop that a user would write: aiohttp's websocket, orjson, three fields; for books dict plus bisect."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"ws://127.0.0.1:{port}/stream") as socket,
    ):
        await socket.send_json({"method": "SUBSCRIBE", "params": [topic(kind, name) for name in names], "id": 1})
        if kind == "depth":
            await _reference_books(session, socket, names, port, meter)
            return
        fields = ("c", "v", "P") if kind == "ticker" else ("p", "q", "T")
        first, second, third = fields
        async for message in socket:
            frame = orjson.loads(message.data)
            data = frame.get("data")
            if data is not None:
                meter.note(float(data[first]), float(data[second]), float(data[third]))


class Book:
    """A book as one writes it for oneself: quantities by price, and the sorted prices."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.bids = {float(price): float(quantity) for price, quantity in snapshot["bids"]}
        self.asks = {float(price): float(quantity) for price, quantity in snapshot["asks"]}
        self.bid_prices = sorted(self.bids)
        self.ask_prices = sorted(self.asks)
        self.last = snapshot["lastUpdateId"]

    def apply(self, data: dict[str, Any]) -> None:
        if data["u"] <= self.last:
            return
        if data["U"] > self.last + 1:
            raise RuntimeError("a hole")
        self.last = data["u"]
        _set(self.bids, self.bid_prices, data["b"])
        _set(self.asks, self.ask_prices, data["a"])

    def top(self, count: int) -> tuple[list[list[float]], list[list[float]]]:
        bids, asks = self.bids, self.asks
        return (
            [[price, bids[price]] for price in self.bid_prices[: -count - 1 : -1]],
            [[price, asks[price]] for price in self.ask_prices[:count]],
        )


def _set(side: dict[float, float], prices: list[float], changes: list[list[str]]) -> None:
    for price_text, quantity_text in changes:
        price, quantity = float(price_text), float(quantity_text)
        if quantity:
            if price not in side:
                insort(prices, price)
            side[price] = quantity
        elif price in side:
            del side[price]
            del prices[bisect_left(prices, price)]


async def _reference_books(session: Any, socket: Any, names: list[str], port: int, meter: Meter) -> None:
    books: dict[str, Book] = {}
    async for message in socket:
        frame = orjson.loads(message.data)
        data = frame.get("data")
        if data is None:
            continue
        book = books.get(data["s"])
        if book is None:
            url = f"http://127.0.0.1:{port}/api/v3/depth?symbol={data['s']}&limit=1000"
            async with session.get(url) as answer:
                book = books[data["s"]] = Book(orjson.loads(await answer.read()))
        book.apply(data)
        bids, asks = book.top(20)
        meter.note(bids[0][0], asks[0][0], data["E"])


async def gateway(kind: str, names: list[str], port: int, meter: Meter, *, readers: int = 1) -> None:
    """The same through `BtApi`, a stream and a task for each symbol and reader."""
    from bt_api_py import BtApi

    exchange = "BINANCE___SPOT"
    api = BtApi({exchange: {"ws_url": f"ws://127.0.0.1:{port}", "rest_url": f"http://127.0.0.1:{port}"}})
    read = {"ticker": _read_tickers, "trades": _read_trades, "depth": _read_books}[kind]
    options: dict[str, Any] = {"trades": {}, "ticker": {"buffer": 100_000}, "depth": {"buffer": 100_000, "levels": 21}}[
        kind
    ]
    async with api:
        streams = [getattr(api, f"stream_{kind}")(exchange, name, **options) for name in names for _ in range(readers)]
        tasks = [asyncio.create_task(read(stream, meter.note)) for stream in streams]
        try:
            await asyncio.wait([meter.done, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for stream in streams:
                stats = stream.stats
                assert stats.dropped == stats.missing == stats.gaps == 0, "a benchmark must not lose anything"
        finally:
            for task in tasks:
                task.cancel()


Note = Callable[[float, float, float], None]


async def _read_tickers(stream: Any, note: Note) -> None:
    async for ticker in stream:
        note(ticker.get_last_price(), ticker.get_volume(), ticker.get_price_change())


async def _read_trades(stream: Any, note: Note) -> None:
    async for trade in stream:
        note(trade.get_trade_price(), trade.get_trade_volume(), trade.get_timestamp())


async def _read_books(stream: Any, note: Note) -> None:
    async for book in stream:
        note(book.get_bids()[0][0], book.get_asks()[0][0], book.get_timestamp())


async def ccxt(kind: str, names: list[str], port: int, meter: Meter) -> None:
    """ccxt pro, where it is installed: the same fields from its unified structures."""
    from ccxt import pro

    exchange = pro.binance({"options": {"defaultType": "spot", "fetchMarkets": ["spot"], "watchOrderBook": {}}})
    rest, stream = f"http://127.0.0.1:{port}/api/v3", f"ws://127.0.0.1:{port}/stream"
    exchange.urls["api"].update(public=rest, v3=rest, ws={**exchange.urls["api"]["ws"], "spot": stream})
    exchange.enableRateLimit = False
    watch = {"ticker": exchange.watch_ticker, "trades": exchange.watch_trades, "depth": exchange.watch_order_book}[kind]

    async def read(symbol: str) -> None:
        while True:
            answer = await watch(symbol)
            if kind == "ticker":
                meter.note(answer["last"], answer["baseVolume"], answer["percentage"])
            elif kind == "trades":
                for trade in answer:
                    meter.note(trade["price"], trade["amount"], trade["timestamp"])
            else:
                meter.note(answer["bids"][0][0], answer["asks"][0][0], answer["timestamp"])

    try:
        markets = await exchange.load_markets()
        tasks = [asyncio.create_task(read(market["symbol"])) for market in markets.values() if market["id"] in names]
        await asyncio.wait([meter.done, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
    finally:
        await exchange.close()


Subject = Callable[[str, list[str], int, Meter], Awaitable[None]]


async def three_readers(kind: str, names: list[str], port: int, meter: Meter) -> None:
    """The gateway with three readers of each stream; a message counts when the first has it."""
    await gateway(kind, names, port, meter, readers=3)


SUBJECTS: dict[str, Subject] = {
    "reference": reference,
    "gateway": gateway,
    "three readers": three_readers,
    "ccxt": ccxt,
}


async def run(
    name: str, kind: str, count_of_symbols: int, count: int, port: int, *, with_times: bool
) -> dict[str, Any]:
    """Run one subject and return what it measured."""
    meter = Meter(count * (3 if name == "three readers" else 1), with_times=with_times)
    work = asyncio.create_task(SUBJECTS[name](kind, symbols(count_of_symbols), port, meter))
    await asyncio.wait([meter.done, work], return_when=asyncio.FIRST_COMPLETED)
    if not meter.done.done():
        await work
        raise RuntimeError(f"{name} ended after {meter.seen} of {count} messages")
    result: dict[str, Any] = meter.done.result()
    if name == "three readers":
        result = {key: 3 * value for key, value in result.items()}
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if meter.times is not None:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/sent") as answer:
            sent = orjson.loads(await answer.read())
        result["latencies_us"] = [(at - then) / 1000 for at, then in zip(meter.times, sent, strict=True)]
    work.cancel()
    await asyncio.wait([work])
    return result


if __name__ == "__main__":
    name, kind, symbol_count, count, port, *rest = sys.argv[1:]
    if "uvloop" in rest:
        import uvloop

        uvloop.install()
    print(
        json.dumps(asyncio.run(run(name, kind, int(symbol_count), int(count), int(port), with_times="times" in rest)))
    )
