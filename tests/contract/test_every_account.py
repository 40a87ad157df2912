"""What a user's own streams promise, once for each exchange that has them, against the simulator's accounts."""

import asyncio
import logging
import math
import os

import orjson
import pytest

from bt_api_py import AuthenticationError, BtApi, ConfigurationError, StreamEvent, UnsupportedError
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.simulator import virtual_simulator
from bt_api_py.simulator.margin import MarginAccount

from .worlds import PATIENCE, eventually

WITH_ACCOUNT = sorted(name for name, cls in EXCHANGES.items() if cls.account is not None)
# As venues want it that give secrets in Base64: what is no letter there does not count.
SECRET, PHRASE = "the-secret-that-nobody-may-see-now", "the-phrase-that-nobody-may-see"
RANK = {"new": 0, "partial": 1, "filled": 2, "canceled": 2, "rejected": 2, "expired": 2}


def need_secret(exchange):
    """Skip a test where anybody may read an account whose public name is known."""
    if not has_secret(exchange):
        pytest.skip(f"{exchange} signs no reading")


def has_secret(exchange):
    return "secret" in EXCHANGES[exchange].account.credentials


def key_name(exchange):
    """Return the setting that names an account."""
    return EXCHANGES[exchange].account.credentials[0]


def sockets(exchange):
    """Return how many sockets an account has: one, unless the venue has a socket for each subscription."""
    account = EXCHANGES[exchange].account
    return math.ceil(len(account.names) / account.endpoints[account.endpoint_name].topics_per_socket)


@pytest.fixture(params=WITH_ACCOUNT)
def exchange(request):
    """Return the name of each exchange with account streams in turn."""
    return request.param


@pytest.fixture
async def sim(exchange):
    """Yield the venue, which checks every signature; that no limit was broken is part of every test."""
    async with virtual_simulator(exchanges=[exchange], strict_keys=True) as running:
        yield running
        assert not running.stats[exchange].breaches


@pytest.fixture
def btc(sim, exchange):
    """Return the market of bitcoin, as account streams spell it."""
    return next(symbol for symbol in sim.truth.symbols(exchange) if symbol.startswith("BTC"))


@pytest.fixture
def eth(btc):
    """Return another market of the same quote asset."""
    return f"ETH{btc[3:]}"


@pytest.fixture
def quote(btc):
    """Return the asset that both are quoted in."""
    return btc[3:]


@pytest.fixture
def account(sim, exchange):
    """Return an account that does only what the test asks of it."""
    return sim.account(exchange, secret=SECRET, passphrase=PHRASE)


def connected(sim, account, exchange, **changes):
    """Return a BtApi with the keys of the account; `changes` are settings."""
    return BtApi(settings(sim, account, exchange, **changes), clock=sim.clock, transport=sim.transport)


def settings(sim, account, exchange, **changes):
    """Return exchange_kwargs that lead to the account, with fast reconnects."""
    base = {**sim.exchange_kwargs()[exchange], "websocket": {"reconnect_delay": 0.05, "max_reconnect": None}}
    keys = {**account.credentials(), "secret": SECRET, "passphrase": PHRASE}
    return {exchange: {**base, **keys, **changes}}


@pytest.fixture
async def api(sim, account, exchange):
    """Yield a BtApi with the keys of the account."""
    async with connected(sim, account, exchange) as api:
        yield api


class Follower:
    """Reads a stream to the end in a task and keeps what came."""

    def __init__(self, stream):
        self.stream = stream
        self.items = []
        self.events = []
        self.error = None
        self.task = asyncio.create_task(self._read())

    async def _read(self):
        try:
            async for item in self.stream:
                (self.events if isinstance(item, StreamEvent) else self.items).append(item)
        except Exception as error:
            self.error = error

    async def have(self, condition):
        """Wait until the items satisfy a condition."""
        await eventually(lambda: self.error is not None or condition(self.items))
        if self.error is not None:
            raise self.error

    async def end(self):
        """Close the stream."""
        await self.stream.aclose()
        await self.task


