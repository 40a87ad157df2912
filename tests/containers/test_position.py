from __future__ import annotations

import math
from typing import Any

import pytest

from bt_api_py.containers import PositionData


@pytest.mark.parametrize(
    ("fields", "quantity", "side"),
    [
        ({"quantity": "8"}, 2.0, "long"),
        ({"quantity": "-8"}, -2.0, "short"),
        ({"quantity": "8", "side": "long"}, 2.0, "long"),
        ({"quantity": "8", "side": "short"}, -2.0, "short"),
        ({"quantity": "-8", "side": "short"}, -2.0, "short"),
        ({"quantity": "-8", "side": "net"}, -2.0, "short"),
        ({"quantity": "0", "side": "short"}, 0.0, "short"),
        ({"quantity": "0"}, 0.0, "net"),
        ({"quantity": "0", "side": ""}, 0.0, "net"),
    ],
)
def test_a_short_position_is_negative(
    fields: dict[str, str], quantity: float, side: str, build: Any, swap: Any
) -> None:
    """The quantity is in base units and negative when short, whether the venue sends a sign or a side."""
    position = build(PositionData, topic=swap, **fields)
    assert position.get_quantity() == quantity
    assert math.copysign(1, position.get_quantity()) == (-1 if quantity < 0 else 1)
    assert position.get_side() == side


def test_nothing_sent_is_no_quantity_and_no_side(build: Any) -> None:
    """A position without a quantity has nan, and the side net."""
    position = build(PositionData)
    assert math.isnan(position.get_quantity())
    assert position.get_side() == "net"


@pytest.mark.parametrize(
    ("fields", "isolated"),
    [
        ({"margin_type": "isolated"}, True),
        ({"margin_type": "cross"}, False),
        ({"margin_type": "cross", "is_isolated": True}, True),
        ({}, None),
    ],
)
def test_isolated_follows_from_the_margin_type(fields: dict[str, Any], isolated: bool | None, build: Any) -> None:
    """A position is isolated as the venue says, otherwise as its margin type says."""
    assert build(PositionData, **fields).get_is_isolated() is isolated
