"""Starting and ending tasks. Every task of the package has an owner that ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

R = TypeVar("R")


def start(work: Coroutine[Any, Any, R], name: str) -> asyncio.Task[R]:
    """Run a coroutine as a task of the running loop."""
    task = asyncio.get_running_loop().create_task(work, name=name)
    # A program that closes its loop without ending its tasks never heard of ours and should not read about them.
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    return task


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait until they have cleaned up."""
    ending = list(tasks)
    for task in ending:
        # A loop that ends cancels everything itself; a second blow would interrupt the cleaning up.
        if not task.cancelling():
            task.cancel()
    if ending:
        # Not gather: whoever is cancelled while waiting there cancels them again, in the middle of their cleaning up.
        await asyncio.wait(ending)
    for task in ending:
        if not task.cancelled():
            task.exception()  # it has been ended on purpose; how, nobody asks
