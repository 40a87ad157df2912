"""Faults at chosen times: a list in Python, or a file in TOML."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from .dialects.base import nearest
from .faults import Faults


class Sleeper(Protocol):
    """What a scenario asks of time."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True)
class Step:
    """One fault.

    Attributes:
        at: seconds after the beginning.
        fault: the name of a method of `Faults`.
        arguments: its arguments; without ``exchange`` it happens on every exchange.
    """

    at: float
    fault: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


_NAMES = {
    name: inspect.signature(method)
    for name, method in vars(Faults).items()
    if not name.startswith("_") and inspect.isfunction(method)
}


class Scenario:
    """Faults in the order of their times.

        Scenario([(2.0, "disconnect", {"exchange": "OKX___SPOT", "code": 1006}), (5.0, "clear", {})])

    Args:
        steps: (seconds after the beginning, name of a method of `Faults`, its arguments). Without ``exchange`` the
            fault happens on every exchange.

    Raises:
        ValueError: an unknown fault or argument (with the nearest known one), a missing argument or a bad time.
    """

    def __init__(self, steps: Iterable[tuple[float, str, Mapping[str, Any]]]) -> None:
        self.steps: Sequence[Step] = sorted((_checked(*step) for step in steps), key=lambda step: step.at)

    @classmethod
    def from_toml(cls, path: str | Path) -> Scenario:
        """Read a scenario from a file of ``[[fault]]`` tables: ``at``, ``do``, and the fault's arguments.

        Raises:
            ValueError: no TOML, or as the constructor says.
            OSError: the file cannot be read.
        """
        with open(path, "rb") as file:
            content = tomllib.load(file)
        unknown = [key for key in content if key != "fault"]
        if unknown:
            raise ValueError(f"{path}: unknown table {unknown[0]!r}; a scenario is a list of [[fault]]")
        steps = []
        for number, row in enumerate(content.get("fault", []), 1):
            if not isinstance(row, dict) or "at" not in row or "do" not in row:
                raise ValueError(f"{path}: fault {number} lacks `at` or `do`")
            arguments = {name: value for name, value in row.items() if name not in ("at", "do")}
            steps.append((row["at"], row["do"], arguments))
        return cls(steps)

    async def play(self, faults: Faults, exchanges: Sequence[str], clock: Sleeper) -> None:
        """Let the faults happen, each at its time by that clock; return after the last.

        Args:
            exchanges: those on which a fault without ``exchange`` happens.

        Raises:
            ValueError: the simulator has no such exchange or market.
        """
        passed = 0.0
        for step in self.steps:
            if step.at > passed:
                await clock.sleep(step.at - passed)
                passed = step.at
            arguments = dict(step.arguments)
            named = arguments.pop("exchange", None)
            for exchange in exchanges if named is None else [named]:
                getattr(faults, step.fault)(exchange, **arguments)


def _checked(at: float, fault: str, arguments: Mapping[str, Any]) -> Step:
    if isinstance(at, bool) or not isinstance(at, (int, float)) or not 0 <= at < float("inf"):
        raise ValueError(f"{fault}: at={at!r} is no number of seconds from 0 on")
    signature = _NAMES.get(fault)
    if signature is None:
        raise ValueError(f"no fault {fault!r}{nearest(str(fault), list(_NAMES))}")
    known = [name for name in signature.parameters if name != "self"]
    for name in arguments:
        if name not in known:
            raise ValueError(f"{fault}: no argument {name!r}{nearest(name, known)}")
    try:
        signature.bind(None, **{"exchange": "", **arguments})
    except TypeError as error:
        raise ValueError(f"{fault}: {error}") from None
    return Step(float(at), fault, dict(arguments))
