"""Records of REST and of streams become the same models."""

from decimal import Decimal

import pytest

from bt_api_py.clients.vega import (
    Account,
    Asset,
    Market,
    Order,
    parse_account,
    parse_asset,
    parse_market,
    parse_market_data,
    parse_order,
    parse_position,
    parsers,
)
from bt_api_py.exceptions import DataParseError

from . import messages as m
from .messages import ASSET, MARKET, ORDER, PARTY

PLACES = {"position_decimal_places": 3, "price_decimal_places": 2}


def test_an_order_is_the_same_from_both_sources():
    """Words or numbers, sizes by the size's decimals and prices by the price's, with its side."""
    order = parse_order(m.ORDER_NODE, **PLACES)
    assert order == parse_order(m.STREAMED_ORDER, **PLACES)
    assert (order.order_id, order.market_id, order.party_id) == (ORDER, MARKET, PARTY)
    assert (order.price, order.size, order.remaining_size) == (Decimal(65000), Decimal("1.5"), Decimal(1))
    assert (order.status, order.side, order.order_type) == ("STATUS_ACTIVE", "SIDE_BUY", "TYPE_LIMIT")
    assert order.time_in_force == "TIME_IN_FORCE_GTC"
    assert order.is_live


def test_the_decimals_of_an_order_go_by_name():
    """Two numbers that could be mixed up are not taken by position."""
    with pytest.raises(TypeError):
        parse_order(m.ORDER_NODE, 3, 2)
    with pytest.raises(TypeError):
        parse_position(m.POSITION_NODE, 3, 2, 5)


def test_what_is_left_out_is_the_default():
    """A filled order without `remaining` has none left, and a general account no market."""
    filled = parse_order(m.FILLED_ORDER, **PLACES)
    assert (filled.remaining_size, filled.status, filled.is_live) == (0, "STATUS_FILLED", False)
    account = parse_account(m.STREAMED_ACCOUNT, 5)
    assert account == parse_account(m.ACCOUNT_NODE, 5)
    assert account == Account(PARTY, "ACCOUNT_TYPE_GENERAL", Decimal("100.00000"), ASSET, "")
    assert account.get_id() == f"{PARTY}--ACCOUNT_TYPE_GENERAL-{ASSET}"


def test_parked_and_rejected_orders():
    """A parked order lives, and a refused one says why."""
    parked = parse_order(m.STREAMED_ORDER | {"status": 8}, **PLACES)
    assert (parked.is_live, parked.is_parked) == (True, True)
    refused = parse_order(m.STREAMED_ORDER | {"status": 6, "reason": 14}, **PLACES)
    assert (refused.is_live, refused.reason) == (False, "ORDER_ERROR_MARGIN_CHECK_FAILED")


def test_a_word_that_nobody_knows():
    """A number from a later version becomes a text of its own, and nothing fails."""
    assert parse_order(m.STREAMED_ORDER | {"status": 77}, **PLACES).status == "UNKNOWN_77"


def test_a_position():
    """Profits are counted in the asset's decimals, and what is left out is 0."""
    position = parse_position(m.POSITION_NODE, **PLACES, asset_decimal_places=5)
    assert (position.open_volume, position.average_entry_price) == (Decimal(-5), Decimal(65100))
    assert (position.realised_pnl, position.unrealised_pnl) == (Decimal(-12), Decimal(3))
    flat = {key: value for key, value in m.STREAMED_POSITION.items() if key != "openVolume"}
    assert parse_position(flat, **PLACES, asset_decimal_places=5).open_volume == 0


def test_market_data():
    """Best volumes and open interest are sizes, not prices."""
    data = parse_market_data(m.DATA_NODE, **PLACES)
    assert (data.mark_price, data.best_bid_price, data.best_offer_price) == (65000, 64999, 65001)
    assert (data.best_bid_volume, data.best_offer_volume, data.open_interest) == (Decimal("1.5"), 2, 3)
    assert parse_market_data(m.STREAMED_DATA, **PLACES).open_interest == 0
    assert parse_market_data(m.STREAMED_DATA, **PLACES).state == "STATE_ACTIVE"


@pytest.mark.parametrize(
    ("product", "settlement", "base"),
    [
        ({"future": {"settlementAsset": ASSET, "quoteName": "USDT"}}, ASSET, ""),
        ({"perpetual": {"settlementAsset": ASSET, "quoteName": "USDT"}}, ASSET, ""),
        ({"spot": {"baseAsset": "e" * 64, "quoteAsset": ASSET}}, ASSET, "e" * 64),
    ],
)
def test_markets_of_every_product(product, settlement, base):
    """Futures, perpetuals and spot markets are read, each with the asset of its money."""
    node = m.MARKET_NODE | {"tradableInstrument": {"instrument": {"code": "X", "name": "Y", **product}}}
    market = parse_market(node)
    assert (market.product, market.settlement_asset_id, market.base_asset_id) == (*product, settlement, base)
    assert (market.decimal_places, market.position_decimal_places, market.tick_size) == (2, 3, Decimal("0.01"))
    assert (market.mark_price, market.open_interest) == (0, 0)


def test_an_asset():
    """An asset has the documented fields in the documented order."""
    assert parse_asset(m.ASSET_NODE) == Asset(ASSET, "STATUS_ENABLED", "Tether USD", "USDT", 5)


def test_the_map_of_parsers():
    """Each list of REST has its parser."""
    assert set(parsers) == {"markets", "assets", "accounts", "orders", "positions"}
    assert isinstance(parsers["markets"](m.MARKET_NODE), Market)
    assert isinstance(parsers["orders"](m.ORDER_NODE, **PLACES), Order)


@pytest.mark.parametrize("damage", [{"price": "x"}, {"size": []}, {"id": None, "marketId": 5}, {"version": "1.5"}])
def test_damaged_records(damage):
    """A record that cannot be understood is a DataParseError and nothing else."""
    with pytest.raises(DataParseError):
        parse_order(m.ORDER_NODE | damage, **PLACES)
