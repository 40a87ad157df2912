"""Against the simulated venue on virtual time: after every trouble the client knows what the venue knows."""

import asyncio
from decimal import ROUND_DOWN, Decimal
from random import Random

import pytest

from bt_api_py.clients.bulk import (
    BulkHttpClient,
    BulkWebSocketClient,
    CancelAll,
    CancelOrder,
    LimitOrder,
    MarketOrder,
    OrderStatus,
    ResultUnknownError,
    SetLeverage,
    Side,
    TimeInForce,
    Topic,
    TransactionSigner,
)
from bt_api_py.simulator import run_virtual

from .messages import PRIVATE, PUBLIC

NAME = "BULK___SWAP"
SYMBOLS = ("BTC-USD", "ETH-USD")
MARKETS = ("BTCUSDC", "ETHUSDC")


class World:
    """A simulated venue, an account on it, and a client of that account."""

    def __init__(self, sim, **options):
        self.sim = sim
        self.account = sim.account(NAME, secret=PRIVATE, balances={"USDC": 1_000_000})
        address = sim.transport.settings(NAME)
        self.base = address["rest_url"]
        self.signer = TransactionSigner(PRIVATE)
        shared = {"signature_domain": "testnet", "clock": sim.clock, "transport": sim.transport}
        self.client = BulkWebSocketClient(address["ws_url"], SYMBOLS, self.signer, **shared, **options)
        self.http = BulkHttpClient(self.base, self.signer, **shared)
        self.dialect = sim.world.find(NAME)

    def spelled(self, symbol):
        return self.dialect.spelled(symbol)

    def check(self):
        """Compare what the client knows of the account with what is true."""
        client, account = self.client, self.account
        is_open = {order.order_id: order for order in account.orders(is_open=True)}
        assert set(client.open_orders) == set(is_open)
        for number, order in client.open_orders.items():
            true = is_open[number]
            assert order.symbol == self.spelled(true.symbol)
            assert order.side is (Side.BUY if true.side == "buy" else Side.SELL)
            assert (order.size_orig, order.size, order.size_done) == pytest.approx(
                (float(true.quantity), float(true.remaining), float(true.filled))
            )
        held = {self.spelled(row.symbol): row for row in account.positions()}
        assert {symbol: row.size for symbol, row in client.positions.items()} == {
            symbol: float(row.quantity) for symbol, row in held.items() if row.quantity
        }
        for symbol, row in held.items():
            counted = client.inventory.positions[symbol]
            assert counted.quantity == pytest.approx(float(row.quantity), abs=1e-7)
            assert not row.quantity or counted.vwap == pytest.approx(float(row.avg_price))
        margin = account.margin("USDC")
        told = client.margin
        assert (told.total_balance, told.realized_pnl, told.fees) == pytest.approx(
            (float(margin.total), float(margin.realized), float(margin.fees))
        )
        assert client.inventory.realized == pytest.approx(float(margin.realized), abs=1e-4)
        assert client.inventory.fees == pytest.approx(float(margin.fees), abs=1e-4)
        assert client.get_pnl().realized == client.inventory.realized

    def check_books(self):
        """Compare the books that the client has with what they are."""
        for symbol, market in zip(SYMBOLS, MARKETS, strict=True):
            book, truth = self.client.get_book(symbol), self.sim.truth.book(NAME, market)
            assert book.is_live
            for levels, true in ((book.get_bids(), truth.bids), (book.get_asks(), truth.asks)):
                assert [(level.price, level.size) for level in levels] == [(float(p), float(q)) for p, q in true]

    async def until(self, condition):
        """Wait until something holds, at most two minutes of virtual time."""
        async with asyncio.timeout(120):
            while not condition():  # noqa: ASYNC110  # virtual time, and the other party tells nobody
                await asyncio.sleep(0.05)


def in_world(main, *, seed=7, **options):
    """Run a coroutine with a connected client on virtual time."""

    async def run(sim):
        world = World(sim, **options)
        try:
            assert await world.client.connect()
            await main(world)
        finally:
            await world.client.disconnect()
        assert not sim.stats[NAME].breaches

    run_virtual(run, seed=seed, exchanges=[NAME], symbols=MARKETS, strict_keys=True, limit=3600)


