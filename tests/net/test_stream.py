"""What a stream promises its reader, whatever the reader does."""

import asyncio
import gc
import inspect
import json
import subprocess
import sys
import textwrap
import threading

import pytest

from bt_api_py import BtApi, Stream, StreamEvent, StreamOverflowError, WebSocketError
from bt_api_py.exceptions import StreamUsageError
from bt_api_py.net.stream import Wish
from bt_api_py.simulator import Simulator

from .fakes import Owner, settle


@pytest.fixture
def owner():
    return Owner()


@pytest.fixture
def opened(owner):
    """Return a maker of open streams: (stream, the box that the hub fills)."""

    def make(**details):
        stream = Stream(Wish(exchange="BINANCE___SPOT", kind="trades", symbol="BTCUSDT", **details), lambda: owner)
        step(stream)
        return stream, owner.boxes[-1]

    return make


def step(stream):
    """Ask for an item as far as that goes without waiting, then be cancelled."""
    asking = stream.__anext__()
    with pytest.raises(asyncio.CancelledError):
        asking.send(None)
        asking.throw(asyncio.CancelledError())


async def take(stream, count):
    return [await anext(stream) for _ in range(count)]


def event(kind="gap"):
    return StreamEvent(kind, "BINANCE___SPOT", "trades", "BTCUSDT", "test")


class TestReading:
    async def test_items_come_in_order(self, opened):
        """Items are handed over in the order in which they were put in, each once."""
        stream, box = opened()
        for number in range(100):
            box.push(number)
        assert await take(stream, 100) == list(range(100))
        assert stream.stats.delivered == 100

    async def test_a_timeout_neither_ends_the_stream_nor_loses_an_item(self, opened):
        """Hundreds of wait_for timeouts between and during arrivals cost no item."""
        stream, box = opened()
        received = []
        sent = 0
        timeouts = 0
        for turn in range(600):
            if turn % 3 == 0:
                asyncio.get_running_loop().call_soon(box.push, sent)
                sent += 1
            try:
                received.append(await asyncio.wait_for(anext(stream), 0.00001 * (turn % 5)))
            except TimeoutError:
                timeouts += 1
        await settle()
        received += await take(stream, stream.stats.queued)
        assert received == list(range(sent))
        assert timeouts > 100

    @pytest.mark.parametrize("steps", range(1, 6))
    async def test_a_reader_may_be_cancelled_at_any_await(self, opened, steps):
        """Cancelling the reader after any number of turns of the loop leaves the stream complete and readable."""
        stream, box = opened()
        received = []

        async def read():
            async for item in stream:
                received.append(item)

        for number in range(20):
            reader = asyncio.ensure_future(read())
            for turn in range(steps):
                await asyncio.sleep(0)
                if turn == number % steps:
                    box.push(number)
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
        received += await take(stream, stream.stats.queued)
        assert received == list(range(20))

    async def test_a_reader_cancelled_when_its_item_is_there_leaves_it(self, opened):
        """An item that arrives in the same turn as the cancellation is read by the next reader."""
        stream, box = opened()
        reader = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        box.push("item")
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        assert await anext(stream) == "item"

    async def test_the_stream_is_an_async_iterator_and_no_generator(self, opened):
        """A stream is its own iterator, opened by its first item and not before."""
        stream, _ = opened()
        assert stream.__aiter__() is stream
        assert not inspect.isasyncgen(stream)

    async def test_nothing_is_opened_before_the_first_item(self, owner):
        """A stream that nobody reads asks the hub for nothing."""
        stream = Stream(Wish(exchange="X", kind="trades"), lambda: owner)
        await settle()
        assert owner.boxes == []
        await stream.aclose()
        assert owner.boxes == []

    async def test_events_come_in_order_with_the_items(self, opened):
        """With events=True an event stands between the items before and after it, and is no delivered item."""
        stream, box = opened(events=True)
        box.push(1)
        box.push_event(event())
        box.push(2)
        items = await take(stream, 3)
        assert [getattr(item, "kind", item) for item in items] == [1, "gap", 2]
        assert stream.stats.delivered == 2

    async def test_no_events_unless_asked_for(self, opened):
        """Without events=True the reader gets data alone."""
        stream, box = opened()
        box.push(1)
        box.push_event(event())
        box.push(2)
        assert await take(stream, 2) == [1, 2]
        assert stream.stats.queued == 0


