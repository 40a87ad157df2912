"""``python -m tests.simulation.accounts EXCHANGE SEED``: the life of an account under faults, and how it is judged."""

import argparse
import asyncio
import logging
import sys
from contextlib import contextmanager

import orjson

from bt_api_py.exchanges import EXCHANGES
from bt_api_py.simulator import run_virtual

from .account_judge import Balances, Fills, Orders, Positions, Sight
from .account_life import SYMBOLS, Life, PrivateMischief
from .gateway import check_nothing_left

# As venues want it that give secrets in Base64: what is no letter there does not count.
SECRET, PHRASE = "a-secret-that-nobody-may-see-A", "a-phrase-that-nobody-may-see"
SECONDS = 40.0
_READERS = {"orders": Orders, "fills": Fills, "balances": Balances, "positions": Positions}
_LONGEST_UNNOTICED = 65.0  # seconds until a client that cannot ask takes a silent connection for dead
_SETTLING = 120.0
_WEBSOCKET = {
    "ping_interval": 4,
    "ping_timeout": 2,
    "connect_timeout": 3,
    "reconnect_delay": 0.2,
    "reconnect_max_delay": 1.5,
    "max_reconnect": None,
    "linger": 1,
}


class Run:
    """One account, those who read it, and what goes wrong."""

    def __init__(self, sim, exchange, seed):
        self.sim = sim
        self.exchange = exchange
        self.mischief = PrivateMischief(sim, f"{exchange}/{seed}")  # first, since it sets the venue's clock
        self.account = sim.account(exchange, secret=SECRET, passphrase=PHRASE)
        self.life = Life(sim, exchange, self.account, seed)
        self.log = []  # (second, event of the gateway)
        self.readers = []
        self._tasks = []
        self._sight = None

    async def play(self, seconds):
        """Open the streams, let things happen, wait until all is well, judge."""
        others = asyncio.all_tasks()
        for _ in range(20):
            self.life.act()
        await asyncio.sleep(0.5)
        keys = {"api_key": self.account.api_key, "secret": SECRET, "passphrase": PHRASE}
        async with self.sim.api(**keys, websocket=_WEBSOCKET, timeout=3.0) as api:
            self._start(self._watch(api.stream_status()))
            for name in EXCHANGES[self.exchange].account.kinds:
                self._read(_READERS[name](self.sim, self.exchange, getattr(api, f"stream_{name}")(self.exchange)))
            await self._until_live()
            living = asyncio.ensure_future(self.life.live(seconds + 3))
            looking = asyncio.ensure_future(self._join_late(api, seconds))
            await self.mischief.run(seconds, every=2.5)
            await asyncio.gather(living, looking)
            await asyncio.sleep(_LONGEST_UNNOTICED)
            await self._until_live()
            self.check()
            self._check_secrets(orjson.dumps(api.health()).decode())
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await check_nothing_left(self.sim, others)
        assert list(self.account.listeners) == [self.life], "a subscription is left"
        breaches = self.sim.stats[self.exchange].breaches
        assert not breaches, dict(breaches)

    def _start(self, work):
        self._tasks.append(asyncio.create_task(work))

    def _read(self, reader):
        self.readers.append(reader)
        self._start(reader.read())

    async def _join_late(self, api, seconds):
        """Let one more reader come at the worst of times, and one more after that."""
        for _ in range(2):
            await asyncio.sleep(seconds / 3)
            self._read(Orders(self.sim, self.exchange, api.stream_orders(self.exchange)))
            self._read(Balances(self.sim, self.exchange, api.stream_balances(self.exchange)))

    async def _watch(self, events):
        async for event in events:
            self.log.append((self.sim.clock.monotonic(), event))

    async def _until_live(self):
        until = self.sim.clock.monotonic() + _SETTLING
        while not all([reader.look() for reader in self.readers]):
            for task in self._tasks:
                if task.done():
                    task.result()
            assert self.sim.clock.monotonic() < until, f"not well again after {_SETTLING:g} s"
            await asyncio.sleep(0.1)

    def check(self):
        """Judge what every reader got."""
        self._sight = Sight(self.exchange, self.readers[0], self.mischief.losses)
        self._sight.add_outages(self.log)
        for reader in self.readers:
            try:
                reader.check(self)
            except AssertionError as error:
                raise AssertionError(f"{type(reader).__name__} since {reader.opened:.3f} s: {error}") from error

    @property
    def secrets(self):
        """What nobody may see; a key that needs no secret beside it is the public name of an account."""
        is_public = "secret" not in EXCHANGES[self.exchange].account.credentials
        return (SECRET, PHRASE) if is_public else (SECRET, PHRASE, self.account.api_key)

    @property
    def began(self):
        """The second from which on events count."""
        return self.readers[0].opened

    def is_out_of_sight(self, path):
        """Tell whether an order could not be seen."""
        return self._sight.is_out_of_sight(path)

    def is_doubtful(self, path):
        """Tell whether sums over the fills of an order may be missing."""
        return self._sight.is_doubtful(path)

    def _check_secrets(self, health):
        text = health + "".join(str(event.as_dict()) for _, event in self.log)
        for secret in self.secrets:
            assert secret not in text, "a secret was seen"


