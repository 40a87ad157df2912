from __future__ import annotations

import copy
import json
import math
import pickle
from collections.abc import Callable
from typing import Any

import msgspec
import orjson
import pytest

from bt_api_py.book.sequence import BookKeeper, BookRow, Linked
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


class Change(BookRow):
    """An update of a book that is kept."""

    bids: list[Level] = []
    asks: list[Level] = []
    last: int | None = None
    previous: int | None = None
    is_snapshot: bool = False


def kept() -> tuple[BookKeeper, OrderBookData]:
    """Return a keeper of a book and the book as it stands there."""
    keeper = BookKeeper(Linked(), order_count_at=2)
    keeper.take(Change(BIDS, ASKS, last=1, is_snapshot=True))
    return keeper, OrderBookData(keeper.state(5), SPOT, 1.0)


CHANGES: list[Callable[[Any], object]] = [
    lambda level: level.append(1.0),
    lambda level: level.extend([1.0]),
    lambda level: level.insert(0, 1.0),
    lambda level: level.pop(),
    lambda level: level.remove(0.5),
    lambda level: level.clear(),
    lambda level: level.sort(),
    lambda level: level.reverse(),
    lambda level: level.__setitem__(1, 0.0),
    lambda level: level.__setitem__(slice(None), []),
    lambda level: level.__delitem__(0),
    lambda level: level.__iadd__([1.0]),
    lambda level: level.__imul__(2),
]


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_a_level_that_books_share_cannot_be_changed(change: Callable[[Any], object]) -> None:
    """No way to change a list changes a level of a kept book: each is refused with what to do instead."""
    _, item = kept()
    with pytest.raises(TypeError, match=r"list\(level\)"):
        change(item.get_bids()[0])
    assert item.get_bids() == [[27000.1, 0.5], [27000.0, 2.0]]


def test_levels_of_a_kept_book_are_lists() -> None:
    """They are equal to lists, are encoded as such, and a copy is a list of one's own."""
    _, item = kept()
    bids = item.get_bids()
    assert bids == book().get_bids()
    assert isinstance(bids[0], list)
    assert json.loads(json.dumps(bids)) == orjson.loads(orjson.dumps(bids)) == bids
    assert msgspec.json.decode(msgspec.json.encode(bids)) == bids
    for own in (copy.deepcopy(bids)[0], copy.copy(bids[0]), pickle.loads(pickle.dumps(bids))[0], list(bids[0])):
        own[1] = 7.0
        assert own == [27000.1, 7.0]
    assert bids[0] == [27000.1, 0.5]


def test_what_did_not_change_is_shared() -> None:
    """Two books with an update between them have the levels in common that it leaves alone."""
    keeper, before = kept()
    keeper.take(Change([["27000", "3", "1"]], last=2, previous=1))
    after = OrderBookData(keeper.state(5), SPOT, 1.0)
    assert after.get_bids() == [[27000.1, 0.5], [27000.0, 3.0]]
    assert before.get_bids() == [[27000.1, 0.5], [27000.0, 2.0]]
    assert after.get_bids()[0] is before.get_bids()[0]
    after.get_bids().clear()  # the list around them is each book's own
    again = OrderBookData(keeper.state(5), SPOT, 1.0)
    assert len(before.get_bids()) == len(again.get_bids()) == 2


def test_a_list_that_somebody_changed_is_told_as_it_is_now() -> None:
    """Who changes the list of a book, against the advice, finds it so in whatever else the book tells."""
    _, item = kept()
    bids = item.get_bids()
    del bids[0]
    bids.append([26000.0, 1.0])
    assert item.get_best_bid() == [27000.0, 2.0]
    assert item.get_raw_data()["bids"] == [["27000", "2", "1"], ["26000.0", "1.0"]]
    assert pickle.loads(pickle.dumps(item)).get_bids() == [[27000.0, 2.0], [26000.0, 1.0]]


def test_a_kept_book_can_be_sent_to_another_process() -> None:
    """What is unpickled says the same, with the texts that the venue sent."""
    _, item = kept()
    again = pickle.loads(pickle.dumps(item))
    assert again.get_all_data() == item.get_all_data()
    assert again.get_raw_data() == item.get_raw_data() == book().get_raw_data()
    assert again.get_bid_trade_nums() == [3, 1]
