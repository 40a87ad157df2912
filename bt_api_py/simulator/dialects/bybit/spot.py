"""Bybit spot: market data and accounts.

Source: Bybit v5 documentation, "Public streams", "Market", July 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ...account import House
from ...instruments import Instrument, listed
from ...market import Market
from .rest import listed_ticker, spot_row
from .session import BybitSession
from .venue import Bybit

_DECIMALS = {"BTCUSDT": (2, 6), "BTCUSDC": (2, 6), "ETHUSDT": (2, 5)}
_QUIET = 120


class BybitSpot(Bybit):
    """Spot market data and accounts of Bybit."""

    name = "BYBIT___SPOT"
    category = "spot"
    house = House(1_523_347_543_495_541_248, 2_290_000_000, Decimal("0.001"), Decimal("0.001"))
    args_per_command = 10
    longest_trades = 60
    usual_levels = 1

    @classmethod
    def instruments(cls, seed: int) -> dict[str, Instrument]:
        return listed(seed, _QUIET, _DECIMALS)

    def instrument_row(self, item: Instrument) -> dict[str, Any]:
        return spot_row(item)

    def ticker_row(self, market: Market, ms: int) -> dict[str, str]:
        return listed_ticker(market)

    def pong(self, session: BybitSession, message: Mapping[str, Any]) -> dict[str, Any]:
        return {"success": True, "ret_msg": "pong", "conn_id": session.connection, "op": "ping"}

    def accepted(self, message: Mapping[str, Any]) -> str:
        return str(message["op"]) if message["op"] == "subscribe" else ""