def price_of(world, symbol="BTC-USD", factor=1.0):
    return round(world.client.prices[symbol] * factor, 1)


class TestTrading:
    def test_an_order_s_life(self):
        """A limit order rests under the id that was computed, and is changed, cancelled, and not found again."""

        async def main(world):
            client = world.client
            await world.until(lambda: "BTC-USD" in client.prices)
            order = LimitOrder("BTC-USD", Side.BUY, price_of(world, factor=0.9), 0.1)
            [placed] = await client.place_orders([order])
            assert (placed.status, placed.order_id) == (OrderStatus.RESTING, order.oid)
            await world.until(lambda: order.oid in client.open_orders)
            world.check()
            cancelled = await client.cancel_order(Side.BUY, "BTC-USD", order.oid)
            assert cancelled.status is OrderStatus.CANCELLED
            again = await client.cancel_order(Side.BUY, "BTC-USD", order.oid)
            assert (again.is_error(), again.message) == (True, "Order not found")
            assert (await client.cancel_all()).is_error()
            await world.until(lambda: not client.open_orders)

        in_world(main)

    def test_a_transaction_of_many(self):
        """A ladder is placed as one transaction, replaced as one, and each action has its response."""

        async def main(world):
            client = world.client
            await world.until(lambda: "BTC-USD" in client.prices)
            ladder = [LimitOrder("BTC-USD", Side.BUY, price_of(world, factor=0.9 - 0.01 * n), 0.01) for n in range(5)]
            placed = await client.place_orders(ladder)
            assert [each.status for each in placed] == [OrderStatus.RESTING] * 5
            replaced = await client.place_orders(
                [CancelAll(["BTC-USD"]), LimitOrder("BTC-USD", Side.SELL, price_of(world, factor=1.2), 0.02)]
            )
            assert [each.status for each in replaced] == [OrderStatus.CANCELLED, OrderStatus.RESTING]
            assert len(replaced[0].meta) == 5
            await world.until(lambda: len(client.open_orders) == 1)
            world.check()
            assert client.open_orders.keys() == {replaced[1].order_id}

        in_world(main)

    def test_a_market_order_and_the_profit(self):
        """Positions, profit and fees after a flip are the venue's."""

        async def main(world):
            client = world.client
            await world.until(lambda: "BTC-USD" in client.prices)
            for side, size in ((Side.BUY, 0.5), (Side.SELL, 0.2), (Side.SELL, 0.6)):
                response = await client.place_market_order("BTC-USD", side, size)
                assert response.status is OrderStatus.FILLED
            await world.until(lambda: client.positions.get("BTC-USD") and client.positions["BTC-USD"].size < 0)
            await asyncio.sleep(1)
            world.check()
            assert client.inventory.fees > 0

        in_world(main)

    def test_refusals(self):
        """An order that would take although it may not, and one that is too large, are responses and no exceptions."""

        async def main(world):
            client = world.client
            await world.until(lambda: "BTC-USD" in client.prices)
            crossing = await client.place_limit_order(
                "BTC-USD", Side.BUY, price_of(world, factor=1.05), 0.01, time_in_force=TimeInForce.ALO
            )
            assert crossing.status is OrderStatus.REJECTED_CROSSING
            large = await client.place_limit_order("BTC-USD", Side.BUY, price_of(world, factor=0.9), 100_000)
            assert (large.status, large.message) == (OrderStatus.REJECTED_RISK_LIMIT, "Insufficient margin")
            with pytest.raises(RuntimeError, match="Duplicate nonce"):
                for price in (1, 2):
                    await client.place_limit_order("BTC-USD", Side.BUY, price, 1, nonce=5)

        in_world(main)

    def test_leverage(self):
        """A chosen leverage is told and kept; the response of an action without a status is unknown."""

        async def main(world):
            [response] = await world.client.place_orders([SetLeverage("BTC-USD", 3)])
            assert not response.is_error()
            await world.until(lambda: world.client.leverage_settings.get("BTC-USD") == 3)

        in_world(main)

    def test_a_wrong_key(self):
        """A signature for another network is refused in the venue's words."""

        async def main(sim):
            world = World(sim)
            client = BulkWebSocketClient(
                sim.transport.settings(NAME)["ws_url"], (), world.signer, signature_domain="mainnet", clock=sim.clock,
                transport=sim.transport,
            )  # fmt: skip
            assert await client.connect()
            with pytest.raises(RuntimeError, match="Invalid signature"):
                await client.place_limit_order("BTC-USD", Side.BUY, 1, 1)
            await client.disconnect()

        run_virtual(main, exchanges=[NAME], symbols=MARKETS, strict_keys=True)


