"""The command as a program: output, exit codes, signals and closed pipes."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bt_api_py import BtApi
from bt_api_py.cli import main

COMMAND = [sys.executable, "-W", "error", "-m", "bt_api_py"]


@dataclass
class Outcome:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Outcome]


@pytest.fixture
def bt_api(venues: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command in this process, against running venues or the given ones."""

    def run(*words: str, venues: str = venues) -> Outcome:
        monkeypatch.setenv("BT_API_SIMULATOR", venues)
        return Outcome(main(words), *capsys.readouterr())

    return run


def program(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a program of its own."""
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=40)


KEYS = {
    "ticker": {"last_price", "volume", "price_change", "bid_price", "ask_price"},
    "depth": {"bids", "asks", "sequence"},
    "trades": {"price", "quantity", "side", "trade_id"},
    "klines": {"open", "high", "low", "close", "volume", "bar_status", "interval"},
}


@pytest.mark.parametrize("kind", KEYS)
def test_stream_writes_json_lines(kind, bt_api):
    """Each line is one object with the getters' names as keys, and there are as many as asked for."""
    done = bt_api("stream", kind, "BINANCE___SPOT", "BTCUSDT", "--json", "--count", "2")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == 2
    for row in rows:
        assert KEYS[kind] | {"symbol", "timestamp", "exchange_name", "event"} <= set(row)
        assert (row["symbol"], row["exchange_name"]) == ("BTCUSDT", "BINANCE___SPOT")


def test_levels_reach_the_book(bt_api):
    """`--levels 5` gives five levels a side."""
    done = bt_api("stream", "depth", "OKX___SPOT", "BTCUSDT", "--levels", "5", "--count", "1")
    row = json.loads(done.stdout)
    assert (len(row["bids"]), len(row["asks"])) == (5, 5)


def test_several_symbols_and_events(bt_api):
    """Objects of all symbols come mixed, and `--events` adds what happened to the connection."""
    words = ["trades", "OKX___SPOT", "BTC-USDT", "ETHUSDT", "--events", "--count", "20"]
    done = bt_api("stream", *words)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["symbol"] for row in rows if "event" in row} == {"BTC-USDT", "ETHUSDT"}
    assert "connected" in {row["kind"] for row in rows if "kind" in row}


