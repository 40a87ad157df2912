"""Simulated exchanges and a gateway in one process, on virtual time: hours take seconds, a seed repeats a run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, TypeVar

from ..api import BtApi
from .account import Account
from .faults import Faults
from .scenario import Scenario
from .stats import ExchangeStats
from .truth import Truth
from .virtual_time import VirtualClock, VirtualLoop
from .wire import SimulatedTransport
from .world import TICK_S, World

R = TypeVar("R")

_LONGEST_S = 30 * 86_400.0


class VirtualSimulator:
    """What `Simulator` is, without a port and on virtual time; made by `run_virtual`.

    Attributes:
        faults, truth, world: as `Simulator` has them.
        clock: time and chance, for `BtApi`.
        transport: leads to these exchanges, for `BtApi`.
    """

    def __init__(self, world: World, clock: VirtualClock, transport: SimulatedTransport, tick: float) -> None:
        self.world = world
        self.clock = clock
        self.transport = transport
        self.faults = Faults(world.find)
        self.truth = Truth(world.find)
        self._tick = tick

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

    def exchange_kwargs(self, **settings: Any) -> dict[str, dict[str, Any]]:
        """Return the settings that lead BtApi here, by exchange, with further ones for each."""
        names = [name for name in self.exchanges if name in BtApi.list_available_exchanges()]
        return {name: {**self.transport.settings(name), **settings} for name in names}

    def api(self, **settings: Any) -> BtApi:
        """Return a BtApi on this clock that talks to these exchanges.

        Args:
            settings: for every exchange, such as ``websocket={"stale_after": 5}``.
        """
        return BtApi(self.exchange_kwargs(**settings), clock=self.clock, transport=self.transport)

    def account(self, exchange: str, api_key: str | None = None, **given: Any) -> Account:
        """Return the account of a key, opened when there is none; arguments and errors as `Simulator.account` has."""
        return self.world.find(exchange).accounts.open(api_key, **given)

    async def play(self, scenario: Scenario) -> None:
        """Let the faults of a scenario happen; return when the last is over."""
        await scenario.play(self.faults, self.exchanges, self.clock)

    async def drive(self) -> None:
        """Let the markets run, tick by tick, until cancelled."""
        for number in count(1):
            await asyncio.sleep(number * self._tick - self.clock.monotonic())
            self.world.tick(self.clock.now())


@asynccontextmanager
async def virtual_simulator(
    *,
    seed: int = 7,
    exchanges: Iterable[str] | None = None,
    symbols: Iterable[str] | None = None,
    rate: float = 1.0,
    latency: float = 0.02,
    jitter: float = 0.01,
    tick: float = TICK_S,
    strict_keys: bool = False,
) -> AsyncIterator[VirtualSimulator]:
    """Run simulated exchanges on the running loop, a `VirtualLoop`, while the context is open.

    For test suites that bring the loop themselves; `run_virtual` brings both, and explains the arguments.

    Raises:
        ValueError: an unknown exchange or symbol.
        Exception: whatever stopped the markets early; what runs inside is then cancelled.
    """
    owner = asyncio.current_task()
    assert owner is not None  # a context manager runs in a task
    clock = VirtualClock(asyncio.get_running_loop(), seed)
    world = World(
        seed=seed,
        clock=clock,
        rate=rate,
        exchanges=exchanges,
        symbols=symbols,
        capture=None,
        tick=tick,
        strict_keys=strict_keys,
    )
    transport = SimulatedTransport(world, seed=seed, latency=latency, jitter=jitter)
    simulator = VirtualSimulator(world, clock, transport, tick)

    def stopped(driver: asyncio.Task[None]) -> None:
        if not driver.cancelled():
            owner.cancel()

    driver = asyncio.create_task(simulator.drive(), name="simulated markets")
    driver.add_done_callback(stopped)
    try:
        yield simulator
    finally:
        driver.remove_done_callback(stopped)
        driver.cancel()
        await asyncio.wait([driver])
        if not driver.cancelled():
            driver.result()


def run_virtual(
    main: Callable[[VirtualSimulator], Awaitable[R]],
    *,
    seed: int = 7,
    exchanges: Iterable[str] | None = None,
    symbols: Iterable[str] | None = None,
    rate: float = 1.0,
    latency: float = 0.02,
    jitter: float = 0.01,
    tick: float = TICK_S,
    strict_keys: bool = False,
    limit: float = _LONGEST_S,
) -> R:
    """Run `main` with simulated exchanges in this process, on virtual time, and return what it returns.

    Nothing waits: the clock leaps to the next thing to do. The same seed gives the same run, frame by frame, as long as
    `main` asks no other source of time or chance. Code under test waits with ``asyncio.sleep``, ``asyncio.timeout``
    and the like, as ever.

    Args:
        main: is given the `VirtualSimulator`.
        seed: of the markets, the delays on the way, the clock's random numbers and the order of tasks.
        exchanges: as for `Simulator`.
        symbols: as for `Simulator`.
        rate: as for `Simulator`.
        strict_keys: as for `Simulator`.
        latency: seconds that a message takes at least, one way.
        jitter: seconds that it may take longer.
        tick: seconds between two looks at the markets; a long run of quiet ones takes less time with a larger one.
        limit: virtual seconds after which the run is given up.

    Raises:
        TimeoutError: `main` was still running at the limit.
        StuckError: time does not pass any more.
        ValueError: an unknown exchange or symbol.
    """

    async def run() -> R:
        async with (
            asyncio.timeout(limit),
            virtual_simulator(
                seed=seed,
                exchanges=exchanges,
                symbols=symbols,
                rate=rate,
                latency=latency,
                jitter=jitter,
                tick=tick,
                strict_keys=strict_keys,
            ) as simulator,
        ):
            return await main(simulator)

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(seed)) as runner:
        return runner.run(run())
