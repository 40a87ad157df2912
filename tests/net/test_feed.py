"""Order, duplicates and holes of one topic, and what is done about them."""

import asyncio
import gc
import warnings

import pytest

from bt_api_py import ConfigurationError, StreamEvent, StreamOverflowError
from bt_api_py.exceptions import StreamUsageError
from bt_api_py.net.hub import Hub

from .fakes import settle, trade

SPOT = "BINANCE___SPOT"


def row(number):
    """Return a trade as the REST list has it."""
    wire = trade(number)["data"]
    return {"id": number, "price": wire["p"], "qty": wire["q"], "time": wire["T"], "isBuyerMaker": wire["m"]}


def newest(number):
    """Return the page by which the venue tells its newest trade."""
    page = {"symbol": "BTCUSDT", "lastPrice": "100", "openPrice": "99", "volume": "5", "closeTime": 5}
    return 200, {}, page | {"lastId": number}


def bar(minute, close, *, closed=False):
    """Return a running or closed bar of one minute as the venue sends it."""
    begin = minute * 60_000
    figures = {"t": begin, "T": begin + 59_999, "i": "1m", "o": "1", "h": "9", "l": "1", "c": close, "v": "5", "q": "5"}
    data = {"e": "kline", "E": begin, "s": "BTCUSDT", "k": figures | {"n": 3, "x": closed}}
    return {"stream": "btcusdt@kline_1m", "data": data}


@pytest.fixture
def history(transport):
    """Let the venue's REST list hold these trades, and note what was asked for."""
    held, asked = set(), []

    def answer(query):
        asked.append(query)
        first = int(query.get("fromId", 0))
        rows = [row(number) for number in sorted(held) if number >= first]
        return 200, {}, rows[: int(query["limit"])]

    transport.pages["historicalTrades"] = answer
    return held, asked


@pytest.fixture
async def opened(connect, transport):
    """Return a maker of streams: (stream, its socket)."""
    streams = []

    async def make(kind="trades", *args, settings=None, **options):
        api = connect(**(settings or {}))
        stream = getattr(api, f"stream_{kind}")(SPOT, "BTCUSDT", *args, **options)
        reader = asyncio.ensure_future(anext(stream))
        await settle()
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        streams.append(stream)
        return stream, transport.sockets[-1]

    yield make
    for stream in streams:
        await stream.aclose()


async def queued(stream):
    return [await anext(stream) for _ in range(stream.stats.queued)]


def ids(items):
    return [int(item.get_trade_id()) for item in items if not isinstance(item, StreamEvent)]


def told(items, kind):
    return [item for item in items if isinstance(item, StreamEvent) and item.kind == kind]


class TestReaders:
    async def test_a_reader_that_overflows_costs_the_others_nothing(self, connect, transport):
        """The reader beside one that gives up in the middle of a hand-out gets that item too."""
        api = connect()
        narrow = api.stream_trades(SPOT, "BTCUSDT", buffer=1)
        wide = api.stream_trades(SPOT, "BTCUSDT")
        readers = [asyncio.ensure_future(anext(stream)) for stream in (narrow, wide)]
        await settle()
        transport.sockets[-1].feed(trade(1))
        await asyncio.gather(*readers)
        transport.sockets[-1].feed(*(trade(number) for number in (2, 3, 4)))
        await settle()
        assert ids(await queued(wide)) == [2, 3, 4]
        assert ids(await queued(narrow)) == [2]
        with pytest.raises(StreamOverflowError, match="by 1 items"):
            await anext(narrow)
        await wide.aclose()


