"""Streams as plain iterators: nothing is lost, whatever the reader does, and nothing is left behind."""

import asyncio
import gc
import os
import signal
import threading
import time

import pytest

from bt_api_py import StreamOverflowError, WebSocketError
from bt_api_py.exceptions import StreamUsageError
from bt_api_py.net.stream import Stream as AsyncStream
from bt_api_py.net.stream import Wish
from bt_api_py.sync import Stream
from bt_api_py.sync.background import Background
from bt_api_py.sync.stream import _hand_over

from ..net.fakes import Owner

PATIENCE = 10


async def nothing():
    """Stand for what a gateway does at its end."""


class Source:
    """A stream, and the box that the test fills in the gateway's place."""

    def __init__(self, background, **details):
        self.background = background
        self.owner = Owner()
        wish = Wish(exchange="X", kind="trades", symbol="BTCUSDT", **details)
        self.stream = Stream(AsyncStream(wish, lambda: self.owner), background)

    def push(self, *items):
        """Put items in, once the stream is open."""
        self.background.ask(lambda: [self.box.push(item) for item in items])

    @property
    def box(self):
        [box] = self.owner.boxes
        return box

    def open(self):
        """Let the stream be opened by a reader who gives up."""
        with pytest.raises(TimeoutError):
            self.stream.get(0.001)
        return self

    def when_waiting(self, act):
        """Do something from another thread as soon as a reader waits."""

        def wait():
            until = time.monotonic() + PATIENCE
            while not (self.owner.boxes and self.box.waiter) and time.monotonic() < until:
                time.sleep(0.001)
            act()

        thread = threading.Thread(target=wait)
        thread.start()
        return thread


@pytest.fixture
def background():
    """Yield a running loop in which nothing is left behind."""
    running = Background(nothing)
    yield running
    if running.is_open:
        assert running.call(_left) == []
    running.close()


async def _left():
    """Return the tasks of the loop but its own two."""
    for _ in range(5):
        await asyncio.sleep(0)
    names = sorted(task.get_coro().__name__ for task in asyncio.all_tasks())
    return [name for name in names if name not in ("_left", "_until_stopped")]


@pytest.fixture
def source(background):
    return Source(background, overflow="raise", buffer=10_000).open()


def test_items_come_in_order_each_once(source):
    """A thousand items that wait come in order, and so do those that come one by one."""
    source.push(*range(1000))
    assert [next(source.stream) for _ in range(1000)] == list(range(1000))
    for number in range(3):
        thread = source.when_waiting(lambda number=number: source.push(number))
        assert next(source.stream) == number
        thread.join()
    assert source.stream.stats.delivered == 1003


def test_a_timeout_loses_nothing(source):
    """An item that comes after a timeout is read by the next call."""
    with pytest.raises(TimeoutError, match=r"X trades BTCUSDT.*nothing came within 0.01 s"):
        source.stream.get(0.01)
    source.push("late")
    assert source.stream.get(PATIENCE) == "late"


def test_a_stream_that_was_left_can_be_read_on(source):
    """After `break` a stream with a name goes on where it was left."""
    source.push(*range(5))
    for item in source.stream:
        if item == 2:
            break
    assert [next(source.stream), next(source.stream)] == [3, 4]
    assert source.owner.released == []


def test_a_dropped_stream_is_given_back(source):
    """When the last reference goes, so does the subscription."""
    box = source.box
    source.stream = None
    gc.collect()
    assert source.background.ask(list, source.owner.released) == [box]


def test_closing_ends_the_iteration(source):
    """`close` and the end of `with` give the subscription back once; then the iteration ends and `get` says so."""
    source.push(1, 2, 3)
    with source.stream as stream:
        assert next(stream) == 1
    stream.close()
    assert source.owner.released == [source.box]
    assert list(stream) == []
    with pytest.raises(StreamUsageError, match="has ended"):
        stream.get()


def test_closing_in_another_thread_ends_a_loop_that_waits(source):
    """A thread that waits for an item leaves its loop normally when another closes the stream."""
    thread = source.when_waiting(source.stream.close)
    assert list(source.stream) == []
    thread.join()


def test_the_end_of_the_gateway_ends_a_loop(source):
    """When the event loop is closed, a thread that waits leaves its loop, and so does one that comes later."""
    thread = source.when_waiting(source.background.close)
    assert list(source.stream) == []
    thread.join()
    assert list(source.stream) == []
    source.stream.close()


def test_a_second_thread_is_told_and_the_first_goes_on(source):
    """Two threads cannot wait for one stream: the second gets an error at once, the first its item."""
    errors = []

    def intrude():
        try:
            next(source.stream)
        except StreamUsageError as error:
            errors.append(str(error))
        source.push("item")

    thread = source.when_waiting(intrude)
    assert next(source.stream) == "item"
    thread.join()
    assert len(errors) == 1
    assert "another thread is already waiting" in errors[0]


def test_errors_come_as_they_are_after_what_is_queued(source):
    """A failure is raised as the very object, when everything before it has been read."""
    error = WebSocketError("X", "gave up")
    source.push(1, 2)
    source.background.ask(source.box.fail, error)
    assert [next(source.stream), next(source.stream)] == [1, 2]
    with pytest.raises(WebSocketError) as caught:
        next(source.stream)
    assert caught.value is error
    assert list(source.stream) == []


def test_a_slow_reader_gets_what_its_policy_says(background):
    """`latest` gives the newest item, `raise` an error after what was queued."""
    newest = Source(background, overflow="latest").open()
    newest.push(*range(10))
    assert next(newest.stream) == 9
    strict = Source(background, overflow="raise", buffer=3).open()
    strict.push(*range(5))
    assert [next(strict.stream) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(StreamOverflowError):
        next(strict.stream)


def test_ctrl_c_while_waiting_loses_nothing(source):
    """Ctrl-C is raised where the reader waits; the next item is read by the next call."""
    thread = source.when_waiting(lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        next(source.stream)
    thread.join()
    with pytest.raises(TimeoutError):
        source.stream.get(0.001)  # nobody waits any more
    source.push("after")
    assert source.stream.get(PATIENCE) == "after"


def test_a_second_ctrl_c_in_the_wrong_place_does_no_harm(source):
    """Should a reader be stopped while it gives up, whoever waits in its place brings the item to the next one."""
    stream, left = source.stream, []

    def leave():
        left.append(asyncio.create_task(_hand_over(stream._stream, stream._ready, stream._turn, None)))

    source.background.ask(leave)
    thread = source.when_waiting(lambda: source.push(1, 2))
    assert [next(stream), next(stream)] == [1, 2]
    thread.join()
