"""Coinblockpro: frames in both spellings, the answers of REST, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_api_py.containers import SymbolData, TickerData, Topic
from bt_api_py.exceptions import DataParseError, InvalidSymbolError, RequestFailedError
from bt_api_py.exchanges.base import Alive, Rejected
from bt_api_py.exchanges.coinblockpro import MARKETS, CoinblockproSpot

from .material import objects, only

NAME = "COINBLOCKPRO___SPOT"
TICKER = Topic(NAME, "ticker", symbol="BTC-EUR", venue_symbol="btc_eur")
FULL = b'{"result":{"btc_ltc":2824.53,"btc_eur":3135.39}}'

NAMES = st.text("abcdefghijklmnopqrstuvwxyz_-./0123456789", min_size=1, max_size=12)
PRICES = st.one_of(st.floats(1e-12, 1e12), st.integers(1, 10**15))


def prices(payload: str | bytes) -> dict[str, float]:
    """Return market and price of each ticker in a frame."""
    found = objects(CoinblockproSpot(), payload)
    return {item.get_venue_symbol(): item.get_last_price() for item in found if isinstance(item, TickerData)}


# Frames


@pytest.mark.parametrize("frame", ["{'btc_ltc': 2775.344}", '{"btc_ltc": 2775.344}', '{"btc_ltc":2775.344}'])
def test_a_price_in_either_spelling(frame: str) -> None:
    """A frame as Python text and one as JSON give the same ticker: one number, and nothing else."""
    ticker = only(CoinblockproSpot(), frame, 1_700_000_000.5)
    assert isinstance(ticker, TickerData)
    assert (ticker.get_exchange_name(), ticker.get_venue_symbol()) == (NAME, "btc_ltc")
    assert ticker.get_last_price() == 2775.344
    assert ticker.get_raw_data() == 2775.344
    assert ticker.get_timestamp() == 1_700_000_000_500  # of receipt: the venue tells no time
    for getter in (ticker.get_bid_price, ticker.get_ask_price, ticker.get_volume, ticker.get_latency_ms):
        assert math.isnan(getter())


def test_one_frame_may_hold_several_markets() -> None:
    """Each market of a frame becomes a ticker under its own name, with its own number as raw data."""
    exchange = CoinblockproSpot()
    exchange.bind("ticker:btc_eur", TICKER)
    first, second = exchange.decode(b"{'btc_ltc': 2775.344, 'btc_eur': 3}")
    assert (first[0], second[0]) == ("ticker:btc_ltc", "ticker:btc_eur")
    assert (second[1].get_symbol(), second[1].get_last_price()) == ("BTC-EUR", 3.0)
    assert second[1].get_raw_data() == 3


@pytest.mark.parametrize("frame", ["None", "null"])
def test_none_is_no_price_and_no_error(frame: str) -> None:
    """What a client gets when another was given the change counts as a sign of life."""
    assert objects(CoinblockproSpot(), frame) == [Alive()]


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{'btc_ltc': 27",
        "{'btc_ltc': None}",
        "{'btc_ltc': nan}",
        "{'btc_ltc': True}",
        "{'btc_ltc': '2775.344'}",
        "{'btc_ltc': 1.0 + 1}",
        "{'btc_ltc': __import__('os')}",
        "{'btc_ltc': {'a': 1.0}}",
        "{1: 2.0}",
        "['btc_ltc', 1.0]",
        "[]",
        "true",
        "5",
        "<html>",
        '{"btc_ltc": NaN}',
        '{"btc_ltc": 0}',
        "{'btc_ltc': -1.0}",
        '{"btc_ltc": 1e999}',
    ],
)
def test_what_is_no_price_is_refused(frame: str) -> None:
    """A frame that is neither JSON nor a flat dictionary of numbers, or holds no price above 0, is refused as one."""
    [refused] = objects(CoinblockproSpot(), frame)
    assert isinstance(refused, Rejected)


@pytest.mark.parametrize("bad", ["null", "true", "false", '"x"', "[1]", "-1", "0"])
def test_a_bad_entry_costs_itself_only(bad: str) -> None:
    """The other markets of a frame with one bad price are delivered."""
    frame = f'{{"btc_ltc":{bad},"btc_eur":3135.39}}'
    assert prices(frame) == {"btc_eur": 3135.39}
    assert sum(isinstance(item, Rejected) for item in objects(CoinblockproSpot(), frame)) == 1


@given(st.dictionaries(NAMES, PRICES, max_size=6))
def test_the_text_of_any_dictionary_of_prices_is_read_exactly(table: dict[str, Any]) -> None:
    """Whatever `repr` writes for a dictionary of prices is read as the same numbers."""
    assert prices(repr(table)) == table


@given(st.dictionaries(st.text(max_size=8), st.one_of(PRICES, st.none(), st.text(max_size=5)), max_size=3))
def test_no_dictionary_is_misread(table: dict[str, Any]) -> None:
    """Of the text of any dictionary nothing is delivered but what it holds."""
    for market, price in prices(repr(table)).items():
        assert table[market] == price


def test_a_long_frame_of_rubbish_is_refused_quickly() -> None:
    """Text that looks like the beginning of a dictionary costs no more time than its length."""
    for rubbish in ("{'a': 1, " * 20_000, "{" + "'a': 1" * 20_000, "{'a':" + "1" * 200_000, "{'" * 50_000):
        [refused] = objects(CoinblockproSpot(), rubbish)
        assert isinstance(refused, Rejected)


def test_a_raw_frame_is_found_under_the_channel_and_under_each_market() -> None:
    """The plain frame is handed to who reads the whole channel and to who reads one of its markets."""
    table = {"btc_ltc": 2775.344, "btc_eur": 3.0}
    found = CoinblockproSpot().decode_raw(b"{'btc_ltc': 2775.344, 'btc_eur': 3.0}")
    assert found == [("ticker", table), ("ticker:btc_ltc", table), ("ticker:btc_eur", table)]


# REST


def test_every_ticker_by_one_call() -> None:
    """The full answer becomes one ticker per market, each under its own name."""
    exchange = CoinblockproSpot()
    found, refused = exchange.read(exchange.tickers_request(), FULL, Topic(NAME, "ticker"), 5.0)
    assert [(item.get_symbol(), item.get_last_price()) for item in found] == [
        ("btc_ltc", 2824.53),
        ("btc_eur", 3135.39),
    ]
    assert refused == []
    assert {item.get_origin() for item in found} == {"snapshot"}
    assert found[1].get_raw_data() == 3135.39


def test_one_ticker_in_the_callers_spelling() -> None:
    """A single answer becomes a ticker under the name that the caller wrote."""
    exchange = CoinblockproSpot()
    request = exchange.ticker_request("btc_eur")
    assert (request.path, request.query) == ("/single_ticker", {"market": "btc_eur"})
    [ticker], _ = exchange.read(request, b'{"result":{"btc_eur":3135.39}}', TICKER)
    assert (ticker.get_symbol(), ticker.get_last_price()) == ("BTC-EUR", 3135.39)


def test_the_markets_are_the_keys_of_the_full_answer() -> None:
    """Base and quote come from the name; one that is no pair is refused, the others stay."""
    exchange = CoinblockproSpot()
    body = b'{"result":{"btc_ltc":2824.53,"odd":1.0,"eur_usd":2}}'
    found, refused = exchange.read(exchange.instruments_request(), body, Topic(NAME, "symbols"))
    assert all(isinstance(item, SymbolData) for item in found)
    pairs = [(item.get_venue_symbol(), item.get_base_asset(), item.get_quote_asset()) for item in found]
    assert pairs == [("btc_ltc", "BTC", "LTC"), ("eur_usd", "EUR", "USD")]
    assert len(refused) == 1


@pytest.mark.parametrize("body", [b"{}", b'{"result":null}', b'{"result":[]}', b"<html>", b'{"error":"x"}'])
def test_an_answer_without_a_result_is_not_understood(body: bytes) -> None:
    """A good status with another body is an error that names the venue and the call."""
    exchange = CoinblockproSpot()
    with pytest.raises(DataParseError, match=rf"{NAME}.*full_ticker"):
        exchange.read(exchange.tickers_request(), body, TICKER)


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, b'{"error":"must give \\"market\\" parameter!"}', RequestFailedError, "must give"),
        (400, b'{"error":"market code not recognised!"}', InvalidSymbolError, "not recognised"),
        (404, b"<!DOCTYPE html><h1>404</h1>", RequestFailedError, "404"),
        (500, b"", RequestFailedError, "500"),
    ],
)
def test_refusals(status: int, body: bytes, kind: type[Exception], words: str) -> None:
    """The status is looked at before the body, which may be a page of HTML."""
    error = CoinblockproSpot().failure("/single_ticker", status, body)
    assert isinstance(error, kind)
    assert words in str(error)


def test_a_good_answer_is_no_failure() -> None:
    """Status 200 is left to the decoder."""
    assert CoinblockproSpot().failure("/full_ticker", 200, FULL) is None


# Names and addresses


def test_the_list_of_markets() -> None:
    """The 45 markets are the pairs of ten assets in their order."""
    assert len(MARKETS) == len(set(MARKETS)) == 45
    assert (MARKETS[0], MARKETS[8], MARKETS[9], MARKETS[-1]) == ("btc_ltc", "btc_usd", "ltc_eth", "eur_usd")


@pytest.mark.parametrize(("written", "venue"), [("BTCLTC", "btc_ltc"), ("xlm/dot", "xlm_dot"), ("EUR-USD", "eur_usd")])
def test_a_spelling_is_understood_without_the_list(written: str, venue: str) -> None:
    """The venue's own assets tell where a joined name is to be cut."""
    assert CoinblockproSpot.symbols.guess(written) == venue


def test_addresses() -> None:
    """The feed and REST are on two ports of this machine."""
    exchange = CoinblockproSpot()
    assert exchange.rest_url == "http://127.0.0.1:8000"
    assert exchange.endpoints["feed"].url(exchange.settings) == "ws://127.0.0.1:8001/ticker_feed"
