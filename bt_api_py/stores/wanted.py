"""Which markets a local copy is about: what the caller listed, or everything that is trading."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from ..containers import SymbolData
from ..exceptions import BtApiError, ConfigurationError, DataParseError, InvalidSymbolError
from ..net.venue import Venue
from ..symbols import SymbolTable

log = logging.getLogger("bt_api_py.stores")

_ATTEMPTS = 3  # to read the list of markets


def checked_symbols(exchange: str, symbols: Iterable[str] | None) -> tuple[str, ...] | None:
    """Return a caller's list; ``None`` for the whole market.

    Raises:
        ConfigurationError: no list, an empty one, or something in it that is no symbol.
    """
    if symbols is None:
        return None
    if isinstance(symbols, str) or not isinstance(symbols, Iterable):
        raise ConfigurationError(
            f"symbols must be a list such as ['BTCUSDT'], not {symbols!r}; leave it out for the whole market",
            exchange_name=exchange,
        )
    wanted = tuple(symbols)
    for symbol in wanted:
        if not isinstance(symbol, str) or not symbol.strip():
            raise ConfigurationError(
                f"a symbol must be a text such as 'BTCUSDT', not {symbol!r}", exchange_name=exchange
            )
    if not wanted:
        raise ConfigurationError("symbols is empty; leave it out for the whole market", exchange_name=exchange)
    return wanted


def checked_interval(exchange: str, seconds: float) -> float:
    """Return the seconds between two calls.

    Raises:
        ConfigurationError: no number, or one below 0.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < float("inf"):
        raise ConfigurationError(
            f"request_interval must be seconds of at least 0, not {seconds!r}", exchange_name=exchange
        )
    return float(seconds)


async def wanted_markets(venue: Venue, symbols: tuple[str, ...] | None) -> tuple[dict[str, str], dict[str, BtApiError]]:
    """Return the venue's symbol of each market by the name under which it is kept, and the symbols that name none.

    Names are the caller's own spelling, else ``BASE-QUOTE``. Without the venue's list the caller's symbols are guessed.

    Raises:
        InvalidSymbolError: none of the symbols names a market.
        DataParseError: nothing is trading.
        BtApiError: the list of markets is out of reach, and the caller has none.
    """
    if symbols is None:
        table = await _listed(venue)
        trading = {_name(market, table): market.get_venue_symbol() for market in table if market.is_trading()}
        if not trading:
            raise DataParseError("symbols", "the venue lists no market that is trading", exchange_name=venue.name)
        return trading, {}
    try:
        table = await venue.markets()
    except BtApiError as error:
        log.warning("%s tickers: list of markets out of reach (%s)", venue.name, error)
        guess = venue.exchange.symbols.guess
        return _first_names((symbol, guess(symbol) or symbol) for symbol in symbols), {}
    found: list[tuple[str, str]] = []
    unknown: dict[str, BtApiError] = {}
    for symbol in symbols:
        try:
            found.append((symbol, table.find(symbol).get_venue_symbol()))
        except InvalidSymbolError as error:
            log.warning("%s", error)
            unknown[symbol] = error
    if not found:
        raise next(iter(unknown.values()))
    return _first_names(found), unknown


async def _listed(venue: Venue) -> SymbolTable[SymbolData]:
    for attempt in range(1, _ATTEMPTS):
        try:
            return await venue.markets()
        except BtApiError as error:
            if not error.retryable:
                raise
            log.info("%s tickers: %s; trying again", venue.name, error)
            await venue.clock.sleep(attempt * venue.clock.random())
    return await venue.markets()


def _name(market: SymbolData, table: SymbolTable[SymbolData]) -> str:
    """Return ``BASE-QUOTE``, or the venue's symbol where another market has that name."""
    name = market.get_symbol()
    return name if table.get(name) is market else market.get_venue_symbol()


def _first_names(markets: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return (name, venue symbol) pairs as a mapping; of several names of one market, the first."""
    by_venue: dict[str, str] = {}
    for name, venue_symbol in markets:
        by_venue.setdefault(venue_symbol, name)
    return {name: venue_symbol for venue_symbol, name in by_venue.items()}
