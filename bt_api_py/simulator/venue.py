"""One simulated exchange behind its dialect: instruments, markets, counters, faults."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from .clock import Clock
from .faults import VenueFaults
from .instruments import Instrument, canonical, keys
from .market import Market
from .stats import ExchangeStats


class Priced(Protocol):
    """Something that gave a market its last price: a trade, or nothing more than the change."""

    @property
    def ms(self) -> int: ...
    @property
    def price(self) -> int: ...


class Venue:
    """The markets of one exchange, created and advanced only as far as somebody looks."""

    def __init__(
        self, name: str, instruments: Mapping[str, Instrument], *, seed: int, clock: Clock, rate: float
    ) -> None:
        self.name = name
        self.instruments = dict(instruments)
        self.seed = seed
        self.clock = clock
        self.rate = rate
        self.stats = ExchangeStats()
        self.faults = VenueFaults()
        self.random = random.Random(f"{seed}/{name}")
        self._markets: dict[str, Market] = {}
        self._watched: Counter[str] = Counter()
        self._keys = keys(self.instruments.values())

    def now(self) -> float:
        """Return the time of the simulator's clock, in seconds."""
        return self.clock.now()

    def now_ms(self) -> int:
        """Return the same in whole milliseconds."""
        return int(self.clock.now() * 1000)

    def server_ms(self) -> int:
        """Return what the venue takes for the time, in milliseconds: its clock may be wrong."""
        return self.now_ms() + self.faults.skew_ms

    def key(self, symbol: str) -> str:
        """Return the key of a market in any spelling, the venue's own included; an unknown one without its marks."""
        plain = canonical(symbol)
        return self._keys.get(plain, plain)

    def market(self, symbol: str) -> Market:
        """Return the market of a symbol in any spelling.

        A watched market stands where the last tick left it, so that REST snapshots and pushed updates tell
        one story; any other market is brought up to now.

        Raises:
            KeyError: no such symbol.
        """
        key = self.key(symbol)
        market = self._markets.get(key)
        if market is None:
            item = self.instruments[key]
            path = item.base + ("/USD" if item.quote in ("USDT", "USDC", "FDUSD", "USD") else f"/{item.quote}")
            market = self._markets[key] = Market(
                item,
                seed=f"{self.seed}/{self.name}/{key}",
                path_seed=f"{self.seed}/{path}",
                start_ms=self.now_ms(),
                rate=self.rate,
            )
        elif not self._watched[key]:
            market.advance(self.now_ms())
        return market

    def prices(self, symbol: str) -> Sequence[Priced]:
        """Return the last prices that a market had, in ticks, oldest first.

        Raises:
            KeyError: no such symbol.
        """
        return self.market(symbol).trades

    def watch(self, key: str) -> Market:
        """Return the market and advance it with every tick from now on."""
        market = self.market(key)
        self._watched[key] += 1
        return market

    def unwatch(self, key: str) -> None:
        """Undo one `watch`."""
        self._watched[key] -= 1
        if not self._watched[key]:
            del self._watched[key]

    def advance(self, now_ms: int) -> None:
        """Advance every watched market."""
        for key in self._watched:
            self._markets[key].advance(now_ms)
