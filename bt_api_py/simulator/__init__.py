"""Simulated exchanges on loopback, for tests, examples and offline work.

    async with Simulator(seed=7) as sim:
        api = BtApi(sim.exchange_kwargs())

Nothing is imported before it is used: test runners load the plugin of this package at every start.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .account import Account, AccountBalance, AccountChange, AccountFill, AccountOrder, AccountPosition
    from .capture import CaptureError
    from .faults import Faults
    from .margin import AccountMargin, MarginAccount
    from .scenario import Scenario
    from .simulator import Simulator
    from .stats import ExchangeStats
    from .truth import Truth, TruthBar, TruthBook, TruthFigures, TruthLiquidation, TruthPrice, TruthTrade
    from .virtual import VirtualSimulator, run_virtual, virtual_simulator
    from .virtual_time import VirtualLoop

__all__ = [
    "Account",
    "AccountBalance",
    "AccountChange",
    "AccountFill",
    "AccountMargin",
    "AccountOrder",
    "AccountPosition",
    "CaptureError",
    "ExchangeStats",
    "Faults",
    "MarginAccount",
    "Scenario",
    "Simulator",
    "Truth",
    "TruthBar",
    "TruthBook",
    "TruthFigures",
    "TruthLiquidation",
    "TruthPrice",
    "TruthTrade",
    "VirtualLoop",
    "VirtualSimulator",
    "run_virtual",
    "virtual_simulator",
]

_HOMES = {
    "Account": "account",
    "AccountBalance": "account",
    "AccountChange": "account",
    "AccountFill": "account",
    "AccountMargin": "margin",
    "AccountOrder": "account",
    "AccountPosition": "account",
    "CaptureError": "capture",
    "ExchangeStats": "stats",
    "Faults": "faults",
    "MarginAccount": "margin",
    "Scenario": "scenario",
    "Simulator": "simulator",
    "Truth": "truth",
    "TruthBar": "truth",
    "TruthBook": "truth",
    "TruthFigures": "truth",
    "TruthLiquidation": "truth",
    "TruthPrice": "truth",
    "TruthTrade": "truth",
    "VirtualLoop": "virtual_time",
    "VirtualSimulator": "virtual",
    "run_virtual": "virtual",
    "virtual_simulator": "virtual",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{home}", __name__), name)
