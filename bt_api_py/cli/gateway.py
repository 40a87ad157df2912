"""The `BtApi` that a command works with: the real venues, or a simulator of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from .. import BtApi


@asynccontextmanager
async def gateway(simulate: bool, settings: Mapping[str, Mapping[str, Any]] | None = None) -> AsyncIterator[BtApi]:
    """Yield a `BtApi`; with `simulate`, one that is connected to a simulator in this process.

    Args:
        settings: by exchange, as `BtApi` takes them.
    """
    if not simulate:
        async with BtApi(settings) as api:
            yield api
        return
    from ..simulator import Simulator

    async with Simulator() as simulator:
        merged: dict[str, dict[str, Any]] = {name: dict(given) for name, given in (settings or {}).items()}
        for name, addresses in simulator.exchange_kwargs().items():
            merged[name] = {**merged.get(name, {}), **addresses}
        async with BtApi(merged) as api:
            yield api
