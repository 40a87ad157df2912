from __future__ import annotations

from typing import Any

import pytest

from bt_api_py.containers import LiquidationData, OpenInterestData


@pytest.mark.parametrize(
    ("fields", "position_side"),
    [
        ({"side": "sell"}, "long"),
        ({"side": "buy"}, "short"),
        ({"side": "sell", "position_side": "short"}, "short"),
        ({}, None),
    ],
)
def test_a_liquidation_closes_the_other_side(fields: dict[str, str], position_side: str | None, build: Any) -> None:
    """A liquidation that sells closes a long position, unless the venue says otherwise."""
    assert build(LiquidationData, **fields).get_position_side() == position_side


def test_liquidated_contracts_become_base_units(build: Any, swap: Any) -> None:
    """The quantity of a liquidation is multiplied by the contract value, the price is not."""
    liquidation = build(LiquidationData, topic=swap, quantity="8", price="8")
    assert liquidation.get_quantity() == 2.0
    assert liquidation.get_price() == 8.0


def test_open_interest_is_in_base_units(build: Any, swap: Any) -> None:
    """Contracts are converted, and the venue's own conversion is taken where it sends one."""
    assert build(OpenInterestData, topic=swap, open_interest="8").get_open_interest() == 2.0
    assert build(OpenInterestData, topic=swap, open_interest="8").get_open_interest_ccy() == 2.0
    both = build(OpenInterestData, topic=swap, open_interest="8", open_interest_ccy="2.5")
    assert both.get_open_interest_ccy() == 2.5
