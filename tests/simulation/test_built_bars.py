"""Candles made from trades: as the venues' own on every exchange, whole from the first, closed when they are over."""

import asyncio
import json
import math
from dataclasses import replace

import pytest

from bt_api_py import InvalidSymbolError, StreamEvent, WebSocketError
from bt_api_py.exchanges import EXCHANGES
from bt_api_py.simulator import run_virtual
from bt_api_py.simulator.virtual_time import EPOCH_S

from .judge import Bars, on

SYMBOL = "SIM001USDT"
WITHOUT = "COINBASE___SPOT"  # its feed has no candles
BOTH = sorted(
    name for name, cls in EXCHANGES.items() if {"trades", "klines"} <= set(cls.kinds) and "1m" in cls.intervals
)


@pytest.fixture(params=BOTH)
def exchange(request, monkeypatch):
    """Return the name of each exchange in turn, its candles made from trades whether or not its feed has them."""
    monkeypatch.setattr(EXCHANGES[request.param], "built", frozenset({"1m", "5m"}))
    return request.param


def run(exchange, work, *, symbol=SYMBOL, rate=10.0, **more):
    """Return what `work(sim, api)` returns, on virtual time."""

    async def main(sim):
        async with sim.api(websocket={"max_reconnect": None, **more}) as api:
            found = await work(sim, api)
        assert not sim.stats[exchange].breaches
        return found

    return run_virtual(main, exchanges=[exchange], symbols=[symbol, "HALTUSDT"], rate=rate)


async def follow(sim, api, exchange, seconds, *, interval="1m", symbol=SYMBOL, **options):
    """Return the judged record of a stream after so many seconds."""
    symbol = on(exchange, symbol)
    record = Bars(sim, exchange, f"klines {interval}", symbol, interval=interval)
    record.bars = []
    record.stream = api.stream_klines(exchange, symbol, interval, events=True, **options)
    until = sim.clock.monotonic() + seconds
    while (left := until - sim.clock.monotonic()) > 0:
        try:
            async with asyncio.timeout(left):
                item = await anext(record.stream)
        except TimeoutError:
            break
        record.take(item)
        if not isinstance(item, StreamEvent):
            record.bars.append((sim.clock.monotonic(), item))
    return record


def test_they_are_the_venue_s_own(exchange):
    """Candles made from trades equal the market's, over a lost connection as well, and say that they were built."""

    async def work(sim, api):
        reading = asyncio.ensure_future(follow(sim, api, exchange, 250))
        await asyncio.sleep(100)
        sim.faults.disconnect(exchange)
        record = await reading
        record.check()
        assert len(record.closed) >= 3
        origins = {bar.get_origin() for _, bar in record.bars}
        assert "built" in origins
        return record

    run(exchange, work)


def test_a_quiet_market_has_the_candles_that_the_venue_lists(exchange, monkeypatch):
    """A minute without trades has a candle where the venue's list has one, and none where it has not."""

    async def work(sim, api):
        before = await api.async_get_kline(exchange, on(exchange, SYMBOL), "1m", limit=100)
        lists_them = any(bar.get_volume() == 0 for bar in before)
        monkeypatch.setattr(EXCHANGES[exchange], "lists_quiet_bars", lists_them)
        record = await follow(sim, api, exchange, 900)
        made = {bar.get_timestamp(): told(bar) for _, bar in record.bars if bar.get_bar_status()}
        after = await api.async_get_kline(exchange, on(exchange, SYMBOL), "1m")
        listed = {bar.get_timestamp(): told(bar) for bar in after}
        return made, {at: bar for at, bar in listed.items() if min(made) <= at <= max(made)}

    made, listed = run(exchange, work, rate=0.5)
    assert len(made) > 4
    assert made == listed


def told(bar):
    return bar.get_open(), bar.get_high(), bar.get_low(), bar.get_close(), pytest.approx(bar.get_volume(), rel=1e-12)


