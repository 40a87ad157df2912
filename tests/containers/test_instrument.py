from __future__ import annotations

from typing import Any

import pytest

from bt_api_py.containers import SymbolData


def test_the_assets_are_upper_case(build: Any) -> None:
    """Base and quote asset are upper case whatever the venue does."""
    market = build(SymbolData, base="btc", quote="Usdt")
    assert (market.get_base_asset(), market.get_quote_asset()) == ("BTC", "USDT")


def test_steps_of_a_contract_are_in_base_units(build: Any, swap: Any) -> None:
    """Lot size and least quantity are converted, the tick size is not, and the factor can be asked for."""
    market = build(SymbolData, topic=swap, tick_size="0.1", lot_size="1", min_quantity="2")
    assert market.get_price_unit() == 0.1
    assert market.get_qty_unit() == 0.25
    assert market.get_min_qty() == 0.5
    assert market.get_contract_multiplier() == 0.25


def test_a_contract_says_what_it_is(build: Any) -> None:
    """A dated contract tells its end and what it settles in; a spot market has neither."""
    future = build(SymbolData, contract_type="future", settle_asset="usdt", delivery_time=1_798_185_600_000)
    assert (future.get_contract_type(), future.get_settle_asset()) == ("future", "USDT")
    assert future.get_delivery_time() == 1_798_185_600_000
    spot = build(SymbolData)
    assert (spot.get_contract_type(), spot.get_settle_asset(), spot.get_delivery_time()) == (None, None, 0)


@pytest.mark.parametrize(
    ("step", "decimals"),
    [("0.01000000", 2), ("1", 0), ("10", 0), (0.001, 3), ("1e-8", 8), ("", None), (None, None)],
)
def test_the_decimals_of_a_step(step: Any, decimals: int | None, build: Any) -> None:
    """Zeros at the end do not count, and no step has no decimals."""
    market = build(SymbolData, tick_size=step, lot_size=step)
    assert market.get_price_digital() == market.get_qty_digital() == decimals


def test_the_status_is_trading_or_the_venues_word(build: Any) -> None:
    """An open market is trading, another has the venue's word in lower case."""
    assert build(SymbolData, is_trading=True, status="TRADING").get_status() == "trading"
    halted = build(SymbolData, is_trading=False, status="BREAK")
    assert halted.get_status() == "break"
    assert not halted.is_trading()
