"""Which process takes what: topics over processes, and the sockets that they need under a venue's declared limits.

A market belongs to the process whose hash with it is the highest (rendezvous hashing), so every process can tell its
own share by itself, and one more process takes over an equal part from the others and moves nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any

from ..exceptions import ConfigurationError, InvalidSymbolError
from ..exchanges import exchange_class
from ..exchanges.base import Exchange
from ..net.venue import check_kind
from ..settings import ExchangeSettings

REST = "REST"  # in place of an endpoint, for what the venue tells by REST only


def owner(key: str, processes: int) -> int:
    """Return the number, from 0, of the process that takes a key.

    Raises:
        ConfigurationError: fewer than one process.
    """
    _check("processes", processes)
    return max(range(processes), key=lambda number: _score(key, number))


def _score(key: str, number: int) -> bytes:
    return blake2b(f"{number}|{key}".encode(), digest_size=8).digest()


@dataclass(frozen=True, slots=True)
class Share:
    """What one process takes.

    Attributes:
        process: its number, from 0.
        symbols: its markets, as they were written.
        topics: subscriptions at the venue.
        sockets: how many it needs, by endpoint.
    """

    process: int
    symbols: tuple[str, ...]
    topics: int
    sockets: dict[str, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """How topics are spread.

    Attributes:
        shares: one for each process.
        sockets: of all processes.
        opening_s: seconds that opening them takes, at least, when all processes share one address.
    """

    exchange: str
    shares: tuple[Share, ...]
    sockets: int
    opening_s: float

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name, JSON-ready."""
        return asdict(self)


def plan(
    exchange: str,
    kinds: Iterable[str],
    symbols: Sequence[str],
    *,
    processes: int | None = None,
    most_topics: int = 1000,
    interval: str = "1m",
    levels: int | None = 20,
) -> Plan:
    """Return which process takes which markets, with all their topics, and how many sockets that needs.

    Args:
        kinds: ``"ticker"``, ``"depth"`` …
        symbols: in any spelling; each market once.
        processes: how many there are; ``None`` for as few as keep each at `most_topics`, at most as many as markets.
        most_topics: that one process can follow; depends on the markets and the machine, so measure it.
        interval: of candles.
        levels: of books.

    Raises:
        ExchangeNotFoundError, UnsupportedError, ConfigurationError, InvalidSymbolError: as a stream does.
    """
    adapter = exchange_class(exchange)(ExchangeSettings())
    wanted = list(dict.fromkeys(kinds))
    if not wanted or not symbols:
        raise ConfigurationError("a plan needs topics and symbols", exchange_name=adapter.name)
    for kind in wanted:
        check_kind(type(adapter), kind)
    if "klines" in wanted:
        adapter.venue_interval(interval)
    _check("most_topics", most_topics)
    markets: dict[str, str] = {}  # what was written, by the venue's symbol
    for symbol in symbols:
        found = adapter.symbols.guess(symbol)
        if found is None:
            raise InvalidSymbolError(adapter.name, symbol, "write it as BASE-QUOTE: its quote asset is not a known one")
        markets.setdefault(found, symbol)
    places = {market: _places(adapter, wanted, market, interval, levels) for market in markets}
    if processes is None:
        processes = _fewest(adapter.name, places, most_topics)
    shares = [_share(adapter, number, part, markets) for number, part in _spread(adapter.name, places, processes)]
    totals = sum((Counter(share.sockets) for share in shares), Counter[str]())
    opening = max((_opening_s(adapter, name, count) for name, count in totals.items()), default=0.0)
    return Plan(adapter.name, tuple(shares), totals.total(), opening)


_Places = set[tuple[str, str]]  # endpoint and name of each topic: several kinds may share one


def _places(adapter: Exchange, kinds: Iterable[str], market: str, interval: str, levels: int | None) -> _Places:
    found: _Places = set()
    for kind in kinds:
        if kind in adapter.polled:
            found.add((REST, f"{kind} {market}"))
        elif kind == "klines" and interval in adapter.built:
            place = adapter.place("trades", market)
            found.add((place.endpoint, place.name))
        else:
            own = adapter.venue_interval(interval) if kind == "klines" else ""
            place = adapter.place(kind, market, interval=own, levels=levels if kind == "depth" else None)
            found.add((place.endpoint, place.name))
    return found


def _spread(exchange: str, places: dict[str, _Places], processes: int) -> list[tuple[int, dict[str, _Places]]]:
    parts: list[dict[str, _Places]] = [{} for _ in range(processes)]
    for market, found in places.items():
        parts[owner(f"{exchange}:{market}", processes)][market] = found
    return list(enumerate(parts))


def _fewest(exchange: str, places: dict[str, _Places], most: int) -> int:
    """Return the smallest number for which no share is too large, at most one process for each market."""
    least = -(-sum(map(len, places.values())) // most)
    # Shares are even only on the whole, so the exact number is looked for.
    for number in range(least, len(places)):
        if all(sum(map(len, part.values())) <= most for _, part in _spread(exchange, places, number)):
            return number
    return len(places)


def _share(adapter: Exchange, number: int, part: dict[str, _Places], markets: dict[str, str]) -> Share:
    topics = Counter(endpoint for found in part.values() for endpoint, _ in found)
    sockets = {
        name: -(-count // adapter.endpoints[name].topics_per_socket)
        for name, count in sorted(topics.items())
        if name != REST
    }
    return Share(number, tuple(markets[market] for market in part), topics.total(), sockets)


def _opening_s(adapter: Exchange, endpoint: str, sockets: int) -> float:
    rate = adapter.endpoints[endpoint].connects
    return (sockets - 1) // rate.count * rate.per_s


def _check(name: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"{name} must be a whole number of at least 1, not {value!r}")
