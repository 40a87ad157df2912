"""One's own account: what is told of orders, fills, balances and positions, over every hole."""

import logging
import math

import pytest

from bt_api_py import AuthenticationError, BtApi, StreamOverflowError, WebSocketError
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.exchanges.base import Request

from .fakes import settle
from .own_account import NOW_MS, OwnAccount, OwnOrder, OwnVenue, failed, fill, listed, order

SPOT = "BINANCE___SPOT"
CALM = {"reconnect_delay": 1, "max_reconnect": None, "linger": 5}


@pytest.fixture
async def venue(clock, transport, monkeypatch):
    """Yield the venue of a connected account."""
    monkeypatch.delenv("BT_API_SIMULATOR", raising=False)
    monkeypatch.setattr(EXCHANGES[SPOT], "account", OwnAccount)
    settings = {"api_key": "key-nobody-may-see", "secret": "secret-nobody-may-see", "websocket": CALM}
    api = BtApi({SPOT: settings}, clock=clock, transport=transport)
    yield OwnVenue(api, transport)
    await api.async_close()
    await settle()


async def again(venue, clock):
    """Lose the connection and come back."""
    await venue.lose()
    await clock.run(2)


async def test_a_fill_before_its_order_counts(venue):
    """Fees of fills that came before the records of their order are in the order's fee."""
    orders, fills = await venue.read("orders"), await venue.read("fills")
    await venue.send("fills", fill("a", "1", 0.4))
    assert [item.get_trade_id() for item in fills.items] == ["a"]
    assert orders.items == []
    await venue.send("orders", order("1", "new"), order("1", "partial", filled_quantity="0.4"))
    assert orders.statuses() == [("new", 0.0), ("partial", 0.4)]
    assert math.isnan(orders.items[0].get_fee())
    assert (orders.items[1].get_fee(), orders.items[1].get_fee_asset()) == (0.01, "BNB")
    assert orders.items[1].get_avg_price() == 100.0


async def test_a_fill_after_its_order_is_told_and_the_order_is_not_told_twice(venue):
    """An order whose fill is not known yet has no fee and no mean price rather than wrong ones."""
    orders, fills = await venue.read("orders"), await venue.read("fills")
    await venue.send("fills", fill("a", "1", 0.4))
    await venue.send("orders", order("1", "filled", filled_quantity="1"))
    await venue.send("fills", fill("b", "1", 0.6))
    assert [item.get_trade_id() for item in fills.items] == ["a", "b"]
    assert orders.statuses() == [("filled", 1.0)]
    assert math.isnan(orders.items[0].get_fee())
    assert math.isnan(orders.items[0].get_avg_price())


async def test_a_reader_that_overflows_costs_the_others_nothing(venue):
    """The reader beside one that gives up in the middle of a hand-out gets that order too."""
    narrow = await venue.read("orders", buffer=1)
    wide = await venue.read("orders")
    venue.socket.feed({"topic": "orders", "data": [order(str(number), "new") for number in (1, 2, 3)]})
    await settle()
    assert [item.get_order_id() for item in wide.items] == ["1", "2", "3"]
    assert isinstance(narrow.error, StreamOverflowError)


async def test_fees_in_two_assets_have_no_sum(venue):
    """An order whose fills cost different assets tells no fee."""
    orders = await venue.read("orders")
    await venue.send("fills", fill("a", "1", 0.4), fill("b", "1", 0.6, fee_asset="BTC"))
    await venue.send("orders", order("1", "filled", filled_quantity="1"))
    assert math.isnan(orders.items[0].get_fee())
    assert orders.items[0].get_fee_asset() is None
    assert orders.items[0].get_avg_price() == 100.0


