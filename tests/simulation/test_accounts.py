"""Many short lives of an account, each with faults of its own; a seed that fails can be seen again."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import pytest

from bt_api_py.exchanges import EXCHANGES

from .accounts import run_account

SEEDS = 48
GROUP = 12
# The life that is led here is one of spot orders and balances.
WITH_ACCOUNT = sorted(name for name, cls in EXCHANGES.items() if cls.account is not None and name.endswith("___SPOT"))


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


@pytest.mark.parametrize("first", range(0, SEEDS, GROUP))
@pytest.mark.parametrize("exchange", WITH_ACCOUNT)
def test_an_account_is_told_whole_and_true_under_random_faults(workers, exchange, first):
    """Orders go forward to the truth, fills come once and exact, balances end true, and nothing is left behind."""
    troubles = workers.map(partial(trouble_of, exchange), range(first, first + GROUP))
    assert [trouble for trouble in troubles if trouble is not None] == []


@pytest.mark.parametrize("exchange", WITH_ACCOUNT)
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
    first, second = (run_account(WITH_ACCOUNT[0], 3) for _ in range(2))
    assert first.log == second.log
    assert [at for at, _ in first.readers[0].items] == [at for at, _ in second.readers[0].items]
