"""Coinblockpro by itself, at the paths of the original: ``python -m bt_api_py.simulator.coinblockpro``.

async with CoinblockproServer(rest_port=0, ws_port=0) as server:
    FullTicker(server.rest_url, server.ws_url)
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import suppress
from typing import Any

from .clock import Clock
from .dialects.base import Dialect
from .dialects.coinblockpro import FEED, FULL, SINGLE, CoinblockproSpot, markets
from .dialects.coinblockpro.prices import Gap
from .server import Route, Server
from .simulator import Simulator

__all__ = ["CoinblockproServer", "markets"]


class CoinblockproServer(Simulator):
    """The simulated Coinblockpro on ports of its own, as the original is.

    Args:
        rest_port: of the REST calls; 0 chooses a free one.
        ws_port: of the feed; 0 chooses a free one. The same port as `rest_port` serves both.
        seed: as `Simulator`.
        host: as `Simulator`.
        rate: as `Simulator`.
        clock: as `Simulator`.

    Raises:
        ValueError: no loopback address, or no rate above 0.
    """

    def __init__(
        self,
        *,
        rest_port: int = 8000,
        ws_port: int = 8001,
        seed: int = 7,
        host: str = "127.0.0.1",
        rate: float = 1.0,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(seed=seed, host=host, rate=rate, exchanges=[CoinblockproSpot.name], clock=clock)
        dialect = self.world.find(CoinblockproSpot.name)
        if rest_port == ws_port != 0:
            self._servers = [Server(self.world, host, rest_port, _only(dialect, FULL, SINGLE, FEED))]
        else:
            self._servers = [
                Server(self.world, host, rest_port, _only(dialect, FULL, SINGLE)),
                Server(self.world, host, ws_port, _only(dialect, FEED)),
            ]

    @property
    def rest_url(self) -> str:
        """The base address of the REST calls."""
        return self.url

    @property
    def ws_url(self) -> str:
        """The whole address of the feed."""
        return f"ws://{self._address(self._servers[-1])}{FEED}"

    def exchange_kwargs(self) -> dict[str, dict[str, str]]:
        return {CoinblockproSpot.name: {"rest_url": self.rest_url, "ws_url": self.ws_url.removesuffix(FEED)}}

    @property
    def exchange(self) -> CoinblockproSpot:
        """The simulated exchange: `push`, `prices`, `mode` and what else it has of its own."""
        found = self.world.find(CoinblockproSpot.name)
        assert isinstance(found, CoinblockproSpot), "the only one there is"
        return found


def _only(dialect: Dialect[Any], *paths: str) -> Route:
    """Return the route of a port that serves these paths; what else is asked for there is not found."""
    return lambda path: (dialect, path if path in paths else "/")


async def _serve(given: argparse.Namespace) -> None:
    async with CoinblockproServer(
        rest_port=given.rest_port, ws_port=given.ws_port, seed=given.seed, rate=given.rate
    ) as server:
        exchange = server.exchange
        exchange.mode, exchange.is_faithful = given.mode, given.faithful
        exchange.venue.gap = given.gap
        print(f"REST {server.rest_url}\nfeed {server.ws_url}\nCtrl-C ends it.", flush=True)
        await asyncio.Event().wait()


def _port(text: str) -> int:
    if not 0 <= int(text) < 2**16:
        raise ValueError(text)
    return int(text)


def _gap(text: str) -> Gap:
    if text == "silent":
        return None
    return "mean" if text == "mean" else float(text)


def main() -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m bt_api_py.simulator.coinblockpro", description=main.__doc__)
    parser.add_argument("--rest-port", type=_port, default=8000, help="0: a free one (%(default)s)")
    parser.add_argument("--ws-port", type=_port, default=8001, help="0: a free one; may be the same (%(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="of the prices (%(default)s)")
    parser.add_argument("--rate", type=float, default=1.0, help="speed of the prices (%(default)s)")
    parser.add_argument("--mode", choices=("repr", "json"), default="repr", help="of the feed (%(default)s)")
    gap_help = "between two changes: seconds, 'silent', or 'mean' for a new one each time, 0.9 s on average"
    parser.add_argument("--gap", type=_gap, default="mean", help=gap_help)
    parser.add_argument("--faithful", action="store_true", help="each change to one client only, as the original does")
    given = parser.parse_args()
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_serve(given))
    except (OSError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
