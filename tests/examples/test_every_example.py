"""Every example runs against a simulator of its own and prints what it promises."""

import re
import runpy
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples"
PRICE = r"[\d,]+\.\d\d"
EVENT = r"event \w+: \{.*\}"

# By example: its arguments, and the pattern of each line.
EXAMPLES = {
    "ticker.py": (["--count", "3"], [rf"BTCUSDT: {PRICE}  volume [\d,]+  \([+-]\d+\.\d\d%\)"] * 3),
    "several_streams.py": (["--count", "1"], [r"(ticker|depth ) BTCUSDT: .*\d.*"] * 2),
    "depth_spread.py": (["--count", "2"], [rf"BTCUSDT: {PRICE} / {PRICE}  spread \d+\.\d\d  nearby .*"] * 2),
    "trades.py": (
        ["OKX___SPOT", "--count", "3"],
        [rf"\d+ +(buy|sell) [\d.]+ at {PRICE}  balance [+-][\d.]+"] * 3,
    ),
    "klines.py": (
        ["--count", "1"],
        [rf"\d\d:\d\d:00 open {PRICE} high {PRICE} .* volume [\d.]+ (building|closed)"],
    ),
    "moving_average.py": (
        ["HTX___SPOT", "--count", "1", "--window", "2"],
        [rf"BTCUSDT: {PRICE}  mean of 2: {PRICE}  (above|below|inside)"],
    ),
    "several_exchanges.py": (
        ["--count", "1"],
        [rf"(BINANCE___SPOT|OKX___SPOT|HTX___SPOT) +BTCUSDT: {PRICE}"] * 3,
    ),
    "resilient.py": (
        ["--count", "1"],
        [r"gave up: BINANCE___SPOT.*", "trying again", rf"BTCUSDT: {PRICE}"],
    ),
    "filter.py": (["--count", "1", "--least", "1"], [rf" *(buy|sell) [\d,]+ at {PRICE}, one of 1 trades"]),
    "contract.py": (
        ["--count", "6"],
        [
            rf"mark {PRICE}, index {PRICE}",
            r"funding [+-]0\.\d{4}%, paid at \d\d:00 UTC",
            r"open interest [\d,]+\.\d{3}|liquidated: [\d.]+ (long|short) at [\d,.]+",
        ],
    ),
    "bulk_ticker.py": (["--count", "3"], [rf"(BTC|ETH)-USD: last {PRICE}  mark {PRICE}"] * 3),
    "bulk_ladder.py": (
        ["--steps", "2"],
        [r"resting 0\.01 at [\d.]+ as \w+", r"cancel all: cancelled, \d+ orders"],
    ),
    "bulk_replace.py": (
        [],
        [r"first: resting \w+", r"replaced: cancelled, then resting \w+", r"end: cancelled"],
    ),
    "bulk_quoting.py": (
        ["--count", "2"],
        [r"quoted [\d.]+ \w+, [\d.]+ \w+; profit [+-]\d+\.\d\d"],
    ),
    "batch.py": (["--count", "1", "--size", "2"], [r"[12] trades, [\d.]+ in all, ids \d+ to \d+"]),
    "settings.py": (
        ["--count", "1"],
        [rf"BTCUSDT: {PRICE}", "a typing error is noticed: .*'ping_interval'.*"],
    ),
    "ticker_map.py": (
        ["OKX___SPOT", "--count", "2"],
        [
            r"1\d\d markets after \d REST calls",
            r"\w+-USDT +[\d,]+\.\d{4} \([+-]\d+\.\d\d%\)",
            rf"BTCUSDT: {PRICE} by (ws|rest), stale: False",
            r"changed: \w+-\w+ [\d.]+",
        ],
    ),
    "coinblockpro.py": (
        ["--period", "2"],
        [
            r"Websocket: market \w+_\w+ to price [\d.]+",
            r"REST: market \w+_\w+ to price [\d.]+",
            r"REST: the prices of all 45 markets are known",
            r"All markets are current\.",
            r"Downloaded information on \d+ / 45 markets through the REST API\.",
            r"full: 45 markets, 1 REST call, [1-9]\d* changes by the feed",
            r"single: 45 markets, [1-9]\d* REST calls",
        ],
    ),
    "vega_quoting_bot.py": (["--count", "2"], [r"bid [\d.]+ offer [\d.]+ position -?[\d.]+ orders \d"] * 2),
    "status_and_health.py": (["--count", "25"], None),
    "order_monitor.py": (
        ["--count", "3"],
        [r"(filled    (buy|sell) [\d.]+ \w+ at [\d.]+|partial   \w+ [\d.]+ of [\d.]+|\w+ +\w+ \d+ \(\w+\))"] * 3,
    ),
    "order_book.py": (
        ["--count", "2"],
        [rf"BTCUSDT: {PRICE} / {PRICE}  spread \d+\.\d\d  best five bids [\d.]+"] * 2,
    ),
    "synchronous.py": (
        ["OKX___SPOT", "--count", "2"],
        [
            rf"BTCUSDT now: {PRICE}",
            r"spread \d+\.\d\d, best bid \[[\d., ]+\]",
            *[rf"(buy |sell) [\d.]+ at {PRICE}"] * 2,
        ],
    ),
    "bytewax_orderbook.py": ([], None),  # run by tests/connectors, as a dataflow is
    "account_state.py": (
        ["HTX___SPOT", "--count", "2"],
        [r"[A-Z0-9]+ +free \d+\.\d{6}  locked \d+\.\d{6}", r"(Order|Balance)Data +\w+ +\d+ orders open"],
    ),
    "balance_watch.py": (
        ["OKX___SPOT", "--count", "2"],
        [r"[A-Z0-9]+ +free \d+\.\d{6}  locked \d+\.\d{6}  total \d+\.\d{6}"] * 2,
    ),
}