def path(items, order):
    """Return what a stream told of an order: status and filled quantity, in order."""
    return [
        (item.get_status(), round(item.get_filled_quantity(), 8))
        for item in items
        if item.get_order_id() == order.order_id
    ]


def statuses(items, order):
    """Return the statuses alone."""
    return [status for status, _ in path(items, order)]


async def test_open_orders_come_first(api, account, exchange, btc):
    """A stream of orders begins with the open ones, marked as snapshot, exact to the id."""
    order = account.place(btc, "buy", "0.01", "80000")
    follower = Follower(api.stream_orders(exchange))
    await follower.have(lambda items: len(items) == 1)
    item = follower.items[0]
    assert (item.get_origin(), item.get_status(), item.get_order_id()) == ("snapshot", "new", order.order_id)
    assert (item.get_symbol(), item.get_side(), item.get_order_type()) == (btc, "buy", "limit")
    assert (item.get_price(), item.get_quantity()) == (80000.0, 0.01)
    assert item.get_client_order_id() in (order.client_order_id, None)  # not every venue has such ids
    await follower.end()


async def test_an_order_s_life_is_told_once_and_in_order(api, account, exchange, btc):
    """New, partial and filled arrive complete, with quantities, mean price and fees as the account has them."""
    orders, fills = Follower(api.stream_orders(exchange)), Follower(api.stream_fills(exchange))
    await eventually(lambda: orders.stream.stats.state == "live")
    order = account.place(btc, "buy", "0.01", "80000")
    await orders.have(lambda items: "new" in statuses(items, order))
    account.partial(order, "0.004")
    await orders.have(lambda items: "partial" in statuses(items, order))
    account.fill(order)
    await orders.have(lambda items: "filled" in statuses(items, order))
    assert path(orders.items, order) == [("new", 0), ("partial", 0.004), ("filled", 0.01)]
    last = orders.items[-1]
    truth = account.fills()
    assert last.get_avg_price() == pytest.approx(80000.0)
    assert last.get_fee() == pytest.approx(float(sum(fill.fee for fill in truth)))
    assert last.get_fee_asset().upper() == truth[0].fee_asset.upper()
    told = [(fill.get_trade_id(), fill.get_price(), fill.get_quantity(), fill.get_side()) for fill in fills.items]
    assert told == [(fill.trade_id, float(fill.price), float(fill.quantity), "buy") for fill in truth]
    assert [fill.get_trade_fee() for fill in fills.items] == [pytest.approx(float(fill.fee)) for fill in truth]
    assert all(fill.get_trade_type() in ("maker", "taker") for fill in fills.items)
    assert all(fill.get_order_id() == order.order_id for fill in fills.items)
    await orders.end()
    await fills.end()


async def test_every_end_of_an_order(api, account, exchange, btc, eth):
    """Cancelled and expired orders are told with the venue's own words for them, normalised."""
    follower = Follower(api.stream_orders(exchange))
    await eventually(lambda: follower.stream.stats.state == "live")
    cancelled = account.place(btc, "sell", "0.02", "120000")
    account.cancel(cancelled)
    expired = account.place(eth, "sell", "0.5", "9000")
    account.expire(expired)
    await follower.have(lambda items: any(RANK[status] == 2 for status in statuses(items, expired)))
    assert statuses(follower.items, cancelled) == ["new", "canceled"]
    # HTX has no word for an order that expired.
    assert statuses(follower.items, expired) in (["new", "expired"], ["new", "canceled"])
    await follower.end()


