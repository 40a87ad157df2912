"""Runs the subjects in alternation, each in a process of its own beside a fresh server, and compares them pair by pair.

Machines are noisy, so no figure stands alone: every ratio comes from two runs that followed each other, and what is
told is the median of the ratios with the smallest and the largest.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_TIMEOUT = 300  # seconds for one run


@dataclass(frozen=True)
class Case:
    """One line of the table: a load, and the subject that is compared with the hand-written loop."""

    kind: str
    symbols: int
    count: int
    subject: str = "gateway"
    rate: float | None = None
    book_levels: int = 1000

    @property
    def label(self) -> str:
        """What the table calls it."""
        words = [self.kind, f"{self.symbols} symbol{'s' * (self.symbols > 1)}"]
        if self.subject != "gateway":
            words.append(self.subject)
        if self.book_levels != 1000:
            words.append(f"{self.book_levels} levels")
        if self.rate is not None:
            words.append(f"{self.rate:g}/s")
        return ", ".join(words)


FLOODS = [
    Case("ticker", 1, 60_000),
    Case("trades", 1, 80_000),
    Case("depth", 1, 30_000),
    Case("ticker", 20, 60_000),
    Case("trades", 20, 80_000),
    Case("depth", 20, 30_000),
    Case("ticker", 1, 60_000, "three readers"),
    Case("trades", 1, 80_000, "three readers"),
    Case("depth", 1, 30_000, book_levels=5000),
]
PACED = [Case("trades", 1, 25_000, rate=5000)]


@contextmanager
def serving(case: Case) -> Iterator[int]:
    """Run the replay server for a case; yields its port."""
    command = [sys.executable, "-m", "benchmarks.server", case.kind, str(case.symbols), str(case.count)]
    if case.rate is not None:
        command += ["--rate", str(case.rate)]
    command += ["--book-levels", str(case.book_levels)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        yield int(server.stdout.readline())
    finally:
        server.stdin.close()
        server.wait(_TIMEOUT)
        server.stdout.close()


def measure(subject: str, case: Case, *options: str) -> dict[str, Any]:
    """Run one subject on a fresh server and return its figures."""
    with serving(case) as port:
        command = [sys.executable, "-m", "benchmarks.subjects", subject, case.kind, str(case.symbols), str(case.count)]
        done = subprocess.run(
            [*command, str(port), *options], capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    if done.returncode:
        raise RuntimeError(f"{subject} on {case.label}: {done.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def compare(case: Case, rounds: int, *options: str) -> dict[str, Any]:
    """Run a case against the hand-written loop, in turn, and return the ratios."""
    pairs = []
    for number in range(rounds):
        names = ["reference", case.subject]
        found = {name: measure(name, case, *options) for name in (names if number % 2 else names[::-1])}
        pairs.append((found["reference"], found[case.subject]))
    result: dict[str, Any] = {"case": case.label, "rounds": rounds}
    for figure in ("cpu_us", "wall_us"):
        ratios = sorted(ours[figure] / theirs[figure] for theirs, ours in pairs)
        result[figure] = {
            "reference": statistics.median(theirs[figure] for theirs, _ in pairs),
            "subject": statistics.median(ours[figure] for _, ours in pairs),
            "ratio": statistics.median(ratios),
            "least": ratios[0],
            "most": ratios[-1],
        }
    if case.rate is not None:
        result["latency_us"] = {
            "reference": _quantiles([value for theirs, _ in pairs for value in theirs["latencies_us"]]),
            "subject": _quantiles([value for _, ours in pairs for value in ours["latencies_us"]]),
            "p99_ratio": statistics.median(
                _quantiles(ours["latencies_us"])["p99"] / _quantiles(theirs["latencies_us"])["p99"]
                for theirs, ours in pairs
            ),
        }
    return result


def _quantiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values[len(values) // 10 :])  # without the warm-up
    return {
        name: ordered[min(int(len(ordered) * part), len(ordered) - 1)]
        for name, part in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))
    }


def machine() -> dict[str, str]:
    """Return what the figures were taken on."""
    return {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
