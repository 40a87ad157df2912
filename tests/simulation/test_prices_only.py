"""A venue that tells nothing but prices, without numbers, times or subscriptions: silence is noticed all the same."""

import asyncio

from bt_api_py import TickerData
from bt_api_py.simulator import run_virtual

NAME = "COINBLOCKPRO___SPOT"
MARKET = "btc_ltc"
IMPATIENT = {"stale_after": 4, "ping_interval": 4, "ping_timeout": 2}


def watched(play, seconds=60):
    """Read one market while `play(sim, venue)` goes on; return what came, and how often was connected."""

    async def main(sim):
        venue = sim.venue(NAME)
        venue.venue.gap = None
        items = []

        async def read(stream):
            async for item in stream:
                items.append(item if isinstance(item, TickerData) else item.kind)

        async with sim.api(websocket=IMPATIENT) as api:
            task = asyncio.ensure_future(read(api.stream_ticker(NAME, MARKET, events=True)))
            await asyncio.sleep(2)
            await play(sim, venue)
            await asyncio.sleep(seconds)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return items, sim.stats[NAME].connects

    return run_virtual(main, exchanges=[NAME])


def test_a_price_that_never_came_is_told_once():
    """A lost change is found by REST and told as `stale`; the market being quiet since, nothing is done again."""

    async def lose_one(sim, venue):
        venue.push(MARKET, 1)
        sim.faults.skip(NAME, count=1)
        venue.push(MARKET, 2)

    items, connects = watched(lose_one)
    events = [item for item in items if isinstance(item, str)]
    assert [item.get_last_price() for item in items if isinstance(item, TickerData)] == [1]
    assert events.count("stale") == 1
    assert connects == 1


def test_a_stalled_feed_is_connected_again():
    """As long as prices go on changing without a frame, the feed is given up and opened again."""

    async def stall(sim, venue):
        venue.push(MARKET, 1)
        sim.faults.stall(NAME)
        for price in range(2, 22):
            venue.push(MARKET, price)
            await asyncio.sleep(1)
        sim.faults.stall(NAME, on=False)
        venue.push(MARKET, 100)

    items, connects = watched(stall)
    assert "stale" in items
    assert connects > 1
    assert items[-1].get_last_price() == 100


def test_a_quiet_feed_is_left_alone():
    """While no price changes nothing is told and nothing is connected anew, before the first price and after it."""

    async def be_quiet(sim, venue):
        await asyncio.sleep(30)
        venue.push(MARKET, 1)

    items, connects = watched(be_quiet)
    assert connects == 1
    assert not {item for item in items if isinstance(item, str)} - {"connected"}
    assert sum(isinstance(item, TickerData) for item in items) == 1


def test_other_markets_are_no_sign_of_life_of_this_one():
    """Each market is looked at by itself, although all come by one feed."""

    async def lose_one_market(sim, venue):
        venue.push(MARKET, 1)
        sim.faults.stall(NAME, symbol=MARKET)
        for price in range(2, 12):
            venue.push(MARKET, price)
            venue.push("btc_eth", price)
            await asyncio.sleep(1)

    items, _ = watched(lose_one_market, seconds=1)
    assert "stale" in items