def run(
    name: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    """Run an example as a program of its own and return its lines."""
    monkeypatch.setenv("BT_API_SIMULATOR", "")  # put back afterwards: the example sets it
    monkeypatch.setattr(sys, "argv", [name, *arguments, "--simulate"])
    monkeypatch.syspath_prepend(FOLDER)
    runpy.run_path(str(FOLDER / name), run_name="__main__")
    return capsys.readouterr().out.splitlines()


def test_every_example_is_run():
    """The table above names the files of the folder."""
    assert set(EXAMPLES) == {path.name for path in FOLDER.glob("[!_]*.py")}


@pytest.mark.parametrize("name", [name for name, (_, lines) in EXAMPLES.items() if lines])
def test_example_prints_what_it_promises(name, monkeypatch, capsys):
    """Each line has the form that the example promises, and there are as many as asked for."""
    arguments, patterns = EXAMPLES[name]
    lines = run(name, arguments, monkeypatch, capsys)
    assert len(lines) >= len(patterns)
    for line in lines:
        assert any(re.fullmatch(pattern, line) for pattern in patterns), line
    for pattern in patterns:
        assert any(re.fullmatch(pattern, line) for line in lines), f"{pattern!r} not in {lines}"


def test_all_three_exchanges_are_shown(monkeypatch, capsys):
    """The example for several exchanges prints each of them."""
    lines = run("several_exchanges.py", ["--count", "1"], monkeypatch, capsys)
    assert {line.split()[0] for line in lines} == {"BINANCE___SPOT", "OKX___SPOT", "HTX___SPOT"}


def test_status_and_health(monkeypatch, capsys):
    """The example shows events, trades, counters and a state that is JSON."""
    lines = run("status_and_health.py", *EXAMPLES["status_and_health.py"][:1], monkeypatch, capsys)
    assert any(re.fullmatch(r"event connected: .*", line) for line in lines)
    assert sum(bool(re.fullmatch(r"trade \d+ (live|backfill)", line)) for line in lines) == 25
    assert any(re.fullmatch(r"event gap: .*", line) for line in lines)
    assert any(re.fullmatch(r"trade \d+ backfill", line) for line in lines)
    assert any(re.fullmatch(r"stats delivered \d+ backfilled \d+ missing 0", line) for line in lines)
    assert re.fullmatch(r"health \{.*\}", lines[-1])


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_example_is_short(path):
    """An example has at most 60 lines and says first what it does."""
    lines = path.read_text().splitlines()
    assert len(lines) <= 60
    assert lines[0].startswith('"""')
