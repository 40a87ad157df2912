"""The command ``bt-api``: streams, markets, a simulator and a check of the venues, in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_EXTRA = ("typer", "rich", "click")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 1 failure, 2 usage, 130 interrupted before it was done.

    Args:
        arguments: the words after ``bt-api``; those of the process when left out.
    """
    try:
        from .app import run
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        print(
            f"bt-api needs the package {error.name!r}; install it with: pip install 'bt_api_py[cli]'",
            file=sys.stderr,
        )
        return 1
    return run(arguments)
