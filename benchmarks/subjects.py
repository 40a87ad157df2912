"""What is measured: programs that subscribe to a load and read three fields of every message.

`loop` is what a user would write by hand. The others do the same through `BtApi`, configured as by any user: where the
venue stands is a setting. Each runs in a process of its own; ``python -m benchmarks.subjects --help`` tells how.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from bisect import bisect_left, insort
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import aiohttp
import orjson

from bt_api_py import BtApi

from .frames import symbols, topic
from .meter import Meter, Reader
from .peers import PEERS

EXCHANGE = "BINANCE___SPOT"


async def loop(kind: str, names: list[str], levels: int, port: int, meter: Meter) -> None:
    """The loop that a user would write: aiohttp's websocket, orjson, three fields; a kept book and its best levels."""
    note = meter.reader().note
    async with aiohttp.ClientSession() as session, session.ws_connect(f"ws://127.0.0.1:{port}/stream") as socket:
        await socket.send_json({"method": "SUBSCRIBE", "params": [topic(kind, name) for name in names], "id": 1})
        if kind == "depth":
            await _loop_of_books(session, socket, levels, port, note)
            return
        first, second, third = ("c", "v", "P") if kind == "ticker" else ("p", "q", "T")
        async for message in socket:
            data = orjson.loads(message.data).get("data")
            if data is not None:
                note(float(data[first]), float(data[second]), float(data[third]))


async def _loop_of_books(session: Any, socket: Any, levels: int, port: int, note: Callable[..., None]) -> None:
    books: dict[str, Book] = {}
    async for message in socket:
        data = orjson.loads(message.data).get("data")
        if data is None:
            continue
        book = books.get(data["s"])
        if book is None:
            url = f"http://127.0.0.1:{port}/api/v3/depth?symbol={data['s']}&limit=1000"
            async with session.get(url) as answer:
                book = books[data["s"]] = Book(orjson.loads(await answer.read()))
        book.apply(data)
        bids, asks = book.top(levels)
        note(bids[0][0], asks[0][0], data["E"])


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


def connect(port: int) -> BtApi:
    """Return a gateway to the replay server."""
    return BtApi({EXCHANGE: {"ws_url": f"ws://127.0.0.1:{port}", "rest_url": f"http://127.0.0.1:{port}"}})


def open_stream(api: BtApi, kind: str, name: str, levels: int) -> Any:
    """Return a stream that keeps every message for its reader."""
    if kind == "ticker":
        return api.stream_ticker(EXCHANGE, name, overflow="drop_oldest", buffer=100_000)
    if kind == "depth":
        return api.stream_depth(EXCHANGE, name, levels=levels, overflow="drop_oldest", buffer=100_000)
    return api.stream_trades(EXCHANGE, name)