async def test_positions_begin_with_what_is_held_and_follow_fills(sim, api, account, exchange, btc, quote):
    """What is held comes as a snapshot, each fill changes it, closing it is told, and an outage costs nothing."""
    if "positions" not in EXCHANGES[exchange].account.kinds:
        pytest.skip(f"{exchange} has no positions")
    account.fill(account.place(btc, "buy", "0.02", "80000"))
    follower = Follower(api.stream_positions(exchange, f"BTC-{quote}"))
    await follower.have(lambda items: len(items) == 1)
    account.partial(account.place(btc, "sell", "0.05", "81000"), "0.04")
    await follower.have(lambda items: items[-1].get_quantity() < 0)
    sim.faults.disconnect(exchange)
    account.fill(account.place(btc, "buy", "0.02", "82000"))
    await follower.have(lambda items: items[-1].get_quantity() == 0)
    told = [(round(item.get_quantity(), 8), item.get_side(), item.get_origin()) for item in follower.items]
    assert told[0] == (0.02, "long", "snapshot")
    assert told[1] == (-0.02, "short", "live")
    assert told[-1] == (0.0, "net", "backfill")
    assert (follower.items[0].get_avg_price(), follower.items[1].get_avg_price()) == (80000.0, 81000.0)
    assert {item.get_symbol() for item in follower.items} == {f"BTC-{quote}"}
    await follower.end()


async def test_what_happened_during_an_outage_is_told(sim, api, account, exchange, btc):
    """Fills, ends and beginnings of an outage come afterwards as back-fill, once, and nothing live is lost."""
    orders = Follower(api.stream_orders(exchange, events=True))
    fills = Follower(api.stream_fills(exchange))
    await eventually(lambda: orders.stream.stats.state == "live")
    order = account.place(btc, "buy", "0.01", "80000")
    account.partial(order, "0.004")
    cancelled = account.place(btc, "buy", "0.03", "70000")
    await orders.have(lambda items: "partial" in statuses(items, order) and statuses(items, cancelled) == ["new"])
    sim.faults.refuse(exchange)
    sim.faults.disconnect(exchange)
    await eventually(lambda: orders.stream.stats.state == "connecting")
    account.fill(order)
    account.cancel(cancelled)
    placed = account.place(btc, "sell", "0.05", "130000")
    sim.faults.refuse(exchange, on=False)
    await orders.have(lambda items: statuses(items, placed) == ["new"] and "filled" in statuses(items, order))
    account.cancel(placed)
    await orders.have(lambda items: "canceled" in statuses(items, placed))
    assert path(orders.items, order) == [("new", 0), ("partial", 0.004), ("filled", 0.01)]
    assert statuses(orders.items, cancelled) == ["new", "canceled"]
    origins = {item.get_order_id(): item.get_origin() for item in orders.items if item.get_status() != "canceled"}
    assert origins[order.order_id] == origins[placed.order_id] == "backfill"
    assert [fill.get_trade_id() for fill in fills.items] == [fill.trade_id for fill in account.fills()]
    kinds = [event.kind for event in orders.events]
    assert kinds.index("disconnected") < kinds.index("gap") < kinds.index("backfilled")
    assert orders.stream.stats.reconnects == 1
    await orders.end()
    await fills.end()


async def test_doubled_events_change_nothing(sim, api, account, exchange, btc):
    """Orders and fills that the venue sends twice are told once."""
    orders, fills = Follower(api.stream_orders(exchange)), Follower(api.stream_fills(exchange))
    await eventually(lambda: orders.stream.stats.state == "live")
    sim.faults.duplicate(exchange, count=None)
    order = account.place(btc, "buy", "0.01", "80000")
    account.partial(order, "0.004")
    account.fill(order)
    await orders.have(lambda items: "filled" in statuses(items, order))
    assert path(orders.items, order) == [("new", 0), ("partial", 0.004), ("filled", 0.01)]
    assert [fill.get_trade_id() for fill in fills.items] == [fill.trade_id for fill in account.fills()]
    sim.faults.clear(exchange)
    await orders.end()
    await fills.end()


async def test_a_frame_that_cannot_be_read_hides_nothing(sim, api, account, exchange, btc):
    """When the record of a fill comes cut short, the state is read again and the order is told as filled."""
    follower = Follower(api.stream_orders(exchange))
    await eventually(lambda: follower.stream.stats.state == "live")
    order = account.place(btc, "buy", "0.01", "80000")
    await follower.have(lambda items: statuses(items, order) == ["new"])
    sim.faults.truncate(exchange, topic="orders")
    account.fill(order)
    await follower.have(lambda items: "filled" in statuses(items, order))
    assert path(follower.items, order)[-1] == ("filled", 0.01)
    await follower.end()


