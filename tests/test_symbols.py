"""One spelling for users, the venue's own on the wire."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_api_py.exceptions import InvalidSymbolError
from bt_api_py.symbols import QUOTE_ASSETS, SymbolStyle, SymbolTable, split_symbol, squeezed

BINANCE, OKX, HTX = SymbolStyle(), SymbolStyle(separator="-"), SymbolStyle(lower=True)
SWAP = SymbolStyle(separator="-", suffix="-SWAP")


@dataclass(frozen=True)
class Market:
    """A market as the table needs it."""

    venue_symbol: str
    base: str
    quote: str
    contract_type: str | None = None

    def get_venue_symbol(self) -> str:
        return self.venue_symbol

    def get_base_asset(self) -> str:
        return self.base

    def get_quote_asset(self) -> str:
        return self.quote

    def get_contract_type(self) -> str | None:
        return self.contract_type


def table(style: SymbolStyle, *pairs: tuple[str, str]) -> SymbolTable[Market]:
    """Return the table of a venue that has these markets."""
    return SymbolTable("NIMBUS___SPOT", [Market(style.join(*pair), *pair) for pair in pairs])


@pytest.mark.parametrize(
    ("style", "spelling"),
    [(BINANCE, "BTCUSDT"), (OKX, "BTC-USDT"), (HTX, "btcusdt"), (SWAP, "BTC-USDT-SWAP")],
)
@pytest.mark.parametrize(
    "symbol", ["BTCUSDT", "BTC-USDT", "BTC/USDT", "BTC_USDT", "btcusdt", "btc-usdt", "Btc/Usdt", "BTC/USDT:USDT"]
)
def test_all_spellings_name_the_same_market(style: SymbolStyle, spelling: str, symbol: str) -> None:
    """Every spelling finds the market, with the list of the venue and without it."""
    markets = table(style, ("ETH", "BTC"), ("BTC", "USDT"), ("BTC", "USDC"))
    assert markets.find(symbol).get_venue_symbol() == spelling
    assert markets.find(spelling).get_venue_symbol() == spelling
    assert style.guess(symbol) == spelling


def test_a_table_holds_every_market_once() -> None:
    """A market that is listed twice is in the table once, as it came last."""
    markets = table(OKX, ("BTC", "USDT"), ("ETH", "USDT"), ("BTC", "USDT"))
    assert len(markets) == 2
    assert {market.venue_symbol for market in markets} == {"BTC-USDT", "ETH-USDT"}


def test_names_that_differ_only_in_where_they_are_split() -> None:
    """Two markets that are joined alike are told apart by a separator; joined, the first is meant."""
    markets = table(OKX, ("AB", "C"), ("A", "BC"))
    assert markets.find("A/BC").venue_symbol == "A-BC"
    assert markets.find("ab_c").venue_symbol == "AB-C"
    assert markets.find("ABC").venue_symbol == "AB-C"


def test_a_dated_contract_is_more_than_its_pair() -> None:
    """A symbol with a date does not find the pair that it begins with."""
    dated = Market("BTC-USDT-261225", "BTC", "USDT")
    spot = Market("BTC-USDT", "BTC", "USDT")
    both = SymbolTable("NIMBUS___FUTURE", [spot, dated])
    assert both.find("BTC-USDT-261225") is dated
    assert both.find("btcusdt261225") is dated
    assert both.find("BTC/USDT") is spot
    with pytest.raises(InvalidSymbolError):
        SymbolTable("NIMBUS___SPOT", [spot]).find("BTC-USDT-261225")


SWAPS = SymbolTable(
    "NIMBUS___SWAP",
    [
        Market("BTCUSDT_261225", "BTC", "USDT", "future"),
        Market("BTCUSDT", "BTC", "USDT", "perpetual"),
        Market("ETHUSDT_261225", "ETH", "USDT", "future"),
    ],
)


@pytest.mark.parametrize(
    "symbol", ["BTCUSDT", "BTC-USDT", "BTC/USDT:USDT", "BTC-USDT-SWAP", "btc_usdt_perp", "BTC-USDT-PERPETUAL"]
)
def test_a_perpetual_contract_is_known_by_its_pair(symbol: str) -> None:
    """The pair names the contract without an end, with the words for it or without, and never a dated one."""
    assert SWAPS.find(symbol).venue_symbol == "BTCUSDT"
    assert SymbolStyle(is_perpetual=True).guess(symbol) == "BTCUSDT"


@pytest.mark.parametrize("symbol", ["ETH-USDT", "ETH-USDT-SWAP", "BTC-USDT-240927"])
def test_what_is_no_perpetual_contract_is_not_taken_for_one(symbol: str) -> None:
    """Neither does a pair name a dated contract, nor a date or a word for a contract another market."""
    with pytest.raises(InvalidSymbolError):
        SWAPS.find(symbol)
    with pytest.raises(InvalidSymbolError):
        table(OKX, ("BTC", "USDT")).find("BTC-USDT-SWAP")


@pytest.mark.parametrize("symbol", ["BTCUSDT_261225", "BTC-USDT-261225", "BTC-USDT-SWAP"])
def test_more_than_a_pair_is_no_guess(symbol: str) -> None:
    """Without a list of markets, a name with a date, or with a product that is not this one, is not guessed."""
    assert BINANCE.guess(symbol) is None


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [("BTC-USDC", "BTC"), ("btcusdc", "BTC"), ("kPEPE", "kPEPE"), ("BTC-USDT", None), ("BTCUSDT", None), ("a b", None)],
)
def test_a_market_may_be_named_by_its_base_alone(symbol: str, expected: str | None) -> None:
    """Where all markets are quoted in one asset a pair in another is none; a name by itself is the venue's own."""
    style = SymbolStyle(only_quote="USDC")
    assert style.guess(symbol) == expected
    assert style.join("kPEPE", "USDC") == "kPEPE"