async def test_an_order_waits_for_the_fill_that_comes_apart(venue, clock):
    """Where fills with fees come by another channel, the order is told with the fill, or a second later without."""
    orders = await venue.read("orders")
    await venue.send("orders", order("1", "partial", filled_quantity="0.4", awaits_fill="a"))
    assert orders.items == []
    await venue.send("fills", fill("a", "1", 0.4))
    assert orders.statuses() == [("partial", 0.4)]
    assert orders.items[0].get_fee() == 0.01
    await venue.send("orders", order("1", "filled", filled_quantity="1", awaits_fill="b"))
    await clock.run(0.9)
    assert len(orders.items) == 1
    await clock.run(0.2)
    assert orders.statuses()[1:] == [("filled", 1.0)]
    assert math.isnan(orders.items[1].get_fee())


async def test_an_order_that_waits_when_the_connection_ends_is_read(venue, clock):
    """An order whose fill was on its way at a loss is told once, with the state that is read."""
    orders = await venue.read("orders")
    await venue.send("orders", order("1", "new"), order("1", "filled", filled_quantity="1", awaits_fill="a"))
    venue.pages["order"] = listed(order("1", "filled", filled_quantity="1"))
    venue.pages["fills"] = listed(fill("a", "1", 1.0))
    await again(venue, clock)
    assert orders.statuses() == [("new", 0.0), ("filled", 1.0)]
    assert (orders.items[1].get_origin(), orders.items[1].get_fee()) == ("backfill", 0.01)


async def test_a_changed_price_is_told_once(venue):
    """An order that is amended is told, and a record that says the same again is not."""
    orders = await venue.read("orders")
    for price in ("10", "11", "11", "0"):
        await venue.send("orders", order("1", "new", price=price, quantity="2"))
    assert [item.get_price() for item in orders.items] == [10.0, 11.0]


async def test_late_and_doubled_records_change_nothing(venue):
    """An order only moves forward."""
    orders = await venue.read("orders")
    partial = order("1", "partial", filled_quantity="0.5")
    early, whole = order("1", "partial", filled_quantity="0.2"), order("1", "filled", filled_quantity="1")
    await venue.send("orders", order("1", "new"), partial, partial, early, order("1", "new", price="7"))
    await venue.send("orders", order("1", "canceled"), partial, order("1", "new"), whole)
    assert orders.statuses() == [("new", 0.0), ("partial", 0.5), ("canceled", 0.5)]


async def test_an_unknown_word_is_logged_once(venue, caplog):
    """A status that is not in the venue's list is told as unknown, and the log names it one time."""
    orders = await venue.read("orders")
    with caplog.at_level(logging.WARNING):
        await venue.send("orders", order("1", "unknown", venue_status="LIMBO"))
        await venue.send("orders", order("2", "unknown", venue_status="LIMBO"))
    assert [item.get_status() for item in orders.items] == ["unknown", "unknown"]
    assert sum("LIMBO" in record.getMessage() for record in caplog.records) == 1


async def test_only_changed_balances_are_told(venue, clock):
    """A balance that is as it was is not told, nor one that is older; one that a list leaves out is nothing."""
    venue.pages["balances"] = listed({"asset": "BTC", "free": 1, "locked": 0}, {"asset": "ETH", "free": 5, "locked": 0})
    balances = await venue.read("balances")
    assert [item.get_asset() for item in balances.taken()] == ["BTC", "ETH"]
    for free, second in ((1, 10), (2, 20), (2, 30), (3, 25)):
        row = {"asset": "BTC", "free": free, "locked": 0, "timestamp": NOW_MS + 1000 * second}
        await venue.send("balances", row)
    assert [item.get_free_balance() for item in balances.taken()] == [2.0, 3.0]
    await venue.send("balances", {"asset": "BTC", "free": 9, "locked": 0, "timestamp": NOW_MS})
    venue.pages["balances"] = listed({"asset": "BTC", "free": 3, "locked": 0})
    await again(venue, clock)
    [item] = balances.taken()
    assert (item.get_asset(), item.get_total_balance(), item.get_origin()) == ("ETH", 0.0, "backfill")


