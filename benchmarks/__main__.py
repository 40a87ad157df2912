"""``python -m benchmarks``: what the gateway costs against a hand-written loop, as a table and as JSON.

``--rounds`` says how often each pair is run (thrice as often where latency is looked at, in short runs), ``--only``
which lines, ``--messages`` how many each run sends; ``--from`` draws the table of a file again.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from .figures import FIGURES, LEVELS, STREAMS
from .peers import PEERS
from .run import Case, compare, figures_of, serving
from .table import drawn

_PACE = 5000.0  # messages a second of the paced cases: each comes alone, in a turn of the loop of its own
_SHORT = 6000  # messages of a paced run: whoever else wants the processor spoils few of many short runs, all of one
_MORE = 3  # times as many rounds of them
CASES = [
    Case("ticker", 1, 60_000),
    Case("ticker", 20, 60_000),
    Case("ticker", 1, 60_000, "three readers"),
    Case("trades", 1, 80_000),
    Case("trades", 20, 80_000),
    Case("trades", 1, 80_000, "three readers"),
    Case("depth", 1, 30_000),
    Case("depth", 20, 30_000),
    Case("depth", 1, 30_000, "three readers"),
    Case("depth", 1, 30_000, book=5000),
    Case("depth", 1, 30_000, "best of 5000", "best of 20", book=5000),
    Case("ticker", 1, _SHORT, rate=_PACE),
    Case("trades", 1, _SHORT, rate=_PACE),
    Case("depth", 1, _SHORT, rate=_PACE),
    Case("trades", 1, _SHORT, rate=_PACE, uvloop=True),
    Case("trades", 1, _SHORT, "one asleep", "three readers", rate=_PACE),
    *(Case(kind, 1, 20_000, peer) for peer in PEERS for kind in ("ticker", "trades", "depth")),
]
_SERVED: dict[str, tuple[str, int, int, int]] = {
    "thousand": ("trades", STREAMS + 1, STREAMS + 1, 1),
    "snapshot": ("depth", 2, 2, LEVELS // 2),
}


def _cases(chosen: argparse.Namespace) -> Iterator[Case]:
    for case in CASES:
        if chosen.only not in case.label:
            continue
        needed = [case.subject] * (case.subject in PEERS) + ["uvloop"] * case.uvloop
        missing = [name for name in needed if find_spec(name) is None]
        if missing:
            print(f"left out: {case.label}: {missing[0]} is not installed", file=sys.stderr)
        else:
            messages = chosen.messages or case.count
            yield replace(case, count=min(messages, _SHORT) if case.rate else messages)


def _figures(name: str, rounds: int) -> list[dict[str, Any]]:
    found = []
    kind, symbols, count, book = _SERVED[name]
    for _ in range(rounds):
        with serving(kind, symbols, count, book=book) as port:
            found.append(figures_of("benchmarks.figures", name, str(port)))
    return [
        {
            "figure": figure,
            "median": median(run[figure] for run in found),
            "least": min(run[figure] for run in found),
            "most": max(run[figure] for run in found),
        }
        for figure in found[0]
    ]


def _measure(chosen: argparse.Namespace, result: dict[str, Any]) -> None:
    for case in _cases(chosen):
        print(f"{case.label} ...", end="", file=sys.stderr, flush=True)
        result["cases"].append(compare(case, chosen.rounds * (_MORE if case.rate else 1)))
        print(f" {result['cases'][-1]['cpu_us']['ratio']:.2f}", file=sys.stderr, flush=True)
    for name in FIGURES:
        if chosen.only in name:
            print(f"{name} ...", file=sys.stderr, flush=True)
            result["figures"] += _figures(name, chosen.rounds)


def main() -> None:
    """Measure, write the file, print the table."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--rounds", type=int, default=5, help="runs of each pair (5)")
    options.add_argument("--only", default="", help="only lines that contain this text")
    options.add_argument("--messages", type=int, help="messages of each run, instead of tens of thousands")
    options.add_argument("--json", type=Path, default=Path("benchmarks.json"), help="file to write (benchmarks.json)")
    options.add_argument("--from", type=Path, dest="file", help="measure nothing, draw this file")
    options.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    chosen = options.parse_args()
    if chosen.file is not None:
        result = json.loads(chosen.file.read_text())
    else:
        system = f"{platform.system()} {platform.machine()}"
        result = {"python": platform.python_version(), "system": system, "cases": [], "figures": []}
        try:
            _measure(chosen, result)
        except KeyboardInterrupt:
            print("\nstopped; so far:", file=sys.stderr)
        chosen.json.write_text(json.dumps(result, indent=1))
    print(drawn(result, markdown=chosen.markdown))


main()
