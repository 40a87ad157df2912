"""The client over a socket that the test plays itself: connection, subscriptions, state, handlers, trading."""

import asyncio
import inspect
import json
import logging
from itertools import pairwise

import pytest

from bt_api_py.clients.bulk import (
    AccountSnapshot,
    BulkWebSocketClient,
    CancelOrder,
    Candle,
    Fill,
    Inventory,
    L2Delta,
    L2Snapshot,
    LeverageSetting,
    LimitOrder,
    Margin,
    OraclePrice,
    OrderState,
    OrderStatus,
    Position,
    ResultUnknownError,
    Side,
    Ticker,
    TimeInForce,
    Topic,
    Trade,
)
from bt_api_py.exceptions import ConfigurationError, DataParseError
from bt_api_py.net.errors import ConnectionLost

from ...net.fakes import settle
from . import messages as m
from .conftest import Peer
from .messages import PRIVATE, PUBLIC, account, answer

ACTION = LimitOrder("BTC-USD", Side.BUY, 95000.0, 0.1)


def posts(peer):
    """Return the transactions that were sent on the present connection."""
    return [frame for frame in peer.sent() if frame["method"] == "post"]


class TestMaking:
    def test_the_signature_is_the_documented_one(self):
        """Parameters, their order and their defaults are fixed; what is more goes by name."""
        found = inspect.signature(BulkWebSocketClient).parameters
        documented = {
            "url": "wss://exchange-wss.bulk.trade", "symbols": ("BTC-USD", "ETH-USD", "SOL-USD"), "signer": None,
            "inventory": None, "logger": None, "handlers": None, "debug": False,
        }  # fmt: skip
        assert {name: found[name].default for name in list(found)[:7]} == documented
        assert all(found[name].kind is inspect.Parameter.KEYWORD_ONLY for name in list(found)[7:])

    def test_making_one_opens_nothing(self, transport, clock):
        """A client can be made outside a loop, and knows nothing yet."""
        client = BulkWebSocketClient(clock=clock, transport=transport)
        assert transport.sockets == []
        assert (client.is_connected, client.margin, client.account_snapshot) == (False, None, None)
        assert (client.tickers, client.prices, client.order_books, client.open_orders) == ({}, {}, {}, {})
        assert (client.leverage_settings, client.subscriptions, client.active_topics) == ({}, [], set())
        assert (client.default_timeout, client.reconnect_delay, client.max_reconnect_delay) == (10.0, 1.0, 30.0)
        assert isinstance(client.inventory, Inventory)
        assert (client.get_ticker("X"), client.get_book("X"), client.get_orders(), client.get_order_map()) == (
            None, None, [], {},
        )  # fmt: skip
        assert client.get_pnl().net == 0

    def test_nothing_is_shared_between_clients(self, transport):
        """Two clients have lists and inventories of their own."""
        one, other = (BulkWebSocketClient(transport=transport) for _ in range(2))
        assert one.symbols is not other.symbols
        assert one.inventory is not other.inventory

    def test_the_network_of_a_signature_follows_the_address(self, signer):
        """An address whose network is unknown needs an explicit domain; known ones and loopback do not."""
        with pytest.raises(ValueError, match="explicit SignatureDomain is required"):
            BulkWebSocketClient("wss://proxy.example", signer=signer)
        BulkWebSocketClient("wss://proxy.example", signer=signer, signature_domain="devnet")
        BulkWebSocketClient("wss://proxy.example")
        BulkWebSocketClient("wss://mainnet-ws1.bulk.trade", signer=signer)
        BulkWebSocketClient("ws://127.0.0.1:1/BULK___SWAP", signer=signer)

    def test_plain_text_goes_to_loopback_only(self):
        """An unencrypted address elsewhere is refused."""
        with pytest.raises(ConfigurationError, match="loopback only"):
            BulkWebSocketClient("ws://exchange.example")


class TestConnecting:
    async def test_the_first_connect_subscribes_account_and_tickers(self, connected, signer):
        """One message asks for the signer's account and the tickers; the account is known when connect returns."""
        peer = await connected(signer=signer)
        assert peer.sent() == [
            {
                "method": "subscribe",
                "subscription": [
                    {"type": "account", "user": PUBLIC},
                    {"type": "ticker", "symbol": "BTC-USD"},
                    {"type": "ticker", "symbol": "ETH-USD"},
                    {"type": "ticker", "symbol": "SOL-USD"},
                ],
            }
        ]
        assert peer.socket.url == "wss://exchange-wss.bulk.trade"
        assert peer.client.margin.total_balance == 100000.0
        assert peer.client.is_connected

    async def test_without_a_signer_there_is_no_account(self, connected):
        """A client that only reads asks for tickers and waits for nothing."""
        peer = await connected(symbols=["BTC-USD"])
        assert peer.sent()[0]["subscription"] == [{"type": "ticker", "symbol": "BTC-USD"}]

    async def test_a_failure_is_false_and_not_an_exception(self, transport, clock, caplog):
        """When nobody answers, connect logs why and returns False; nothing is left running."""
        transport.refuse_all = ConnectionLost("nobody there")
        client = BulkWebSocketClient(clock=clock, transport=transport)
        with caplog.at_level(logging.ERROR):
            assert await client.connect() is False
        assert "nobody there" in caplog.text
        assert not client.is_connected
        await clock.run(100)
        assert len(transport.attempts) == 1

    async def test_an_account_that_does_not_come_is_not_waited_for_long(
        self, transport, clock, signer, caplog, monkeypatch
    ):
        """Without a first state within the deadline, connect goes on and says so."""
        monkeypatch.setattr("bt_api_py.clients.bulk.websocket._ACCOUNT_DEADLINE", 0.01)
        client = BulkWebSocketClient(clock=clock, transport=transport, signer=signer)
        assert await client.connect() is True
        assert "no state of the account" in caplog.text
        await client.disconnect()

    async def test_connecting_twice_is_once(self, connected, transport):
        """A second connect of a connected client opens nothing."""
        peer = await connected()
        assert await peer.client.connect() is True
        assert len(transport.sockets) == 1

    async def test_a_later_connect_replays_what_was_subscribed(self, connected, transport):
        """After disconnect, connect asks for the stored subscriptions and not for the first ones."""
        peer = await connected(symbols=["BTC-USD"])
        await peer.client.subscribe_trades(["ETH-USD"])
        await peer.client.disconnect()
        assert not peer.client.is_connected
        assert await peer.client.connect() is True
        await settle()
        assert peer.sent() == [
            {
                "method": "subscribe",
                "subscription": [{"type": "ticker", "symbol": "BTC-USD"}, {"type": "trades", "symbol": "ETH-USD"}],
            }
        ]

    async def test_as_a_context(self, transport, clock):
        """The context manager connects and disconnects, and a failure is an exception there."""
        async with BulkWebSocketClient(clock=clock, transport=transport) as client:
            assert client.is_connected
        assert not client.is_connected
        transport.refuse_all = ConnectionLost("nobody there")
        with pytest.raises(ConnectionError, match="cannot connect"):
            async with client:
                pass