async def test_a_balance_that_waited_when_the_connection_ended_is_not_told(venue, clock):
    """The state that is read after a loss is newer than every balance that came before it."""
    venue.pages["open"] = failed(503)
    balances = await venue.read("balances")
    await venue.send("balances", {"asset": "BTC", "free": 1, "locked": 0})
    venue.pages["open"], venue.pages["balances"] = listed(), listed({"asset": "BTC", "free": 2, "locked": 0})
    await again(venue, clock)
    await clock.run(60)
    assert [item.get_free_balance() for item in balances.items] == [2.0]


async def test_positions_are_told_by_side_until_they_are_closed(venue, clock):
    """Both sides of a market are apart; 0 closes, and so does a list that leaves a position out."""
    venue.pages["positions"] = listed({"venue_symbol": "BTCUSDT", "quantity": 2, "side": "long"})
    positions = await venue.read("positions")
    assert [item.get_quantity() for item in positions.taken()] == [2.0]
    short = {"venue_symbol": "BTCUSDT", "quantity": 1, "side": "short"}
    await venue.send("positions", short, short)
    assert [(item.get_side(), item.get_quantity()) for item in positions.taken()] == [("short", -1.0)]
    late = await venue.read("positions")
    assert sorted(item.get_quantity() for item in late.items) == [-1.0, 2.0]
    await venue.send("positions", short | {"quantity": 0})
    assert [item.get_quantity() for item in positions.taken()] == [0.0]
    late = await venue.read("positions")
    assert [item.get_quantity() for item in late.items] == [2.0]
    venue.pages["positions"] = listed()
    await again(venue, clock)
    [item] = positions.taken()
    assert (item.get_symbol(), item.get_quantity(), item.get_origin()) == ("BTCUSDT", 0.0, "backfill")


async def test_what_holdings_leave_out_is_held_no_more(venue):
    """A record of balances and positions together closes the positions that it leaves out, unless it comes late."""

    def holdings(free, second, *positions):
        balance = {"asset": "USDC", "free": free, "locked": 0, "timestamp": NOW_MS + 1000 * second}
        return {"balances": [balance], "positions": list(positions)}

    balances, positions = await venue.read("balances"), await venue.read("positions")
    held = {"venue_symbol": "BTCUSDT", "quantity": 2}
    await venue.send("holdings", holdings(5, 20, held))
    await venue.send("holdings", holdings(9, 10))
    assert [item.get_quantity() for item in positions.taken()] == [2.0]
    assert [item.get_free_balance() for item in balances.taken()] == [5.0]
    await venue.send("holdings", holdings(6, 30))
    assert [(item.get_symbol(), item.get_quantity()) for item in positions.taken()] == [("BTCUSDT", 0.0)]
    assert [item.get_free_balance() for item in balances.taken()] == [6.0]


async def test_a_state_that_cannot_be_read_ends_the_streams(venue, clock):
    """After eight attempts of three calls each the reader gets the error, and nothing goes on."""
    venue.pages["open"] = failed(503)
    orders = await venue.read("orders")
    await clock.run(600)
    assert isinstance(orders.error, WebSocketError)
    assert "the state cannot be read" in str(orders.error)
    assert venue.asked("open") == 24
    assert venue.socket.is_closed


async def test_trouble_that_passes_is_waited_for(venue, clock):
    """A state that cannot be read at first is read later."""
    venue.pages["balances"] = failed(503)
    orders = await venue.read("orders")
    await clock.run(3)
    assert orders.state == "connecting"
    venue.pages["balances"] = listed()
    await clock.run(60)
    assert (orders.state, orders.error) == ("live", None)


async def test_keys_that_are_refused_while_the_state_is_read_end_the_streams_at_once(venue):
    """A refused key is no reason to try again."""
    venue.pages["fills"] = venue.pages["open"] = failed(401)
    orders, fills = await venue.read("orders"), await venue.read("fills")
    assert isinstance(orders.error, AuthenticationError)
    assert isinstance(fills.error, AuthenticationError)
    assert venue.asked("open") <= 2  # one for each account: the second stream came after the first was refused
    assert venue.socket.is_closed