def test_the_running_candle_is_whole_from_the_first(exchange):
    """Who comes in the middle of a candle gets it with all that was traded before."""
    if not EXCHANGES[exchange]().channel_of(EXCHANGES[exchange]().place("trades", "X").name).contiguous:
        pytest.skip(f"the trade ids of {exchange} may have no order")

    async def work(sim, api):
        sim.world.find(exchange).venue.watch(on(exchange, SYMBOL))
        await asyncio.sleep(40)
        record = await follow(sim, api, exchange, 10)
        _, first = record.bars[0]
        bars = sim.truth.klines(exchange, on(exchange, SYMBOL), "1m")
        [truth] = [bar for bar in bars if bar.open_ms == first.get_timestamp()]
        assert first.get_open() == float(truth.open)
        _, last = record.bars[-1]
        assert last.get_volume() == pytest.approx(float(truth.volume), rel=1e-9)
        assert last.get_num_trades() == truth.trades or math.isnan(last.get_num_trades())  # not every venue counts

    run(exchange, work)


def test_a_list_that_lags_behind_is_asked_again():
    """A trade that the list does not show yet is waited for, so that the first candle lacks nothing."""

    async def work(sim, api):
        dialect = sim.world.find(WITHOUT)
        dialect.venue.watch(SYMBOL)
        await asyncio.sleep(40)
        answered, lagging = dialect.limited, [True, True]

        def limited(path, query, recorded):
            answer = answered(path, query, recorded)
            if path.endswith("/trades") and lagging:
                lagging.pop()
                answer = replace(answer, body=json.dumps(json.loads(answer.body)[1:]).encode())
            return answer

        dialect.limited = limited
        record = await follow(sim, api, WITHOUT, 15)
        assert lagging == []
        _, bar = record.bars[-1]
        [truth] = [row for row in sim.truth.klines(WITHOUT, SYMBOL, "1m") if row.open_ms == bar.get_timestamp()]
        assert bar.get_volume() == pytest.approx(float(truth.volume), rel=1e-9)

    run(WITHOUT, work)


def test_a_candle_closes_when_it_is_over():
    """On a quiet market the clock closes a candle within half a second of its end, and asks the venue's list first."""

    async def work(sim, api):
        record = await follow(sim, api, WITHOUT, 600)
        late = [at - (bar.get_timestamp() / 1000 + 60 - EPOCH_S) for at, bar in record.bars if bar.get_bar_status()]
        assert len(late) >= 5
        assert 0 < min(late) <= max(late) < 0.6
        record.check()

    run(WITHOUT, work, rate=1.0)


def test_a_candle_is_not_closed_while_its_trades_are_on_their_way():
    """What the list tells and the feed does not yet is waited for; what never comes is taken from the list."""

    async def work(sim, api):
        reading = asyncio.ensure_future(follow(sim, api, WITHOUT, 100))
        await asyncio.sleep(50)
        sim.faults.stall(WITHOUT, topic="trades")
        record = await reading
        [(_, bar)] = [(at, bar) for at, bar in record.bars if bar.get_bar_status()]
        assert (bar.get_timestamp() / 1000 - EPOCH_S, bar.get_origin()) == (0.0, "backfill")
        record.check()

    run(WITHOUT, work)


def test_without_a_list_the_clock_closes_nothing():
    """While the venue cannot be asked, only the next trade tells that a candle is over."""

    async def work(sim, api):
        reading = asyncio.ensure_future(follow(sim, api, WITHOUT, 100))
        await asyncio.sleep(50)
        sim.faults.http_status(WITHOUT, 503)
        sim.faults.slow(WITHOUT, 8.0)
        record = await reading
        [(at, bar)] = [(at, bar) for at, bar in record.bars if bar.get_bar_status()]
        assert 68 < at < 80
        assert bar.get_origin() == "built"
        record.check()

    run(WITHOUT, work, stale_after=600)


def test_what_cannot_be_completed_is_not_handed_out():
    """When the past of the running candle cannot be had, it is declared, and comes closed from the list."""

    async def work(sim, api):
        await api.async_get_symbols(WITHOUT)
        sim.world.find(WITHOUT).venue.watch(SYMBOL)
        await asyncio.sleep(30)
        sim.faults.http_status(WITHOUT, 400, path="/trades")
        record = await follow(sim, api, WITHOUT, 100)
        at, first = record.bars[0]
        assert (first.get_bar_status(), first.get_origin()) == (True, "backfill")
        assert 60 < at < 70
        assert all(bar.get_origin() == "built" for _, bar in record.bars[1:])
        assert [event.kind for event in record.events if event.kind in ("gap", "backfilled")] == [
            "gap",
            "gap",
            "backfilled",
        ]
        record.check()

    run(WITHOUT, work)


