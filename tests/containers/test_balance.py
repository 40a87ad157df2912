from __future__ import annotations

import math
from typing import Any

import pytest

from bt_api_py.containers import BalanceData


@pytest.mark.parametrize(
    "fields",
    [
        {"free": "0.1", "locked": "0.2"},
        {"free": "0.1", "total": "0.3"},
        {"locked": "0.2", "total": "0.3"},
        {"free": "0.1", "locked": "0.2", "total": "0.3"},
    ],
    ids="-".join,
)
def test_the_third_follows_from_two(fields: dict[str, str], build: Any) -> None:
    """Of free, locked and total any two give the third, counted in decimals."""
    balance = build(BalanceData, asset="USDT", **fields)
    assert balance.get_free_balance() == 0.1
    assert balance.get_locked_balance() == 0.2
    assert balance.get_total_balance() == 0.3


def test_one_alone_gives_no_other(build: Any) -> None:
    """From one figure nothing follows: the others are nan."""
    balance = build(BalanceData, asset="USDT", free="1")
    assert balance.get_free_balance() == 1.0
    assert math.isnan(balance.get_locked_balance())
    assert math.isnan(balance.get_total_balance())


def test_what_the_venue_sends_is_not_corrected(build: Any) -> None:
    """A total that is not free plus locked stays as it was sent."""
    assert build(BalanceData, asset="USDT", free="1", locked="2", total="4").get_total_balance() == 4.0


def test_the_asset_is_upper_case_under_all_its_names(build: Any) -> None:
    """The asset is upper case, and stands for the symbol that a balance does not have."""
    balance = build(BalanceData, asset="usdt")
    names = {balance.get_asset(), balance.get_currency(), balance.get_symbol(), balance.get_symbol_name()}
    assert names == {"USDT"}


def test_a_balance_is_never_multiplied(build: Any, swap: Any) -> None:
    """The contract value has no effect on balances."""
    assert build(BalanceData, topic=swap, asset="USDT", free="8").get_free_balance() == 8.0


def test_an_empty_balance_can_be_printed(build: Any) -> None:
    """The formats of the guide work on a balance without any figure."""
    balance = build(BalanceData, asset="USDT")
    figures = balance.get_free_balance(), balance.get_locked_balance(), balance.get_total_balance()
    assert " ".join(f"{figure:.8f}" for figure in figures) == "nan nan nan"
