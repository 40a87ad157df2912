"""The whole gateway against all exchanges in one process: what is run, and how it is judged."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from random import Random

from bt_api_py.exchanges import EXCHANGES
from bt_api_py.simulator import run_virtual

from .judge import Bars, Books, Liquidations, Marks, Tickers, Trades, longest_wait, on
from .mischief import Mischief

STALE_AFTER = 4.0
TIMEOUT = 3.0
SLOWEST = 1.5  # seconds by which the venue may be late
PATIENCE = 1.5 * STALE_AFTER + 1.5 + SLOWEST  # a probe ends with half of stale_after; looks are a second apart
_SETTLING = 120.0  # seconds in which everything must be well again after the last fault
_WEBSOCKET = {
    "stale_after": STALE_AFTER,
    "ping_interval": 4,
    "ping_timeout": 2,
    "connect_timeout": 3,
    "reconnect_delay": 0.2,
    "reconnect_max_delay": 1.5,
    "max_reconnect": None,
    "linger": 1,
}


@dataclass(frozen=True)
class Plan:
    """What one run is made of; everything else follows from the seed."""

    seed: int
    exchanges: tuple[str, ...]
    symbols: tuple[str, ...] = ("SIM001USDT", "SIM002USDT")
    quiet: str = "HALTUSDT"
    rate: float = 10.0
    seconds: float = 8.0
    redundancy: int = 1
    start: float = 0.0

    @classmethod
    def drawn(cls, seed, **more):
        """Return the plan of a seed."""
        random = Random(f"plan/{seed}")
        names = sorted(EXCHANGES)
        chosen = tuple(sorted(random.sample(names, random.randint(1, min(len(names), 3)))))
        is_major = random.random() < 0.1
        return cls(
            seed,
            chosen,
            symbols=("BTCUSDT",) if is_major else cls.symbols[: random.randint(1, 2)],
            rate=1.0 if is_major else 10.0,
            redundancy=2 if random.random() < 0.3 else 1,
            **more,
        )


class Run:
    """One run of the gateway: streams of every kind, faults, judgement."""

    def __init__(self, sim, plan):
        self.sim = sim
        self.plan = plan
        self.mischief = Mischief(sim, plan.seed, plan.symbols)
        self.records = []
        self.quiet = []
        self.log = []  # every event of the gateway, in order
        self._slow = []
        self._tasks = []

    def open(self, api):
        """Open streams of every kind, and begin to read them."""
        for name in self.plan.exchanges:
            kinds = EXCHANGES[name].kinds
            for symbol in (*self.plan.symbols, self.plan.quiet):
                is_quiet = symbol == self.plan.quiet
                for kind in kinds:
                    for record, stream in self._streams(api, name, kind, on(name, symbol)):
                        record.stream = stream
                        (self.quiet if is_quiet else self.records).append(record)
                        self._tasks.append(asyncio.create_task(_read(stream, record), name=str(record)))
            if "trades" in kinds:
                slow = api.stream_trades(name, on(name, self.plan.symbols[0]), overflow="drop_oldest", buffer=10)
                self._slow.append((name, slow))
                self._tasks.append(asyncio.create_task(self._dawdle(slow), name=f"{name} slow reader"))
        self._tasks.append(asyncio.create_task(self._watch(api.stream_status()), name="status"))

    def _streams(self, api, name, kind, symbol):
        sim = self.sim
        if kind == "trades":
            yield Trades(sim, name, kind, symbol), api.stream_trades(name, symbol, events=True)
        elif kind == "ticker":
            yield Tickers(sim, name, kind, symbol), api.stream_ticker(name, symbol, events=True)
        elif kind == "depth":
            for levels in (20, None):
                record = Books(sim, name, f"depth{levels or ''}", symbol, levels=levels)
                # A buffer that holds everything: what is judged late would be judged against a market that moved on.
                yield record, api.stream_depth(name, symbol, levels=levels, events=True)
        elif kind == "klines":
            for interval in ("1s", "1m"):
                if interval in EXCHANGES[name].intervals:
                    record = Bars(sim, name, f"klines {interval}", symbol, interval=interval)
                    yield record, api.stream_klines(name, symbol, interval, events=True)

        elif kind in ("mark_price", "funding_rate"):
            yield Marks(sim, name, kind, symbol), getattr(api, f"stream_{kind}")(name, symbol, events=True)
        elif kind == "liquidations":
            yield Liquidations(sim, name, kind, symbol), api.stream_liquidations(name, symbol, events=True)

    async def _dawdle(self, stream):
        random = Random(f"slow/{self.plan.seed}")
        async for _ in stream:
            await asyncio.sleep(random.choice((0, 0.1, 3)))

    async def _watch(self, events):
        async for event in events:
            self.log.append((round(self.sim.clock.monotonic(), 6), event))

    async def settle(self):
        """Wait until every busy stream has caught up with what happened until now."""
        moment = self.sim.clock.monotonic()
        waiting = list(self.records)
        while waiting:
            await asyncio.sleep(0.5)
            self._look_for_ends()
            waiting = [r for r in self.records if r.stream.stats.state != "live" or not r.has_passed(moment)]
            patience = _SETTLING + max(longest_wait(self.sim, name) for name in self.plan.exchanges)
            if self.sim.clock.monotonic() > moment + patience:
                raise AssertionError(
                    f"not well again {patience:g} s after the last fault: {', '.join(map(str, waiting))}"
                )

    def _look_for_ends(self):
        for task in self._tasks:
            if task.done():
                task.result()
                raise AssertionError(f"{task.get_name()}: the stream ended")

    async def close(self):
        """End the readers."""
        for task in self._tasks:
            task.cancel()
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            if outcome is not None and not isinstance(outcome, asyncio.CancelledError):
                raise outcome

    def check(self):
        """Judge what was received."""
        for record in self.records:
            record.check()
            record.check_silence(PATIENCE)
        for record in self.quiet:
            # Nothing happens there, so whether it is live can only be told after a probe.
            assert record.stream.stats.state not in ("failed", "closed"), str(record)
        for name, slow in self._slow:
            fast = next(record for record in self.records if (record.exchange, record.kind) == (name, "trades"))
            stats, other = slow.stats, fast.stream.stats
            assert other.queued == 0
            seen = stats.delivered + stats.dropped + stats.queued
            assert seen == other.delivered, f"{name}: {seen} for the slow reader, {other.delivered} for the other"


async def _read(stream, record):
    async for item in stream:
        record.take(item)


async def play(sim, plan, run=None):
    """Run a plan on a simulator and judge it; return the run."""
    run = run or Run(sim, plan)
    others = asyncio.all_tasks()
    async with sim.api(**settings_of(plan)) as api:
        run.open(api)
        await asyncio.sleep(2)
        await run.mischief.run(plan.seconds)
        await run.settle()
        await run.close()
        run.check()
        for record in run.records:
            if isinstance(record, Trades):
                record.check_filled()
    await check_nothing_left(sim, others)
    for name in plan.exchanges:
        assert not sim.stats[name].breaches, f"{name}: {dict(sim.stats[name].breaches)}"
    return run


def settings_of(plan):
    """Return the settings of a plan, the same for every exchange."""
    return {"websocket": {**_WEBSOCKET, "redundancy": plan.redundancy}, "timeout": TIMEOUT}


async def check_nothing_left(sim, others):
    """Check that no task and no socket outlives the gateway."""
    await asyncio.sleep(2)
    left = [task for task in asyncio.all_tasks() if task not in others]
    assert not left, f"left behind: {left}"
    assert not sim.transport.sockets
    for name, stats in sim.stats.items():
        assert stats.open_sockets == 0, f"{name}: {stats.open_sockets} sockets are still open"


def run_plan(plan):
    """Run a plan from its beginning and return the run, or raise `AssertionError` that tells how to see it again."""
    found = []

    async def main(sim):
        found.append(sim)
        return await play(sim, plan)

    try:
        return run_virtual(
            main,
            seed=plan.seed,
            exchanges=plan.exchanges,
            symbols=[*plan.symbols, plan.quiet],
            rate=plan.rate,
            limit=plan.seconds + 10 * _SETTLING,
        )
    except Exception as error:
        raise AssertionError(
            f"seed {plan.seed} failed: {type(error).__name__}: {error}\n"
            f"see it again: python -m tests.simulation.replay {plan.seed}"
        ) from error


def summary(run):
    """Return how often each kind of event happened."""
    return Counter(event.kind for _, event in run.log)
