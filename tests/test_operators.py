"""merge, batch, latest and throttle: nothing lost on the way, and what they wrap is closed with them."""

import asyncio

import pytest

from bt_api_py import ConfigurationError, Stream, WebSocketError
from bt_api_py.net.stream import Wish
from bt_api_py.operators import batch, latest, merge, throttle

from .net.fakes import Owner, settle


class Source:
    """A stream and the box that fills it."""

    def __init__(self):
        self.owner = Owner()
        self.stream = Stream(Wish(exchange="X", kind="trades", overflow="raise", buffer=1000), lambda: self.owner)
        self._early = []

    def push(self, *items):
        if self.owner.boxes:
            for item in items:
                self.owner.boxes[0].push(item)
        else:
            self._early.extend(items)

    async def open(self):
        """Let the stream be opened by a reader that gives up, and put in what was pushed before."""
        reader = asyncio.ensure_future(anext(self.stream))
        await settle()
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        self.push(*self._early)
        return self

    def fail(self):
        self.owner.boxes[0].fail(WebSocketError("X", "gave up"))

    def end(self):
        self.owner.boxes[0].close()

    @property
    def is_released(self):
        return bool(self.owner.released)


@pytest.fixture
async def source():
    return await Source().open()


@pytest.fixture
async def other():
    return await Source().open()


async def take(stream, count):
    return [await anext(stream) for _ in range(count)]


class TestMerge:
    async def test_all_items_come_in_turn(self, source, other):
        """Items of both streams come, each stream's in its order, and a busy one does not starve the other."""
        source.push(*range(10))
        other.push("a", "b")
        async with merge(source.stream, other.stream) as merged:
            items = await take(merged, 12)
        assert [item for item in items if isinstance(item, int)] == list(range(10))
        assert [item for item in items if isinstance(item, str)] == ["a", "b"]
        assert items.index("b") <= 4

    async def test_a_timeout_loses_nothing(self, source, other):
        """Timeouts of the reader between arrivals cost no item."""
        received = []
        async with merge(source.stream, other.stream) as merged:
            for number in range(100):
                asyncio.get_running_loop().call_soon((source if number % 2 else other).push, number)
                try:
                    received.append(await asyncio.wait_for(anext(merged), 0.00001))
                except TimeoutError:
                    await settle()
            while len(received) < 100:
                async with asyncio.timeout(1):
                    received.append(await anext(merged))
        assert sorted(received) == list(range(100))

    async def test_it_ends_when_all_have_ended(self, source, other):
        """The end of one stream is not the end; the end of all is."""
        source.push(1)
        merged = merge(source.stream, other.stream)
        assert await anext(merged) == 1
        source.end()
        other.push(2)
        assert await anext(merged) == 2
        other.end()
        with pytest.raises(StopAsyncIteration):
            await anext(merged)
        await merged.aclose()

    async def test_an_error_of_one_leaves_the_others(self, source, other):
        """One stream's error is raised once, and the other is read on."""
        merged = merge(source.stream, other.stream)
        source.fail()
        with pytest.raises(WebSocketError):
            await anext(merged)
        other.push("on")
        assert await anext(merged) == "on"
        await merged.aclose()

    async def test_closing_closes_all(self, source, other):
        """aclose releases every stream, and leaves no task behind."""
        async with merge(source.stream, other.stream) as merged:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(merged), 0.001)
        assert source.is_released
        assert other.is_released

    async def test_left_behind_it_complains_of_nothing(self, source, other):
        """Streams that end after their reader has left by `break` are no error that nobody heard of."""
        source.push(1)
        async for _ in merge(source.stream, other.stream):
            break
        source.end()
        other.end()
        await settle()

    async def test_nothing_merged_ends_at_once(self):
        """A merge of no streams is empty."""
        assert [item async for item in merge()] == []


class TestBatch:
    async def test_batches_are_full(self, source):
        """Lists hold `size` items in order."""
        source.push(*range(7))
        async with batch(source.stream, 3) as batches:
            assert await take(batches, 2) == [[0, 1, 2], [3, 4, 5]]
        assert source.is_released

    async def test_a_started_list_is_handed_out_in_time(self, source):
        """After `timeout` the list is handed out as it is."""
        source.push(1, 2)
        async with batch(source.stream, 100, timeout=0.01) as batches, asyncio.timeout(5):
            assert await anext(batches) == [1, 2]
            source.push(3)
            assert await anext(batches) == [3]

    async def test_what_came_before_an_error_comes_first(self, source):
        """Items before a failure are handed out, then the error, then the end."""
        source.push(1, 2)
        source.fail()
        async with batch(source.stream, 5) as batches:
            assert await anext(batches) == [1, 2]
            with pytest.raises(WebSocketError):
                await anext(batches)
            with pytest.raises(StopAsyncIteration):
                await anext(batches)

    async def test_the_end_hands_out_the_rest(self, source):
        """A stream that ends leaves a last, short list."""
        batches = batch(source.stream, 5)
        source.push(1)
        reader = asyncio.ensure_future(anext(batches))
        await settle()
        source.end()
        assert await reader == [1]
        assert [item async for item in batches] == []
        await batches.aclose()

    async def test_cancelling_the_reader_loses_nothing(self, source):
        """A reader cancelled in the middle of a list leaves its items for the next."""
        async with batch(source.stream, 3) as batches:
            source.push(1, 2)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(batches), 0.005)
            source.push(3)
            assert await anext(batches) == [1, 2, 3]

    @pytest.mark.parametrize("size", [0, -1, 1.5, True, "3"])
    async def test_a_wrong_size_is_refused(self, source, size):
        """A size that is no whole number of at least 1 is a ConfigurationError in the call."""
        with pytest.raises(ConfigurationError, match="size"):
            batch(source.stream, size)

    @pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan"), True, "1"])
    async def test_a_wrong_timeout_is_refused(self, source, timeout):
        """A timeout that is not seconds above 0 is a ConfigurationError in the call."""
        with pytest.raises(ConfigurationError, match="timeout"):
            batch(source.stream, 2, timeout)


class TestLatest:
    async def test_older_items_are_skipped(self, source):
        """The newest of the waiting items is returned; then the reader waits for the next."""
        source.push(*range(10))
        async with latest(source.stream) as newest:
            assert await anext(newest) == 9
            source.push(10)
            assert await anext(newest) == 10
        assert source.is_released


class TestThrottle:
    async def test_items_come_apart_and_newest_first(self, source):
        """Two items are at least the interval apart, and the newest at its time is taken."""
        source.push(1, 2)
        loop = asyncio.get_running_loop()
        async with throttle(source.stream, 0.05) as slow:
            assert await anext(slow) == 2
            began = loop.time()
            source.push(3, 4)
            assert await anext(slow) == 4
            assert loop.time() - began >= 0.045
        assert source.is_released

    @pytest.mark.parametrize("interval", [0, -1, None, float("nan"), "1"])
    async def test_a_wrong_interval_is_refused(self, source, interval):
        """An interval that is not seconds above 0 is a ConfigurationError in the call."""
        with pytest.raises(ConfigurationError, match="interval"):
            throttle(source.stream, interval)
