"""The store: what REST and streams say becomes one state, whatever is lost between."""

import asyncio
import gc
import threading
from decimal import Decimal

import pytest

from bt_api_py.clients.vega import ReferencePrice, VegaStore, VegaStreamError
from bt_api_py.exceptions import NetworkError, StreamUsageError
from bt_api_py.net.errors import ConnectionLost
from bt_api_py.simulator import Simulator

from ...net.fakes import settle
from . import messages as m
from .conftest import NAME
from .messages import MARKET, ORDER, PARTY, page, result, serve, snapshot, socket, update

GENERAL = f"{PARTY}--ACCOUNT_TYPE_GENERAL-{m.ASSET}"


async def ready(store, transport):
    """Let every stream of a played node begin with nothing."""
    await store.wait_ready(10)
    return transport


async def say(transport, path, *frames):
    socket(transport, path).feed(*frames)
    await settle()


class TestBeginning:
    async def test_sockets_come_before_rest(self, played, transport):
        """All four streams are open before the first read, the accounts without a filter by market."""
        assert [each.url.partition("/stream/")[2].partition("?")[0] for each in transport.sockets] == [
            "markets/data",
            "accounts",
            "orders",
            "positions",
        ]
        assert "market" not in socket(transport, "accounts").url.partition("?")[2].lower()
        assert [path for _, path in transport.requests[:2]] == ["assets", "markets"]

    async def test_a_node_with_nothing_gets_ready(self, played):
        """Where nothing matches no snapshot comes, and the store is ready all the same."""
        assert not played.is_ready
        await played.wait_ready(10)
        assert (played.is_ready, played.is_live) == (True, True)
        assert (played.get_orders(), played.get_positions(), played.get_accounts()) == ([], [], [])

    async def test_market_data_is_there_from_the_beginning(self, played, transport):
        """The market has prices before the stream has told any."""
        await ready(played, transport)
        market = played.get_market_by_id(MARKET)
        assert (market.best_bid_price, market.best_offer_price) == (64999, 65001)
        assert (market.best_bid_volume, market.open_interest) == (Decimal("1.5"), 3)

    async def test_what_changes_before_the_snapshot_is_read_is_not_lost(self, played, transport):
        """An order that neither snapshot nor changes tell is found by REST."""
        transport.pages["orders"] = page("orders", [m.ORDER_NODE])
        await ready(played, transport)
        assert [order.order_id for order in played.get_orders()] == [ORDER]

    async def test_an_end_that_comes_first_stays_the_end(self, played, transport):
        """A filled order is not revived by a REST answer that is older."""
        transport.pages["orders"] = page("orders", [m.ORDER_NODE])
        await say(transport, "orders", update("orders", m.FILLED_ORDER))
        await ready(played, transport)
        assert played.get_orders() == []
        assert (await played.confirm("my-1")).status == "STATUS_FILLED"

    async def test_a_refused_stream_is_told(self, played, transport):
        """A filter that the node refuses is an error of the wait, not a wait without end."""
        await say(transport, "orders", {"error": {"code": 3, "message": "invalid market id"}})
        with pytest.raises(VegaStreamError, match="invalid market id"):
            await played.wait_ready(10)

    async def test_a_node_that_is_not_there(self, transport, clock):
        """A start that fails leaves nothing open, and may be tried again."""
        transport.refuse_all = ConnectionLost("nobody there")
        store = VegaStore("wss://node.example", "https://node.example", clock=clock, transport=transport)
        for _ in range(2):
            with pytest.raises(NetworkError, match="nobody there"):
                await store.async_start(MARKET, PARTY)
        with pytest.raises(StreamUsageError, match="not started"):
            await store.wait_ready(1)