class TestMisuse:
    async def test_a_second_reader_is_told_and_the_first_goes_on(self, opened):
        """The second task that waits gets StreamUsageError at once; the first gets its item."""
        stream, box = opened()
        first = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        with pytest.raises(StreamUsageError, match="another task is already waiting"):
            await anext(stream)
        box.push("item")
        assert await first == "item"

    async def test_another_loop_is_told(self, opened):
        """Reading or closing from another thread's loop is an immediate error, and the stream goes on in its own."""
        stream, box = opened()
        errors = []

        def elsewhere():
            for use in (stream.__anext__, stream.aclose):
                try:
                    asyncio.run(as_coroutine(use))
                except StreamUsageError as error:
                    errors.append(str(error))

        async def as_coroutine(use):
            return await use()

        thread = threading.Thread(target=elsewhere)
        thread.start()
        await asyncio.to_thread(thread.join)
        assert len(errors) == 2
        assert all("event loop" in text and "BINANCE___SPOT trades BTCUSDT" in text for text in errors)
        box.push("item")
        assert await anext(stream) == "item"


class TestEnding:
    async def test_closing_gives_back_once(self, opened, owner):
        """aclose releases the subscription; a second aclose does nothing; the stream has ended."""
        stream, box = opened()
        await stream.aclose()
        await stream.aclose()
        assert owner.released == [box]
        assert [item async for item in stream] == []
        assert stream.stats.state == "closed"

    async def test_a_waiting_reader_sees_the_end(self, opened):
        """A task that waits for an item when another closes the stream leaves its loop normally."""
        stream, _ = opened()

        async def read():
            return [item async for item in stream]

        reader = asyncio.ensure_future(read())
        await settle()
        await stream.aclose()
        assert await reader == []

    async def test_a_context_gives_back_at_its_end(self, opened, owner):
        """Leaving `async with`, by an exception too, releases the subscription."""
        stream, box = opened()
        with pytest.raises(ZeroDivisionError):
            async with stream:
                1 / 0
        assert owner.released == [box]

    async def test_a_dropped_stream_is_given_back(self, opened, owner):
        """When the last reference goes, the hub gets the subscription back in the next turn of the loop."""
        stream, box = opened()
        del stream
        gc.collect()
        await settle()
        assert owner.released == [box]

    async def test_an_anonymous_stream_left_by_break_is_given_back(self, owner):
        """`async for … break` over a stream without a name releases it at once."""

        def opening():
            asyncio.get_running_loop().call_soon(owner.boxes.__getitem__, -1)
            return owner

        feeding = asyncio.ensure_future(settle())
        asyncio.get_running_loop().call_soon(lambda: [box.push(1) for box in owner.boxes])
        async for _ in Stream(Wish(exchange="X", kind="trades"), opening):
            break
        await feeding
        assert owner.released == owner.boxes
        assert len(owner.boxes) == 1

    async def test_a_named_stream_left_by_break_can_be_read_on(self, opened, owner):
        """A stream with a name keeps everything after `break`."""
        stream, box = opened()
        for number in range(4):
            box.push(number)
        async for item in stream:
            if item == 1:
                break
        box.push(4)
        assert await take(stream, 3) == [2, 3, 4]
        assert owner.released == []

    async def test_an_error_comes_after_what_is_queued(self, opened, owner):
        """A failure is raised when everything before it has been read, then the subscription is gone."""
        stream, box = opened()
        box.push(1)
        box.fail(WebSocketError("X", "gave up"))
        box.push(2)
        assert await anext(stream) == 1
        with pytest.raises(WebSocketError, match="gave up"):
            await anext(stream)
        assert stream.stats.state == "failed"
        assert owner.released == [box]

    async def test_a_failed_stream_does_not_hang(self, opened):
        """Asking a failed stream again ends or raises; it never waits."""
        stream, box = opened()
        box.fail(WebSocketError("X", "gave up"))
        with pytest.raises(WebSocketError):
            await anext(stream)
        with pytest.raises((WebSocketError, StopAsyncIteration)):
            async with asyncio.timeout(1):
                await anext(stream)