class TestSubscribing:
    async def test_every_subscription_has_its_message(self, connected, signer):
        """Each method sends the documented object, several symbols in one message."""
        client = (peer := await connected(symbols=[])).client
        before = len(peer.sent())
        await client.subscribe_ticker("BTC-USD")
        await client.subscribe_trades(["BTC-USD", "ETH-USD"])
        await client.subscribe_orderbook_snapshot("BTC-USD", 10)
        await client.subscribe_orderbook_snapshot("ETH-USD")
        await client.subscribe_orderbook_delta("SOL-USD")
        await client.subscribe_candles("BTC-USD", "1min")
        await client.subscribe_account("key")
        await client.subscribe({"type": "risk", "symbol": "BTC-USD"})
        await settle()
        assert [frame["subscription"] for frame in peer.sent()[before:]] == [
            [{"type": "ticker", "symbol": "BTC-USD"}],
            [{"type": "trades", "symbol": "BTC-USD"}, {"type": "trades", "symbol": "ETH-USD"}],
            [{"type": "l2Snapshot", "symbol": "BTC-USD", "nlevels": 10}],
            [{"type": "l2Snapshot", "symbol": "ETH-USD"}],
            [{"type": "l2Delta", "symbol": "SOL-USD"}],
            [{"type": "candle", "symbol": "BTC-USD", "interval": "1m"}],
            [{"type": "account", "user": "key"}],
            [{"type": "risk", "symbol": "BTC-USD"}],
        ]
        assert all(client.get_book(symbol) is not None for symbol in ("BTC-USD", "ETH-USD", "SOL-USD"))

    async def test_confirmations_are_kept(self, connected):
        """Topics are active from the venue's word on, in whatever case it writes them, until it ends them."""
        peer = await connected()
        await peer.say({"type": "subscriptionResponse", "topics": ["ticker.BTC-USD", "l2Snapshot.BTC-USD"]})
        assert peer.client.active_topics == {"ticker.BTC-USD", "l2snapshot.BTC-USD"}
        await peer.client.unsubscribe("ticker.BTC-USD")
        await peer.say({"type": "unsubscribeResponse", "topic": "ticker.BTC-USD"})
        assert peer.client.active_topics == {"l2snapshot.BTC-USD"}
        assert {"method": "unsubscribe", "topic": "ticker.BTC-USD"} in peer.sent()
        assert {"type": "ticker", "symbol": "BTC-USD"} not in peer.client.subscriptions

    async def test_asking_again_replaces(self, connected):
        """A topic is asked for once: with other options, the new ones are replayed."""
        client = (await connected(symbols=[])).client
        await client.subscribe_orderbook_snapshot("BTC-USD", 10)
        await client.subscribe_orderbook_snapshot("BTC-USD", 20)
        assert client.subscriptions == [{"type": "l2Snapshot", "symbol": "BTC-USD", "nlevels": 20}]

    async def test_no_more_than_a_connection_may_have(self, connected):
        """The 101st subscription is refused before the venue ends the connection for it."""
        client = (await connected(symbols=[])).client
        await client.subscribe_trades([f"S{number}-USD" for number in range(100)])
        with pytest.raises(ValueError, match="at most 100"):
            await client.subscribe_ticker("BTC-USD")

    async def test_an_unknown_interval_is_told(self, connected):
        """A wrong interval is a ValueError that names a near one."""
        client = (await connected()).client
        with pytest.raises(ValueError, match="1min"):
            await client.subscribe_candles("BTC-USD", "1minute")

    async def test_without_a_connection_nothing_can_be_subscribed(self, transport):
        """Subscribing before connect is a RuntimeError."""
        client = BulkWebSocketClient(transport=transport)
        for call in (client.subscribe_ticker("X"), client.subscribe_account("X"), client.unsubscribe("ticker.X")):
            with pytest.raises(RuntimeError, match="Not connected to WebSocket"):
                await call


