"""Hundreds of short lives of the gateway, each with faults of its own; a seed that fails can be seen again."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from .gateway import Plan, run_plan

GROUP = 20
OFTEN = range(0, 100, GROUP)  # in every run of the tests
SELDOM = range(100, 400, GROUP)  # besides, in the long ones


def trouble_of(seed):
    """Run a seed and return what was wrong, ``None`` when nothing was."""
    try:
        run_plan(Plan.drawn(seed))
    except AssertionError as error:
        return str(error)
    return None


@pytest.fixture(scope="module")
def workers():
    """Yield two processes, started."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(abs, range(2)))
        yield pool


@pytest.mark.parametrize("first", [*OFTEN, *(pytest.param(first, marks=pytest.mark.long) for first in SELDOM)])
def test_every_promise_holds_under_random_faults(workers, first):
    """Trades, books and candles are true and whole, silence is short, limits are kept and nothing is left behind."""
    troubles = workers.map(trouble_of, range(first, first + GROUP))
    assert [trouble for trouble in troubles if trouble is not None] == []
