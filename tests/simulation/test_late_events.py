"""An account whose venue attaches a stream to what changes only some time after the socket is open."""

import asyncio

from bt_api_py.simulator import run_virtual

VEGA = "VEGA___FUTURE"


def test_what_changes_before_events_are_sure_to_come_is_told():
    """An order that is filled between the opening of the sockets and the first event is told as filled, once."""

    async def main(sim):
        sim.world.find(VEGA).snapshot_gap = 0.9
        account = sim.account(VEGA)
        order = account.place("BTCUSDT", "buy", "0.01", "80000")
        told = []
        async with sim.api(api_key=account.api_key) as api:

            async def follow():
                async for item in api.stream_orders(VEGA):
                    told.append((item.get_order_id(), item.get_status()))

            reading = asyncio.ensure_future(follow())
            while sim.stats[VEGA].connects < 4:  # noqa: ASYNC110  # the venue tells nobody
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.3)
            account.fill(order)
            later = account.place("BTCUSDT", "buy", "0.02", "79000")
            await asyncio.sleep(5)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        return told, order.order_id, later.order_id

    told, filled, later = run_virtual(main, exchanges=[VEGA], symbols=["BTCUSDT"])
    assert told in ([(later, "new")], [(filled, "filled"), (later, "new")])
