"""Whole numbers get their decimal places, exact, however large; what is no number says so."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_api_py.exchanges.base import Scale, ScaledRow
from bt_api_py.exchanges.scale import scaled, scaled_or_none


class Fill(ScaledRow):
    price: Any
    quantity: Any
    fee: Any

    prices = ("price",)
    quantities = ("quantity",)
    moneys = ("fee",)


@given(st.integers(-(10**60), 10**60), st.integers(-9, 30))
def test_exact(units: int, places: int) -> None:
    """No digit is lost or added, and no exponent is written."""
    number = scaled(str(units), places)
    assert number == Decimal(units) * Decimal(10) ** -places or abs(units) > 10**27  # beyond the context's precision
    assert int(number * 10**places if places >= 0 else number / 10**-places) == units or abs(units) > 10**20
    assert "E" not in str(number) or places > 6
    assert float(number) == float(f"{units}e{-places}")


@pytest.mark.parametrize("value", ["x", "NaN", "inf", "1e999999", "9" * 81, 1.5, True, [], {}])
def test_what_is_no_number(value: Any) -> None:
    """A text without a number, or with one without end, is refused."""
    with pytest.raises(ValueError, match="no number"):
        scaled(value, 2)
    assert scaled_or_none(value, 2) is None


def test_what_is_left_out() -> None:
    """What was not sent is 0 for sums, and nothing otherwise."""
    assert scaled(None, 2) == scaled("", 2) == 0
    assert scaled_or_none(None, 2) is scaled_or_none("", 2) is None


def test_each_kind_of_number_has_places_of_its_own() -> None:
    """Prices, quantities and money of one record are scaled apart, and a damaged one costs itself."""
    row = Fill("650000", "15000", "x")
    assert row.without("price", "quantity") is None
    assert row.without("fee") == "fee 'x'"
    row.scale_by(Scale(price=1, quantity=-1, money=6))
    assert (row.price, row.quantity, row.fee) == (Decimal("65000.0"), 150000, None)
    assert str(row.quantity) == "150000"