def run_account(exchange, seed, seconds=SECONDS, runs=None):
    """Run a seed from its beginning and return the run, or raise `AssertionError` that tells how to see it again."""
    runs = [] if runs is None else runs

    async def main(sim):
        runs.append(Run(sim, exchange, seed))
        with _no_secrets_logged(runs[-1]):
            await runs[-1].play(seconds)
        return runs[-1]

    try:
        return run_virtual(
            main, seed=seed, exchanges=[exchange], symbols=SYMBOLS, strict_keys=True, limit=seconds + 5 * _SETTLING
        )
    except Exception as error:
        raise AssertionError(
            f"{exchange}, seed {seed} failed: {type(error).__name__}: {error}\n"
            f"see it again: python -m tests.simulation.accounts {exchange} {seed}"
        ) from error


@contextmanager
def _no_secrets_logged(run):
    """Fail when a log record holds a secret."""
    seen = []

    class Ear(logging.Handler):
        def emit(self, record):
            text = f"{record.getMessage()}{record.exc_info or ''}"
            if any(secret in text for secret in run.secrets):
                seen.append(f"{record.pathname}:{record.lineno}")

    logger, ear = logging.getLogger("bt_api_py"), Ear()
    before = logger.level
    logger.addHandler(ear)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(ear)
        logger.setLevel(before)
    assert not seen, f"a secret was logged: {seen}"


def main():
    """Run the seed that the command line names, and tell what happened, second by second."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("exchange")
    parser.add_argument("seed", type=int)
    parser.add_argument("--log", action="store_true", help="also the log of the package, at DEBUG")
    parser.add_argument("--order", help="of the account's changes, those of this order only")
    given = parser.parse_args()
    runs = []
    if given.log:
        logging.basicConfig(level=logging.DEBUG, format="%(message)s", stream=sys.stdout)
    try:
        run_account(given.exchange, given.seed, runs=runs)
    finally:
        [run] = runs
        told = [(at, f"fault    {fault} {words}") for at, _, fault, words in run.mischief.done]
        told += [(at, f"event    {event.kind} {event.topic}: {event.cause}") for at, event in run.log]
        for number, path in run.life.orders.items():
            if given.order in (None, number):
                told += [
                    (at, f"account  {state.symbol} {number} {state.status} {state.filled}/{state.quantity}")
                    for at, state in path
                ]
        for place, reader in enumerate(run.readers):
            if isinstance(reader, Orders):
                told += [
                    (at, f"reader {place} {item.get_order_id()} {item.get_status()} {item.get_filled_quantity():g}"
                         f" {item.get_origin()} fee {item.get_fee():g} mean {item.get_avg_price():g}")
                    for at, item in reader.items
                    if given.order in (None, item.get_order_id())
                ]  # fmt: skip
            elif isinstance(reader, Fills):
                told += [
                    (at, f"fill     {item.get_order_id()} {item.get_trade_id()} {item.get_quantity():g}"
                         f" {item.get_origin()} fee {item.get_trade_fee():g} {item.get_trade_fee_symbol()}")
                    for at, item in reader.items
                    if given.order in (None, item.get_order_id())
                ]  # fmt: skip
        for at, text in sorted(told, key=lambda pair: pair[0]):
            print(f"{at:9.3f} {text}")


if __name__ == "__main__":
    main()
