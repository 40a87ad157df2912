"""Venues on loopback: real HTTP and real websockets in each venue's dialect, driven by one market model."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..api import BtApi
from .account import Account, Number
from .clock import Clock, SystemClock
from .faults import Faults
from .scenario import Scenario
from .server import Server
from .stats import ExchangeStats
from .truth import Truth
from .world import TICK_S, World

log = logging.getLogger("bt_api_py.simulator")


class Simulator:
    """Simulated exchanges on 127.0.0.1, for tests, examples and offline work.

    Args:
        seed: the same seed gives the same markets.
        port: 0 chooses a free one; `url` tells it.
        rate: speed of the order flow; above 1, push intervals shrink along (down to 50 ms), while clocks,
            heartbeats
            and limits stay as they are. With a capture: speed of the playback, 0 for everything at once.
        exchanges: names such as "OKX___SPOT"; None: all the simulator speaks, or all that the capture holds.
        symbols: list these symbols only, in any spelling; None: each exchange's own list.
        capture: a file of recorded traffic to be played in place of the market model.
        strict_keys: only accounts made by `account` exist, and every signature, its time and the passphrase are
            checked. Otherwise any key gets an account that trades on its own, and any signature will do.
        clock: another source of time.

    Raises:
        ValueError: an unknown exchange or symbol, a negative rate, a file that is no capture.
    """

    def __init__(
        self,
        *,
        seed: int = 7,
        host: str = "127.0.0.1",
        port: int = 0,
        rate: float = 1.0,
        exchanges: Iterable[str] | None = None,
        symbols: Iterable[str] | None = None,
        capture: str | Path | None = None,
        strict_keys: bool = False,
        clock: Clock | None = None,
    ) -> None:
        if rate < 0 or (rate == 0 and capture is None):
            raise ValueError(f"rate {rate}: a market needs a rate above 0, a playback one of 0 or more")
        self._clock: Clock = clock or SystemClock()
        self._host = host
        self.world = World(
            seed=seed,
            clock=self._clock,
            rate=rate,
            exchanges=exchanges,
            symbols=symbols,
            capture=capture,
            strict_keys=strict_keys,
        )
        self.faults = Faults(self.world.find)
        self.truth = Truth(self.world.find)
        self._servers = [Server(self.world, host, port)]
        self._driver: asyncio.Task[None] | None = None

    @property
    def exchanges(self) -> list[str]:
        """Return the names of the exchanges that run here."""
        return list(self.world.dialects)

    def venue(self, exchange: str) -> Any:
        """Return the simulated venue itself, for what only it has; its page tells what that is.

        Raises:
            ValueError: an exchange that does not run here.
        """
        return self.world.find(exchange)

    @property
    def stats(self) -> dict[str, ExchangeStats]:
        """Return what clients did so far, by exchange."""
        return self.world.stats

    @property
    def url(self) -> str:
        """Return the base address, http://127.0.0.1:PORT.

        Raises:
            RuntimeError: the simulator is not running.
        """
        return f"http://{self._address(self._servers[0])}"

    def _address(self, server: Server) -> str:
        if self._driver is None:
            raise RuntimeError("the simulator is not running: use `async with Simulator() as sim`")
        return f"{self._host}:{server.port}"

    def exchange_kwargs(self) -> dict[str, dict[str, str]]:
        """Return the settings that send BtApi here, by exchange; those that it does not speak are left out."""
        rest, ws = self.url, "ws" + self.url.removeprefix("http")
        names = [name for name in self.exchanges if name in BtApi.list_available_exchanges()]
        return {name: {"ws_url": f"{ws}/{name}", "rest_url": f"{rest}/{name}"} for name in names}

    def account(
        self,
        exchange: str,
        api_key: str | None = None,
        *,
        secret: str | None = None,
        passphrase: str | None = None,
        permissions: Collection[str] = ("read",),
        ip_ok: bool = True,
        demo: bool = False,
        balances: Mapping[str, Number] | None = None,
        lively: bool = False,
    ) -> Account:
        """Return the account of a key, opened when there is none, for a test to act on.

        Args:
            api_key, secret, passphrase: drawn from the seed when absent; `Account.credentials` tells them. A secret
                that is the PEM text of an Ed25519 key is checked as such, which takes the package `cryptography`.
            permissions: what the key may do; account data take "read".
            ip_ok: whether the client's address is on the key's list.
            demo: a key of the venue's demo environment.
            balances: what is held at first, by asset; None: some of everything common.
            lively: let it trade on its own, as the account of any unknown key does.

        Raises:
            ValueError: an exchange that does not run here, or `balances` for an account that exists.
            ImportError: an Ed25519 key that cannot be checked.
        """
        return self.world.find(exchange).accounts.open(
            api_key,
            secret=secret,
            passphrase=passphrase,
            permissions=permissions,
            ip_ok=ip_ok,
            demo=demo,
            balances=balances,
            lively=lively,
        )

    async def start(self) -> None:
        """Listen and let the markets run."""
        if self._driver is not None:
            raise RuntimeError("the simulator is already running")
        try:
            for server in self._servers:
                await server.start()
        except OSError:
            await self._stop_servers()
            raise
        self._driver = asyncio.create_task(self._drive(), name="simulator")
        self._driver.add_done_callback(_report)

    async def stop(self) -> None:
        """End every connection and stop; harmless when not running.

        Raises:
            Exception: whatever stopped the markets early; it is not swallowed.
        """
        driver, self._driver = self._driver, None
        if driver is None:
            return
        driver.cancel()
        await self._stop_servers()
        with contextlib.suppress(asyncio.CancelledError):
            await driver

    async def _stop_servers(self) -> None:
        for server in self._servers:
            await server.stop()

    async def play(self, scenario: Scenario) -> None:
        """Let the faults of a scenario happen; return when the last is over."""
        await scenario.play(self.faults, self.exchanges, self._clock)

    async def _drive(self) -> None:
        while True:
            await self._clock.sleep(TICK_S - self._clock.now() % TICK_S)
            self.world.tick(self._clock.now())

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


def _report(driver: asyncio.Task[None]) -> None:
    if not driver.cancelled() and driver.exception() is not None:
        log.error("the simulated markets stopped", exc_info=driver.exception())