def test_a_hole_that_stays_is_filled_with_listed_candles():
    """Trades that are not fetched end what is being made; the list closes it, and the running one is completed anew."""

    async def work(sim, api):
        reading = asyncio.ensure_future(follow(sim, api, WITHOUT, 250))
        await asyncio.sleep(50)
        sim.faults.refuse(WITHOUT)
        sim.faults.disconnect(WITHOUT)
        await asyncio.sleep(80)
        sim.faults.refuse(WITHOUT, on=False)
        record = await reading
        record.check()
        kinds = [event.kind for event in record.events]
        assert kinds.index("disconnected") < kinds.index("stale") < kinds.index("gap") < kinds.index("backfilled")
        listed = [bar for bar in record.closed.values() if bar.get_origin() == "backfill"]
        assert len(listed) == 2  # the one that was being made, and the one after it
        assert record.stream.stats.backfilled == 2
        assert record.stream.stats.missing == 0
        assert record.stream.stats.reconnects == 1

    run(WITHOUT, work, backfill_limit=5)


def test_long_candles_begin_with_shorter_ones():
    """A day is completed by a few calls, from hours, minutes and trades."""

    async def work(sim, api):
        await asyncio.sleep(3 * 3600 + 754)
        calls = sum(sim.stats[WITHOUT].http.values())
        record = await follow(sim, api, WITHOUT, 10, interval="1d")
        _, bar = record.bars[-1]
        [truth] = [row for row in sim.truth.klines(WITHOUT, SYMBOL, "1d") if row.open_ms == bar.get_timestamp()]
        assert (bar.get_open(), bar.get_high(), bar.get_low()) == tuple(map(float, (truth.open, truth.high, truth.low)))
        assert bar.get_volume() == pytest.approx(float(truth.volume), rel=1e-9)
        assert bar.get_amount() != bar.get_amount()  # the list does not tell it
        assert sum(sim.stats[WITHOUT].http.values()) - calls <= 6

    run(WITHOUT, work, rate=3.0)


def test_candles_and_trades_share_a_subscription():
    """Readers of trades and of candles of any interval cost one subscription, and the last to leave ends it."""

    async def work(sim, api):
        streams = [api.stream_klines(WITHOUT, SYMBOL, word) for word in ("1m", "1h")]
        streams += [api.stream_trades(WITHOUT, SYMBOL), api.stream_klines(WITHOUT, "sim001/usdt", "1m")]
        firsts = await asyncio.gather(*(anext(stream) for stream in streams))
        assert firsts[-1].get_symbol() == "sim001/usdt"
        assert sim.stats[WITHOUT].subscribes == sim.stats[WITHOUT].connects == 1
        late = api.stream_klines(WITHOUT, SYMBOL, "1m")
        running = await anext(late)  # at once: what is known is handed out
        assert (running.get_origin(), running.get_bar_status()) == ("built", False)
        for stream in (*streams, late):
            await stream.aclose()
        await asyncio.sleep(15)
        assert sim.stats[WITHOUT].open_sockets == 0
        assert api.health()[WITHOUT]["topics"] == []

    run(WITHOUT, work)


def test_the_end_of_the_trades_is_the_end_of_the_candles():
    """When the trades are refused, or their sockets, the stream of candles ends with the same error."""

    async def work(sim, api):
        await api.async_get_symbols(WITHOUT)
        sim.faults.reject_subscribe(WITHOUT, SYMBOL)
        with pytest.raises(InvalidSymbolError, match="not a valid product"):
            await anext(api.stream_klines(WITHOUT, SYMBOL, "1m"))
        sim.faults.reject_subscribe(WITHOUT, SYMBOL, on=False)
        stream = api.stream_klines(WITHOUT, SYMBOL, "1m")
        await anext(stream)
        sim.faults.refuse(WITHOUT)
        sim.faults.disconnect(WITHOUT)
        with pytest.raises(WebSocketError, match="gave up"):
            async for _ in stream:
                pass
        assert stream.stats.state == "failed"

    run(WITHOUT, work, max_reconnect=2)


def test_only_closed_candles_when_asked():
    """With closed_only the running candle is left out."""

    async def work(sim, api):
        record = await follow(sim, api, WITHOUT, 200, closed_only=True)
        assert [bar.get_bar_status() for _, bar in record.bars] == [True] * 3

    run(WITHOUT, work)
