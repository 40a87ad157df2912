"""What the venue counts in: US dollars for inverse contracts, the base asset for everything else.

Source: Deribit API v2 documentation (instrument naming, amounts), state of 2026-01.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ...containers.base import nan
from ...symbols import SymbolStyle

# BTC-PERPETUAL and BTC-26DEC25 are inverse, BTC_USDC-PERPETUAL is linear.
_CONTRACT = re.compile(r"[A-Z0-9]+(_[A-Z0-9]+)?-(PERPETUAL|\d{1,2}[A-Z]{3}\d\d)")


@lru_cache(4096)
def is_inverse(venue_symbol: str) -> bool:
    """Return whether a contract is sized in US dollars, and so in base asset only at a price."""
    found = _CONTRACT.fullmatch(venue_symbol)
    return found is not None and found[1] is None


def is_linear(venue_symbol: str) -> bool:
    """Return whether a contract, or an option, is priced in a stable coin."""
    return "_" in venue_symbol.partition("-")[0]


def in_base(venue_symbol: str, amount: float, price: float) -> float:
    """Return an amount of the venue in base asset; ``nan`` where it takes a price that is missing."""
    if not is_inverse(venue_symbol):
        return amount
    return amount / price if price else nan


@dataclass(frozen=True, slots=True)
class DeribitStyle(SymbolStyle):
    """``BTC_USDC-PERPETUAL``; the contract that is priced in US dollars leaves them out: ``BTC-PERPETUAL``."""

    def join(self, base: str, quote: str) -> str:
        """Return the venue's spelling of a perpetual contract."""
        return f"{base}-PERPETUAL".upper() if quote.upper() == "USD" else f"{base}_{quote}-PERPETUAL".upper()

    def guess(self, symbol: str) -> str | None:
        """Return the venue's spelling without a list of instruments, ``None`` when there is more to the name."""
        own = symbol.strip().upper()
        # Zero-argument super() does not survive `slots`, which makes the class anew.
        return own if _CONTRACT.fullmatch(own) else SymbolStyle.guess(self, symbol)


STYLE = DeribitStyle(is_perpetual=True, quotes=("USDC", "USDT", "USD"))  # ETHUSD is no pair of ET and HUSD