class TestOverflow:
    async def test_the_oldest_are_dropped(self, opened, owner):
        """drop_oldest keeps the newest items, counts the rest, and tells once until the reader has caught up."""
        stream, box = opened(overflow="drop_oldest", buffer=3)
        for number in range(10):
            box.push(number)
        assert (stream.stats.dropped, stream.stats.queued) == (7, 3)
        assert await take(stream, 3) == [7, 8, 9]
        assert [told.kind for told in owner.told] == ["overflow"]
        step(stream)  # the reader has caught up
        for number in range(4):
            box.push(number)
        assert [told.kind for told in owner.told] == ["overflow", "overflow"]
        assert stream.stats.dropped == 8

    async def test_only_the_latest_is_kept(self, opened):
        """latest keeps one item, the newest, and counts the rest."""
        stream, box = opened(overflow="latest")
        for number in range(10):
            box.push(number)
        assert await anext(stream) == 9
        assert (stream.stats.dropped, stream.stats.delivered, stream.stats.queued) == (9, 1, 0)

    async def test_raising_comes_after_what_is_queued(self, opened, owner):
        """raise hands out all that was queued, then StreamOverflowError; what came after is counted."""
        stream, box = opened(overflow="raise", buffer=3)
        for number in range(5):
            box.push(number)
        assert await take(stream, 3) == [0, 1, 2]
        with pytest.raises(StreamOverflowError) as caught:
            await anext(stream)
        assert "BINANCE___SPOT trades BTCUSDT" in str(caught.value)
        assert stream.stats.delivered + stream.stats.dropped == 5
        assert box in owner.released

    async def test_a_full_buffer_that_is_read_in_time_raises_nothing(self, opened):
        """A reader that takes one item for each that comes in never overflows."""
        stream, box = opened(overflow="raise", buffer=2)
        box.push(0)
        for number in range(1, 50):
            box.push(number)
            assert await anext(stream) == number - 1
        assert stream.stats.dropped == 0

    async def test_events_survive_an_overflow(self, opened):
        """Dropping items drops no event, and their order stays."""
        stream, box = opened(overflow="drop_oldest", buffer=3, events=True)
        box.push(1)
        box.push_event(event())
        for number in (2, 3, 4):
            box.push(number)
        items = await take(stream, stream.stats.queued)
        assert [getattr(item, "kind", item) for item in items if getattr(item, "kind", "") != "overflow"] in (
            ["gap", 2, 3, 4],
            ["gap", 3, 4],
        )
        assert stream.stats.dropped + stream.stats.delivered == 4


class TestStats:
    async def test_what_was_delivered_is_what_the_reader_took(self, opened):
        """Neither what waits, nor what is dropped or given up, nor an event counts as delivered."""
        stream, box = opened(buffer=3, events=True)
        for number in range(5):
            box.push(number)
        box.push_event(event())
        assert (stream.stats.delivered, stream.stats.dropped) == (0, 2)
        # The oldest two went, and the overflow itself is no item of this stream's queue.
        assert [item for item in await take(stream, 2) if isinstance(item, int)] == [2, 3]
        assert (stream.stats.delivered, stream.stats.queued) == (2, 2)
        await take(stream, 2)
        assert (stream.stats.delivered, stream.stats.queued) == (3, 0)
        box.push(9)
        await stream.aclose()
        assert (stream.stats.delivered, stream.stats.queued) == (3, 0)

    async def test_the_fields_are_those_that_are_promised(self, opened):
        """as_dict has every documented field and is JSON-ready."""
        stream, _ = opened()
        assert set(json.loads(json.dumps(stream.stats.as_dict()))) >= {
            "delivered", "dropped", "missing", "backfilled", "duplicates", "gaps", "resyncs", "reconnects",
            "rejected", "queued", "last_event_age", "state",
        }  # fmt: skip
        assert stream.stats.state == "connecting"
        assert stream.stats.last_event_age is None

    async def test_the_text_names_topic_and_state(self, opened):
        """repr shows what is streamed, its state and how much is queued."""
        stream, box = opened()
        box.push(1)
        assert repr(stream) == "<Stream BINANCE___SPOT trades BTCUSDT connecting, 1 queued>"
        assert "queued=1" in repr(stream.stats)

    def test_an_event_is_ready_for_json(self):
        """StreamEvent.as_dict has the documented fields."""
        assert set(json.loads(json.dumps(event().as_dict()))) == {
            "kind", "exchange", "topic", "symbol", "cause", "from_id", "to_id", "from_ms", "to_ms", "count", "filled",
            "timestamp",
        }  # fmt: skip


