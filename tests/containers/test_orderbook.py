from __future__ import annotations

import math

from bt_api_py.containers import BookState, Level, OrderBookData, Topic

SPOT = Topic("NIMBUS___SPOT", "depth", "BTC/USDT", "btc_usdt")
BIDS: list[Level] = [["27000.10", "0.50000000", "3"], ["27000", "2", "1"]]
ASKS: list[Level] = [["27000.60", "4", "2"]]


def book(topic: Topic = SPOT) -> OrderBookData:
    state = BookState(BIDS, ASKS, timestamp=7, sequence=118, checksum=-5, action="snapshot", order_count_at=2)
    return OrderBookData(state, topic, 1.0)


def test_levels_are_pairs_of_numbers_best_first() -> None:
    """Each side is a list of price and quantity pairs, and its columns are lists of their own."""
    item = book()
    assert item.get_bids() == [[27000.1, 0.5], [27000.0, 2.0]]
    assert item.get_asks() == [[27000.6, 4.0]]
    assert item.get_bid_price_list() == [27000.1, 27000.0]
    assert item.get_bid_volume_list() == [0.5, 2.0]
    assert item.get_ask_price_list() == [27000.6]
    assert item.get_ask_volume_list() == [4.0]


def test_the_top_of_the_book() -> None:
    """Best levels, middle and spread come from the first level of each side."""
    item = book()
    assert item.get_best_bid() == [27000.1, 0.5]
    assert item.get_best_ask() == [27000.6, 4.0]
    assert item.get_mid_price() == (27000.1 + 27000.6) / 2
    assert math.isclose(item.get_spread(), 0.5, abs_tol=1e-9)


def test_the_top_is_told_without_the_rest() -> None:
    """Best levels, middle and spread do not look at the levels behind, of which there may be thousands."""
    unread: list[Level] = [["not", "looked at"]]
    item = OrderBookData(BookState([*BIDS[:1], *unread], [*ASKS, *unread]), SPOT)
    assert item.get_best_bid() == [27000.1, 0.5]
    assert item.get_best_ask() == [27000.6, 4.0]
    assert item.get_mid_price() == (27000.1 + 27000.6) / 2
    assert math.isclose(item.get_spread(), 0.5, abs_tol=1e-9)


def test_contracts_become_base_units() -> None:
    """Quantities are multiplied by the contract value."""
    item = book(Topic("NIMBUS___SWAP", "depth", "BTC/USDT", "BTC-USDT-SWAP", factor=0.25))
    assert item.get_bids() == [[27000.1, 0.125], [27000.0, 0.5]]
    assert item.get_asks() == [[27000.6, 1.0]]


def test_what_the_venue_says_about_the_book() -> None:
    """Sequence, checksum, action, time and orders per level are those of the state."""
    item = book()
    assert (item.get_sequence(), item.get_checksum(), item.get_action()) == (118, -5, "snapshot")
    assert item.get_timestamp() == 7
    assert item.get_bid_trade_nums() == [3, 1]
    assert item.get_ask_trade_nums() == [2]
    assert item.get_bid_orders_list() == [3.0, 1.0]
    assert item.get_ask_orders_list() == [2.0]
    assert item.get_bid_liquidation_list() is None
    assert item.get_ask_liquidation_list() is None


def test_an_empty_side_is_falsy_and_has_no_price() -> None:
    """A book without asks has an empty list, no best ask, and nan for middle and spread."""
    item = OrderBookData(BookState(BIDS, []), SPOT)
    assert not item.get_asks()
    assert item.get_best_ask() is None
    assert item.get_ask_trade_nums() is None
    assert f"{item.get_mid_price():.2f} {item.get_spread():+.2f}" == "nan +nan"


def test_raw_data_keeps_the_exact_text() -> None:
    """Raw data of a book are its levels with every digit as sent."""
    assert book().get_raw_data() == {"bids": BIDS, "asks": ASKS}
