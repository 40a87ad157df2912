"""The same seed is the same run."""

import os
import subprocess
import sys
from pathlib import Path

from .gateway import Plan, run_plan

ROOT = Path(__file__).parents[2]
_PROGRAM = "from tests.simulation.test_determinism import story; print(story(3))"


def story(seed):
    """Return everything that happened in a run, as text."""
    run = run_plan(Plan.drawn(seed))
    told = [f"{at} {event}" for at, event in run.log]
    for record in run.records:
        told.append(f"{record} {record.times} {record.stream.stats}")
    return "\n".join(told)


def test_a_seed_gives_the_same_run_twice():
    """Every event and the time of every item are the same, to the last digit."""
    first = story(3)
    assert "disconnected" in first
    assert story(3) == first


def test_a_seed_gives_the_same_run_in_another_process():
    """Nothing depends on how Python happens to order its sets in one process."""
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.rstrip("\n") == story(3), done.stderr


def test_another_seed_gives_another_run():
    """The seed is what chooses."""
    assert story(3) != story(4)
