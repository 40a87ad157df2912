"""``bt-api demo``: simulated venues side by side, healing from faults that are put in on purpose."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from collections.abc import Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from .. import BtApi, BtApiError, Stream, SymbolData
from ..exchanges import exchange_class
from ..simulator import Simulator
from . import figures
from .board import Board, event_line
from .running import FAILURE, OK, all_of, describe, first_to_end

VENUES = ("BINANCE___SPOT", "OKX___SPOT", "HTX___SPOT")
PIPE_SECONDS = 20.0
SAMPLE = 0.5  # seconds between two points of the sparkline
FIRST_FAULT, NEXT_FAULT = 4.0, 8.0  # seconds
SUMMARY = ("delivered", "reconnects", "gaps", "backfilled", "missing")
WIDTH = 19  # of the longest name of an exchange
MONEY = ("USDT", "USDC", "USD", "EUR")  # quote assets, the most welcome first
OUTAGE = 2.0  # seconds for which a cut exchange refuses to be connected to


@dataclass(eq=False)
class Lane:
    """What is known of one exchange."""

    exchange: str
    symbol: str
    stream: Stream[Any]  # its trades; its tickers, where it tells no trades
    ticker: Any = None
    candle: Any = None
    error: str = ""
    prices: deque[float] = field(default_factory=lambda: deque(maxlen=40))
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=50))

    @property
    def told(self) -> str:
        """What is counted of it."""
        return "trades" if "trades" in exchange_class(self.exchange).kinds else "tickers"

    @property
    def spread(self) -> float:
        """Best ask minus best bid."""
        return float(self.ticker.get_ask_price() - self.ticker.get_bid_price())

    @property
    def latency(self) -> float:
        """Median of the last trades, from the venue's clock to ours, milliseconds."""
        return median(self.latencies) if self.latencies else float("nan")


@dataclass(eq=False)
class Scene:
    """All lanes of one market; the trades and events of all of them are on one board."""

    symbol: str
    lanes: list[Lane]
    board: Board = field(default_factory=lambda: Board(recent=1, events=8))


async def demo(symbol: str, every: bool, seconds: float | None) -> int:
    """Show `symbol` on simulated exchanges; return 1 when nothing could be shown."""
    live = sys.stdout.isatty()
    if seconds is None and not live:
        seconds = PIPE_SECONDS
    async with Simulator() as simulator, BtApi(_settings(simulator)) as api:
        markets = (
            await _markets(api, sorted(simulator.exchange_kwargs()), symbol) if every else dict.fromkeys(VENUES, symbol)
        )
        scene = Scene(symbol, [Lane(name, market, _stream(api, name, market)) for name, market in markets.items()])
        view = _draw(scene) if live else _print(scene)
        lanes = all_of(_guarded(lane, work) for lane in scene.lanes for work in _works(api, lane, scene))
        others = (_watch(api, scene, live), _sample(scene), _disturb(simulator, scene))
        try:
            await first_to_end(view, lanes, *others, seconds=seconds)
        finally:
            for line in summary(scene):
                print(line)
    return OK if any(lane.ticker for lane in scene.lanes) else FAILURE


def _stream(api: BtApi, exchange: str, symbol: str) -> Stream[Any]:
    tells_trades = "trades" in exchange_class(exchange).kinds
    return api.stream_trades(exchange, symbol) if tells_trades else api.stream_ticker(exchange, symbol)


async def _markets(api: BtApi, exchanges: Iterable[str], symbol: str) -> dict[str, str]:
    """Return the market of each exchange that shows the same asset, by preference the very same pair, or one in money.

    Where an exchange has neither, or nobody knows the pair, the symbol stays as it is, and is refused there.
    """
    names = list(exchanges)
    lists = dict(zip(names, await asyncio.gather(*map(api.async_get_symbols, names)), strict=True))
    wanted = "".join(filter(str.isalnum, symbol.upper()))
    pairs = {_pair(row): row.get_base_asset() for rows in lists.values() for row in rows}
    markets = {}
    for name, rows in lists.items():
        like = [row for row in rows if row.get_base_asset() == pairs.get(wanted)]
        same = [row for row in like if _pair(row) == wanted]
        money = sorted(
            (row for row in like if row.get_quote_asset() in MONEY), key=lambda row: MONEY.index(row.get_quote_asset())
        )
        found = next(iter(same or money or like), None)
        markets[name] = symbol if same or found is None else found.get_symbol()
    return markets


def _pair(row: SymbolData) -> str:
    return f"{row.get_base_asset()}{row.get_quote_asset()}".upper()