class TestMarketData:
    async def test_the_documented_messages(self, connected):
        """Every message of the guide becomes the documented event and state."""
        peer = await connected()
        client = peer.client
        peer.hear(Topic.TICKER, Topic.TRADES, Topic.CANDLE, Topic.L2SNAPSHOT, Topic.L2DELTA, Topic.ERROR)
        await client.subscribe_orderbook_delta("BTC-USD")
        await peer.say(m.TICKER, m.TRADES, m.CANDLES, m.L2FIRST, m.L2DELTA)
        ticker = client.get_ticker("BTC-USD")
        assert ticker == Ticker(
            symbol="BTC-USD", last_price=102777.5, mark_price=102780.0, oracle_price=102775.0, price_change=2777.5,
            price_change_percent=2.77, high_price=103500.0, low_price=101000.0, volume=1234.56,
            quote_volume=126543210.0, open_interest=5432.1, funding_rate=0.0001, timestamp=m.NOW_NS,
        )  # fmt: skip
        assert client.prices == {"BTC-USD": 102780.0}
        assert (client.get_book("BTC-USD").get_best_bid().size, client.get_book("BTC-USD").best_ask()) == (
            2.0,
            102780.0,
        )
        by_topic = {topic: [event for each, event in peer.events if each is topic] for topic in Topic}
        assert by_topic[Topic.TICKER] == [ticker]
        assert by_topic[Topic.TRADES] == [[Trade(1699564800000, "BTC-USD", Side.BUY, 0.15, 102500.0, "m", "t")]]
        assert by_topic[Topic.CANDLE] == [
            Candle(
                "BTC-USD", "1m", 1699564800000, 1699564860000, 102000.0, 102100.0, 101900.0, 101950.0, 1.6, 3,
            )
        ]  # fmt: skip
        assert [type(event) for event in by_topic[Topic.L2SNAPSHOT]] == [L2Snapshot]
        assert [type(event) for event in by_topic[Topic.L2DELTA]] == [L2Delta]
        assert by_topic[Topic.ERROR] == []

    async def test_a_ticker_may_leave_prices_out(self, connected):
        """Null is None, and the mark price that was known stays."""
        peer = await connected()
        inner = {**m.TICKER["data"]["ticker"], "markPrice": None, "priceChangePercent": None}
        await peer.say(m.TICKER, {**m.TICKER, "data": {"ticker": inner}})
        assert peer.client.get_ticker("BTC-USD").price_change_percent is None
        assert peer.client.prices == {"BTC-USD": 102780.0}

    @pytest.mark.parametrize("data", [[m.TRADE], {"data": [m.TRADE]}, {"trades": [m.TRADE]}])
    async def test_older_forms_of_trades(self, connected, data):
        """Trades are found in each place where servers put them, with the side under either name."""
        peer = await connected()
        peer.hear(Topic.TRADES)
        older = [{**{key: value for key, value in m.TRADE.items() if key != "side"}, "b": False}]
        await peer.say({**m.TRADES, "data": data}, {**m.TRADES, "data": older})
        assert [event[0].side for _, event in peer.events] == [Side.BUY, Side.SELL]

    async def test_one_candle_alone(self, connected):
        """The older form with a single candle is understood, and each of a list is an event."""
        peer = await connected()
        peer.hear(Topic.CANDLE)
        await peer.say({**m.CANDLES, "data": {"candle": m.CANDLE}}, {**m.CANDLES, "data": {"candles": [m.CANDLE] * 3}})
        assert len(peer.events) == 4

    async def test_what_has_no_topic_is_passed_on_raw(self, connected):
        """Messages of other kinds reach the handlers of OTHER as they are."""
        peer = await connected()
        peer.hear(Topic.OTHER)
        risk = {"type": "risk", "data": {"risk": {}}, "topic": "risk.BTC-USD"}
        await peer.say(risk)
        assert peer.events == [(Topic.OTHER, risk)]

    async def test_snapshots_do_not_overwrite_a_book_of_changes(self, connected):
        """With both streams the book is that of the changes; with snapshots alone it is theirs."""
        peer = await connected()
        await peer.client.subscribe_orderbook_snapshot("BTC-USD", 1)
        await peer.say(m.L2SNAPSHOT)
        assert len(peer.client.get_book("BTC-USD").get_bids()) == 1
        await peer.client.subscribe_orderbook_delta("BTC-USD")
        deep = m.book([(102777.0, 1.5, 3), (102776.0, 1.0, 1)], [(102780.0, 2.0, 4)])
        await peer.say(deep, m.L2SNAPSHOT)
        assert len(peer.client.get_book("BTC-USD").get_bids()) == 2


