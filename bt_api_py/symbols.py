"""One spelling for users, the venue's own on the wire.

``BTCUSDT``, ``BTC-USDT``, ``BTC/USDT``, ``btc_usdt`` and the venue's own text all name the same market. The venue's
list of instruments decides; where it is out of reach, a joined symbol is split before a known quote asset.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from .exceptions import InvalidSymbolError, did_you_mean

# Longest first, so that BTCFDUSD is BTC-FDUSD and not BTCF-DUSD.
_QUOTES = """
    USDT USDC FDUSD TUSD BUSD USDE USD1 RLUSD USD BTC ETH BNB EUR GBP TRY BRL JPY AUD KRW RUB UAH ZAR IDR MXN PLN
    ARS COP CZK HUSD HT OKB KCS DAI PAX EURI AEUR XRP TRX DOGE SOL
"""
QUOTE_ASSETS = tuple(sorted(_QUOTES.split(), key=len, reverse=True))

_SEPARATORS = str.maketrans("", "", "/-_ ")
# What users and venues add to the name of a perpetual contract: BTC-USDT-SWAP, BTC_USDT_PERP.
_PERPETUAL = re.compile(r"[-_/](SWAP|PERP|PERPETUAL)$", re.IGNORECASE)


def squeezed(symbol: str) -> str:
    """Return `symbol` in upper case, without separators and without a ccxt settlement suffix (``:USDT``)."""
    return symbol.partition(":")[0].translate(_SEPARATORS).upper()


def split_symbol(symbol: str, quotes: Iterable[str] = ()) -> tuple[str, str] | None:
    """Return (base, quote) of a spelling with a separator, or of a joined one that ends in a known quote asset.

    Args:
        quotes: upper case, tried before the common ones.
    """
    text = symbol.partition(":")[0].strip().upper()
    for separator in "/-_":
        if separator in text:
            base, quote, *_ = text.split(separator)
            return (base, quote) if base and quote else None
    for quote in (*quotes, *QUOTE_ASSETS):
        if text.endswith(quote) and len(text) > len(quote):
            return text[: -len(quote)], quote
    return None


@dataclass(frozen=True, slots=True)
class SymbolStyle:
    """How a venue writes a market: base, separator, quote, suffix, in one case.

    `is_perpetual`: the markets are perpetual contracts, whose names users like to end in ``-SWAP`` or ``-PERP``.
    `quote_names`: quote assets that the venue calls otherwise in the names of its markets.
    `renamed`: assets under names that the venue gave up, each with the one that it has now.
    `quotes` are its own quote assets, where a joined symbol would not be understood without them.
    `is_opaque`: the venue's names are ids that say nothing, so that only its list leads to a market.
    `only_quote`: all markets are quoted in this asset, and named by their base asset alone, in the venue's own case.
    """

    separator: str = ""
    lower: bool = False
    suffix: str = ""
    is_perpetual: bool = False
    quote_names: tuple[tuple[str, str], ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    quotes: tuple[str, ...] = ()
    is_opaque: bool = False
    only_quote: str = ""

    def join(self, base: str, quote: str) -> str:
        """Return the venue's spelling of a market."""
        if self.only_quote:
            return base
        quote = dict(self.quote_names).get(quote, quote)
        text = f"{base}{self.separator}{quote}{self.suffix}"
        return text.lower() if self.lower else text.upper()

    def guess(self, symbol: str) -> str | None:
        """Return the venue's spelling without a list of instruments.

        ``None`` when the quote asset is unknown, or when there is more to the name: a date, or another product.
        """
        if self.is_opaque:
            return None
        plain = _PERPETUAL.sub("", symbol.strip()) if self.is_perpetual else symbol
        for other, own in self.renamed:
            if plain.upper().startswith(other):
                plain = own + plain[len(other) :]
            elif plain.upper().endswith(other):
                plain = plain[: -len(other)] + own
        pair = split_symbol(plain, self.quotes)
        if self.only_quote and pair is None:
            return plain if plain.isalnum() else None
        if self.only_quote and pair is not None and pair[1] != self.only_quote:
            return None
        if pair is None or pair[1].isdecimal() or squeezed(plain) not in ("".join(pair), squeezed(self.join(*pair))):
            return None
        return self.join(*pair)


class Instrument(Protocol):
    """What this module needs to know of a market."""

    def get_venue_symbol(self) -> str: ...
    def get_base_asset(self) -> str: ...
    def get_quote_asset(self) -> str: ...
    def get_contract_type(self) -> str | None: ...


InstrumentT = TypeVar("InstrumentT", bound=Instrument)


class SymbolTable(Generic[InstrumentT]):
    """The instruments of one exchange, found by any spelling."""

    def __init__(self, exchange_name: str, instruments: Iterable[InstrumentT]) -> None:
        self.exchange_name = exchange_name
        self._by_venue: dict[str, InstrumentT] = {}
        self._by_text: dict[str, InstrumentT] = {}
        for instrument in instruments:
            self._by_venue[instrument.get_venue_symbol()] = instrument
        # A pair alone names the market that has no end, whichever the venue lists first.
        undated = [item for item in self._by_venue.values() if item.get_contract_type() != "future"]
        for instrument in self._by_venue.values():
            # The first wins: two markets whose joined names are equal are told apart by writing a separator.
            self._by_text.setdefault(squeezed(instrument.get_venue_symbol()), instrument)
        for instrument in undated:
            base, quote = instrument.get_base_asset().upper(), instrument.get_quote_asset().upper()
            self._by_text.setdefault(base + quote, instrument)
            self._by_text.setdefault(f"{base}/{quote}", instrument)
        for instrument in self._by_venue.values():
            for alias in getattr(instrument, "aliases", ()):
                self._by_text.setdefault(squeezed(alias), instrument)
                self._by_text.setdefault(alias.upper(), instrument)

    def __len__(self) -> int:
        return len(self._by_venue)

    def __iter__(self) -> Iterator[InstrumentT]:
        return iter(self._by_venue.values())

    def find(self, symbol: str) -> InstrumentT:
        """Return the instrument that any spelling names.

        Raises:
            InvalidSymbolError: none; the message suggests near ones.
        """
        known = self.get(symbol)
        if known is None:
            hint = did_you_mean(squeezed(symbol), (text for text in self._by_text if "/" not in text))
            raise InvalidSymbolError(
                self.exchange_name, symbol, hint or f"; the exchange lists {len(self)} markets, see `bt-api symbols`"
            )
        return known

    def get(self, symbol: str) -> InstrumentT | None:
        """Return the instrument that any spelling names, ``None`` when there is none."""
        known = self._by_venue.get(symbol)
        if known is not None:
            return known
        if any(separator in symbol for separator in "/-_"):
            pair = split_symbol(symbol)
            known = self._by_text.get("/".join(pair)) if pair else None
            # A dated contract such as BTC-USDT-261225 is more than its pair.
            if known is not None and squeezed(symbol) in (squeezed(known.get_venue_symbol()), "".join(pair or ())):
                return known
        known = self._by_text.get(squeezed(symbol))
        if known is None and (plain := _PERPETUAL.sub("", symbol.strip())) != symbol.strip():
            known = self._by_text.get(squeezed(plain))
            if known is not None and known.get_contract_type() != "perpetual":
                known = None
        return known
