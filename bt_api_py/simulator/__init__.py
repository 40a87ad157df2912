"""Simulated exchanges on loopback, for tests, examples and offline work.

    async with Simulator(seed=7) as sim:
        api = BtApi(sim.exchange_kwargs())

Nothing is imported before it is used: test runners load the plugin of this package at every start.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .capture import CaptureError
    from .faults import Faults
    from .simulator import Simulator
    from .stats import ExchangeStats
    from .truth import Truth, TruthBar, TruthBook, TruthTrade

__all__ = [
    "CaptureError",
    "ExchangeStats",
    "Faults",
    "Simulator",
    "Truth",
    "TruthBar",
    "TruthBook",
    "TruthTrade",
]

_HOMES = {
    "CaptureError": "capture",
    "ExchangeStats": "stats",
    "Faults": "faults",
    "Simulator": "simulator",
    "Truth": "truth",
    "TruthBar": "truth",
    "TruthBook": "truth",
    "TruthTrade": "truth",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{home}", __name__), name)