class TestTrades:
    async def test_a_hole_is_filled_in_order(self, opened, clock, history):
        """Missing trades are fetched, come before the live one that showed the hole, and say where they come from."""
        history[0].update(range(1, 100))
        stream, socket = await opened(events=True)
        socket.feed(trade(1), trade(2), trade(6), trade(7))
        await clock.run(5)
        items = await queued(stream)
        assert ids(items) == [1, 2, 3, 4, 5, 6, 7]
        origins = [item.get_origin() for item in items if not isinstance(item, StreamEvent)]
        assert origins == ["live", "live", "backfill", "backfill", "backfill", "live", "live"]
        [gap] = told(items, "gap")
        assert (gap.from_id, gap.to_id, gap.count, gap.topic, gap.symbol) == ("3", "5", 3, "trades", "BTCUSDT")
        assert len(told(items, "backfilled")) == 1
        assert (stream.stats.gaps, stream.stats.backfilled, stream.stats.missing) == (1, 3, 0)

    async def test_what_cannot_be_had_is_declared(self, opened, clock, history):
        """Trades that REST does not have are counted as missing, and the live ones go on."""
        history[0].update({3, 6, 7})
        stream, socket = await opened(events=True)
        socket.feed(trade(1), trade(2), trade(6), trade(7))
        await clock.run(60)
        items = await queued(stream)
        assert ids(items) == [1, 2, 3, 6, 7]
        assert (stream.stats.missing, stream.stats.backfilled) == (2, 1)
        assert stream.stats.delivered == 5

    async def test_without_rest_a_hole_is_declared(self, opened, clock, transport):
        """When REST refuses, the hole is declared whole, and the live trades go on."""
        transport.pages["historicalTrades"] = (403, {}, b"")
        stream, socket = await opened(events=True)
        socket.feed(trade(1), trade(5))
        await clock.run(120)
        items = await queued(stream)
        assert ids(items) == [1, 5]
        assert stream.stats.missing == 3
        assert [gap.count for gap in told(items, "gap")] == [3]

    async def test_nothing_is_fetched_when_nobody_wants_it(self, opened, clock, history):
        """With backfill=False a hole is declared and REST is left alone."""
        held, asked = history
        held.update(range(1, 100))
        stream, socket = await opened(events=True, backfill=False)
        socket.feed(trade(1), trade(5))
        await clock.run(10)
        assert ids(await queued(stream)) == [1, 5]
        assert stream.stats.missing == 3
        assert asked == []

    async def test_what_comes_twice_is_left_out(self, opened, history):
        """A trade that was handed out before is counted as a duplicate, out of order too."""
        stream, socket = await opened()
        socket.feed(trade(1), trade(1), trade(2), trade(1), trade(2), trade(3))
        await settle()
        assert ids(await queued(stream)) == [1, 2, 3]
        assert stream.stats.duplicates == 3
        assert stream.stats.gaps == 0

    async def test_a_reconnect_is_joined_by_ids(self, opened, transport, clock, history):
        """After a reconnect only what is really missing is fetched, and an overlap comes once."""
        history[0].update(range(1, 100))
        stream, socket = await opened(events=True)
        socket.feed(trade(1), trade(2))
        await settle()
        socket.lose()
        await clock.run(5)
        transport.sockets[-1].feed(trade(2), trade(5))
        await clock.run(5)
        items = await queued(stream)
        assert ids(items) == [1, 2, 3, 4, 5]
        assert len(told(items, "disconnected")) == 1
        assert stream.stats.reconnects == 1

    async def test_a_reconnect_without_a_hole_declares_none(self, opened, transport, clock):
        """When the ids go on where they stopped, a reconnect is no gap."""
        stream, socket = await opened(events=True)
        socket.feed(trade(1))
        await settle()
        socket.lose()
        await clock.run(5)
        transport.sockets[-1].feed(trade(2))
        await clock.run(1)
        items = await queued(stream)
        assert ids(items) == [1, 2]
        assert told(items, "gap") == []
        assert stream.stats.gaps == 0

    async def test_a_reader_goes_on_after_the_last_trade_of_an_earlier_run(self, opened, clock, history):
        """What came since the position is fetched when the next trade comes, in order, each once."""
        history[0].update(range(5, 12))
        stream, socket = await opened(after=("7", 1_700_000_000_007), events=True)
        socket.feed(trade(10), trade(11))
        await settle()
        items = await queued(stream)
        assert ids(items) == [8, 9, 10, 11]
        assert [event.cause for event in told(items, "gap")] == ["resumed after trade 7"]

    async def test_a_position_that_nothing_followed_makes_no_hole(self, opened, history):
        """The next trade joins the position, and one that was seen before is left out."""
        stream, socket = await opened(after=("7", 1_700_000_000_007), events=True)
        socket.feed(trade(7), trade(8))
        await settle()
        items = await queued(stream)
        assert ids(items) == [8]
        assert told(items, "gap") == []

    async def test_a_position_is_for_the_first_reader(self, connect):
        """A market that is read already has a place of its own, so a second reader's position is refused."""
        api = connect()
        async with api.stream_trades(SPOT, "BTCUSDT") as first:
            reading = asyncio.ensure_future(anext(first))
            await settle()
            with pytest.raises(StreamUsageError, match="first reader"):
                await anext(api.stream_trades(SPOT, "BTCUSDT", after=("7", 1_700_000_000_007)))
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    @pytest.mark.parametrize("after", ["7", ("7",), (7, 7_000), ("7", "7")])
    def test_a_position_is_an_id_and_a_time(self, connect, after):
        """Anything else is an error in the call."""
        with pytest.raises(ConfigurationError, match="after must be"):
            connect().stream_trades(SPOT, "BTCUSDT", after=after)

    async def test_live_trades_wait_their_turn_while_a_hole_is_filled(self, opened, transport, clock, history):
        """Trades that arrive during the filling come after what is filled, none twice."""
        held, _ = history
        stream, socket = await opened()
        socket.feed(trade(1), trade(4))
        await settle()
        socket.feed(trade(5))
        await clock.run(0.2)
        socket.feed(trade(6))
        held.update(range(1, 7))
        await clock.run(10)
        assert ids(await queued(stream)) == [1, 2, 3, 4, 5, 6]

    async def test_a_back_fill_that_never_begins_leaves_nothing_behind(self, opened, clock, monkeypatch):
        """When everything ends in the very moment in which a hole is seen, no coroutine is left unawaited."""
        begun = Hub.spawn

        def spawn(hub, work, name):
            task = begun(hub, work, name)
            if name.endswith("back-fill"):
                task.cancel()
            return task

        monkeypatch.setattr(Hub, "spawn", spawn)
        _, socket = await opened()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            socket.feed(trade(1), trade(5))
            await clock.run(1)
            gc.collect()
        assert [str(warning.message) for warning in caught] == []


