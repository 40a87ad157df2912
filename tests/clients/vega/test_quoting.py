"""The quoting bot in the simulated network."""

import asyncio
from decimal import Decimal

import pytest

from bt_api_py.clients.vega import QuotingBot

from ...net.fakes import settle
from . import messages as m


def position(world):
    return world.account.position_of("BTCUSDT").quantity


def open_orders(world):
    return list(world.account.orders(is_open=True))


@pytest.fixture
async def bot(world, store):
    async with world.wallet() as wallet:
        yield QuotingBot(store, wallet, world.market, max_abs_position="0.5", size="0.2", clock=world.clock)


async def test_both_sides_are_quoted_at_the_best_prices(world, store, bot):
    """After a step there is a buy at the best bid and a sell at the best offer, and they follow the market."""
    await bot.step()
    await asyncio.sleep(1)
    assert sorted(order.side for order in open_orders(world)) == ["buy", "sell"]
    before = {order.order_id for order in open_orders(world)}
    await asyncio.sleep(5)
    market = store.get_market_by_id(world.market)
    await bot.step()
    await asyncio.sleep(1)
    by_side = {order.side: order for order in open_orders(world) if order.order_id in before}
    if "buy" in by_side:
        assert by_side["buy"].price == market.best_bid_price
    if "sell" in by_side:
        assert by_side["sell"].price == market.best_offer_price


async def test_the_limit_is_never_exceeded(world, bot):
    """However the fills come, the position stays inside, it moves, and at the end nothing is left in the book."""
    seen = set()

    async def watch():
        while True:
            seen.add(position(world))
            at_worst = {side: Decimal(0) for side in ("buy", "sell")}
            for order in open_orders(world):
                at_worst[order.side] += order.remaining
            assert position(world) + at_worst["buy"] <= Decimal("0.5")
            assert position(world) - at_worst["sell"] >= Decimal("-0.5")
            await asyncio.sleep(0.05)

    watching = asyncio.ensure_future(watch())
    running = asyncio.ensure_future(bot.run())
    for _ in range(6):
        await asyncio.sleep(20)
        world.sim.faults.disconnect("VEGA___FUTURE")
    await asyncio.sleep(20)
    assert not watching.done()
    assert not running.done()
    running.cancel()
    watching.cancel()
    await asyncio.gather(running, watching, return_exceptions=True)
    await asyncio.sleep(1)
    assert open_orders(world) == []
    assert len(seen) > 3


class Sent:
    """A wallet that keeps what it is given."""

    def __init__(self):
        self.batches = []

    async def submit_transaction(self, transaction):
        self.batches.append(transaction["batchMarketInstructions"])


@pytest.fixture
async def quoting(played, transport, clock):
    """Return a bot on a node that the test plays, and the batches that it sent."""
    await played.wait_ready(10)
    sent = Sent()
    return QuotingBot(played, sent, m.MARKET, max_abs_position=1, clock=clock, name="q"), sent.batches


async def tell(transport, path, message):
    m.socket(transport, path).feed(message)
    await settle()


@pytest.mark.parametrize("mode", [0, 2, 3, 4, 5, 6, 7, 8, 99])
async def test_nothing_is_quoted_outside_continuous_trading(quoting, transport, mode):
    """In an auction, a suspension or a mode that nobody knows, nothing is sent but a cancellation of what is open."""
    bot, batches = quoting
    await tell(transport, "markets/data", m.result(marketData=[m.STREAMED_DATA | {"marketTradingMode": mode}]))
    await bot.step()
    assert batches == []
    await tell(transport, "orders", m.update("orders", m.STREAMED_ORDER))
    await bot.step()
    assert batches == [{"cancellations": [{"marketId": m.MARKET}], "amendments": [], "submissions": []}]
    await tell(transport, "markets/data", m.result(marketData=[m.STREAMED_DATA]))
    await tell(transport, "orders", m.update("orders", m.STREAMED_ORDER | {"status": 3}))
    await bot.step()
    assert [order["side"] for order in batches[-1]["submissions"]] == ["SIDE_BUY", "SIDE_SELL"]


@pytest.mark.parametrize("missing", ["bestBidPrice", "bestOfferPrice"])
@pytest.mark.parametrize("price", ["0", None])
async def test_no_price_is_no_quote(quoting, transport, missing, price):
    """A best price that is 0 or absent is never quoted at."""
    bot, batches = quoting
    data = {**m.STREAMED_DATA, missing: price}
    if price is None:
        del data[missing]
    await tell(transport, "markets/data", m.result(marketData=[data]))
    await bot.step()
    assert batches == []


async def test_nothing_is_quoted_while_streams_are_down(world, store, bot):
    """What is known may be old then, so the quotes are taken out."""
    await bot.step()
    await asyncio.sleep(1)
    assert open_orders(world)
    world.sim.faults.refuse("VEGA___FUTURE")
    world.sim.faults.disconnect("VEGA___FUTURE")
    await asyncio.sleep(0.3)
    assert not store.is_live
    world.sim.faults.refuse("VEGA___FUTURE", on=False)
    await bot.step()
    await asyncio.sleep(1)
    assert open_orders(world) == []