class TestFollowing:
    async def test_every_element_of_a_message_counts(self, played, transport):
        """Several orders, positions, accounts and markets in one message are all taken."""
        await ready(played, transport)
        other = {"id": "e" * 64, "reference": "my-2"}
        await say(transport, "orders", update("orders", m.STREAMED_ORDER, m.STREAMED_ORDER | other))
        margin = m.STREAMED_ACCOUNT | {"type": 3, "marketId": MARKET, "balance": "5"}
        await say(transport, "accounts", update("accounts", m.STREAMED_ACCOUNT, margin))
        assert [order.order_id for order in played.get_orders()] == [ORDER, "e" * 64]
        assert [account.balance for account in played.get_accounts()] == [100, Decimal("0.00005")]

    async def test_streamed_orders_live_and_end(self, played, transport):
        """Status 1 keeps an order, 8 too, and every other number removes it."""
        await ready(played, transport)
        for status, count in ((1, 1), (8, 1), (3, 0)):
            await say(
                transport, "orders", update("orders", m.STREAMED_ORDER | {"status": status, "version": str(status)})
            )
            assert len(played.get_orders()) == count
        assert played.get_order_by_id(ORDER) is None
        assert played.get_order_by_reference("my-1").status == "STATUS_CANCELLED"

    async def test_an_older_version_changes_nothing(self, played, transport):
        """The higher version, then the smaller rest, is the newer order."""
        await ready(played, transport)
        for change in ({"version": "2"}, {"version": "1", "remaining": "1"}, {"version": "2", "remaining": "1200"}):
            await say(transport, "orders", update("orders", m.STREAMED_ORDER | change))
        order = played.get_order_by_id(ORDER)
        assert (order.version, order.remaining_size) == (2, Decimal(1))

    async def test_one_account_from_both_sources(self, transport, clock):
        """REST's word and the stream's number name the same account."""
        serve(transport, accounts=[m.ACCOUNT_NODE])
        async with VegaStore("wss://node.example", "https://node.example", clock=clock, transport=transport) as store:
            await store.async_start(MARKET, PARTY)
            await ready(store, transport)
            await say(transport, "accounts", update("accounts", m.STREAMED_ACCOUNT | {"balance": "7"}))
            [account] = store.get_accounts()
            assert (account.get_id(), account.balance) == (GENERAL, Decimal("0.00007"))

    async def test_positions_and_market_data(self, played, transport):
        """Both are replaced by what the stream tells, and the records handed out before stay as they were."""
        await ready(played, transport)
        before = played.get_market_by_id(MARKET)
        await say(transport, "positions", update("positions", m.STREAMED_POSITION))
        await say(transport, "markets/data", m.result(marketData=[m.STREAMED_DATA | {"bestBidPrice": "6400000"}]))
        position = played.get_position_by_market_id(MARKET)
        assert (position.open_volume, position.unrealised_pnl) == (Decimal("1.5"), Decimal(-45))
        assert played.get_market_by_id(MARKET).best_bid_price == 64000
        assert played.get_market_by_id(MARKET).open_interest == 0
        assert before.best_bid_price == 64999
        with pytest.raises(AttributeError):
            before.best_bid_price = Decimal(0)

    async def test_a_market_that_was_listed_later(self, played, transport):
        """An unknown market is asked for, and the message that named it is not lost."""
        await ready(played, transport)
        new = "f" * 64
        transport.pages[new] = (200, {}, {"market": m.MARKET_NODE | {"id": new, "decimalPlaces": "1"}})
        await say(transport, "positions", update("positions", m.STREAMED_POSITION | {"marketId": new}))
        assert played.get_position_by_market_id(new).average_entry_price == 650000

    async def test_a_damaged_record_costs_itself(self, played, transport):
        """What cannot be read is counted, and its neighbours are taken."""
        await ready(played, transport)
        await say(
            transport, "orders", update("orders", {"id": 5}, None, m.STREAMED_ORDER | {"size": "x"}, m.STREAMED_ORDER)
        )
        assert (len(played.get_orders()), played.rejected) == (1, 3)

    async def test_a_damaged_message_is_made_up_for(self, played, transport, clock):
        """When a message could not be read, REST is, and the store is not live until then."""
        await ready(played, transport)
        transport.pages["orders"] = page("orders", [m.ORDER_NODE])
        await say(transport, "orders", b"<html>")
        await clock.sleep(2)
        await played.wait_live(10)
        assert played.get_order_by_id(ORDER) is not None

    async def test_changes(self, played, transport):
        """Each change is told once, with what it was about."""
        await ready(played, transport)
        async with played.changes() as changes:
            first = asyncio.ensure_future(anext(changes))
            await settle()
            await say(transport, "orders", update("orders", m.STREAMED_ORDER), update("orders", m.STREAMED_ORDER))
            change = await first
            assert (change.kind, change.record.order_id, change.cause) == ("order", ORDER, "update")
            await say(transport, "positions", update("positions", m.STREAMED_POSITION))
            assert (await anext(changes)).kind == "position"

    async def test_an_order_that_is_refused_late(self, played, transport):
        """What the wallet took and the network refused is told with its reason; silence is a TimeoutError."""
        await ready(played, transport)
        await say(transport, "orders", update("orders", m.STREAMED_ORDER | {"status": 6, "reason": 14}))
        order = await played.confirm("my-1", 1)
        assert (order.status, order.reason) == ("STATUS_REJECTED", "ORDER_ERROR_MARGIN_CHECK_FAILED")
        with pytest.raises(TimeoutError):
            await played.confirm("never", 1)