class TestDoubtfulBooks:
    @pytest.mark.parametrize(
        "bad",
        [
            m.book([(102790.0, 1.0, 0)], [], update="delta"),
            m.book([(102777.0, -1.0, 0)], [], update="delta"),
            m.book([("x", 1.0, 0)], [], update="delta"),
            b"no JSON",
            b"[]",
        ],
        ids=["crossed", "negative", "text", "unreadable", "list"],
    )
    async def test_a_book_that_could_be_wrong_is_asked_for_anew(self, connected, bad):
        """The book is empty at once, the topic is given back and asked for again, and its snapshot fills the book."""
        peer = await connected(symbols=[])
        peer.hear(Topic.ERROR)
        await peer.client.subscribe_orderbook_delta("BTC-USD")
        await peer.say(m.L2FIRST)
        before = len(peer.sent())
        await peer.say(bad)
        assert not peer.client.get_book("BTC-USD").is_live
        assert peer.sent()[before:] == [
            {"method": "unsubscribe", "topic": "l2delta.BTC-USD"},
            {"method": "subscribe", "subscription": [{"type": "l2Delta", "symbol": "BTC-USD"}]},
        ]
        assert [topic for topic, _ in peer.events] == [Topic.ERROR]
        await peer.say(m.L2DELTA)
        assert not peer.client.get_book("BTC-USD").is_live
        await peer.say(m.L2FIRST)
        assert peer.client.get_book("BTC-USD").best_bid() == 102777.0

    async def test_a_topic_that_stays_damaged_is_left_alone(self, connected, caplog):
        """After three attempts without a good message the venue is not asked again."""
        peer = await connected(symbols=[])
        await peer.client.subscribe_orderbook_delta("BTC-USD")
        await peer.say(*[m.book([("x", 1.0, 0)], [])] * 6)
        assert sum(frame["method"] == "unsubscribe" for frame in peer.sent()) == 3
        assert "stays damaged" in caplog.text

    async def test_a_book_that_differs_from_the_snapshots_is_asked_for_anew(self, connected):
        """Two snapshots that contradict the changes make the book empty, and another is asked for."""
        peer = await connected(symbols=[])
        await peer.client.subscribe_orderbook_delta("BTC-USD")
        await peer.client.subscribe_orderbook_snapshot("BTC-USD", 1)
        await peer.say(m.L2FIRST)
        for time in (1699564800001, 1699564800003):
            other = m.book([(102777.0, 9.0, 3)], [(102780.0, 2.0, 4)], kind="l2Snapshot", time=time)
            await peer.say(other, m.book([], [(102790.0, 1.0, 0)], update="delta", time=time + 1))
        assert not peer.client.get_book("BTC-USD").is_live
        assert {"method": "unsubscribe", "topic": "l2delta.BTC-USD"} in peer.sent()


class TestAccount:
    async def test_the_first_state(self, connected, signer):
        """The snapshot sets orders, positions, margin and leverage, and is an event."""
        seen = []
        peer = await connected(signer=signer, handlers={Topic.ACCOUNT: seen.append})
        await settle()
        client = peer.client
        assert [type(event) for event in seen] == [AccountSnapshot]
        assert client.account_snapshot is seen[0]
        assert client.margin == Margin(100000.0, 95000.0, 5000.0, 50000.0, 1234.5, 567.8, 12.34, 5.67)
        position = client.positions["BTC-USD"]
        assert position == Position(
            "BTC-USD", 0.5, 100000.0, 101000.0, 50500.0, 500.0, 500.0, 5.0, 95000.0, 10.0, 2.5, 1000.0, 0.05, 5000.0
        )
        assert seen[0].get_position("BTC-USD") == position
        assert seen[0].get_leverage_setting("BTC-USD") == LeverageSetting("BTC-USD", 5.0)
        assert (seen[0].get_position("X"), seen[0].get_leverage_setting("X")) == (None, None)
        assert client.leverage_settings == {"BTC-USD": 5.0}
        [order] = client.get_orders("BTC-USD")
        assert order == OrderState(
            m.TIME_NS, "BTC-USD", "a", OrderStatus.PLACED, Side.BUY, 102000.0, None, 0.1, 0.0, 0.1, True, None, "limit",
            False, "gtc",
        )  # fmt: skip
        assert client.get_order_map() == {"a": order}
        assert client.get_order_map() is not client.open_orders
        assert client.inventory.positions["BTC-USD"].quantity == 0.5

    async def test_changes(self, connected, signer):
        """Every change of the account becomes its event, and the state follows."""
        peer = await connected(signer=signer)
        peer.hear(Topic.ORDER, Topic.FILL, Topic.MARGIN, Topic.POSITION, Topic.LEVERAGE, Topic.OTHER, Topic.ERROR)
        changes = (m.ORDER_UPDATE, m.FILL, m.MARGIN_UPDATE, m.POSITION_UPDATE, m.LEVERAGE_UPDATE, m.CANCEL_REJECTED)
        await peer.say(*(account(change) for change in changes))
        kinds = [(topic, type(event)) for topic, event in peer.events]
        assert kinds == [
            (Topic.ORDER, OrderState), (Topic.FILL, Fill), (Topic.MARGIN, Margin), (Topic.POSITION, Position),
            (Topic.LEVERAGE, list), (Topic.OTHER, dict),
        ]  # fmt: skip
        order = peer.client.open_orders["b"]
        assert (order.side, order.size, order.size_orig, order.amount_remaining()) == (Side.SELL, 0.25, 0.25, 0.25)
        fill = peer.events[1][1]
        assert (fill.symbol, fill.order_id, fill.price, fill.size, fill.side, fill.is_maker) == (
            "BTC-USD", "a", 102000.0, 0.05, Side.BUY, False,
        )  # fmt: skip
        assert peer.client.margin.total_balance == 100500.0
        assert len(peer.client.get_orders()) == 2
        assert peer.client.get_orders("ETH-USD") == []

    @pytest.mark.parametrize("status", ["filled", "cancelled", "canceled", "cancelledIOC", "rejectedCrossing"])
    async def test_an_order_that_is_over_is_not_open(self, connected, signer, status):
        """The end of an order takes it out of the open ones."""
        peer = await connected(signer=signer)
        await peer.say(account(m.ORDER_UPDATE), account({**m.ORDER_UPDATE, "status": status, "sz": 0.0}))
        assert list(peer.client.open_orders) == ["a"]

    async def test_a_partial_fill_of_a_resting_order_leaves_it_open(self, connected, signer):
        """`partiallyFilled` ends an order that takes at once, and not one that rests with something left."""
        peer = await connected(signer=signer)
        part = {**m.ORDER_UPDATE, "status": "partiallyFilled", "sz": -0.1, "fillSz": 0.15}
        await peer.say(account(part), account({**part, "oid": "c", "tif": "ioc"}))
        assert list(peer.client.open_orders) == ["a", "b"]
        assert (peer.client.open_orders["b"].size, peer.client.open_orders["b"].size_done) == (0.1, 0.15)

    async def test_a_fill_has_the_side_of_its_order(self, connected, signer):
        """Where the flag tells the taker's side, the order that is known decides."""
        peer = await connected(signer=signer)
        peer.hear(Topic.FILL)
        await peer.say(account(m.ORDER_UPDATE), account({**m.FILL, "orderId": "b", "isBuy": True, "maker": True}))
        assert peer.events[0][1].side is Side.SELL

    async def test_a_fill_counts_once(self, connected, signer):
        """A repeated fill with an id is left out, and the position that includes a fill changes nothing more."""
        peer = await connected(signer=signer)
        peer.hear(Topic.FILL)
        fill = account({**m.FILL, "isBuy": False, "orderId": "x", "price": 110000.0, "size": 0.5, "tradeId": "t1"})
        await peer.say(fill, fill, account({**m.POSITION_UPDATE, "size": 0.0, "price": 0.0}))
        assert len(peer.events) == 1
        assert (peer.client.inventory.realized, peer.client.positions) == (5000.0, {})
        assert peer.client.get_pnl().net == 5000.0
        assert peer.client.inventory.fees == 0.35

    async def test_a_snapshot_replaces_everything(self, connected, signer):
        """What a later snapshot does not list is gone, and the profit of an outage is counted by the venue's sums."""
        peer = await connected(signer=signer)
        await peer.say(account(m.ORDER_UPDATE))
        margin = {**m.MARGIN, "realizedPnl": 1334.5, "fees": 13.34}
        await peer.say(account({**m.ACCOUNT, "margin": margin, "positions": [], "openOrders": []}))
        client = peer.client
        assert (client.open_orders, client.positions) == ({}, {})
        assert client.inventory.realized == pytest.approx(100.0)
        assert client.inventory.fees == pytest.approx(1.0)
        assert client.inventory.positions["BTC-USD"].quantity == 0

    async def test_a_damaged_change_is_an_outage_of_the_account(self, connected, signer):
        """A record that cannot be read may have been a fill, so the account's state is asked for again."""
        peer = await connected(signer=signer, symbols=[])
        peer.hear(Topic.ERROR)
        before = len(peer.sent())
        await peer.say(account({**m.FILL, "price": "x"}))
        assert [frame["method"] for frame in peer.sent()[before:]] == ["unsubscribe", "subscribe"]
        assert len(peer.events) == 1

    async def test_other_accounts_do_not_mix_with_one_s_own(self, connected, signer):
        """An account that is watched besides has its events, and one's own state stays."""
        peer = await connected(signer=signer)
        peer.hear(Topic.MARGIN)
        await peer.client.subscribe_account("other")
        await peer.say(account({**m.MARGIN_UPDATE, "totalBalance": 1.0}, "other"))
        assert [event.total_balance for _, event in peer.events] == [1.0]
        assert peer.client.margin.total_balance == 100000.0


