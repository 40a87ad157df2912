"""The command on a terminal: live views that redraw themselves and end with Ctrl-C."""

import codecs
import os
import re
import select
import subprocess
import sys
import time

import pytest

pty = pytest.importorskip("pty", reason="pseudo terminals need Unix")

COMMAND = [sys.executable, "-W", "error", "-m", "bt_api_py"]
PATIENCE = 20.0  # seconds


class Terminal:
    """A program with a terminal of its own."""

    def __init__(self, *words: str, venues: str) -> None:
        self._master, slave = pty.openpty()
        environment = {**os.environ, "BT_API_SIMULATOR": venues, "TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
        # A session of its own makes the terminal the one that Ctrl-C comes from.
        code = (
            "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *COMMAND, *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        self._text = ""
        # A read may end within a character, and Ctrl-C makes a terminal throw away the rest of one.
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def read_until(self, pattern: str) -> str:
        """Return what was shown, without colours, up to a match."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self._text)
            if re.search(pattern, shown):
                return shown
            if select.select([self._master], [], [], 0.5)[0]:
                self._text += self._decoder.decode(os.read(self._master, 65536))
        raise AssertionError(f"{pattern!r} was not shown within {PATIENCE:g} s: {self._text[-2000:]}")

    def press_ctrl_c(self) -> int:
        """Press Ctrl-C and return the exit code; what is still shown is kept."""
        os.write(self._master, b"\x03")
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            if select.select([self._master], [], [], 0.1)[0]:
                try:
                    self._text += self._decoder.decode(os.read(self._master, 65536))
                except OSError:  # the other side has closed
                    break
        return self.process.wait(PATIENCE)

    def close(self) -> str:
        """Close the terminal and return everything that was shown."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        os.close(self._master)
        return self._text


@pytest.fixture
def terminal(venues):
    opened = []

    def run(*words: str) -> Terminal:
        opened.append(Terminal(*words, venues=venues))
        return opened[-1]

    yield run
    for entry in opened:
        assert "Traceback" not in entry.close()


@pytest.mark.parametrize(
    ("words", "pattern"),
    [
        (["stream", "ticker", "BINANCE___SPOT", "BTCUSDT"], r"BTCUSDT +[\d,]+\.\d\d +[+-]\d+\.\d\d%"),
        (["stream", "depth", "OKX___SPOT", "BTCUSDT"], r"mid [\d,]+\.\d\d +spread \d+\.\d\d"),
        (["stream", "trades", "HTX___SPOT", "BTCUSDT"], r"BTCUSDT +(buy|sell) +[\d,]+\.\d\d"),
        (["stream", "klines", "BINANCE___SPOT", "BTCUSDT"], r"BTCUSDT .* building"),
        (
            ["tickers", "OKX___SPOT", "-w", "-s", "change"],
            r"1\d\d of 1\d\d markets(?s:.*)more; --sort(?s:.*)Ctrl-C",
        ),
        (["demo"], r"BINANCE___SPOT +BTCUSDT +[\d,]+\.\d\d(?s:.*)one minute"),
    ],
    ids=["ticker", "depth", "trades", "klines", "tickers", "demo"],
)
def test_live_view(words, pattern, terminal):
    """The view shows its figures, and Ctrl-C ends it with 0."""
    program = terminal(*words)
    program.read_until(pattern)
    assert program.press_ctrl_c() == 0


def test_a_whole_market_is_a_table(terminal):
    """Without `--watch` a line tells how far it is, then the table is printed and the command is done."""
    program = terminal("tickers", "OKX___SPOT")
    program.read_until(r"SIM001-USDT +[\d,.]+ +[+-]\d+\.\d\d%")
    assert program.process.wait(PATIENCE) == 0


def test_a_live_view_of_nothing_ends_by_itself(terminal):
    """When every stream has failed the view ends with the error, and the code of wrong usage."""
    program = terminal("stream", "ticker", "BINANCE___SPOT", "BTCUSDTT")
    program.read_until("unknown symbol 'BTCUSDTT'")
    assert program.process.wait(PATIENCE) == 2
