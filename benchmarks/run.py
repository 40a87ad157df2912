"""Runs two subjects in alternation, each in a process of its own beside a fresh server, and compares them pair by pair.

Machines are noisy, so no figure stands alone: every ratio comes from two runs that followed each other, and what is
told is the median of the ratios with the smallest and the largest.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

_TIMEOUT = 300  # seconds for one run
_MOST_WAITS = 0.002  # times a subject may wait, for each message of a flood, before the server counts as too slow


@dataclass(frozen=True)
class Case:
    """One line of the table: a load, and the subject that is compared with another.

    Attributes:
        count: messages in all.
        levels: read by the subject, a side.
        book: levels a side of the first state.
        rate: messages a second; ``None`` sends as fast as the subject reads.
    """

    kind: str
    symbols: int
    count: int
    subject: str = "gateway"
    against: str = "loop"
    levels: int = 20
    book: int = 1000
    rate: float | None = None
    uvloop: bool = False

    @property
    def label(self) -> str:
        """What the table calls it."""
        words = [self.kind, f"{self.symbols} symbol{'s' * (self.symbols > 1)}"]
        if self.subject != "gateway":
            words.append(self.subject)
        if self.book != 1000:
            words.append(f"book of {self.book}")
        if self.levels != 20:
            words.append(f"{self.levels} levels read")
        if self.rate is not None:
            words.append(f"{self.rate:g}/s")
        if self.uvloop:
            words.append("uvloop")
        return ", ".join(words)


@contextmanager
def serving(kind: str, symbols: int, count: int, *, book: int = 1000, rate: float | None = None) -> Iterator[int]:
    """Run the replay server; yields its port."""
    command = [sys.executable, "-m", "benchmarks.server", kind, str(symbols), str(count), str(book)]
    if rate is not None:
        command += ["--rate", str(rate)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.stdin.close()
            server.wait(_TIMEOUT)


def figures_of(*command: str) -> dict[str, Any]:
    """Run a program of this package and return the figures that it prints.

    Raises:
        RuntimeError: it failed; the message is what it said.
    """
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _measure(subject: str, case: Case) -> dict[str, Any]:
    # A venue that sends whole books of 20 levels has nothing to keep, so the gateway asks for one more.
    levels = case.levels + (subject != "loop" and case.kind == "depth")
    options = ["--times"] * (case.rate is not None) + ["--uvloop"] * case.uvloop
    with serving(case.kind, case.symbols, case.count, book=case.book, rate=case.rate) as port:
        load = (case.kind, str(case.symbols), str(case.count), str(levels), str(port))
        return figures_of("benchmarks.subjects", subject, *load, *options)


def compare(case: Case, rounds: int) -> dict[str, Any]:
    """Run both subjects of a case in turn and return figures of both and the ratios of the pairs."""
    pairs = []
    for number in range(rounds):
        names = [case.against, case.subject]
        found = {name: _measure(name, case) for name in (names if number % 2 else names[::-1])}
        pairs.append((found[case.against], found[case.subject]))
    result: dict[str, Any] = {"case": case.label, "against": case.against, "rounds": rounds}
    result["cpu_us"] = _compared([(theirs["cpu_us"], ours["cpu_us"]) for theirs, ours in pairs])
    result["wall_us"] = _compared([(theirs["wall_us"], ours["wall_us"]) for theirs, ours in pairs])
    if case.rate is None:
        result["waits"] = median(run["waits"] for pair in pairs for run in pair)
        result["server_is_slow"] = result["waits"] > _MOST_WAITS
    else:
        result["latency_us"] = {
            name: _compared([(_quantile(theirs, share), _quantile(ours, share)) for theirs, ours in pairs])
            for name, share in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))
        }
    return result


def _compared(pairs: list[tuple[float, float]]) -> dict[str, float]:
    ratios = [ours / theirs for theirs, ours in pairs]
    return {
        "against": median(theirs for theirs, _ in pairs),
        "subject": median(ours for _, ours in pairs),
        "ratio": median(ratios),
        "least": min(ratios),
        "most": max(ratios),
    }


def _quantile(run: dict[str, Any], share: float) -> float:
    ordered: list[float] = sorted(run["latencies_us"])
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
