"""Gate (gate.io): spot markets and the account, over API v4."""

from .account import GateioAccount
from .spot import GateioSpot

__all__ = ["GateioAccount", "GateioSpot"]
