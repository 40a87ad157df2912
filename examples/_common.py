"""What the examples share: their arguments, and a simulator for those who have no network."""

import argparse
import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from bt_api_py.simulator import Simulator


def arguments(description: str | None, *, several: bool = False, count: int = 10) -> argparse.ArgumentParser:
    """Return a parser for EXCHANGE (one or several), SYMBOL, --count and --simulate."""
    parser = argparse.ArgumentParser(description=description)
    if several:
        venues = ["BINANCE___SPOT", "OKX___SPOT", "HTX___SPOT"]
        parser.add_argument("--symbol", default="BTCUSDT", help="default: %(default)s")
        parser.add_argument("exchanges", nargs="*", default=venues, metavar="EXCHANGE", help=f"default: {venues}")
    else:
        parser.add_argument("exchange", nargs="?", default="BINANCE___SPOT", help="default: %(default)s")
        parser.add_argument("symbol", nargs="?", default="BTCUSDT", help="default: %(default)s")
    parser.add_argument("--count", type=int, default=count, help="end after so many lines, default: %(default)s")
    parser.add_argument("--simulate", action="store_true", help="use a simulator, no network")
    return parser


def run(main: Coroutine[Any, Any, None], simulate: bool, prepare: Callable[[Simulator], object] | None = None) -> None:
    """Run `main`; with `simulate`, against a simulator that `prepare` may disturb."""

    async def simulated() -> None:
        async with Simulator() as simulator:
            os.environ["BT_API_SIMULATOR"] = simulator.url  # every BtApi made from now on goes there
            if prepare:
                prepare(simulator)
            await main

    with suppress(KeyboardInterrupt):
        asyncio.run(simulated() if simulate else main)