async def test_a_clock_that_is_refused_is_no_wrong_key(venue, clock):
    """A time stamp that the venue does not take, while its clock cannot be read, is tried again later."""
    venue.pages["open"] = failed(425)
    orders = await venue.read("orders")
    assert orders.error is None
    venue.pages["open"] = listed()
    await clock.run(10)
    assert (orders.state, orders.error) == ("live", None)


async def test_a_loss_while_the_state_is_read_begins_it_anew(venue, clock):
    """What was read for a connection that ended is not used; the state is read once for the next."""
    venue.pages["open"] = failed(503)
    orders = await venue.read("orders", events=True)
    await clock.run(0.5)
    await venue.lose()
    venue.pages["open"] = listed(order("1", "new"))
    await clock.run(120)
    assert orders.statuses() == [("new", 0.0)]
    assert [event.kind for event in orders.events] == ["disconnected", "connected"]
    assert orders.stream.stats.reconnects == 0
    assert venue.api.health()[SPOT]["account"]["reconciliations"] == 1


async def test_a_record_that_waited_when_the_connection_ended_is_followed_up(venue, clock):
    """An order that is known from such a record alone is read by its id, and its end is told."""
    orders = await venue.read("orders")
    venue.pages["open"] = failed(503)
    await again(venue, clock)
    await venue.send("orders", order("1", "new", symbol="SOLUSDT"))
    asked = []

    def one(query):
        asked.append((query["symbol"], query["id"]))
        return listed(order("1", "canceled", symbol="SOLUSDT"))

    venue.pages["order"], venue.pages["open"] = one, listed()
    await again(venue, clock)
    await clock.run(60)
    assert asked == [("SOLUSDT", "1")]
    assert orders.statuses() == [("canceled", 0.0)]


async def test_late_readers_get_the_present_state(venue, clock):
    """A stream that is opened later begins with the open orders and every balance, also in the middle of a hole."""
    venue.pages["balances"] = listed({"asset": "BTC", "free": 1, "locked": 0})
    first = await venue.read("orders")
    await venue.send("orders", order("1", "new"), order("2", "new"), order("2", "canceled"))
    second = await venue.read("orders")
    assert [(item.get_order_id(), item.get_origin()) for item in second.items] == [("1", "snapshot")]
    venue.pages["open"] = listed(order("1", "new"), order("3", "new"))
    await venue.lose()
    third, balances = await venue.read("orders"), await venue.read("balances")
    assert third.state == "connecting"
    await clock.run(2)
    assert [(item.get_order_id(), item.get_origin()) for item in third.items] == [("1", "snapshot"), ("3", "snapshot")]
    assert [item.get_asset() for item in balances.items] == ["BTC"]
    assert [(item.get_order_id(), item.get_origin()) for item in first.items[3:]] == [("3", "backfill")]
    assert (third.stream.stats.gaps, first.stream.stats.gaps) == (0, 1)


async def test_what_was_over_before_is_not_told(venue, clock):
    """After a hole nothing is read, and told, from before the beginning."""
    orders = await venue.read("orders")
    since = []
    venue.pages["changed"] = lambda query: since.append(int(query["since"])) or listed()
    await clock.run(5)
    await again(venue, clock)
    assert since == [NOW_MS]
    assert orders.items == []


async def test_earlier_fills_of_open_orders_count_and_are_not_told(venue):
    """An order that was filled in part before the beginning has the fee of all its fills."""
    venue.pages["open"] = listed(order("1", "partial", filled_quantity="0.4"))
    venue.pages["fills"] = listed(fill("a", "1", 0.4), fill("z", "9", 5.0))
    orders, fills = await venue.read("orders"), await venue.read("fills")
    assert [(item.get_fee(), item.get_avg_price()) for item in orders.items] == [(0.01, 100.0)]
    await venue.send("fills", fill("a", "1", 0.4), fill("b", "1", 0.6, price=200.0))
    await venue.send("orders", order("1", "filled", filled_quantity="1"))
    assert (orders.items[1].get_fee(), orders.items[1].get_avg_price()) == (0.02, 160.0)
    assert [item.get_trade_id() for item in fills.items] == ["b"]