async def test_balances_begin_with_what_is_and_follow_what_changes(api, account, exchange, quote):
    """Every asset comes as a snapshot, then each that changes; free plus locked is total."""
    follower = Follower(api.stream_balances(exchange))
    await eventually(lambda: follower.stream.stats.state == "live")
    held = {asset.upper() for asset, balance in account.balances().items() if balance.free or balance.locked}
    if isinstance(account, MarginAccount):
        held = {quote}  # what is no margin is not told
    await follower.have(lambda items: held <= {item.get_asset() for item in items})
    assert {item.get_origin() for item in follower.items} == {"snapshot"}
    before = len(follower.items)
    account.transfer(quote, "1000")
    await follower.have(lambda items: len(items) > before)
    now = {asset.upper(): balance for asset, balance in account.balances().items()}[quote]
    item = follower.items[-1]
    assert (item.get_asset(), item.get_origin()) == (quote, "live")
    assert item.get_free_balance() == pytest.approx(float(now.free))
    assert item.get_total_balance() == pytest.approx(item.get_free_balance() + item.get_locked_balance())
    await follower.end()


async def test_a_token_that_ends_is_a_hole_like_any_other(sim, api, account, exchange, btc):
    """When the venue ends what a login opened, the stream logs in again and tells what was missed."""
    follower = Follower(api.stream_orders(exchange))
    await eventually(lambda: follower.stream.stats.state == "live")
    order = account.place(btc, "buy", "0.01", "80000")
    await follower.have(lambda items: statuses(items, order) == ["new"])
    sim.faults.expire_token(exchange)
    account.fill(order)
    await follower.have(lambda items: "filled" in statuses(items, order))
    assert statuses(follower.items, order) == ["new", "filled"]
    await follower.end()


async def test_a_clock_that_is_off_is_corrected_and_told_once(sim, api, account, exchange, caplog):
    """With the venue's clock minutes ahead, signatures are accepted, and the log says so once."""
    need_secret(exchange)
    sim.faults.clock_skew(exchange, 400_000)
    with caplog.at_level(logging.WARNING):
        follower = Follower(api.stream_orders(exchange))
        await eventually(lambda: follower.stream.stats.state == "live")
        sim.faults.disconnect(exchange)
        await eventually(lambda: follower.stream.stats.reconnects == 1 and follower.stream.stats.state == "live")
    told = [record for record in caplog.records if "clock is" in record.getMessage()]
    assert len(told) == 1
    assert follower.error is None
    await follower.end()


@pytest.mark.parametrize("wrong", ["secret", "key"])
async def test_wrong_credentials_end_only_private_streams_and_at_once(sim, account, exchange, wrong, btc):
    """The venue's refusal reaches the private stream without a second attempt; public streams go on."""
    if wrong == "secret":
        need_secret(exchange)
    changes = {"secret": "wrong"} if wrong == "secret" else {key_name(exchange): "nobody"}
    async with connected(sim, account, exchange, **changes) as api:
        tickers = Follower(api.stream_ticker(exchange, btc))
        await tickers.have(lambda items: items)
        connects = sim.stats[exchange].connects
        stream = api.stream_orders(exchange)
        with pytest.raises(AuthenticationError) as caught:
            await asyncio.wait_for(stream.__anext__(), PATIENCE)
        assert exchange in str(caught.value)
        assert not caught.value.retryable
        assert sim.stats[exchange].connects <= connects + sockets(exchange)  # some venues refuse before there is one
        seen = len(tickers.items)
        await tickers.have(lambda items: len(items) > seen)
        await tickers.end()


def test_missing_credentials_are_named_in_the_call(exchange):
    """Without keys the call itself says which settings and which variables are wanted."""
    wanted = EXCHANGES[exchange].account.credentials
    with pytest.raises(ConfigurationError) as caught:
        BtApi().stream_orders(exchange)
    venue = exchange.partition("___")[0]
    for name in wanted:
        assert name in str(caught.value)
        assert f"BT_API_{venue}_{name.upper()}" in str(caught.value)