LEAVING = {
    "break, and asyncio.run ends": """
        async def main():
            api = BtApi()
            async for ticker in api.stream_ticker("OKX___SPOT", "BTCUSDT"):
                break
        asyncio.run(main())
        """,
    "a named stream is still open when the loop ends": """
        async def main():
            global stream
            stream = BtApi().stream_depth("BINANCE___SPOT", "BTCUSDT", levels=None)
            await anext(stream)
        asyncio.run(main())
        """,
    "an exception leaves the loop": """
        async def main():
            async for ticker in BtApi().stream_ticker("HTX___SPOT", "BTCUSDT"):
                raise SystemExit(0)
        asyncio.run(main())
        """,
    "readers are cancelled": """
        async def read(name):
            async for trade in api.stream_trades(name, "BTCUSDT"):
                seen.add(name)
        async def main():
            tasks = [asyncio.create_task(read(name)) for name in ("BINANCE___SPOT", "HTX___SPOT", "OKX___SPOT")]
            while len(seen) < 3:
                await asyncio.sleep(0.01)
            for task in tasks:
                task.cancel()
        api, seen = BtApi(), set()
        asyncio.run(main())
        """,
    "nothing was ever read": """
        stream = BtApi().stream_ticker("BINANCE___SPOT", "BTCUSDT")
        """,
    "a connection is still being tried": """
        import logging
        logging.disable()  # that the venue cannot be reached is worth a warning
        async def main():
            api = BtApi({"OKX___SPOT": {"ws_url": "ws://127.0.0.1:1", "rest_url": "http://127.0.0.1:1"}})
            status = api.stream_status()
            asyncio.ensure_future(anext(api.stream_ticker("OKX___SPOT", "BTCUSDT")))
            await anext(status)
        asyncio.run(main())
        """,
}


def outcome(venues, program, *flags):
    command = [sys.executable, *flags, "-c", "import asyncio\nfrom bt_api_py import BtApi\n" + textwrap.dedent(program)]
    variables = {"BT_API_SIMULATOR": venues, "PATH": ""}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=30, check=False)
    # Development mode remarks how long a step of the loop took: that is the machine's, not the program's.
    said = [line for line in done.stderr.splitlines() if not line.startswith("Executing <")]
    return done.returncode, done.stdout, "\n".join(said)


@pytest.mark.parametrize("ending", LEAVING)
def test_an_interpreter_that_ends_says_nothing(venues, ending):
    """However a program ends, nothing is printed on stderr, in development mode with warnings as errors."""
    assert outcome(venues, LEAVING[ending], "-X", "dev", "-W", "error") == (0, "", "")


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_loop_that_nobody_cleaned_up_says_nothing(venues, is_closed):
    """A loop that is closed by hand, or left lying about, with a stream still open prints nothing on stderr."""
    program = f"""
        loop = asyncio.new_event_loop()
        stream = BtApi().stream_ticker("BINANCE___SPOT", "BTCUSDT")
        loop.run_until_complete(stream.__anext__())
        if {is_closed}:
            loop.close()
        """
    assert outcome(venues, program) == (0, "", "")


async def test_one_object_serves_one_loop_after_another():
    """The same BtApi streams in several event loops, one after the other."""
    async with Simulator(exchanges=["OKX___SPOT"], rate=20) as sim:
        api = BtApi(sim.exchange_kwargs())

        async def first_item():
            async with api.stream_ticker("OKX___SPOT", "BTCUSDT") as tickers:
                return await anext(tickers)

        for _ in range(3):
            ticker = await asyncio.to_thread(asyncio.run, first_item())
            assert ticker.get_symbol() == "BTCUSDT"