async def test_fills_that_wait_count_before_the_orders_that_know_of_them(venue, clock):
    """An order that was read after its last fill came, and before that was told, has its whole fee."""
    orders, fills = await venue.read("orders"), await venue.read("fills")
    venue.pages["fills"] = listed(fill("a", "1", 0.4))
    venue.pages["order"] = listed(order("1", "filled", filled_quantity="1"))
    venue.pages["balances"] = failed(503)  # so that the state is not complete when the next fill comes
    await again(venue, clock)
    await venue.send("fills", fill("b", "1", 0.6))
    venue.pages["balances"] = listed()
    await clock.run(60)
    assert [(item.get_fee(), item.get_status()) for item in orders.items] == [(0.02, "filled")]
    assert [(item.get_trade_id(), item.get_origin()) for item in fills.items] == [("a", "backfill"), ("b", "live")]


async def test_an_open_order_that_the_venue_forgot_is_over(venue, clock):
    """Venues that forget what was cancelled without a fill answer that there is no such order."""
    orders = await venue.read("orders")
    await venue.send("orders", order("1", "new"))
    venue.pages["order"] = failed(400)
    await again(venue, clock)
    assert orders.statuses() == [("new", 0.0), ("canceled", 0.0)]
    assert orders.error is None


async def test_a_venue_without_a_list_of_closed_orders(venue, clock):
    """Where that list is not found, orders that are known are asked for one by one."""
    orders = await venue.read("orders")
    await venue.send("orders", order("1", "new"))
    venue.pages["changed"] = failed(404)
    venue.pages["order"] = listed(order("1", "expired"))
    await again(venue, clock)
    assert orders.statuses() == [("new", 0.0), ("expired", 0.0)]
    assert (venue.asked("changed"), venue.asked("order")) == (1, 1)


async def test_a_value_without_a_quantity_is_believed_with_its_fills_only(venue):
    """Where an order is told in the quote asset, its quantity is that of its fills when these are all of them."""
    orders = await venue.read("orders")
    await venue.send("fills", fill("a", "1", 0.4))
    await venue.send("orders", order("1", "new"), order("1", "partial", cumulative_quote="40"))
    assert orders.statuses() == [("new", 0.0), ("partial", 0.4)]
    await venue.send("orders", order("1", "partial", cumulative_quote="70"))
    assert math.isnan(orders.items[2].get_filled_quantity())
    assert math.isnan(orders.items[2].get_avg_price())


async def test_a_reader_of_one_market_hears_of_no_other(venue):
    """A symbol is a filter, in the caller's spelling."""
    orders = await venue.read("orders", "eth/usdt")
    await venue.send("orders", order("1", "new"), order("2", "new", symbol="ETHUSDT"))
    assert [(item.get_order_id(), item.get_symbol()) for item in orders.items] == [("2", "eth/usdt")]


async def test_an_account_lingers_and_is_given_back(venue, clock):
    """The connection outlives its last reader a little, serves the next without another state, and then ends."""
    orders = await venue.read("orders")
    await orders.stream.aclose()
    await clock.run(3)
    assert not venue.socket.is_closed
    balances = await venue.read("balances")
    assert (balances.state, len(venue.transport.sockets), venue.asked("open")) == ("live", 1, 1)
    await clock.run(20)
    assert not venue.socket.is_closed
    await balances.stream.aclose()
    await clock.run(20)
    assert venue.socket.is_closed
    assert venue.api.health().get(SPOT, {}).get("account") is None


async def test_a_socket_that_takes_over_reads_no_state(venue):
    """What another socket confirms is served already."""
    orders = await venue.read("orders", events=True)
    account = venue.api._hub().venue(SPOT).account
    for name in OwnAccount.names:
        account.joined(name)
    await settle()
    assert venue.asked("open") == 1
    assert [event.kind for event in orders.events] == ["connected"]