class TestHandlers:
    async def test_in_order_and_until_taken_off(self, connected):
        """Handlers of a topic are called in the order of their registration; one that was taken off is not."""
        called = []
        first, second = (lambda event: called.append(1)), (lambda event: called.append(2))
        peer = await connected(handlers={Topic.TICKER: first})
        peer.client.on(Topic.TICKER, second)
        await peer.say(m.TICKER)
        peer.client.off(Topic.TICKER, first)
        peer.client.off(Topic.TICKER, first)
        peer.client.off(Topic.FILL, first)
        await peer.say(m.TICKER)
        assert called == [1, 2, 2]

    async def test_plain_and_async(self, connected):
        """Async handlers are awaited before the next one is called."""
        called = []

        async def slow(event):
            await asyncio.sleep(0)
            called.append("slow")

        peer = await connected(handlers={Topic.TICKER: slow})
        peer.client.on(Topic.TICKER, lambda event: called.append("plain"))
        await peer.say(m.TICKER)
        assert called == ["slow", "plain"]

    async def test_a_handler_that_fails_disturbs_nothing(self, connected, caplog):
        """Its error is logged, the others are called, and the client goes on."""
        called = []

        def bad(event):
            raise ValueError("on purpose")

        peer = await connected(handlers={Topic.TICKER: bad})
        peer.client.on(Topic.TICKER, called.append)
        await peer.say(m.TICKER, m.TICKER)
        assert len(called) == 2
        assert "on purpose" in caplog.text
        assert peer.client.is_connected

    async def test_a_handler_may_place_an_order(self, connected, signer):
        """While a handler waits for its answer, messages are read, and the answer comes."""
        found = []

        async def quote(ticker):
            found.append(await peer.client.place_limit_order("BTC-USD", Side.BUY, 95000.0, 0.1))

        peer = await connected(signer=signer, handlers={Topic.TICKER: quote})
        await peer.say(m.TICKER)
        [post] = posts(peer)
        await peer.say(answer(post["id"], {"resting": {"oid": "x"}}))
        assert found[0].status is OrderStatus.RESTING

    async def test_a_handler_may_wait_for_another_topic(self, connected, signer):
        """Topics do not wait for each other: a handler may wait for what another one sees."""
        filled, done = asyncio.Event(), []

        async def wait(ticker):
            await filled.wait()
            done.append(ticker)

        peer = await connected(signer=signer, handlers={Topic.TICKER: wait, Topic.FILL: lambda fill: filled.set()})
        await peer.say(m.TICKER)
        assert done == []
        await peer.say(account(m.FILL))
        assert len(done) == 1

    async def test_a_handler_may_disconnect(self, connected):
        """Disconnecting from a handler ends the client and not the handler."""
        done = []

        async def leave(ticker):
            await peer.client.disconnect()
            done.append(peer.client.is_connected)

        peer = await connected(handlers={Topic.TICKER: leave})
        await peer.say(m.TICKER, m.TICKER)
        assert done == [False]

    async def test_too_slow_handlers_lose_the_oldest_and_it_is_counted(self, connected, monkeypatch, caplog):
        """A full queue loses its oldest events, which is logged once and counted."""
        monkeypatch.setattr("bt_api_py.clients.bulk.topics._MOST_WAITING", 2)
        gate, seen = asyncio.Event(), []

        async def slow(ticker):
            await gate.wait()
            seen.append(ticker.timestamp)

        peer = await connected(handlers={Topic.TICKER: slow})
        for number in range(6):
            inner = {**m.TICKER["data"]["ticker"], "timestamp": number}
            await peer.say({**m.TICKER, "data": {"ticker": inner}})
        gate.set()
        await settle()
        assert (seen, peer.client.dropped[Topic.TICKER]) == ([0, 4, 5], 3)
        assert caplog.text.count("too slow") == 1

    async def test_what_is_no_handler(self, connected):
        """A topic that does not exist, and a handler that cannot be called, are refused."""
        client = (await connected()).client
        with pytest.raises(ValueError, match="nothing"):
            client.on("nothing", print)
        with pytest.raises(TypeError, match="callable"):
            client.on(Topic.TICKER, 7)