def test_seconds_end_a_stream(bt_api):
    """`--seconds` ends the stream with 0, here in a simulator of the command's own."""
    done = bt_api("stream", "ticker", "HTX___SPOT", "BTCUSDT", "--simulate", "--seconds", "1.5")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout.splitlines()[0])["last_price"] > 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["stream", "ticker", "BINANCE__SPOT", "BTCUSDT"], "did you mean 'BINANCE___SPOT'"),
        (["stream", "klines", "OKX___SPOT", "BTCUSDT", "--interval", "7m"], "'7m'"),
        (["stream", "ticker", "BINANCE___SPOT", "BTCUSDTT"], "'BTCUSDT'"),
        (["stream", "ticker", "BINANCE___SPOT"], "SYMBOL"),
        (["stream", "tickers", "BINANCE___SPOT", "BTCUSDT"], "'ticker'"),
        (["stream", "depth", "BINANCE___SPOT", "BTCUSDT", "--levels", "0"], "levels"),
        (["tickers", "OKX__SPOT"], "did you mean 'OKX___SPOT'"),
        (["tickers", "OKX___SPOT", "BTCUSDTT"], "'BTCUSDT'"),
        (["tickers", "OKX___SPOT", "--sort", "price"], "'volume'"),
        (["symbols", "OKX__SPOT"], "did you mean 'OKX___SPOT'"),
        (["doctor", "HTX__SPOT"], "did you mean 'HTX___SPOT'"),
        (["simulate", "--capture", "no-such-file"], "no-such-file"),
        (["nonsense"], "nonsense"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_ends_with_2(words, message, bt_api):
    """A mistake in the words ends with 2 and a message on standard error that names it."""
    done = bt_api(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in re.sub(r"[\s│]+", " ", done.stderr)


def test_one_wrong_symbol_does_not_end_the_others(bt_api):
    """The other symbols go on; the error is one line, and the exit code tells."""
    done = bt_api("stream", "ticker", "OKX___SPOT", "BTCUSDT", "NOSUCHUSDT", "--count", "3")
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 3
    assert len(done.stderr.splitlines()) == 1
    assert "NOSUCHUSDT" in done.stderr


def test_tickers_of_a_whole_market(bt_api):
    """Each market is one JSON line with a value that is current; `--sort` puts the greatest first."""
    done = bt_api("tickers", "OKX___SPOT", "--sort", "volume")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    markets = [json.loads(line) for line in bt_api("symbols", "OKX___SPOT", "--json").stdout.splitlines()]
    assert {row["symbol"] for row in rows} == {row["symbol"] for row in markets if row["status"] == "trading"}
    assert {row["stale"] for row in rows} == {False}
    volumes = [row["volume"] for row in rows]
    assert volumes == sorted(volumes, reverse=True)


def test_tickers_that_are_watched(bt_api):
    """With `--watch` every change is a line until the time is up, here of two markets as they were written."""
    done = bt_api("tickers", "OKX___SPOT", "BTC/USDT", "ethusdt", "--watch", "--seconds", "3")
    assert (done.returncode, done.stderr) == (0, "")
    assert {json.loads(line)["symbol"] for line in done.stdout.splitlines()} == {"BTC/USDT", "ethusdt"}
    assert len(done.stdout.splitlines()) > 2


def test_tickers_that_are_missing_are_named(bt_api):
    """An unknown market costs a line and code 2; markets without a value in time are counted, and the code is 1."""
    done = bt_api("tickers", "OKX___SPOT", "BTCUSDT", "NOSUCHUSDT")
    assert done.returncode == 2
    assert [json.loads(line)["symbol"] for line in done.stdout.splitlines()] == ["BTCUSDT"]
    assert len(done.stderr.splitlines()) == 1
    assert "NOSUCHUSDT" in done.stderr
    done = bt_api("tickers", "BINANCE___SPOT", "--seconds", "0.1")
    assert done.returncode == 1
    assert re.fullmatch(r"bt-api: BINANCE___SPOT: .* within 0\.1 s; missing: .+\n", done.stderr)


def test_unreachable_venue_is_one_line(bt_api):
    """When nothing listens, the message names venue and remedy."""
    done = bt_api("symbols", "BINANCE___SPOT", venues="http://127.0.0.1:9")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "BINANCE___SPOT" in done.stderr
    assert "bt-api doctor BINANCE___SPOT" in done.stderr


def test_exchanges(bt_api):
    """In a pipe the exchanges are one name per line; as JSON each says what it offers."""
    names = bt_api("exchanges").stdout.split()
    assert {"BINANCE___SPOT", "OKX___SPOT", "HTX___SPOT"} <= set(names)
    rows = [json.loads(line) for line in bt_api("exchanges", "--json").stdout.splitlines()]
    assert [row["exchange"] for row in rows] == names
    assert all(("klines" in row["streams"]) == ("1m" in row["intervals"]) for row in rows)


def test_symbols(bt_api):
    """Markets can be searched in any spelling; a line holds name, assets, steps and status."""
    done = bt_api("symbols", "OKX___SPOT", "--search", "btc/usdt")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert ["BTC-USDT", "BTC", "USDT"] in [row[:3] for row in rows]
    assert all(float(row[3]) > 0 and float(row[4]) > 0 for row in rows)
    done = bt_api("symbols", "OKX___SPOT", "--search", "BTC-USDT", "--json")
    assert json.loads(done.stdout.splitlines()[0])["base_asset"] == "BTC"
    assert bt_api("symbols", "OKX___SPOT", "--search", "nonesuch").returncode == 1


def test_doctor(bt_api):
    """The doctor finds a simulated venue healthy and says so for REST, socket and clock."""
    done = bt_api("doctor", "BINANCE___SPOT", "OKX___SPOT", "HTX___SPOT", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [row["exchange"] for row in rows] == ["BINANCE___SPOT", "OKX___SPOT", "HTX___SPOT"]
    for row in rows:
        assert row["error"] is None
        assert 0 < row["rest_ms"] < 5000
        assert 0 < row["socket_ms"] < 10_000
        assert abs(row["clock_offset_ms"]) < 1000


def test_doctor_finds_what_is_out_of_reach(bt_api):
    """A venue that does not answer makes the doctor end with 1 and say where."""
    done = bt_api("doctor", "BINANCE___SPOT", venues="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "BINANCE___SPOT" in done.stdout


def test_simulate_runs_a_command():
    """The command finds the simulator in its environment, and its exit code is handed on."""
    code = "import os, sys; print(os.environ['BT_API_SIMULATOR']); sys.exit(7)"
    done = program("simulate", "--", sys.executable, "-c", code)
    assert done.returncode == 7
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", done.stdout.strip())


def test_simulate_says_when_there_is_no_such_command(bt_api):
    """A command that cannot be run is one line and 1."""
    done = bt_api("simulate", "--", "no-such-program-anywhere")
    assert done.returncode == 1
    assert "no-such-program-anywhere" in done.stderr


def test_demo_ends_by_itself():
    """In a pipe the demo prints a line per exchange and second, and in the end a balance of each."""
    done = program("demo", "--seconds", "4")
    assert (done.returncode, done.stderr) == (0, "")
    for exchange in ("BINANCE___SPOT", "OKX___SPOT", "HTX___SPOT"):
        assert re.search(rf"{exchange} +BTCUSDT  last [\d,.]+  bid [\d,.]+ ask [\d,.]+  spread [\d.]+", done.stdout)
        assert re.search(
            rf"{exchange} +trades: delivered [1-9]\d*, reconnects \d+, gaps \d+, backfilled \d+, missing \d+",
            done.stdout,
        )


def test_demo_of_all_exchanges():
    """With `--all` every exchange shows the market, or the one most like it, and has a line in the balance."""
    waiting = set(BtApi.list_available_exchanges())
    balance = set(waiting)
    with subprocess.Popen(
        [*COMMAND, "demo", "--all", "--seconds", "120"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            if waiting:
                waiting -= set(re.findall(r"^\S+ (\S+) +BTC-?\w+  last [\d,]+\.\d", line))
                if not waiting:
                    process.send_signal(signal.SIGINT)
            balance -= set(re.findall(r"^(\S+) +(?:trades|tickers): delivered \d", line))
        assert (process.wait(20), process.stderr.read()) == (0, "")
    assert not waiting
    assert not balance


def until_output(process: subprocess.Popen[str]) -> str:
    """Return the first line of a program."""
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "words",
    [
        ["stream", "ticker", "OKX___SPOT", "BTCUSDT"],
        ["tickers", "OKX___SPOT", "BTCUSDT", "--watch"],
        ["demo"],
        ["simulate"],
    ],
    ids=lambda words: words[0],
)
def test_interrupt_ends_clean(words, stop, venues):
    """Ctrl-C and SIGTERM end a running command with 0 and without a word."""
    environment = {**os.environ, "BT_API_SIMULATOR": venues}
    with subprocess.Popen(
        [*COMMAND, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert until_output(process)
        process.send_signal(stop)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")


def test_interrupt_reaches_the_simulated_command(tmp_path: Path):
    """SIGTERM to `simulate` ends the command it runs, too."""
    code = "import time; print('running', flush=True); time.sleep(60)"
    command = [*COMMAND, "simulate", "--", sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert until_output(process) == "running\n"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM


def test_a_venue_that_accepts_and_is_silent(bt_api):
    """When nothing was connected in the given time, the command says so and ends with 1."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        done = bt_api("stream", "ticker", "OKX___SPOT", "BTCUSDT", "--seconds", "0.5", venues=address)
    assert (done.returncode, done.stdout) == (1, "")
    assert "BTCUSDT: not connected within 0.5 s" in done.stderr


def test_demo_of_an_unknown_market_ends_at_once():
    """When no exchange has the market, the demo ends with 1 and says so for each."""
    done = program("demo", "--symbol", "NOSUCHUSDT")
    assert done.returncode == 1
    assert done.stdout.count("unknown symbol 'NOSUCHUSDT'") == 3


def test_demo_into_a_closed_pipe():
    """The demo, too, ends with 0 and without a word when its reader leaves."""
    with subprocess.Popen([*COMMAND, "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert until_output(process)
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(20) == 0


def test_closed_pipe_ends_clean(venues):
    """When the reader of the pipe leaves, the stream ends with 0 and without a word."""
    environment = {**os.environ, "BT_API_SIMULATOR": venues}
    command = [*COMMAND, "stream", "trades", "BINANCE___SPOT", "BTCUSDT"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert json.loads(until_output(process))["trade_id"]
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait(20) == 0
    assert errors == ""
