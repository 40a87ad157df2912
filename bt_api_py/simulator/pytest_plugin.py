"""pytest fixtures: `simulator`, a running simulator, and `api`, a BtApi connected to it.

Loaded by pytest at every start in an environment that has this package, so everything is imported on first
use.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pytest

if TYPE_CHECKING:
    from bt_api_py.simulator import Simulator

F = TypeVar("F", bound=Callable[..., Any])


def _async_fixture(function: F) -> F:
    try:
        import pytest_asyncio
    except ImportError:  # another plugin, such as anyio's, runs async fixtures then
        made: Any = pytest.fixture(function)
    else:
        made = pytest_asyncio.fixture(function)
    return cast(F, made)


@_async_fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Yield a running simulator of every exchange."""
    from bt_api_py.simulator import Simulator

    async with Simulator() as running:
        yield running


@_async_fixture
async def api(simulator: Simulator) -> AsyncIterator[Any]:
    """Yield a BtApi that talks to the simulator."""
    from bt_api_py import BtApi

    async with BtApi(simulator.exchange_kwargs()) as connected:
        yield connected
