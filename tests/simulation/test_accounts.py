"""Many short lives of an account, each with faults of its own; a seed that fails can be seen again."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import pytest

from .account_life import LIVELY
from .accounts import run_account

GROUP = 12
OFTEN = [0]  # in every run of the tests
SELDOM = range(GROUP, 48, GROUP)  # besides, in the long ones


def trouble_of(exchange, seed):
    """Run a seed and return what was wrong, ``None`` when nothing was."""
    try:
        run_account(exchange, seed)
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
@pytest.mark.parametrize("exchange", LIVELY)
def test_an_account_is_told_whole_and_true_under_random_faults(workers, exchange, first):
    """Orders go forward to the truth, fills come once and exact, balances end true, and nothing is left behind."""
    troubles = workers.map(partial(trouble_of, exchange), range(first, first + GROUP))
    assert [trouble for trouble in troubles if trouble is not None] == []


@pytest.mark.parametrize("exchange", LIVELY)
def test_a_life_is_worth_watching(exchange):
    """A run has orders that ended in several ways, told at the beginning, live and after holes, and a dozen faults."""
    run = run_account(exchange, 1)
    ends = {path[-1][1].status for path in run.life.orders.values()}
    told = {item.get_origin() for reader in run.readers for _, item in reader.items}
    assert len(ends & {"filled", "canceled", "expired", "rejected"}) >= 3
    assert told == {"snapshot", "live", "backfill"}
    assert len(run.mischief.done) >= 12


def test_a_seed_gives_the_same_run_twice():
    """Every event, and the second of every order that was told, are the same."""
    first, second = (run_account(LIVELY[0], 3) for _ in range(2))
    assert first.log == second.log
    assert [at for at, _ in first.readers[0].items] == [at for at, _ in second.readers[0].items]
