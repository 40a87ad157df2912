"""Accounts of venues that tell less: changes without their order, fills without sums, balances without a split."""

from typing import ClassVar

import pytest
from msgspec import field

from bt_api_py import BtApi
from bt_api_py.containers.base import Number
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.exchanges.account_base import BalanceHint, OwnFill
from bt_api_py.exchanges.base import Channel

from .fakes import settle
from .own_account import OwnAccount, OwnOrder, OwnVenue, fill, listed, order

SPOT = "BINANCE___SPOT"


class SparseOrder(OwnOrder):
    """Names its market once, and tells fills without their sum."""

    is_sparse: ClassVar[bool] = True

    told: OwnFill | None = field(name="fill", default=None)
    total_fee: Number = None
    total_fee_asset: str | None = None

    @property
    def fill(self):
        return self.told

    @property
    def adds_up(self):
        return self.told is not None and self.filled_quantity is None


class SparseAccount(OwnAccount):
    channels: ClassVar = {
        **OwnAccount.channels,
        "orders": Channel(None, SparseOrder, ("data",), many=True),
        "balances": Channel(None, BalanceHint, ("data",), many=True),
    }
    balances_by_rest = True
    balances_every = 5.0


@pytest.fixture
async def venue(clock, transport, monkeypatch):
    """Yield the venue of a connected account."""
    monkeypatch.delenv("BT_API_SIMULATOR", raising=False)
    monkeypatch.setattr(EXCHANGES[SPOT], "account", SparseAccount)
    settings = {"api_key": "key-nobody-may-see", "secret": "secret-nobody-may-see"}
    api = BtApi({SPOT: {**settings, "websocket": {"max_reconnect": None}}}, clock=clock, transport=transport)
    yield OwnVenue(api, transport)
    await api.async_close()
    await settle()


def part(number, quantity, status="partial"):
    """Return the record of a fill of order 1, as the venue sends it: without a sum, and without the order's market."""
    told = fill(number, "1", quantity)
    return order("1", status, symbol="", fill=told)


async def test_fills_add_up(venue):
    """The quantity filled is the sum of the fills, and the last one fills the order whatever its record says."""
    orders = await venue.read("orders")
    await venue.send("orders", order("1", "new", quantity="1", price="100"), part("a", 0.4), part("a", 0.4))
    await venue.send("orders", part("b", 0.6), order("1", "filled", symbol="", filled_quantity="1"))
    assert orders.statuses() == [("new", 0.0), ("partial", 0.4), ("filled", 1.0)]
    assert {item.get_venue_symbol() for item in orders.items} == {"BTCUSDT"}
    assert [item.get_price() for item in orders.items] == [100.0] * 3


async def test_what_was_filled_before_counts(venue):
    """Fills too old to be listed are part of the sum, as far as the venue told of them."""
    venue.pages["open"] = listed(order("1", "partial", quantity="2", filled_quantity="0.5"))
    orders = await venue.read("orders")
    await venue.send("orders", part("a", 0.25), order("1", "partial", symbol="", filled_quantity="0.75"), part("b", 1))
    assert orders.statuses() == [("partial", 0.5), ("partial", 0.75), ("partial", 1.75)]
    assert orders.items[-1].get_fee() != orders.items[-1].get_fee()  # of the first half nothing is known


async def test_a_change_of_an_unknown_order_is_an_outage(venue, clock):
    """An order of which only a later record came is read with everything else, on a new connection."""
    orders = await venue.read("orders")
    venue.pages["changed"] = listed(order("9", "canceled", filled_quantity="0"))
    await venue.send("orders", order("9", "canceled", symbol=""))
    assert orders.items == []
    await clock.run(5)
    assert orders.statuses("9") == [("canceled", 0.0)]
    assert len(venue.transport.sockets) == 2


async def test_balances_are_read_when_something_happened(venue, clock):
    """A booking, or an order that moves on, has the balances read: soon, then no more often than is declared."""
    venue.pages["balances"] = listed({"asset": "BTC", "free": 1, "locked": 0})
    balances = await venue.read("balances")
    assert [item.get_origin() for item in balances.taken()] == ["snapshot"]
    venue.pages["balances"] = listed({"asset": "BTC", "free": 0.5, "locked": 0.5})
    await venue.send("orders", order("1", "new", quantity="1"))
    await clock.run(1)
    assert [(item.get_locked_balance(), item.get_origin()) for item in balances.taken()] == [(0.5, "live")]
    asked = venue.asked("balances")
    await venue.send("balances", {}, {})
    await venue.send("balances", {})
    assert venue.asked("balances") == asked
    venue.pages["balances"] = listed()
    await clock.run(5.6)
    assert venue.asked("balances") == asked + 1
    assert [item.get_total_balance() for item in balances.taken()] in ([0.0], [])
    await clock.run(60)
    assert venue.asked("balances") == asked + 1


async def test_a_reading_that_fails_is_repeated(venue, clock):
    """A venue in trouble is asked for the balances again."""
    balances = await venue.read("balances")
    venue.pages["balances"] = (400, {}, {})
    await venue.send("balances", {})
    venue.pages["balances"] = listed({"asset": "BTC", "free": 2, "locked": 0})
    await clock.run(6)
    assert [item.get_free_balance() for item in balances.items] == [2.0]


async def test_a_state_for_a_lost_connection_is_not_read_to_its_end(venue, clock, monkeypatch):
    """When the connection goes while the state is read, what is left of it is not asked for."""
    get, begun = venue.transport.get, []

    async def slow(url, *args, **kwargs):
        begun.append(url.rpartition("/")[2])
        await clock.sleep(1)
        return await get(url, *args, **kwargs)

    monkeypatch.setattr(venue.transport, "get", slow)
    orders = await venue.read("orders")
    while "open" not in begun:
        await clock.run(0.1)
    await venue.lose()
    await clock.run(10)
    assert orders.state == "live"
    assert (begun.count("open"), begun.count("balances")) == (2, 1)


async def test_the_venue_s_own_sum_of_fees_has_to_do(venue):
    """An order tells the fee that the venue tells with it, until all its fills are known."""
    orders = await venue.read("orders")
    await venue.send("orders", order("1", "partial", filled_quantity="1", total_fee="0.5", total_fee_asset="GT"))
    assert (orders.items[-1].get_fee(), orders.items[-1].get_fee_asset()) == (0.5, "GT")
    await venue.send("fills", fill("a", "1", 1.0), fill("b", "1", 1.0))
    await venue.send("orders", order("1", "filled", filled_quantity="2", total_fee="0.7", total_fee_asset="GT"))
    assert (orders.items[-1].get_fee(), orders.items[-1].get_fee_asset()) == (0.02, "BNB")
