"""The settings that decide how much is delivered: redundancy, rotate_at, backfill_limit and backfill_age."""

import asyncio

import pytest

from bt_api_py import BtApi, StreamEvent
from bt_api_py.exceptions import ConfigurationError
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.exchanges.base import Exchange
from bt_api_py.simulator import run_virtual

from .judge import Trades, on
from .mischief import shows_lost_updates

BINANCE = "BINANCE___SPOT"
SYMBOL = "SIM001USDT"
EVERY = pytest.mark.parametrize("exchange", sorted(name for name in EXCHANGES if "trades" in EXCHANGES[name].kinds))
LISTED = [name for name in EVERY.args[1] if EXCHANGES[name].trades_request is not Exchange.trades_request]


def row_of_trades(exchange):
    """Return the record of an exchange's trades."""
    adapter = EXCHANGES[exchange]()
    return adapter.channel_of(adapter.place("trades", "X").name).row


ORDERED = [name for name in LISTED if row_of_trades(name).ordered]
BOUNDED = [name for name in ORDERED if not row_of_trades(name).sparse]  # by ids that say where a hole begins and ends
LISTING = pytest.mark.parametrize("exchange", ORDERED)


def read(exchange, work, *, websocket=None, seconds=30.0, rate=30.0, **options):
    """Read trades for so long while `work(sim, api)` goes on; return the record and what `health()` said at the end."""

    async def main(sim):
        record = Trades(sim, exchange, "trades", on(exchange, SYMBOL))
        async with sim.api(websocket={"max_reconnect": None, **(websocket or {})}) as api:
            record.stream = api.stream_trades(exchange, on(exchange, SYMBOL), events=True, **options)

            async def take():
                async for item in record.stream:
                    record.take(item)

            task = asyncio.ensure_future(take())
            await asyncio.sleep(3)
            await work(sim, api)
            await asyncio.sleep(seconds)
            health = api.health()[exchange]
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return record, health

    return run_virtual(main, exchanges=[exchange], symbols=[SYMBOL], rate=rate)


BOUNDS = pytest.mark.parametrize(
    ("websocket", "options"),
    [({"backfill_limit": 3}, {}), ({"backfill_age": 2}, {}), ({}, {"backfill": False})],
    ids=["limit", "age", "not wanted"],
)


def kinds(record):
    return [event.kind for event in record.events]


async def outage(sim, api):
    """Cut the line, and let nobody in for ten seconds."""
    [exchange] = sim.exchanges
    sim.faults.refuse(exchange)
    sim.faults.disconnect(exchange)
    await asyncio.sleep(10)
    sim.faults.refuse(exchange, on=False)


@EVERY
def test_one_of_two_sockets_may_die(exchange):
    """With redundancy=2 a socket that is cut is no hole: nothing is declared, fetched or delivered twice."""

    async def cut_one(sim, api):
        session = next(iter(sim.world.find(exchange).sessions))
        session.end(1006)

    record, health = read(exchange, cut_one, websocket={"redundancy": 2})
    assert record.missing == []
    assert set(kinds(record)) <= {"connected"}
    assert record.stream.stats.reconnects == record.stream.stats.duplicates == 0
    [session] = health["connections"].values()
    assert len(session["legs"]) == 2
    assert all(leg["connected"] for leg in session["legs"].values())
    assert sum(leg["reconnects"] for leg in session["legs"].values()) == 1


@EVERY
def test_each_socket_tells_how_late_it_is(exchange):
    """`health()` counts for each socket the records that came there first and second, and the mean lateness."""

    async def nothing(sim, api):
        await asyncio.sleep(10)

    record, health = read(exchange, nothing, websocket={"redundancy": 2})
    [session] = health["connections"].values()
    first = sum(leg["first"] for leg in session["legs"].values())
    second = sum(leg["second"] for leg in session["legs"].values())
    assert first > 0
    assert abs(first - second) <= 5  # what came before the second socket was there, or is on its way
    assert first >= len(record.trades) - 5
    assert all(0 < leg["mean_lateness_ms"] < 50 for leg in session["legs"].values() if leg["second"])


@EVERY
def test_sockets_are_replaced_at_the_moment_of_the_users_choice(exchange):
    """With rotate_at an old socket is replaced at that time of day, without a hole and without a duplicate."""

    async def main(sim):
        record = Trades(sim, exchange, "trades", on(exchange, SYMBOL))
        async with sim.api(websocket={"rotate_at": "01:30"}) as api:
            record.stream = api.stream_trades(exchange, on(exchange, SYMBOL), events=True)

            async def take():
                async for item in record.stream:
                    record.take(item)

            task = asyncio.ensure_future(take())
            await asyncio.sleep(2 * 3600)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return record

    record = run_virtual(main, exchanges=[exchange], symbols=[SYMBOL], tick=0.5)
    assert kinds(record).count("rotated") == 1
    at = next(event.timestamp for event in record.events if event.kind == "rotated")
    assert 90 * 60_000 <= at % 86_400_000 < 92 * 60_000
    assert record.missing == []
    assert set(kinds(record)) <= {"connected", "rotated"}


@LISTING
def test_a_hole_is_filled(exchange):
    """After an outage every trade of it is fetched, in order, and `backfilled` says so."""
    record, _ = read(exchange, outage)
    assert record.missing == []
    assert kinds(record).count("gap") == kinds(record).count("backfilled") == 1
    assert kinds(record).index("gap") < kinds(record).index("backfilled")
    assert record.stream.stats.backfilled > 5
    assert [item.get_origin() for item in record.trades].count("backfill") == record.stream.stats.backfilled