@pytest.mark.parametrize("symbol", ["", "-", "/", "BTC", "BTC-", "-USDT", "BTCUSDTX", "B T C", "BTC-USDT-ETH", "\x00"])
def test_an_unknown_symbol(symbol: str) -> None:
    """What names no market is an error that carries the exchange and the symbol as written."""
    with pytest.raises(InvalidSymbolError) as caught:
        table(OKX, ("BTC", "USDT")).find(symbol)
    assert (caught.value.exchange_name, caught.value.symbol) == ("NIMBUS___SPOT", symbol)


def test_near_names_are_suggested() -> None:
    """The message names markets that look alike, or says how many there are."""
    markets = table(OKX, ("BTC", "USDT"), ("ETH", "USDT"), ("DOGE", "EUR"))
    with pytest.raises(InvalidSymbolError, match="did you mean 'BTCUSDT'"):
        markets.find("BTCUSD")
    with pytest.raises(InvalidSymbolError, match="lists 3 markets"):
        markets.find("qqqqqqqq")


@pytest.mark.parametrize(
    ("symbol", "pair"),
    [
        ("BTCUSDT", ("BTC", "USDT")),
        ("BTCFDUSD", ("BTC", "FDUSD")),
        ("ETHBTC", ("ETH", "BTC")),
        ("usdcusdt", ("USDC", "USDT")),
        (" btc/usdt ", ("BTC", "USDT")),
        ("1INCH-USDT", ("1INCH", "USDT")),
        ("BTC_USDT:USDT", ("BTC", "USDT")),
        ("BTC-USDT-SWAP", ("BTC", "USDT")),
        ("FOO/BAR", ("FOO", "BAR")),
        ("FOOBAR", None),
        ("USDT", None),
        ("/USDT", None),
        ("BTC/", None),
        ("", None),
    ],
)
def test_splitting(symbol: str, pair: tuple[str, str] | None) -> None:
    """A separator splits; without one, the longest known quote asset at the end does."""
    assert split_symbol(symbol) == pair


def test_no_quote_asset_hides_a_longer_one() -> None:
    """Of two known quote assets that fit, the longer one is taken."""
    assert list(QUOTE_ASSETS) == sorted(QUOTE_ASSETS, key=len, reverse=True)
    for quote in QUOTE_ASSETS:
        pair = split_symbol(f"XX{quote}")
        assert pair is not None
        assert len(pair[1]) >= len(quote)


def test_without_a_list_an_unknown_quote_asset_is_no_guess() -> None:
    """A joined symbol with an unknown quote asset is not guessed."""
    assert OKX.guess("FOOBAR") is None
    assert OKX.guess("FOO/BAR") == "FOO-BAR"


ASSETS = st.text("ABCXYZ0123456789", min_size=1, max_size=6)


@given(pairs=st.lists(st.tuples(ASSETS, ASSETS), min_size=1, max_size=12, unique=True))
def test_every_market_is_found_by_its_pair(pairs: list[tuple[str, str]]) -> None:
    """With a separator, every market of a list is found, whatever the names of the assets."""
    for style in (OKX, SWAP):
        markets = table(style, *pairs)
        for base, quote in pairs:
            for symbol in (f"{base}/{quote}", f"{base.lower()}_{quote.lower()}", style.join(base, quote)):
                found = markets.find(symbol)
                assert (found.base, found.quote) == (base, quote)


@given(symbol=st.text(max_size=20))
def test_any_text_is_a_market_or_refused(symbol: str) -> None:
    """Whatever the text, it names a market, or it is refused with one kind of error."""
    markets = table(BINANCE, ("BTC", "USDT"), ("ETH", "BTC"))
    found = None
    with suppress(InvalidSymbolError):
        found = markets.find(symbol)
    assert found is None or squeezed(found.venue_symbol) == squeezed(symbol)