async def test_a_position_is_told_when_something_of_it_is_new(venue, clock):
    """What is held comes first; neither a market in which nothing is held nor a list that says the same is told."""
    held = {"venue_symbol": "BTCUSDT", "quantity": 2, "side": "long"}
    venue.pages["positions"] = listed(held, {"venue_symbol": "ETHUSDT", "quantity": 0})
    positions = await venue.read("positions")
    assert [(item.get_quantity(), item.get_origin()) for item in positions.taken()] == [(2, "snapshot")]
    await again(venue, clock)
    assert positions.taken() == []
    await venue.send("positions", held, held | {"quantity": 3})
    assert [item.get_quantity() for item in positions.taken()] == [3]
    venue.pages["positions"] = listed()
    await again(venue, clock)
    assert [(item.get_quantity(), item.get_origin()) for item in positions.taken()] == [(0, "backfill")]


class TestBalancesByRest:
    """At a venue whose events do not tell what is free."""

    @pytest.fixture(autouse=True)
    def by_rest(self, monkeypatch):
        monkeypatch.setattr(OwnAccount, "balances_by_rest", True)

    async def test_they_are_read_after_an_event(self, venue, clock):
        """Several events in a moment cost one call, what it tells counts as live; without events nothing is asked."""
        venue.pages["balances"] = listed({"asset": "USDT", "free": 100, "locked": 0})
        balances = await venue.read("balances")
        assert [item.get_origin() for item in balances.taken()] == ["snapshot"]
        asked = venue.asked("balances")
        venue.pages["balances"] = listed({"asset": "USDT", "free": 60, "locked": 40})
        await venue.send("orders", order("1", "new"), order("2", "new"))
        await clock.run(60)
        told = [(item.get_free_balance(), item.get_locked_balance(), item.get_origin()) for item in balances.taken()]
        assert told == [(60, 40, "live")]
        assert venue.asked("balances") == asked + 1

    async def test_a_venue_in_trouble_is_asked_again(self, venue, clock):
        """A reading that fails is made up for, and an asset that is gone is told as empty."""
        venue.pages["balances"] = listed({"asset": "USDT", "free": 100, "locked": 0})
        balances = await venue.read("balances")
        balances.taken()
        venue.pages["balances"] = failed(503)
        await venue.send("orders", order("1", "filled", filled_quantity="1"))
        await clock.run(20)
        assert balances.taken() == []
        venue.pages["balances"] = listed({"asset": "BTC", "free": 1, "locked": 0})
        await clock.run(60)
        assert sorted((item.get_asset(), item.get_total_balance()) for item in balances.taken()) == [
            ("BTC", 1),
            ("USDT", 0),
        ]

    async def test_a_refused_key_ends_the_streams(self, venue, clock):
        """A key that is withdrawn is noticed, and said once."""
        balances = await venue.read("balances")
        venue.pages["balances"] = failed(401)
        await venue.send("orders", order("1", "new"))
        await clock.run(5)
        assert isinstance(balances.error, AuthenticationError)