async def test_credentials_from_the_environment(sim, account, exchange, monkeypatch):
    """Keys that the settings leave out come from the environment."""
    venue = exchange.partition("___")[0]
    for name, value in {**account.credentials(), "secret": SECRET, "passphrase": PHRASE}.items():
        monkeypatch.setitem(os.environ, f"BT_API_{venue}_{name.upper()}", value)
    async with BtApi({exchange: sim.exchange_kwargs()[exchange]}, clock=sim.clock, transport=sim.transport) as api:
        follower = Follower(api.stream_balances(exchange))
        await follower.have(lambda items: items)
        await follower.end()


async def test_a_callable_may_hold_the_secret(sim, account, exchange):
    """A secret may be something to call."""
    async with connected(sim, account, exchange, secret=lambda: SECRET) as api:
        follower = Follower(api.stream_balances(exchange))
        await follower.have(lambda items: items)
        await follower.end()


async def test_readers_share_one_connection_and_a_symbol_is_a_filter(sim, api, account, exchange, btc, eth, quote):
    """Streams of one account share its sockets; one for a symbol tells of that market only, as the caller spells it."""
    spelling = f"btc/{quote.lower()}"
    every, some = Follower(api.stream_orders(exchange)), Follower(api.stream_orders(exchange, spelling))
    balances = Follower(api.stream_balances(exchange))
    await eventually(lambda: all(f.stream.stats.state == "live" for f in (every, some, balances)))
    assert sim.stats[exchange].connects == sockets(exchange)
    account.place(eth, "sell", "0.5", "9000")
    account.place(btc, "buy", "0.01", "80000")
    await every.have(lambda items: len(items) == 2)
    await some.have(lambda items: len(items) == 1)
    assert [item.get_symbol() for item in some.items] == [spelling]
    for follower in (every, some, balances):
        await follower.end()


async def test_no_secret_is_seen(sim, account, exchange, caplog, capfd, btc):
    """Neither logs at DEBUG, nor errors, reprs and health hold a key, a secret, a phrase or a signature."""
    with caplog.at_level(logging.DEBUG):
        async with connected(sim, account, exchange) as api:
            follower = Follower(api.stream_orders(exchange, events=True))
            await eventually(lambda: follower.stream.stats.state == "live")
            account.place(btc, "buy", "0.01", "80000")
            await follower.have(lambda items: items)
            sim.faults.garbage(exchange)
            sim.faults.disconnect(exchange)
            await eventually(lambda: follower.stream.stats.reconnects == 1 and follower.stream.stats.state == "live")
            shown = [repr(api), repr(follower.stream), repr(vars(api)), orjson.dumps(api.health()).decode()]
            shown += [repr(item) + repr(item.get_all_data()) for item in follower.items]
            shown += [repr(event) for event in follower.events]
            await follower.end()
        wrong = {"secret": SECRET + "-wrong"} if has_secret(exchange) else {key_name(exchange): SECRET}
        async with connected(sim, account, exchange, **wrong) as api:
            with pytest.raises(AuthenticationError) as caught:
                await asyncio.wait_for(api.stream_orders(exchange).__anext__(), PATIENCE)
            shown.append(repr(caught.value) + str(caught.value))
    shown += [record.getMessage() for record in caplog.records]
    printed = capfd.readouterr()
    text = "\n".join([*shown, printed.out, printed.err, caplog.text])
    for secret in (SECRET, PHRASE, *[account.api_key] * has_secret(exchange)):
        assert secret not in text


def test_spot_has_no_positions(exchange):
    """A stream that a venue does not have is refused in the call, which names what it has."""
    if "positions" in EXCHANGES[exchange].account.kinds:
        pytest.skip(f"{exchange} has positions")
    with pytest.raises(UnsupportedError, match="orders"):
        BtApi().stream_positions(exchange)
