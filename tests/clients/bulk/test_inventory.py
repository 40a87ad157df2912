"""Positions and profit from fills, and from what the venue says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bt_api_py.clients.bulk import Inventory


def held(inventory, symbol="BTC-USD"):
    position = inventory.positions[symbol]
    return position.quantity, position.vwap


def test_a_flip():
    """Buying 1 at 100 and 1 at 200, then selling 3 at 180 leaves -1 at 180 and realises 60."""
    inventory = Inventory()
    inventory.traded("BTC-USD", 1, 1, 100)
    inventory.traded("BTC-USD", 1, 1, 200)
    assert held(inventory) == (2, 150)
    inventory.traded("BTC-USD", -1, 3, 180)
    assert held(inventory) == (-1, 180)
    assert held(inventory, "USDC") == (60, 1)
    pnl = inventory.pv({"BTC-USD": 170})
    assert (pnl.realized, pnl.unrealized, pnl.net) == (60, 10, 70)


def test_a_short_position():
    """What is bought back below the mean price of a short position is profit."""
    inventory = Inventory()
    inventory.traded("BTC-USD", -1, 2, 100)
    inventory.traded("BTC-USD", 1, 1, 90)
    assert (held(inventory), inventory.realized) == ((-1, 100), 10)


def test_flat_is_flat():
    """Rests of floating point count as nothing."""
    inventory = Inventory()
    for _ in range(3):
        inventory.traded("BTC-USD", 1, 0.1, 100)
    inventory.traded("BTC-USD", -1, 0.3, 100)
    assert held(inventory) == (0, 0)


def test_a_market_without_a_price_counts_nothing():
    """Unrealised profit is that of the markets whose price is known."""
    inventory = Inventory()
    inventory.traded("BTC-USD", 1, 1, 100)
    inventory.traded("ETH-USD", 1, 1, 10)
    assert inventory.pv({"ETH-USD": 12}).unrealized == 2
    assert inventory.pv({}).net == 0


def test_fees_are_counted_beside_the_profit():
    """Fees add up and change no profit."""
    inventory = Inventory()
    inventory.traded("BTC-USD", 1, 1, 100, fee=0.5)
    inventory.traded("BTC-USD", -1, 1, 110, fee=-0.1)
    assert (inventory.fees, inventory.realized) == (0.4, 10)


@pytest.mark.parametrize(
    ("side", "amount", "price"), [(0, 1, 1), (2, 1, 1), (1, 0, 1), (1, -1, 1), (1, 1, float("nan"))]
)
def test_what_is_no_fill(side, amount, price):
    """A fill has a side, and an amount and a price above zero."""
    with pytest.raises(ValueError, match="no fill"):
        Inventory().traded("BTC-USD", side, amount, price)


class TestTold:
    """The venue's own word on a position."""

    def test_it_wins(self):
        """The position is what the venue says, and its mean price too."""
        inventory = Inventory()
        inventory.traded("BTC-USD", 1, 1, 100)
        inventory.told("BTC-USD", 1, 100.5)
        assert held(inventory) == (1, 100.5)

    @pytest.mark.parametrize("order", ["fill first", "position first"])
    def test_a_fill_counts_once(self, order):
        """Whichever comes first, the fill or the position that includes it, both end in the same state."""
        inventory = Inventory()
        inventory.restart({"BTC-USD": (2, 100)})
        if order == "fill first":
            inventory.traded("BTC-USD", -1, 1, 110)
            inventory.told("BTC-USD", 1, 100)
        else:
            inventory.told("BTC-USD", 1, 100)
            inventory.traded("BTC-USD", -1, 1, 110)
        assert (held(inventory), inventory.realized) == ((1, 100), 10)
        inventory.traded("BTC-USD", -1, 1, 120)
        assert (held(inventory), inventory.realized) == ((0, 0), 30)

    def test_a_snapshot_is_complete(self):
        """What a snapshot leaves out is held no more; profit that was made stays."""
        inventory = Inventory()
        inventory.traded("BTC-USD", 1, 2, 100)
        inventory.traded("BTC-USD", -1, 1, 130)
        inventory.restart({"ETH-USD": (-3, 10)})
        assert held(inventory) == (0, 0)
        assert held(inventory, "ETH-USD") == (-3, 10)
        assert inventory.realized == 30


FILLS = st.lists(st.tuples(st.sampled_from((1, -1)), st.integers(1, 50), st.integers(1, 1000)), min_size=1, max_size=30)


@given(FILLS, st.integers(1, 1000))
def test_profit_is_the_value_of_what_was_exchanged(fills, mark):
    """Realised and unrealised together are what all fills are worth at the mark price."""
    inventory = Inventory()
    for side, amount, price in fills:
        inventory.traded("BTC-USD", side, amount, price)
    worth = sum(side * amount * (mark - price) for side, amount, price in fills)
    assert inventory.pv({"BTC-USD": mark}).net == pytest.approx(worth, abs=1e-6)


@given(FILLS, st.lists(st.booleans(), min_size=30, max_size=30))
def test_order_of_arrival_changes_nothing(fills, positions_first):
    """With the venue's word before or after each fill, positions and profit are those of the fills alone."""
    alone, told = Inventory(), Inventory()
    for (side, amount, price), is_first in zip(fills, positions_first, strict=False):
        alone.traded("BTC-USD", side, amount, price)
        after = alone.positions["BTC-USD"]
        if is_first:
            told.told("BTC-USD", after.quantity, after.vwap)
        told.traded("BTC-USD", side, amount, price)
        if not is_first:
            told.told("BTC-USD", after.quantity, after.vwap)
    assert told.positions["BTC-USD"].quantity == alone.positions["BTC-USD"].quantity
    assert told.realized == pytest.approx(alone.realized, abs=1e-6)