class TestFillsByRest:
    """At a venue whose events do not tell fees."""

    @pytest.fixture(autouse=True)
    def by_rest(self, monkeypatch):
        def fills_of(self, venue_symbol, order_id):
            yield Request("/fills", OwnAccount.channels["fills"], {"symbol": venue_symbol, "order": order_id})

        monkeypatch.setattr(OwnAccount, "fills_by_rest", True)
        monkeypatch.setattr(OwnAccount, "fills_of", fills_of)
        monkeypatch.setattr(OwnOrder, "fills_apart", True)

    async def test_an_order_waits_for_the_fills_that_it_counts(self, venue, clock):
        """They are read until the list has caught up, each is told once, and the order behind them with their fees."""
        orders, fills = await venue.read("orders"), await venue.read("fills")
        await venue.send("orders", order("1", "new", filled_quantity="0", side="buy", quantity="2"))
        assert [status for status, _ in orders.statuses()] == ["new"]
        venue.pages["fills"] = listed(fill("a", "1", 0.5))
        await venue.send("orders", order("1", "filled", 2, filled_quantity="2", side="buy", quantity="2"))
        assert [status for status, _ in orders.statuses()] == ["new"]
        venue.pages["fills"] = listed(fill("a", "1", 0.5), fill("b", "1", 1.5, fee=0.03))
        await clock.run(10)
        assert [(item.get_trade_id(), item.get_origin()) for item in fills.items] == [("a", "live"), ("b", "live")]
        assert orders.statuses() == [("new", 0), ("filled", 2)]
        assert (orders.items[-1].get_fee(), orders.items[-1].get_avg_price()) == (0.04, 100)
        asked = venue.asked("fills")
        await clock.run(60)
        assert venue.asked("fills") == asked

    async def test_a_venue_in_trouble_is_asked_again(self, venue, clock):
        """An order does not wait for ever; its fills are told when they can be read."""
        orders, fills = await venue.read("orders"), await venue.read("fills")
        venue.pages["fills"] = failed(503)
        await venue.send("orders", order("1", "filled", filled_quantity="2", side="buy", quantity="2"))
        await clock.run(20)
        assert orders.statuses() == [("filled", 2)]
        assert fills.items == []
        venue.pages["fills"] = listed(fill("a", "1", 2.0))
        await clock.run(60)
        assert [item.get_trade_id() for item in fills.items] == ["a"]

    async def test_a_list_that_stays_short_is_left_alone(self, venue, clock):
        """The venue is not asked for ever for a fill that it does not list."""
        await venue.read("orders")
        await venue.send("orders", order("1", "filled", filled_quantity="2", side="buy", quantity="2"))
        await clock.run(600)
        asked = venue.asked("fills")
        await clock.run(600)
        assert venue.asked("fills") == asked

    async def test_a_refused_key_ends_the_streams(self, venue):
        """A key that may no longer read says so at once."""
        orders = await venue.read("orders")
        venue.pages["fills"] = failed(401)
        await venue.send("orders", order("1", "filled", filled_quantity="2", side="buy", quantity="2"))
        assert isinstance(orders.error, AuthenticationError)


async def test_what_is_left_tells_what_is_filled(venue):
    """Where a venue tells the rest of an order, what is filled is the difference, also when a fill was lost."""
    orders = await venue.read("orders")
    await venue.send("orders", order("1", "new", quantity="1"))
    await venue.send("orders", order("1", "new", quantity=None, remaining_quantity="1", follows=True))
    await venue.send("orders", order("1", "new", quantity=None, remaining_quantity="0.7", follows=True))
    await venue.send("orders", order("1", "filled", quantity=None, remaining_quantity=0, follows=True))
    assert orders.statuses() == [("new", 0.0), ("partial", 0.3), ("filled", 1.0)]
    assert [item.get_quantity() for item in orders.items] == [1.0, 1.0, 1.0]


async def test_a_rest_that_was_changed_changes_the_order(venue):
    """An order is as large as what is filled of it and what now remains, at the price that it now has, told once."""
    orders = await venue.read("orders")
    await venue.send("orders", order("1", "new", quantity="1", price="100"))
    await venue.send("orders", order("1", "partial", quantity=None, filled_quantity="0.4"))
    changed = order("1", "new", quantity=None, remaining_quantity="0.2", price="101", follows=True, resizes=True)
    await venue.send("orders", changed, changed)
    assert orders.statuses() == [("new", 0.0), ("partial", 0.4), ("partial", 0.4)]
    assert [item.get_quantity() for item in orders.items] == [1.0, 1.0, pytest.approx(0.6)]
    assert [item.get_price() for item in orders.items] == [100.0, 100.0, 101.0]


async def test_a_step_of_an_unknown_order_begins_the_state_anew(venue, clock):
    """An order of which only a later step comes is read whole, over a new connection."""
    orders = await venue.read("orders")
    await venue.send("orders", order("7", "partial", quantity=None, follows=True))
    assert orders.items == []
    venue.pages["open"] = listed(order("7", "partial", quantity="2", filled_quantity="1"))
    await clock.run(3)
    assert orders.statuses("7") == [("partial", 1.0)]
    assert orders.stream.stats.reconnects == 1
