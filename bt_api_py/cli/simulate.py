"""``bt-api simulate``: a simulator for other programs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..settings import SIMULATOR_VARIABLE
from ..simulator import Simulator
from .running import FAILURE, USAGE, complain

GRACE = 5.0  # seconds that a command has after SIGTERM


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the simulated venues are made of; see `Simulator`."""

    port: int
    seed: int
    rate: float
    capture: Path | None


async def simulate(options: Options, command: Sequence[str]) -> int:
    """Run the simulator until `command` ends, or without one until the task is cancelled.

    Returns:
        The exit code of the command; 128 plus the signal that ended it.
    """
    try:
        simulator = Simulator(seed=options.seed, port=options.port, rate=options.rate, capture=options.capture)
    except ValueError as error:
        complain(str(error))
        return USAGE
    async with simulator:
        if command:
            return await _run(command, simulator.url)
        print(_usage(simulator.url), flush=True)
        await asyncio.Event().wait()
    raise AssertionError("an event that nobody sets was set")


def _usage(url: str) -> str:
    return (
        f"Simulated venues at {url}\n"
        f"Any program that uses BtApi runs against them unchanged:\n\n"
        f"    {SIMULATOR_VARIABLE}={url} python script.py\n\n"
        f"Ctrl-C ends it."
    )


async def _run(command: Sequence[str], url: str) -> int:
    try:
        process = await asyncio.create_subprocess_exec(*command, env={**os.environ, SIMULATOR_VARIABLE: url})
    except OSError as error:
        complain(f"cannot run {command[0]!r}: {error.strerror}")
        return FAILURE
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        code = await _end(process)
    return code if code >= 0 else 128 - code


async def _end(process: asyncio.subprocess.Process) -> int:
    """Wait for a command that was interrupted: Ctrl-C has reached it too, SIGTERM to us has not."""
    for seconds, insist in ((1.0, process.terminate), (GRACE, process.kill)):
        try:
            return await asyncio.wait_for(process.wait(), seconds)
        except TimeoutError:
            with suppress(ProcessLookupError):
                insist()
    return await process.wait()
