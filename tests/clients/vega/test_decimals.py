"""Exact numbers, both ways."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_api_py.clients.vega import convert_from_decimals, convert_to_decimals, round_to_tick


def test_the_documented_example():
    """65000.00 at two places, 1.500 at three, 100.00000 at five, and units of ten at minus one."""
    assert convert_to_decimals(2, "6500000") == Decimal("65000.00")
    assert convert_to_decimals(3, 1500) == Decimal("1.500")
    assert convert_to_decimals(5, "10000000") == Decimal("100.00000")
    assert convert_to_decimals(-1, "7") == 70
    assert convert_from_decimals(-1, 70) == 7


@pytest.mark.parametrize(("number", "units"), [(4.35, 435), (0.29, 29), (1.15, 115), ("4.35", 435), (Decimal(7), 700)])
def test_floats_are_not_cut(number, units):
    """What binary floating point would cut by one unit stays whole."""
    assert convert_from_decimals(2, number) == units


@given(st.integers(-(10**60), 10**60), st.integers(-9, 30))
def test_there_and_back(units, places):
    """Every whole number survives both ways, however large."""
    assert convert_from_decimals(places, convert_to_decimals(places, units)) == units


@pytest.mark.parametrize("number", ["1.001", float("nan"), float("inf"), "x", 5e-324])
def test_what_does_not_fit(number):
    """A number that is too fine, or none, is refused instead of rounded."""
    with pytest.raises(ValueError, match=r"decimal places|no number"):
        convert_from_decimals(2, number)


def test_ticks():
    """A price goes to the tick that is no better for the market."""
    assert round_to_tick("65000.07", "0.05", "SIDE_BUY") == Decimal("65000.05")
    assert round_to_tick("65000.07", "0.05", "SIDE_SELL") == Decimal("65000.10")
    with pytest.raises(ValueError, match="no side"):
        round_to_tick(1, 1, "BUY")
    with pytest.raises(ValueError, match="no tick"):
        round_to_tick(1, 0, "SIDE_BUY")
