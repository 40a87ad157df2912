"""BULK keys: an account is its public key, and whoever has the private one may trade there.

Source: BULK API 1.0.15, "Signing", May 2026.
"""

from __future__ import annotations

from contextlib import suppress
from random import Random

from ...signatures import ed25519_public
from .base58 import decode, encode


def draw_keys(chance: Random, secret: str | None) -> tuple[str, str]:
    """Return a public key and the private key behind it; of a given private key where it is one.

    Raises:
        ImportError: the package `cryptography` is not installed.
    """
    seed = chance.randbytes(32)
    if secret is not None:
        with suppress(ValueError):  # a text that is no key signs nothing; the account can be read all the same
            seed = _seed(secret)
    return encode(ed25519_public(seed)), secret or encode(seed)


def _seed(secret: str) -> bytes:
    """Return the private part of 32 bytes, or of 64 that end with the public key."""
    try:
        return decode(secret, 32)
    except ValueError:
        seed, public = decode(secret, 64)[:32], decode(secret, 64)[32:]
        if ed25519_public(seed) != public:
            raise ValueError("the public part does not belong to the private one") from None
        return seed