class TestReconnecting:
    async def test_what_ended_meanwhile_is_gone(self, played, transport, clock):
        """After a reconnect an order that neither snapshot nor REST has is removed, and told as gone."""
        transport.pages["orders"] = page("orders", [m.ORDER_NODE])
        await ready(played, transport)
        transport.pages["orders"] = page("orders", [])
        async with played.changes() as changes:
            told = asyncio.ensure_future(anext(changes))
            socket(transport, "orders").lose()
            await settle()
            assert (played.is_live, played.is_ready) == (False, True)
            change = await told
        assert (change.record.order_id, change.cause) == (ORDER, "gone while offline")
        await played.wait_live(20)
        assert played.get_orders() == []

    async def test_a_snapshot_in_pages(self, played, transport, clock):
        """Pages are collected to the last one, and an order of each page is there."""
        await ready(played, transport)
        rows = [m.STREAMED_ORDER | {"id": f"{number:064x}"} for number in range(3)]
        transport.pages["orders"] = page("orders", [m.ORDER_NODE | {"id": row["id"]} for row in rows])
        socket(transport, "orders").lose()
        await clock.sleep(1.5)
        requests = len(transport.requests)
        await say(transport, "orders", snapshot("orders", rows[0], rows[1], last=False))
        assert len(transport.requests) == requests
        await say(transport, "orders", snapshot("orders", rows[2]))
        assert [path for _, path in transport.requests[requests:]] == ["orders"]
        await played.wait_live(10)
        assert len(played.get_orders()) == 3

    async def test_an_order_that_died_in_the_gap(self, played, transport, clock):
        """An order that the snapshot has and REST, asked twice, has not is dead."""
        await ready(played, transport)
        socket(transport, "orders").lose()
        await clock.sleep(1.5)
        await say(transport, "orders", snapshot("orders", m.STREAMED_ORDER))
        await played.wait_live(20)
        assert played.get_orders() == []

    async def test_more_orders_than_a_stream_may_begin_with(self, played, transport, clock):
        """A refused image is read by REST, page by page and again and again, until the stream can be had."""
        rows = [m.ORDER_NODE | {"id": f"{number:064x}"} for number in range(3)]

        def pages(query):
            return page("orders", rows[2:]) if "pagination.after" in query else page("orders", rows[:2], "next")

        transport.pages["orders"] = pages
        too_long = {"error": {"code": 3, "message": "initial image spans multiple pages", "details": []}}
        refused = []

        async def refuse(seconds):
            for _ in range(4 * seconds):
                if socket(transport, "orders") not in refused:
                    refused.append(socket(transport, "orders"))
                    await say(transport, "orders", too_long)
                await clock.sleep(0.25)

        await refuse(8)
        assert (len(played.get_orders()), played.is_ready, played.is_live) == (3, True, False)
        rows.pop()
        await refuse(8)
        assert (len(played.get_orders()), played.is_live) == (2, False)
        assert len(refused) > 2
        await played.wait_live(60)

    async def test_rest_in_trouble(self, played, transport, clock):
        """While REST fails the store is not live, and it is as soon as REST answers."""
        await ready(played, transport)
        transport.pages["orders"] = (500, {}, {"code": 13, "message": "internal error"})
        socket(transport, "orders").lose()
        await clock.sleep(60)
        assert not played.is_live
        transport.pages["orders"] = page("orders", [])
        await played.wait_live(60)


