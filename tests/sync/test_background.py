"""An event loop in a thread of its own: what it returns and raises, and that it ends."""

import asyncio
import gc
import threading

import pytest

from bt_api_py.exceptions import StreamUsageError
from bt_api_py.sync.background import Background


@pytest.fixture
def finished():
    """Return a list that grows when a loop has done its last thing."""
    return []


@pytest.fixture
def background(finished):
    """Yield a running loop."""

    async def finish():
        finished.append(threading.current_thread())

    running = Background(finish)
    yield running
    running.close()


async def value(result):
    await asyncio.sleep(0)
    return result


async def failing(error):
    raise error


def test_results_and_errors_come_as_they_are(background):
    """A call returns what the coroutine returns and raises the very error that it raises, in the calling thread."""
    assert background.call(value, 3) == 3
    assert background.ask(sorted, [2, 1]) == [1, 2]
    error = ValueError("mine")
    with pytest.raises(ValueError, match="mine") as caught:
        background.call(failing, error)
    assert caught.value is error


def test_closing_ends_the_thread_and_refuses_further_work(background, finished):
    """After `close` the last thing is done, the thread is gone, and a call says so; closing again does nothing."""
    before = threading.active_count()
    background.close()
    background.close()
    assert threading.active_count() == before - 1
    assert len(finished) == 1
    assert not background.is_open
    with pytest.raises(StreamUsageError, match="was closed"):
        background.call(value, 1)


def test_dropping_the_last_reference_ends_the_thread():
    """A loop that nobody refers to any more ends by itself."""

    async def finish():
        done.set()

    done = threading.Event()
    running = Background(finish)
    [thread] = [each for each in threading.enumerate() if each.name == "bt_api_py loop"]
    del running
    gc.collect()
    assert done.is_set()
    assert not thread.is_alive()


def test_a_call_that_is_under_way_when_the_loop_ends_is_told(background):
    """A thread that waits for a result when another closes the loop gets an error instead of waiting for ever."""
    waiting, errors = threading.Event(), []

    async def endless():
        waiting.set()
        await asyncio.Event().wait()

    def call():
        try:
            background.call(endless)
        except StreamUsageError as error:
            errors.append(str(error))

    thread = threading.Thread(target=call)
    thread.start()
    waiting.wait(10)
    background.close()
    thread.join(10)
    assert errors == ["this BtApi was closed meanwhile"]


def test_a_call_from_inside_the_loop_is_refused(background):
    """Waiting for the loop inside the loop would never end, so it is an error."""

    async def inside():
        background.call(value, 1)

    with pytest.raises(StreamUsageError, match="from inside"):
        background.call(inside)


def test_a_loop_that_cannot_begin_says_why(monkeypatch):
    """What keeps the loop from running is raised where it was asked for."""

    class Broken:
        def __enter__(self):
            raise OSError("too many open files")

        def __exit__(self, *_):
            """Never reached."""

    monkeypatch.setattr(asyncio, "Runner", Broken)
    with pytest.raises(OSError, match="too many open files"):
        Background(lambda: value(None))
