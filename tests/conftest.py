"""What all tests share: nothing may be left behind, and venues in a process of their own."""

import asyncio
import gc
import inspect
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest

SEEN_BY_NOBODY = "nobody-may-see"  # part of every secret in the tests
_TURNS = 200  # of the event loop, for what was cancelled last to end
_LOOPS_OWN = "asyncio_"  # threads of an event loop's executor, which end with it
_DESCRIPTORS = "/proc/self/fd"


class _Complaints(logging.Handler):
    """Collects what an event loop says when nobody handles an error, or nobody closed something."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.heard.append(f"{record.getMessage()}{f' ({error!r})' if error is not None else ''}")


class _Eavesdropper(logging.Handler):
    """Listens to every log record of the package, at every level, for a secret."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if SEEN_BY_NOBODY in f"{record.getMessage()}{error!r}":
            self.heard.append(f"{record.name}, {record.pathname}:{record.lineno}")


_EAVESDROPPER = _Eavesdropper()


def pytest_configure(config: pytest.Config) -> None:
    # A run in the background may have begun with Ctrl-C ignored, and every program that a test starts would inherit it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    logging.getLogger("bt_api_py").addHandler(_EAVESDROPPER)
    logging.getLogger("bt_api_py").setLevel(logging.DEBUG)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.passed and SEEN_BY_NOBODY in report.capstdout + report.capstderr:
        _EAVESDROPPER.heard.append(f"printed by {report.nodeid}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the whole run when anything that it logged or printed held a secret."""
    if _EAVESDROPPER.heard:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for place in _EAVESDROPPER.heard:
        terminalreporter.write_line(f"a secret was seen: {place}", red=True)


def _open_sockets() -> set[str]:
    names = set()
    with suppress(OSError):  # elsewhere than on Linux there is no such list
        for number in os.listdir(_DESCRIPTORS):
            with suppress(OSError):
                names.add(os.readlink(f"{_DESCRIPTORS}/{number}"))
    return {name for name in names if name.startswith("socket:")}


@pytest.fixture(scope="session", autouse=True)
def _cheap_collections() -> Iterator[None]:
    """Take what was imported out of the collector's sight, so that a collection after each test costs little."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def leaves_nothing(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a task, a socket or a thread behind, or an error that nobody heard of."""
    complaints = _Complaints()
    loggers = [logging.getLogger(name) for name in ("asyncio", "aiohttp")]
    for logger in loggers:
        logger.addHandler(complaints)
    threads = set(threading.enumerate())
    is_async = inspect.iscoroutinefunction(request.function)
    if is_async:
        request.getfixturevalue("_leaves_its_loop_empty")
    yield
    if is_async:
        gc.collect()  # an error that was never retrieved speaks up when its task is collected
    for logger in loggers:
        logger.removeHandler(complaints)
    left = [f"the event loop complained: {text}" for text in complaints.heard]
    # A dummy stands for a thread that Python did not begin, such as an engine's, and stays when that has ended.
    begun = {
        thread for thread in set(threading.enumerate()) - threads if not isinstance(thread, threading._DummyThread)
    }
    left += [f"thread {thread.name}" for thread in begun if not thread.name.startswith(_LOOPS_OWN)]
    assert not left, f"left behind: {'; '.join(left)}"


@pytest.fixture
async def _leaves_its_loop_empty() -> AsyncIterator[None]:
    """Fail a test whose tasks or sockets are still there when it and its other fixtures have ended."""
    tasks, sockets = asyncio.all_tasks(), _open_sockets()
    yield
    left: list[str] = []
    for _ in range(_TURNS):
        left = [repr(task) for task in asyncio.all_tasks() - tasks - {asyncio.current_task()}]
        left += _open_sockets() - sockets
        if not left:
            return
        await asyncio.sleep(0)
    pytest.fail(f"left behind: {'; '.join(sorted(left))}")


@pytest.fixture(scope="session")
def venues() -> Iterator[str]:
    """Yield the address of simulated venues in a process of their own, three times as busy as normal."""
    command = [sys.executable, "-m", "bt_api_py", "simulate", "--rate", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)