class TestTrading:
    async def test_what_is_sent(self, connected, signer):
        """A transaction is posted with a number, nonce as text, account, signer and a signature that verifies."""
        peer = await connected(signer=signer)
        task = await peer.begin(peer.client.place_orders([CancelOrder("BTC-USD", m.OID), ACTION], nonce=m.NOW_NS))
        [post] = posts(peer)
        payload = post["request"]["payload"]
        assert post["request"]["type"] == "action"
        assert isinstance(post["id"], int)
        assert payload["actions"] == [
            {"cx": {"c": "BTC-USD", "oid": m.OID}},
            {"l": {"c": "BTC-USD", "b": True, "px": "95000.0", "sz": "0.1", "tif": "GTC", "r": False, "i": False}},
        ]
        assert (payload["nonce"], payload["account"], payload["signer"]) == (str(m.NOW_NS), PUBLIC, PUBLIC)
        assert signer.verify(payload, "testnet")
        await peer.say(answer(post["id"], {"cancelled": {"oid": m.OID}}, {"resting": {"oid": ACTION.oid}}))
        assert [each.status for each in await task] == [OrderStatus.CANCELLED, OrderStatus.RESTING]
        assert (ACTION.nonce, ACTION.seqno, ACTION.pubkey) == (m.NOW_NS, 1, PUBLIC)

    async def test_each_call(self, connected, signer):
        """The single calls send one action each and return its response."""
        peer = await connected(signer=signer)
        client = peer.client
        calls = [
            (
                client.place_limit_order("BTC-USD", Side.SELL, 1, 2, True, TimeInForce.ALO),
                "l",
                {"tif": "ALO", "r": True},
            ),
            (client.place_market_order("BTC-USD", Side.BUY, 2), "m", {"sz": "2", "b": True}),
            (client.cancel_order(Side.BUY, "BTC-USD", m.OID), "cx", {"oid": m.OID}),
            (client.cancel_all(), "cxa", {"c": []}),
            (client.cancel_all(["BTC-USD"]), "cxa", {"c": ["BTC-USD"]}),
        ]
        nonces = []
        for call, tag, expected in calls:
            task = await peer.begin(call)
            post = posts(peer)[-1]
            [action] = post["request"]["payload"]["actions"]
            assert list(action) == [tag]
            assert expected.items() <= action[tag].items()
            nonces.append(int(post["request"]["payload"]["nonce"]))
            await peer.say(answer(post["id"], {"error": {"message": "no"}}))
            assert (await task).is_error()
        assert nonces == sorted(set(nonces))

    @pytest.mark.parametrize("method", ["place_orders", "limit", "market", "cancel", "cancel_all", "oracle"])
    async def test_without_a_signer_nothing_is_sent(self, connected, method):
        """Every trading call of a client without a signer is a RuntimeError before anything is sent."""
        peer = await connected()
        client, before = peer.client, len(peer.sent())
        call = {
            "place_orders": lambda: client.place_orders([ACTION]),
            "limit": lambda: client.place_limit_order("BTC-USD", Side.BUY, 1, 1),
            "market": lambda: client.place_market_order("BTC-USD", Side.BUY, 1),
            "cancel": lambda: client.cancel_order(Side.BUY, "BTC-USD", m.OID),
            "cancel_all": lambda: client.cancel_all(),
            "oracle": lambda: client.update_oracle([OraclePrice(1, "BTC-USD", 1.0)]),
        }[method]
        with pytest.raises(RuntimeError, match="Signer not configured"):
            await call()
        await settle()
        assert len(peer.sent()) == before

    async def test_without_a_connection(self, transport, signer):
        """Trading before connect is a RuntimeError."""
        client = BulkWebSocketClient(transport=transport, signer=signer)
        with pytest.raises(RuntimeError, match="Not connected to WebSocket"):
            await client.cancel_all()

    @pytest.mark.parametrize("size", [0, -1, float("nan"), "x"])
    async def test_what_cannot_be_sent(self, connected, signer, size):
        """A size that the venue cannot read is a ValueError, and nothing is sent."""
        peer = await connected(signer=signer)
        with pytest.raises(ValueError, match="size"):
            await peer.client.place_market_order("BTC-USD", Side.BUY, size)
        with pytest.raises(ValueError, match="at least one action"):
            await peer.client.place_orders([])
        assert posts(peer) == []

    async def test_no_answer_is_a_timeout_that_leaves_nothing(self, connected, signer):
        """After `timeout` the call raises TimeoutError; an answer that comes later disturbs nobody."""
        peer = await connected(signer=signer)
        with pytest.raises(asyncio.TimeoutError):
            await peer.client.place_limit_order("BTC-USD", Side.BUY, 1, 1, timeout=0.01)
        peer.client.default_timeout = 0.01
        with pytest.raises(asyncio.TimeoutError):
            await peer.client.cancel_all()
        assert len(peer.client._reader.requests) == 0
        await peer.say(answer(posts(peer)[0]["id"], {"resting": {"oid": "x"}}))
        assert peer.client.is_connected

    @pytest.mark.parametrize(
        ("data", "text"),
        [
            ({"type": "action", "payload": {"status": "error", "response": "Duplicate nonce"}}, "Duplicate nonce"),
            ({"type": "action", "payload": {"status": "err", "response": {"x": 1}}}, '{"x":1}'),
            ({"type": "action", "payload": "bad"}, "bad"),
            ({"type": "ack", "ok": False, "message": "not an oracle"}, "not an oracle"),
            (None, "not understood"),
        ],
    )
    async def test_a_refused_transaction(self, connected, signer, data, text):
        """The venue's refusal of a whole transaction is a RuntimeError with its text, and an event of ERROR."""
        peer = await connected(signer=signer)
        peer.hear(Topic.ERROR)
        task = await peer.begin(peer.client.place_orders([ACTION]))
        number = posts(peer)[0]["id"]
        await peer.say({"type": "post", "id": number, "data": data})
        with pytest.raises(RuntimeError) as caught:
            await task
        assert text in str(caught.value)
        assert [event["id"] for _, event in peer.events] == [number]

    async def test_an_error_frame_fails_all_that_is_under_way(self, connected, signer):
        """An error that names no request ends every one with its text."""
        peer = await connected(signer=signer)
        peer.hear(Topic.ERROR)
        tasks = [await peer.begin(peer.client.cancel_all()) for _ in range(2)]
        await peer.say({"type": "error", "error": {"message": "bad request"}})
        for task in tasks:
            with pytest.raises(RuntimeError, match="bad request"):
                await task
        assert [event["message"] for _, event in peer.events] == ["bad request"]

    async def test_oracle_prices_wait_for_nothing(self, connected, signer):
        """Prices are sent under their own nonce without waiting; a refusal is an event."""
        peer = await connected(signer=signer)
        peer.hear(Topic.ERROR)
        price = OraclePrice(m.NOW_NS, "BTC-USD", 102500.0, nonce=m.NOW_NS + 7)
        await peer.client.update_oracle([price])
        await settle()
        [post] = posts(peer)
        assert post["request"]["payload"]["signature"] == (
            "66F9iDvzRsUY9jKUiSujFbMCCxsisrnzfu9Gde9hn8PFZbYTnCu5WjGYFAdUuTv7RhhRDVqYka2yyazJwbTNy58Q"
        )
        await peer.say({"type": "post", "id": post["id"], "data": {"type": "ack", "ok": True}})
        assert peer.events == []
        await peer.say({"type": "post", "id": post["id"], "data": {"type": "ack", "ok": False, "message": "late"}})
        assert peer.events[0][1]["message"] == "late"

    async def test_an_agent_trades_for_its_account(self, transport, clock, signer):
        """With an account of its own the client watches that one and names it in transactions."""
        key = "FuueqefENiGEW6uMqZQgmwjzgpnb85EgUcZa5Em4PQh7"
        client = BulkWebSocketClient(signer=signer, account=key, clock=clock, transport=transport)
        peer = Peer(client, transport, clock)
        connecting = await peer.begin(client.connect())
        await peer.say(account(m.ACCOUNT, key))
        assert await connecting
        assert {"type": "account", "user": key} in client.subscriptions
        order = LimitOrder("BTC-USD", Side.BUY, "95000.0", "0.1")
        task = await peer.begin(client.place_orders([order], nonce=42))
        payload = posts(peer)[0]["request"]["payload"]
        assert (payload["account"], payload["signer"]) == (key, PUBLIC)
        assert order.oid == "57G9XXs13hkAvRKmeSkrEeKULMjWfaoErJcRUwxkTU1Q"
        await peer.say(answer(posts(peer)[0]["id"], {"resting": {"oid": order.oid}}))
        assert (await task)[0].order_id == order.oid
        await client.disconnect()


