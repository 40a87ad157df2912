from __future__ import annotations

import math
from typing import Any

import pytest

from bt_api_py.containers import OrderData


def order(build: Any, **fields: Any) -> Any:
    return build(OrderData, order_id="1", **fields)


@pytest.mark.parametrize("status", ["new", "partial", "filled", "canceled", "rejected", "expired", "unknown"])
def test_the_status_is_the_common_word(status: str, build: Any) -> None:
    """The status is the word that the record holds."""
    assert order(build, status=status).get_status() == status


@pytest.mark.parametrize("fields", [{}, {"status": None}, {"status": ""}])
def test_no_status_is_unknown(fields: dict[str, Any], build: Any) -> None:
    """An order without a status is unknown, never rejected."""
    assert order(build, **fields).get_status() == "unknown"


def test_the_venues_own_word_is_kept(build: Any) -> None:
    """get_order_status is the venue's own word, and the common one where there is no other."""
    assert order(build, status="canceled", venue_status="mmp_canceled").get_order_status() == "mmp_canceled"
    assert order(build, status="filled").get_order_status() == "filled"


@pytest.mark.parametrize("price", ["0", "0.00000000", 0, "", None])
def test_there_is_no_mean_price_before_the_first_fill(price: Any, build: Any) -> None:
    """A mean price of zero, which venues send before the first fill, is nan."""
    item = order(build, average_price=price, filled_quantity="0", cumulative_quote="0")
    assert math.isnan(item.get_avg_price())


def test_the_mean_price_follows_from_value_and_quantity(build: Any) -> None:
    """Where the venue sends no mean price it is the filled value by the filled quantity."""
    assert order(build, filled_quantity="4", cumulative_quote="10").get_avg_price() == 2.5
    assert order(build, filled_quantity="4", cumulative_quote="10", average_price="2.6").get_avg_price() == 2.6


def test_the_mean_price_is_per_base_unit(build: Any, swap: Any) -> None:
    """A mean price computed from contracts is per base unit."""
    assert order(build, topic=swap, filled_quantity="4", cumulative_quote="10").get_avg_price() == 10.0


@pytest.mark.parametrize(
    "fields", [{"order_type": "market", "price": "27000"}, {"order_type": "limit", "price": "0.00000000"}, {}]
)
def test_a_market_order_has_no_price(fields: dict[str, Any], build: Any) -> None:
    """The price is nan for a market order whatever was sent with it, and where zero or nothing was sent."""
    assert math.isnan(order(build, **fields).get_price())


def test_zero_means_that_nothing_is_attached(build: Any) -> None:
    """An attached price of zero is nan."""
    item = order(build, stop_loss_price="0", take_profit_trigger_price="0.0", trailing_stop_price="12")
    assert math.isnan(item.get_stop_loss_price())
    assert math.isnan(item.get_take_profit_trigger_price())
    assert item.get_trailing_stop_price() == 12.0


def test_the_update_time_falls_back_to_the_event_time(build: Any) -> None:
    """Without an update time the event's own stands in."""
    assert order(build, timestamp=1700000000000).get_update_time() == 1700000000000
    assert order(build, timestamp=1700000000000, update_time=1700000000005).get_update_time() == 1700000000005


def test_the_part_filled_can_be_computed_as_in_the_guide(build: Any) -> None:
    """Filled by ordered quantity formats as a percentage, of an empty order too."""
    part = order(build, status="partial", quantity="8", filled_quantity="2")
    assert f"{part.get_filled_quantity() / part.get_quantity():.1%}" == "25.0%"
    empty = order(build)
    assert f"{empty.get_filled_quantity() / empty.get_quantity():.1%}" == "nan%"


def test_repr_shows_how_far_it_is_filled(build: Any) -> None:
    """repr shows id, status, side, filled of ordered, price and time."""
    item = order(build, status="partial", side="buy", quantity="8", filled_quantity="2", price="1.5", timestamp=7)
    assert repr(item) == (
        "<OrderData NIMBUS___SPOT BTC/USDT order_id='1' status='partial' side='buy' filled='2/8' price=1.5 timestamp=7>"
    )
