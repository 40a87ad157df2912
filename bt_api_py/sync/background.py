"""An event loop in a thread of its own, for programs that run none."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from functools import partial
from typing import Any, ParamSpec, TypeVar

from ..exceptions import StreamUsageError

P = ParamSpec("P")
R = TypeVar("R")
_Running = tuple[asyncio.AbstractEventLoop, asyncio.Event]  # and what ends it

_PATIENCE = 10.0  # seconds for the thread to come to its end; sockets need about one to say goodbye


class Background:
    """A running event loop. It ends with `close`, with the last reference to it, or with the interpreter.

    Args:
        finish: the last thing that is done there.
    """

    def __init__(self, finish: Callable[[], Coroutine[Any, Any, None]]) -> None:
        started: Future[_Running] = Future()
        # A daemon, because the interpreter waits for all other threads before it would ask this one to end.
        self._thread = threading.Thread(target=_run, args=(finish, started), name="bt_api_py loop", daemon=True)
        self._end = weakref.finalize(self, _end, self._thread, started)
        self._lock = threading.Lock()
        self._thread.start()
        self._loop, _ = started.result()

    @property
    def is_open(self) -> bool:
        """Whether it takes work. Not in a forked process: threads stay behind."""
        return self._end.alive and self._thread.is_alive()

    def call(self, work: Callable[P, Coroutine[Any, Any, R]], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a coroutine function there and return its result, or raise its error. Ctrl-C cancels it.

        Raises:
            StreamUsageError: the loop is closed, or was meanwhile, or the caller runs inside it.
        """
        if threading.get_ident() == self._thread.ident:
            raise StreamUsageError("this call waits for the event loop and cannot be made from inside it")
        # The coroutine is made there: Ctrl-C may come between any two steps here, and would leave one that nobody runs.
        future: Future[R] = Future()
        try:
            with self._lock:
                if not self.is_open:
                    raise StreamUsageError("this BtApi was closed; what it opened has ended with it")
                self._loop.call_soon_threadsafe(_begin, future, partial(work, *args, **kwargs))
            return future.result()
        except CancelledError:
            raise StreamUsageError("this BtApi was closed meanwhile") from None
        finally:
            future.cancel()
            del future  # an error refers to this frame, and would keep all of it alive

    def ask(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function there, between two of the loop's steps, and return its result.

        Raises:
            StreamUsageError: as `call`.
        """

        async def work() -> R:
            return function(*args, **kwargs)

        return self.call(work)

    def close(self) -> None:
        """End the loop and wait for it. Harmless when it has ended."""
        with self._lock:  # nothing may be handed to a loop that is about to stop
            self._end()


def _begin(future: Future[R], work: Callable[[], Coroutine[Any, Any, R]]) -> None:
    if not future.cancelled():
        task = asyncio.get_running_loop().create_task(work())
        task.add_done_callback(partial(_answer, future))
        future.add_done_callback(partial(_abandon, task.get_loop(), task))


def _answer(future: Future[R], task: asyncio.Task[R]) -> None:
    if task.cancelled():
        future.cancel()
        return
    error = task.exception()
    if future.set_running_or_notify_cancel():
        if error is None:
            future.set_result(task.result())
        else:
            future.set_exception(error)


def _abandon(loop: asyncio.AbstractEventLoop, task: asyncio.Task[R], future: Future[R]) -> None:
    if future.cancelled() and not task.done():
        with suppress(RuntimeError):  # the loop is closed, and has cancelled everything itself
            loop.call_soon_threadsafe(task.cancel)


def _run(finish: Callable[[], Coroutine[Any, Any, None]], started: Future[_Running]) -> None:
    ended = False
    try:
        with asyncio.Runner() as runner:
            runner.run(_until_stopped(finish, started))
            ended = True
    except BaseException as error:
        # A thread would end those of the loop; Python 3.12 starts none while it shuts down, and ends them itself.
        if ended and isinstance(error, RuntimeError):
            return
        if started.done():
            raise
        started.set_exception(error)


async def _until_stopped(finish: Callable[[], Coroutine[Any, Any, None]], started: Future[_Running]) -> None:
    stop = asyncio.Event()
    started.set_result((asyncio.get_running_loop(), stop))
    await stop.wait()
    await finish()


def _end(thread: threading.Thread, started: Future[_Running]) -> None:
    if not thread.is_alive():
        return
    loop, stop = started.result()
    with suppress(RuntimeError):  # it has just ended by itself
        loop.call_soon_threadsafe(stop.set)
    if thread.ident != threading.get_ident():  # the collector runs in any thread
        thread.join(_PATIENCE)
