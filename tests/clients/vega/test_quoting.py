"""The quoting bot in the simulated network."""

import asyncio
from decimal import Decimal

import pytest

from bt_api_py.clients.vega import QuotingBot


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


async def test_nothing_is_quoted_while_the_market_does_not_trade(world, store, bot):
    """In an auction, or with streams that are down, the quotes are taken out."""
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