class TestLoss:
    async def test_what_is_under_way_fails_and_nothing_is_sent_again(self, connected, signer, clock):
        """A loss ends requests with the ids of their orders; the new connection sees subscriptions and no orders."""
        peer = await connected(signer=signer, symbols=["BTC-USD"])
        await peer.client.subscribe_orderbook_delta("BTC-USD")
        await peer.say(m.TICKER, m.L2FIRST, {"type": "subscriptionResponse", "topics": ["ticker.BTC-USD"]})
        peer.hear(Topic.ERROR)
        task = await peer.begin(peer.client.place_orders([ACTION]))
        peer.socket.lose()
        await settle()
        with pytest.raises(ResultUnknownError, match="result unknown") as caught:
            await task
        assert caught.value.order_ids == [ACTION.oid]
        assert isinstance(caught.value, ConnectionError)
        client = peer.client
        assert not client.is_connected
        assert client.get_ticker("BTC-USD").is_stale
        assert not client.get_book("BTC-USD").is_live
        assert client.active_topics == set()
        assert len(peer.events) == 1
        with pytest.raises(RuntimeError, match="Not connected"):
            await client.cancel_all()
        await clock.run(1)
        assert client.is_connected
        assert peer.sent() == [{"method": "subscribe", "subscription": client.subscriptions}]
        await peer.say(m.TICKER, m.L2FIRST)
        assert not client.get_ticker("BTC-USD").is_stale
        assert client.get_book("BTC-USD").is_live

    @pytest.mark.parametrize("code", [1000, 1001, 1006, 1008, 1011])
    async def test_every_end_is_followed_by_a_new_connection(self, connected, clock, transport, code):
        """However the venue ends a connection, another is made."""
        peer = await connected()
        peer.socket.lose(code)
        await settle()
        assert not peer.client.is_connected
        await clock.run(6)
        assert peer.client.is_connected
        assert len(transport.sockets) == 2

    async def test_pauses_double_up_to_thirty_seconds(self, connected, clock, transport):
        """Attempts that fail follow after 1, 2, 4, 8, 16, 30, 30 seconds, and a message begins anew."""
        peer = await connected()
        lost = clock.monotonic()
        transport.refuse_all = ConnectionLost("nobody there")
        peer.socket.lose()
        await clock.run(120)
        attempts = [lost, *transport.attempts[1:]]
        pauses = [round(after - before, 3) for before, after in pairwise(attempts)]
        assert pauses[:7] == [1, 2, 4, 8, 16, 30, 30]
        transport.refuse_all = None
        await clock.run(2)
        assert peer.client.is_connected
        await peer.say(m.TICKER)
        peer.socket.lose()
        before = len(transport.sockets)
        await clock.run(1)
        assert len(transport.sockets) == before + 1

    async def test_pauses_can_be_chosen(self, connected, clock, transport):
        """The first and the longest pause are attributes."""
        peer = await connected()
        peer.client.reconnect_delay, peer.client.max_reconnect_delay = 0.5, 1.0
        transport.refuse_all = ConnectionLost("nobody there")
        peer.socket.lose()
        await clock.run(3.6)
        assert len(transport.attempts) == 1 + 4

    async def test_disconnect_ends_the_attempts(self, connected, clock, transport):
        """After disconnect nobody connects again."""
        peer = await connected()
        peer.socket.lose()
        await settle()
        await peer.client.disconnect()
        await clock.run(100)
        assert len(transport.sockets) == 1

    async def test_a_frame_that_cannot_be_inflated_costs_itself(self, connected):
        """The connection stays, and ERROR is told."""
        peer = await connected()
        peer.hear(Topic.ERROR)
        await peer.say(DataParseError("frame", "no gzip"), m.TICKER)
        assert peer.client.is_connected
        assert "no gzip" in peer.events[0][1]["message"]
        assert peer.client.get_ticker("BTC-USD") is not None