def test_rest_tells_the_same():
    """What REST calls return is what the socket's state says."""

    async def main(world):
        client, http = world.client, world.http
        await world.until(lambda: "BTC-USD" in client.prices)
        order = LimitOrder("BTC-USD", Side.BUY, price_of(world, factor=0.9), 0.1)
        [placed] = await http.place_orders([order, MarketOrder("ETH-USD", Side.BUY, 1)][:1])
        assert placed.status is OrderStatus.RESTING
        await client.place_market_order("ETH-USD", Side.BUY, 1)
        await world.until(lambda: client.positions and client.open_orders)
        account = await http.full_account()
        assert [each.order_id for each in account.open_orders] == [order.oid]
        assert account.get_position("ETH-USD").size == 1
        assert [each.order_id for each in await http.open_orders()] == [order.oid]
        assert {(fill.symbol, fill.side) for fill in await http.fills(PUBLIC)} == {("ETH-USD", Side.BUY)}
        assert {row["symbol"] for row in await http.exchange_info()} >= set(SYMBOLS)
        assert (await http.ticker("BTC-USD")).symbol == "BTC-USD"
        assert len(await http.klines("BTC-USD", "1min", limit=3)) == 3
        assert len((await http.l2book("BTC-USD", 3)).bids) == 3
        for call in (http.order_history, http.closed_positions, http.funding_history, http.fee_tier, http.risk_history):
            assert isinstance(await call(), list)
        assert await http.stats() is not None
        assert await http.fee_state() is not None

    in_world(main)


def test_handlers_quote_without_standing_still():
    """A handler that awaits orders for every ticker keeps getting tickers, and its orders are answered."""
    answers, tickers = [], []

    async def main(world):
        async def quote(ticker):
            tickers.append(ticker)
            if len(answers) < 6:
                price = round(ticker.last_price * 0.95, 1)
                answers.append(await world.client.place_limit_order(ticker.symbol, Side.BUY, price, 0.01))

        world.client.on(Topic.TICKER, quote)
        await world.until(lambda: len(answers) == 6 and len(tickers) > 20)
        assert {answer.status for answer in answers} == {OrderStatus.RESTING}
        await world.until(lambda: len(world.client.open_orders) == 6)
        world.check()

    in_world(main)


