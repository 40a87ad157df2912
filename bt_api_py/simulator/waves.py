"""Smooth pseudo-random motion that is a pure function of time: no state, however long nobody looked."""

import zlib

UNIT = 1_000_000


def corner(seed: int, wave: int, number: int) -> int:
    """Return a pseudo-random number in -UNIT … UNIT that depends on nothing but its arguments."""
    return zlib.crc32(b"%d/%d/%d" % (seed, wave, number)) % (2 * UNIT + 1) - UNIT


def smooth(seed: int, wave: int, period_ms: int, ms: int) -> int:
    """Return a number in -UNIT … UNIT that moves evenly from one corner to the next, one every `period_ms`."""
    number, inside = divmod(ms, period_ms)
    left, right = corner(seed, wave, number), corner(seed, wave, number + 1)
    return (left * (period_ms - inside) + right * inside) // period_ms
