"""The benchmarks measure what they say; how fast anything is, no test judges."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def benchmarks(*arguments):
    """Run the benchmarks as a user does and return what they print."""
    command = [sys.executable, "-m", "benchmarks", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert not done.returncode, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "case", ["ticker, 20 symbols", "depth, 1 symbol, three readers", "trades, 1 symbol, one asleep"]
)
def test_a_case(case, tmp_path):
    """Both subjects read all messages, and the figures of both are in the table and in the file."""
    file = tmp_path / "figures.json"
    printed = benchmarks("--rounds", 1, "--messages", 400, "--only", case, "--json", file)
    assert case in printed
    [found] = json.loads(file.read_text())["cases"]
    costs = [found["cpu_us"], *found.get("latency_us", {}).values()]
    assert len(costs) == (4 if "asleep" in case else 1)
    for cost in costs:
        assert cost["against"] > 0
        assert cost["least"] <= cost["ratio"] <= cost["most"]
        if "asleep" not in case:
            assert cost["least"] == cost["most"] == pytest.approx(cost["subject"] / cost["against"])
    assert found["rounds"] == (3 if "asleep" in case else 1)  # latencies are looked at more often


def test_the_table_of_a_file(tmp_path):
    """A file that was written is drawn again, for a terminal and as Markdown, without measuring anything."""
    file = tmp_path / "figures.json"
    cost = {"against": 10.0, "subject": 8.0, "ratio": 0.81, "least": 0.7, "most": 0.95}
    latency = {name: cost for name in ("p50", "p99", "p99.9")}
    cases = [
        {"case": "flood", "against": "loop", "cpu_us": cost, "server_is_slow": True},
        {"case": "paced", "against": "loop", "cpu_us": cost, "latency_us": latency},
    ]
    figures = [{"figure": "memory, kB", "median": 5.61, "least": 5.0, "most": 6.0}]
    file.write_text(json.dumps({"python": "3.11.7", "system": "Linux", "cases": cases, "figures": figures}))
    plain = " ".join(benchmarks("--from", file).split())
    assert "flood * loop 10.0 8.0 0.81 0.70 to 0.95 paced loop 10.0" in plain
    assert "The server was too slow" in plain
    drawn = " ".join(benchmarks("--from", file, "--markdown").split())
    assert "| paced | loop | 10.0 | 8.0 | 0.81 | 0.70 to 0.95 |" in drawn
    assert "| paced, p99.9 | loop | 10.0 | 8.0 | 0.81 | 0.70 to 0.95 |" in drawn
    assert "| memory, kB | 5.6 | 5.0 to 6.0 |" in drawn
