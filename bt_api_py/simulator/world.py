"""Every simulated exchange together, without any network: the part that runs in virtual time too."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .capture import Playback, read_capture
from .clock import Clock
from .dialects import DIALECTS, Dialect
from .dialects.base import nearest
from .instruments import Instrument, canonical, keys, split
from .stats import ExchangeStats

TICK_S = 0.05


class World:
    """The exchanges of one simulator. Whoever drives it calls `tick(clock.now())` every `tick` seconds."""

    def __init__(
        self,
        *,
        seed: int,
        clock: Clock,
        rate: float,
        exchanges: Iterable[str] | None,
        symbols: Iterable[str] | None,
        capture: str | Path | None,
        tick: float = TICK_S,
        strict_keys: bool = False,
    ) -> None:
        recordings = read_capture(capture, DIALECTS.values()) if capture is not None else {}
        names = list(exchanges) if exchanges is not None else list(recordings or DIALECTS)
        wanted = [canonical(symbol) for symbol in symbols] if symbols is not None else None
        self.dialects: dict[str, Dialect[Any]] = {}
        for name in names:
            if name not in DIALECTS:
                raise ValueError(f"the simulator has no exchange {name!r}{nearest(name, list(DIALECTS))}")
            kind = DIALECTS[name]
            playback = None
            if recordings:
                if name not in recordings:
                    raise ValueError(f"{capture} holds no traffic of {name}; it has {', '.join(recordings)}")
                playback = Playback(recordings[name], rate)
            listed = playback.instruments() if playback else chosen(kind, wanted, seed)
            venue = kind.venue_type(name, listed, seed=seed, clock=clock, rate=rate)
            dialect = self.dialects[name] = kind(venue, tick_ms=int(tick * 1000), playback=playback)
            dialect.accounts.strict = strict_keys

    def find(self, exchange: str) -> Dialect[Any]:
        """Return the dialect of an exchange.

        Raises:
            ValueError: the simulator does not run it; the text names the nearest one.
        """
        dialect = self.dialects.get(exchange)
        if dialect is None:
            raise ValueError(f"no exchange {exchange!r} here{nearest(exchange, list(self.dialects))}")
        return dialect

    def route(self, path: str) -> tuple[Dialect[Any], str] | None:
        """Return the dialect behind a path such as /OKX___SPOT/ws/v5/public, and the venue's part of it."""
        name, _, rest = path.lstrip("/").partition("/")
        dialect = self.dialects.get(name)
        return None if dialect is None else (dialect, f"/{rest}")

    @property
    def stats(self) -> dict[str, ExchangeStats]:
        """Return the counters by exchange."""
        return {name: dialect.venue.stats for name, dialect in self.dialects.items()}

    def tick(self, now: float) -> None:
        """Advance every exchange to that time and push what is due."""
        for dialect in self.dialects.values():
            dialect.tick(now)

    def close(self) -> None:
        """End every session."""
        for dialect in self.dialects.values():
            for session in list(dialect.sessions):
                session.end(1001, "simulator stopped")


def chosen(kind: type[Dialect[Any]], wanted: list[str] | None, seed: int) -> dict[str, Instrument]:
    """Return the wanted instruments; one that the exchange does not list yet is made up as a quiet market."""
    listed = kind.instruments(seed)
    if wanted is None:
        return listed
    known = keys(listed.values())
    found = {}
    for word in wanted:
        item = listed[known[word]] if word in known else kind.made_up(seed, *split(word))
        found[item.symbol] = listed.get(item.symbol, item)
    return found
