"""What tests of whole programs share."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def venues() -> Iterator[str]:
    """Yield the address of simulated venues in a process of their own, three times as busy as normal."""
    command = [sys.executable, "-m", "bt_api_py", "simulate", "--rate", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)
