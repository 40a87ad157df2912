"""Every program printed in the README and in the documentation runs, and prints what the page says."""

import ast
import asyncio
import inspect
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bt_api_py import BtApi

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PATIENCE = 20  # seconds until a program must have printed what is expected

PRICE = r"\d+\.\d\d"
# By page and heading: patterns that lines of the program must match; it is ended once all were seen.
EXPECTED = {
    ("README.md", "Two commands"): [rf"BTCUSDT {PRICE}"],
    ("docs/index.md", "First stream"): [rf"BTCUSDT {PRICE} \([+-]\d+\.\d\d%\)"],
    ("docs/guide/streaming.md", "Ticker"): [rf"BTCUSDT: {PRICE} \([+-]\d+\.\d\d%\), volume [1-9][\d,]+"],
    ("docs/guide/streaming.md", "Several streams"): [rf"last {PRICE}", rf"spread {PRICE}"],
    ("docs/guide/streaming.md", "Order book"): [
        rf"{PRICE} x [\d.]+  \|  {PRICE} x [\d.]+",
        rf"spread {PRICE}, [+-][\d.]+ more bid than asked",
    ],
    ("docs/guide/streaming.md", "Trades"): [
        r"buy [\d.]+ at [\d.]+, id \d+",
        r"sell [\d.]+ at [\d.]+, id \d+",
    ],
    ("docs/guide/streaming.md", "Candles"): [rf"\d{{13}}: {PRICE} {PRICE} {PRICE} {PRICE}, volume [\d.]+, building"],
    ("docs/guide/streaming.md", "Several exchanges"): [
        rf"{name} BTCUSDT {PRICE}" for name in ("BINANCE___SPOT", "OKX___SPOT", "HTX___SPOT")
    ],
    ("docs/guide/streaming.md", "Settings"): [PRICE],
    ("docs/guide/streaming.md", "When a connection fails"): [PRICE],
    ("docs/guide/streaming.md", "Keeping what matters"): [r"(buy|sell) of [\d,]+ USDT"],
    ("docs/guide/streaming.md", "Keeping what matters (2)"): [rf"{PRICE}, mean of 5: {PRICE}"],
    ("docs/guide/streaming.md", "Batches"): [r"\d+ trades, [\d.]+ BTC"],
    ("docs/guide/streaming.md", "What happens behind a stream"): [
        r"event \{.*'kind': 'connected'.*\}",
        r"\d+ \d+ live",
    ],
    ("docs/guide/errors.md", "Errors"): [r"no such market: BINANCE___SPOT.*'BTCUSDTT'.*BTCUSDT.*"],
    ("docs/guide/errors.md", "Errors (2)"): [r".*did you mean 'BINANCE___SPOT'.*", r"OKX___SPOT: .*'60m'.*"],
    ("docs/guide/simulator.md", "From Python"): [r"\d+ (buy|sell) [\d.]+"],
    ("docs/guide/simulator.md", "Faults"): [r"disconnected: .+", r"\d+ trades fetched afterwards, 0 missing"],
    ("docs/guide/simulator.md", "Hours in seconds"): [r"[1-9]\d+ trades fetched, 1\d minutes of market"],
    ("docs/guide/simulator.md", "In your tests"): [],
    ("docs/guide/simulator.md", "Accounts"): [r"new 0\.01 BTCUSDT", r"filled 80000\.0"],
    ("docs/guide/contracts.md", "Contracts"): [r"BTC-USDT-SWAP: longs pay [+-]0\.\d{4}%"],
    ("docs/guide/contracts.md", "Positions"): [r"\w+USD[TC] (long|short|net): -?[\d.]+ at [\d,.]+"],
    ("docs/clients/vega.md", "A store"): [r"\d+\.\d", r"ACCOUNT_TYPE_GENERAL 1000\.0+"],
    ("docs/clients/vega.md", "Orders"): [r"sent [0-9A-F]{8}", "STATUS_ACTIVE"],
    ("docs/guide/local-copies.md", "Tickers of a whole market"): [
        r"1\d\d markets, bitcoin at [\d.]+",
        r"changed: \w+-\w+ [\d.]+",
    ],
    ("docs/guide/account.md", "Your own account"): [
        r"filled: (buy|sell) [\d.]+ \w+ at [\d.]+|partial: \w+ [\d.]+/[\d.]+|canceled: \w+ \d+"
    ],
    ("docs/guide/account.md", "Your own account (2)"): [r"USDT: free \d+\.\d{6}, locked \d+\.\d{6}, total \d+\.\d{6}"],
    ("docs/exchanges/coinblockpro.md", "A local copy of all prices"): [r"45 markets, bitcoin at [\d.]+ EUR"],
    ("docs/guide/account.md", "Keys"): [],
    ("docs/exchanges/vega.md", "Vega"): [],
    ("docs/guide/synchronous.md", "Without asyncio"): [rf"now {PRICE}", rf"(buy|sell) \d+\.\d{{5}} at {PRICE}"],
    ("docs/guide/synchronous.md", "Without asyncio (2)"): [r"\d+\.\d \| \d+\.\d"],
    ("docs/guide/synchronous.md", "In a notebook"): [PRICE, r"\d+"],
    ("docs/clients/bulk.md", "Reading"): [r"BTC-USD [\d.]+"],
    ("docs/clients/bulk.md", "Trading"): [r"resting True", r"ok cancelled", r"ok resting", r"cancelled"],
    ("docs/guide/local-copies.md", "An order book"): [rf"{PRICE} \| {PRICE} x [\d.]+, spread {PRICE}"],
    ("docs/guide/local-copies.md", "An order book (2)"): [r"[\d.]+ bid on the best five levels"],
    ("docs/guide/local-copies.md", "An account"): [
        rf"BalanceEvent: {PRICE} USDT free, \d+ orders open",
        rf"OrderEvent: {PRICE} USDT free, \d+ orders open",
    ],
}


