"""Whole programs: however one ends, and in a notebook, nothing is printed that it did not print itself."""

import importlib.util
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STRICT = ("-X", "dev", "-W", "error")

LEAVING = {
    "break, and nothing is closed": """
        for ticker in api.stream_ticker("OKX___SPOT", "BTCUSDT"):
            break
        """,
    "a stream, a book and a call are still open": """
        stream = api.stream_trades("BINANCE___SPOT", "BTCUSDT")
        next(stream)
        book = api.order_book("OKX___SPOT", "BTCUSDT")
        book.wait_live()
        api.get_tick("HTX___SPOT", "BTCUSDT")
        """,
    "an exception leaves the loop": """
        for ticker in api.stream_ticker("HTX___SPOT", "BTCUSDT"):
            raise SystemExit(0)
        """,
    "with ends everything": """
        with api, api.stream_depth("OKX___SPOT", "BTCUSDT") as books:
            next(books)
        import threading
        assert threading.active_count() == 1, threading.enumerate()
        """,
    "another thread reads when the program ends": """
        import threading
        def read():
            for ticker in api.stream_ticker("OKX___SPOT", "BTCUSDT"):
                seen.set()
        seen = threading.Event()
        threading.Thread(target=read, daemon=True).start()
        seen.wait()
        """,
    "a venue is still being tried": """
        import logging
        logging.disable()  # that the venue cannot be reached is worth a warning
        api = BtApi({"OKX___SPOT": {"ws_url": "ws://127.0.0.1:1", "rest_url": "http://127.0.0.1:1"}})
        try:
            api.stream_ticker("OKX___SPOT", "BTCUSDT").get(0.1)
        except TimeoutError:
            pass
        """,
    "nothing was ever read": """
        stream = api.stream_ticker("BINANCE___SPOT", "BTCUSDT")
        """,
}


def begin(venues, *command, **options):
    """Start a Python program that is sent to the simulated venues."""
    variables = {"BT_API_SIMULATOR": venues, "PATH": "", "HOME": options.pop("home", ""), "TERM": "dumb"}
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=variables,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def ended(process):
    """Return what a program printed, what it complained of, and its exit code."""
    printed, said = process.communicate(timeout=60)
    # Development mode remarks how long a step of the loop took: that is the machine's, not the program's.
    complaints = [line for line in said.splitlines() if not line.startswith("Executing <")]
    return printed, "\n".join(complaints), process.returncode


@pytest.mark.parametrize("ending", LEAVING)
def test_a_program_that_ends_says_nothing(venues, ending):
    """However a program ends, nothing is printed on stderr, in development mode with warnings as errors."""
    program = "from bt_api_py.sync import BtApi\napi = BtApi()\n" + textwrap.dedent(LEAVING[ending])
    with begin(venues, *STRICT, "-c", program) as process:
        assert ended(process) == ("", "", 0)


@pytest.mark.parametrize("is_closed", [True, False])
def test_ctrl_c_ends_a_program_at_once(venues, is_closed):
    """Ctrl-C in the middle of a loop is a KeyboardInterrupt there, and nothing else is said."""
    program = f"""
        import contextlib
        from bt_api_py.sync import BtApi
        api = BtApi()
        with contextlib.suppress(KeyboardInterrupt), (api if {is_closed} else contextlib.nullcontext()):
            for ticker in api.stream_ticker("OKX___SPOT", "BTCUSDT"):
                print("ticker", flush=True)
        print("ended", flush=True)
        """
    with begin(venues, *STRICT, "-c", textwrap.dedent(program)) as process:
        assert process.stdout.readline() == "ticker\n"
        process.send_signal(signal.SIGINT)
        printed, complaints, code = ended(process)
    assert (printed.splitlines()[-1], complaints, code) == ("ended", "", 0)


CELLS = """\
import asyncio, gc, threading
import bt_api_py, bt_api_py.sync
api = bt_api_py.BtApi()
async for ticker in api.stream_ticker("OKX___SPOT", "BTCUSDT"): break

print("symbol", ticker.get_symbol())
book = api.order_book("OKX___SPOT", "BTCUSDT")
await book.wait_live(15)
print("spread", book.spread > 0)
print("tick", (await api.async_get_tick("OKX___SPOT", "BTCUSDT")).get_symbol())
await book.aclose()
await api.async_close()
plain = bt_api_py.sync.BtApi()
for ticker in plain.stream_ticker("HTX___SPOT", "BTCUSDT"): break

print("plain", ticker.get_symbol())
plain.close()
await asyncio.sleep(0); left = asyncio.all_tasks()
print("tasks", [task.get_name() for task in left if "bt_api_py" in repr(task.get_coro())])
print("threads", [thread.name for thread in threading.enumerate() if "bt_api_py" in thread.name])
"""
SHOWN = ["symbol BTCUSDT", "spread True", "tick BTCUSDT", "plain BTCUSDT", "tasks []", "threads []"]


def _shown(printed):
    """Return what the cells printed, without the prompts."""
    words = tuple(line.split()[0] for line in SHOWN)
    lines = [line.replace(">>> ", "").replace("... ", "").strip() for line in printed.splitlines()]
    return [line for line in lines if line.startswith(words)]


def test_statements_at_a_prompt(venues):
    """`await` and `async for` work line by line where a loop already runs, as in a notebook, and so does `sync`."""
    with begin(venues, "-W", "error", "-m", "asyncio", stdin=subprocess.PIPE) as process:
        printed, complaints = process.communicate(CELLS, timeout=60)
    assert _shown(printed) == SHOWN
    banner = "asyncio REPL", 'Use "await"', 'Type "help"', ">>> ", "exiting asyncio REPL"
    said = [line for line in complaints.splitlines() if line.strip() and not line.startswith(banner)]
    assert said == []


@pytest.mark.skipif(importlib.util.find_spec("IPython") is None, reason="IPython is not installed")
def test_cells_of_ipython(venues, tmp_path):
    """The same lines as one cell each in IPython, whose loop is the one of notebooks."""
    program = f"""
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance(history_length=0)
        for cell in {CELLS!r}.splitlines():
            shell.run_cell(cell).raise_error()
        """
    with begin(venues, "-c", textwrap.dedent(program), home=os.fspath(tmp_path)) as process:
        printed, complaints = process.communicate(timeout=60)
    assert (_shown(printed), complaints, process.returncode) == (SHOWN, "", 0)
