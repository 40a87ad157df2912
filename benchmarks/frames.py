"""Websocket traffic in the shapes of Binance spot, built beforehand, and the REST answers that belong to it."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

KINDS = {"ticker": "ticker", "trades": "trade", "depth": "depth@100ms"}

NOW_MS = 1_750_000_000_000  # the time of a message is so many milliseconds more as its number in its market
_CENTS = 6_300_000  # the price about which all figures lie, in hundredths


def symbols(count: int) -> list[str]:
    """Return the names of so many markets."""
    return [f"AB{chr(65 + number // 26 % 26)}{chr(65 + number % 26)}{number // 676:02d}USDT" for number in range(count)]


def _price(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}000000"


def _amount(rng: random.Random) -> str:
    return f"{rng.random() * 3:.8f}"


def _ticker(symbol: str, number: int, rng: random.Random) -> dict[str, object]:
    cents = _CENTS + rng.randrange(-20_000, 20_000)
    return {
        "e": "24hrTicker", "E": NOW_MS + number, "s": symbol, "p": "120.55000000", "P": "0.192",
        "w": _price(_CENTS), "x": _price(_CENTS - 12_055), "c": _price(cents), "Q": _amount(rng),
        "b": _price(cents - 1), "B": _amount(rng), "a": _price(cents + 1), "A": _amount(rng),
        "o": _price(_CENTS - 12_000), "h": _price(_CENTS + 90_000), "l": _price(_CENTS - 80_000),
        "v": "18452.12345000", "q": "1162483992.20175300", "O": NOW_MS - 86_400_000, "C": NOW_MS + number,
        "F": 3_000_000, "L": 3_000_000 + number, "n": 1_224_771,
    }  # fmt: skip


def _trade(symbol: str, number: int, rng: random.Random) -> dict[str, object]:
    return {
        "e": "trade", "E": NOW_MS + number, "s": symbol, "t": number, "p": _price(_CENTS + rng.randrange(-500, 500)),
        "q": _amount(rng), "T": NOW_MS + number, "m": bool(number % 2), "M": True,
    }  # fmt: skip


def _depth(symbol: str, number: int, rng: random.Random) -> dict[str, object]:
    """Five changes a side; removals and new levels keep the size of the book about the same."""

    def changes(side: int) -> list[list[str]]:
        places = rng.sample(range(1, 60), 5)
        return [[_price(_CENTS + side * p), "0.00000000" if rng.random() < 0.3 else _amount(rng)] for p in places]

    return {
        "e": "depthUpdate", "E": NOW_MS + number, "s": symbol, "U": number * 10 + 1, "u": number * 10 + 10,
        "b": changes(-1), "a": changes(1),
    }  # fmt: skip


_MAKERS = {"ticker": _ticker, "trades": _trade, "depth": _depth}
FIRST = 1  # number of the first frame


def topic(kind: str, symbol: str) -> str:
    """Return the stream's name on the wire."""
    return f"{symbol.lower()}@{KINDS[kind]}"


def framed(payload: bytes) -> bytes:
    """Return a text as an unmasked websocket frame."""
    size = len(payload)
    if size < 126:
        return b"\x81" + bytes([size]) + payload
    return b"\x81\x7e" + size.to_bytes(2, "big") + payload


@dataclass(frozen=True)
class Load:
    """What one run sends: so many frames of a kind over so many symbols, in turn."""

    kind: str
    symbols: int
    count: int

    def frames(self) -> Iterator[bytes]:
        """Yield the frames, ready for the wire; each symbol's numbers grow by one."""
        rng = random.Random(7)
        make = _MAKERS[self.kind]
        names = symbols(self.symbols)
        for number in itertools.count(FIRST):
            for place, symbol in enumerate(names):
                if (number - FIRST) * len(names) + place >= self.count:
                    return
                data = {"stream": topic(self.kind, symbol), "data": make(symbol, number, rng)}
                yield framed(json.dumps(data, separators=(",", ":")).encode())


@cache
def exchange_info(count: int) -> bytes:
    """Return the list of markets."""
    rows = [
        {
            "symbol": symbol, "status": "TRADING", "baseAsset": symbol.removesuffix("USDT"), "quoteAsset": "USDT",
            "isSpotTradingAllowed": True,
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000", "tickSize": "0.01"},
                {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001"},
            ],
        }
        for symbol in symbols(count)
    ]  # fmt: skip
    return json.dumps({"timezone": "UTC", "serverTime": NOW_MS, "rateLimits": [], "symbols": rows}).encode()


@cache
def book(levels: int) -> bytes:
    """Return the snapshot that the first depth frame joins, with so many levels a side."""
    bids = [[_price(_CENTS - place), "1.50000000"] for place in range(1, levels + 1)]
    asks = [[_price(_CENTS + place), "1.50000000"] for place in range(1, levels + 1)]
    return json.dumps({"lastUpdateId": FIRST * 10, "bids": bids, "asks": asks}).encode()
