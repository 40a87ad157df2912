"""The `BtApi` that a command works with: the real venues, or a simulator of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..api import BtApi


@asynccontextmanager
async def gateway(simulate: bool) -> AsyncIterator[BtApi]:
    """Yield a `BtApi`; with `simulate`, one that is connected to a simulator in this process."""
    if not simulate:
        async with BtApi() as api:
            yield api
        return
    from ..simulator import Simulator

    async with Simulator() as simulator, BtApi(simulator.exchange_kwargs()) as api:
        yield api