async def gateway(
    kind: str,
    names: list[str],
    levels: int,
    port: int,
    meter: Meter,
    *,
    readers: int = 1,
    sleepers: int = 0,
    read: Read | None = None,
) -> None:
    """The same through `BtApi`: a stream and a task for each symbol and reader."""
    read = read or {"ticker": _read_tickers, "trades": _read_trades, "depth": _read_books}[kind]
    async with connect(port) as api:
        streams = []
        tasks = []
        for _ in range(readers):
            reader = meter.reader()
            for name in names:
                streams.append(open_stream(api, kind, name, levels))
                tasks.append(asyncio.create_task(read(streams[-1], reader)))
        for _ in range(sleepers):
            sleeping = api.stream_trades(EXCHANGE, names[0], overflow="drop_oldest", buffer=1000)
            tasks.append(asyncio.create_task(_read_and_sleep(sleeping, meter)))
        try:
            await asyncio.wait([meter.done, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for stream in streams:
                stats = stream.stats
                assert stats.dropped == stats.missing == stats.gaps == 0, "a benchmark must not lose anything"
        finally:
            for task in tasks:
                task.cancel()


Read = Callable[[Any, Reader], Coroutine[Any, Any, None]]


async def _read_tickers(stream: Any, reader: Reader) -> None:
    note = reader.note
    async for ticker in stream:
        note(ticker.get_last_price(), ticker.get_volume(), ticker.get_price_change())


async def _read_trades(stream: Any, reader: Reader) -> None:
    note = reader.note
    async for trade in stream:
        note(trade.get_trade_price(), trade.get_trade_volume(), trade.get_timestamp())


async def _read_books(stream: Any, reader: Reader) -> None:
    note = reader.note
    async for book in stream:
        note(book.get_bids()[0][0], book.get_asks()[0][0], book.get_timestamp())


async def _read_best(stream: Any, reader: Reader) -> None:
    note = reader.note
    async for book in stream:
        note(book.get_best_bid()[0], book.get_best_ask()[0], book.get_timestamp())


async def _read_and_sleep(stream: Any, meter: Meter) -> None:
    async for _ in stream:
        await asyncio.wait([meter.done])


Subject = Callable[[str, list[str], int, int, Meter], Awaitable[None]]


async def three_readers(kind: str, names: list[str], levels: int, port: int, meter: Meter) -> None:
    """The gateway with three readers of each stream."""
    await gateway(kind, names, levels, port, meter, readers=3)


async def one_asleep(kind: str, names: list[str], levels: int, port: int, meter: Meter) -> None:
    """Three readers, and a fourth that took one message and sleeps."""
    await gateway(kind, names, levels, port, meter, readers=3, sleepers=1)


async def best_of_20(kind: str, names: list[str], levels: int, port: int, meter: Meter) -> None:
    """The gateway with a reader of books who looks at the best prices alone."""
    await gateway(kind, names, 21, port, meter, read=_read_best)


async def best_of_5000(kind: str, names: list[str], levels: int, port: int, meter: Meter) -> None:
    """The same, and every book that is handed out has 5000 levels a side."""
    await gateway(kind, names, 5000, port, meter, read=_read_best)


SUBJECTS: dict[str, Subject] = {
    "loop": loop,
    "gateway": gateway,
    "three readers": three_readers,
    "one asleep": one_asleep,
    "best of 20": best_of_20,
    "best of 5000": best_of_5000,
    **PEERS,
}


async def run(chosen: argparse.Namespace) -> dict[str, Any]:
    """Run one subject and return what it measured."""
    meter = Meter(chosen.count, with_times=chosen.times)
    names = symbols(chosen.symbols)
    work = asyncio.ensure_future(SUBJECTS[chosen.subject](chosen.kind, names, chosen.levels, chosen.port, meter))
    await asyncio.wait([meter.done, work], return_when=asyncio.FIRST_COMPLETED)
    if not meter.done.done():
        await work
        raise RuntimeError(f"{chosen.subject} ended early, after {[reader.seen for reader in meter.readers]} messages")
    result = meter.done.result()
    if chosen.times:
        address = f"http://127.0.0.1:{chosen.port}/sent"
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            sent = orjson.loads(await answer.read())
        result["latencies_us"] = [
            (at - then) / 1000
            for reader in meter.readers
            for at, then in list(zip(reader.times or (), sent, strict=True))[meter.warm :]
        ]
    work.cancel()
    await asyncio.wait([work])
    return result


def main() -> None:
    """Run the subject that the command line names and print its figures as JSON."""
    options = argparse.ArgumentParser()
    options.add_argument("subject")
    options.add_argument("kind")
    options.add_argument("symbols", type=int)
    options.add_argument("count", type=int)
    options.add_argument("levels", type=int)
    options.add_argument("port", type=int)
    options.add_argument("--times", action="store_true")
    options.add_argument("--uvloop", action="store_true")
    chosen = options.parse_args()
    factory: Any = None
    if chosen.uvloop:
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        json.dump(runner.run(run(chosen)), sys.stdout)


if __name__ == "__main__":
    main()
