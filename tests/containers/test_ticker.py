from __future__ import annotations

import math
from typing import Any

import pytest

from bt_api_py.containers import TickerData


def test_the_change_is_computed_in_percent_of_the_open_price(build: Any) -> None:
    """Without a change from the venue it is last against open: in percent, and in quote asset."""
    ticker = build(TickerData, last_price="125", open_price="100")
    assert ticker.get_price_change() == ticker.get_price_change_pct() == 25.0
    assert ticker.get_price_change_abs() == 25.0
    fallen = build(TickerData, last_price="150", open_price="200")
    assert fallen.get_price_change() == -25.0
    assert fallen.get_price_change_abs() == -50.0


@pytest.mark.parametrize(("last", "expected"), [(None, 101.5), ("", 101.5), ("100", 100.0)])
def test_the_middle_stands_for_a_last_price_that_is_not_told(last: Any, expected: float, build: Any) -> None:
    """Where the venue tells no last price but a middle, that is returned, and the change is computed with it."""
    ticker = build(TickerData, last_price=last, mid_price="101.5", open_price="100")
    assert ticker.get_last_price() == expected
    assert ticker.get_price_change_abs() == expected - 100


def test_the_venues_own_change_wins(build: Any) -> None:
    """A change that the venue sends is returned as it is, zero included."""
    ticker = build(TickerData, last_price="125", open_price="100", price_change_percent="0", price_change="-3")
    assert ticker.get_price_change() == 0.0
    assert ticker.get_price_change_abs() == -3.0


def test_a_change_told_as_a_fraction_is_in_percent(build: Any) -> None:
    """Some venues mean 2.5 % when they send 0.025; a text that is no number is no change."""
    assert build(TickerData, price_change_fraction="0.025").get_price_change() == 2.5
    assert build(TickerData, last_price="125", open_price="100", price_change_fraction="").get_price_change() == 25.0


@pytest.mark.parametrize("opened", ["0", 0, "0.00000000", "", None, "abc"])
def test_without_an_open_price_there_is_no_change(opened: Any, build: Any) -> None:
    """The change is nan when the open price is zero, missing or no number."""
    ticker = build(TickerData, last_price="125", open_price=opened)
    assert math.isnan(ticker.get_price_change())
    assert math.isnan(ticker.get_price_change_abs())


def test_contracts_become_base_units_and_prices_do_not(build: Any, swap: Any) -> None:
    """Quantities are multiplied by the contract value, prices and quote values are not."""
    ticker = build(
        TickerData,
        topic=swap,
        last_price="8",
        last_quantity="8",
        bid_quantity="4",
        volume="100",
        turnover="50",
    )
    assert ticker.get_last_price() == 8.0
    assert ticker.get_last_volume() == 2.0
    assert ticker.get_bid_volume() == 1.0
    assert ticker.get_volume() == 25.0
    assert ticker.get_turnover_24h() == 50.0


def test_an_empty_ticker_can_be_printed_and_compared(build: Any) -> None:
    """The formats and comparisons of the guide work on a ticker with nothing in it."""
    ticker = build(TickerData)
    price, volume, change = ticker.get_last_price(), ticker.get_volume(), ticker.get_price_change()
    assert f"{price:.2f} {volume:,.0f} ({change:+.2f}%)" == "nan nan (+nan%)"
    assert not price > 1.02
    assert not volume > 1000
    assert not change < 0


def test_a_full_ticker_prints_as_in_the_guide(build: Any) -> None:
    """Last price, volume and change print with the formats of the guide."""
    ticker = build(TickerData, last_price="27123.5", volume="12345.6", price_change_percent="-1.5")
    text = f"{ticker.get_last_price():.2f} {ticker.get_volume():,.0f} ({ticker.get_price_change():+.2f}%)"
    assert text == "27123.50 12,346 (-1.50%)"


def test_repr_shows_the_prices(build: Any) -> None:
    """repr shows last, bid, ask, volume and time."""
    ticker = build(TickerData, last_price="2", bid_price="1.5", ask_price="2.5", volume="10", timestamp=1700000000000)
    assert repr(ticker) == (
        "<TickerData NIMBUS___SPOT BTC/USDT last_price=2.0 bid_price=1.5 ask_price=2.5 volume=10.0 "
        "timestamp=1700000000000>"
    )
