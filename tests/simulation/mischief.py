"""Faults drawn from a seed: one every second, each over after a while, all of them over at the end."""

import asyncio
from random import Random

from bt_api_py.book.sequence import Unnumbered
from bt_api_py.containers import TradeData
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.simulator.dialects.base import Dialect
from bt_api_py.simulator.faults import GARBAGE_KINDS

from .judge import on

_CODES = (1006, 1000, 1001, 1008, 1009, 1011, 1012, 1013, 4000)
_TOPICS = (None, "ticker", "depth", "trades", "klines")
_LONGEST = 5.0  # seconds that a fault lasts at most


def shows_lost_updates(exchange):
    """Tell whether the next update of a book shows that one is missing."""
    books = [channel.book for channel in EXCHANGES[exchange].channels.values() if channel.book is not None]
    return not any(isinstance(book.rule, Unnumbered) and book.checksum is None for book in books)


def trades_have_ids(exchange):
    """Tell whether a trade can be told from its repetition, and the next one shows that some are missing."""
    rows = [channel.row for channel in EXCHANGES[exchange].channels.values() if channel.container is TradeData]
    return not any(getattr(row, "trade_id", "") is None or not row.ordered or row.sparse for row in rows)


def tells_changes_only(exchange):
    """Tell whether a lost ticker leaves what it told wrong, with nothing in the next one that shows it."""
    return any(channel.patches for channel in EXCHANGES[exchange].channels.values())


class Mischief:
    """Makes faults happen, and remembers them.

    Left out are those that a venue's protocol cannot show (a well-formed wrong number; a lost update of a book that
    has neither numbers nor a checksum; a lost or doubled trade where trades have no ids that
    grow step by step) and those that end
    a stream by rights (a refused market, an address that is no longer there); all have tests of their own.
    """

    def __init__(self, sim, seed, symbols, kinds=None):
        self.sim = sim
        self.kinds = kinds or KINDS
        self.symbols = symbols
        self.done = []  # (seconds, exchange, fault, arguments)
        self._random = Random(f"mischief/{seed}")
        self._ends = set()

    async def run(self, seconds, every=1.0):
        """Let one fault happen every so often for so long, then let all be well again."""
        until = self.sim.clock.monotonic() + seconds
        while self.sim.clock.monotonic() < until:
            await asyncio.sleep(every * self._random.uniform(0.5, 1.5))
            exchange = self._random.choice(self.sim.exchanges)
            getattr(self, f"_{self._random.choice(self.kinds)}")(exchange)
        for task in self._ends:
            task.cancel()
        await asyncio.gather(*self._ends, return_exceptions=True)
        for exchange in self.sim.exchanges:
            self.sim.faults.clear(exchange)

    def _do(self, fault, exchange, **arguments):
        self.done.append((round(self.sim.clock.monotonic(), 3), exchange, fault, arguments))
        getattr(self.sim.faults, fault)(exchange, **arguments)

    def _undo_later(self, fault, exchange, **arguments):
        async def undo(delay):
            await asyncio.sleep(delay)
            self._do(fault, exchange, **arguments)

        task = asyncio.ensure_future(undo(self._random.uniform(0.3, _LONGEST)))
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)

    def _some(self, exchange, *, may_lose=False):
        """Return which frames a fault concerns; one that loses them leaves out what could not be noticed."""
        symbol = self._random.choice((None, *(on(exchange, symbol) for symbol in self.symbols)))
        unseen = {
            "depth": not shows_lost_updates(exchange),
            "trades": not trades_have_ids(exchange),
            "ticker": tells_changes_only(exchange),
        }
        topics = [topic for topic in _TOPICS if topic is not None and not unseen.get(topic)]
        if not may_lose or len(topics) == len(_TOPICS) - 1:
            topics = _TOPICS
        return {"topic": self._random.choice(topics), "symbol": symbol}

    def _disconnect(self, exchange):
        self._do("disconnect", exchange, code=self._random.choice(_CODES))

    def _freeze(self, exchange):
        self._do("freeze", exchange)

    def _hang(self, exchange):
        self._do("hang", exchange)
        self._undo_later("hang", exchange, on=False)

    def _refuse(self, exchange):
        self._do("refuse", exchange, status=self._random.choice((None, 500, 503, 429)))
        self._undo_later("refuse", exchange, on=False)
        if self._random.random() < 0.5:
            self._disconnect(exchange)

    def _maintenance(self, exchange):
        self._do("maintenance", exchange, seconds=self._random.uniform(0.1, 4))

    def _age_limit(self, exchange):
        self._do("age_limit", exchange, seconds=self._random.uniform(1, 8))
        self._undo_later("age_limit", exchange, seconds=None)

    def _slow(self, exchange):
        self._do("slow", exchange, delay=self._random.uniform(0.1, 1.5))
        self._undo_later("slow", exchange, delay=0)

    def _stall(self, exchange):
        some = self._some(exchange, may_lose=True)
        self._do("stall", exchange, **some)
        self._undo_later("stall", exchange, on=False, **some)

    def _frames(self, exchange):
        fault = self._random.choice(("skip", "duplicate", "reorder", "truncate"))
        is_unseen = fault in ("skip", "reorder") or (fault == "duplicate" and not trades_have_ids(exchange))
        some = self._some(exchange, may_lose=is_unseen)
        self._do(fault, exchange, count=self._random.randint(1, 3), **some)

    def _garbage(self, exchange):
        kind = self._random.choice(GARBAGE_KINDS)
        self._do("garbage", exchange, count=self._random.randint(1, 3), kind=kind, **self._some(exchange))

    def _wrong_checksum(self, exchange):
        self._do("wrong_checksum", exchange, count=self._random.randint(1, 4))

    def _http_status(self, exchange):
        status = self._random.choice((0, 429, 500, 502, 503))
        # Without a Retry-After a host is left alone for a minute, and several such minutes outlast any back-fill.
        wait = self._random.choice((0, 1, 3)) if status == 429 else None
        self._do("http_status", exchange, status=status, count=self._random.randint(1, 4), retry_after=wait)

    def _sequence_reset(self, exchange):
        if type(self.sim.world.find(exchange)).reset_sequence is not Dialect.reset_sequence:
            self._do("sequence_reset", exchange, symbol=self._random.choice(self.symbols))


KINDS = (
    "disconnect", "freeze", "hang", "refuse", "maintenance", "age_limit", "slow", "stall", "frames", "frames",
    "garbage", "wrong_checksum", "http_status", "sequence_reset",
)  # fmt: skip