class TestDebug:
    async def test_frames_are_traced_without_signatures(self, connected, signer, caplog):
        """With debug every frame is logged in both directions, whatever the logger's level, and no signature is."""
        logger = logging.getLogger("test.bulk")
        peer = await connected(signer=signer, debug=True, logger=logger)
        task = await peer.begin(peer.client.place_orders([ACTION]))
        [post] = posts(peer)
        await peer.say(answer(post["id"], {"resting": {"oid": ACTION.oid}}))
        await task
        text = caplog.text
        assert '"method":"post"' in text
        assert "accountSnapshot" in text
        assert '"signature":"***"' in text
        assert post["request"]["payload"]["signature"] not in text
        assert PRIVATE not in text + repr(peer.client) + repr(vars(peer.client))

    async def test_without_debug_no_frame_is_logged(self, connected, caplog):
        """Frames stay out of the log by default."""
        with caplog.at_level(logging.DEBUG, "bt_api_py.bulk"):
            peer = await connected()
            await peer.say(m.TICKER)
        assert json.dumps("lastPrice") not in caplog.text


async def test_nothing_that_a_venue_may_send_ends_the_client(connected, signer):
    """Frames of every wrong shape are reported, and the client goes on."""
    peer = await connected(signer=signer)
    peer.hear(Topic.ERROR)
    wrong = [b"", b"{", b"null", b"7", b'"x"', b"[1]", b"{}", b'{"type":null}', b'{"type":"ticker"}', b"\xff\xfe"]
    wrong += [b'{"type":"%s","topic":7,"data":[]}' % kind.encode() for kind in ("trades", "l2Delta", "account", "post")]
    wrong += [b'{"type":"%s","data":{"x":1}}' % kind.encode() for kind in ("trades", "l2Snapshot", "candle", "account")]
    wrong += [b'{"type":"subscriptionResponse"}', b'{"type":"error"}', b'{"type":"post","id":"x"}', b"[" * 100_000]
    await peer.say(*wrong, m.TICKER)
    assert peer.client.is_connected
    assert peer.client.get_ticker("BTC-USD").last_price == 102777.5
    assert peer.events