class TestBars:
    async def test_a_bar_closes_once(self, opened):
        """A running bar comes as it changes, a closed one once, and what belongs to the past is left out."""
        stream, socket = await opened("klines", "1m")
        late = [bar(10, "2"), bar(10, "3", closed=True)]
        socket.feed(bar(10, "1"), bar(10, "2"), bar(10, "3", closed=True), *late, bar(11, "4"))
        await settle()
        bars = await queued(stream)
        shown = [(item.get_timestamp() // 60_000, item.get_close(), item.get_bar_status()) for item in bars]
        assert shown == [(10, 1.0, False), (10, 2.0, False), (10, 3.0, True), (11, 4.0, False)]
        assert stream.stats.duplicates == 2

    async def test_only_closed_ones_when_asked(self, opened):
        """closed_only leaves running bars out for this reader."""
        stream, socket = await opened("klines", "1m", closed_only=True)
        socket.feed(bar(10, "1"), bar(10, "3", closed=True), bar(11, "4"))
        await settle()
        assert [item.get_bar_status() for item in await queued(stream)] == [True]


class TestSilence:
    async def test_a_quiet_market_is_left_alone(self, opened, transport, clock):
        """A market without trades, confirmed by REST, brings no reconnect, no gap and no exception."""
        transport.pages["24hr"] = newest(1)
        stream, socket = await opened(settings={"stale_after": 30, "ping_interval": 10}, events=True)
        socket.feed(trade(1))
        for _ in range(30):
            await clock.run(5)
            socket.feed(b"")
        items = await queued(stream)
        assert ids(items) == [1]
        assert not told(items, "gap")
        assert len(transport.sockets) == 1
        assert stream.stats.state == "live"

    async def test_a_dead_topic_is_found_and_asked_for_again(self, opened, transport, clock, history):
        """When REST shows trades that the socket never brought, the topic is asked for anew and the hole is filled."""
        history[0].update(range(1, 6))
        transport.pages["24hr"] = newest(5)
        stream, socket = await opened(settings={"stale_after": 30, "ping_interval": 10}, events=True)
        socket.feed(trade(1))
        for _ in range(20):
            await clock.run(5)
            socket.feed(b"")
        fresh = transport.sockets[-1]
        assert fresh.names().count("btcusdt@trade") + socket.names().count("btcusdt@trade") >= 2
        fresh.feed(trade(6))
        await clock.run(5)
        items = await queued(stream)
        assert ids(items) == [1, 2, 3, 4, 5, 6]
        assert told(items, "stale")