class Life:
    """Random trading by the client and by others in the same account, and random trouble."""

    def __init__(self, world, seed):
        self.world = world
        self.random = Random(f"bulk/{seed}")

    async def trade(self, seconds):
        until = self.world.sim.clock.monotonic() + seconds
        while self.world.sim.clock.monotonic() < until:
            await asyncio.sleep(self.random.expovariate(2))
            try:
                await self.act()
            except (RuntimeError, TimeoutError, ResultUnknownError):
                continue  # not connected, refused, not answered, or cut off

    async def act(self):
        client, account = self.world.client, self.world.account
        symbol, market = self.random.choice(list(zip(SYMBOLS, MARKETS, strict=True)))
        side = self.random.choice((Side.BUY, Side.SELL))
        is_open = account.orders(is_open=True)
        deed = self.random.choice(("limit", "limit", "market", "cancel", "replace", "fill", "partial", "elsewhere"))
        size = round(self.random.uniform(0.01, 0.3), 3)
        price = price_of(self.world, symbol, self.random.uniform(0.97, 1.03))
        if deed == "limit" and len(is_open) < 15:
            await client.place_limit_order(symbol, side, price, size)
        elif deed == "market":
            await client.place_market_order(symbol, side, size)
        elif deed == "cancel" and client.open_orders:
            order = self.random.choice(list(client.open_orders.values()))
            await client.cancel_order(order.side, order.symbol, order.order_id)
        elif deed == "replace" and client.open_orders:
            order = self.random.choice(list(client.open_orders.values()))
            new = LimitOrder(order.symbol, order.side, price_of(self.world, order.symbol, 0.98), size)
            await client.place_orders([CancelOrder(order.symbol, order.order_id), new])
        elif deed in ("fill", "partial") and is_open:
            order = self.random.choice(is_open)
            half = (order.remaining / 2).quantize(Decimal("0.001"), ROUND_DOWN)
            if deed == "fill" or not half:
                account.fill(order)
            else:
                account.partial(order, half)
        elif deed == "elsewhere" and len(is_open) < 15:
            account.place(market, "buy" if side is Side.BUY else "sell", str(size), str(price))

    async def trouble(self, seconds):
        faults = self.world.sim.faults
        until = self.world.sim.clock.monotonic() + seconds
        while self.world.sim.clock.monotonic() < until:
            await asyncio.sleep(self.random.uniform(2, 8))
            kind = self.random.choice(("disconnect", "refuse", "garbage", "truncate", "stall"))
            if kind == "disconnect":
                faults.disconnect(NAME, code=self.random.choice((1000, 1001, 1006, 1011)))
            elif kind == "refuse":
                faults.refuse(NAME)
                faults.disconnect(NAME)
                await asyncio.sleep(self.random.uniform(1, 10))
                faults.refuse(NAME, on=False)
            elif kind == "garbage":
                faults.garbage(NAME, count=2)
            elif kind == "truncate":
                faults.truncate(NAME, count=2)
            else:
                faults.stall(NAME)
                await asyncio.sleep(self.random.uniform(1, 5))
                faults.stall(NAME, on=False)
                faults.disconnect(NAME)  # what was stalled is lost without a word, and only an end tells of it


@pytest.mark.parametrize("seed", range(2))
def test_after_every_trouble_the_state_is_the_venues(seed):
    """Under random trading and random faults, orders, positions, margin, profit and books end equal to the truth."""

    async def main(world):
        client, life = world.client, Life(world, seed)
        world.dialect.fills_tell_taker = seed % 2 == 0
        world.dialect.fills_have_ids = seed % 3 != 0
        for symbol in SYMBOLS:
            await client.subscribe_orderbook_delta(symbol)
        await world.until(lambda: len(client.prices) == 2)
        await asyncio.gather(life.trade(60), life.trouble(60))
        world.sim.faults.clear(NAME)
        await world.until(lambda: client.is_connected)
        await asyncio.sleep(35)
        assert client._link.reconnects > 0
        await client.cancel_all()
        await asyncio.sleep(5)
        world.check()
        await world.until(lambda: all(client.get_book(symbol).is_live for symbol in SYMBOLS))

    in_world(main, seed=seed)


def test_each_reconnect_is_the_truth_at_once():
    """Whatever happened while nobody was connected is known with the first state after it."""

    async def main(world):
        client, account, faults = world.client, world.account, world.sim.faults
        await world.until(lambda: "BTC-USD" in client.prices)
        price = price_of(world)
        for _ in range(4):
            orders = [account.place("BTCUSDC", "buy", "0.2", str(round(price * 0.9, 1))) for _ in range(2)]
            await world.until(lambda orders=orders: all(each.order_id in client.open_orders for each in orders))
            faults.refuse(NAME)
            faults.disconnect(NAME)
            await world.until(lambda: not client.is_connected)
            account.fill(orders[0])
            account.cancel(orders[1])
            closing = account.place("BTCUSDC", "sell", "0.3", str(round(price * 1.1, 1)))
            account.partial(closing, "0.1")
            faults.refuse(NAME, on=False)
            await world.until(lambda: client.is_connected and client._reader.own_is_known.is_set())
            world.check()

    in_world(main)
