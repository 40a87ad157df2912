"""Numbers as short texts."""

import math

import pytest

from bt_api_py.cli import figures


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (88899.914, "88,899.91"),
        (1.23456, "1.2346"),
        (0.0123456, "0.012346"),
        (0.0000123, "0.0000123000"),
        (math.nan, "-"),
    ],
)
def test_price_has_decimals_for_its_size(value, text):
    """Small prices have more decimals than large ones; a missing one is a dash."""
    assert figures.price(value) == text


def test_sparkline_spans_its_scale():
    """The lowest and highest values are the lowest and highest bars."""
    assert figures.sparkline([1, 2, 3, 2, 1]) == "▁▅█▅▁"


def test_sparkline_of_one_level_is_flat():
    """Equal values, as few as one, give equal bars; none give none."""
    assert figures.sparkline([5, 5]) == "▄▄"
    assert figures.sparkline([]) == ""


@pytest.mark.parametrize(("seconds", "text"), [(None, "-"), (0.04, "0.0 s"), (59.96, "60.0 s"), (125, "2 min")])
def test_age(seconds, text):
    """Ages are seconds below a minute, then minutes; a dash before the first item."""
    assert figures.age(seconds) == text