@pytest.mark.parametrize("exchange", [name for name in LISTED if name not in ORDERED])
def test_a_hole_is_filled_from_the_latest_trades(exchange):
    """As far as the list reaches back to a trade that was received, nothing is missing after an outage."""
    record, _ = read(exchange, outage, rate=8.0)
    assert record.missing == []
    assert kinds(record).index("gap") < kinds(record).index("backfilled")
    assert record.stream.stats.backfilled > 3


@BOUNDS
@pytest.mark.parametrize("exchange", [name for name in LISTED if name not in BOUNDED])
def test_a_hole_beyond_the_bound_is_declared_by_its_time(exchange, websocket, options):
    """A hole that is too large, too old or not to be filled stays, and nothing of it is handed out."""
    record, _ = read(exchange, outage, rate=8.0, websocket=websocket, **options)
    assert len(record.missing) == 1
    assert "backfilled" not in kinds(record)
    [gap] = [event for event in record.events if event.kind == "gap"]
    assert (gap.from_id, gap.count, gap.filled) == (None, None, False)
    [(first, last)] = record.ranges("gap")
    assert first <= record.missing[0][0] <= record.missing[0][1] <= last


@BOUNDS
@pytest.mark.parametrize("exchange", BOUNDED)
def test_a_hole_beyond_the_bound_is_declared_and_stays(exchange, websocket, options):
    """A hole that is too large, too old or not to be filled is declared with its bounds, and counted."""
    record, _ = read(exchange, outage, websocket=websocket, **options)
    assert len(record.missing) == 1
    assert "backfilled" not in kinds(record)
    [gap] = [event for event in record.events if event.kind == "gap"]
    assert gap.from_id is not None
    assert record.ranges("gap") == record.missing
    # Only where ids are known to grow by one is the number known without asking.
    count = record.units(*record.missing[0])
    assert (gap.count, record.stream.stats.missing) in ((count, count), (None, 0))
    assert record.stream.stats.gaps == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("redundancy", 0),
        ("redundancy", True),
        ("redundancy", 1.5),
        ("rotate_at", "24:00"),
        ("rotate_at", "4:30"),
        ("rotate_at", 430),
        ("backfill_limit", -1),
        ("backfill_limit", 1.0),
        ("backfill_age", -0.1),
        ("backfill_age", float("inf")),
    ],
)
def test_a_bad_value_is_refused_at_once(name, value):
    """A value out of range is an error of `BtApi(...)` that names the setting and the exchange."""
    with pytest.raises(ConfigurationError, match=rf"{BINANCE}.*websocket\.{name}"):
        BtApi({BINANCE: {"websocket": {name: value}}})


@pytest.mark.parametrize(
    ("name", "value"),
    [("redundancy", 3), ("rotate_at", "00:00"), ("rotate_at", None), ("backfill_limit", 0), ("backfill_age", 0)],
)
def test_a_value_at_the_edge_is_taken(name, value):
    """The edges of each range are inside it."""
    assert BtApi({BINANCE: {"websocket": {name: value}}}).list_exchanges() == [BINANCE]


@pytest.mark.parametrize("exchange", sorted(name for name in EXCHANGES if "depth" in EXCHANGES[name].kinds))
def test_a_book_that_broke_many_times_comes_back(exchange):
    """However often a book broke, it is asked for again after a pause, though its updates go on meanwhile."""

    async def main(sim):
        async with sim.api(websocket={"max_reconnect": None}) as api:
            stream = api.stream_depth(exchange, on(exchange, SYMBOL), levels=None)
            seen = []

            async def take():
                async for _ in stream:
                    seen.append(sim.clock.monotonic())

            task = asyncio.ensure_future(take())
            await asyncio.sleep(3)
            for _ in range(7):
                sim.faults.garbage(exchange, kind="nan", topic="depth")
                broken = len(seen)
                async with asyncio.timeout(60):
                    while len(seen) < broken + 3 or stream.stats.state != "live":  # noqa: ASYNC110  # virtual time
                        await asyncio.sleep(0.5)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return stream.stats.resyncs

    assert run_virtual(main, exchanges=[exchange], symbols=[SYMBOL], rate=30.0) <= 7


@pytest.mark.parametrize("exchange", sorted(name for name in EXCHANGES if not shows_lost_updates(name)))
@pytest.mark.parametrize("kind", ["text", "json"])
def test_what_cannot_be_read_begins_a_book_without_numbers_anew(exchange, kind):
    """It may have been an update: the book is declared absent, asked for again, and whole from there on."""

    async def main(sim):
        async with sim.api(websocket={"max_reconnect": None}) as api:
            stream = api.stream_depth(exchange, on(exchange, SYMBOL), levels=None, events=True)
            told = []

            async def take():
                async for item in stream:
                    if isinstance(item, StreamEvent):
                        told.append(item.kind)

            task = asyncio.ensure_future(take())
            await asyncio.sleep(5)
            sim.faults.garbage(exchange, kind=kind, topic="depth")
            await asyncio.sleep(5)
            state = stream.stats.state
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return told, state, stream.stats

    told, state, stats = run_virtual(main, exchanges=[exchange], symbols=[SYMBOL], rate=30.0)
    assert told.index("gap") < told.index("resynced")
    assert (state, stats.resyncs, stats.reconnects) == ("live", 1, 0)