class TestReading:
    async def test_load_data(self, transport, clock):
        """One read by REST, in the documented order, without a stream."""
        serve(transport, accounts=[m.ACCOUNT_NODE], orders=[m.ORDER_NODE], positions=[m.POSITION_NODE])
        store = VegaStore("wss://node.example", "https://node.example", clock=clock, transport=transport)
        await store.load_data(PARTY)
        assert [path for _, path in transport.requests] == ["assets", "markets", "accounts", "orders", "positions"]
        state = store.get_state()
        assert [len(rows) for rows in (state.accounts, state.orders, state.positions, state.assets, state.markets)] == [
            1
        ] * 5
        assert store.get_asset_by_id(m.ASSET).symbol == "USDT"
        assert (store.get_market_by_id("x"), store.get_order_by_id("x"), store.get_asset_by_id("x")) == (None,) * 3
        assert store.get_position_by_market_id("x") is None

    def test_reference_prices(self):
        """Prices of other markets are kept by their symbol."""
        store = VegaStore("wss://node.example", "https://node.example")
        for price in (1, 2):
            store.set_reference_price(ReferencePrice("BTCUSDT", Decimal(price), Decimal(3)))
        assert store.get_reference_prices() == [ReferencePrice("BTCUSDT", Decimal(2), Decimal(3))]

    async def test_threads_see_whole_records(self, played, transport):
        """However many threads read while the streams tell, each record is of one message, and no list breaks."""
        await ready(played, transport)
        stop, begun = threading.Event(), threading.Barrier(5)
        wrong = []

        def look():
            begun.wait(30)
            while not stop.is_set():
                market = played.get_market_by_id(MARKET)
                if market.best_offer_price - market.best_bid_price != 2:
                    wrong.append(market)
                if any(order.size - order.remaining_size not in (0, order.price) for order in played.get_orders()):
                    wrong.append("a torn order")
                played.get_state()

        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        begun.wait(30)
        try:
            for number in range(1, 300):
                bid = 100 * number
                told = m.STREAMED_DATA | {"bestBidPrice": str(bid), "bestOfferPrice": str(bid + 200)}
                order = m.STREAMED_ORDER | {"id": f"{number:064x}", "price": "100", "size": "3000", "remaining": "2000"}
                ended = order | {"id": f"{number - 7:064x}", "status": 3}
                socket(transport, "markets/data").feed(result(marketData=[told]))
                socket(transport, "orders").feed(update("orders", order, ended))
                await settle()
        finally:
            stop.set()
            for thread in threads:
                thread.join(30)
        assert wrong == []
        assert played.get_market_by_id(MARKET).best_bid_price == 299
        assert len(played.get_orders()) == 7

    async def test_a_list_belongs_to_its_reader(self, played, transport):
        """What a reader does to a list changes nothing in the store."""
        await ready(played, transport)
        played.get_markets().clear()
        assert len(played.get_markets()) == 1


def picture(store):
    """Return everything that can be compared with the node's own answers."""
    return (
        {order.order_id: order for order in store.get_orders()},
        {account.get_id(): account.balance for account in store.get_accounts()},
        {position.market_id: (position.open_volume, position.realised_pnl) for position in store.get_positions()},
    )


async def truth(world):
    """Return the same, as the node tells it by REST on a quiet connection."""
    async with world.store() as fresh:
        await fresh.load_data(world.party)
    return picture(fresh)


class TestAgainstTheSimulator:
    @pytest.mark.parametrize("gap", [0.0, 0.5])
    async def test_the_store_is_the_nodes_truth_after_every_reconnect(self, world, store, gap):
        """Whatever happens to sockets, messages and the moment between snapshot and changes: when live, it is right."""
        world.dialect.snapshot_gap = gap
        faults = world.sim.faults
        for number in range(12):
            [
                lambda: faults.disconnect(NAME),
                lambda: faults.garbage(NAME, topic="orders"),
                lambda: faults.truncate(NAME, topic="balances"),
            ][number % 3]()
            world.account.fill(world.account.place("BTCUSDT", "buy", "0.02", "80000"), "80000")
            resting = world.account.place("BTCUSDT", "buy", "0.01", "50000")
            await asyncio.sleep(1.1)
            if number % 2:
                world.account.cancel(resting)
            world.account.fill(world.account.place("BTCUSDT", "sell", "0.01", "90000"), "90000")
            await asyncio.sleep(5)
            await store.wait_live(30)
            await asyncio.sleep(1)
            assert picture(store) == await truth(world)
        assert store.reconnects >= 4 * 4


def test_a_program_without_asyncio(tmp_path):
    """`start` returns when everything is known, other threads read, and `stop` leaves no thread behind."""
    started, ended = threading.Event(), threading.Event()
    found = {}

    def serve_venue():
        async def main():
            async with Simulator(exchanges=[NAME]) as sim:
                account = sim.account(NAME, balances={"USDT": 1000})
                dialect = sim.world.find(NAME)
                found.update(url=sim.url, party=account.api_key)
                found["market"] = dialect.wire_symbol(dialect.venue.instruments["BTCUSDT"])
                started.set()
                await asyncio.to_thread(ended.wait)

        asyncio.run(main())

    venue = threading.Thread(target=serve_venue)
    venue.start()
    try:
        assert started.wait(30)
        base = f"{found['url']}/{NAME}/api/v2"
        store = VegaStore(base.replace("http", "ws"), base)
        store.start(found["market"], found["party"])
        assert store.is_live
        assert store.get_market_by_id(found["market"]).best_bid_price > 0
        assert {account.balance for account in store.get_accounts()} == {Decimal(1000)}
        with pytest.raises(StreamUsageError, match="is started"):
            store.start(found["market"], found["party"])
        store.stop()
        assert not store.is_live
        assert store.get_accounts()
    finally:
        ended.set()
        venue.join(30)
    gc.collect()