async def _watch(api: BtApi, scene: Scene, live: bool) -> None:
    async for event in api.stream_status():
        if event.symbol and event.kind in ("connected", "disconnected"):
            continue  # each topic tells of the same loss as its connection
        scene.board.note(event)
        if not live:
            print(event_line(event), flush=True)


def _settings(simulator: Simulator) -> dict[str, dict[str, Any]]:
    # The outages are short and of our making: nobody should give up over them.
    return {
        name: {**addresses, "websocket": {"max_reconnect": None}}
        for name, addresses in simulator.exchange_kwargs().items()
    }


def _works(api: BtApi, lane: Lane, scene: Scene) -> Iterator[Coroutine[Any, Any, None]]:
    kinds = exchange_class(lane.exchange).kinds
    if "trades" in kinds:
        yield _trades(lane, scene)
        yield _ticker(lane, api.stream_ticker(lane.exchange, lane.symbol))
    else:
        yield _ticker(lane, lane.stream)
        yield _present(api, lane)
    if "klines" in kinds:
        yield _candles(api, lane)


async def _guarded(lane: Lane, work: Coroutine[Any, Any, None]) -> None:
    """Let one stream fail without the others."""
    try:
        await work
    except BtApiError as error:
        lane.error = describe(error)


async def _trades(lane: Lane, scene: Scene) -> None:
    async with lane.stream as trades:
        async for trade in trades:
            scene.board.put(lane.exchange, trade)
            if trade.get_origin() == "live":
                lane.latencies.append(trade.get_latency_ms())


async def _ticker(lane: Lane, stream: Stream[Any]) -> None:
    async with stream as tickers:
        async for lane.ticker in tickers:
            pass


async def _present(api: BtApi, lane: Lane) -> None:
    """Show the present state of a market that may be quiet for minutes."""
    present = await api.async_get_tick(lane.exchange, lane.symbol)
    lane.ticker = lane.ticker or present


async def _candles(api: BtApi, lane: Lane) -> None:
    async with api.stream_klines(lane.exchange, lane.symbol, "1m") as bars:
        async for lane.candle in bars:
            pass


async def _sample(scene: Scene) -> None:
    while True:
        for lane in scene.lanes:
            if lane.ticker:
                lane.prices.append(lane.ticker.get_last_price())
        await asyncio.sleep(SAMPLE)


async def _disturb(simulator: Simulator, scene: Scene) -> None:
    await asyncio.sleep(FIRST_FAULT)
    while True:
        for lane in scene.lanes:
            simulator.faults.refuse(lane.exchange)
            simulator.faults.disconnect(lane.exchange)
            await asyncio.sleep(OUTAGE)
            simulator.faults.refuse(lane.exchange, False)
            await asyncio.sleep(NEXT_FAULT - OUTAGE)


async def _draw(scene: Scene) -> None:
    from .live import Screen
    from .scene import page

    async with Screen(lambda: page(scene)):
        await asyncio.Event().wait()


async def _print(scene: Scene) -> None:
    while True:
        await asyncio.sleep(1.0)
        for lane in scene.lanes:
            if lane.ticker:
                print(text_line(lane, scene), flush=True)


def text_line(lane: Lane, scene: Scene) -> str:
    """Return one exchange as one line, for a pipe."""
    ticker, bar = lane.ticker, lane.candle
    parts = [
        f"{time.strftime('%H:%M:%S', time.gmtime())} {lane.exchange:<{WIDTH}} {lane.symbol}",
        f"last {figures.price(ticker.get_last_price())}",
        f"bid {figures.price(ticker.get_bid_price())} ask {figures.price(ticker.get_ask_price())}",
        f"spread {figures.price(lane.spread, ticker.get_last_price())}",
        f"trades/s {scene.board.rate(lane.exchange):.1f}",
        f"latency {figures.milliseconds(lane.latency)}",
    ]
    if bar:
        prices = (bar.get_open(), bar.get_high(), bar.get_low(), bar.get_close())
        parts.append(f"candle {' '.join(figures.price(value) for value in prices)}")
    return "  ".join(parts)


def summary(scene: Scene) -> list[str]:
    """Return one line per exchange: what was delivered, and what the cut connections cost."""
    lines = []
    for lane in scene.lanes:
        stats = lane.stream.stats
        counts = (f"{name} {getattr(stats, name):,}" for name in SUMMARY)
        lines.append(f"{lane.exchange:<{WIDTH}} {lane.told}: {', '.join(counts)}")
        if lane.error:
            lines.append(f"{lane.exchange:<{WIDTH}} {lane.error}")
    return lines