def programs() -> dict[tuple[str, str], str]:
    """Return the Python blocks of all pages by page and heading; the second under one heading ends in (2)."""
    found: dict[tuple[str, str], str] = {}
    for page in PAGES:
        heading = ""
        for part in re.finditer(r"^#+ ([^\n]+)$|^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
            if part[1]:
                heading = part[1]
                continue
            key = (str(page.relative_to(ROOT)), heading)
            while key in found:
                number = int(re.findall(r"\((\d)\)$", key[1])[0]) + 1 if key[1].endswith(")") else 2
                key = (key[0], f"{heading} ({number})")
            found[key] = part[2]
    return found


PROGRAMS = programs()


class Enough(BaseException):
    """Ends a program in the middle, as Ctrl-C would."""


@contextmanager
def patience(seconds: int) -> Iterator[None]:
    """Raise `TimeoutError` in the block after so long, also out of an event loop."""

    def expire(*_: object) -> None:
        raise TimeoutError(f"not within {seconds} s")

    before = signal.signal(signal.SIGALRM, expire)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run(source: str, patterns: list[str]) -> list[str]:
    """Run a program until its lines have matched all patterns, or it ends; return the lines."""
    lines: list[str] = []
    wanted = set(patterns)

    def show(*values: object, **_: object) -> None:
        lines.append(" ".join(str(value) for value in values))
        wanted.difference_update({pattern for pattern in wanted if re.fullmatch(pattern, lines[-1])})
        if not wanted:
            raise Enough

    code = compile(source, "<page>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    scope = {"__name__": "__main__", "print": show}
    try:
        with patience(PATIENCE):
            result = eval(code, scope)
            if inspect.iscoroutine(result):
                asyncio.run(result)
    except Enough:
        pass
    return lines


def test_every_program_has_an_expectation():
    """The programs printed in the pages and the expectations above are the same set."""
    assert set(PROGRAMS) == set(EXPECTED)


@pytest.mark.parametrize("place", [key for key in PROGRAMS if EXPECTED.get(key)], ids=" ".join)
def test_program_prints_what_the_page_says(place, venues, monkeypatch):
    """The program, run unchanged against the simulator, prints lines of the expected form."""
    monkeypatch.setenv("BT_API_SIMULATOR", venues)
    lines = run(PROGRAMS[place], EXPECTED[place])
    for pattern in EXPECTED[place]:
        assert any(re.fullmatch(pattern, line) for line in lines), f"{pattern!r} not in {lines}"


def test_the_fixtures_of_the_simulator_page_work(tmp_path):
    """A test as printed in the page passes with nothing but pytest, pytest-asyncio and the package."""
    (tmp_path / "test_page.py").write_text(PROGRAMS["docs/guide/simulator.md", "In your tests"])
    command = [sys.executable, "-m", "pytest", "-q", "-o", "asyncio_mode=auto", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_shell_lines_are_valid_commands():
    """Every `bt-api` line of the pages has a command and options that exist."""
    import typer

    from bt_api_py.cli.app import app

    group = typer.main.get_command(app)
    lines = [line for page in PAGES for line in re.findall(r"^\$ (?:\w+=\S+ )?bt-api (.+)$", page.read_text(), re.M)]
    assert len(lines) > 5
    for line in lines:
        name, *rest = re.split(r"[|>]", line)[0].replace("'", "").split()
        if name.startswith("--"):
            continue
        # A file that a page names need not be here.
        group.commands[name].make_context(name, [word for word in rest if "FILE" not in word])


def test_every_exchange_has_a_page():
    """Each exchange stands in the README's table and on a page of its own venue."""
    pages = [page.read_text() for page in (ROOT / "docs" / "exchanges").glob("*.md") if page.stem != "index"]
    for name in BtApi.list_available_exchanges():
        assert f"`{name}`" in (ROOT / "README.md").read_text()
        assert any(f"`{name}`" in page for page in pages), name
